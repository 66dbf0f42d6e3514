import { certificatesOf } from "../lib/config/config";
import { count, exitCodes, findingLines, headline, type Surroundings, tellFindings } from "./output";
import { readConfig } from "./read-config";

/** Says everything that is wrong with a config, for people or as JSON, and writes nothing. */
export function check(around: Surroundings, { json }: { readonly json: boolean }): number {
  const { config, report, given } = readConfig(around);
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
