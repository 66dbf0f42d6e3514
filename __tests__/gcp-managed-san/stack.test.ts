import { readdirSync } from "node:fs";
import { basename } from "node:path";
import * as fc from "fast-check";
import { everything, type Fields } from "../support/configs";
import { runs } from "../support/runs";
import {
  allAddresses,
  allResources,
  changesBetween,
  expectGoldenOf,
  expectSameInAnyOrder,
  pageOf,
  resources,
  synthesizedStacks,
} from "../support/stack-test";
import { addresses, type Block, synthesizedJson, type TerraformJson, textsIn } from "../support/synthesis";
import { config, llama, three } from "./configs";

/** A config that has every optional field of this scenario. */
const whole = everything("gcp-everything");
const { stacks, stack } = synthesizedStacks(whole);
const perName = stack("per-name");
const changing = stack("changing");
const elsewhere = stack("elsewhere");

const cloudRun = (region: string, service = "llama") => ({ cloudRun: { region, service } });
const dns = { in: "cloud-dns", zones: { "example.com": "example-com" } };

/** The only stack, `lb`, of a config without mistakes, with some fields changed. */
function lb(changes: Fields = {}): TerraformJson {
  return synthesizedJson(config({ dns, defaultCertificate: undefined, ...changes }), "lb");
}

const proxy = (json: TerraformJson) => resources(json, "google_compute_target_https_proxy").https;

describe("operations receive exactly the bytes in golden/", () => {
  const examples = readdirSync("config/examples").filter((name) => name.startsWith("gcp-"));

  test.each(examples)("of %s", (file) => {
    const config = (require(`../../config/examples/${file}`) as { default: object }).default;
    expectGoldenOf(basename(file, ".ts"), config);
  });

  test("of the config with every field", () => expectGoldenOf("gcp-everything", whole));
});

test("addresses are frozen: a changed line here is destroy-and-create in production", () => {
  expect(allAddresses(stacks)).toEqual([
    "changing: aws_route53_record.proof_new_example_org",
    "changing: aws_route53_record.proof_old_example_org",
    "changing: check.issued_by_compute_all_52606def91",
    "changing: check.issued_by_compute_all_b1baeff5a2",
    "changing: google_certificate_manager_certificate.certificate_all",
    "changing: google_certificate_manager_certificate_map.hosts",
    "changing: google_certificate_manager_certificate_map_entry.entry_new_example_org",
    "changing: google_certificate_manager_certificate_map_entry.entry_old_example_org",
    "changing: google_certificate_manager_certificate_map_entry.entry_primary",
    "changing: google_certificate_manager_dns_authorization.authorization_new_example_org",
    "changing: google_certificate_manager_dns_authorization.authorization_old_example_org",
    "changing: google_compute_backend_service.backend_run",
    "changing: google_compute_global_address.ipv4",
    "changing: google_compute_global_forwarding_rule.https_ipv4",
    "changing: google_compute_managed_ssl_certificate.compute_all_52606def91",
    "changing: google_compute_managed_ssl_certificate.compute_all_b1baeff5a2",
    "changing: google_compute_region_network_endpoint_group.group_run",
    "changing: google_compute_ssl_policy.tls",
    "changing: google_compute_target_https_proxy.https",
    "changing: google_compute_url_map.routes",
    "changing: output.addresses",
    "changing: output.certificate_inventory",
    "changing: output.certificate_names",
    "changing: output.dns_records",
    "changing: output.scenario",
    "elsewhere: check.issued_by_compute_all_1680e0af81",
    "elsewhere: check.issued_by_compute_all_ba6a561fbe",
    "elsewhere: google_compute_backend_service.backend_servers",
    "elsewhere: google_compute_global_address.ipv4",
    "elsewhere: google_compute_global_forwarding_rule.http_ipv4",
    "elsewhere: google_compute_global_forwarding_rule.https_ipv4",
    "elsewhere: google_compute_health_check.health_servers",
    "elsewhere: google_compute_managed_ssl_certificate.compute_all_1680e0af81",
    "elsewhere: google_compute_managed_ssl_certificate.compute_all_ba6a561fbe",
    "elsewhere: google_compute_ssl_policy.tls",
    "elsewhere: google_compute_target_http_proxy.http",
    "elsewhere: google_compute_target_https_proxy.https",
    "elsewhere: google_compute_url_map.redirect",
    "elsewhere: google_compute_url_map.routes",
    "elsewhere: output.addresses",
    "elsewhere: output.certificate_inventory",
    "elsewhere: output.certificate_names",
    "elsewhere: output.dns_records",
    "elsewhere: output.scenario",
    "per-name: google_certificate_manager_certificate.certificate_-wildcard_ml_example_com",
    "per-name: google_certificate_manager_certificate.certificate_a-bc_example_com",
    "per-name: google_certificate_manager_certificate.certificate_a_bc_example_com",
    "per-name: google_certificate_manager_certificate.certificate_ab_c_example_com",
    "per-name: google_certificate_manager_certificate.certificate_api_example_com",
    "per-name: google_certificate_manager_certificate.certificate_lesen_xn--bcher-kva_example",
    "per-name: google_certificate_manager_certificate.certificate_ml_example_com",
    "per-name: google_certificate_manager_certificate_map.hosts",
    "per-name: google_certificate_manager_certificate_map_entry.entry_-wildcard_ml_example_com",
    "per-name: google_certificate_manager_certificate_map_entry.entry_a-bc_example_com",
    "per-name: google_certificate_manager_certificate_map_entry.entry_a_bc_example_com",
    "per-name: google_certificate_manager_certificate_map_entry.entry_ab_c_example_com",
    "per-name: google_certificate_manager_certificate_map_entry.entry_api_example_com",
    "per-name: google_certificate_manager_certificate_map_entry.entry_lesen_xn--bcher-kva_example",
    "per-name: google_certificate_manager_certificate_map_entry.entry_ml_example_com",
    "per-name: google_certificate_manager_certificate_map_entry.entry_primary",
    "per-name: google_certificate_manager_dns_authorization.authorization_a-bc_example_com",
    "per-name: google_certificate_manager_dns_authorization.authorization_a_bc_example_com",
    "per-name: google_certificate_manager_dns_authorization.authorization_ab_c_example_com",
    "per-name: google_certificate_manager_dns_authorization.authorization_api_example_com",
    "per-name: google_certificate_manager_dns_authorization.authorization_lesen_xn--bcher-kva_example",
    "per-name: google_certificate_manager_dns_authorization.authorization_ml_example_com",
    "per-name: google_compute_backend_service.backend_endpoints",
    "per-name: google_compute_backend_service.backend_groups",
    "per-name: google_compute_backend_service.backend_run",
    "per-name: google_compute_global_address.ipv4",
    "per-name: google_compute_global_address.ipv6",
    "per-name: google_compute_global_forwarding_rule.http_ipv4",
    "per-name: google_compute_global_forwarding_rule.http_ipv6",
    "per-name: google_compute_global_forwarding_rule.https_ipv4",
    "per-name: google_compute_global_forwarding_rule.https_ipv6",
    "per-name: google_compute_health_check.health_endpoints",
    "per-name: google_compute_health_check.health_groups",
    "per-name: google_compute_network_endpoint.endpoint_endpoints_llama-0",
    "per-name: google_compute_network_endpoint.endpoint_endpoints_llama-1",
    "per-name: google_compute_network_endpoint_group.group_endpoints",
    "per-name: google_compute_region_network_endpoint_group.group_run",
    "per-name: google_compute_ssl_policy.tls",
    "per-name: google_compute_target_http_proxy.http",
    "per-name: google_compute_target_https_proxy.https",
    "per-name: google_compute_url_map.redirect",
    "per-name: google_compute_url_map.routes",
    "per-name: google_dns_record_set.address_-wildcard_ml_example_com_a",
    "per-name: google_dns_record_set.address_-wildcard_ml_example_com_aaaa",
    "per-name: google_dns_record_set.address_a-bc_example_com_a",
    "per-name: google_dns_record_set.address_a-bc_example_com_aaaa",
    "per-name: google_dns_record_set.address_a_bc_example_com_a",
    "per-name: google_dns_record_set.address_a_bc_example_com_aaaa",
    "per-name: google_dns_record_set.address_ab_c_example_com_a",
    "per-name: google_dns_record_set.address_ab_c_example_com_aaaa",
    "per-name: google_dns_record_set.address_api_example_com_a",
    "per-name: google_dns_record_set.address_api_example_com_aaaa",
    "per-name: google_dns_record_set.address_lesen_xn--bcher-kva_example_a",
    "per-name: google_dns_record_set.address_lesen_xn--bcher-kva_example_aaaa",
    "per-name: google_dns_record_set.address_ml_example_com_a",
    "per-name: google_dns_record_set.address_ml_example_com_aaaa",
    "per-name: google_dns_record_set.proof_a-bc_example_com",
    "per-name: google_dns_record_set.proof_a_bc_example_com",
    "per-name: google_dns_record_set.proof_ab_c_example_com",
    "per-name: google_dns_record_set.proof_api_example_com",
    "per-name: google_dns_record_set.proof_lesen_xn--bcher-kva_example",
    "per-name: google_dns_record_set.proof_ml_example_com",
    "per-name: output.addresses",
    "per-name: output.certificate_inventory",
    "per-name: output.certificate_names",
    "per-name: output.dns_records",
    "per-name: output.scenario",
  ]);
});

describe("names", () => {
  test("are frozen: another name is another resource", () => {
    const names = Object.entries(allResources(lb())).map(([address, { name }]) => `${address}: ${name}`);
    expect(names).toEqual([
      "google_certificate_manager_certificate.certificate_api_example_com: test-lb-api-example-com-eb258cf350",
      "google_certificate_manager_certificate.certificate_chat_example_com: test-lb-chat-example-com-6a531bc39c",
      "google_certificate_manager_certificate_map.hosts: test-lb-hosts-00fccbd5c3",
      "google_certificate_manager_certificate_map_entry.entry_api_example_com: test-lb-api-example-com-b37fb4a1b1",
      "google_certificate_manager_certificate_map_entry.entry_chat_example_com: test-lb-chat-example-com-2ef0e1978d",
      "google_certificate_manager_dns_authorization.authorization_api_example_com: test-lb-api-example-com-8a3229b0f5",
      "google_certificate_manager_dns_authorization.authorization_chat_example_com: test-lb-chat-example-com-bf4f0adbc3",
      "google_compute_backend_service.backend_llama: test-lb-llama-b908836058",
      "google_compute_global_address.ipv4: test-lb-ipv4-d37ce3039e",
      "google_compute_global_forwarding_rule.http_ipv4: test-lb-http-ipv4-9901575d84",
      "google_compute_global_forwarding_rule.https_ipv4: test-lb-https-ipv4-d8b2165f8d",
      "google_compute_region_network_endpoint_group.group_llama: test-lb-llama-f189c9841c",
      "google_compute_ssl_policy.tls: test-lb-tls-62a6e77d7e",
      "google_compute_target_http_proxy.http: test-lb-http-286efe89e5",
      "google_compute_target_https_proxy.https: test-lb-https-45d87ab27c",
      "google_compute_url_map.redirect: test-lb-redirect-d604e56a35",
      "google_compute_url_map.routes: test-lb-routes-01ac2c650a",
      "google_dns_record_set.address_api_example_com_a: api.example.com.",
      "google_dns_record_set.address_chat_example_com_a: chat.example.com.",
      "google_dns_record_set.proof_api_example_com: ${google_certificate_manager_dns_authorization.authorization_api_example_com.dns_resource_record[0].name}",
      "google_dns_record_set.proof_chat_example_com: ${google_certificate_manager_dns_authorization.authorization_chat_example_com.dns_resource_record[0].name}",
    ]);
  });

  const withNeg = (changes: Fields) =>
    lb({
      backends: {
        llama: {
          zonalNeg: {
            zone: "europe-west4-a",
            network: "serving",
            subnetwork: "serving",
            endpoints: { "llama-0": { address: "10.0.0.5", port: 8000 } },
            maxRatePerEndpoint: 20,
            ...changes,
          },
        },
      },
    });

  test.each<[what: string, address: string, before: TerraformJson, after: TerraformJson]>([
    ["keep-alive", "google_compute_target_https_proxy.https", lb(), lb({ keepAlive: "620s" })],
    [
      "region",
      "google_compute_region_network_endpoint_group.group_llama",
      lb(),
      lb({ backends: { llama: cloudRun("us-east1") } }),
    ],
    [
      "service",
      "google_compute_region_network_endpoint_group.group_llama",
      lb(),
      lb({ backends: { llama: cloudRun("europe-west4", "other") } }),
    ],
    ["zone", "google_compute_network_endpoint_group.group_llama", withNeg({}), withNeg({ zone: "europe-west4-b" })],
    ["network", "google_compute_network_endpoint_group.group_llama", withNeg({}), withNeg({ network: "other" })],
    ["subnetwork", "google_compute_network_endpoint_group.group_llama", withNeg({}), withNeg({ subnetwork: "other" })],
    ["kind of backend", "google_compute_backend_service.backend_llama", lb(), withNeg({})],
    [
      "names",
      "google_certificate_manager_certificate.certificate_all",
      lb({ grouping: "all" }),
      lb({ grouping: "all", hosts: { "api.example.com": llama } }),
    ],
  ])("another %s, for which the provider replaces it, is another name", (_, address, before, after) => {
    const [old, young] = [before, after].map((json) => allResources(json)[address]?.name);
    expect(typeof old).toBe("string");
    expect(young).not.toBe(old);
  });

  test("of Compute's certificates come from their names alone", () => {
    const names = (json: TerraformJson) =>
      Object.values(resources(json, "google_compute_managed_ssl_certificate")).map(({ name }) => name);
    const all = { mode: "compute", grouping: "all" };
    const [before] = names(lb(all));
    const [after] = names(lb({ ...all, hosts: { "api.example.com": llama } }));
    expect(after).not.toBe(before);
    expect(names(lb({ ...all, keepAlive: "620s", backends: { llama: cloudRun("us-east1") } }))).toEqual([before]);
  });
});

test("everything that something refers to is replaced only once nothing does", () => {
  for (const json of [...Object.values(stacks), lb(), lb({ mode: "compute", defaultCertificate: "api.example.com" })]) {
    const all = allResources(json);
    const mentioned = new Set(
      textsIn(all).flatMap((text) =>
        [...text.matchAll(/\$\{(google_\w+\.[\w-]+)\./g)].map(([, address = ""]) => address),
      ),
    );
    expect(mentioned.size).toBeGreaterThan(5);
    for (const address of mentioned) {
      expect({ address, ...all[address] }).toMatchObject({ address, lifecycle: { create_before_destroy: true } });
    }
  }
});

describe("certificates", () => {
  test("are one for each name by default, and a name added changes nothing that is there", () => {
    // What a resource depends on is not part of it.
    expect(changesBetween(lb(), lb({ hosts: three }), "depends_on")).toEqual({
      added: [
        "google_certificate_manager_certificate.certificate_new_example_com",
        "google_certificate_manager_certificate_map_entry.entry_new_example_com",
        "google_certificate_manager_dns_authorization.authorization_new_example_com",
        "google_dns_record_set.address_new_example_com_a",
        "google_dns_record_set.proof_new_example_com",
      ],
      touched: [],
    });
  });

  test("live as long as the inventory says, which follows the horizon", () => {
    const lifetimes = (horizon?: string) => {
      const json = synthesizedJson({ ...config({}), horizon }, "lb");
      return [...JSON.stringify(json.output?.certificate_inventory).matchAll(/"lifetime":"([^"]+)"/g)].map(
        ([, it]) => it,
      );
    };
    expect(lifetimes("2027-03-15")).toEqual(["90d", "90d"]);
    expect(lifetimes("2029-03-15")).toEqual(["47d", "47d"]);
  });

  test("a domain and its wildcard share an authorization of the project's own kind", () => {
    const json = lb({ hosts: { "example.com": llama, "*.example.com": llama } });
    expect(resources(json, "google_certificate_manager_dns_authorization")).toEqual({
      authorization_example_com: {
        name: expect.any(String),
        domain: "example.com",
        // Fixed records clash between projects.
        type: "PER_PROJECT_RECORD",
        lifecycle: { create_before_destroy: true },
      },
    });
    const managed = Object.values(resources(json, "google_certificate_manager_certificate")).map((one) => one.managed);
    const authorizations = ["${google_certificate_manager_dns_authorization.authorization_example_com.id}"];
    expect(managed).toEqual([
      { domains: ["*.example.com"], dns_authorizations: authorizations },
      { domains: ["example.com"], dns_authorizations: authorizations },
    ]);
  });

  test("every one has an authorization for each of its domains, and none has an issuance config besides", () => {
    for (const json of [perName, changing]) {
      const authorized = resources(json, "google_certificate_manager_dns_authorization");
      for (const { managed } of Object.values(resources(json, "google_certificate_manager_certificate"))) {
        const { domains, dns_authorizations: given, ...rest } = managed as Record<string, string[]>;
        expect(rest).toEqual({});
        const bases = new Set(domains?.map((domain) => domain.replace("*.", "")));
        const of = given?.map((text) => authorized[text.split(".")[1] ?? ""]?.domain);
        expect(new Set(of)).toEqual(bases);
      }
    }
  });

  test("are on the proxy through a map with its whole name, after every entry of it", () => {
    expect(proxy(perName)).toMatchObject({
      certificate_map: "//certificatemanager.googleapis.com/${google_certificate_manager_certificate_map.hosts.id}",
      depends_on: Object.keys(resources(perName, "google_certificate_manager_certificate_map_entry")).map(
        (name) => `google_certificate_manager_certificate_map_entry.${name}`,
      ),
    });
    expect(proxy(perName)).not.toHaveProperty("ssl_certificates");
  });

  test("with the default one for clients that name no host", () => {
    const { entry_primary: primary } = resources(perName, "google_certificate_manager_certificate_map_entry");
    expect(primary).toMatchObject({
      matcher: "PRIMARY",
      certificates: ["${google_certificate_manager_certificate.certificate_ml_example_com.id}"],
    });
    expect(primary).not.toHaveProperty("hostname");
    expect(resources(lb(), "google_certificate_manager_certificate_map_entry")).not.toHaveProperty("entry_primary");
  });

  test("wait at a gate where one is for all, and where asked", () => {
    const gates = (json: TerraformJson) =>
      Object.values(resources(json, "google_certificate_manager_certificate")).map(
        ({ lifecycle }) => (lifecycle as { postcondition?: Block[] }).postcondition?.[0]?.condition,
      );
    const gate = '${self.managed[0].state == "ACTIVE"}';
    expect(gates(lb())).toEqual([undefined, undefined]);
    expect(gates(lb({ gate: true }))).toEqual([gate, gate]);
    expect(gates(lb({ phase: "add-map" }))).toEqual([gate, gate]);
    expect(gates(lb({ grouping: "all" }))).toEqual([gate]);
  });

  test("of both kinds are on the proxy while the mode changes, and those of Compute are the same as before", () => {
    const compute = lb({ mode: "compute", defaultCertificate: "api.example.com" });
    const both = lb({ phase: "add-map", defaultCertificate: "api.example.com" });
    const after = lb({ phase: "drop-certificates", defaultCertificate: "api.example.com" });
    expect(proxy(both)?.ssl_certificates).toEqual(proxy(compute)?.ssl_certificates);
    expect(proxy(both)?.certificate_map).toEqual(proxy(after)?.certificate_map);
    expect(resources(both, "google_compute_managed_ssl_certificate")).toEqual(
      resources(compute, "google_compute_managed_ssl_certificate"),
    );
    expect(proxy(after)).not.toHaveProperty("ssl_certificates");
    const gated = lb({ gate: true, defaultCertificate: "api.example.com" });
    expect(changesBetween(after, gated, "depends_on")).toEqual({ added: [], touched: [] });
  });
});

describe("the load balancer", () => {
  test("is of today's kind in every part that has one", () => {
    for (const json of Object.values(stacks)) {
      const parts = ["google_compute_backend_service", "google_compute_global_forwarding_rule"];
      for (const part of parts.flatMap((type) => Object.values(resources(json, type)))) {
        expect(part.load_balancing_scheme).toBe("EXTERNAL_MANAGED");
      }
    }
  });

  test("has its floor of TLS written out", () => {
    expect(resources(lb(), "google_compute_ssl_policy").tls).toMatchObject({
      profile: "MODERN",
      min_tls_version: "TLS_1_2",
    });
  });

  test("sends port 80 to HTTPS on the same addresses, keeping the query and the method", () => {
    expect(resources(perName, "google_compute_url_map").redirect).toMatchObject({
      default_url_redirect: { https_redirect: true, strip_query: false, redirect_response_code: "PERMANENT_REDIRECT" },
    });
    const rules = resources(perName, "google_compute_global_forwarding_rule");
    for (const version of ["ipv4", "ipv6"]) {
      expect(rules[`http_${version}`]?.ip_address).toBe(rules[`https_${version}`]?.ip_address);
    }
    expect(addresses(changing).filter((address) => /http_|redirect/.test(address))).toEqual([]);
  });

  test("has a rule for each host that the default does not serve, with a name that no other has", () => {
    const { routes } = resources(perName, "google_compute_url_map");
    const matchers = routes?.path_matcher as readonly { readonly name: string; readonly default_service: string }[];
    const rules = routes?.host_rule as readonly { readonly hosts: string[]; readonly path_matcher: string }[];
    expect(rules.map(({ hosts }) => hosts)).toEqual([
      ["*.ml.example.com"],
      ["a-bc.example.com"],
      ["a.bc.example.com"],
      ["ab.c.example.com"],
      ["api.example.com"],
      ["ml.example.com"],
    ]);
    expect(rules.map(({ path_matcher }) => path_matcher)).toEqual(matchers.map(({ name }) => name));
    expect(new Set(matchers.map(({ name }) => name)).size).toBe(matchers.length);
    expect(routes?.default_service).toBe("${google_compute_backend_service.backend_groups.id}");
  });

  test("spreads load over endpoints by their rate, one resource for each, which are in before it serves from them", () => {
    const { backend_endpoints: service } = resources(perName, "google_compute_backend_service");
    expect(service).toMatchObject({
      backend: [{ balancing_mode: "RATE", max_rate_per_endpoint: 2.5 }],
      depends_on: [
        "google_compute_network_endpoint.endpoint_endpoints_llama-0",
        "google_compute_network_endpoint.endpoint_endpoints_llama-1",
      ],
    });
  });

  test("takes a new endpoint in before it lets the old one go", () => {
    for (const endpoint of Object.values(resources(perName, "google_compute_network_endpoint"))) {
      expect(endpoint).toMatchObject({ lifecycle: { create_before_destroy: true } });
    }
  });

  test("leaves Cloud Run what is its own: no timeout, no health check, no way of balancing", () => {
    const { backend_run: service } = resources(perName, "google_compute_backend_service");
    expect(Object.keys(service ?? {}).sort()).toEqual([
      "backend",
      "lifecycle",
      "load_balancing_scheme",
      "log_config",
      "name",
    ]);
    expect(service?.backend).toEqual([{ group: expect.any(String) }]);
  });
});

describe("records", () => {
  test("are in the zone nearest to the host, in the zones' project", () => {
    const records = resources(perName, "google_dns_record_set");
    expect(records["address_-wildcard_ml_example_com_aaaa"]).toMatchObject({
      project: "shared-dns",
      managed_zone: "ml-example-com",
      name: "*.ml.example.com.",
      type: "AAAA",
      rrdatas: ["${google_compute_global_address.ipv6.address}"],
    });
    expect(records["proof_lesen_xn--bcher-kva_example"]).toMatchObject({ managed_zone: "books", type: "CNAME" });
  });

  test("are in a zone of Route 53 that is looked up", () => {
    const json = lb({
      dns: { in: "route53", region: "eu-west-1", zones: { "example.com": "lookup", "chat.example.com": "Z1" } },
    });
    const { address_api_example_com_a: api, address_chat_example_com_a: chat } = resources(json, "aws_route53_record");
    expect(json.data?.aws_route53_zone).toEqual({
      zone_example_com: expect.objectContaining({ name: "example.com", private_zone: false }),
    });
    expect([api?.zone_id, chat?.zone_id]).toEqual(["${data.aws_route53_zone.zone_example_com.zone_id}", "Z1"]);
  });

  test("of addresses come after the listener and the host's certificate", () => {
    expect(resources(lb(), "google_dns_record_set").address_api_example_com_a?.depends_on).toEqual([
      "google_compute_global_forwarding_rule.https_ipv4",
      "google_certificate_manager_certificate_map_entry.entry_api_example_com",
    ]);
  });

  test("of addresses can wait, and are told", () => {
    expect(Object.keys(resources(changing, "aws_route53_record"))).toEqual([
      "proof_new_example_org",
      "proof_old_example_org",
    ]);
    expect(changing.output?.dns_records?.value).toEqual({
      "A new.example.org": {
        name: "new.example.org.",
        type: "A",
        data: "${google_compute_global_address.ipv4.address}",
      },
      "A old.example.org": {
        name: "old.example.org.",
        type: "A",
        data: "${google_compute_global_address.ipv4.address}",
      },
    });
  });

  test("are all told where they are elsewhere, by a key that is known before anything is made", () => {
    expect(Object.keys(elsewhere.output?.dns_records?.value as object)).toEqual([
      "A new.example.net",
      "A old.example.net",
    ]);
    const json = lb({ dns: { in: "elsewhere" } });
    expect(addresses(json).filter((address) => /record/.test(address))).toEqual(["output.dns_records"]);
    expect(json.output?.dns_records?.value).toMatchObject({
      "CNAME api.example.com": {
        name: "${google_certificate_manager_dns_authorization.authorization_api_example_com.dns_resource_record[0].name}",
        type: "CNAME",
      },
    });
  });
});

describe("the page for operators", () => {
  const page = (name: string) => pageOf(whole, name);

  test("says that an apply ends at a gate, where it looks at Google, and what a record of Cloud DNS does", () => {
    const text = page("per-name");
    expect(text).toContain("Google Cloud credentials for the project `ml-serving-prod`");
    expect(text).toContain("the zones' records in the project `shared-dns`");
    expect(text).toContain("ends with an error that says so: it is a gate, nothing that serves was changed.");
    expect(text).toContain("`gcloud certificate-manager certificates list --project ml-serving-prod`");
    expect(text).toContain("Cloud DNS replaces without a question a record of the same name and type");
    expect(text).toContain("No private key is in the state");
  });

  test("says which hosts are served, what must be there before, and the roles that an apply needs", () => {
    const text = page("per-name");
    for (const line of [
      "which serves `*.ml.example.com`, `a-bc.example.com`, `a.bc.example.com`, `ab.c.example.com`, `api.example.com`,",
      "load balancers (`roles/compute.loadBalancerAdmin`), Certificate Manager (`roles/certificatemanager.owner`), and the zones' records in the project `shared-dns` (`roles/dns.admin`).",
      "- The public managed zones `example-com` (example.com), `ml-example-com` (ml.example.com), `books` (xn--bcher-kva.example), delegated",
      "- The backend service `projects/",
      "each with the named port `",
      "- The network `",
      "- The Cloud Run service `",
      "- Firewall rules that let `130.211.0.0/22` and `35.191.0.0/16` reach the servers",
      "`pki.goog`",
    ]) {
      expect(text).toContain(line);
    }
    // Cloud Run is reached without a firewall; Compute's certificates and other people's DNS need no such role.
    expect(page("changing")).not.toContain("130.211.0.0/22");
    expect(page("elsewhere")).toContain(
      "load balancers with their SSL certificates (`roles/compute.loadBalancerAdmin`). Their",
    );
  });

  test("names the credentials of Route 53, and the records that somebody else makes", () => {
    expect(page("changing")).toContain("AWS credentials of account 111122223333 for the zones' records.");
    const text = page("elsewhere");
    expect(text).toContain("Make the records of `terraform output dns_records` with your DNS host");
    expect(text).toContain("`gcloud compute ssl-certificates list --project ml-serving-prod`");
    expect(text).toContain("A plan warns as long as one is not issued");
  });
});

test("Google's labels are in its alphabet, with the keys that were written", () => {
  expect(perName.provider?.google?.[0]).toMatchObject({
    default_labels: { team: "ml-platform", "cost-center": "4711", "managed-by": "terraform" },
  });
});

test("output does not depend on the order of what is written", () => {
  expectSameInAnyOrder(whole, 3);
});

test("no two hosts or backends lose a resource", () => {
  const label = fc.stringMatching(/^[a-z]([a-z0-9-]{0,5}[a-z0-9])?$/);
  const name = fc
    .tuple(fc.boolean(), fc.array(label, { minLength: 1, maxLength: 2 }))
    .map(([wildcard, labels]) => `${wildcard ? "*." : ""}${labels.join(".")}.example.com`);
  fc.assert(
    fc.property(
      fc.uniqueArray(name, { minLength: 1, maxLength: 6 }),
      fc.uniqueArray(label, { minLength: 1, maxLength: 3 }),
      (names, keys) => {
        const valid = names.filter((one) => !/(^|\.)..--/.test(one));
        fc.pre(valid.length > 0);
        const [first = ""] = keys;
        const json = lb({
          hosts: Object.fromEntries(valid.map((one, index) => [one, { backend: keys[index % keys.length] }])),
          defaultBackend: first,
          backends: Object.fromEntries(keys.map((key) => [key, cloudRun("europe-west4", key)])),
        });
        expect(Object.keys(resources(json, "google_certificate_manager_certificate"))).toHaveLength(valid.length);
        expect(Object.keys(resources(json, "google_compute_backend_service"))).toHaveLength(keys.length);
        const googleNames = Object.entries(allResources(json)).map(
          ([address, { name }]) => `${address.split(".")[0]} ${name}`,
        );
        expect(new Set(googleNames).size).toBe(googleNames.length);
      },
    ),
    runs(4),
  );
});
