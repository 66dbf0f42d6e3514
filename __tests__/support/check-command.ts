import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { run } from "../../commands/run";

/** Each test's own folder. */
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "tls-stacks-against-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

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
  let stdout = "";
  let stderr = "";
  const code = run(["node", "app.cjs", "check", ...args], {
    configFile: written("config.json", JSON.stringify(given)),
    named: true,
    unattended: false,
    outdir: join(folder, "unused"),
    npmAgainst,
    stdout: (text) => {
      stdout += text;
    },
    stderr: (text) => {
      stderr += text;
    },
  });
  return { code, stdout, stderr };
}

/** What `check --json` prints, with its exit code. */
interface Said {
  readonly code: number;
  readonly against?: object;
  readonly problems: readonly string[];
  readonly warnings: readonly string[];
}

/** What `check --against` says of a config. */
export function said(given: object, against: string): Said {
  const { code, stdout } = printed(given, ["--json", "--against", against]);
  return { code, ...(JSON.parse(stdout) as Omit<Said, "code">) };
}
