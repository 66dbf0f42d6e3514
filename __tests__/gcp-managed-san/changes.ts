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
  // A file of JSON has no field that is undefined.
  const given = JSON.parse(JSON.stringify(config(after))) as object;
  const { config: complete, report } = checkedConfig(given);
  checkAgainst(complete, stackOf(config(before)), report, () => stackOf(given));
  return { problems: findingLines(report.problems, given), warnings: findingLines(report.warnings, given) };
}

/** Warnings of the stack, and no problem. */
export function warned(...messages: readonly string[]) {
  return { problems: [], warnings: messages.map((message) => `stacks.lb.${message}`) };
}

/** Problems of the stack, and no warning. */
export function refused(...messages: readonly string[]) {
  return { problems: messages.map((message) => `stacks.lb.${message}`), warnings: [] };
}
