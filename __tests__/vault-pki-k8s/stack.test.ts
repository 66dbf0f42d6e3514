import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseAllDocuments } from "yaml";
import example from "../../config/example";
import certManagerExample from "../../config/examples/vault-cert-manager";
import existingExample from "../../config/examples/vault-existing-pki";
import ownExample from "../../config/examples/vault-own-pki";
import { configWith, everything, type Fields } from "../support/configs";
import {
  allAddresses,
  expectGoldenOf,
  expectSameInAnyOrder,
  keysInState,
  output,
  pageOf,
  resources,
  synthesizedStacks,
} from "../support/stack-test";
import {
  addresses,
  type Block,
  synthesizedJson,
  synthesizedManifests,
  type TerraformJson,
  textsIn,
} from "../support/synthesis";

/** A config with every optional field of this scenario. */
const whole = everything("vault-everything");
const { stacks, stack } = synthesizedStacks(whole);
/** Its own PKI, every delivery and consumer, manifests as files. */
const own = stack("vault-pki-k8s");
/** An existing PKI, manifests applied. */
const existing = stack("vault-existing");
/** An existing PKI whose root the config does not give. */
const unknown = stack("vault-unknown-root");

const ownPki = {
  root: { commonName: "Root" },
  intermediate: { commonName: "Intermediate" },
  urls: { address: "https://vault.example.com" },
};

function configOf(changes: Fields = {}): object {
  const pki = {
    scenario: "vault-pki-k8s",
    kubernetes: { context: "kind-serving" },
    namespace: { name: "serving" },
    pki: ownPki,
    certificates: { inference: { names: ["api.example.com"] } },
    ...changes,
  };
  return configWith("pki", pki);
}

/** The only stack, `pki`, of a config with some fields changed. */
const withStack = (changes: Fields) => synthesizedJson(configOf(changes), "pki");

test("a certificate whose names are all too long for a common name has none, by either delivery", () => {
  const long = `${"a".repeat(60)}.example.com`;
  const certificates = {
    long: { names: [long] },
    short: { names: [long, "api.example.com"] },
    renewed: { names: [long], delivery: "cert-manager" },
  };
  const json = withStack({ certificates });
  expect(resources(json, "vault_pki_secret_backend_cert")).toMatchObject({
    long: { common_name: "", alt_names: [long] },
    short: { common_name: "api.example.com" },
  });
  const roles = resources(json, "vault_pki_secret_backend_role");
  expect(Object.values(roles).map(({ require_cn: required }) => required)).toEqual([false, false, undefined]);
  const texts = Object.values(synthesizedManifests(configOf({ certificates }))).join("\n");
  expect(texts).toContain(long);
  expect(texts).not.toContain("commonName");
});

test.each([
  ["vault-everything", whole],
  ["vault-own-pki", ownExample],
  ["vault-existing-pki", existingExample],
  ["vault-cert-manager", certManagerExample],
  ["example", example],
])("operations receive exactly the bytes in golden/%s", (name, config) => expectGoldenOf(name, config));

test("addresses are frozen: a changed line here is destroy-and-create in production", () => {
  expect(allAddresses(stacks)).toEqual([
    "vault-existing: check.watcher_expiry",
    "vault-existing: kubernetes_config_map_v1.trust_bundle",
    "vault-existing: kubernetes_manifest.trainer_certificate",
    "vault-existing: kubernetes_manifest.trainer_issuer",
    "vault-existing: kubernetes_manifest.trainer_service_account",
    "vault-existing: kubernetes_manifest.trainer_token_role",
    "vault-existing: kubernetes_manifest.trainer_token_role_binding",
    "vault-existing: kubernetes_secret_v1.watcher",
    "vault-existing: output.ca_bundle",
    "vault-existing: output.certificate_inventory",
    "vault-existing: output.certificate_not_after",
    "vault-existing: output.request_paths",
    "vault-existing: output.scenario",
    "vault-existing: output.secret_names",
    "vault-existing: vault_kubernetes_auth_backend_role.trainer",
    "vault-existing: vault_kubernetes_auth_backend_role.watcher",
    "vault-existing: vault_pki_secret_backend_cert.watcher",
    "vault-existing: vault_pki_secret_backend_role.trainer",
    "vault-existing: vault_pki_secret_backend_role.watcher",
    "vault-existing: vault_policy.trainer",
    "vault-existing: vault_policy.watcher",
    "vault-pki-k8s: check.inference_expiry",
    "vault-pki-k8s: check.intermediate_expiry",
    "vault-pki-k8s: check.quiet_expiry",
    "vault-pki-k8s: check.root_expiry",
    "vault-pki-k8s: data.tls_certificate.intermediate",
    "vault-pki-k8s: data.tls_certificate.root",
    "vault-pki-k8s: kubernetes_config_map_v1.trust_bundle",
    "vault-pki-k8s: kubernetes_ingress_v1.inference",
    "vault-pki-k8s: kubernetes_namespace_v1.namespace_serving",
    "vault-pki-k8s: kubernetes_secret_v1.inference",
    "vault-pki-k8s: kubernetes_secret_v1.quiet",
    "vault-pki-k8s: output.ca_bundle",
    "vault-pki-k8s: output.certificate_inventory",
    "vault-pki-k8s: output.certificate_not_after",
    "vault-pki-k8s: output.issuer_ids",
    "vault-pki-k8s: output.request_paths",
    "vault-pki-k8s: output.scenario",
    "vault-pki-k8s: output.secret_names",
    "vault-pki-k8s: vault_kubernetes_auth_backend_role.embedder",
    "vault-pki-k8s: vault_kubernetes_auth_backend_role.inference",
    "vault-pki-k8s: vault_mount.intermediate",
    "vault-pki-k8s: vault_mount.root",
    "vault-pki-k8s: vault_pki_secret_backend_cert.inference",
    "vault-pki-k8s: vault_pki_secret_backend_cert.quiet",
    "vault-pki-k8s: vault_pki_secret_backend_config_auto_tidy.intermediate",
    "vault-pki-k8s: vault_pki_secret_backend_config_auto_tidy.root",
    "vault-pki-k8s: vault_pki_secret_backend_config_ca.intermediate",
    "vault-pki-k8s: vault_pki_secret_backend_config_issuers.intermediate",
    "vault-pki-k8s: vault_pki_secret_backend_config_urls.intermediate",
    "vault-pki-k8s: vault_pki_secret_backend_config_urls.root",
    "vault-pki-k8s: vault_pki_secret_backend_crl_config.intermediate",
    "vault-pki-k8s: vault_pki_secret_backend_crl_config.root",
    "vault-pki-k8s: vault_pki_secret_backend_intermediate_cert_request.intermediate",
    "vault-pki-k8s: vault_pki_secret_backend_intermediate_set_signed.intermediate",
    "vault-pki-k8s: vault_pki_secret_backend_issuer.intermediate",
    "vault-pki-k8s: vault_pki_secret_backend_role.embedder",
    "vault-pki-k8s: vault_pki_secret_backend_role.inference",
    "vault-pki-k8s: vault_pki_secret_backend_role.quiet",
    "vault-pki-k8s: vault_pki_secret_backend_root_cert.root",
    "vault-pki-k8s: vault_pki_secret_backend_root_sign_intermediate.intermediate",
    "vault-pki-k8s: vault_policy.embedder",
    "vault-pki-k8s: vault_policy.inference",
    "vault-pki-k8s: vault_policy.quiet",
    "vault-unknown-root: check.gateway_expiry",
    "vault-unknown-root: kubernetes_config_map_v1.trust_bundle",
    "vault-unknown-root: kubernetes_secret_v1.gateway",
    "vault-unknown-root: output.ca_bundle",
    "vault-unknown-root: output.certificate_inventory",
    "vault-unknown-root: output.certificate_not_after",
    "vault-unknown-root: output.request_paths",
    "vault-unknown-root: output.scenario",
    "vault-unknown-root: output.secret_names",
    "vault-unknown-root: vault_kubernetes_auth_backend_role.gateway",
    "vault-unknown-root: vault_pki_secret_backend_cert.gateway",
    "vault-unknown-root: vault_pki_secret_backend_role.gateway",
    "vault-unknown-root: vault_policy.gateway",
  ]);
});

test("what a cut-off apply leaves of each kind of object is told, with the id of its import or what else to do", () => {
  const types = new Set(Object.values(stacks).flatMap(({ resource = {} }) => Object.keys(resource)));
  const page = readFileSync(join(__dirname, "../../docs/recovery.md"), "utf8");
  const rows = page.split("\n").filter((line) => line.startsWith("| `"));
  expect([...types].filter((type) => !rows.some((row) => row.includes(`\`${type}.`))).sort()).toEqual([]);
});

describe("the PKI", () => {
  const keptFresh = (authority: string) => [
    `vault_pki_secret_backend_crl_config.${authority}`,
    `vault_pki_secret_backend_config_auto_tidy.${authority}`,
  ];

  test("is two mounts for the lifetimes of their authorities, which Terraform refuses to destroy", () => {
    const lifecycle = { prevent_destroy: true };
    expect(resources(own, "vault_mount")).toEqual({
      root: {
        path: "platform/root",
        type: "pki",
        description: "Example Root CA",
        default_lease_ttl_seconds: 7300 * 86_400,
        max_lease_ttl_seconds: 7300 * 86_400,
        lifecycle,
      },
      intermediate: {
        path: "platform/serving",
        type: "pki",
        description: "Example Serving CA",
        default_lease_ttl_seconds: 1095 * 86_400,
        max_lease_ttl_seconds: 1095 * 86_400,
        lifecycle,
      },
    });
    // Replacing the certificate or the request would lose the key.
    expect(resources(own, "vault_pki_secret_backend_root_cert").root).toMatchObject({ lifecycle });
    expect(resources(own, "vault_pki_secret_backend_intermediate_cert_request").intermediate).toMatchObject({
      lifecycle,
    });
    const unprotected = withStack({ pki: { ...ownPki, protect: false } });
    expect(JSON.stringify(unprotected)).not.toContain("prevent_destroy");
    expect(JSON.stringify(withStack({}))).toContain("prevent_destroy");
  });

  test("has keys that Vault makes and never shows", () => {
    expect(resources(own, "vault_pki_secret_backend_root_cert").root).toMatchObject({
      type: "internal",
      key_type: "rsa",
      key_bits: 4096,
      ttl: String(7300 * 86_400),
    });
    expect(resources(own, "vault_pki_secret_backend_intermediate_cert_request").intermediate).toMatchObject({
      type: "internal",
      key_type: "ec",
      key_bits: 384,
    });
  });

  test("imports the intermediate alone: with the bundle two issuers would be imported, and only one can be the default", () => {
    expect(resources(own, "vault_pki_secret_backend_intermediate_set_signed").intermediate).toEqual({
      backend: "${vault_mount.intermediate.path}",
      certificate: "${vault_pki_secret_backend_root_sign_intermediate.intermediate.certificate}",
      depends_on: keptFresh("intermediate"),
    });
  });

  test("renews the revocation list of each mount before it ends, and tidies, from before the authority is made", () => {
    for (const authority of ["root", "intermediate"]) {
      const backend = `\${vault_mount.${authority}.path}`;
      expect(resources(own, "vault_pki_secret_backend_crl_config")[authority]).toEqual({
        backend,
        auto_rebuild: true,
        auto_rebuild_grace_period: "48h",
        expiry: "72h",
        ocsp_expiry: "12h",
      });
      expect(resources(own, "vault_pki_secret_backend_config_auto_tidy")[authority]).toEqual({
        backend,
        enabled: true,
        interval_duration: "12h",
        safety_buffer: "72h",
        tidy_cert_store: true,
        tidy_revoked_certs: true,
      });
    }
    expect(resources(own, "vault_pki_secret_backend_root_cert").root?.depends_on).toEqual(keptFresh("root"));
    // What is set on a mount of somebody else is somebody else's.
    expect(JSON.stringify(existing)).not.toMatch(/crl_config|auto_tidy/);
  });

  test("lets the mount that signs know the root, so that chains end with it, once its own issuer is the default", () => {
    expect(resources(own, "vault_pki_secret_backend_config_ca")).toEqual({
      intermediate: {
        backend: "${vault_mount.intermediate.path}",
        pem_bundle: "${trimspace(vault_pki_secret_backend_root_cert.root.certificate)}\n",
        depends_on: ["vault_pki_secret_backend_config_issuers.intermediate"],
      },
    });
  });

  test("has an issuer of its own for each intermediate: the provider goes on writing to the one it had", () => {
    const { issuer_name, lifecycle } = resources(own, "vault_pki_secret_backend_issuer").intermediate ?? {};
    expect(issuer_name).toMatch(/^intermediate-\$\{.*root_sign_intermediate\.intermediate\.serial_number/);
    expect(lifecycle).toEqual({
      replace_triggered_by: [
        "vault_pki_secret_backend_intermediate_set_signed.intermediate.id",
        "vault_pki_secret_backend_root_sign_intermediate.intermediate.serial_number",
      ],
    });
  });

  test("has an intermediate that signs certificates only, below its domains, anew when its lifetime changes", () => {
    expect(resources(own, "vault_pki_secret_backend_root_sign_intermediate").intermediate).toMatchObject({
      max_path_length: 0,
      permitted_dns_domains: ["example.com", "svc"],
      ttl: String(1095 * 86_400),
      lifecycle: { replace_triggered_by: ["vault_mount.intermediate.max_lease_ttl_seconds"] },
    });
    const anyDomain = resources(withStack({}), "vault_pki_secret_backend_root_sign_intermediate").intermediate;
    expect(anyDomain).not.toHaveProperty("permitted_dns_domains");
  });

  test("has its URLs and default issuer before anything is signed", () => {
    expect(resources(own, "vault_pki_secret_backend_root_sign_intermediate").intermediate?.depends_on).toEqual([
      "vault_pki_secret_backend_config_urls.root",
    ]);
    const ready = [
      "vault_pki_secret_backend_config_urls.intermediate",
      "vault_pki_secret_backend_config_issuers.intermediate",
      "vault_pki_secret_backend_config_ca.intermediate",
    ];
    for (const type of ["vault_pki_secret_backend_role", "vault_pki_secret_backend_cert"]) {
      const made = Object.values(resources(own, type));
      expect(made.length).toBeGreaterThan(0);
      for (const one of made) expect(one.depends_on).toEqual(ready);
    }
    const url = (mount: string, what: string) => [`https://vault.example.com:8200/v1/platform/${mount}/${what}`];
    for (const [authority, mount] of [
      ["root", "root"],
      ["intermediate", "serving"],
    ] as const) {
      expect(resources(own, "vault_pki_secret_backend_config_urls")[authority]).toMatchObject({
        issuing_certificates: url(mount, "ca"),
        crl_distribution_points: url(mount, "crl"),
        ocsp_servers: url(mount, "ocsp"),
      });
    }
  });

  test("that exists is only used: a role, a policy and a login for each certificate", () => {
    expect(Object.keys(unknown.resource ?? {}).filter((type) => type.startsWith("vault_"))).toEqual([
      "vault_kubernetes_auth_backend_role",
      "vault_pki_secret_backend_cert",
      "vault_pki_secret_backend_role",
      "vault_policy",
    ]);
    for (const json of [existing, unknown]) {
      expect(json.terraform.required_providers).not.toHaveProperty("tls");
      expect(addresses(json).filter((address) => /root|intermediate/.test(address))).toEqual([]);
    }
  });
});

describe("a role", () => {
  test("allows the certificate's names and nothing else, for its key, purpose and lifetime", () => {
    expect(resources(own, "vault_pki_secret_backend_role").quiet).toEqual({
      backend: "${vault_mount.intermediate.path}",
      name: "ai-platform-everything-vault-pki-k8s-quiet",
      allowed_domains: ["quiet.example.com"],
      allow_bare_domains: true,
      allow_subdomains: false,
      allow_glob_domains: false,
      allow_wildcard_certificates: false,
      allow_any_name: false,
      allow_localhost: false,
      allow_ip_sans: false,
      enforce_hostnames: true,
      server_flag: true,
      client_flag: false,
      code_signing_flag: false,
      email_protection_flag: false,
      key_type: "ec",
      key_bits: 384,
      key_usage: ["DigitalSignature"],
      ttl: "691200",
      max_ttl: "691200",
      use_csr_common_name: false,
      use_csr_sans: false,
      depends_on: expect.any(Array),
    });
  });

  test("of the user's own words has those words", () => {
    expect(resources(own, "vault_pki_secret_backend_role").inference).toMatchObject({
      allowed_domains: ["api.example.com", "models.example.com"],
      allow_subdomains: true,
      allow_wildcard_certificates: true,
      key_usage: ["DigitalSignature", "KeyEncipherment"],
      server_flag: true,
      client_flag: true,
    });
    expect(resources(own, "vault_pki_secret_backend_role").embedder).toMatchObject({
      server_flag: false,
      client_flag: true,
    });
    const role = { allowedDomains: ["*.example.com"], allowBareDomains: false, allowGlobDomains: true };
    const globbing = withStack({ certificates: { api: { names: ["api.example.com"], role } } });
    expect(resources(globbing, "vault_pki_secret_backend_role").api).toMatchObject({
      allowed_domains: ["*.example.com"],
      allow_bare_domains: false,
      allow_subdomains: false,
      allow_glob_domains: true,
    });
  });

  test("is opened by a policy for one request of one role", () => {
    const policies = Object.values(stacks).flatMap((json) => Object.values(resources(json, "vault_policy")));
    expect(policies.map(({ policy }) => policy).sort()).toEqual(
      [
        "pki/edge/issue/ai-platform-everything-vault-unknown-root-gateway",
        "pki_int/issue/ai-platform-everything-vault-existing-watcher",
        "pki_int/sign/ai-platform-everything-vault-existing-trainer",
        "platform/serving/issue/ai-platform-everything-vault-pki-k8s-inference",
        "platform/serving/issue/ai-platform-everything-vault-pki-k8s-quiet",
        "platform/serving/sign/ai-platform-everything-vault-pki-k8s-embedder",
      ].map((path) => `path "${path}" {\n  capabilities = ["update"]\n}\n`),
    );
  });

  test("is reached by the service accounts of the config, for one purpose", () => {
    const logins = resources(own, "vault_kubernetes_auth_backend_role");
    expect(Object.keys(logins)).toEqual(["embedder", "inference"]);
    expect(logins.inference).toEqual({
      backend: "kubernetes-serving",
      role_name: "ai-platform-everything-vault-pki-k8s-inference",
      bound_service_account_names: ["inference"],
      bound_service_account_namespaces: ["canary", "serving"],
      audience: "vault",
      token_policies: ["${vault_policy.inference.name}"],
      token_ttl: 600,
      token_max_ttl: 600,
    });
    // cert-manager's own audience, which no other program's token has.
    expect(resources(existing, "vault_kubernetes_auth_backend_role").trainer?.audience).toBe(
      "vault://training/trainer",
    );
    expect(resources(existing, "vault_kubernetes_auth_backend_role").watcher).not.toHaveProperty("audience");
  });
});

describe("delivery terraform", () => {
  test("requests with whole seconds, renews in the last third, and replaces without a gap", () => {
    expect(resources(own, "vault_pki_secret_backend_cert").inference).toMatchObject({
      common_name: "api.example.com",
      alt_names: ["*.models.example.com", "api.example.com"],
      exclude_cn_from_sans: true,
      ttl: "2592000",
      auto_renew: true,
      min_seconds_remaining: 864_000,
      revoke: false,
      lifecycle: {
        create_before_destroy: true,
        replace_triggered_by: ["ttl", "key_type", "key_bits", "key_usage", "server_flag", "client_flag"].map(
          (attribute) => `vault_pki_secret_backend_role.inference.${attribute}`,
        ),
      },
    });
    for (const type of ["role", "cert"]) {
      for (const json of Object.values(stacks)) {
        for (const { ttl, max_ttl = ttl } of Object.values(resources(json, `vault_pki_secret_backend_${type}`))) {
          expect([ttl, max_ttl]).toEqual([expect.stringMatching(/^[1-9][0-9]*$/), ttl]);
        }
      }
    }
  });

  test("puts PEM into the Secret, as it is: the provider encodes", () => {
    const { inference, quiet } = resources(own, "kubernetes_secret_v1");
    expect(inference).toMatchObject({ type: "kubernetes.io/tls", metadata: { name: "api.example.com" } });
    expect(quiet?.data).toEqual({
      "tls.crt":
        '${join("\\n", concat([trimspace(vault_pki_secret_backend_cert.quiet.certificate)], [for one in regexall("-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----", vault_pki_secret_backend_cert.quiet.ca_chain) : one if !strcontains(vault_pki_secret_backend_root_cert.root.certificate, one)], [""]))}',
      "tls.key": "${trimspace(vault_pki_secret_backend_cert.quiet.private_key)}\n",
      "ca.crt": "${trimspace(vault_pki_secret_backend_root_cert.root.certificate)}\n",
    });
    expect(JSON.stringify(stacks)).not.toContain("base64");
  });

  test("has keys in the state where the product says so, and nowhere else", () => {
    for (const [name, keys] of keysInState(whole)) {
      const json = stack(name);
      const made = Object.keys(resources(json, "vault_pki_secret_backend_cert"));
      expect(keys).toEqual(made.map((name) => `vault_pki_secret_backend_cert.${name}`));
      expect(Object.keys(resources(json, "kubernetes_secret_v1"))).toEqual(made);
      const inventory = output(json, "certificate_inventory") as Readonly<Record<string, Block>>;
      const inState = Object.keys(inventory).filter((name) => inventory[name]?.key_in_state);
      expect(inState).toEqual(made);
      for (const name of Object.keys(inventory)) {
        const place = made.includes(name) ? /^Terraform's state.* and the Secret / : /^(the Secret|Vault, mount) /;
        expect(inventory[name]?.key_location).toMatch(place);
      }
      expect(textsIn(json.output).filter((text) => text.includes("private_key"))).toEqual([]);
    }
  });
});

describe("delivery cert-manager", () => {
  const files = synthesizedManifests(whole);
  const documents = (path: string) => parseAllDocuments(files[path] ?? "").map((one) => one.toJS() as Block);
  const applied = Object.values(resources(existing, "kubernetes_manifest")).map(({ manifest }) => manifest as Block);

  test("writes files, or applies the same when the kinds are there", () => {
    expect(Object.keys(files)).toEqual([
      "vault-pki-k8s/kubernetes/manifests.yaml",
      "vault-pki-k8s/kubernetes/patch-embedder.yaml",
      "vault-pki-k8s/kubernetes/patch-quiet.yaml",
    ]);
    expect(documents("vault-pki-k8s/kubernetes/manifests.yaml").map(({ kind }) => kind)).toEqual([
      "Role",
      "RoleBinding",
      "Issuer",
      "Certificate",
    ]);
    expect(resources(own, "kubernetes_manifest")).toEqual({});
    expect(Object.keys(resources(existing, "kubernetes_manifest"))).toEqual([
      "trainer_certificate",
      "trainer_issuer",
      "trainer_service_account",
      "trainer_token_role",
      "trainer_token_role_binding",
    ]);
    for (const { depends_on, field_manager } of Object.values(resources(existing, "kubernetes_manifest"))) {
      expect(field_manager).toEqual({ force_conflicts: true });
      expect(depends_on).toEqual([
        "vault_pki_secret_backend_role.trainer",
        "vault_policy.trainer",
        "vault_kubernetes_auth_backend_role.trainer",
      ]);
    }
  });

  test("has text where the config has it, for kubectl too, which reads YAML 1.1", () => {
    const labels = { team: "no", cost: "1_000", tier: "0x1f", since: "2001-01-01" };
    const delivery = { delivery: "cert-manager", serviceAccounts: [{ name: "api" }] };
    const certificates = { inference: { names: ["api.example.com"], ...delivery } };
    const given = { ...configOf({ certificates }), environment: "no", labels };
    const text = synthesizedManifests(given)["pki/kubernetes/manifests.yaml"] ?? "";
    const read = parseAllDocuments(text, { version: "1.1" }).map((one) => one.toJS() as Block);
    expect(read).toHaveLength(4);
    for (const { metadata } of read) expect(metadata).toMatchObject({ labels: { ...labels, environment: "no" } });
  });

  test("the command above them, and those on the page, quote the context for the shell", () => {
    const consumer = { deployment: { name: "api" } };
    const certificates = {
      api: { names: ["api.example.com"], delivery: "cert-manager", serviceAccounts: [{ name: "api" }], consumer },
    };
    const given = configOf({ certificates, kubernetes: { context: "x; touch pwned; " } });
    const kubectl = "kubectl --context 'x; touch pwned; '";
    expect(synthesizedManifests(given)["pki/kubernetes/manifests.yaml"]).toMatch(
      `# After Terraform: ${kubectl} apply -f manifests.yaml\n---\n`,
    );
    const page = pageOf(given, "pki");
    expect(page).toContain(`\`${kubectl} apply -f kubernetes/manifests.yaml\``);
    expect(page).toContain(`\`${kubectl} -n serving patch deployment api --patch-file kubernetes/patch-api.yaml\``);
    expect(page).toContain("with the context `x; touch pwned; `");
  });

  test("asks for what the role allows, with a new key each time", () => {
    const [, , issuer, certificate] = documents("vault-pki-k8s/kubernetes/manifests.yaml");
    expect(issuer).toMatchObject({
      metadata: { name: "embedder", namespace: "serving" },
      spec: {
        vault: {
          server: "https://vault.example.com:8200",
          path: "platform/serving/sign/ai-platform-everything-vault-pki-k8s-embedder",
          auth: {
            kubernetes: {
              mountPath: "/v1/auth/kubernetes-serving",
              role: "ai-platform-everything-vault-pki-k8s-embedder",
              serviceAccountRef: { name: "embedder-tls", audiences: ["vault"] },
            },
          },
        },
      },
    });
    expect(certificate?.spec).toEqual({
      secretName: "embedder",
      secretTemplate: {
        labels: { team: "ml-platform", project: "ai-platform", environment: "everything", stack: "vault-pki-k8s" },
      },
      issuerRef: { group: "cert-manager.io", kind: "Issuer", name: "embedder" },
      commonName: "embedder.serving.svc",
      dnsNames: ["embedder.serving.svc"],
      duration: "2h",
      renewBefore: "40m",
      privateKey: { algorithm: "ECDSA", size: 256, rotationPolicy: "Always" },
      usages: ["digital signature", "client auth"],
    });
  });

  test("says nothing that cert-manager's own schema does not know", () => {
    const kinds = [...documents("vault-pki-k8s/kubernetes/manifests.yaml"), ...applied].filter(
      ({ apiVersion }) => apiVersion === "cert-manager.io/v1",
    );
    expect(kinds).toHaveLength(4);
    // The package is an ES module, which this test runner does not load.
    const judge = `
      import * as models from "@kubernetes-models/cert-manager/cert-manager.io/v1";
      import { readFileSync } from "node:fs";
      for (const one of JSON.parse(readFileSync(0, "utf8"))) new models[one.kind](one).validate();`;
    const judged = (objects: readonly unknown[]) =>
      spawnSync(process.execPath, ["--input-type=module", "--eval", judge], {
        input: JSON.stringify(objects),
        encoding: "utf8",
        timeout: 30_000,
      });
    expect(judged(kinds)).toMatchObject({ status: 0, stderr: "" });
    expect(judged([{ ...kinds[0], spec: { vault: { server: 1 } } }]).stderr).toMatch(/must be string|required/);
  });

  test("puts no key into the state, and none into a config that forbids it", () => {
    const json = synthesizedJson(certManagerExample, "serving");
    expect(addresses(json).filter((address) => /secret_v1|backend_cert\./.test(address))).toEqual([]);
  });
});

describe("consumers", () => {
  test("an Ingress serves the certificate's names with its Secret", () => {
    expect(resources(own, "kubernetes_ingress_v1").inference).toMatchObject({
      metadata: { name: "inference", annotations: { "nginx.ingress.kubernetes.io/backend-protocol": "HTTPS" } },
      spec: {
        ingress_class_name: "nginx",
        tls: [{ hosts: ["*.models.example.com", "api.example.com"], secret_name: "api.example.com" }],
        rule: [
          { host: "*.models.example.com", http: { path: [{ backend: { service: { name: "inference" } } }] } },
          { host: "api.example.com", http: { path: [{ backend: { service: { port: { number: 8443 } } } }] } },
        ],
      },
    });
  });
});

test("a patch mounts the Secret with the trust of the stack's ConfigMap, or the Secret alone where there is none", () => {
  const { pki, ...rest } = (whole as { stacks: Record<string, Fields> }).stacks["vault-existing"] as Fields;
  const { trainer } = rest.certificates as Fields;
  const volumesOf = (pki: unknown, certificate: object) => {
    const stack = { ...rest, pki, certificates: { trainer: { ...(trainer as object), ...certificate } } };
    const files = synthesizedManifests({ ...whole, stacks: { training: stack } });
    const patch = parseAllDocuments(files["training/kubernetes/patch-trainer.yaml"] ?? "")[0]?.toJS() as Block;
    return (patch.spec as { template: { spec: { volumes: unknown } } }).template.spec.volumes;
  };
  const consumer = { deployment: { name: "trainer" } };
  const { caBundle, ...unknownRoot } = pki as Fields;
  const file = (key: string) => ({ key, path: key });
  expect(volumesOf(pki, { consumer })).toEqual([
    {
      name: "trainer",
      secret: null,
      projected: {
        sources: [
          { secret: { name: "trainer-tls", items: [file("tls.crt"), file("tls.key")] } },
          { configMap: { name: "training-trust", items: [file("ca.crt")] } },
        ],
      },
    },
  ]);
  expect(volumesOf(unknownRoot, { consumer })).toEqual([{ name: "trainer", secret: { secretName: "trainer-tls" } }]);
  expect(caBundle).toBeDefined();
});

test("a root that clients have is not sent to them", () => {
  const chain = (json: TerraformJson, name: string) =>
    (resources(json, "kubernetes_secret_v1")[name]?.data as Block | undefined)?.["tls.crt"];
  expect(chain(existing, "watcher")).toMatch(/\[for one in regexall\(.*\) : one if !strcontains\("-----BEGIN/);
  expect(chain(own, "inference")).toContain(
    "if !strcontains(vault_pki_secret_backend_root_cert.root.certificate, one)",
  );
  expect(chain(unknown, "gateway")).not.toContain("strcontains");
});

test("trust is the root: the stack's own, the config's, or the last that the mount knows", () => {
  const trust = (json: TerraformJson) => resources(json, "kubernetes_config_map_v1").trust_bundle?.data as Block;
  const { pki } = (whole as { stacks: Record<string, { pki: { caBundle?: string } }> }).stacks["vault-existing"] ?? {};
  expect(trust(own)["ca.crt"]).toBe("${trimspace(vault_pki_secret_backend_root_cert.root.certificate)}\n");
  expect(trust(existing)["ca.crt"]).toBe(pki?.caBundle);
  expect(trust(unknown)["ca.crt"]).toMatch(/^\$\{reverse\(regexall\(.*gateway\.ca_chain\)\)\[0\]\}\n$/);
  for (const json of [own, existing, unknown]) expect(output(json, "ca_bundle")).toBe(trust(json)["ca.crt"]);
});

test("every plan warns of what is about to end: certificates, and authorities once they could not sign another", () => {
  expect(Object.keys(own.check ?? {})).toEqual([
    "inference_expiry",
    "intermediate_expiry",
    "quiet_expiry",
    "root_expiry",
  ]);
  expect(own.check?.inference_expiry?.assert.condition).toBe(
    '${try(timecmp(timeadd("1970-01-01T00:00:00Z", format("%ds", vault_pki_secret_backend_cert.inference.expiration)), timeadd(plantimestamp(), "240h")) > 0, true)}',
  );
  expect(own.check?.intermediate_expiry?.assert.condition).toContain('timeadd(plantimestamp(), "720h")');
});

test("Terraform must be the one that Vault's provider asks for, and reach the Vault that its operator names", () => {
  for (const json of Object.values(stacks)) {
    expect(json.terraform.required_version).toBe(">= 1.11");
    expect(json.provider?.vault).toEqual([{}]);
  }
});

test("the order in which a config is written changes nothing", () => {
  expectSameInAnyOrder(whole, 2);
});
