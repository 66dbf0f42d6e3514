import { showDuration } from "../../lib/config/duration";
import { kubeconfigNeed } from "../../lib/config/kubernetes";
import { joined, markdown } from "../../lib/config/quoting";
import type { Settings } from "../../lib/config/settings";
import { asCode, nounFor } from "../../lib/config/wording";
import type { Line, OperatorNotes } from "../scenario";
import type { AliasConfig, PipelineTlsConfig } from "./config";

/** What the page of a handed-off folder says of this scenario. */
export function operatorNotes(config: PipelineTlsConfig, settings: Settings): OperatorNotes {
  const { kubernetes, namespace, dns, services, authority } = config;
  const objects = services.some(({ ingress }) => ingress)
    ? markdown`Secrets, Services, ConfigMaps and Ingresses`
    : markdown`Secrets, Services and ConfigMaps`;
  return {
    purpose: markdown`Private TLS between the services of a pipeline on Kubernetes.`,
    needs: [
      kubeconfigNeed(kubernetes),
      namespace.create
        ? markdown`The right to create the namespace \`${namespace.name}\` and ${objects} in it.`
        : markdown`The namespace \`${namespace.name}\`, and the right to create ${objects} in it. None of those named here may exist there yet.`,
      dns && awsNeed(dns),
    ],
    expect: [
      markdown`**Somebody must apply at least every ${showDuration(settings.applyEvery)}** (\`applyEvery\` in the config): an apply in the last third of a certificate's life replaces it, nothing else does. \`terraform plan -detailed-exitcode\` ends with 2 when one is due.`,
      authority &&
        markdown`The authority lives ${showDuration(authority.lifetime)} and is never replaced by itself; \`terraform output certificate_not_after\` has its date.`,
      authority &&
        markdown`The authority can sign any name: trust it in the pipeline's clients only, never in a system's trust store.`,
      markdown`Pods read a changed Secret when they reload or restart; a mounted Secret follows within a minute or two.`,
    ],
  };
}

/** What credentials are for; none where no name needs a record and nothing is looked up. */
function awsNeed({ account, region, zones, target }: AliasConfig): Line {
  const names = Object.keys(zones);
  const uses = [
    names.length > 0 && markdown`for the ${nounFor("zone", names.map(asCode))}`,
    "name" in target && markdown`to look up the load balancer \`${target.name}\` in ${region}, which must exist`,
  ].filter((use) => use !== false);
  if (uses.length === 0) return undefined;
  return markdown`AWS credentials${account === undefined ? "" : markdown` of account ${account}`} ${joined(uses, ", and ")}.`;
}
