import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findingLines } from "../../commands/output";
import { previousStacks } from "../../lib/change/read-previous";
import { checkAgainst } from "../../stacks/change";
import { checkedConfig } from "../../stacks/check";
import { synthesizedTexts } from "./synthesis";

type Fields = Readonly<Record<string, unknown>>;

/** What is said of a change. */
export interface Said {
  readonly problems: readonly string[];
  readonly warnings: readonly string[];
}

/** What is said of a change that interrupts nothing. */
export const fine: Said = { problems: [], warnings: [] };

/** A config whose one stack is called `web`. */
const configOf = (stack: Fields) => ({
  project: "ai-platform",
  environment: "test",
  backend: { type: "local" },
  privateKeys: "allowed",
  stacks: { web: stack },
});

/** What is said of the second form of a stack, where the first was synthesized before. */
export function change(before: Fields, after: Fields): Said {
  return changeOf("cdk.tf.json", synthesizedTexts(configOf(before)).web ?? "", after);
}

/** What is said of a stack, where a state has the given resources and outputs. */
export function changeOfState(resources: readonly unknown[], after: Fields, outputs: Fields = {}): Said {
  return changeOf("web.tfstate", JSON.stringify({ version: 4, outputs, resources }), after);
}

function changeOf(name: string, text: string, after: Fields): Said {
  const given = configOf(after);
  const { config, report } = checkedConfig(given);
  expect(report.problems).toEqual([]);
  const advised = report.warnings.length;
  const folder = mkdtempSync(join(tmpdir(), "tls-stacks-against-"));
  try {
    const file = join(folder, name);
    writeFileSync(file, text);
    checkAgainst(config, previousStacks(file, config, report) ?? new Map(), report);
  } finally {
    rmSync(folder, { recursive: true });
  }
  return {
    problems: findingLines(report.problems, given),
    warnings: findingLines(report.warnings.slice(advised), given),
  };
}
