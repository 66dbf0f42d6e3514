import { resolve } from "node:path";
import { checkedConfig } from "../lib/checks/check-config";
import type { Config } from "../lib/config/config";
import { readConfigFile } from "../lib/config/read-config-file";
import { newReport, type Report } from "../lib/config/report";
import type { Surroundings } from "./output";

/** A config file, read and checked; usable for synthesis only if the report has no problem. */
export interface CheckedFile {
  /** `undefined` if the file could not be read at all. */
  readonly config: Config | undefined;
  readonly report: Report;
  /** What the file gave, for naming members of lists in findings. */
  readonly given: unknown;
}

/** Reads and checks the config file that a command was given. */
export function readConfig({ configFile, named, unattended }: Surroundings): CheckedFile {
  const file = readConfigFile(resolve(configFile));
  if ("problem" in file) {
    const report = newReport();
    report.problem([], file.problem);
    return { config: undefined, report, given: undefined };
  }
  const { config, report } = checkedConfig(file.value);
  if (unattended && !named) {
    report.warning([], "TLS_STACKS_CONFIG names no file, so this is the example; name the environment's own");
  }
  return { config, report, given: file.value };
}
