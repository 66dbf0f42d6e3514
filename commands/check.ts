import { checkAgainst } from "../lib/checks/against";
import { certificatesOf } from "../lib/config/config";
import { count, exitCodes, findingLines, headline, type Surroundings, tellFindings } from "./output";
import { previousStacks } from "./previous-output";
import { readConfig } from "./read-config";

/** How a config is checked. */
interface CheckOptions {
  /** Whether findings are told as JSON. */
  readonly json: boolean;
  /** Where what was deployed before is. */
  readonly against?: string;
}

/**
 * Says everything that is wrong with a config, for people or as JSON, and writes nothing. Against what was deployed
 * before, it also says what an apply would interrupt.
 */
export function check(around: Surroundings, { json, against }: CheckOptions): number {
  const { config, report, given } = readConfig(around);
  if (config !== undefined && against !== undefined) {
    const stacks = config.stacks.map(({ name }) => name);
    checkAgainst(config, previousStacks(against, stacks, report), report);
  }
  const problems = findingLines(report.problems, given);
  const warnings = findingLines(report.warnings, given);
  const code = problems.length > 0 ? exitCodes.config : exitCodes.clean;
  if (json) {
    // Empty: it was refused.
    const environment = config?.settings.environment || null;
    around.stdout(`${JSON.stringify({ config: around.configFile, environment, problems, warnings }, null, 2)}\n`);
    return code;
  }
  tellFindings(around, report, given);
  if (config === undefined || code !== exitCodes.clean) return code;
  around.stdout(headline(around, config.settings.environment));
  const certificates = config.stacks.flatMap(certificatesOf).length;
  around.stdout(`${count(config.stacks.length, "stack")}, ${count(certificates, "certificate")}: no problem found\n`);
  return code;
}
