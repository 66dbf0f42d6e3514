import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Counts } from "../../lib/change/meaning";
import { synthesizedStack } from "../../lib/change/read-previous";
import { newReport } from "../../lib/config/report";
import { scenarios } from "../../stacks";
import { checkAgainst } from "../../stacks/change";
import { checkedConfig } from "../../stacks/check";
import { everything } from "../support/configs";
import { fieldChanges } from "../support/field-changes";
import { synthesizedTexts } from "../support/synthesis";

/** The page that says of every field what a change of it does. */
const page = join(__dirname, "../../docs/changes.md");

/** A field of a scenario, one change of it, and what comes of that. */
interface Effect {
  readonly field: string;
  readonly what: string;
  readonly does: string;
  readonly said: "refused" | "warned" | "quiet";
}

const stacksOf = (config: unknown) =>
  new Map(Object.entries(synthesizedTexts(config)).map(([name, text]) => [name, synthesizedStack(JSON.parse(text))]));

function effects(kind: string): readonly Effect[] {
  const given = everything(`${kind.split("-")[0]}-everything`);
  const before = stacksOf(given);
  return fieldChanges(given).changes.map(({ field, what, after }) => {
    const { config } = checkedConfig(after);
    const report = newReport();
    const counts = checkAgainst(config, before, report, () => stacksOf(after));
    if (counts === undefined) throw new Error(`${field}: ${what} could not be synthesized`);
    const unknown = [...report.problems, ...report.warnings].filter(({ message }) => /not known here/.test(message));
    if (unknown.length > 0) throw new Error(`${field}: ${what}: ${unknown.map(({ message }) => message).join("\n")}`);
    const said = report.problems.length > 0 ? "refused" : report.warnings.length > 0 ? "warned" : "quiet";
    return { field, what, does: doing(counts), said };
  });
}

function doing({ added, changed, anew, gone }: Counts): string {
  const parts = [
    added > 0 && `adds ${added}`,
    changed > 0 && `changes ${changed} in place`,
    anew > 0 && `makes ${anew} anew`,
    gone > 0 && `takes ${gone} away`,
  ].filter((part) => part !== false);
  return parts.length > 0 ? parts.join(", ") : "nothing";
}

/** Fields of every config, told once. */
const common = /^(project|environment|labels|backend|privateKeys|applyEvery|horizon|providers)\b/;

function table(all: readonly Effect[]): string {
  const rows = new Map<string, string[]>();
  for (const { field, what, does, said } of all) {
    const key = `\`${field}\` | ${does} | ${said}`;
    rows.set(key, [...(rows.get(key) ?? []), what]);
  }
  const lines = [...rows].map(([key, whats]) => {
    const [field = "", ...rest] = key.split(" | ");
    return `| ${field} | ${[...new Set(whats)].join(", ")} | ${rest.join(" | ")} |`;
  });
  return [
    "| field | change | what an apply does to resources | `check --against` |",
    "|---|---|---|---|",
    ...lines,
  ].join("\n");
}

test("docs/changes.md says of every field what a change of it does", () => {
  const all = Object.keys(scenarios).map((kind) => ({ kind, of: effects(kind) }));
  const [first] = all;
  const sections = [
    `## Every config\n\n${table((first?.of ?? []).filter(({ field }) => common.test(field)))}`,
    ...all.map(({ kind, of }) => `## ${kind}\n\n${table(of.filter(({ field }) => !common.test(field)))}`),
  ];
  const text = readFileSync(page, "utf8");
  const [head = ""] = text.split("\n## ");
  const made = `${head}\n${sections.join("\n\n")}\n`;
  if (process.env.UPDATE_GOLDEN === "1") writeFileSync(page, made);
  expect(readFileSync(page, "utf8")).toBe(made);
}, 240_000);
