import { inFolder, said, written } from "../support/check-command";
import { synthesizedTexts } from "../support/synthesis";
import { config, type Fields } from "./configs";

/** What `check --against` says of the second form of a stack, if the first was synthesized before. */
export function change(before: Fields, after: Fields) {
  written("before/stacks/lb/cdk.tf.json", synthesizedTexts(config(before)).lb ?? "");
  const { problems, warnings } = said(config(after), inFolder("before"));
  return { problems, warnings };
}

/** Warnings of the stack, and no problem. */
export function warned(...messages: readonly string[]) {
  return { problems: [], warnings: messages.map((message) => `stacks.lb.${message}`) };
}

/** Problems of the stack, and no warning. */
export function refused(...messages: readonly string[]) {
  return { problems: messages.map((message) => `stacks.lb.${message}`), warnings: [] };
}
