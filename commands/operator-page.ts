import type { BackendConfig } from "../lib/config/backend";
import { joined, type Markdown, markdown, shell, shellBlock } from "../lib/config/quoting";
import { asCode } from "../lib/config/wording";
import { ask, type Stack } from "../stacks";
import type { Config } from "../stacks/config";
import type { Line } from "../stacks/scenario";
import { count } from "./output";
import { resourceCounts, resourceTotal, type TerraformJson } from "./synthesize";

/** The page that tells an operator who has never seen this project what a handed-off folder does and needs. */
export function operatorPage(config: Config, stack: Stack, json: TerraformJson): Markdown {
  const { project, environment } = config.settings;
  const { keys, notes } = ask(stack, (scenario, own) => ({
    keys: scenario.keysInState(own),
    notes: scenario.operatorNotes(own, config.settings),
  }));
  const parts = [
    markdown`# ${stack.name}: ${project}, ${environment}`,
    notes.purpose,
    markdown`Check that nothing changed on the way: the first command must say \`OK\` of each file, and the second, which prints files that are not listed, nothing: Terraform would read them. Then deploy:`,
    shellBlock([
      shell`sha256sum -c SHA256SUMS`,
      shell`(cut -c67- SHA256SUMS; find . ! -type d ! -path ./SHA256SUMS ! -path './.terraform/*' | cut -c3-) | sort | uniq -u`,
      shell`terraform init`,
      // A saved plan holds the keys of the state.
      ...(keys.length > 0 ? [shell`terraform apply`] : [shell`terraform plan -out plan`, shell`terraform apply plan`]),
    ]),
    markdown`## What it needs`,
    bullets([
      markdown`Terraform ${json.terraform.required_version} (or OpenTofu with the same features).`,
      markdown`Providers, which \`terraform init\` installs: ${joined(
        Object.values(json.terraform.required_providers).map(
          ({ source, version }) => markdown`\`${source}\` ${version}`,
        ),
        ", ",
      )}.`,
      ...notes.needs,
      stateNeed(config.settings.backend),
    ]),
    markdown`## What it makes`,
    markdown`${count(resourceTotal(json), "resource")}:`,
    bullets(resourceCounts(json).map(([type, number]) => markdown`${number} \`${type}\``)),
    markdown`## State`,
    stateNote(json),
    keys.length === 0
      ? markdown`No private key is in the state, in saved plans or in the output of \`terraform show\`.`
      : markdown`**${count(keys.length, "private key")} in the state, in every saved plan and in \`terraform show -json\`.** Whoever reads one of them has the keys. Do not upload plan files. Made by: ${joined(
          keys.map(({ address }) => asCode(address)),
          ", ",
        )}.`,
    markdown`## What to expect`,
    bullets([
      markdown`The first plan only creates${checkNote(json)}. A plan right after an apply is empty.`,
      ...notes.expect,
      markdown`\`terraform output certificate_inventory\` lists every certificate: names, issuer, lifetime, who renews it, where its key lives.`,
    ]),
    markdown`## When it is done, and when it was cut off`,
    bullets([
      markdown`It is done when \`terraform plan -detailed-exitcode\` ends with 0; with 2 something is left to apply, with 1 it failed.`,
      markdown`After an apply that failed, or that Ctrl-C ended: apply again.`,
      markdown`After one that was killed: \`terraform plan\` first. What it would make although it is there was made and not written down: write \`{"import": [{"to": "<address in the plan>", "id": "<its id at the provider>"}]}\` into a file \`recover.tf.json\` beside \`cdk.tf.json\`, apply, and remove the file.`,
      unlockNote(config.settings.backend),
    ]),
  ];
  return markdown`${joined(parts, "\n\n")}\n`;
}

/** What a first plan warns of: check blocks look at what is not made yet. */
function checkNote({ check = {} }: TerraformJson): Markdown {
  const { length } = Object.keys(check);
  if (length === 0) return markdown``;
  return markdown`, and warns \`Check block assertion known after apply\` for ${length === 1 ? markdown`its \`check\` block` : markdown`each of its ${length} \`check\` blocks`}: that is expected`;
}

const bullets = (lines: readonly Line[]) =>
  joined(
    lines.flatMap((line) => (line ? [markdown`- ${line}`] : [])),
    "\n",
  );

/** What an operator needs to reach the state, which `terraform init` asks for first. */
function stateNeed(backend: BackendConfig): Line {
  switch (backend.type) {
    case "local":
      return undefined;
    case "s3":
      return markdown`AWS credentials for the state: the bucket \`${backend.bucket}\` (get, put and delete the state and its \`.tflock\`)${backend.kmsKeyId ? markdown`, the key \`${backend.kmsKeyId}\`` : ""}.`;
    case "gcs":
      return markdown`Google credentials for the state: the bucket \`${backend.bucket}\`${backend.kmsKey ? markdown`, the key \`${backend.kmsKey}\`` : ""}.`;
    case "azurerm":
      return markdown`Azure credentials for the state: the container \`${backend.container}\` of \`${backend.storageAccount}\`.`;
    case "http":
      return markdown`Access to the state at \`${backend.address}\`${backend.lockAddress === undefined ? "" : markdown`, with its locks at \`${backend.lockAddress}\``} (\`TF_HTTP_USERNAME\`, \`TF_HTTP_PASSWORD\`).`;
    case "kubernetes":
      return markdown`A kubeconfig in \`KUBE_CONFIG_PATH\` for the state: Secrets and Leases of the namespace \`${backend.namespace}\`.`;
    case "cloud":
      return markdown`\`terraform login\`, for the state in the organization \`${backend.organization}\`.`;
  }
}

/** What to do with a state that a killed apply left locked or cut off. */
function unlockNote(backend: BackendConfig): Markdown {
  if (backend.type === "local") {
    return markdown`A state file that is empty or ends in the middle was being written: move it aside, and put the \`.backup\` beside it in its place.`;
  }
  if (backend.type === "http" && backend.lockAddress === undefined) {
    return markdown`The state has no lock: make sure that no two apply at once.`;
  }
  return markdown`\`Error acquiring the state lock\`: make sure that nobody applies, then \`terraform force-unlock <id>\` with the id that it names.`;
}

function stateNote({ terraform }: TerraformJson): Markdown {
  const [type, place] = terraform.cloud
    ? ["cloud", terraform.cloud]
    : (Object.entries(terraform.backend ?? {})[0] ?? ["", {}]);
  if (type === "local") {
    return markdown`The state is the file \`${String((place as { path?: unknown }).path)}\` as seen from this folder. **Keep it**: without it Terraform does not know what it made. A file on one machine is for trials.`;
  }
  return markdown`Backend \`${type}\`: \`${JSON.stringify(place)}\`. Whoever reads it reads the state.`;
}
