"use strict";
// Runs the proofs of tiers 1 and 2 and records what passed, of which bytes, in docs/proof.json and the README's table.
// What this machine cannot prove keeps its last record, which the table calls stale once the stack's JSON has changed.
const { spawnSync } = require("node:child_process");
const { createHash } = require("node:crypto");
const { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } = require("node:fs");
const { tmpdir } = require("node:os");
const { join } = require("node:path");

const RECORD = "docs/proof.json";
const README = "README.md";
const MARKS = { start: "<!-- proofs -->\n", end: "<!-- /proofs -->" };

/**
 * @typedef {{ golden: string, by: string }} Passed The digest of the stack's golden JSON when it passed, and what ran it.
 * @typedef {{ [stack: string]: { [proof: string]: Passed } }} ProofRecord Stack, then proof.
 * @typedef {{ passed: number, failed: number, skipped: number }} Counts
 * @typedef {{ stack: string, engine: string, providers: { name: string, used: string }[], servers: string[] }} Evidence
 */

/** The digest of what operations receive of a row's stack. @param {string} row */
function goldenDigest(row) {
  const [, stack = "", config = "example"] = /^(\S+)(?: \((.*)\))?$/.exec(row) ?? [];
  const golden = (/** @type {string} */ name) => join("__tests__/golden", name, stack, "cdk.tf.json");
  // What is in brackets is a config with goldens of its own, or a variant that a test makes of the example.
  const file = existsSync(golden(config)) ? golden(config) : golden("example");
  return createHash("sha256").update(readFileSync(file)).digest("hex");
}

/** @returns {ProofRecord} */
function readRecord() {
  return existsSync(RECORD) ? JSON.parse(readFileSync(RECORD, "utf8")) : {};
}

/** The README's table: what was proved of each stack, and by what. @param {ProofRecord} record */
function proofTable(record) {
  const rows = Object.keys(record).sort();
  const proofs = [...new Set(rows.flatMap((row) => Object.keys(record[row] ?? {})))];
  /** @param {string} row @param {Passed | undefined} passed */
  const cell = (row, passed) => (passed === undefined ? "" : passed.golden === goldenDigest(row) ? "passed" : "stale");
  const line = (/** @type {string[]} */ cells) => `| ${cells.join(" | ")} |\n`;
  const by = rows.flatMap((row) => Object.values(record[row] ?? {}).map((passed) => `- ${row}: ${passed.by}\n`));
  return [
    line(["stack", ...proofs]),
    line(["---", ...proofs.map(() => "---")]),
    ...rows.map((row) => line([`\`${row}\``, ...proofs.map((proof) => cell(row, record[row]?.[proof]))])),
    "\n",
    ...new Set(by),
  ].join("");
}

/** The README with its table as the record has it. @param {string} text */
function withTable(text) {
  const start = text.indexOf(MARKS.start) + MARKS.start.length;
  return text.slice(0, start) + proofTable(readRecord()) + text.slice(text.indexOf(MARKS.end));
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
  writeFileSync(README, withTable(readFileSync(README, "utf8")));
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

module.exports = { withTable };
if (require.main === module) main();
