import { join, resolve } from "node:path";
import { ask } from "../stacks";
import { exitCodes, headline, type Surroundings, tableText, tellFindings, warningText } from "./output";
import { moveInto, refuseNoFolder, refuseOtherEnvironments, removeLeftStacks, removeManifests } from "./output-folder";
import { readConfig } from "./read-config";
import { resourceTotal, synthesized, terraformJson } from "./synthesize";

/** Turns a config into Terraform JSON: all of it, or on a mistake nothing. */
export function synth(around: Surroundings): number {
  const { config, report, given } = readConfig(around);
  const folderOf = (stack: string) => join(around.outdir, "stacks", stack);
  if (config !== undefined && report.problems.length === 0) {
    refuseNoFolder("CDKTF_OUTDIR", around.outdir, report);
    refuseOtherEnvironments(config, folderOf, report);
  }
  tellFindings(around, report, given);
  if (config === undefined || report.problems.length > 0) return exitCodes.config;
  const names = config.stacks.map(({ name }) => name);
  const resources = synthesized(config, around.outdir, (folder) => {
    const counts = names.map((name) => resourceTotal(terraformJson(join(folder, "stacks", name))));
    for (const name of names) removeManifests(folderOf(name));
    moveInto(folder, resolve(around.outdir));
    return counts;
  });
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
      `${stack.name}: set KUBE_CONFIG_PATH before plan and apply; the provider looks for no kubeconfig by itself\n`,
    );
  }
  if (around.frameworkCli) return exitCodes.clean;
  for (const folder of removeLeftStacks(config, join(around.outdir, "stacks"))) {
    around.stderr(
      warningText([
        `${folder} is no longer in the config and holds state; destroy its resources or move the state, then delete it`,
      ]),
    );
  }
  return exitCodes.clean;
}
