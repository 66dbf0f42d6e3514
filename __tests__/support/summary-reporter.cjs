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
 * @typedef {Record<Outcome, number> & { why?: string }} Counts
 * @typedef {{ name: string, asked: string, used: string }} Provider
 * @typedef {{ stack: string, sha256: string, engine: string, providers: Provider[], servers: string[] }} Evidence
 * @typedef {{ ancestorTitles: string[], title: string, status: string }} Test
 * @typedef {{ testResults: { testResults: Test[] }[] }} Results what Jest hands over, as far as it is read here
 */

class SummaryReporter {
  constructor() {
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
    const rows = collect(results);
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
    const evidence = lines.map((line) => /** @type {Evidence} */ (JSON.parse(line)));
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
      const counts = row.get(proof) ?? /** @type {Counts} */ ({ passed: 0, failed: 0, skipped: 0 });
      row.set(proof, counts);
      if (why !== undefined) counts.why = why;
      counts[status === "passed" || status === "failed" ? status : "skipped"] += 1;
    }
  }
  return rows;
}

/**
 * The worst outcome names the cell; a proof of which a part was skipped is not called passed.
 * @param {Counts | undefined} counts
 */
function cell(counts) {
  if (!counts) return "";
  const worst = counts.failed > 0 ? "failed" : counts.skipped > 0 ? "skipped" : "passed";
  const total = counts.passed + counts.failed + counts.skipped;
  return total === 1 ? worst : `${worst} ${counts[worst]}/${total}`;
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
