import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { runCommand } from "./run-command";
import { synthesizedTexts } from "./synthesis";

type Fields = Readonly<Record<string, unknown>>;

/** Each test's own folder. */
let folder: string;

/** Gives each test of the calling file a folder of its own. Test files share this module: it would do so for the first alone. */
export function inOwnFolders(): void {
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "tls-stacks-against-"));
  });
  afterEach(() => rmSync(folder, { recursive: true }));
}

/** A path in the test's folder. */
export function inFolder(...parts: readonly string[]): string {
  return join(folder, ...parts);
}

/** Writes a file into the test's folder and returns its path. */
export function written(name: string, text: string): string {
  const path = join(folder, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  return path;
}

/** What `check` prints of a config. */
export function printed(given: object, args: readonly string[], npmAgainst?: string) {
  const configFile = written("config.json", JSON.stringify(given));
  return runCommand(["check", ...args], { configFile, outdir: join(folder, "unused"), npmAgainst });
}

/** What is said of a config, or of a change. */
interface Findings {
  readonly problems: readonly string[];
  readonly warnings: readonly string[];
}

/** What `check --json` prints, with its exit code. */
interface Said extends Findings {
  readonly code: number;
  readonly against?: object;
}

/** What is said of a change that interrupts nothing. */
export const fine: Findings = { problems: [], warnings: [] };

/** What `check --against` says of a config. */
export function said(given: object, against: string): Said {
  return saidWith(given, ["--against", against]);
}

function saidWith(given: object, args: readonly string[]): Said {
  const { code, stdout } = printed(given, ["--json", ...args]);
  return { code, ...(JSON.parse(stdout) as Findings) };
}

/** What is said of a config over a file with this text, besides what is said of the config alone. */
export function changeOf(name: string, text: string, given: object): Findings {
  const alone = saidWith(given, []);
  expect(alone.problems).toEqual([]);
  const { problems, warnings } = said(given, written(name, text));
  return { problems, warnings: warnings.filter((warning) => !alone.warnings.includes(warning)) };
}

/** A config whose one stack is called `web`. */
const configOf = (stack: Fields) => ({
  project: "ai-platform",
  environment: "test",
  backend: { type: "local" },
  privateKeys: "allowed",
  stacks: { web: stack },
});

/** What is said of the second form of a stack, where the first was synthesized before. */
export function change(before: Fields, after: Fields): Findings {
  return changeOf("cdk.tf.json", synthesizedTexts(configOf(before)).web ?? "", configOf(after));
}

/** What is said of a stack, where a state has the given resources and outputs. */
export function changeOfState(resources: readonly unknown[], after: Fields, outputs: Fields = {}): Findings {
  return changeOf("web.tfstate", JSON.stringify({ version: 4, outputs, resources }), configOf(after));
}
