import { previousStacks } from "../lib/change/read-previous";
import { type Terminal, terminal, terminalLines } from "../lib/config/quoting";
import type { Report } from "../lib/config/report";
import { ask } from "../stacks";
import { checkAgainst } from "../stacks/change";
import type { Config } from "../stacks/config";
import { count, exitCodes, findingLines, headline, npmWay, type Surroundings, tellFindings } from "./output";
import { readConfig } from "./read-config";

/** How a config is checked. */
interface CheckOptions {
  /** Whether findings are printed as JSON. */
  readonly json: boolean;
  /** The output, hand-off or state that was deployed before. */
  readonly against?: string;
}

/**
 * Says everything that is wrong with a config, for people or as JSON, and writes nothing. Against what was deployed
 * before, it also says what an apply would interrupt, and what it compared.
 */
export function check(around: Surroundings, { json, against }: CheckOptions): number {
  const { config, report, given } = readConfig(around);
  const compared = config === undefined ? undefined : compare(config, around, against, report);
  const problems = findingLines(report.problems, given);
  const warnings = findingLines(report.warnings, given);
  const code = problems.length > 0 ? exitCodes.config : exitCodes.clean;
  if (json) {
    // An environment that was refused is empty.
    const environment = config?.settings.environment || null;
    const findings = { config: around.configFile, environment, against: compared, problems, warnings };
    around.stdout(terminalLines(`${JSON.stringify(findings, null, 2)}\n`));
    return code;
  }
  if (compared !== undefined) around.stdout(comparisonText(compared));
  tellFindings(around, report, given);
  if (config === undefined || code !== exitCodes.clean) return code;
  around.stdout(headline(around, config.settings.environment));
  const certificates = config.stacks.flatMap((stack) => ask(stack, (scenario, own) => scenario.certificates(own)));
  around.stdout(
    terminal`${count(config.stacks.length, "stack")}, ${count(certificates.length, "certificate")}: no problem found\n`,
  );
  return code;
}

/** Names of the stacks that were compared with what was deployed before. */
interface Comparison {
  /** As the user named it. */
  readonly path: string;
  readonly compared: readonly string[];
  /** Not there before. */
  readonly new: readonly string[];
  /** There before, and not in the config. */
  readonly gone: readonly string[];
}

function compare(
  config: Config,
  { npmAgainst }: Surroundings,
  path: string | undefined,
  report: Report,
): Comparison | undefined {
  if (path === undefined) {
    if (npmAgainst) report.in("against").problem(`was kept by npm, which compares nothing; write ${npmWay}`);
    return undefined;
  }
  const names = config.stacks.map(({ name }) => name);
  const previous = previousStacks(path, config, report);
  if (previous === undefined) return { path, compared: [], new: [], gone: [] };
  checkAgainst(config, previous, report);
  return {
    path,
    compared: names.filter((name) => previous.has(name)),
    new: names.filter((name) => !previous.has(name)),
    gone: [...previous.keys()].filter((name) => !names.includes(name)).sort(),
  };
}

/** Says what was compared, so that a stack that was not compared does not pass for one that interrupts nothing. */
function comparisonText({ path, compared, new: added, gone }: Comparison): Terminal {
  const lists = [
    compared.join(", ") || "nothing",
    ...(added.length > 0 ? [`not there, so taken as new: ${added.join(", ")}`] : []),
    ...(gone.length > 0 ? [`gone: ${gone.join(", ")}`] : []),
  ];
  return terminal`compared with ${path}: ${lists.join("; ")}\n`;
}
