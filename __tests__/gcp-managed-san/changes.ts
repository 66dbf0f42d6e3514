import { findingLines } from "../../commands/output";
import { synthesizedStack } from "../../lib/change/read-previous";
import { checkAgainst } from "../../stacks/change";
import { checkedConfig } from "../../stacks/check";
import { synthesizedTexts } from "../support/synthesis";
import { config, type Fields } from "./configs";

/** What a config of this file's tests becomes, which is made once. */
const stackOf = (given: object) => new Map([["lb", synthesizedStack(JSON.parse(synthesizedTexts(given).lb ?? ""))]]);

/** What `check --against` says of the second form of a stack, if the first was synthesized before. */
export function change(before: Fields, after: Fields) {
  const { problems, warnings } = compared(before, after);
  return { problems, warnings };
}

/** What an apply of the second form would do to resources. */
export function counts(before: Fields, after: Fields) {
  return compared(before, after).resources;
}

function compared(before: Fields, after: Fields) {
  // A file of JSON has no field that is undefined.
  const given = JSON.parse(JSON.stringify(config(after))) as object;
  const { config: complete, report } = checkedConfig(given);
  const resources = checkAgainst(complete, stackOf(config(before)), report, () => stackOf(given));
  const lines = (findings: typeof report.problems) => findingLines(findings, given);
  return { problems: lines(report.problems), warnings: lines(report.warnings), resources };
}

/** Warnings of the stack, and no problem. */
export function warned(...messages: readonly string[]) {
  return { problems: [], warnings: messages.map((message) => `stacks.lb.${message}`) };
}

/** Problems of the stack, and no warning. */
export function refused(...messages: readonly string[]) {
  return { problems: messages.map((message) => `stacks.lb.${message}`), warnings: [] };
}
