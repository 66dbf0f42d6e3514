import * as fc from "fast-check";
import devops from "../../config/examples/cas-devops";
import requests from "../../config/examples/cas-requests";
import training from "../../config/examples/cas-training";
import twoGroups from "../../config/examples/cas-two-groups";
import { everything, type Fields } from "../support/configs";
import { p384Request, request } from "../support/requests";
import { runs } from "../support/runs";
import {
  changesBetween,
  expectGoldenOf,
  expectSameInAnyOrder,
  keysInState,
  output,
  resourceCounts,
  resources as resourcesOf,
  synthesizedStacks,
} from "../support/stack-test";
import { addresses, synthesizedJson, type TerraformJson, textsIn } from "../support/synthesis";
import { cas, group, member } from "./configs";

/** A config with two stacks: one has every optional field, one has none. */
const whole = everything("cas-everything");
const { texts, stack } = synthesizedStacks(whole);
const full = stack("cas-short-lived");
const plain = stack("cas-defaults");

const stackWith = (changes: Fields = {}) => synthesizedJson(cas(changes), "cas");

const certificateIn = (changes: Fields = {}) => ({
  gateways: {
    ...group,
    lifetime: "90d",
    certificates: { gateway: { csr: request, names: ["gateway.train.example.com"], ...changes } },
  },
});

/** Resources of the provider's product by name. */
const resources = (json: TerraformJson, type: string) => resourcesOf(json, `google_privateca_${type}`);

test("operations receive exactly the bytes in golden/", () => {
  expectGoldenOf("cas-everything", whole);
  expectGoldenOf("cas-training", training);
  expectGoldenOf("cas-requests", requests);
  expectGoldenOf("cas-two-groups", twoGroups);
  expectGoldenOf("cas-devops", devops);
});

test("addresses are frozen: a changed line here is destroy-and-create in production", () => {
  expect(addresses(full)).toEqual([
    "check.issuer_B2_expiry",
    "check.issuer_B2_state",
    "check.issuer_a_expiry",
    "check.issuer_a_state",
    "check.issuer_c_expiry",
    "check.issuer_c_state",
    "check.nodes_gateways_gateway_expiry",
    "check.nodes_gateways_metrics_expiry",
    "check.root_expiry",
    "check.root_state",
    "google_privateca_ca_pool.issuing_pool",
    "google_privateca_ca_pool.root_pool",
    "google_privateca_ca_pool_iam_member.nodes_gateways_member_ops-dedffc28",
    "google_privateca_ca_pool_iam_member.nodes_gateways_member_platform-b14b4567",
    "google_privateca_ca_pool_iam_member.nodes_probes_member_probes-996aff2d",
    "google_privateca_ca_pool_iam_member.nodes_trainers_member_trainers-ba02a17d",
    "google_privateca_ca_pool_iam_member.nodes_trainers_member_workloadIdentityPools-workers-d338ae11",
    "google_privateca_ca_pool_iam_member.reader_ops-dedffc28",
    "google_privateca_ca_pool_iam_member.reader_platform-b14b4567",
    "google_privateca_ca_pool_iam_member.reader_probes-996aff2d",
    "google_privateca_ca_pool_iam_member.reader_trainers-ba02a17d",
    "google_privateca_ca_pool_iam_member.reader_workloadIdentityPools-workers-d338ae11",
    "google_privateca_certificate.nodes_gateways_gateway",
    "google_privateca_certificate.nodes_gateways_metrics",
    "google_privateca_certificate_authority.issuer_B2",
    "google_privateca_certificate_authority.issuer_a",
    "google_privateca_certificate_authority.issuer_c",
    "google_privateca_certificate_authority.root",
    "google_privateca_certificate_template.nodes_gateways",
    "google_privateca_certificate_template.nodes_probes",
    "google_privateca_certificate_template.nodes_trainers",
    "google_privateca_certificate_template_iam_member.nodes_gateways_member_ops-dedffc28",
    "google_privateca_certificate_template_iam_member.nodes_gateways_member_platform-b14b4567",
    "google_privateca_certificate_template_iam_member.nodes_probes_member_probes-996aff2d",
    "google_privateca_certificate_template_iam_member.nodes_trainers_member_trainers-ba02a17d",
    "google_privateca_certificate_template_iam_member.nodes_trainers_member_workloadIdentityPools-workers-d338ae11",
    "output.bootstrap",
    "output.certificate_authorities",
    "output.certificate_chains",
    "output.certificate_inventory",
    "output.certificate_templates",
    "output.pool_ids",
    "output.scenario",
    "output.trust_bundle",
  ]);
  expect(addresses(plain)).toEqual([
    "check.issuer_a_expiry",
    "check.issuer_a_state",
    "check.root_expiry",
    "check.root_state",
    "google_privateca_ca_pool.issuing_pool",
    "google_privateca_ca_pool.root_pool",
    "google_privateca_ca_pool_iam_member.nodes_nodes_member_example-com-ed152b32",
    "google_privateca_ca_pool_iam_member.reader_example-com-ed152b32",
    "google_privateca_certificate_authority.issuer_a",
    "google_privateca_certificate_authority.root",
    "google_privateca_certificate_template.nodes_nodes",
    "google_privateca_certificate_template_iam_member.nodes_nodes_member_example-com-ed152b32",
    "output.certificate_authorities",
    "output.certificate_inventory",
    "output.certificate_templates",
    "output.pool_ids",
    "output.scenario",
    "output.trust_bundle",
  ]);
});

describe("pools", () => {
  test("are two: the root's has no policy, which would refuse to sign an issuer", () => {
    const { root_pool: root, issuing_pool: issuing } = resources(plain, "ca_pool");
    expect(Object.keys(resources(plain, "ca_pool"))).toEqual(["issuing_pool", "root_pool"]);
    expect(root).toEqual({
      project: "ai-training",
      location: "us-central1",
      name: "everything-cas-defaults-root-1",
      tier: "ENTERPRISE",
      publishing_options: { encoding_format: "DER", publish_ca_cert: false, publish_crl: false },
    });
    expect(issuing).toMatchObject({ name: "everything-cas-defaults-1", tier: "ENTERPRISE" });
    const authorities = resources(plain, "certificate_authority");
    expect(authorities.root?.pool).toBe("${google_privateca_ca_pool.root_pool.name}");
    expect(authorities.issuer_a?.pool).toBe("${google_privateca_ca_pool.issuing_pool.name}");
  });

  test("have a policy for what is issued: lifetime, keys, requests alone, names of the groups, no authorities", () => {
    expect(resources(full, "ca_pool").issuing_pool?.issuance_policy).toEqual({
      maximum_lifetime: "2592000s",
      backdate_duration: "600s",
      allowed_key_types: [
        { elliptic_curve: { signature_algorithm: "ECDSA_P256" } },
        { elliptic_curve: { signature_algorithm: "ECDSA_P384" } },
        { rsa: { min_modulus_size: "3072", max_modulus_size: "3072" } },
      ],
      allowed_issuance_modes: { allow_csr_based_issuance: true, allow_config_based_issuance: false },
      identity_constraints: {
        allow_subject_passthrough: false,
        allow_subject_alt_names_passthrough: true,
        cel_expression: {
          title: "Names",
          expression: `subject_alt_names.size() > 0 && subject_alt_names.all(san, san.type == DNS && (${[
            "example.org",
            "gpu.train.example.com",
            "probe.train.example.com",
            "train.example.com",
          ]
            .map((domain) => `san.value == "${domain}" || san.value.endsWith(".${domain}")`)
            .join(" || ")}))`,
        },
      },
      // The provider would not send `is_ca: false`.
      baseline_values: { ca_options: { non_ca: true }, key_usage: { base_key_usage: {}, extended_key_usage: {} } },
    });
    expect(resources(plain, "ca_pool").issuing_pool?.issuance_policy).not.toHaveProperty("backdate_duration");
  });

  test("and templates set no extension both, whatever the config: every request would fail", () => {
    const examples = [training, requests, twoGroups, devops];
    const all = [full, plain, ...examples.map((one) => synthesizedJson(one, "cas-short-lived"))];
    for (const json of all) {
      const policy = resources(json, "ca_pool").issuing_pool?.issuance_policy as Fields;
      const { ca_options: authority, key_usage: usage, ...others } = policy.baseline_values as Fields;
      expect([authority, usage, others]).toEqual([
        { non_ca: true },
        { base_key_usage: {}, extended_key_usage: {} },
        {},
      ]);
      for (const template of Object.values(resources(json, "certificate_template"))) {
        const { key_usage: _, ca_options, ...more } = template.predefined_values as Fields;
        expect([ca_options, more]).toEqual([{ null_ca: true }, {}]);
        expect(template.passthrough_extensions).toEqual({ known_extensions: ["CA_OPTIONS"] });
      }
    }
  });

  test("publish what the config says", () => {
    for (const pool of Object.values(resources(full, "ca_pool"))) {
      expect(pool.publishing_options).toEqual({ publish_ca_cert: true, publish_crl: true, encoding_format: "DER" });
    }
  });
});

describe("authorities", () => {
  test("sign certificates and lists of revoked ones, and nothing else", () => {
    for (const authority of Object.values(resources(full, "certificate_authority"))) {
      const { x509_config: config } = authority.config as { x509_config: Fields };
      expect(config.key_usage).toEqual({
        base_key_usage: { cert_sign: true, crl_sign: true },
        // The provider requires this block.
        extended_key_usage: {},
      });
    }
  });

  test("a length of 0 is the flag alone: a plain 0 sends nothing, both fail in the apply", () => {
    const options = Object.entries(resources(full, "certificate_authority")).map(([name, { config }]) => [
      name,
      (config as { x509_config: Fields }).x509_config.ca_options,
    ]);
    const issuer = { is_ca: true, zero_max_issuer_path_length: true };
    expect(Object.fromEntries(options)).toEqual({
      root: { is_ca: true },
      issuer_a: issuer,
      issuer_B2: issuer,
      issuer_c: issuer,
    });
  });

  test("have ids that the provider sends whole, ending in the suffix", () => {
    const ids = Object.values(resources(full, "certificate_authority")).map((one) => one.certificate_authority_id);
    expect(ids).toEqual(["B2-X-1", "a-X-1", "c-X-1", "root-X-1"]);
  });

  test("have keys that Google makes, or versions of Cloud KMS keys", () => {
    const keys = (json: TerraformJson) =>
      Object.fromEntries(
        Object.entries(resources(json, "certificate_authority")).map(([name, { key_spec }]) => [name, key_spec]),
      );
    const version = (key: string) =>
      `projects/ai-keys/locations/europe-west1/keyRings/pki/cryptoKeys/${key}/cryptoKeyVersions/1`;
    expect(keys(full)).toEqual({
      root: { cloud_kms_key_version: version("root") },
      issuer_a: { algorithm: "RSA_PKCS1_4096_SHA256" },
      issuer_B2: { algorithm: "EC_P256_SHA256" },
      issuer_c: { cloud_kms_key_version: version("c") },
    });
    expect(keys(stackWith({ root: { commonName: "Root", key: "ecdsa-p384" } })).root).toEqual({
      algorithm: "EC_P384_SHA384",
    });
  });

  test("have their lifetimes written, since the provider's own is ten years for all", () => {
    const lifetimes = (json: TerraformJson) =>
      Object.values(resources(json, "certificate_authority")).map(({ lifetime }) => lifetime);
    expect(lifetimes(full)).toEqual(["94608000s", "63072000s", "94608000s", "630720000s"]);
    expect(lifetimes(plain)).toEqual(["94608000s", "315360000s"]);
  });

  test("permit the domains of the config, critically; without any, all", () => {
    const constraints = Object.entries(resources(full, "certificate_authority")).map(([name, { config }]) => [
      name,
      (config as { x509_config: Fields }).x509_config.name_constraints,
    ]);
    expect(Object.fromEntries(constraints)).toEqual({
      root: { critical: true, permitted_dns_names: ["example.com", "example.org"] },
      issuer_B2: { critical: true, permitted_dns_names: ["example.org", "train.example.com"] },
    });
  });

  test("the root signs the issuers, whose phase is the config's", () => {
    expect(
      Object.values(resources(full, "certificate_authority")).map(({ type, desired_state, subordinate_config }) => ({
        type,
        desired_state,
        subordinate_config,
      })),
    ).toEqual([
      ...["ENABLED", "DISABLED", "STAGED"].map((desired_state) => ({
        type: "SUBORDINATE",
        desired_state,
        subordinate_config: { certificate_authority: "${google_privateca_certificate_authority.root.name}" },
      })),
      { type: "SELF_SIGNED", desired_state: "ENABLED", subordinate_config: undefined },
    ]);
  });

  test("are protected twice: the provider's own protection is looked at in the apply, when other things are gone", () => {
    for (const authority of Object.values(resources(plain, "certificate_authority"))) {
      expect(authority).toMatchObject({
        deletion_protection: true,
        lifecycle: { prevent_destroy: true },
        skip_grace_period: false,
        ignore_active_certificates_on_deletion: false,
      });
    }
    for (const authority of Object.values(resources(full, "certificate_authority"))) {
      expect(authority).not.toHaveProperty("lifecycle");
      expect(authority).toMatchObject({
        deletion_protection: false,
        skip_grace_period: true,
        ignore_active_certificates_on_deletion: true,
      });
    }
  });

  test("are watched: every plan warns when what they sign would outlive them, and when their state is another", () => {
    const ca = "google_privateca_certificate_authority";
    expect(full.check?.root_expiry?.assert.condition).toBe(
      `\${try(timecmp(timeadd(${ca}.root.create_time, "175200h"), timeadd(plantimestamp(), "26280h")) > 0, true)}`,
    );
    expect(full.check?.issuer_a_expiry?.assert.condition).toBe(
      `\${try(timecmp(timeadd(${ca}.issuer_a.create_time, "17520h"), timeadd(plantimestamp(), "720h")) > 0, true)}`,
    );
    const states = Object.entries(full.check ?? {}).filter(([name]) => name.endsWith("_state"));
    expect(states.map(([, { assert }]) => assert.condition)).toEqual([
      `\${try(${ca}.issuer_B2.state == "ENABLED", true)}`,
      `\${try(${ca}.issuer_a.state == "DISABLED", true)}`,
      `\${try(${ca}.issuer_c.state == "STAGED", true)}`,
      `\${try(${ca}.root.state == "ENABLED", true)}`,
    ]);
  });
});

describe("a node group", () => {
  test("has a template for its names, its lifetime and its purpose", () => {
    expect(resources(full, "certificate_template").nodes_trainers).toEqual({
      project: "ai-training",
      location: "europe-west1",
      name: "everything-cas-short-lived-trainers-X-1",
      maximum_lifetime: "86400s",
      passthrough_extensions: { known_extensions: ["CA_OPTIONS"] },
      predefined_values: {
        ca_options: { null_ca: true },
        key_usage: {
          base_key_usage: { digital_signature: true },
          extended_key_usage: { server_auth: true, client_auth: true },
        },
      },
      identity_constraints: {
        allow_subject_passthrough: false,
        allow_subject_alt_names_passthrough: true,
        cel_expression: {
          title: "Names",
          expression:
            'subject_alt_names.size() > 0 && subject_alt_names.all(san, san.type == DNS && (san.value == "example.org" || san.value.endsWith(".example.org") || san.value == "gpu.train.example.com" || san.value.endsWith(".gpu.train.example.com")))',
        },
      },
    });
    const usages = Object.entries(resources(full, "certificate_template")).map(([name, { predefined_values }]) => [
      name,
      (predefined_values as { key_usage: Fields }).key_usage.extended_key_usage,
    ]);
    expect(Object.fromEntries(usages)).toMatchObject({
      nodes_gateways: { server_auth: true, client_auth: false },
      nodes_probes: { server_auth: false, client_auth: true },
    });
  });

  test("lets its members ask with its template and no other", () => {
    const template = "everything-cas-short-lived-probes-X-1";
    const probes = "serviceAccount:probes@ai-training.iam.gserviceaccount.com";
    const requesters = Object.entries(resources(full, "ca_pool_iam_member")).filter(([name]) => /probes/.test(name));
    expect(Object.fromEntries(requesters)).toEqual({
      "nodes_probes_member_probes-996aff2d": {
        ca_pool: "${google_privateca_ca_pool.issuing_pool.id}",
        role: "roles/privateca.certificateRequester",
        member: probes,
        condition: {
          title: `With the template ${template}`,
          expression: `api.getAttribute("privateca.googleapis.com/template", "") == "ai-training/-/${template}"`,
        },
      },
      "reader_probes-996aff2d": {
        ca_pool: "${google_privateca_ca_pool.issuing_pool.id}",
        role: "roles/privateca.poolReader",
        member: probes,
      },
    });
    expect(resources(full, "certificate_template_iam_member")["nodes_probes_member_probes-996aff2d"]).toEqual({
      certificate_template: "${google_privateca_certificate_template.nodes_probes.id}",
      role: "roles/privateca.templateUser",
      member: probes,
    });
  });

  test("gives roles to the config's members and to nobody else, and to read the pool once each", () => {
    const nodeGroups = { trainers: group, storage: { ...group, domains: ["storage.example.com"] } };
    const json = stackWith({ nodeGroups });
    const given = Object.entries({
      ...resources(json, "ca_pool_iam_member"),
      ...resources(json, "certificate_template_iam_member"),
    });
    expect(given.every(([, block]) => block.member === member)).toBe(true);
    const roles = Object.values(resources(json, "ca_pool_iam_member")).map(({ role }) => role);
    expect(roles.sort()).toEqual([
      "roles/privateca.certificateRequester",
      "roles/privateca.certificateRequester",
      "roles/privateca.poolReader",
    ]);
  });

  test("has a bootstrap where the config asks for one, with the root's certificate from Terraform and no key", () => {
    expect(Object.keys(output(full, "bootstrap"))).toEqual(["trainers"]);
    const text = String(output(full, "bootstrap").trainers);
    expect(text).toMatch(/^#cloud-config\n/);
    for (const part of [
      "google_privateca_certificate_authority.root.pem_ca_certificates[0]",
      "everything-cas-short-lived-X-1",
      "everything-cas-short-lived-trainers-X-1",
      "gpu.train.example.com",
      "systemctl reload trainer",
      "/etc/trainer/tls",
    ]) {
      expect(text).toContain(part);
    }
    expect(text).not.toContain("PRIVATE KEY-----");
    expect(output(plain, "bootstrap")).toBeUndefined();
  });
});

describe("a certificate from a request", () => {
  test("is signed with its group's template, from the request alone", () => {
    const { pem_csr: csr, ...rest } = resources(full, "certificate").nodes_gateways_gateway ?? {};
    expect(csr).toBe(request);
    expect(rest).toEqual({
      project: "ai-training",
      location: "europe-west1",
      pool: "${google_privateca_ca_pool.issuing_pool.name}",
      name: expect.stringMatching(/^gateways-gateway-[0-9a-f]{12}$/),
      certificate_template: "${google_privateca_certificate_template.nodes_gateways.id}",
      lifetime: "1209600s",
      lifecycle: { create_before_destroy: true },
      // Staged and disabled issuers do not sign.
      depends_on: ["google_privateca_certificate_authority.issuer_B2"],
    });
    expect(resources(full, "certificate").nodes_gateways_metrics?.lifetime).toBe("2592000s");
  });

  test("has another id for whatever makes Google sign again, and the same for what does not", () => {
    const idOf = (changes: Fields = {}, ofStack: Fields = {}) =>
      resources(stackWith({ nodeGroups: certificateIn(changes), ...ofStack }), "certificate").nodes_gateways_gateway
        ?.name;
    const p384 = { csr: p384Request, names: ["a.train.example.com", "b.train.example.com"] };
    const ids = [
      idOf(),
      idOf({ generation: 2 }),
      idOf({ lifetime: "60d" }),
      idOf(p384, { keys: ["ecdsa-p384"] }),
      idOf({}, { suffix: "2026b" }),
    ];
    expect(new Set(ids).size).toBe(ids.length);
    // Only the text's layout differs, not its content.
    const crlf = request.replaceAll("\n", "\r\n");
    expect([
      idOf({ generation: 1 }),
      idOf({ lifetime: "90d" }),
      idOf({ csr: crlf }),
      idOf({ csr: `\n${request.trim()}` }),
    ]).toEqual(Array.from({ length: 4 }, () => ids[0]));
    expect(resources(stackWith({ nodeGroups: certificateIn({ csr: crlf }) }), "certificate")).toEqual(
      resources(stackWith({ nodeGroups: certificateIn() }), "certificate"),
    );
  });

  test("has an id that fits, whatever the length of its keys", () => {
    const [one, other] = ["a", "b"].map((end) => `${"n".repeat(60)}-${end}`);
    const certificates = Object.fromEntries(
      [one, other].map((key) => [key, { csr: request, names: ["gateway.train.example.com"] }]),
    );
    const json = stackWith({ nodeGroups: { g: { ...group, lifetime: "90d", certificates } } });
    const ids = Object.values(resources(json, "certificate")).map(({ name }) => String(name));
    expect(ids).toHaveLength(2);
    expect(new Set(ids).size).toBe(2);
    for (const id of ids) expect(id).toMatch(/^[a-zA-Z0-9-]{63}$/);
  });

  test("is warned of in its last third, with its end in the inventory and its chain as an output", () => {
    const certificate = "google_privateca_certificate.nodes_gateways_gateway";
    const end = `${certificate}.certificate_description[0].subject_description[0].not_after_time`;
    expect(full.check?.nodes_gateways_gateway_expiry?.assert).toEqual({
      condition: `\${try(timecmp(${end}, timeadd(plantimestamp(), "112h")) > 0, true)}`,
      error_message: `Certificate gateways/gateway expires on \${${end}}. Nothing renews it by itself: raise its generation in the config and apply.`,
    });
    expect(output(full, "certificate_inventory")["gateways/gateway"]).toMatchObject({
      names: ["gateway.train.example.com"],
      lifetime: "14d",
      not_after: `\${${end}}`,
      key_in_state: false,
    });
    // An apply happens only twice in its lifetime, so a warning in the last third would come too late.
    const short = stackWith({ nodeGroups: certificateIn({ lifetime: "14d" }) });
    expect(short.check?.nodes_gateways_gateway_expiry?.assert.condition).toContain('"168h"');
    expect(output(full, "certificate_chains")).toEqual({
      "gateways/gateway": `\${join("", concat([${certificate}.pem_certificate], ${certificate}.pem_certificate_chain))}`,
      "gateways/metrics": expect.stringContaining("google_privateca_certificate.nodes_gateways_metrics"),
    });
    expect(output(plain, "certificate_chains")).toBeUndefined();
  });
});

describe("outputs", () => {
  test("name pools, authorities, templates and what to trust", () => {
    expect(output(plain, "pool_ids")).toEqual({
      root: "${google_privateca_ca_pool.root_pool.id}",
      issuing: "${google_privateca_ca_pool.issuing_pool.id}",
    });
    expect(output(plain, "certificate_authorities")).toEqual({
      root: "${google_privateca_certificate_authority.root.name}",
      "issuer a": "${google_privateca_certificate_authority.issuer_a.name}",
    });
    expect(output(plain, "certificate_templates")).toEqual({
      nodes: "${google_privateca_certificate_template.nodes_nodes.id}",
    });
    // The trust anchor is the root's own certificate, not an answer of the pool.
    expect(output(plain, "trust_bundle")).toBe("${google_privateca_certificate_authority.root.pem_ca_certificates[0]}");
  });

  test("hold an inventory of authorities, node groups and certificates", () => {
    expect(output(full, "certificate_inventory")).toMatchObject({
      root: {
        issuer: "itself",
        lifetime: "7300d",
        key_location: expect.stringMatching(/^Cloud KMS, projects\/ai-keys\//),
      },
      "issuer a": { issuer: "the root root-X-1", lifetime: "730d", key_in_state: false },
      "nodes trainers": {
        names: ["example.org", "gpu.train.example.com"],
        issuer: "the pool everything-cas-short-lived-X-1",
        lifetime: "1d",
        renewed_by: "the node, with its bootstrap",
        key_location: "the node, /etc/trainer/tls",
      },
      "nodes probes": { renewed_by: "the node, by its own means" },
    });
  });

  test("and nothing else hold a private key", () => {
    for (const [, keys] of keysInState(whole)) expect(keys).toEqual([]);
    expect(Object.values(texts).join("")).not.toContain("PRIVATE KEY-----");
  });
});

test("the provider has the stack's project and labels, in Google's alphabet", () => {
  expect(full.provider).toEqual({
    google: [
      {
        project: "ai-training",
        default_labels: {
          cost: "r-and-d",
          environment: "everything",
          "managed-by": "terraform",
          project: "ai-platform",
          stack: "cas-short-lived",
          team: "ml-platform",
        },
      },
    ],
  });
  expect(full.terraform.required_providers).toEqual({ google: { source: "hashicorp/google", version: "6.50.0" } });
});

describe("of any config", () => {
  // Keys exclude "--" at the third place, which no domain can have, and double hyphens, which addresses shorten to one.
  const key = fc.stringMatching(/^[a-z]([a-z0-9-]{0,6}[a-z0-9])?$/).filter((text) => !text.includes("--"));
  const some = runs(3);

  test("a re-ordered one changes no byte", () => {
    expectSameInAnyOrder(whole, 1);
  });

  test("a node group added adds its own resources, and changes none but the names that the pool signs", () => {
    fc.assert(
      fc.property(fc.uniqueArray(key, { minLength: 2, maxLength: 3 }), ([added = "", ...rest]) => {
        const own = (name: string) =>
          [name, { ...group, domains: [`${name}.example.com`], members: [`user:${name}@example.com`] }] as const;
        const [before, after] = [rest, [...rest, added]].map((names) =>
          stackWith({ nodeGroups: Object.fromEntries(names.map(own)) }),
        ) as [TerraformJson, TerraformJson];
        const { added: made, touched } = changesBetween(before, after);
        expect(made.map((address) => address.replace(/-[0-9a-f]{8}$/, "")).sort()).toEqual(
          [
            `google_privateca_ca_pool_iam_member.nodes_${added}_member_${added}`,
            `google_privateca_ca_pool_iam_member.reader_${added}`,
            `google_privateca_certificate_template.nodes_${added}`,
            `google_privateca_certificate_template_iam_member.nodes_${added}_member_${added}`,
          ].sort(),
        );
        expect(touched).toEqual(["google_privateca_ca_pool.issuing_pool"]);
      }),
      some,
    );
  });

  test("an issuer added touches no other resource, certificates' order apart", () => {
    fc.assert(
      fc.property(fc.uniqueArray(key, { minLength: 2, maxLength: 3 }), ([added = "", ...rest]) => {
        const own = (name: string) => [name, { commonName: name }] as const;
        const nodeGroups = certificateIn();
        const issuers = Object.fromEntries(rest.map(own));
        const more = { ...issuers, [added]: { commonName: added, phase: "staged" } };
        expect(changesBetween(stackWith({ nodeGroups, issuers }), stackWith({ nodeGroups, issuers: more }))).toEqual({
          added: [`google_privateca_certificate_authority.issuer_${added}`],
          touched: [],
        });
      }),
      some,
    );
  });

  test("members have addresses of their own, and keep them whatever the others are", () => {
    const members = fc.uniqueArray(
      fc.constantFrom(
        "user:a.b@example.com",
        "user:a-b@example.com",
        "group:a.b@example.com",
        "serviceAccount:a.b@example.com",
        "domain:example.com",
        "principal://iam.googleapis.com/projects/1/a.b",
        "principalSet://iam.googleapis.com/projects/1/*",
        "serviceAccount:ai.svc.id.goog[ns/a.b]",
      ),
      { minLength: 1 },
    );
    const addressesOf = (given: readonly string[]) => {
      const json = stackWith({ nodeGroups: { trainers: { ...group, members: given } } });
      return new Map(
        Object.entries(resources(json, "certificate_template_iam_member")).map(([name, block]) => [block.member, name]),
      );
    };
    fc.assert(
      fc.property(members, (given) => {
        const all = addressesOf(given);
        expect([...all.keys()].sort()).toEqual([...given].sort());
        for (const one of given) expect(addressesOf([one]).get(one)).toBe(all.get(one));
      }),
      some,
    );
  });

  test("no key of a group, issuer or certificate takes the address of another", () => {
    const keys = ["root", "issuing", "root-pool", "issuer", "issuer-a", "member", "reader", "nodes", "expiry", "state"]
      .concat(["a", "a-expiry", "pool", "provider-google", "requester"])
      .sort();
    const certificates = Object.fromEntries(
      keys.map((key) => [key, { csr: request, names: ["gateway.train.example.com"] }]),
    );
    const json = stackWith({
      issuers: Object.fromEntries(keys.map((key) => [key, { commonName: key }])),
      nodeGroups: {
        ...Object.fromEntries(keys.map((key) => [key, group])),
        ...Object.fromEntries(["a", "member"].map((key) => [key, { ...group, lifetime: "90d", certificates }])),
      },
    });
    expect(resourceCounts(json)).toEqual({
      google_privateca_ca_pool: 2,
      google_privateca_ca_pool_iam_member: keys.length + 1,
      google_privateca_certificate: 2 * keys.length,
      google_privateca_certificate_authority: keys.length + 1,
      google_privateca_certificate_template: keys.length,
      google_privateca_certificate_template_iam_member: keys.length,
    });
    expect(Object.keys(json.check ?? {})).toHaveLength(4 * keys.length + 2);
    expect(Object.keys(output(json, "certificate_inventory"))).toHaveLength(4 * keys.length + 1);
  });

  test("expressions hold names as they are: nothing needs quoting", () => {
    for (const text of textsIn(resources(full, "certificate_template"))) expect(text).not.toMatch(/\\|'/);
  });
});
