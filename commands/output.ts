import Table from "cli-table3";
import { bold, dim, red, yellow } from "picocolors";
import { styled, type Terminal, terminal, terminalLines } from "../lib/config/quoting";
import { type Finding, newReport, printable, type Report, showPath } from "../lib/config/report";

/** Everything that a command knows of the world around it: what to read, and where to write. */
export interface Surroundings {
  /** The config file as the user named it. */
  readonly configFile: string;
  /** Whether the user named the config file; otherwise it is the example. */
  readonly named: boolean;
  /** Whether this runs in CI, where no person watches. */
  readonly unattended: boolean;
  /** The output folder. */
  readonly outdir: string;
  /** Whether the framework's CLI runs this: it removes the folders of stacks that left, and fails if they are gone. */
  readonly frameworkCli?: boolean;
  /** The value of an `--against` that npm kept as a setting of its own. */
  readonly npmAgainst?: string | undefined;
  /** Reads the standard input in pieces; left out, there is none. */
  readonly stdin?: () => Iterable<Uint8Array>;
  readonly stdout: (text: Terminal) => void;
  readonly stderr: (text: Terminal) => void;
}

/** The same as the program is started with: it writes whatever it is given. */
export interface Process extends Omit<Surroundings, "stdout" | "stderr"> {
  readonly stdout: (text: string) => void;
  readonly stderr: (text: string) => void;
}

/** Exit codes, a contract with scripts: clean, config wrong or unreadable, internal failure. */
export const exitCodes = { clean: 0, config: 1, internal: 2 } as const;

/** How to pass an option through npm, which keeps options before `--` for itself. */
export const npmWay = "`npm run check -- --against <path>`";

/** A count and its noun: `1 problem`, `2 problems`. */
export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}

/** Findings as lines, in an order that does not depend on the config's. */
export function findingLines(findings: readonly Finding[], data: unknown): readonly string[] {
  const lines = findings.map(({ path, message }) =>
    path.length === 0 ? `the config file ${message}` : `${showPath(path, data)}: ${message}`,
  );
  return [...new Set(lines.map(printable))].sort();
}

/** As many findings as a person reads; the rest is counted. */
const mostTold = 100;

/** The findings that a person is told, and how many more there are, in a sentence. */
function told(lines: readonly string[], noun: string): readonly string[] {
  const rest = lines.length - mostTold;
  return rest > 0 ? [...lines.slice(0, mostTold), `and ${count(rest, `more ${noun}`)}; check --json lists all`] : lines;
}

/** What is wrong with a config, for people: every problem on a line of its own below the file's name. */
function problemText(configFile: string, report: Report, data: unknown): Terminal {
  const lines = findingLines(report.problems, data);
  const title = terminal`${configFile || "TLS_STACKS_CONFIG"}: ${count(lines.length, "problem")}`;
  return told(lines, "problem").reduce((text, line) => terminal`${text}  ${line}\n`, terminal`${styled(red, title)}\n`);
}

/** What the owner of a config should know, for people. */
export function warningText(lines: readonly string[]): Terminal {
  const mark = styled(yellow, terminal`warning:`);
  return lines.reduce((text, line) => terminal`${text}${mark} ${line}\n`, terminal``);
}

/** Tells people what was found: warnings, then problems if there are any. */
export function tellFindings({ configFile, stderr }: Surroundings, report: Report, data: unknown): void {
  stderr(warningText(told(findingLines(report.warnings, data), "warning")));
  if (report.problems.length > 0) stderr(problemText(configFile, report, data));
}

/** Tells people of something that an option leads to and that cannot be used. */
export function tellProblem(around: Surroundings, option: string, problem: string): number {
  const report = newReport();
  report.in(option).problem(problem);
  tellFindings(around, report, undefined);
  return exitCodes.config;
}

/** Rows in aligned columns without lines around them, which a log keeps readable. */
export function tableText(head: readonly string[], rows: readonly (readonly (string | number)[])[]): Terminal {
  const none = ["top", "top-mid", "top-left", "top-right", "bottom", "bottom-mid", "bottom-left", "bottom-right"];
  const edges = [...none, "left", "left-mid", "mid", "mid-mid", "right", "right-mid"];
  const table = new Table({
    head: [...head],
    chars: { ...Object.fromEntries(edges.map((name) => [name, ""])), middle: "  " },
    style: { "padding-left": 0, "padding-right": 0, head: [], border: [] },
  });
  table.push(...rows.map((row) => row.map((cell) => printable(String(cell)))));
  const [titles = "", ...lines] = table
    .toString()
    .replace(/[ \t]+$/gm, "")
    .split("\n");
  return terminal`${styled(dim, terminal`${titles}`)}\n${terminalLines(lines.join("\n"))}\n`;
}

/** The first line of every command: which config, for which environment. */
export function headline({ configFile }: Surroundings, environment: string): Terminal {
  return terminal`${styled(bold, terminal`${configFile}`)}, environment ${styled(bold, terminal`${environment}`)}\n`;
}
