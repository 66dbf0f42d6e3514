import { stripVTControlCharacters } from "node:util";
import type { Process } from "../../commands/output";
import { run } from "../../commands/run";

/** What a command said, without colours, which CI turns on. */
export interface Said {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command as a user's shell would, in this process. */
export function runCommand(
  args: readonly string[],
  around: Pick<Process, "configFile" | "outdir"> & Partial<Process>,
): Said {
  const said = { stdout: "", stderr: "" };
  const code = run(["node", "app.cjs", ...args], {
    named: true,
    unattended: false,
    stdout: (text) => {
      said.stdout += text;
    },
    stderr: (text) => {
      said.stderr += text;
    },
    ...around,
  });
  return { code, stdout: stripVTControlCharacters(said.stdout), stderr: stripVTControlCharacters(said.stderr) };
}
