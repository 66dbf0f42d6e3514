import { join } from "node:path";
import { terminal } from "../lib/config/quoting";
import { ask } from "../stacks";
import { exitCodes, headline, type Surroundings, tableText, tellFindings, tellProblem, warningText } from "./output";
import { refuseLinks, refuseNoFolder, refuseOtherEnvironments, removeLeftStacks } from "./output-folder";
import { publish, writing } from "./publish";
import { readConfig } from "./read-config";
import { resourceTotal, synthesizeInto, terraformJson } from "./synthesize";

/** Turns a config into Terraform JSON: all of it, or on a mistake nothing. */
export function synth(around: Surroundings): number {
  const { config, report, given } = readConfig(around);
  const folderOf = (stack: string) => join(around.outdir, "stacks", stack);
  if (config !== undefined && report.problems.length === 0) {
    refuseNoFolder("CDKTF_OUTDIR", around.outdir, report);
    refuseLinks(config, join(around.outdir, "stacks"), report);
    refuseOtherEnvironments(config, folderOf, report);
  }
  tellFindings(around, report, given);
  if (config === undefined || report.problems.length > 0) return exitCodes.config;
  const written = writing(around.outdir, (drafts) => {
    const made = join(drafts, "made");
    synthesizeInto(config, made);
    const resources = config.stacks.map(({ name }) => resourceTotal(terraformJson(join(made, "stacks", name))));
    publish(made, around.outdir);
    // The framework's CLI removes them itself, and fails if they are gone.
    const kept = around.frameworkCli ? [] : removeLeftStacks(config, join(around.outdir, "stacks"), drafts);
    return { resources, kept };
  });
  if ("problem" in written) return tellProblem(around, "CDKTF_OUTDIR", written.problem);
  const { resources, kept } = written.result;
  around.stdout(headline(around, config.settings.environment));
  around.stdout(
    tableText(
      ["stack", "scenario", "certificates", "names", "authorities", "resources", "keys in state", "file"],
      config.stacks.map((stack, index) =>
        ask(stack, (scenario, own) => [
          stack.name,
          stack.kind,
          scenario.certificates(own).length,
          scenario.certificates(own).flatMap(({ names }) => names).length,
          scenario.authorities(own).length,
          resources[index] ?? 0,
          scenario.keysInState(own).length,
          join(folderOf(stack.name), "cdk.tf.json"),
        ]),
      ),
    ),
  );
  for (const stack of config.stacks) {
    const clusters = ask(stack, (scenario, own) => scenario.clusters(own));
    if (clusters.every(({ kubeconfig }) => kubeconfig !== undefined)) continue;
    around.stdout(
      terminal`${stack.name}: set KUBE_CONFIG_PATH before plan and apply; the provider looks for no kubeconfig by itself\n`,
    );
  }
  for (const folder of kept) {
    around.stderr(
      warningText([
        `${folder} is no longer in the config and holds state; destroy its resources or move the state, then delete it`,
      ]),
    );
  }
  return exitCodes.clean;
}
