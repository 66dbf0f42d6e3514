import { readdirSync } from "node:fs";
import { basename, join } from "node:path";
import { operatorPage } from "../../commands/operator-page";
import { parseName } from "../../lib/config/dns-names";
import { textOf } from "../../lib/config/quoting";
import { ask, type Stack } from "../../stacks";
import { checkedConfig } from "../../stacks/check";
import { everything } from "../support/configs";
import { type Block, synthesizedJson, synthesizedManifests, type TerraformJson } from "../support/synthesis";

type Fields = Readonly<Record<string, unknown>>;
type Written = { readonly stacks: Readonly<Record<string, Fields>> };

/** A page, and what lies beside it. */
interface HandOff {
  readonly name: string;
  readonly page: string;
  readonly json: TerraformJson;
  /** The stack as its owner wrote it, and complete. */
  readonly written: Fields;
  readonly stack: Stack;
  readonly backend: string;
  /** Paths of the files beside the JSON. */
  readonly files: readonly string[];
  readonly keys: readonly string[];
}

/** What was handed off of a config already. */
const known = new Map<object, readonly HandOff[]>();

/** Everything that is handed off of a config. */
function handOffs(config: object): readonly HandOff[] {
  const before = known.get(config);
  if (before !== undefined) return before;
  const paths = Object.keys(synthesizedManifests(config));
  const { config: complete } = checkedConfig(config);
  const all = complete.stacks.map((stack): HandOff => {
    const json = synthesizedJson(config, stack.name);
    return {
      name: stack.name,
      page: textOf(operatorPage(complete, stack, json)),
      json,
      written: (config as Written).stacks[stack.name] ?? {},
      stack,
      backend: complete.settings.backend.type,
      files: paths.flatMap((path) => (path.startsWith(`${stack.name}/`) ? [path.slice(stack.name.length + 1)] : [])),
      keys: ask(stack, (scenario, own) => scenario.keysInState(own)).map(({ address }) => address),
    };
  });
  known.set(config, all);
  return all;
}

const exampleFolder = join(__dirname, "../../config/examples");
const example = (file: string) => (require(file) as { default: Written }).default;
const examples = readdirSync(exampleFolder).map((file) => join(exampleFolder, file));
const goldenFolder = join(__dirname, "../golden");
const whole = readdirSync(goldenFolder).filter((file) => file.endsWith("-everything.json"));

/** A config of one stack of another, with fields of the stack and of the config changed. */
function variant(config: object, name: string, changes: Fields, ofConfig: Fields = {}): object {
  return { ...config, stacks: { [name]: { ...(config as Written).stacks[name], ...changes } }, ...ofConfig };
}

const acm = (changes: Fields, ofConfig?: Fields) =>
  variant(everything("acm-everything"), "cdn-only", changes, ofConfig);
const gcp = (changes: Fields) =>
  variant(
    everything("gcp-everything"),
    "per-name",
    {
      hosts: { "api.example.com": { backend: "run" }, "ml.example.com": { backend: "run" } },
      defaultBackend: "run",
      defaultCertificate: undefined,
      acceptOutage: undefined,
      backends: { run: { cloudRun: { region: "europe-west4", service: "api" } } },
      gate: undefined,
      ...changes,
    },
    { labels: {} },
  );
const pipeline = (changes: Fields) => variant(everything("pipeline-everything"), "pipeline-tls-edge", changes);
const vault = (changes: Fields) =>
  variant(everything("vault-everything"), "vault-unknown-root", {
    pki: { existing: "pki/edge", address: "https://vault.example.com:8200" },
    ...changes,
  });
const cas = (changes: Fields) => variant(everything("cas-everything"), "cas-defaults", changes);

const zoneId = "Z0123456789ABCDEFGHIJ";
const cloudDns = (more: Fields = {}) => ({ in: "cloud-dns", zones: { "example.com": "example-com" }, ...more });
const zonesOnly = (zones: Fields) => ({ in: "route53", zones });
const route53 = (zones: Fields, more: Fields = {}) => ({ ...zonesOnly(zones), region: "eu-west-1", ...more });
const listener =
  "arn:aws:elasticloadbalancing:us-east-1:111122223333:listener/app/api/1a2b3c4d5e6f7a8b/9c0d1e2f3a4b5c6d";
const quiet = { names: ["batch.example.com"], alarm: false };
const inCluster = { gateway: { port: 8443, selector: { app: "gateway" } } };
const byController = { names: ["edge.example.com"], delivery: "cert-manager" };
const elsewhere = { names: ["a.example.com"], records: "existing", alarm: false };

/** What the examples and the whole configs do not show of a page. */
const variants: Readonly<Record<string, object>> = {
  "acm: records that others own": acm({ dns: zonesOnly({}), certificates: { a: elsewhere } }),
  "acm: one zone looked up, an API": acm({
    dns: zonesOnly({ "example.com": "lookup" }),
    certificates: { a: { ...quiet, attach: [{ to: "api-gateway" }] } },
  }),
  "acm: a listener and records of both kinds": acm({
    dns: zonesOnly({ "example.com": zoneId }),
    certificates: { a: { ...quiet, attach: [{ to: "alb-listener", arn: listener }] }, b: elsewhere },
  }),
  "gcp: Compute, records by hand": gcp({ mode: "compute", dns: cloudDns({ addressRecords: false }) }),
  "gcp: Compute, records in Cloud DNS": gcp({ mode: "compute", dns: cloudDns({ project: "shared-dns" }) }),
  "gcp: Compute, records by hand beside Route 53": gcp({
    mode: "compute",
    dns: route53({ "example.com": zoneId }, { addressRecords: false }),
  }),
  "gcp: proofs in Cloud DNS, addresses by hand": gcp({ dns: cloudDns({ addressRecords: false }) }),
  "gcp: proofs elsewhere": gcp({ dns: { in: "elsewhere" } }),
  "gcp: two zones in Route 53, and one without a record": gcp({
    dns: route53({ "example.com": zoneId, "ml.example.com": "lookup", "example.org": "Z0987654321ZYXWVUTSR" }),
  }),
  "gcp: an unused zone in Cloud DNS": gcp({
    dns: cloudDns({ zones: { "example.com": "example-com", "example.org": "example-org" } }),
  }),
  "gcp: a map added beside Compute's certificates": gcp({ phase: "add-map", dns: cloudDns() }),
  "gcp: Compute's certificates dropped": gcp({ phase: "drop-certificates", dns: cloudDns() }),
  "pipeline: a target, and no name that leads there": pipeline({ services: inCluster }),
  "pipeline: a load balancer, and no name that leads there": pipeline({
    services: inCluster,
    dns: route53({ "example.org": zoneId }, { target: { name: "edge" } }),
  }),
  "pipeline: no names and no ingress": pipeline({ services: inCluster, dns: undefined }),
  "pipeline: two zones, one looked up, no ingress": pipeline({
    services: { gateway: { ...inCluster.gateway, names: ["a.example.org", "b.example.com"] } },
    dns: route53({ "example.org": zoneId, "example.com": "lookup" }, { target: { name: "edge" } }),
  }),
  "vault: nothing of the cluster is Terraform's": vault({ certificates: { gateway: byController } }),
  "vault: one service account of nobody's": vault({
    certificates: { gateway: { names: ["edge.example.com"], serviceAccounts: [] } },
  }),
  "vault: an ingress of a certificate that cert-manager requests": vault({
    certificates: { gateway: { ...byController, consumer: { ingress: { service: "gateway", port: 8443 } } } },
  }),
  "vault: an own PKI that may go": vault({
    pki: {
      root: { commonName: "Root", mount: "root" },
      intermediate: { commonName: "Intermediate", mount: "int" },
      urls: { address: "https://vault.example.com:8200" },
      protect: false,
    },
  }),
  "cas: one key in Cloud KMS": cas({
    root: {
      commonName: "Root",
      kmsKeyVersion: "projects/p/locations/europe-west4/keyRings/pki/cryptoKeys/root/cryptoKeyVersions/1",
    },
    location: "europe-west4",
  }),
  "cas: nothing is protected": cas({ protect: false }),
  ...Object.fromEntries(
    [
      { type: "kubernetes", namespace: "terraform" },
      { type: "http", address: "https://state.example.com/tls" },
      { type: "http", address: "https://state.example.com/tls", lockAddress: "https://state.example.com/locks" },
      { type: "azurerm", resourceGroup: "state", storageAccount: "aiplatformstate", container: "tfstate" },
      { type: "cloud", organization: "example" },
      { type: "local" },
    ].map((backend, index) => [`backend ${index}: ${backend.type}`, acm({}, { backend, labels: {} })]),
  ),
};

const configs: readonly (readonly [what: string, config: object])[] = [
  ["config/example.ts", example(join(exampleFolder, "../example.ts"))],
  ...examples.map((file) => [basename(file), example(file)] as const),
  ...whole.map((file) => [file, everything(file.replace(".json", ""))] as const),
  ...Object.entries(variants),
];

/** Blocks of a type by name. */
const made = ({ json }: HandOff, type: string): readonly Block[] => Object.values(json.resource?.[type] ?? {});
const makes =
  (...types: readonly string[]) =>
  (handOff: HandOff) =>
    types.some((type) => made(handOff, type).length > 0);
const readsA =
  (type: string) =>
  ({ json }: HandOff) =>
    json.data?.[type] !== undefined;
const usesA =
  (prefix: string) =>
  ({ json }: HandOff) =>
    [json.resource ?? {}, json.data ?? {}].some((types) => Object.keys(types).some((type) => type.startsWith(prefix)));
/** Whether anything in the resources has this text. */
const writes =
  (text: RegExp) =>
  ({ json: { resource = {} } }: HandOff) =>
    text.test(JSON.stringify(resource));
const checks = ({ json }: HandOff) => Object.keys(json.check ?? {});
const outputValue = ({ json }: HandOff, name: string) => json.output?.[name]?.value;
const either =
  (...facts: readonly ((handOff: HandOff) => boolean)[]) =>
  (handOff: HandOff) =>
    facts.some((fact) => fact(handOff));
const of =
  (kind: string, fact: (handOff: HandOff) => boolean = () => true) =>
  (handOff: HandOff) =>
    handOff.stack.kind === kind && fact(handOff);
/** Whether a certificate was written to be attached there. */
const attached =
  (to: string) =>
  ({ stack, written }: HandOff) =>
    stack.kind === "acm-route53" && JSON.stringify(written.certificates).includes(`"to":"${to}"`);
const providerOf = ({ json }: HandOff, name: string) => json.provider?.[name]?.[0] ?? {};

/** What stands on a page if and only if it is so, as the JSON beside it has it. */
const sentences: readonly (readonly [said: RegExp, holds: (handOff: HandOff) => boolean])[] = [
  [/`Check block assertion known after apply`/, (handOff) => checks(handOff).length > 0],
  [/The first plan only creates\b/, ({ json }) => !("import" in json || "moved" in json || "removed" in json)],
  [
    /`KUBE_CONFIG_PATH`/,
    either(
      ({ backend }) => backend === "kubernetes",
      ({ json }) => json.provider?.kubernetes?.some(({ config_path }) => config_path === undefined) === true,
    ),
  ],
  [
    /terraform force-unlock/,
    ({ json: { terraform } }) => {
      const { local, http } = terraform.backend ?? {};
      return local === undefined && (http === undefined || http.lock_address !== undefined);
    },
  ],
  [/^- AWS credentials (?!for the state)/m, usesA("aws_")],
  [/\): ACM\b/, makes("aws_acm_certificate")],
  [
    /the zones' records|^- AWS credentials (?:of account \d+ )?for the zone/m,
    makes("aws_route53_record", "google_dns_record_set"),
  ],
  [/CloudWatch alarms/, makes("aws_cloudwatch_metric_alarm")],
  [/the load balancers' listeners/, makes("aws_lb_listener_certificate")],
  [/to look up the load balancer/, readsA("aws_lb")],
  [
    /of another account stops at once/,
    of("acm-route53", (handOff) => "allowed_account_ids" in providerOf(handOff, "aws")),
  ],
  [
    /The config names no account/,
    of("acm-route53", (handOff) => !("allowed_account_ids" in providerOf(handOff, "aws"))),
  ],
  [/CloudFront/, attached("cloudfront")],
  [/API Gateway/, attached("api-gateway")],
  [/existing records stay as they are/, of("acm-route53", makes("aws_route53_record"))],
  [
    /which others make/,
    ({ json, stack }) =>
      stack.kind === "acm-route53" &&
      Object.values(json.resource?.aws_acm_certificate_validation ?? {}).some((one) => !one.validation_record_fqdns),
  ],
  [/`roles\/compute\.loadBalancerAdmin`/, makes("google_compute_url_map")],
  [/with their SSL certificates/, makes("google_compute_managed_ssl_certificate")],
  [/`roles\/certificatemanager\.owner`/, makes("google_certificate_manager_certificate")],
  [/`roles\/dns\.admin`/, makes("google_dns_record_set")],
  [/gcloud compute ssl-certificates list/, makes("google_compute_managed_ssl_certificate")],
  [/gcloud certificate-manager certificates list/, makes("google_certificate_manager_certificate")],
  [/while every name leads to this load balancer/, makes("google_compute_managed_ssl_certificate")],
  [/while the records of the authorizations stand/, makes("google_certificate_manager_dns_authorization")],
  [/replaces without a question/, makes("google_dns_record_set")],
  [/Route 53 refuses/, of("gcp-managed-san", makes("aws_route53_record"))],
  [/`terraform output dns_records`/, (handOff) => Object.keys(outputValue(handOff, "dns_records") ?? {}).length > 0],
  [/it is a gate/, writes(/"postcondition"/)],
  [/An apply does not wait for certificates/, of("gcp-managed-san", (handOff) => !writes(/"postcondition"/)(handOff))],
  [/A plan warns as long as one/, of("gcp-managed-san", (handOff) => checks(handOff).length > 0)],
  [/130\.211\.0\.0/, makes("google_compute_health_check")],
  [/Cloud Run service/, makes("google_compute_region_network_endpoint_group")],
  [/in [a-z0-9-]+ the virtual machines?/, makes("google_compute_network_endpoint")],
  [
    /with the named port/,
    ({ json }) =>
      Object.values(json.resource?.google_compute_backend_service ?? {}).some(
        ({ port_name }) => port_name !== undefined,
      ),
  ],
  [/`roles\/privateca\.admin`/, makes("google_privateca_ca_pool")],
  [/on the issuers' pool/, makes("google_privateca_certificate")],
  [/Cloud KMS/, writes(/"cloud_kms_key_version"/)],
  [/Every plan warns of an authority/, (handOff) => checks(handOff).some((name) => /_state(_|$)/.test(name))],
  [
    /A destroyed authority stays for 30 days/,
    of("cas-short-lived", (handOff) => !writes(/"skip_grace_period":true/)(handOff)),
  ],
  [/A replaced certificate is revoked at once/, makes("google_privateca_certificate")],
  [/terraform output -json bootstrap/, (handOff) => outputValue(handOff, "bootstrap") !== undefined],
  [/`terraform destroy`.* is refused|and so is `terraform destroy`/, writes(/"prevent_destroy":true/)],
  [
    /\*\*The authorities are not protected|takes the mounts/,
    (handOff) =>
      makes("google_privateca_certificate_authority", "vault_pki_secret_backend_root_cert")(handOff) &&
      !writes(/"prevent_destroy":true/)(handOff),
  ],
  [/`VAULT_TOKEN`/, usesA("vault_")],
  [/make the mounts/, makes("vault_mount")],
  [/write policies/, makes("vault_policy")],
  [/roles of `auth\//, makes("vault_kubernetes_auth_backend_role")],
  [/The Kubernetes auth mount/, makes("vault_kubernetes_auth_backend_role")],
  [/The root lives/, makes("vault_pki_secret_backend_root_cert")],
  [/The right to create the namespace/, makes("kubernetes_namespace_v1")],
  [/Secrets, Services, ConfigMaps and Ingresses/, of("pipeline-tls", makes("kubernetes_ingress_v1"))],
  [/Secrets, Services and ConfigMaps/, of("pipeline-tls", (handOff) => !makes("kubernetes_ingress_v1")(handOff))],
  [/Its kinds must be installed before the first plan/, makes("kubernetes_manifest")],
  [
    /^- cert-manager, /m,
    either(makes("kubernetes_manifest"), ({ files }) => files.includes("kubernetes/manifests.yaml")),
  ],
  [/an apply in the last third of a certificate's life replaces it/, writes(/"early_renewal_hours"|"auto_renew"/)],
  [/A state file that is empty/, ({ backend }) => backend === "local"],
  [/AWS credentials for the state/, ({ backend }) => backend === "s3"],
  [/Google credentials for the state/, ({ backend }) => backend === "gcs"],
  [/Azure credentials for the state/, ({ backend }) => backend === "azurerm"],
  [/Access to the state at/, ({ backend }) => backend === "http"],
  [/with its locks at/, ({ json }) => json.terraform.backend?.http?.lock_address !== undefined],
  [
    /The state has no lock/,
    ({ backend, json }) => backend === "http" && json.terraform.backend?.http?.lock_address === undefined,
  ],
  [/`terraform login`/, ({ backend }) => backend === "cloud"],
  [
    /^- The kubeconfig `/m,
    ({ json }) => json.provider?.kubernetes?.some(({ config_path }) => config_path !== undefined) === true,
  ],
  [
    /Pods read a changed Secret/,
    either(makes("kubernetes_secret_v1", "kubernetes_manifest"), ({ files }) => files.length > 0),
  ],
  [/The authority can sign any name/, writes(/"is_ca_certificate":true/)],
  [/The API `privateca\.googleapis\.com`/, makes("google_privateca_ca_pool")],
  [/Google never lets the id of an authority be used again/, makes("google_privateca_certificate_authority")],
  [/After the apply, make the nodes/, (handOff) => outputValue(handOff, "bootstrap") !== undefined],
  [/^- On a node, /m, (handOff) => outputValue(handOff, "bootstrap") !== undefined],
  [/apply -f kubernetes\/manifests\.yaml/, ({ files }) => files.includes("kubernetes/manifests.yaml")],
  [/^- To mount the certificate/m, ({ files }) => files.some((path) => path.startsWith("kubernetes/patch-"))],
  [
    /^- The backend service `/m,
    ({ written }) => /"service":"(?:https:|projects\/)/.test(JSON.stringify(written.backends ?? {})),
  ],
  [/An apply waits until ACM has issued/, makes("aws_acm_certificate_validation")],
  [/ACM renews by itself/, makes("aws_acm_certificate")],
  [/A job that looks for drift/, makes("aws_acm_certificate")],
  [/A changed name makes a new certificate/, makes("aws_acm_certificate")],
  [/`pki\.goog`/, makes("google_certificate_manager_certificate", "google_compute_managed_ssl_certificate")],
  [/the right to create objects in it/, of("vault-pki-k8s", (handOff) => !makes("kubernetes_namespace_v1")(handOff))],
  [/A replaced certificate stays valid to its end/, makes("vault_pki_secret_backend_cert")],
  [/The authority lives/, writes(/"is_ca_certificate":true/)],
  [/\d+ private keys? in the state/, makes("tls_private_key", "vault_pki_secret_backend_cert")],
  [/No private key is in the state/, (handOff) => !makes("tls_private_key", "vault_pki_secret_backend_cert")(handOff)],
  [/^terraform plan -out plan$/m, (handOff) => !makes("tls_private_key", "vault_pki_secret_backend_cert")(handOff)],
];

/** Sentences of a page that are not so, and what is so and not said. */
function untrue(handOff: HandOff): readonly string[] {
  return sentences.flatMap(([said, holds]) => {
    const [isSaid, isSo] = [said.test(handOff.page), holds(handOff)];
    return isSaid === isSo
      ? []
      : [`${handOff.name}: ${isSaid ? "said, and not so" : "so, and not said"}: ${said.source}`];
  });
}

/** The zones of a stack that its JSON writes into or looks up, as a page names them, and the others. */
function zonesOf({ json, written }: HandOff): { readonly used: readonly string[]; readonly unused: readonly string[] } {
  const { in: host, zones = {} } = (written.dns ?? {}) as { in?: string; zones?: Readonly<Record<string, string>> };
  const { google_dns_record_set: google = {}, aws_route53_record: aws = {} } = json.resource ?? {};
  const holders = [
    ...Object.values(google).map((one) => one.managed_zone),
    ...Object.values(aws).map((one) => one.zone_id),
  ];
  const lookedUp = Object.values(json.data?.aws_route53_zone ?? {}).map(({ name }) => name);
  const all = Object.entries(zones).map(([spelling, id]) => {
    const { name = "" } = parseName(spelling);
    const shown = host === "cloud-dns" ? `\`${id}\` (${name})` : `\`${name}\``;
    return { shown, used: holders.includes(id) || lookedUp.includes(name) };
  });
  const shown = (used: boolean) => all.filter((one) => one.used === used).map((one) => one.shown);
  return { used: shown(true), unused: shown(false) };
}

/** What no sentence has: leftovers of what is not there, an empty list, a plural of one. */
const slips = [
  /undefined|\bnull\b|NaN|\[object|\$\{(?!\w+\()/,
  / {2}|\t/,
  / [,.;:](?!tflock|terraform|\/)/,
  /,,|\.\.(?![./])|\(\)|``(?!`)|,\.|:\.|, and\./,
  /^- (false|)$/m,
  /\b(?:zones|keys|groups|mounts|machines|domains)(?: of)? (`[^`\n]+`(?: \([^)\n]*\))?)(?! \(|(?:,|,? and) `)/,
];

describe.each(configs)("the page beside the JSON of %s", (_, config) => {
  let all: readonly HandOff[];
  beforeAll(() => {
    all = handOffs(config);
  });
  const lines = (page: string) => page.split("\n").filter((line) => line.startsWith("- "));

  test("says what is so, and only that", () => {
    expect(all.flatMap(untrue)).toEqual([]);
  });

  test("counts the check blocks, and names outputs, files, keys and zones that are there", () => {
    for (const handOff of all) {
      const { page, json, files, keys } = handOff;
      const [, counted] =
        /`Check block assertion known after apply` for each of its (\d+) `check` blocks/.exec(page) ?? [];
      if (checks(handOff).length > 0) expect(counted ?? "1").toBe(String(checks(handOff).length));
      const outputs = [...page.matchAll(/`terraform output (?:-json )?(\w+)/g)].map(([, name = ""]) => name);
      expect(outputs.filter((name) => json.output?.[name] === undefined)).toEqual([]);
      const named = [...page.matchAll(/kubernetes\/[\w.-]+\.yaml/g)].map(([path]) => path);
      expect([...new Set(named)].sort()).toEqual([...files].sort());
      const holders = ["tls_private_key", "vault_pki_secret_backend_cert"];
      const holding = holders.flatMap((type) =>
        Object.keys(json.resource?.[type] ?? {}).map((name) => `${type}.${name}`),
      );
      expect([...keys].sort()).toEqual(holding.sort());
      for (const address of keys) expect(page).toContain(`\`${address}\``);
      const { used, unused } = zonesOf(handOff);
      const ofZones = lines(page).filter((line) => /\bzones?\b/.test(line));
      expect(used.filter((zone) => !ofZones.some((line) => line.includes(zone)))).toEqual([]);
      expect(unused.filter((zone) => page.includes(zone))).toEqual([]);
      if (used.length === 0) expect(page).not.toMatch(/public (?:managed )?zones?/);
    }
  });

  test("has no leftovers in a sentence", () => {
    for (const { page, name } of all) {
      const text = page.replace(/^```sh\n[\s\S]*?^```$/m, "");
      const found = slips.flatMap((slip) => {
        const [bad] = slip.exec(text) ?? [];
        return bad === undefined ? [] : [`${name}: ${JSON.stringify(bad)}`];
      });
      expect(found).toEqual([]);
    }
  });
});

/** Lines that hold of every stack, whatever its JSON. */
const always = [
  /^- Terraform [>=\d. ]+ \(or OpenTofu/,
  /^- Providers, which `terraform init` installs/,
  /^- \d+ `\w+`$/,
  /^- `terraform output certificate_inventory` lists/,
  /^- It is done when `terraform plan -detailed-exitcode` ends with 0/,
  /^- After an apply that failed, or that Ctrl-C ended/,
  /^- After one that was killed/,
  // Which zones is compared above.
  /^- The public (?:managed )?zones? .*, delegated: /,
];

test("every line of a page is one of these: a new one needs its fact above", () => {
  const judged = [...sentences.map(([said]) => said), ...always];
  const unjudged = configs
    .flatMap(([, config]) => handOffs(config))
    .flatMap(({ page }) => page.split("\n").filter((line) => line.startsWith("- ")))
    .filter((line) => !judged.some((said) => said.test(line)));
  expect([...new Set(unjudged)]).toEqual([]);
});

test("each sentence stands on some page, and on some page not", () => {
  const all = configs.flatMap(([, config]) => handOffs(config));
  const oneSided = sentences.flatMap(([said, holds]) => {
    const states = new Set(all.map(holds));
    return states.size === 2 ? [] : [said.source];
  });
  expect(oneSided).toEqual([/The first plan only creates\b/.source]);
});
