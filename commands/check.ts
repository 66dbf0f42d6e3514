import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Counts } from "../lib/change/meaning";
import type { PreviousStack } from "../lib/change/previous-stack";
import { previousStacks, synthesizedStack } from "../lib/change/read-previous";
import { type Terminal, terminal, terminalLines } from "../lib/config/quoting";
import { type Finding, type Report, showPath } from "../lib/config/report";
import { ask } from "../stacks";
import { checkAgainst } from "../stacks/change";
import type { Config } from "../stacks/config";
import { count, exitCodes, findingLines, headline, npmWay, type Surroundings, tellFindings } from "./output";
import { readConfig } from "./read-config";

/** How a config is checked. */
export interface CheckOptions {
  /** Whether findings are printed as JSON. */
  readonly json: boolean;
  /** The output, hand-off or state that was deployed before. */
  readonly against?: string;
  /** Whether a warning ends the command with 1 as well, for a pipeline that wants a person then. */
  readonly strict: boolean;
}

/**
 * Says everything that is wrong with a config, for people or as JSON, and writes nothing. Against what was deployed
 * before, it also says what an apply would interrupt, and what it compared.
 */
export function check(around: Surroundings, { json, against, strict }: CheckOptions): number {
  const { config, report, given } = readConfig(around);
  const compared = config === undefined ? undefined : compare(config, around, against, report);
  const problems = findingLines(report.problems, given);
  const warnings = findingLines(report.warnings, given);
  const stops = problems.length > 0 || (strict && warnings.length > 0);
  const code = stops ? exitCodes.config : exitCodes.clean;
  if (json) {
    // An environment that was refused is empty.
    const environment = config?.settings.environment || null;
    const findings = [
      ...findingsJson("problem", report.problems, given),
      ...findingsJson("warning", report.warnings, given),
    ];
    const said = { config: around.configFile, environment, against: compared, problems, warnings, findings };
    around.stdout(terminalLines(`${JSON.stringify(said, null, 2)}\n`));
    return code;
  }
  if (compared !== undefined) around.stdout(comparisonText(compared));
  tellFindings(around, report, given);
  if (compared?.resources !== undefined) around.stdout(countsText(compared.resources, compared.told));
  if (config === undefined || problems.length > 0) return code;
  around.stdout(headline(around, config.settings.environment));
  const certificates = config.stacks.flatMap((stack) => ask(stack, (scenario, own) => scenario.certificates(own)));
  around.stdout(
    terminal`${count(config.stacks.length, "stack")}, ${count(certificates.length, "certificate")}: no problem found\n`,
  );
  if (stops) around.stderr(terminal`${count(warnings.length, "warning")}, and --strict lets none pass\n`);
  return code;
}

/** A finding as JSON has it: its place, member by member, and its sentence. */
function findingsJson(severity: "problem" | "warning", findings: readonly Finding[], data: unknown) {
  return findings
    .map(({ path, message }) => ({
      severity,
      place: showPath(path, data),
      path: path.map((part) => (typeof part === "object" ? part.member : part)),
      message,
    }))
    .sort((one, other) => (JSON.stringify(one) < JSON.stringify(other) ? -1 : 1));
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
  /** What could not be compared, since what was there before does not say it. */
  readonly unknown: readonly string[];
  /** How many findings are about what an apply takes away. */
  readonly told: number;
  /** What an apply does; not known of a config with mistakes. */
  readonly resources?: Counts;
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
  if (previous === undefined) return { path, compared: [], new: [], gone: [], unknown: [], told: 0 };
  const findings = () => report.problems.length + report.warnings.length;
  const alone = findings();
  const resources = checkAgainst(config, previous, report, () => synthesized(config));
  return {
    path,
    compared: names.filter((name) => previous.has(name)),
    new: names.filter((name) => !previous.has(name)),
    gone: [...previous.keys()].filter((name) => !names.includes(name)).sort(),
    unknown: [...previous.values()].some(({ from }) => from === "state") ? notInStates : [],
    told: findings() - alone,
    ...(resources === undefined ? {} : { resources }),
  };
}

const notInStates = [
  "where the state is kept",
  "kubeconfig and context of clusters",
  "an argument that is given no more",
];

/** What a config becomes, by stack; nothing of it stays on disk. */
function synthesized(config: Config): ReadonlyMap<string, PreviousStack> {
  // The framework is most of what a command loads, and only this form of the command needs it.
  const { synthesizeInto, terraformJson } = require("./synthesize") as typeof import("./synthesize");
  const folder = mkdtempSync(join(tmpdir(), "tls-stacks-"));
  try {
    synthesizeInto(config, folder);
    return new Map(
      config.stacks.map(({ name }) => [name, synthesizedStack(terraformJson(join(folder, "stacks", name)))]),
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Says what was compared, so that a stack that was not compared does not pass for one that interrupts nothing. */
function comparisonText({ path, compared, new: added, gone, unknown }: Comparison): Terminal {
  const lists = [
    compared.join(", ") || "nothing",
    ...(added.length > 0 ? [`not there, so taken as new: ${added.join(", ")}`] : []),
    ...(gone.length > 0 ? [`gone: ${gone.join(", ")}`] : []),
    ...(unknown.length > 0 ? [`not compared, since a state does not say it: ${unknown.join(", ")}`] : []),
  ];
  return terminal`compared with ${path}: ${lists.join("; ")}\n`;
}

/** Says what an apply does, so that silence can be read. */
function countsText({ added, changed, anew, gone }: Counts, told: number): Terminal {
  const fates = [
    `${count(added, "resource")} added`,
    `${changed} changed in place`,
    `${anew} made anew`,
    `${gone} gone`,
  ];
  const meaning =
    told === 0
      ? "nothing that is served goes"
      : `${count(told, "finding")} above ${told === 1 ? "says" : "say"} what that means`;
  return terminal`${fates.join(", ")}; ${meaning}\n`;
}
