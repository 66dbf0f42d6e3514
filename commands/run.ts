import { Command, CommanderError, Option } from "commander";
import { terminalLines, textOf } from "../lib/config/quoting";
import { withoutSecrets } from "../lib/config/secrets";
import { check } from "./check";
import { handoff } from "./handoff";
import { exitCodes, npmWay, type Process, type Surroundings } from "./output";
import { reference } from "./reference";
import { type SimulateOptions, simulateVaultRole } from "./simulate-vault-role";
import { synth } from "./synth";

/**
 * Runs what the command line asks for.
 *
 * @returns the exit code: 0 clean, 1 config wrong or unreadable, 2 internal failure
 */
export function run(argv: readonly string[], outside: Process): number {
  const around: Surroundings = {
    ...outside,
    stdout: (text) => outside.stdout(textOf(text)),
    stderr: (text) => outside.stderr(textOf(text)),
  };
  let code: number = exitCodes.clean;
  const program = new Command("ai-tls-stacks")
    .description("Terraform stacks for TLS in front of and between AI services.")
    .exitOverride()
    .configureOutput({
      writeOut: (text) => around.stdout(terminalLines(text)),
      writeErr: (text) => around.stderr(terminalLines(text)),
    });
  program
    .command("synth")
    .description("write Terraform JSON for every stack of the config")
    .action(() => {
      code = synth(around);
    });
  program
    .command("check")
    .description("say everything that is wrong with the config, and write nothing")
    .configureOutput({
      outputError: (text, write) => {
        write(text.includes("too many arguments") ? `${text.trimEnd()} With npm: ${npmWay}\n` : text);
      },
    })
    .option("--json", "as JSON, for other programs", false)
    .option("--against <path>", "what was deployed before (an output, a hand-off or a state): say what is interrupted")
    .action((options: { json: boolean; against?: string }) => {
      code = check(around, options);
    });
  program
    .command("handoff")
    .description("write a folder that an operations team deploys with Terraform alone")
    .argument("[stacks...]", "deploy names")
    .option("--out <folder>", "where to", "handoff")
    .action((stacks: string[], options: { out: string }) => {
      code = handoff(around, stacks, options.out);
    });
  program
    .command("reference")
    .description("write the config reference and the JSON Schema into docs/")
    .option("--check", "only say whether they are current", false)
    .action((options: { check: boolean }) => {
      code = reference(around, options);
    });
  program
    .command("simulate-vault-role")
    .description('say what Vault would answer to each line {"role", "request"} of the standard input')
    .option("--mount-max <duration>", "the mount's maximum lease", "87600h")
    .option("--mount-default <duration>", "the mount's default lease", "768h")
    .option("--ca-lifetime <duration>", "what is left of the authority's lifetime", "43800h")
    .addOption(
      new Option("--leaf-not-after-behavior <word>", "the issuer's")
        .choices(["err", "truncate", "permit"])
        .default("err"),
    )
    .action((options: SimulateOptions) => {
      code = simulateVaultRole(around, options);
    });
  try {
    program.parse([...argv]);
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.clean : exitCodes.config;
    around.stderr(
      terminalLines(
        `internal failure, please report it: ${withoutSecrets(String((error as Error | undefined)?.stack ?? error))}\n`,
      ),
    );
    return exitCodes.internal;
  }
  return code;
}
