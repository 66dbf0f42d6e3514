import { z } from "zod";
import { fields, mapOf } from "../lib/config/fields";
import { keyPattern, keyProblem } from "../lib/config/identifiers";
import { plainData } from "../lib/config/plain-data";
import type { Report } from "../lib/config/report";
import { readSettings, type Settings, settingsFields } from "../lib/config/settings";
import { sortedEntries } from "../lib/config/sorted-map";
import { readStructure } from "../lib/config/structure";
import { type Kind, readStack, type Stack, scenarios } from ".";

type StackInput = (typeof scenarios)[Kind]["input"];

/** The whole config, as the user writes it. The reference and the JSON Schema are made from it. */
export const configInput = fields({
  ...settingsFields,
  stacks: mapOf(
    z.discriminatedUnion(
      "scenario",
      Object.values(scenarios).map(({ input }) => input) as [StackInput, ...StackInput[]],
    ),
    "Stacks by deploy name, which is part of the state key.",
    keyPattern,
  ),
});

/** The whole config, as the user writes it. */
export type ConfigInput = z.input<typeof configInput>;

/** The whole config, complete and sorted: what checks and stacks receive. */
export interface Config {
  readonly settings: Settings;
  readonly stacks: readonly Stack[];
}

/**
 * Reads a config of any quality. Every mistake goes to the report, and the result is completed from the rest: fit for
 * checks in any case, and for synthesis only if the report has no problem.
 */
export function readConfig(given: unknown, report: Report): Config {
  const input = readStructure(configInput, plainData(given, report), report);
  const stacks = sortedEntries(input.stacks);
  if (stacks.length === 0 && !report.in("stacks").wrong) {
    report.in("stacks").problem("is empty; write at least one stack");
  }
  const settings = readSettings(input, report);
  const { project, environment, horizon } = settings;
  return {
    settings,
    stacks: stacks.map(([name, stack]) => {
      const place = report.in("stacks", name);
      place.problem(keyProblem(name));
      return readStack(name, stack, { project, environment, stack: name, horizon }, place);
    }),
  };
}
