import { keysInState } from "../lib/checks/key-custody";
import type { BackendConfig } from "../lib/config/backend";
import type { NodeGroupConfig } from "../lib/config/cas-short-lived";
import type { Config, StackConfig } from "../lib/config/config";
import { showDuration } from "../lib/config/duration";
import type { GcpManagedSanConfig } from "../lib/config/gcp-managed-san";
import type { GoogleBackendConfig } from "../lib/config/google-backends";
import type { KubernetesConfig } from "../lib/config/kubernetes";
import { renewsItself } from "../lib/config/vault-pki-k8s";
import { count } from "./output";
import { resourceCounts, resourceTotal, type TerraformJson } from "./synthesize";

/** The page that tells an operator who has never seen this project what a handed-off folder does and needs. */
export function operatorPage(config: Config, stack: StackConfig, json: TerraformJson): string {
  const { project, environment } = config.settings;
  const keys = keysInState(stack);
  const notes = scenarioNotes(stack, config);
  return `${[
    `# ${stack.name}: ${project}, ${environment}`,
    notes.purpose,
    "Check that nothing changed on the way, then deploy:",
    [
      "```sh",
      "sha256sum -c SHA256SUMS",
      "terraform init",
      // A saved plan holds the keys of the state.
      ...(keys.length > 0 ? ["terraform apply"] : ["terraform plan -out plan", "terraform apply plan"]),
      "```",
    ].join("\n"),
    "## What it needs",
    bullets([
      `Terraform ${json.terraform.required_version} (or OpenTofu with the same features).`,
      `Providers, which \`terraform init\` installs: ${Object.values(json.terraform.required_providers)
        .map(({ source, version }) => `\`${source}\` ${version}`)
        .join(", ")}.`,
      ...notes.needs,
      ...stateNeeds(config.settings.backend),
    ]),
    "## What it makes",
    `${count(resourceTotal(json), "resource")}:`,
    bullets(resourceCounts(json).map(([type, number]) => `${number} \`${type}\``)),
    "## State",
    stateNote(json),
    keys.length === 0
      ? "No private key is in the state, in saved plans or in the output of `terraform show`."
      : `**${count(keys.length, "private key")} in the state, in every saved plan and in \`terraform show -json\`.** Whoever reads one of them has the keys. Do not upload plan files. Made by: ${keys.map(({ address }) => `\`${address}\``).join(", ")}.`,
    "## What to expect",
    bullets([
      "The first plan only creates, and warns `Check block assertion known after apply` once per certificate: that is expected. A plan right after an apply is empty.",
      ...notes.expect,
      "`terraform output certificate_inventory` lists every certificate: names, issuer, lifetime, who renews it, where its key lives.",
    ]),
    "## When it is done, and when it was cut off",
    bullets([
      "It is done when `terraform plan -detailed-exitcode` ends with 0; with 2 something is left to apply, with 1 it failed.",
      "After an apply that failed, or that Ctrl-C ended: apply again.",
      'After one that was killed: `terraform plan` first. What it would make although it is there was made and not written down: write `{"import": [{"to": "<address in the plan>", "id": "<its id at the provider>"}]}` into a file `recover.tf.json` beside `cdk.tf.json`, apply, and remove the file.',
      ...unlockNotes(config.settings.backend),
    ]),
  ].join("\n\n")}\n`;
}

const bullets = (lines: readonly string[]) => lines.map((line) => `- ${line}`).join("\n");

/** What reaching the state takes, which `terraform init` asks for before anything else. */
function stateNeeds(backend: BackendConfig): readonly string[] {
  switch (backend.type) {
    case "local":
      return [];
    case "s3":
      return [
        `AWS credentials for the state: the bucket \`${backend.bucket}\` (get, put and delete the state and its \`.tflock\`)${backend.kmsKeyId ? `, the key \`${backend.kmsKeyId}\`` : ""}.`,
      ];
    case "gcs":
      return [
        `Google credentials for the state: the bucket \`${backend.bucket}\`${backend.kmsKey ? `, the key \`${backend.kmsKey}\`` : ""}.`,
      ];
    case "azurerm":
      return [
        `Azure credentials for the state: the container \`${backend.container}\` of \`${backend.storageAccount}\`.`,
      ];
    case "http":
      return [`Access to the state at \`${backend.address}\` (\`TF_HTTP_USERNAME\`, \`TF_HTTP_PASSWORD\`).`];
    case "kubernetes":
      return [
        `A kubeconfig in \`KUBE_CONFIG_PATH\` for the state: Secrets and Leases of the namespace \`${backend.namespace}\`.`,
      ];
    case "cloud":
      return [`\`terraform login\`, for the state in the organization \`${backend.organization}\`.`];
  }
}

/** What a killed apply may leave of the state itself. */
function unlockNotes({ type }: BackendConfig): readonly string[] {
  if (type === "local") {
    return [
      "A state file that is empty or ends in the middle was being written: move it aside, and put the `.backup` beside it in its place.",
    ];
  }
  return [
    "`Error acquiring the state lock`: make sure that nobody applies, then `terraform force-unlock <id>` with the id that it names.",
  ];
}

function stateNote({ terraform }: TerraformJson): string {
  const [type, place] = terraform.cloud
    ? ["cloud", terraform.cloud]
    : (Object.entries(terraform.backend ?? {})[0] ?? ["", {}]);
  if (type === "local") {
    return `The state is the file \`${String((place as { path?: unknown }).path)}\` as seen from this folder. **Keep it**: without it Terraform does not know what it made. A file on one machine is for trials.`;
  }
  return `Backend \`${type}\`: \`${JSON.stringify(place)}\`. Whoever reads it reads the state.`;
}

interface ScenarioNotes {
  readonly purpose: string;
  readonly needs: readonly string[];
  readonly expect: readonly string[];
}

function scenarioNotes({ scenario }: StackConfig, config: Config): ScenarioNotes {
  switch (scenario.scenario) {
    case "acm-route53": {
      const guard =
        scenario.account === undefined
          ? "The config names no account, so nothing stops an apply in the wrong one: look with `aws sts get-caller-identity` first."
          : "An apply with credentials of another account stops at once.";
      const account = scenario.account === undefined ? "the account" : `account ${scenario.account}`;
      const longest = Math.max(...scenario.certificates.map(({ validationTimeout }) => validationTimeout));
      return {
        purpose: "Public certificates from AWS Certificate Manager, proved through records in Route 53.",
        needs: [
          `AWS credentials for ${account} from the usual chain (environment, profile, role): ACM, the zones' records${scenario.certificates.some(({ alarm }) => alarm) ? ", CloudWatch alarms" : ""}${scenario.certificates.some(({ listeners }) => listeners.length > 0) ? ", the load balancers' listeners" : ""}. ${guard}`,
          `The public zones ${scenario.zones.map(({ name }) => `\`${name}\``).join(", ")}, delegated: ACM looks the records up from outside.`,
        ],
        expect: [
          `An apply waits until ACM has issued, minutes as a rule, ${showDuration(longest)} at most; if it ends there, look at the zones' delegation and CAA records and apply again.`,
          ...(scenario.certificates.some(({ consumers }) => consumers.length > 0)
            ? [
                "Put the ARNs of `terraform output certificate_arns` into the CloudFront distributions and API Gateway domains: ACM does not renew what nothing uses.",
              ]
            : []),
          "ACM renews by itself while the records stand and something uses the certificate. Never delete the records.",
          "A job that looks for drift runs `terraform plan -detailed-exitcode`. With `-refresh-only` it would report every issue and renewal as a change.",
          "A changed name makes a new certificate beside the old one; existing records stay as they are, though the plan lists them as updated in place.",
        ],
      };
    }
    case "cas-short-lived": {
      const { project, location, protect, nodeGroups, issuers } = scenario;
      const kms = [scenario.root, ...issuers].flatMap(({ key }) => ("kind" in key ? [] : [key.kmsKeyVersion]));
      const booted = nodeGroups.filter(({ bootstrap }) => bootstrap);
      const signed = nodeGroups.some(({ certificates }) => certificates.length > 0);
      return {
        purpose: "A private certificate authority for training clusters, on Google Certificate Authority Service.",
        needs: [
          `Google credentials for the project \`${project}\` from the usual chain (\`GOOGLE_APPLICATION_CREDENTIALS\`, \`gcloud auth application-default login\`, the machine's service account), with \`roles/privateca.admin\`: pools, authorities, templates, their IAM, and \`certificates.create\` on the root's pool, which signs the issuers.`,
          `The API \`privateca.googleapis.com\`, enabled in the project.`,
          ...(kms.length > 0
            ? [
                `The Cloud KMS keys ${kms.map((key) => `\`${key}\``).join(", ")}, which the service agent of Certificate Authority Service may sign with and view.`,
              ]
            : []),
        ],
        expect: [
          "**Google never lets the id of an authority be used again.** Where an issuer's activation failed, Terraform would replace it in vain: `terraform untaint google_privateca_certificate_authority.issuer_<key>`, then `terraform apply`. It is then staged, and a plan says how it is enabled.",
          "Every plan warns of an authority whose state is not what the config says, as one that is about to change, or was changed by hand.",
          protect
            ? "A plan that would destroy an authority is refused, and so is `terraform destroy`: ask for a hand-off with `protect: false`, apply that, then destroy."
            : "**The authorities are not protected**: a plan that replaces one is carried out.",
          ...(scenario.skipGracePeriod
            ? []
            : [
                "A destroyed authority stays for 30 days, in which it can be had back and its pool cannot be destroyed.",
              ]),
          ...(signed
            ? [
                `A replaced certificate is revoked at once. Somebody must look at least every ${showDuration(config.settings.applyEvery)} (\`applyEvery\` in the config): every plan warns in the last third of a certificate's life, and a hand-off with a higher \`generation\` renews it.`,
              ]
            : []),
          ...(booted.length > 0
            ? [
                `**After the apply, make the nodes with their group's user data**, as below. It is cloud-init, and holds no key and no secret: nodes make their keys and renew their certificates themselves. It is read when a node starts for the first time. What a node needs: an image with cloud-init, systemd 244 or later, flock, OpenSSL 1.1.1 or later and gcloud (Container-Optimized OS has none); a way to \`privateca.googleapis.com\` (Private Google Access or a NAT); the access scope \`cloud-platform\`; and to run as a member of its group.`,
                ...booted.map((group) => bootCommands(group, project, location)),
                "On a node, `journalctl -t ai-tls-stacks-<group>` says what came of it.",
              ]
            : []),
        ],
      };
    }
    case "gcp-managed-san": {
      const { project, dns, gate, computeCertificates, certificates, hosts } = scenario;
      const list = certificates.length > 0 ? "certificate-manager certificates list" : "compute ssl-certificates list";
      return {
        purpose: `Google-managed certificates on a global load balancer, which serves ${hosts.map(({ name }) => `\`${name}\``).join(", ")}.`,
        needs: [
          `Google Cloud credentials for the project \`${project}\` from the usual chain (\`gcloud auth application-default login\`, a service account): load balancers${certificates.length > 0 ? "" : " with their SSL certificates"} (\`roles/compute.loadBalancerAdmin\`)${certificates.length > 0 ? ", Certificate Manager (`roles/certificatemanager.owner`)" : ""}${dns.in === "cloud-dns" ? `, and the zones' records${dns.project === undefined ? "" : ` in the project \`${dns.project}\``} (\`roles/dns.admin\`)` : ""}. Their APIs must be enabled; one enabled a moment ago answers 403 for some minutes.`,
          ...(dns.in === "route53"
            ? [
                `AWS credentials for ${dns.account === undefined ? "the account" : `account ${dns.account}`} of the zones ${Object.keys(
                  dns.zones,
                )
                  .map((name) => `\`${name}\``)
                  .join(", ")}.`,
              ]
            : []),
          ...(dns.in === "cloud-dns"
            ? [
                `The public managed zones ${Object.entries(dns.zones)
                  .map(([name, zone]) => `\`${zone}\` (${name})`)
                  .join(", ")}, delegated: Google looks the records up from outside.`,
              ]
            : []),
          ...googleBackendNeeds(scenario),
          "Where a domain has CAA records, one that allows `pki.goog`: without it nothing is issued.",
        ],
        expect: [
          ...(gate
            ? [
                "**An apply that makes a certificate ends with an error that says so: it is a gate, nothing that serves was changed.** Google issues within minutes as a rule; apply again then.",
              ]
            : [
                "An apply does not wait for certificates. A plan warns as long as one is not issued; until then its host is not served.",
              ]),
          `\`gcloud ${list} --project ${project}\` says how far Google is.`,
          ...(dns.in === "elsewhere"
            ? ["Make the records of `terraform output dns_records` with your DNS host: without them nothing is issued."]
            : [
                "A record of the same name and type that somebody made by hand is replaced without a question by Cloud DNS, refused by Route 53: look first.",
              ]),
          computeCertificates.length > 0
            ? "Google renews by itself while every name leads to this load balancer."
            : "Google renews by itself while the records of the authorizations stand. Never delete them.",
        ],
      };
    }
    case "pipeline-tls": {
      const { kubernetes, namespace, dns, services, authority } = scenario;
      const objects = [
        "Secrets",
        "Services",
        "ConfigMaps",
        ...(services.some(({ ingress }) => ingress) ? ["Ingresses"] : []),
      ];
      const made = `${objects.slice(0, -1).join(", ")} and ${objects.at(-1)}`;
      return {
        purpose: "Private TLS between the services of a pipeline on Kubernetes.",
        needs: [
          kubeconfigNeed(kubernetes),
          namespace.create
            ? `The right to create the namespace \`${namespace.name}\` and ${made} in it.`
            : `The namespace \`${namespace.name}\`, and the right to create ${made} in it. None of those named here may exist there yet.`,
          ...(dns
            ? [
                `AWS credentials for the zone \`${dns.zone}\`${"name" in dns.target ? `, and to look up the load balancer \`${dns.target.name}\` in ${dns.region}, which must exist` : ""}.`,
              ]
            : []),
        ],
        expect: [
          `**Somebody must apply at least every ${showDuration(config.settings.applyEvery)}** (\`applyEvery\` in the config): an apply in the last third of a certificate's life replaces it, nothing else does. \`terraform plan -detailed-exitcode\` ends with 2 when one is due.`,
          ...(authority
            ? [
                `The authority lives ${showDuration(authority.lifetime)} and is never replaced by itself; \`terraform output certificate_not_after\` has its date.`,
                "The authority can sign any name: trust it in the pipeline's clients only, never in a system's trust store.",
              ]
            : []),
          "Pods read a changed Secret when they reload or restart; a mounted Secret follows within a minute or two.",
        ],
      };
    }
    case "vault-pki-k8s": {
      const { kubernetes, namespace, pki, authPath, certificates, applyManifests } = scenario;
      const logsIn = certificates.some(({ serviceAccounts }) => serviceAccounts.length > 0);
      const applied = certificates.some(({ delivery }) => delivery === "terraform");
      const byController = certificates.some(renewsItself);
      const patched = certificates.flatMap(({ name, consumer }) =>
        consumer !== undefined && "deployment" in consumer ? [{ name, deployment: consumer.deployment.name }] : [],
      );
      const kubectl = `kubectl --context ${kubernetes.context}`;
      const mounts = pki.own ? `the mounts \`${pki.root.mount}\` and \`${pki.intermediate.mount}\`` : "";
      return {
        purpose: pki.own
          ? "A PKI in Vault (or OpenBao), and certificates in Kubernetes."
          : `Certificates in Kubernetes from the PKI on the Vault mount \`${pki.mount}\`.`,
        needs: [
          `Vault's address in \`VAULT_ADDR\` and a token in \`VAULT_TOKEN\` that may ${pki.own ? `make ${mounts} and write below them` : `write roles and issue below \`${pki.mount}\``}, write policies${logsIn ? ` and roles of \`auth/${authPath}\`` : ""}. With OpenBao, add a file \`openbao_override.tf.json\`: \`{"provider": {"vault": {"vault_version_override": "1.17.0"}}}\`.`,
          ...(logsIn ? [`The Kubernetes auth mount \`auth/${authPath}\`, configured for this cluster.`] : []),
          kubeconfigNeed(kubernetes),
          namespace.create
            ? `The right to create the namespace \`${namespace.name}\` and objects in it.`
            : `The namespace \`${namespace.name}\`, and the right to create objects in it.`,
          ...(byController
            ? [
                `cert-manager, as the service account \`cert-manager\` of the namespace \`cert-manager\`.${applyManifests ? " Its kinds must be installed before the first plan." : ""}`,
              ]
            : []),
        ],
        expect: [
          ...(byController && !applyManifests
            ? [
                `**After the apply: \`${kubectl} apply -f kubernetes/manifests.yaml\`.** cert-manager then requests the certificates and renews them; before the apply Vault would refuse, and cert-manager may wait an hour before it tries again.`,
              ]
            : []),
          ...patched.map(
            ({ name, deployment }) =>
              `To mount the certificate \`${name}\`: \`${kubectl} -n ${namespace.name} patch deployment ${deployment} --patch-file kubernetes/patch-${name}.yaml\`.`,
          ),
          ...(applied
            ? [
                `**Somebody must apply at least every ${showDuration(config.settings.applyEvery)}** (\`applyEvery\` in the config): an apply in the last third of a certificate's life replaces it, nothing else does. \`terraform plan -detailed-exitcode\` ends with 2 when one is due.`,
                "A replaced certificate stays valid to its end; it is not revoked.",
              ]
            : []),
          ...(pki.own
            ? [
                `The root lives ${showDuration(pki.root.lifetime)}, the intermediate ${showDuration(pki.intermediate.lifetime)}; \`terraform output certificate_not_after\` has their dates, and nothing replaces them by itself.`,
                pki.protect
                  ? `\`terraform destroy\` is refused: with ${mounts} their authorities would be gone for ever. To do so all the same, ask for a hand-off with \`protect: false\`, apply that, then destroy.`
                  : `\`terraform destroy\` takes ${mounts} and their authorities with it, for ever.`,
              ]
            : []),
          "Pods read a changed Secret when they reload or restart; a mounted Secret follows within a minute or two.",
        ],
      };
    }
  }
}

/** How a node of a group is made. */
function bootCommands({ name, members }: NodeGroupConfig, project: string, location: string): string {
  const accounts = members.flatMap((member) => /^serviceAccount:([^@[]+@.+)$/.exec(member)?.[1] ?? []);
  const account = accounts[0] ?? "<an account that is a member>";
  const others =
    members.length > 1 || accounts.length === 0 ? ` Members: ${members.map((one) => `\`${one}\``).join(", ")}.` : "";
  return `Nodes of \`${name}\`: \`terraform output -json bootstrap | jq -r '.["${name}"]' > ${name}.yaml\`, then \`gcloud compute instances create <node> --project=${project} --zone=<a zone of ${location}> --image-project=<project> --image-family=<family> --service-account=${account} --scopes=cloud-platform --metadata-from-file=user-data=${name}.yaml\`.${others}`;
}

/** What must be there behind a load balancer, each kind of it once. */
function googleBackendNeeds({ backends }: GcpManagedSanConfig): readonly string[] {
  const links = (all: readonly string[]) => all.map((link) => `\`${link.replace(/^https:.*\/v1\//, "")}\``).join(", ");
  const needOf = ({ target }: GoogleBackendConfig): string => {
    switch (target.kind) {
      case "service":
        return `The backend service ${links([target.link])}.`;
      case "instance-groups":
        return `The instance groups ${links(target.groups)}, each with the named port \`${target.port}\` (\`gcloud compute instance-groups set-named-ports\`).`;
      case "zonal-neg":
        return `The network \`${target.network}\`, the subnetwork \`${target.subnetwork}\`, and in ${target.zone} the virtual machines ${target.endpoints.map(({ instance, address }) => `\`${instance}\` (${address})`).join(", ")}.`;
      case "cloud-run":
        return `The Cloud Run service \`${target.service}\` in ${target.region}, whose ingress lets load balancers in.`;
    }
  };
  const reached = backends.some(({ servers }) => servers !== undefined);
  return [
    ...new Set(backends.map(needOf)),
    ...(reached
      ? [
          "Firewall rules that let `130.211.0.0/22` and `35.191.0.0/16` reach the servers: Google's health checks, and the load balancer, come from there.",
        ]
      : []),
  ];
}

function kubeconfigNeed({ kubeconfig, context }: KubernetesConfig): string {
  return kubeconfig === undefined
    ? `A kubeconfig with the context \`${context}\`, named in \`KUBE_CONFIG_PATH\`: the provider looks nowhere else by itself.`
    : `The kubeconfig \`${kubeconfig}\` with the context \`${context}\`.`;
}
