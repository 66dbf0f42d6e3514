import { run } from "./commands/run";
import { standardInput } from "./commands/standard-input";

// Who reads the output has had enough, as `head` does.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
});

const code = run(process.argv, {
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

// A config may have left timers and promises. None is waited for, and none is reached: a rejection would end this with
// another code and with Node's own trace, which may hold anything.
const { exit, stdout, stderr } = process;
const end = () => exit.call(process, code);
if (stdout.writableLength + stderr.writableLength === 0) end();
for (const event of ["uncaughtException", "unhandledRejection"]) process.on(event, () => undefined);
process.exit = (() => undefined) as typeof exit;
// Whoever reads the other end of a pipe may be slower.
stdout.write("", () => stderr.write("", end));
