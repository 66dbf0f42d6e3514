import { showDuration } from "../../lib/config/duration";
import { joined, type Markdown, markdown, shell } from "../../lib/config/quoting";
import type { Settings } from "../../lib/config/settings";
import { asCode, nounFor } from "../../lib/config/wording";
import type { OperatorNotes } from "../scenario";
import type { CasShortLivedConfig } from "./config";
import type { NodeGroupConfig } from "./config-nodes";

/** What an operator must know of this stack. */
export function operatorNotes(config: CasShortLivedConfig, settings: Settings): OperatorNotes {
  const { project, location, protect, nodeGroups, issuers } = config;
  const kms = [config.root, ...issuers].flatMap(({ key }) => ("kind" in key ? [] : [key.kmsKeyVersion]));
  const booted = nodeGroups.filter(({ bootstrap }) => bootstrap);
  const signed = nodeGroups.some(({ certificates }) => certificates.length > 0);
  return {
    purpose: markdown`A private certificate authority for training clusters, on Google Certificate Authority Service.`,
    needs: [
      markdown`Google credentials for the project \`${project}\` from the usual chain (\`GOOGLE_APPLICATION_CREDENTIALS\`, \`gcloud auth application-default login\`, the machine's service account), with \`roles/privateca.admin\`: pools, authorities, templates, their IAM, and \`certificates.create\` on the root's pool, which signs the issuers${signed ? ", and on the issuers' pool, which signs what requests ask for" : ""}.`,
      markdown`The API \`privateca.googleapis.com\`, enabled in the project.`,
      kms.length > 0 &&
        markdown`The Cloud KMS ${nounFor("key", kms.map(asCode))}, which the service agent of Certificate Authority Service may sign with and view.`,
    ],
    expect: [
      markdown`**Google never lets the id of an authority be used again.** Where an issuer's activation failed, Terraform would replace it in vain: \`terraform untaint google_privateca_certificate_authority.issuer_<key>\`, then \`terraform apply\`. It is then staged, and a plan says how it is enabled.`,
      markdown`Every plan warns of an authority whose state is not what the config says, as one that is about to change, or was changed by hand.`,
      protect
        ? markdown`A plan that would destroy an authority is refused, and so is \`terraform destroy\`: ask for a hand-off with \`protect: false\`, apply that, then destroy.`
        : markdown`**The authorities are not protected**: a plan that replaces one is carried out.`,
      !config.skipGracePeriod &&
        markdown`A destroyed authority stays for 30 days, in which it can be had back and its pool cannot be destroyed.`,
      signed &&
        markdown`A replaced certificate is revoked at once. Somebody must look at least every ${showDuration(settings.applyEvery)} (\`applyEvery\` in the config): every plan warns in the last third of a certificate's life, and a hand-off with a higher \`generation\` renews it.`,
      ...(booted.length > 0
        ? [
            markdown`**After the apply, make the nodes with their group's user data**, as below. It is cloud-init, and holds no key and no secret: nodes make their keys and renew their certificates themselves. It is read when a node starts for the first time. What a node needs: an image with cloud-init, systemd 244 or later, flock, OpenSSL 1.1.1 or later and gcloud (Container-Optimized OS has none); a way to \`privateca.googleapis.com\` (Private Google Access or a NAT); the access scope \`cloud-platform\`; and to run as a member of its group.`,
            ...booted.map((group) => bootCommands(group, project, location)),
            markdown`On a node, \`journalctl -t ai-tls-stacks-<group>\` says what came of it.`,
          ]
        : []),
    ],
  };
}

/** The commands that make a node of a group. */
function bootCommands({ name, members }: NodeGroupConfig, project: string, location: string): Markdown {
  const accounts = members.flatMap((member) => /^serviceAccount:([^@[]+@.+)$/.exec(member)?.[1] ?? []);
  const account = accounts[0] ?? shell`<an account that is a member>`;
  const others =
    members.length > 1 || accounts.length === 0
      ? markdown` Members: ${joined(members.map(asCode), ", ")}.`
      : markdown``;
  return markdown`Nodes of \`${name}\`: \`terraform output -json bootstrap | jq -r ${`.[${JSON.stringify(name)}]`} > ${name}.yaml\`, then \`gcloud compute instances create <node> --project=${project} --zone=<a zone of ${location}> --image-project=<project> --image-family=<family> --service-account=${account} --scopes=cloud-platform --metadata-from-file=user-data=${name}.yaml\`.${others}`;
}
