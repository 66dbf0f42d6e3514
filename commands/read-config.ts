import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { resolve } from "node:path";
import { readConfigFile } from "../lib/config/read-config-file";
import { newReport, type Report } from "../lib/config/report";
import { ask } from "../stacks";
import { checkedConfig } from "../stacks/check";
import type { Config } from "../stacks/config";
import type { Surroundings } from "./output";

/** A config file, read and checked; usable for synthesis only if the report has no problem. */
export interface CheckedFile {
  /** `undefined` if the file could not be read at all. */
  readonly config: Config | undefined;
  readonly report: Report;
  /** What the file gave, for naming members of lists in findings. */
  readonly given: unknown;
}

/** TLS_STACKS_CONFIG is set and empty, as after an unset variable in a script. */
const emptyName = { problem: "has no name: TLS_STACKS_CONFIG is empty; name a config file, or unset it" };

/** Reads and checks the config file that a command was given. */
export function readConfig({ configFile, named, unattended, frameworkCli, outdir }: Surroundings): CheckedFile {
  const file = configFile === "" ? emptyName : readConfigFile(resolve(configFile));
  if ("problem" in file) {
    const report = newReport();
    report.problem(file.problem);
    return { config: undefined, report, given: undefined };
  }
  const { config, report } = checkedConfig(file.value);
  // In CI and under the framework's CLI the example must not be taken for an environment: it would be deployed.
  if (!named && (unattended || frameworkCli)) {
    report.warning("is the example, since TLS_STACKS_CONFIG names none; name the environment's own");
  }
  warnOfMissingKubeconfigs(config, outdir, report);
  return { config, report, given: file.value };
}

/** Warns of kubeconfigs that are not on this machine. The operator who applies may have them, so this is no problem. */
function warnOfMissingKubeconfigs(config: Config, outdir: string, report: Report): void {
  for (const stack of config.stacks) {
    for (const { kubeconfig } of ask(stack, (scenario, own) => scenario.clusters(own))) {
      if (kubeconfig === undefined) continue;
      // Terraform runs in the stack's folder, and the provider knows "~".
      const file = resolve(outdir, "stacks", stack.name, kubeconfig.replace(/^~(?=\/|$)/, homedir()));
      if (existsSync(file)) continue;
      report
        .in("stacks", stack.name, "kubernetes", "kubeconfig")
        .warning(
          `${kubeconfig} does not exist on this machine; whoever applies must have it there, or leave it out and set KUBE_CONFIG_PATH`,
        );
    }
  }
}
