"use strict";
// Runs the proofs of tiers 1 and 2 and records what passed, of which bytes, in docs/proof.json and in two tables: every row
// in docs/proof.md, each stack's own row in the README. What nothing was proved of has a row too, and what was proved of no
// stack of a scenario is listed.
// What this machine cannot prove keeps its last record, which the tables call stale once the stack's JSON has changed.
const { spawnSync } = require("node:child_process");
const { createHash } = require("node:crypto");
const { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } = require("node:fs");
const { tmpdir } = require("node:os");
const { join } = require("node:path");

const RECORD = "docs/proof.json";
const README = "README.md";
const documents = [README, "docs/proof.md"];
const MARKS = { start: "<!-- proofs -->\n", end: "<!-- /proofs -->" };

/**
 * @typedef {{ golden: string, by: string }} Passed The digest of the stack's golden JSON when it passed, and what ran it.
 * @typedef {{ [stack: string]: { [proof: string]: Passed } }} ProofRecord Stack, then proof.
 * @typedef {{ passed: number, failed: number, skipped: number }} Counts
 * @typedef {{ stack: string, engine: string, providers: { name: string, used: string }[], servers: string[] }} Evidence
 */

const GOLDEN = "__tests__/golden";

/** What operations receive of a row's stack. @param {string} row */
function goldenText(row) {
  const [, stack = "", config = "example"] = /^(\S+)(?: \((.*)\))?$/.exec(row) ?? [];
  const golden = (/** @type {string} */ name) => join(GOLDEN, name, stack, "cdk.tf.json");
  // What is in brackets is a config with goldens of its own, or a variant that a test makes of the example.
  return readFileSync(existsSync(golden(config)) ? golden(config) : golden("example"), "utf8");
}

/** @param {string} row */
const goldenDigest = (row) => createHash("sha256").update(goldenText(row)).digest("hex");

/** Rows of everything that is committed as a golden file. */
function goldenRows() {
  const configs = readdirSync(GOLDEN, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return configs.flatMap(({ name }) =>
    readdirSync(join(GOLDEN, name)).map((stack) => (name === "example" ? stack : `${stack} (${name})`)),
  );
}

/** @returns {ProofRecord} */
function readRecord() {
  return existsSync(RECORD) ? JSON.parse(readFileSync(RECORD, "utf8")) : {};
}

/** What was proved of each row, and by what. @param {ProofRecord} record @param {string[]} rows */
function proofTable(record, rows) {
  const proofs = [...new Set(rows.flatMap((row) => Object.keys(record[row] ?? {})))];
  /** @param {string} row @param {Passed | undefined} passed */
  const cell = (row, passed) => (passed === undefined ? "" : passed.golden === goldenDigest(row) ? "passed" : "stale");
  const cells = rows.map((row) => [`\`${row}\``, ...proofs.map((proof) => cell(row, record[row]?.[proof]))]);
  return `${alignedTable([["stack", ...proofs], ...cells])}\n${evidenceList(record, rows)}`;
}

/** A Markdown table that can be read as text too. @param {string[][]} lines The first is the head. */
function alignedTable([head = [], ...body]) {
  const widths = head.map((_, column) => Math.max(3, ...[head, ...body].map((cells) => cells[column]?.length ?? 0)));
  /** @param {string[]} cells */
  const line = (cells) => `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(" | ")} |\n`;
  return [line(head), line(widths.map((width) => "-".repeat(width))), ...body.map(line)].join("");
}

/** What proofs were passed by, each said once with its rows. @param {ProofRecord} record @param {string[]} rows */
function evidenceList(record, rows) {
  /** @type {Map<string, Set<string>>} */
  const rowsBy = new Map();
  for (const row of rows) {
    for (const { by } of Object.values(record[row] ?? {})) rowsBy.set(by, (rowsBy.get(by) ?? new Set()).add(row));
  }
  return [...rowsBy].map(([by, proved]) => `- ${[...proved].join(", ")}: ${by}\n`).join("");
}

/** What was proved of no row of a scenario. @param {ProofRecord} record */
function provedNowhere(record) {
  const proofs = [...new Set(Object.values(record).flatMap((row) => Object.keys(row)))];
  /** @type {Map<string, Set<string>>} */
  const proved = new Map();
  for (const row of [...Object.keys(record), ...goldenRows()]) {
    const scenario = JSON.parse(goldenText(row)).output.scenario.value;
    const known = proved.get(scenario) ?? new Set();
    proved.set(scenario, known);
    for (const proof of Object.keys(record[row] ?? {})) known.add(proof);
  }
  const lines = [...proved]
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .flatMap(([scenario, known]) => {
      const missing = proofs.filter((proof) => !known.has(proof));
      return missing.length > 0 ? [`\`${scenario}\`: ${missing.join(", ")}`] : [];
    });
  return lines.length > 0 ? `- proved nowhere, of no variant either: ${lines.join("; ")}\n` : "";
}

/** A document with its table as the record has it. @param {string} file @param {string} text */
function withTable(file, text) {
  const record = readRecord();
  // What is no stack of the example says so in brackets.
  const rows = [...new Set([...Object.keys(record), ...goldenRows()])]
    .filter((row) => file !== README || !row.includes("("))
    .sort();
  const start = text.indexOf(MARKS.start) + MARKS.start.length;
  return text.slice(0, start) + proofTable(record, rows) + provedNowhere(record) + text.slice(text.indexOf(MARKS.end));
}

function main() {
  const folder = mkdtempSync(join(tmpdir(), "tls-stacks-record-"));
  const file = join(folder, "proofs.json");
  const args = ["node_modules/jest/bin/jest.js", "--selectProjects", "plan", "apply"];
  const { status } = spawnSync(process.execPath, args, {
    stdio: "inherit",
    env: { ...process.env, TLS_STACKS_PROOFS: file },
  });
  /** @type {{ proofs: { [row: string]: { [proof: string]: Counts } }, evidence: Evidence[] }} */
  const { proofs, evidence } = JSON.parse(readFileSync(file, "utf8"));
  rmSync(folder, { recursive: true });
  const record = readRecord();
  for (const [row, results] of Object.entries(proofs)) {
    for (const [proof, { passed, failed, skipped }] of Object.entries(results)) {
      if (skipped > 0) continue;
      const kept = record[row] ?? {};
      record[row] = kept;
      if (failed > 0 || passed === 0) delete kept[proof];
      else kept[proof] = { golden: goldenDigest(row), by: describe(evidenceOf(row, evidence)) };
    }
  }
  writeFileSync(RECORD, `${JSON.stringify(record, null, 2)}\n`);
  for (const file of documents) writeFileSync(file, withTable(file, readFileSync(file, "utf8")));
  process.exitCode = status ?? 1;
}

/** What a row's proofs were passed by: a variant that says nothing itself was run as its stack was. @param {string} row @param {Evidence[]} evidence */
function evidenceOf(row, evidence) {
  const own = evidence.filter(({ stack }) => stack === row);
  return own.length > 0 ? own : evidence.filter(({ stack }) => stack === row.replace(/ \(.*/, ""));
}

/** @param {Evidence[]} evidence */
function describe(evidence) {
  const parts = evidence.flatMap(({ engine, providers, servers }) => [
    engine,
    ...providers.map(({ name, used }) => `${name} ${used}`),
    ...servers,
  ]);
  return [...new Set(parts)].join(", ");
}

module.exports = { documents, withTable };
if (require.main === module) main();
