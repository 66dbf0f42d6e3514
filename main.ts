import { run } from "./commands/run";
import { standardInput } from "./commands/standard-input";

// Who reads the output has had enough, as `head` does.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
});

process.exitCode = run(process.argv, {
  configFile: process.env.TLS_STACKS_CONFIG ?? "config/example.ts",
  named: process.env.TLS_STACKS_CONFIG !== undefined,
  unattended: process.env.CI !== undefined && process.env.CI !== "false",
  // Set but empty it would be the working folder.
  outdir: process.env.CDKTF_OUTDIR || "cdktf.out",
  frameworkCli: process.env.CDKTF_CONTINUE_SYNTH_ON_ERROR_ANNOTATIONS !== undefined,
  npmAgainst: process.env.npm_config_against,
  stdin: standardInput,
  stdout: (text) => process.stdout.write(text),
  stderr: (text) => process.stderr.write(text),
});
