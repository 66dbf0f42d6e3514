import * as fc from "fast-check";
import example from "../../config/example";
import publicName from "../../config/examples/pipeline-public-name";
import { configWith, everything, type Fields } from "../support/configs";
import { runs } from "../support/runs";
import {
  allAddresses,
  allResources,
  changesBetween,
  expectGoldenOf,
  expectSameInAnyOrder,
  keysInState,
  output,
  pageOf,
  resourceCounts,
  resources,
  synthesizedStacks,
} from "../support/stack-test";
import { addresses, type Block, synthesizedJson, type TerraformJson, textsIn } from "../support/synthesis";

/** A config that has every optional field of this scenario. */
const whole = everything("pipeline-everything");
const { stacks, stack } = synthesizedStacks(whole);
/** An authority, a namespace of its own, aliases to a load balancer that is looked up. */
const full = stack("pipeline-tls");
/** An authority with all defaults, aliases to a target whose address is given. */
const edge = stack("pipeline-tls-edge");
/** No authority, no aliases. */
const selfSigned = stack("pipeline-tls-self-signed");

const pods = { port: 8443, selector: { app: "any" } };

/** The only stack, `mesh`, of a config with these services. */
function withServices(services: Fields, ofStack: Fields = {}): TerraformJson {
  return synthesizedJson(configOf(services, ofStack), "mesh");
}

function configOf(services: Fields, ofStack: Fields = {}): object {
  const kubernetes = { context: "kind-pipeline" };
  const mesh = { scenario: "pipeline-tls", kubernetes, namespace: { name: "pipeline" }, services, ...ofStack };
  return configWith("mesh", mesh);
}

test("operations receive exactly the bytes in golden/", () => {
  expectGoldenOf("pipeline-everything", whole);
  expectGoldenOf("example", example);
  expectGoldenOf("pipeline-public-name", publicName);
});

test("addresses are frozen: a changed line here is destroy-and-create in production", () => {
  expect(allAddresses(stacks)).toEqual([
    "pipeline-tls: aws_route53_record.alias_-wildcard_models_example_com",
    "pipeline-tls: aws_route53_record.alias_inference_example_com",
    "pipeline-tls: aws_route53_record.alias_ingest_example_com",
    "pipeline-tls: aws_route53_record.alias_models_example_com",
    "pipeline-tls: check.ca_expiry",
    "pipeline-tls: check.inference_expiry",
    "pipeline-tls: check.ingest_expiry",
    "pipeline-tls: check.trainer_expiry",
    "pipeline-tls: data.aws_lb.load_balancer",
    "pipeline-tls: data.aws_route53_zone.zone_example_com",
    "pipeline-tls: data.tls_certificate.inference",
    "pipeline-tls: data.tls_certificate.ingest",
    "pipeline-tls: data.tls_certificate.trainer",
    "pipeline-tls: kubernetes_config_map_v1.trust_bundle",
    "pipeline-tls: kubernetes_ingress_v1.inference",
    "pipeline-tls: kubernetes_namespace_v1.namespace_pipeline",
    "pipeline-tls: kubernetes_secret_v1.inference",
    "pipeline-tls: kubernetes_secret_v1.ingest",
    "pipeline-tls: kubernetes_secret_v1.trainer",
    "pipeline-tls: kubernetes_service_v1.inference",
    "pipeline-tls: kubernetes_service_v1.ingest",
    "pipeline-tls: kubernetes_service_v1.trainer",
    "pipeline-tls: output.ca_bundle",
    "pipeline-tls: output.certificate_fingerprints",
    "pipeline-tls: output.certificate_inventory",
    "pipeline-tls: output.certificate_not_after",
    "pipeline-tls: output.domain_names",
    "pipeline-tls: output.scenario",
    "pipeline-tls: output.service_endpoints",
    "pipeline-tls: tls_cert_request.inference",
    "pipeline-tls: tls_cert_request.ingest",
    "pipeline-tls: tls_cert_request.trainer",
    "pipeline-tls: tls_locally_signed_cert.inference",
    "pipeline-tls: tls_locally_signed_cert.ingest",
    "pipeline-tls: tls_locally_signed_cert.trainer",
    "pipeline-tls: tls_private_key.ca",
    "pipeline-tls: tls_private_key.inference",
    "pipeline-tls: tls_private_key.ingest",
    "pipeline-tls: tls_private_key.trainer",
    "pipeline-tls: tls_self_signed_cert.ca",
    "pipeline-tls-edge: aws_route53_record.alias_-wildcard_edge_example_org",
    "pipeline-tls-edge: aws_route53_record.alias_example_org",
    "pipeline-tls-edge: check.ca_expiry",
    "pipeline-tls-edge: check.gateway_expiry",
    "pipeline-tls-edge: data.tls_certificate.gateway",
    "pipeline-tls-edge: kubernetes_config_map_v1.trust_bundle",
    "pipeline-tls-edge: kubernetes_ingress_v1.gateway",
    "pipeline-tls-edge: kubernetes_secret_v1.gateway",
    "pipeline-tls-edge: kubernetes_service_v1.gateway",
    "pipeline-tls-edge: output.ca_bundle",
    "pipeline-tls-edge: output.certificate_fingerprints",
    "pipeline-tls-edge: output.certificate_inventory",
    "pipeline-tls-edge: output.certificate_not_after",
    "pipeline-tls-edge: output.domain_names",
    "pipeline-tls-edge: output.scenario",
    "pipeline-tls-edge: output.service_endpoints",
    "pipeline-tls-edge: tls_cert_request.gateway",
    "pipeline-tls-edge: tls_locally_signed_cert.gateway",
    "pipeline-tls-edge: tls_private_key.ca",
    "pipeline-tls-edge: tls_private_key.gateway",
    "pipeline-tls-edge: tls_self_signed_cert.ca",
    "pipeline-tls-self-signed: check.server_expiry",
    "pipeline-tls-self-signed: check.worker_expiry",
    "pipeline-tls-self-signed: data.tls_certificate.server",
    "pipeline-tls-self-signed: data.tls_certificate.worker",
    "pipeline-tls-self-signed: kubernetes_config_map_v1.trust_bundle",
    "pipeline-tls-self-signed: kubernetes_secret_v1.server",
    "pipeline-tls-self-signed: kubernetes_secret_v1.worker",
    "pipeline-tls-self-signed: kubernetes_service_v1.server",
    "pipeline-tls-self-signed: kubernetes_service_v1.worker",
    "pipeline-tls-self-signed: output.ca_bundle",
    "pipeline-tls-self-signed: output.certificate_fingerprints",
    "pipeline-tls-self-signed: output.certificate_inventory",
    "pipeline-tls-self-signed: output.certificate_not_after",
    "pipeline-tls-self-signed: output.scenario",
    "pipeline-tls-self-signed: output.service_endpoints",
    "pipeline-tls-self-signed: tls_private_key.server",
    "pipeline-tls-self-signed: tls_private_key.worker",
    "pipeline-tls-self-signed: tls_self_signed_cert.server",
    "pipeline-tls-self-signed: tls_self_signed_cert.worker",
  ]);
});

describe("keys", () => {
  test("have their curve or size written, since the provider's own curve is P-224", () => {
    const keys = Object.values(stacks).map((json) => resources(json, "tls_private_key"));
    expect(Object.assign({}, ...keys)).toEqual({
      // The stack's key is the authority's too.
      ca: { algorithm: "ECDSA", ecdsa_curve: "P256" },
      gateway: { algorithm: "ECDSA", ecdsa_curve: "P256" },
      inference: { algorithm: "RSA", rsa_bits: 2048 },
      ingest: { algorithm: "ECDSA", ecdsa_curve: "P384" },
      server: { algorithm: "RSA", rsa_bits: 4096 },
      trainer: { algorithm: "ECDSA", ecdsa_curve: "P384" },
      worker: { algorithm: "ECDSA", ecdsa_curve: "P256" },
    });
    expect(resources(full, "tls_private_key").ca).toEqual({ algorithm: "ECDSA", ecdsa_curve: "P384" });
  });

  test("in the state are those that the product says are there, and the inventory says so of each", () => {
    for (const [name, keys] of keysInState(whole)) {
      const json = stack(name);
      const made = Object.keys(resources(json, "tls_private_key"));
      expect(keys).toEqual(made.map((name) => `tls_private_key.${name}`));
      const inventory = output(json, "certificate_inventory") as Readonly<Record<string, Block>>;
      expect(Object.keys(inventory)).toEqual(made);
      for (const entry of Object.values(inventory)) {
        expect(entry).toMatchObject({ key_in_state: true, key_location: expect.stringMatching(/^Terraform's state/) });
      }
    }
  });

  test("go into requests, signatures and their own Secret, and nowhere else", () => {
    for (const json of Object.values(stacks)) {
      const names = Object.keys(json.resource?.tls_private_key ?? {});
      const authority = names.includes("ca");
      const uses = Object.entries(allResources(json)).flatMap(([address, block]) =>
        textsIn(block)
          .filter((text) => text.includes("private_key"))
          .map((text) => `${address} <- ${text}`),
      );
      const expression = (name: string) => `\${tls_private_key.${name}.private_key_pem}`;
      const wanted = names.flatMap((name) => {
        const own = expression(name);
        if (name === "ca") return [`tls_self_signed_cert.ca <- ${own}`];
        const secret = `kubernetes_secret_v1.${name} <- ${own}`;
        if (!authority) return [secret, `tls_self_signed_cert.${name} <- ${own}`];
        const signed = `tls_locally_signed_cert.${name} <- ${expression("ca")}`;
        return [secret, `tls_cert_request.${name} <- ${own}`, signed];
      });
      expect(uses.sort()).toEqual(wanted.sort());
    }
  });

  test("are in no output, by themselves or through what holds them", () => {
    for (const json of Object.values(stacks)) {
      const { certificate_inventory: _, ...rest } = json.output ?? {};
      expect(JSON.stringify(json.output)).not.toMatch(/private_key|PRIVATE KEY|tls\.key|sensitive/);
      for (const text of textsIn([rest, json.check])) {
        for (const [expression] of text.matchAll(/\$\{(?!\w+\()[^}]*\}/g)) {
          expect(expression).toMatch(
            /^\$\{(tls_(self|locally)_signed_cert\.[\w-]+\.(cert_pem|validity_end_time)|data\.tls_certificate\.[\w-]+\.certificates\[0\]\.sha1_fingerprint|aws_route53_record\.[\w-]+\.fqdn)\}$/,
          );
        }
      }
    }
  });
});

describe("the authority", () => {
  test("signs and nothing else, names itself by key id, and never renews: running clients would lose trust", () => {
    expect(resources(full, "tls_self_signed_cert")).toEqual({
      ca: {
        private_key_pem: "${tls_private_key.ca.private_key_pem}",
        subject: [{ common_name: "Pipeline CA", organization: "Example Research" }],
        is_ca_certificate: true,
        allowed_uses: ["cert_signing", "crl_signing"],
        set_subject_key_id: true,
        set_authority_key_id: true,
        validity_period_hours: 730 * 24,
        early_renewal_hours: 0,
      },
    });
    expect(resources(edge, "tls_self_signed_cert")).toMatchObject({
      ca: {
        subject: [{ common_name: "ai-platform everything pipeline-tls-edge CA", organization: "ai-platform" }],
        validity_period_hours: 3_650 * 24,
        early_renewal_hours: 0,
      },
    });
  });

  test("is warned of by every plan once what it signs would outlive it", () => {
    expect(full.check?.ca_expiry?.assert).toEqual({
      condition:
        '${try(timecmp(tls_self_signed_cert.ca.validity_end_time, timeadd(plantimestamp(), "8760h")) > 0, true)}',
      error_message: expect.stringMatching(
        /^Certificate ca \(the authority\) expires on .*Nothing replaces it by itself/,
      ),
    });
  });

  test("is not there in mode self-signed, where a certificate is no authority", () => {
    expect(addresses(selfSigned).filter((address) => /\.ca\b|\.ca_expiry/.test(address))).toEqual([]);
    for (const certificate of Object.values(resources(selfSigned, "tls_self_signed_cert"))) {
      expect(certificate).not.toHaveProperty("is_ca_certificate");
      expect(certificate.allowed_uses).not.toContain("cert_signing");
    }
  });
});

describe("a service's certificate", () => {
  test("is requested for its names and signed by the authority, for servers with ECDSA", () => {
    expect(resources(full, "tls_cert_request").ingest).toEqual({
      private_key_pem: "${tls_private_key.ingest.private_key_pem}",
      subject: [{ common_name: "ingest", organization: "Example Research" }],
      dns_names: [
        "ingest",
        "ingest.example.com",
        "ingest.pipeline",
        "ingest.pipeline.svc",
        "ingest.pipeline.svc.k8s.internal",
      ],
    });
    expect(resources(full, "tls_locally_signed_cert").ingest).toEqual({
      cert_request_pem: "${tls_cert_request.ingest.cert_request_pem}",
      ca_cert_pem: "${tls_self_signed_cert.ca.cert_pem}",
      ca_private_key_pem: "${tls_private_key.ca.private_key_pem}",
      allowed_uses: ["digital_signature", "server_auth"],
      set_subject_key_id: true,
      validity_period_hours: 12 * 24,
      early_renewal_hours: 4 * 24,
    });
  });

  test("signs itself in mode self-signed, with the same terms", () => {
    expect(resources(selfSigned, "tls_self_signed_cert").worker).toEqual({
      private_key_pem: "${tls_private_key.worker.private_key_pem}",
      subject: [{ common_name: "worker", organization: "ai-platform" }],
      dns_names: ["worker", "worker.trial", "worker.trial.svc", "worker.trial.svc.cluster.local"],
      allowed_uses: ["digital_signature", "server_auth", "client_auth"],
      set_subject_key_id: true,
      validity_period_hours: 90 * 24,
      early_renewal_hours: 30 * 24,
    });
  });

  test("serves a client only where that is asked for, and encrypts keys only with RSA: strict peers refuse the rest", () => {
    const kinds = ["ecdsa-p256", "ecdsa-p384", "rsa-2048", "rsa-3072", "rsa-4096"];
    const services = Object.fromEntries(
      kinds.flatMap((key) => [
        [key, { ...pods, key }],
        [`${key}-client`, { ...pods, key, client: true }],
      ]),
    );
    for (const [mode, type] of [
      ["local-ca", "tls_locally_signed_cert"],
      ["self-signed", "tls_self_signed_cert"],
    ] as const) {
      const { ca: _, ...certificates } = resources(withServices(services, { mode }), type);
      expect(Object.keys(certificates).sort()).toEqual(Object.keys(services).sort());
      for (const [name, { allowed_uses }] of Object.entries(certificates)) {
        expect(allowed_uses).toEqual([
          "digital_signature",
          ...(name.startsWith("rsa") ? ["key_encipherment"] : []),
          "server_auth",
          ...(name.endsWith("client") ? ["client_auth"] : []),
        ]);
      }
    }
  });

  test("is renewed by an apply before its end, and every plan warns as long as nobody applies", () => {
    for (const json of Object.values(stacks)) {
      const { ca: _, ...own } = resources(json, "tls_self_signed_cert");
      const certificates = { ...own, ...resources(json, "tls_locally_signed_cert") };
      const type = json === selfSigned ? "tls_self_signed_cert" : "tls_locally_signed_cert";
      for (const [name, { validity_period_hours, early_renewal_hours }] of Object.entries(certificates)) {
        expect(early_renewal_hours).toBeGreaterThan(0);
        expect(early_renewal_hours).toBeLessThan(validity_period_hours as number);
        // The check starts when the window opens: before that, no apply would do anything about it.
        expect(json.check?.[`${name}_expiry`]?.assert).toEqual({
          condition: `\${try(timecmp(${type}.${name}.validity_end_time, timeadd(plantimestamp(), "${early_renewal_hours}h")) > 0, true)}`,
          error_message: `Certificate ${name} expires on \${${type}.${name}.validity_end_time}. An apply renews it: plan and apply this stack.`,
        });
      }
    }
  });
});

const labels = {
  "cost-center": "4711",
  environment: "everything",
  "managed-by": "terraform",
  project: "ai-platform",
  stack: "pipeline-tls",
  team: "ml-platform",
};

describe("in the cluster", () => {
  const namespace = "${kubernetes_namespace_v1.namespace_pipeline.metadata[0].name}";
  const authority = "${tls_self_signed_cert.ca.cert_pem}";

  test("a Secret has the certificate with the authority's after it, the key, and what verifies peers", () => {
    expect(resources(full, "kubernetes_secret_v1").inference).toEqual({
      metadata: { name: "inference.tls", namespace, labels },
      type: "kubernetes.io/tls",
      data: {
        "tls.crt": `\${tls_locally_signed_cert.inference.cert_pem}${authority}`,
        "tls.key": "${tls_private_key.inference.private_key_pem}",
        "ca.crt": authority,
      },
    });
    // Without an authority there is nothing to send along, and each verifies itself.
    expect(resources(selfSigned, "kubernetes_secret_v1").worker).toMatchObject({
      metadata: { name: "worker", namespace: "trial" },
      type: "kubernetes.io/tls",
      data: {
        "tls.crt": "${tls_self_signed_cert.worker.cert_pem}",
        "tls.key": "${tls_private_key.worker.private_key_pem}",
        "ca.crt": "${tls_self_signed_cert.worker.cert_pem}",
      },
    });
  });

  test("a ConfigMap has what clients trust: the authority, or every certificate that signs itself", () => {
    expect(resources(full, "kubernetes_config_map_v1")).toEqual({
      trust_bundle: { metadata: { name: "pipeline-tls-trust", namespace, labels }, data: { "ca.crt": authority } },
    });
    const all = "${tls_self_signed_cert.server.cert_pem}${tls_self_signed_cert.worker.cert_pem}";
    expect(resources(selfSigned, "kubernetes_config_map_v1").trust_bundle?.data).toEqual({ "ca.crt": all });
    expect([output(full, "ca_bundle"), output(selfSigned, "ca_bundle")]).toEqual([authority, all]);
  });

  test("a Service leads from 443 to the port of the selected pods", () => {
    expect(resources(full, "kubernetes_service_v1").trainer).toEqual({
      metadata: { name: "trainer", namespace, labels },
      spec: {
        selector: { app: "trainer", "app.kubernetes.io/name": "trainer" },
        port: [{ name: "https", port: 443, target_port: "9443", protocol: "TCP" }],
      },
    });
    expect(output(full, "service_endpoints")).toEqual({
      inference: "https://inference.pipeline.svc.k8s.internal",
      ingest: "https://ingest.pipeline.svc.k8s.internal",
      trainer: "https://trainer.pipeline.svc.k8s.internal",
    });
  });

  test("an Ingress's annotations reach Terraform as text in which it evaluates nothing", () => {
    const dns = { in: "route53", zones: { "example.com": "Z1" }, region: "eu-west-1", target: { name: "pipeline" } };
    const annotations = { "nginx.org/server-snippets": "return 308 https://${host}$request_uri; %{x} 5%" };
    const api = { ...pods, names: ["api.example.com"], ingress: { annotations } };
    expect(resources(withServices({ api }, { dns }), "kubernetes_ingress_v1").api).toMatchObject({
      metadata: {
        annotations: { "nginx.org/server-snippets": "return 308 https://$${host}$request_uri; %%{x} 5%" },
      },
    });
  });

  test("an Ingress serves the public names with the service's Secret, only where the config has one", () => {
    const rule = (host: string) => ({
      host,
      http: {
        path: [
          {
            path: "/",
            path_type: "Prefix",
            backend: {
              service: { name: "${kubernetes_service_v1.inference.metadata[0].name}", port: { number: 443 } },
            },
          },
        ],
      },
    });
    const hosts = ["*.models.example.com", "inference.example.com", "models.example.com"];
    expect(resources(full, "kubernetes_ingress_v1")).toEqual({
      inference: {
        metadata: {
          name: "inference",
          namespace,
          labels,
          annotations: {
            "nginx.ingress.kubernetes.io/backend-protocol": "HTTPS",
            "nginx.ingress.kubernetes.io/proxy-ssl-verify": "on",
          },
        },
        spec: {
          ingress_class_name: "nginx",
          tls: [{ hosts, secret_name: "${kubernetes_secret_v1.inference.metadata[0].name}" }],
          rule: hosts.map(rule),
        },
      },
    });
    expect(resources(edge, "kubernetes_ingress_v1").gateway?.spec).not.toHaveProperty("ingress_class_name");
    expect(resources(selfSigned, "kubernetes_ingress_v1")).toEqual({});
  });

  test("a namespace is made and waited for if the config says so, and otherwise only named", () => {
    const placesOf = ({ resource }: TerraformJson) =>
      Object.entries(resource ?? {}).flatMap(([type, named]) =>
        /^kubernetes_(?!namespace)/.test(type)
          ? Object.values(named).map(({ metadata }) => (metadata as Fields).namespace)
          : [],
      );
    expect(resources(full, "kubernetes_namespace_v1")).toEqual({
      namespace_pipeline: { metadata: { name: "pipeline", labels } },
    });
    expect(new Set(placesOf(full))).toEqual(new Set([namespace]));
    expect(resources(edge, "kubernetes_namespace_v1")).toEqual({});
    expect(new Set(placesOf(edge))).toEqual(new Set(["edge"]));
  });
});

describe("aliases", () => {
  test("lead every public name to a load balancer that is looked up, in a zone that is looked up", () => {
    const alias = (name: string) => ({
      zone_id: "${data.aws_route53_zone.zone_example_com.zone_id}",
      name,
      type: "A",
      alias: {
        name: "${data.aws_lb.load_balancer.dns_name}",
        zone_id: "${data.aws_lb.load_balancer.zone_id}",
        evaluate_target_health: true,
      },
    });
    expect(resources(full, "aws_route53_record")).toEqual({
      "alias_-wildcard_models_example_com": alias("*.models.example.com"),
      alias_inference_example_com: alias("inference.example.com"),
      alias_ingest_example_com: alias("ingest.example.com"),
      alias_models_example_com: alias("models.example.com"),
    });
    const { tls_certificate: _, ...lookups } = full.data ?? {};
    expect(lookups).toEqual({
      aws_lb: { load_balancer: expect.objectContaining({ name: "pipeline" }) },
      aws_route53_zone: { zone_example_com: expect.objectContaining({ name: "example.com", private_zone: false }) },
    });
    expect(output(full, "domain_names")).toEqual({
      "*.models.example.com": "${aws_route53_record.alias_-wildcard_models_example_com.fqdn}",
      "inference.example.com": "${aws_route53_record.alias_inference_example_com.fqdn}",
      "ingest.example.com": "${aws_route53_record.alias_ingest_example_com.fqdn}",
      "models.example.com": "${aws_route53_record.alias_models_example_com.fqdn}",
    });
  });

  test("or to a target whose address is given, without a question to AWS", () => {
    expect(resources(edge, "aws_route53_record").alias_example_org).toEqual({
      zone_id: "Z0987654321ZYXWVUTSR",
      name: "example.org",
      type: "A",
      alias: {
        name: "edge-1234567890.us-east-1.elb.amazonaws.com",
        zone_id: "Z35SXDOTRQ7X7K",
        evaluate_target_health: true,
      },
    });
    expect(Object.keys(edge.data ?? {})).toEqual(["tls_certificate"]);
  });

  test("each in the zone with the longest name that covers it, and zones without one are not looked up", () => {
    const zones = { "example.com": "lookup", "b.example.com": "Z1", "example.org": "lookup", "example.net": "lookup" };
    const dns = { in: "route53", region: "eu-west-1", zones, target: { name: "pipeline" } };
    const names = ["a.example.com", "a.b.example.com", "*.b.example.com", "example.net"];
    const json = withServices({ ingest: { ...pods, names } }, { dns });
    const zoneOf = ({ zone_id }: Block) => zone_id;
    const placed = Object.entries(resources(json, "aws_route53_record")).map(([name, one]) => [name, zoneOf(one)]);
    expect(Object.fromEntries(placed)).toEqual({
      "alias_-wildcard_b_example_com": "Z1",
      alias_a_b_example_com: "Z1",
      alias_a_example_com: "${data.aws_route53_zone.zone_example_com.zone_id}",
      alias_example_net: "${data.aws_route53_zone.zone_example_net.zone_id}",
    });
    expect(Object.keys(json.data?.aws_route53_zone ?? {}).sort()).toEqual(["zone_example_com", "zone_example_net"]);
  });

  test.each([
    [["example.com"], "for the zone `example.com`, and to look up the load balancer `pipeline` in eu-west-1"],
    [["example.net", "a.example.com"], "for the zones `example.com`, `example.net`, and to look up"],
  ])("of %j are on the page for operators with their zones", (names, wanted) => {
    const zones = { "example.com": "lookup", "example.net": "Z1", "example.org": "Z2" };
    const dns = { in: "route53", region: "eu-west-1", zones, target: { name: "pipeline" } };
    const given = configOf({ ingest: { ...pods, names } }, { dns });
    expect(pageOf(given, "mesh")).toContain(`AWS credentials ${wanted}`);
  });

  test("and nothing of AWS is in a stack without dns, not even its provider", () => {
    expect(JSON.stringify(selfSigned)).not.toContain("aws_");
    expect(Object.keys(selfSigned.provider ?? {})).toEqual(["kubernetes", "tls"]);
    expect(Object.keys(selfSigned.terraform.required_providers)).toEqual(["kubernetes", "tls"]);
    expect(output(selfSigned, "domain_names")).toBeUndefined();
  });
});

describe("providers", () => {
  test("reach the config's cluster: the file is named only where the config names it", () => {
    // What other controllers write is theirs.
    const ignored = { ignore_annotations: [".*"], ignore_labels: [".*"] };
    expect(full.provider?.kubernetes).toEqual([
      { config_path: "~/.kube/config", config_context: "kind-pipeline", ...ignored },
    ]);
    expect(edge.provider?.kubernetes).toEqual([{ config_context: "kind-edge", ...ignored }]);
  });

  test("refuse another AWS account where the config states one, and tag everything", () => {
    expect(full.provider?.aws).toEqual([
      { region: "eu-west-1", allowed_account_ids: ["111122223333"], default_tags: [{ tags: labels }] },
    ]);
    expect(edge.provider?.aws).toEqual([
      { region: "us-east-1", default_tags: [{ tags: { ...labels, stack: "pipeline-tls-edge" } }] },
    ]);
  });

  test("of tls need no setting, and take the version that the config asks for", () => {
    expect(full.provider?.tls).toEqual([{}]);
    expect(full.terraform.required_providers.tls).toEqual({ source: "hashicorp/tls", version: "~> 4.0" });
  });
});

describe("the inventory", () => {
  test("says of the authority and of every service who signs, who renews, and where the key and the Secret are", () => {
    const keyLocation = "Terraform's state, saved plans and `show -json`, for everyone who reads one of them";
    const common = { key_location: keyLocation, key_in_state: true, issued_at: "${null}", arn: "${null}" };
    expect(output(full, "certificate_inventory")).toMatchObject({
      ca: {
        ...common,
        names: [],
        issuer: "itself",
        lifetime: "730d",
        renewed_by: "not renewed: replace it by hand",
        not_after: "${tls_self_signed_cert.ca.validity_end_time}",
        secret: "${null}",
      },
      inference: {
        ...common,
        names: [
          "*.models.example.com",
          "inference",
          "inference.example.com",
          "inference.pipeline",
          "inference.pipeline.svc",
          "inference.pipeline.svc.k8s.internal",
          "models.example.com",
        ],
        issuer: "the stack's own authority",
        lifetime: "365d",
        renewed_by: "an apply in its last 2920h",
        not_after: "${tls_locally_signed_cert.inference.validity_end_time}",
        secret: "pipeline/inference.tls",
      },
    });
    expect(output(selfSigned, "certificate_inventory")).toMatchObject({
      worker: {
        ...common,
        issuer: "itself",
        lifetime: "90d",
        renewed_by: "an apply in its last 30d",
        not_after: "${tls_self_signed_cert.worker.validity_end_time}",
        secret: "trial/worker",
      },
    });
  });

  test("has the same fields for every certificate of every scenario", () => {
    const made = [synthesizedStacks(example).stacks, stacks].flatMap((all) => Object.values(all));
    const entries = made.flatMap((json) => Object.values(output(json, "certificate_inventory")));
    expect(entries.length).toBeGreaterThan(10);
    const fields = entries.map((entry) =>
      Object.keys(entry as Fields)
        .sort()
        .join(),
    );
    expect([...new Set(fields)]).toEqual([
      "arn,issued_at,issuer,key_in_state,key_location,lifetime,names,not_after,renewed_by,secret",
    ]);
  });

  test("and the other outputs name the same certificates, with the end of each", () => {
    const ends = Object.entries(output(full, "certificate_inventory")).map(([name, entry]) => [
      name,
      (entry as Block).not_after,
    ]);
    expect(output(full, "certificate_not_after")).toEqual(Object.fromEntries(ends));
    expect(output(full, "certificate_fingerprints")).toEqual({
      inference: "${data.tls_certificate.inference.certificates[0].sha1_fingerprint}",
      ingest: "${data.tls_certificate.ingest.certificates[0].sha1_fingerprint}",
      trainer: "${data.tls_certificate.trainer.certificates[0].sha1_fingerprint}",
    });
    for (const name of ["inference", "ingest", "trainer"]) {
      expect(full.data?.tls_certificate?.[name]?.content).toBe(`\${tls_locally_signed_cert.${name}.cert_pem}`);
    }
  });
});

describe("of any config", () => {
  const key = fc.stringMatching(/^[a-z]([a-z0-9-]{0,6}[a-z0-9])?$/).filter((text) => text !== "ca");
  const some = runs(4);

  test("a re-ordered one changes no byte", () => {
    expectSameInAnyOrder(whole, 1);
  });

  test("a service added adds its own resources and its lines in outputs, and changes no byte of any other", () => {
    const services = fc.uniqueArray(key, { minLength: 2, maxLength: 3 });
    fc.assert(
      fc.property(services, fc.constantFrom("local-ca", "self-signed"), ([added = "", ...rest], mode) => {
        const dns = {
          in: "route53",
          region: "eu-west-1",
          zones: { "example.com": "lookup" },
          target: { name: "pipeline" },
        };
        const own = (name: string, index: number) => [name, { ...pods, names: [`n${index}.example.com`] }] as const;
        const before = withServices(Object.fromEntries(rest.map(own)), { mode, dns });
        const after = withServices(Object.fromEntries([...rest, added].map(own)), { mode, dns });
        const { added: made, touched } = changesBetween(before, after);
        const alias = `aws_route53_record.alias_n${rest.length}_example_com`;
        const types = ["kubernetes_secret_v1", "kubernetes_service_v1", "tls_private_key"].concat(
          mode === "local-ca" ? ["tls_cert_request", "tls_locally_signed_cert"] : ["tls_self_signed_cert"],
        );
        expect(made).toEqual(
          [alias, `data.tls_certificate.${added}`, ...types.map((type) => `${type}.${added}`)].sort(),
        );
        // Without an authority, clients must come to trust the new certificate.
        expect(touched).toEqual(mode === "local-ca" ? [] : ["kubernetes_config_map_v1.trust_bundle"]);

        const { [`${added}_expiry`]: check, ...checks } = after.check ?? {};
        expect([check === undefined, checks]).toEqual([false, before.check]);
        expect(Object.keys(after.output ?? {})).toEqual(Object.keys(before.output ?? {}));
        for (const name of Object.keys(before.output ?? {})) {
          const [then, now] = [output(before, name), output(after, name)];
          if (name === "ca_bundle" || name === "scenario") {
            if (mode === "local-ca") expect(now).toEqual(then);
            continue;
          }
          const line = name === "domain_names" ? `n${rest.length}.example.com` : added;
          const { [line]: added_, ...others } = now;
          expect(added_).toBeDefined();
          expect(others).toEqual(then);
        }
      }),
      some,
    );
  });

  test("no two services or names lose a resource", () => {
    const label = fc.constantFrom("a", "b", "a-b", "wildcard", "alias", "zone", "*", "*.a", "a.b");
    const names = fc.uniqueArray(label, { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(names, names, (one, other) => {
        const dns = {
          in: "route53",
          region: "eu-west-1",
          zones: { "example.com": "lookup" },
          target: { name: "pipeline" },
        };
        const mine = one.map((name) => `${name}.example.com`);
        const theirs = other.filter((name) => !one.includes(name)).map((name) => `${name}.example.com`);
        const made = withServices({ a: { ...pods, names: mine }, "a-b": { ...pods, names: theirs } }, { dns });
        const all = [...mine, ...theirs].sort();
        expect(
          Object.values(resources(made, "aws_route53_record"))
            .map(({ name }) => name)
            .sort(),
        ).toEqual(all);
        expect(Object.keys(output(made, "domain_names")).sort()).toEqual(all);
      }),
      some,
    );
  });

  test("a service or certificate may have the name of anything that a stack has of its own", () => {
    const keys = ["alias", "aws", "backend", "expiry", "kubernetes", "load-balancer", "namespace", "output", "pipeline"]
      .concat(["provider", "state-backend", "tls", "trust", "trust-bundle", "us-east-1", "validation", "zone"])
      .sort();
    const entries = <Value>(value: (key: string) => Value) => Object.fromEntries(keys.map((key) => [key, value(key)]));
    const dns = {
      in: "route53",
      region: "us-east-1",
      zones: { "example.com": "lookup" },
      target: { name: "pipeline" },
    };
    const services = entries((key) => ({ ...pods, names: [`${key}.example.com`], ingress: {} }));
    const namespace = { name: "namespace", create: true };
    for (const mode of ["local-ca", "self-signed"]) {
      const json = withServices(services, { mode, dns, namespace });
      const authority = mode === "local-ca" ? 1 : 0;
      expect(resourceCounts(json)).toEqual({
        aws_route53_record: keys.length,
        kubernetes_config_map_v1: 1,
        kubernetes_ingress_v1: keys.length,
        kubernetes_namespace_v1: 1,
        kubernetes_secret_v1: keys.length,
        kubernetes_service_v1: keys.length,
        tls_private_key: keys.length + authority,
        ...(authority === 0
          ? { tls_self_signed_cert: keys.length }
          : { tls_cert_request: keys.length, tls_locally_signed_cert: keys.length, tls_self_signed_cert: 1 }),
      });
      expect(Object.keys(json.check ?? {})).toHaveLength(keys.length + authority);
      expect(Object.keys(json.output ?? {})).toHaveLength(7);
    }
    const web = {
      scenario: "acm-route53",
      region: "eu-west-1",
      dns: { in: "route53", zones: { "example.com": "Z0123456789ABCDEFGHIJ" } },
      certificates: entries((key) => ({ names: [`${key}.example.com`], attach: [{ to: "cloudfront" }] })),
    };
    const { resource, check } = synthesizedJson({ ...configOf({}), stacks: { web } }, "web");
    for (const named of Object.values(resource ?? {})) expect(Object.keys(named)).toHaveLength(keys.length);
    expect(Object.keys(check ?? {})).toHaveLength(keys.length);
  });
});
