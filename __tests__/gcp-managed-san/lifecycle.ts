import example from "../../config/example";
import compute from "../../config/examples/gcp-compute";
import grouped from "../../config/examples/gcp-grouped";
import type { ConfigInput } from "../../stacks/config";
import { type GoogleWorld, startGoogle } from "../support/servers/google-world";
import type { Actions, Lifecycle, Run } from "../support/terraform/lifecycle";
import type { Computed } from "../support/terraform/planned-state";
import { synthesized } from "../support/terraform/proofs";
import { type Json, needsOf } from "../support/terraform/terraform";

const MAIN = "gcp-managed-san";
const GROUPED = "gcp-grouped";
const COMPUTE = "gcp-compute";

/** A config with nothing but a stack, some fields of which are changed; `undefined` removes a field. */
const withChanges = (config: ConfigInput, stack: string, changes: Json) => ({
  ...config,
  stacks: { [stack]: { ...config.stacks[stack], ...changes } },
});

/** A config's stack with some fields changed, as the product synthesizes it. */
const jsonOf = (config: ConfigInput, stack: string, changes: Json = {}) =>
  synthesized(withChanges(config, stack, changes))[stack] as string;

/** What the examples say exists. */
const there = [
  "compute/projects/ml-serving-prod/global/backendServices/llama",
  "dns/projects/shared-dns/managedZones/example-com",
  "dns/projects/test-project/managedZones/example-com",
];

/** The gate: what serves is left alone until Google has issued what takes its place. */
const error = /Google has not issued the certificate for/;

const each = (addresses: readonly string[], actions: readonly string[]): Actions =>
  Object.fromEntries(addresses.map((address) => [address, actions]));

/** Addresses of what Certificate Manager has of a name. */
function managedOf(host: string) {
  const name = host.replaceAll(".", "_");
  return {
    authorization: `google_certificate_manager_dns_authorization.authorization_${name}`,
    certificate: `google_certificate_manager_certificate.certificate_${name}`,
    entry: `google_certificate_manager_certificate_map_entry.entry_${name}`,
  };
}

/** The same, with a name's records. */
function allOf(host: string) {
  const name = host.replaceAll(".", "_");
  return {
    ...managedOf(host),
    proof: `google_dns_record_set.proof_${name}`,
    address: `google_dns_record_set.address_${name}_a`,
  };
}

const primary = managedOf("primary").entry;
const proxy = "google_compute_target_https_proxy.https";
const listener = "google_compute_global_forwarding_rule.https_ipv4";
const urlMap = "google_compute_url_map.routes";
const backend = (name: string) => `google_compute_backend_service.backend_${name}`;
const serverless = (name: string) => `google_compute_region_network_endpoint_group.group_${name}`;
const before = ["create", "delete"];

const computed: Computed = {
  google_certificate_manager_dns_authorization: ({ domain }) => ({
    dns_resource_record: [
      { name: `_acme-challenge.${domain}.`, type: "CNAME", data: "1.authorize.certificatemanager.goog." },
    ],
  }),
  google_certificate_manager_certificate: ({ managed }) => ({
    managed: (managed as Json[]).map((one) => ({
      ...one,
      state: "ACTIVE",
      authorization_attempt_info: [],
      provisioning_issue: [],
    })),
    san_dnsnames: [],
  }),
  google_certificate_manager_certificate_map: () => ({ gclb_targets: [] }),
  google_compute_managed_ssl_certificate: () => ({ subject_alternative_names: [] }),
  google_compute_ssl_policy: () => ({ enabled_features: [] }),
};

const llama = { backend: "llama" };
const json = synthesized("config/example.ts")[MAIN] as string;
const needs = needsOf(JSON.parse(json) as Json);
const { hosts: routes, backends } = example.stacks[MAIN] as { hosts: Json; backends: Json };
const hosts = Object.keys(routes);
const main = (changes: Json) => jsonOf(example, MAIN, changes);
const api = "api.example.com";
const allOfApi = Object.values(allOf(api));

const oneBackend = {
  hosts: Object.fromEntries(hosts.map((host) => [host, llama])),
  backends: { llama: backends.llama },
};
const elsewhere = { ...oneBackend, backends: { llama: { cloudRun: { region: "us-central1", service: "llama" } } } };
const kept = { ...elsewhere, keepAlive: "620s" };

const served = async (world: GoogleWorld) => world.gap();
const serves =
  (...names: readonly string[]) =>
  ({ world }: Run<GoogleWorld>): void => {
    for (const name of names) expect({ name, serving: world.api.serving(name) }).toEqual({ name, serving: "ACTIVE" });
  };

/**
 * Who answers whom, by host and path, from what the provider sent: the key of a backend, or the name of a service that the
 * config names itself.
 */
const answers =
  (expected: Readonly<Record<string, string>>, port?: 80) =>
  ({ world }: Run<GoogleWorld>): void => {
    const answer = (request: string) => {
      const slash = request.indexOf("/");
      const service = world.api.servedBy(request.slice(0, slash), request.slice(slash), port) ?? "nothing";
      return service.replace(/^.*\//, "").replace(/^.*-([a-z]+)-[0-9a-f]{10}$/, "$1");
    };
    expect(Object.fromEntries(Object.keys(expected).map((request) => [request, answer(request)]))).toEqual(expected);
  };

/** What the example says of its hosts. */
const routed = {
  "chat.example.com/": "llama",
  "embeddings.example.com/": "embeddings",
  "embeddings.example.com/v1/embeddings": "embeddings",
  "somebody.example.org/": "llama",
};

/** The example: a certificate for each name. */
export const forEach: Lifecycle<GoogleWorld> = {
  stack: MAIN,
  json,
  needs,
  start: () => startGoogle({ there, watched: hosts }),
  applied: (run, { warnings }) => {
    serves(...hosts)(run);
    answers(routed)(run);
    answers({ "chat.example.com/": "redirect", "somebody.example.org/": "redirect" }, 80)(run);
    expect(warnings.map(({ detail }) => detail).sort()).toEqual(
      hosts.map((host) => expect.stringContaining(`The certificate for ${host} is not issued.`)),
    );
  },
  served,
  computed,
  changes: [
    {
      sentence: "a name added for the default backend touches nothing that is there",
      json: main({ hosts: { ...routes, [api]: llama } }),
      actions: each(allOfApi, ["create"]),
      calls: [
        "POST dnsAuthorizations",
        "records +CNAME _acme-challenge.api.example.com.",
        "POST certificates",
        "POST certificateMapEntries",
      ],
      besides: ["records +A api.example.com."],
      holds: (run) => {
        serves(api)(run);
        answers({ ...routed, [`${api}/`]: "llama" })(run);
      },
    },
    {
      sentence: "a name added for another backend changes the routes besides, in place",
      json: main({ hosts: { ...routes, [api]: { ...llama, paths: { "/v1/embeddings/*": "embeddings" } } } }),
      actions: { [urlMap]: ["update"] },
      calls: ["PUT urlMaps routes"],
      holds: (run) => {
        serves(api)(run);
        answers({ ...routed, [`${api}/`]: "llama", [`${api}/v1/embeddings/1`]: "embeddings" })(run);
      },
    },
    {
      sentence: "a name removed takes its own things and nothing else",
      json,
      actions: { ...each(allOfApi, ["delete"]), [urlMap]: ["update"] },
      calls: [
        "DELETE certificateMapEntries api-example-com",
        "DELETE certificates api-example-com",
        "records -CNAME _acme-challenge.api.example.com.",
        "DELETE dnsAuthorizations api-example-com",
      ],
      besides: ["PUT urlMaps routes", "records -A api.example.com."],
      holds: answers(routed),
    },
    {
      sentence: "a backend removed is first taken out of the routes",
      json: main(oneBackend),
      actions: { ...each([backend("embeddings"), serverless("embeddings")], ["delete"]), [urlMap]: ["update"] },
      calls: ["PUT urlMaps routes", "DELETE backendServices embeddings", "DELETE networkEndpointGroups embeddings"],
      holds: answers({ "chat.example.com/": "llama", "embeddings.example.com/": "llama" }),
    },
    {
      sentence: "a backend of another region serves before the old one goes",
      json: main(elsewhere),
      actions: { [backend("llama")]: ["update"], [serverless("llama")]: before },
      calls: ["POST networkEndpointGroups", "PUT backendServices llama", "DELETE networkEndpointGroups llama"],
    },
    {
      sentence: "another keep-alive is another proxy, to which the listener changes over",
      json: main(kept),
      actions: { [listener]: ["update"], [proxy]: before },
      calls: ["POST targetHttpsProxies", "setTarget forwardingRules https-ipv4", "DELETE targetHttpsProxies https"],
      holds: answers({ "chat.example.com/": "llama", "embeddings.example.com/": "llama" }),
    },
    {
      sentence: "TLS, HTTP/3 and a default certificate change in place",
      json: main({ ...kept, sslPolicy: { profile: "RESTRICTED" }, quic: false, defaultCertificate: hosts[0] }),
      actions: { [primary]: ["create"], ...each(["google_compute_ssl_policy.tls", proxy], ["update"]) },
      calls: [["PATCH sslPolicies tls", "POST certificateMapEntries", "setQuicOverride targetHttpsProxies https"]],
      holds: serves("anything.example.org"),
    },
    {
      sentence: "all of that taken back at once, without a gap",
      json,
      actions: {
        ...each([backend("embeddings"), serverless("embeddings")], ["create"]),
        ...each([backend("llama"), urlMap, listener, "google_compute_ssl_policy.tls"], ["update"]),
        ...each([serverless("llama"), proxy], before),
        [primary]: ["delete"],
      },
      calls: [
        [
          "POST networkEndpointGroups",
          "POST networkEndpointGroups",
          "POST backendServices",
          "PUT backendServices llama",
        ],
        "PUT urlMaps routes",
        "POST targetHttpsProxies",
        "setTarget forwardingRules https-ipv4",
        "DELETE targetHttpsProxies https",
      ],
      besides: ["PATCH sslPolicies tls", "DELETE certificateMapEntries primary", "DELETE networkEndpointGroups llama"],
      holds: answers(routed),
    },
    {
      sentence: "from one certificate for each name to one for all, once that is issued",
      json: main({ grouping: "all" }),
      actions: {
        [managedOf("all").certificate]: ["create"],
        ...each(
          hosts.map((host) => managedOf(host).entry),
          ["update"],
        ),
        ...each(
          hosts.map((host) => managedOf(host).certificate),
          ["delete"],
        ),
      },
      waits: { error, calls: ["POST certificates"] },
      calls: [
        hosts.map((host) => `PATCH certificateMapEntries ${host.replaceAll(".", "-")}`),
        hosts.map((host) => `DELETE certificates ${host.replaceAll(".", "-")}`),
      ],
    },
    {
      sentence: "and back with the gate, without a gap",
      json: main({ gate: true }),
      actions: {
        [managedOf("all").certificate]: ["delete"],
        ...each(
          hosts.map((host) => managedOf(host).entry),
          ["update"],
        ),
        ...each(
          hosts.map((host) => managedOf(host).certificate),
          ["create"],
        ),
      },
      waits: { error, calls: [["POST certificates", "POST certificates"]] },
      calls: [
        hosts.map((host) => `PATCH certificateMapEntries ${host.replaceAll(".", "-")}`),
        "DELETE certificates all",
      ],
    },
  ],
  drifts: [
    {
      sentence: "a record and an entry that somebody took away",
      happens: async (world) => {
        const paths = Object.keys(world.api.objects());
        world.api.take(paths.find((path) => path.includes("/certificateMapEntries/")) ?? "");
        world.api.take(paths.find((path) => path.endsWith(".chat.example.com./CNAME")) ?? "");
      },
      actions: each([allOf("chat.example.com").entry, allOf("chat.example.com").proof], ["create"]),
    },
  ],
};

const { hosts: groupedHosts } = grouped.stacks[GROUPED] as { hosts: Json };

const added = allOf("new.example.com");

/** One certificate for all names, behind a gate. */
const forAll: Lifecycle<GoogleWorld> = {
  stack: `${GROUPED} (${GROUPED})`,
  json: jsonOf(grouped, GROUPED),
  needs,
  start: () => startGoogle({ there, watched: Object.keys(groupedHosts) }),
  waits: {
    error:
      /Google has not issued the certificate for api\.example\.com and 1 more yet\. Nothing that serves was changed\./,
    calls: [
      [
        ...Object.keys(groupedHosts).flatMap((host) => [
          "POST dnsAuthorizations",
          `records +CNAME _acme-challenge.${host}.`,
        ]),
        ...["addresses", "certificateMaps", "certificates", "forwardingRules", "sslPolicies"].map(
          (kind) => `POST ${kind}`,
        ),
        ...["POST targetHttpProxies", "POST urlMaps", "POST urlMaps"],
        ...["setLabels addresses ipv4", "setLabels forwardingRules http-ipv4"],
      ],
    ],
  },
  applied: serves(...Object.keys(groupedHosts)),
  served,
  computed,
  changes: [
    {
      sentence:
        "a name added makes a certificate and nothing else, until that is issued; then every entry has the new one before the old one goes",
      json: jsonOf(grouped, GROUPED, { hosts: { ...groupedHosts, "new.example.com": llama } }),
      actions: {
        ...each(
          Object.keys(groupedHosts).map((host) => managedOf(host).entry),
          ["update"],
        ),
        ...each([added.authorization, added.proof, added.entry, added.address], ["create"]),
        [managedOf("all").certificate]: before,
      },
      waits: {
        error,
        calls: ["POST dnsAuthorizations", "records +CNAME _acme-challenge.new.example.com.", "POST certificates"],
      },
      calls: [
        [
          "PATCH certificateMapEntries api-example-com",
          "PATCH certificateMapEntries chat-example-com",
          "POST certificateMapEntries",
        ],
        "DELETE certificates all",
      ],
      besides: ["records +A new.example.com."],
      holds: serves("new.example.com"),
    },
  ],
};

/** The part of the example of Compute's certificates that is changed here. */
interface Zonal {
  readonly hosts: Json;
  readonly backends: { readonly llama: { readonly zonalNeg: Json } };
}
const { hosts: zonalHosts, backends: zonal } = compute.stacks[COMPUTE] as unknown as Zonal;

/** Host names of the example of Compute's certificates. */
export const computeHosts = Object.keys(zonalHosts);

/** A config with nothing but the stack of Compute's certificates, some fields of which are changed. */
export const computeWith = (changes: Json) => withChanges(compute, COMPUTE, changes);

/** That stack as the product synthesizes it. */
export const computeJson = (changes: Json = {}) => jsonOf(compute, COMPUTE, changes);

const withEndpoints = (changes: Json) =>
  computeJson({ backends: { llama: { ...zonal.llama, zonalNeg: { ...zonal.llama.zonalNeg, ...changes } } } });

/** Certificates of Certificate Manager instead of Compute's: in one step, or through the phase in which there are both. */
export const managed = { mode: "certificate-manager" };
export const addMap = { ...managed, phase: "add-map" };

const ofCompute = (host: string) => `google_compute_managed_ssl_certificate.compute_${host.replaceAll(".", "_")}`;
const endpoints = ["llama-0", "llama-1"].map((name) => `google_compute_network_endpoint.endpoint_llama_${name}`);
const ofMap = [
  ...computeHosts.flatMap((host) => Object.values(managedOf(host))),
  primary,
  "google_certificate_manager_certificate_map.hosts",
];
const toOtherZone = {
  actions: {
    ...each([...endpoints, "google_compute_network_endpoint_group.group_llama"], before),
    [backend("llama")]: ["update"],
  },
  calls: [
    "POST networkEndpointGroups",
    ...endpoints.map(() => "attachNetworkEndpoints networkEndpointGroups llama"),
    "PUT backendServices llama",
    ...endpoints.map(() => "detachNetworkEndpoints networkEndpointGroups llama"),
    "DELETE networkEndpointGroups llama",
  ],
};

/** Compute's own certificates. */
export const perProxy: Lifecycle<GoogleWorld> = {
  stack: `${COMPUTE} (${COMPUTE})`,
  json: computeJson(),
  needs,
  start: () => startGoogle({ there, watched: computeHosts, recordsElsewhere: true }),
  applied: serves(...computeHosts),
  served,
  computed,
  changes: [
    {
      sentence: "a name added leaves the others their certificates",
      json: computeJson({ hosts: { ...zonalHosts, "api2.example.com": llama } }),
      actions: { [ofCompute("api2.example.com")]: ["create"], [proxy]: ["update"] },
      calls: ["POST sslCertificates", "setSslCertificates targetHttpsProxies https"],
    },
    {
      sentence: "a name removed leaves them too",
      json: computeJson(),
      actions: { [ofCompute("api2.example.com")]: ["delete"], [proxy]: ["update"] },
      calls: ["setSslCertificates targetHttpsProxies https", "DELETE sslCertificates api2-example-com"],
    },
    {
      sentence: "an endpoint that moves is in before the old one is out",
      json: withEndpoints({
        endpoints: { "llama-0": { address: "10.0.0.9", port: 8000 }, "llama-1": { address: "10.0.0.6", port: 8000 } },
      }),
      actions: each(endpoints.slice(0, 1), before),
      calls: [
        "attachNetworkEndpoints networkEndpointGroups llama",
        "detachNetworkEndpoints networkEndpointGroups llama",
      ],
    },
    {
      sentence: "endpoints of another zone are in before those of the old one are out",
      json: withEndpoints({ zone: "europe-west4-b" }),
      ...toOtherZone,
    },
    { sentence: "and back in the same way", json: computeJson(), ...toOtherZone },
    {
      sentence: "to Certificate Manager: the map comes once its certificates are issued",
      json: computeJson(addMap),
      actions: { ...each(ofMap, ["create"]), [proxy]: ["update"] },
      waits: {
        error,
        calls: [
          ["POST certificateMaps", ...computeHosts.flatMap(() => ["POST dnsAuthorizations", "POST certificates"])],
        ],
      },
      calls: [
        [...computeHosts, primary].map(() => "POST certificateMapEntries"),
        "setCertificateMap targetHttpsProxies https",
      ],
    },
    {
      sentence: "then Compute's certificates go, off the proxy first",
      json: computeJson({ ...managed, phase: "drop-certificates" }),
      actions: { ...each(computeHosts.map(ofCompute), ["delete"]), [proxy]: ["update"] },
      calls: [
        "setSslCertificates targetHttpsProxies https",
        ["DELETE sslCertificates api-example-com", "DELETE sslCertificates chat-example-com"],
      ],
    },
    { sentence: "and the phase ends without a call", json: computeJson(managed), actions: {}, calls: [] },
    {
      sentence: "back to Compute through the same phase",
      json: computeJson(addMap),
      actions: { ...each(computeHosts.map(ofCompute), ["create"]), [proxy]: ["update"] },
      calls: [computeHosts.map(() => "POST sslCertificates"), "setSslCertificates targetHttpsProxies https"],
    },
    {
      sentence: "and then the map goes, off the proxy first",
      json: computeJson(),
      actions: { ...each(ofMap, ["delete"]), [proxy]: ["update"] },
      calls: [
        "setCertificateMap targetHttpsProxies https",
        [
          "DELETE certificateMaps hosts",
          "DELETE certificateMapEntries primary",
          ...computeHosts.flatMap((host) =>
            ["certificateMapEntries", "certificates", "dnsAuthorizations"].map(
              (kind) => `DELETE ${kind} ${host.replaceAll(".", "-")}`,
            ),
          ),
        ],
      ],
    },
  ],
};

/** Every optional field: every kind of backend, IPv6, and a gate. Its state belongs in a bucket; the harness has none. */
const full: Lifecycle<GoogleWorld> = {
  stack: "per-name (gcp-everything)",
  json: synthesized("__tests__/golden/gcp-everything.json")["per-name"] as string,
  needs,
  start: () =>
    startGoogle({
      there: [
        ...there,
        "compute/projects/other-prod/global/backendServices/files",
        "dns/projects/shared-dns/managedZones/books",
        "dns/projects/shared-dns/managedZones/ml-example-com",
      ],
    }),
  waits: { error },
  applied: (run) => {
    serves("api.example.com", "any.ml.example.com", "no.such.host")(run);
    answers({
      "api.example.com/": "groups",
      "api.example.com/v1/embeddings": "run",
      "api.example.com/v1/embeddings/1": "groups",
      "api.example.com/v1/files/a/b": "files",
      "any.ml.example.com/": "endpoints",
      "a.b.ml.example.com/": "endpoints",
      "ml.example.com/": "endpoints",
      "a.bc.example.com/": "run",
      "ab.c.example.com/": "files",
      "no.such.host/": "groups",
    })(run);
  },
};

const tenants = { backend: "tenants", paths: { "/v1/embeddings/*": "embeddings" } };
const web = { backend: "web" };
const wide = { "*.example.com": tenants, "api.example.com": web };
const narrow = {
  "*.eu.example.com": web,
  "chat.eu.example.com": { ...web, paths: { "/v1/*": "embeddings", "/v1/models": "tenants" } },
};
const routing = (hosts: Json, defaultBackend = "web") =>
  main({
    dns: { in: "elsewhere" },
    hosts,
    defaultBackend,
    backends: Object.fromEntries(
      ["embeddings", "tenants", "web"].map((name) => [name, { cloudRun: { region: "europe-west4", service: name } }]),
    ),
  });
const ofNarrow = [
  ...Object.values(managedOf("chat.eu.example.com")),
  managedOf("eu.example.com").authorization,
  managedOf("-wildcard.eu.example.com").certificate,
  managedOf("-wildcard.eu.example.com").entry,
];
/** What a wildcard serves: any host to the left of its dot, to any depth, but none that has a rule of its own. */
const wideAnswers = {
  "api.example.com/": "web",
  "api.example.com/v1/embeddings/1": "web",
  "acme.example.com/": "tenants",
  "acme.example.com/v1/embeddings/1": "embeddings",
  "a.b.example.com/": "tenants",
  "example.com/": "web",
  "api.example.org/": "web",
};
const narrowAnswers = {
  "acme.eu.example.com/": "web",
  "acme.eu.example.com/v1/embeddings/1": "web",
  "a.b.eu.example.com/": "web",
  "eu.example.com/": "tenants",
  "chat.eu.example.com/": "web",
  "chat.eu.example.com/v1/models": "tenants",
  "chat.eu.example.com/v1/models/1": "embeddings",
  "chat.eu.example.com/v1/files": "embeddings",
  "a.chat.eu.example.com/v1/models": "web",
};

/** Wildcards over each other and over hosts of the default backend, which would answer for them if they had no rule. */
const wildcards: Lifecycle<GoogleWorld> = {
  stack: `${MAIN} (wildcards)`,
  json: routing(wide),
  needs,
  start: () => startGoogle({ watched: ["api.example.com", "acme.example.com"], recordsElsewhere: true }),
  applied: (run) => {
    answers(wideAnswers)(run);
    answers({ "api.example.com/": "redirect", "acme.example.com/": "redirect" }, 80)(run);
  },
  served,
  computed,
  changes: [
    {
      sentence:
        "a wildcard below the wildcard, and a host below both, answer for themselves and leave the others alone",
      json: routing({ ...wide, ...narrow }),
      actions: { ...each(ofNarrow, ["create"]), [urlMap]: ["update"] },
      holds: answers({ ...wideAnswers, ...narrowAnswers }),
    },
    {
      sentence: "another default backend answers for hosts that no rule has, and for no other",
      json: routing({ ...wide, ...narrow }, "tenants"),
      actions: { [urlMap]: ["update"] },
      calls: ["PUT urlMaps routes"],
      holds: answers({
        ...wideAnswers,
        ...narrowAnswers,
        "example.com/": "tenants",
        "api.example.org/": "tenants",
      }),
    },
    {
      sentence: "a wildcard of the default backend that has only paths takes none from the host below it",
      json: routing({ "*.example.com": { ...tenants, ...web }, "api.example.com": web }),
      actions: { ...each(ofNarrow, ["delete"]), [urlMap]: ["update"] },
      holds: answers({
        ...wideAnswers,
        "acme.example.com/": "web",
        "a.b.example.com/": "web",
        "chat.eu.example.com/v1/models": "web",
        "chat.eu.example.com/v1/embeddings/1": "embeddings",
      }),
    },
  ],
};

/** What the stacks of this scenario say of themselves. */
export const lifecycles: readonly Lifecycle<GoogleWorld>[] = [forEach, forAll, perProxy, full, wildcards];
