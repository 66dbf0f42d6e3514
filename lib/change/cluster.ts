import type { KubernetesConfig } from "../config/kubernetes";
import { type Place, show } from "../config/report";
import { type PreviousStack, textOf } from "./previous-stack";

/** In another cluster everything is made anew, and Terraform forgets the old one. */
export function checkCluster({ context }: KubernetesConfig, { resources }: PreviousStack, place: Place): void {
  const was = textOf(resources["provider.kubernetes"]?.config_context);
  if (was === undefined || was === context || place.refused) return;
  place.problem(
    `is ${show(context)}, was ${show(was)}: in another cluster everything is made anew, and what is in the old one stays and is no longer renewed, since Terraform forgets it; make a second stack for the other cluster, and take this one out once nobody uses it, or if both names lead to one cluster compare with the state (\`terraform state pull\`)`,
  );
}
