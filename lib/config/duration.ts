import { type FieldNotes, text } from "./fields";
import { show } from "./report";

/** A length of time in whole seconds. */
export type Seconds = number;

/** Seconds in one hour. */
export const hour: Seconds = 3_600;
/** Seconds in one day. */
export const day: Seconds = 86_400;

const units: Readonly<Record<string, Seconds>> = { s: 1, m: 60, h: hour, d: day };
const limit: Seconds = 36_500 * day;

/** What a duration looks like, for the JSON Schema. */
const durationPattern = "^[1-9][0-9]*[smhd]$";

/** Seconds of a duration such as `"90d"`, `"24h"`, `"15m"` or `"30s"`; `undefined` if it is none. */
export function parseDuration(text: string): Seconds | undefined {
  const [, amount, unit] = /^([1-9][0-9]*)([smhd])$/.exec(text) ?? [];
  const seconds = Number(amount) * (units[unit ?? ""] ?? Number.NaN);
  return seconds <= limit ? seconds : undefined;
}

/** Whether a config can say it. */
export function isDuration(seconds: Seconds): boolean {
  return seconds > 0 && seconds <= limit;
}

/**
 * Why the text is no duration, if it is none.
 *
 * @param example - a duration that may stand there
 */
export function durationProblem(text: string, example: string): string | undefined {
  if (parseDuration(text) !== undefined) return undefined;
  if (/^[1-9][0-9]*[smhd]$/.test(text)) return `is ${show(text)}, more than 100 years; write a shorter duration`;
  return `is ${show(text)}, which is no duration; write a whole number above 0 and s, m, h or d, such as ${show(example)}`;
}

/** The notes of a field that takes a duration: one example, which the sentence about a wrong value names. */
export interface DurationNotes extends Pick<FieldNotes, "description" | "default"> {
  readonly example: string;
}

/**
 * A duration that the reader gets in seconds: 0 of one that was refused. `rule` says what else is wrong with one, in
 * words that follow the path.
 */
export function secondsInput(
  { example, ...notes }: DurationNotes,
  rule?: (seconds: Seconds, value: string) => string | undefined,
) {
  return text({ ...notes, examples: [example], pattern: durationPattern }, (value) => {
    const seconds = parseDuration(value);
    return seconds === undefined ? durationProblem(value, example) : rule?.(seconds, value);
  }).transform((value): Seconds => parseDuration(value) ?? 0);
}

/** A duration as people write it: in the largest unit that divides it. */
export function showDuration(seconds: Seconds): string {
  const [unit, size] = Object.entries(units).findLast(([, length]) => seconds % length === 0) ?? ["s", 1];
  return `${seconds / size}${unit}`;
}

/** A duration as Go programs take it, and so Terraform's timeouts: they know no days. */
export function goDuration(seconds: Seconds): string {
  return seconds % 3_600 === 0 ? `${seconds / 3_600}h` : seconds % 60 === 0 ? `${seconds / 60}m` : `${seconds}s`;
}
