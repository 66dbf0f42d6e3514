"use strict";
// Ends a run of proofs with one table: stack x proof, each passed, failed, or skipped with the reason. A Jest
// reporter is loaded before any transform, hence plain JavaScript.
const { mkdtempSync, readFileSync, rmSync, writeFileSync } = require("node:fs");
const { tmpdir } = require("node:os");
const { join } = require("node:path");
const Table = require("cli-table3");

const COLUMNS =
  "validate|plan|hand-off|apply|outputs|handshake|empty plan|change|drift|refusal|faults|interrupt|destroy".split("|");

/**
 * @typedef {"passed" | "failed" | "skipped"} Outcome
 * @typedef {Record<Outcome, number> & { why?: string, seconds: number }} Counts
 * @typedef {{ stack: string, proof: string, seconds: number }} Time
 * @typedef {{ name: string, asked: string, used: string }} Provider
 * @typedef {{ stack: string, sha256: string, engine: string, providers: Provider[], servers: string[] }} Evidence
 * @typedef {{ ancestorTitles: string[], title: string, status: string }} Test
 * @typedef {{ testResults: { testResults: Test[] }[] }} Results what Jest hands over, as far as it is read here
 */

/** What `TLS_STACKS_REQUIRE` may name. @type {string[]} */
const NEEDS = require("../terraform/needs.json");

class SummaryReporter {
  /** @param {{ testNamePattern?: string }} [selection] Jest's own settings. */
  constructor({ testNamePattern } = {}) {
    process.env.TLS_STACKS_SELECTED = testNamePattern ?? "";
    const required = (process.env.TLS_STACKS_REQUIRE ?? "").split(",").map((name) => name.trim());
    const unknown = required.filter((name) => name !== "" && !NEEDS.includes(name));
    if (unknown.length > 0) {
      process.stderr.write(`TLS_STACKS_REQUIRE names ${unknown.join(", ")}; write some of ${NEEDS.join(", ")}\n`);
      process.exit(1);
    }
    this.folder = mkdtempSync(join(tmpdir(), "tls-stacks-evidence-"));
    this.file = join(this.folder, "evidence.jsonl");
    writeFileSync(this.file, "");
    // Workers are started after the reporters and inherit it.
    process.env.TLS_STACKS_EVIDENCE = this.file;
  }

  /**
   * @param {unknown} _contexts
   * @param {Results} results
   */
  onRunComplete(_contexts, results) {
    const lines = readFileSync(this.file, "utf8").split("\n").filter(Boolean);
    rmSync(this.folder, { recursive: true, force: true });
    const told = lines.map((line) => /** @type {Evidence | Time} */ (JSON.parse(line)));
    const rows = collect(results);
    for (const line of told) {
      const counts = "seconds" in line ? rows.get(line.stack)?.get(line.proof) : undefined;
      if (counts !== undefined && "seconds" in line) counts.seconds += line.seconds;
    }
    if (rows.size === 0) return;
    const used = COLUMNS.filter((column) => [...rows.values()].some((row) => row.has(column)));
    const table = new Table({ head: ["stack", ...used], style: { head: [], border: [] } });
    /** @type {string[]} */
    const partly = [];
    for (const [stack, row] of [...rows].sort(([a], [b]) => (a < b ? -1 : 1))) {
      const reasons = new Set([...row.values()].map(({ why }) => why));
      const [why] = reasons;
      if (reasons.size === 1 && why) {
        table.push([stack, { colSpan: used.length, content: `skipped: ${why}` }]);
        continue;
      }
      table.push([stack, ...used.map((column) => cell(row.get(column)))]);
      for (const reason of reasons) {
        const proofs = [...row].flatMap(([proof, counts]) => (reason && counts.why === reason ? [proof] : []));
        if (proofs.length > 0) partly.push(`${stack}, ${proofs.join(", ")}: skipped: ${reason}`);
      }
    }
    const evidence = told.filter((line) => "engine" in line);
    const versions = describeEvidence(evidence);
    process.stderr.write(`\n${table}\n${[...partly, ...versions].map((line) => `${line}\n`).join("")}`);
    if (process.env.TLS_STACKS_PROOFS) {
      const proofs = Object.fromEntries([...rows].map(([stack, row]) => [stack, Object.fromEntries(row)]));
      writeFileSync(process.env.TLS_STACKS_PROOFS, `${JSON.stringify({ proofs, evidence }, null, 2)}\n`);
    }
  }
}

/**
 * Stack to proof to outcomes, from the titles that `proofsOf` gives its tests.
 * @param {Results} results
 */
function collect(results) {
  /** @type {Map<string, Map<string, Counts>>} */
  const rows = new Map();
  for (const file of results.testResults) {
    for (const { ancestorTitles, title, status } of file.testResults) {
      const [, stack, why] = /^proofs of (.+?)(?: \[skipped: (.*)\])?$/.exec(ancestorTitles[0] ?? "") ?? [];
      if (stack === undefined) continue;
      const row = rows.get(stack) ?? new Map();
      rows.set(stack, row);
      const proof = title.slice(0, title.indexOf(":"));
      const counts = row.get(proof) ?? /** @type {Counts} */ ({ passed: 0, failed: 0, skipped: 0, seconds: 0 });
      row.set(proof, counts);
      if (why !== undefined) counts.why = why;
      counts[status === "passed" || status === "failed" ? status : "skipped"] += 1;
    }
  }
  return rows;
}

/**
 * The worst outcome names the cell, and the seconds of all its proofs; a proof of which a part was skipped is not called passed.
 * @param {Counts | undefined} counts
 */
function cell(counts) {
  if (!counts) return "";
  const worst = counts.failed > 0 ? "failed" : counts.skipped > 0 ? "skipped" : "passed";
  const total = counts.passed + counts.failed + counts.skipped;
  const took = counts.seconds > 0 ? ` ${counts.seconds.toFixed(counts.seconds < 10 ? 1 : 0)} s` : "";
  return `${worst}${total === 1 ? "" : ` ${counts[worst]}/${total}`}${took}`;
}

/**
 * One line per stack: what its proofs were passed by.
 * @param {Evidence[]} evidence
 */
function describeEvidence(evidence) {
  /** @type {Map<string, Set<string>>} */
  const said = new Map();
  for (const { stack, engine, providers, servers } of evidence) {
    const words = said.get(stack) ?? new Set();
    said.set(stack, words);
    const versions = providers.map(({ name, asked, used }) => `${name} ${used} (the stack asks for ${asked})`);
    for (const word of [engine, ...versions, ...servers]) words.add(word);
  }
  return [...said].sort(([a], [b]) => (a < b ? -1 : 1)).map(([stack, words]) => `${stack}: ${[...words].join(", ")}`);
}

module.exports = SummaryReporter;
