import { run } from "./commands/run";

process.exitCode = run(process.argv, {
  configFile: process.env.TLS_STACKS_CONFIG ?? "config/example.ts",
  named: process.env.TLS_STACKS_CONFIG !== undefined,
  unattended: process.env.CI !== undefined && process.env.CI !== "false",
  outdir: process.env.CDKTF_OUTDIR ?? "cdktf.out",
  stdout: (text) => process.stdout.write(text),
  stderr: (text) => process.stderr.write(text),
});
