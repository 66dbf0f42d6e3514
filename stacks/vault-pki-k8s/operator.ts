import { showDuration } from "../../lib/config/duration";
import { kubeconfigNeed } from "../../lib/config/kubernetes";
import { markdown, shell } from "../../lib/config/quoting";
import type { Settings } from "../../lib/config/settings";
import type { OperatorNotes } from "../scenario";
import { renewsItself, type VaultPkiK8sConfig } from "./config";

/** What the page of a handed-off folder says of this scenario. */
export function operatorNotes(config: VaultPkiK8sConfig, settings: Settings): OperatorNotes {
  const { kubernetes, namespace, pki, authPath, certificates, applyManifests } = config;
  const logsIn = certificates.some(({ serviceAccounts }) => serviceAccounts.length > 0);
  const applied = certificates.some(({ delivery }) => delivery === "terraform");
  const byController = certificates.some(renewsItself);
  const patched = certificates.flatMap(({ name, consumer }) =>
    consumer !== undefined && "deployment" in consumer ? [{ name, deployment: consumer.deployment.name }] : [],
  );
  const kubectl = shell`kubectl --context ${kubernetes.context}`;
  const mounts = pki.own ? markdown`the mounts \`${pki.root.mount}\` and \`${pki.intermediate.mount}\`` : markdown``;
  return {
    purpose: pki.own
      ? markdown`A PKI in Vault (or OpenBao), and certificates in Kubernetes.`
      : markdown`Certificates in Kubernetes from the PKI on the Vault mount \`${pki.mount}\`.`,
    needs: [
      markdown`Vault's address in \`VAULT_ADDR\` and a token in \`VAULT_TOKEN\` that may ${pki.own ? markdown`make ${mounts} and write below them` : markdown`write roles and issue below \`${pki.mount}\``}, write policies${logsIn ? markdown` and roles of \`auth/${authPath}\`` : ""}. With OpenBao, add a file \`openbao_override.tf.json\`: \`{"provider": {"vault": {"vault_version_override": "1.17.0"}}}\`.`,
      logsIn && markdown`The Kubernetes auth mount \`auth/${authPath}\`, configured for this cluster.`,
      kubeconfigNeed(kubernetes),
      namespace.create
        ? markdown`The right to create the namespace \`${namespace.name}\` and objects in it.`
        : markdown`The namespace \`${namespace.name}\`, and the right to create objects in it.`,
      byController &&
        markdown`cert-manager, as the service account \`cert-manager\` of the namespace \`cert-manager\`.${applyManifests ? " Its kinds must be installed before the first plan." : ""}`,
    ],
    expect: [
      byController &&
        !applyManifests &&
        markdown`**After the apply: \`${kubectl} apply -f kubernetes/manifests.yaml\`.** cert-manager then requests the certificates and renews them; before the apply Vault would refuse, and cert-manager may wait an hour before it tries again.`,
      ...patched.map(
        ({ name, deployment }) =>
          markdown`To mount the certificate \`${name}\`: \`${kubectl} -n ${namespace.name} patch deployment ${deployment} --patch-file kubernetes/patch-${name}.yaml\`.`,
      ),
      applied &&
        markdown`**Somebody must apply at least every ${showDuration(settings.applyEvery)}** (\`applyEvery\` in the config): an apply in the last third of a certificate's life replaces it, nothing else does. \`terraform plan -detailed-exitcode\` ends with 2 when one is due.`,
      applied && markdown`A replaced certificate stays valid to its end; it is not revoked.`,
      pki.own &&
        markdown`The root lives ${showDuration(pki.root.lifetime)}, the intermediate ${showDuration(pki.intermediate.lifetime)}; \`terraform output certificate_not_after\` has their dates, and nothing replaces them by itself.`,
      pki.own &&
        (pki.protect
          ? markdown`\`terraform destroy\` is refused: with ${mounts} their authorities would be gone for ever. To do so all the same, ask for a hand-off with \`protect: false\`, apply that, then destroy.`
          : markdown`\`terraform destroy\` takes ${mounts} and their authorities with it, for ever.`),
      markdown`Pods read a changed Secret when they reload or restart; a mounted Secret follows within a minute or two.`,
    ],
  };
}
