import * as fc from "fast-check";
import { googleName } from "../../lib/config/google";
import { checkedConfig } from "../../stacks/check";
import type { GcpManagedSanConfig } from "../../stacks/gcp-managed-san/config";
import { problemsOf, warningsOf } from "../support/configs";
import { runs } from "../support/runs";

type Fields = Readonly<Record<string, unknown>>;

const cloudRun = { cloudRun: { region: "europe-west4", service: "llama" } };
const groups = { instanceGroups: ["projects/ml-serving-prod/zones/europe-west4-a/instanceGroups/llama"], port: "http" };
const neg = {
  zone: "europe-west4-a",
  network: "serving",
  subnetwork: "serving",
  endpoints: { "llama-0": { address: "10.0.0.5", port: 8000 } },
  maxRatePerEndpoint: 0.5,
};
const host = { backend: "llama" };
const dns = { in: "cloud-dns", zones: { "example.com": "example-com" } };

/** A config without mistakes whose one stack is `lb`, with some fields changed; `undefined` removes a field. */
function config(changes: Fields = {}): Fields {
  const lb = {
    scenario: "gcp-managed-san",
    project: "ml-serving-prod",
    dns,
    hosts: { "api.example.com": host },
    defaultBackend: "llama",
    backends: { llama: cloudRun },
    ...changes,
  };
  return { project: "ai-platform", environment: "test", backend: { type: "local" }, stacks: { lb } };
}

/** A config with the backend `llama` as given. */
const llama = (backend: Fields) => config({ backends: { llama: backend } });

/** A config with the given host names, all of one backend. */
const hosts = (names: readonly string[], changes: Fields = {}) =>
  config({ hosts: Object.fromEntries(names.map((name) => [name, host])), ...changes });

const numbered = (count: number) => Array.from({ length: count }, (_, index) => `n${index}.example.com`);

/** The stack `lb` as the product receives it. */
function completed(given: Fields): GcpManagedSanConfig {
  const stack = checkedConfig(given).config.stacks.find(({ name }) => name === "lb");
  if (stack?.kind !== "gcp-managed-san") throw new Error("no such stack");
  return stack.config;
}

const duration = 'which is no duration; write a whole number above 0 and s, m, h or d, such as "10m"';
const computeName = '1-63 of a-z, 0-9 and "-", starting with a letter and ending with a letter or digit';

test("a stack without a mistake is accepted without a word", () => {
  for (const given of [
    config(),
    config({ dns: { in: "elsewhere" } }),
    config({ dns: { in: "route53", region: "eu-west-1", zones: { "example.com": "Z0123456789ABCDEFGHIJ" } } }),
    config({ grouping: "all", ipv6: true, redirectHttp: false, quic: false, keepAlive: "5s" }),
    config({ mode: "compute", grouping: "all", retiring: ["old.example.com"] }),
    config({ phase: "add-map" }),
    config({ phase: "drop-certificates", gate: true, purpose: "server", scheme: "external" }),
    hosts(["*.example.com", "example.com"], { defaultCertificate: "Example.com." }),
    llama({ ...groups, timeout: "1d", protocol: "H2C", affinity: "CLIENT_IP", logging: true }),
    llama({ zonalNeg: neg, healthCheck: { path: "/health", port: 8001 } }),
    llama({ service: "https://www.googleapis.com/compute/v1/projects/p-12345/global/backendServices/llama" }),
  ]) {
    expect([problemsOf(given), warningsOf(given)]).toEqual([[], []]);
  }
});

describe("refuses", () => {
  test.each<[what: string, given: Fields, ...lines: readonly string[]]>([
    [
      "a project's number",
      config({ project: "123456789012" }),
      'project: is "123456789012", which is a project\'s number; write the project\'s id, 6-30 of a-z, 0-9 and "-", such as "ml-serving-prod"',
    ],
    [
      "a project's display name",
      config({ project: "ML Serving" }),
      'project: is "ML Serving"; write the project\'s id, 6-30 of a-z, 0-9 and "-", such as "ml-serving-prod"',
    ],
    [
      "an internal load balancer",
      config({ scheme: "internal" }),
      'scheme: is "internal"; this stack makes global external load balancers; write "external" or leave it out',
    ],
    [
      "private certificates, which are another mode",
      config({ mode: "private" }),
      'mode: is "private"; write "certificate-manager" or "compute"',
    ],
    [
      "certificates for clients",
      config({ purpose: "mutual" }),
      'purpose: is "mutual", but Google is a public authority and signs for servers only; let a private one sign: pipeline-tls, vault-pki-k8s or cas-short-lived',
    ],
    ["no host", config({ hosts: {} }), "hosts: is empty; write at least one host"],
    [
      "a host without a backend",
      config({ hosts: { "api.example.com": {} } }),
      'hosts["api.example.com"].backend: is missing; write a string, such as "llama" (Name of the backend that serves it)',
    ],
    [
      "a backend that is not there",
      config({ hosts: { "api.example.com": { backend: "lama", paths: { "/v1/*": "embed" } } } }),
      'hosts["api.example.com"].backend: is "lama", and no backend has that name; did you mean "llama"?',
      'hosts["api.example.com"].paths["/v1/*"]: is "embed", and no backend has that name; write one of llama, or add it',
    ],
    [
      "no default",
      config({ defaultBackend: undefined }),
      'defaultBackend: is missing; write a string, such as "llama" (Name of the backend for every request that no host has)',
    ],
    ["no backends", config({ backends: {} }), "backends: is empty; write at least one backend"],
    [
      "two spellings of one host",
      hosts(["API.example.com.", "api.example.com"]),
      'hosts["api.example.com"]: is "API.example.com." a second time; write each host once',
    ],
    [
      "a host that is a URL",
      hosts(["https://api.example.com/"]),
      'hosts["https://api.example.com/"]: is a URL; write only its host name',
    ],
    [
      "a host of one label",
      hosts(["localhost"]),
      "hosts.localhost: has one label, and Google issues for domain names of two or more; write the whole name",
    ],
    [
      "a host inside a cluster",
      hosts(["vllm.svc.cluster.local"]),
      'hosts["vllm.svc.cluster.local"]: ends in "local", which is no public top-level domain, and Google issues for public names only; write one, or let a private authority sign: pipeline-tls, vault-pki-k8s or cas-short-lived',
    ],
    [
      "a host that no zone covers",
      hosts(["api.example.net"]),
      'hosts["api.example.net"]: no zone covers it; add "example.net" to dns.zones',
    ],
    [
      "two zones with one managed zone",
      config({ dns: { ...dns, zones: { "example.com": "one", "example.org": "one" } } }),
      'dns.zones["example.org"]: has the id of "example.com"; every zone has its own, copy it again',
    ],
    [
      "a managed zone by its DNS name",
      config({ dns: { ...dns, zones: { "example.com": "example.com" } } }),
      `dns.zones["example.com"]: is "example.com"; write a managed zone's name: ${computeName}`,
    ],
    [
      "records in no place",
      config({ dns: { in: "cloudflare" } }),
      'dns.in: is "cloudflare"; write "cloud-dns", "route53" or "elsewhere"',
    ],
    [
      "a wildcard of Compute",
      hosts(["*.example.com"], { mode: "compute" }),
      'hosts["*.example.com"]: is a wildcard, for which Compute issues no certificate; use mode "certificate-manager"',
    ],
    [
      "a wildcard while the mode changes",
      hosts(["*.example.com", "api.example.com"], { phase: "add-map" }),
      'hosts["*.example.com"]: is a wildcard, for which Compute issues no certificate; add it after phase "drop-certificates", or on the way back to mode "compute", which can never serve it, leave it out',
    ],
    [
      "a retiring wildcard",
      config({ mode: "compute", grouping: "all", retiring: ["*.example.com"] }),
      'retiring["*.example.com"]: is a wildcard, for which Compute issues no certificate; use mode "certificate-manager"',
    ],
    [
      "16 certificates on a proxy",
      hosts(numbered(16), { mode: "compute", defaultCertificate: "n0.example.com" }),
      'hosts: needs 16 certificates of Compute, a proxy takes 15; use mode "certificate-manager", which has no such limit',
    ],
    [
      "101 names in one certificate",
      hosts(numbered(101), { grouping: "all" }),
      'hosts: has 101 names for one certificate, Google takes 100; write grouping: "per-name"',
    ],
    [
      "101 names in a certificate of Compute",
      hosts(numbered(101), { grouping: "all", mode: "compute" }),
      'hosts: has 101 names for one certificate, Google takes 100; write grouping: "per-name"',
    ],
    [
      "a phase of Compute",
      config({ mode: "compute", phase: "add-map" }),
      'phase: is "add-map", a step from Compute\'s certificates to Certificate Manager\'s; write mode: "certificate-manager", or leave it out',
    ],
    [
      "a gate of Compute",
      config({ mode: "compute", gate: true }),
      "gate: is true, but Compute issues only what serves already; leave it out, or use Certificate Manager",
    ],
    [
      "no gate for one certificate",
      config({ grouping: "all", gate: false }),
      "gate: is false, and then a certificate that is not issued yet would take the place of the one that serves; leave it out",
    ],
    [
      "retiring of Certificate Manager",
      config({ grouping: "all", retiring: ["old.example.com"] }),
      "retiring: has no use with Certificate Manager, where the gate keeps the old certificate; leave it out",
    ],
    [
      "retiring the present",
      config({ mode: "compute", grouping: "all", retiring: ["API.example.com"] }),
      "retiring: has the names of hosts, whose certificate is no old one; write the names that it had before",
    ],
    [
      "retiring nothing",
      config({ mode: "compute", grouping: "all", retiring: [] }),
      "retiring: is empty; write the names that the old certificate has, or leave it out",
    ],
    [
      "a default certificate of no host",
      config({ defaultCertificate: "apo.example.com" }),
      'defaultCertificate: is "apo.example.com", which is none of the hosts; did you mean "api.example.com"?',
    ],
    ["a keep-alive of 4 s", config({ keepAlive: "4s" }), 'keepAlive: is "4s"; write 5s to 20m'],
    ["a keep-alive of 1201 s", config({ keepAlive: "1201s" }), 'keepAlive: is "1201s"; write 5s to 20m'],
    ["a timeout of 0", llama({ ...groups, timeout: "0s" }), `backends.llama.timeout: is "0s", ${duration}`],
    ["a timeout of two days", llama({ ...groups, timeout: "2d" }), 'backends.llama.timeout: is "2d"; write 1s to 1d'],
    [
      "RESTRICTED with TLS 1.0",
      config({ sslPolicy: { profile: "RESTRICTED", minimum: "1.0" } }),
      'sslPolicy.minimum: is "1.0", but the profile RESTRICTED has no cipher suite for less than TLS 1.2; write "1.2" or another profile',
    ],
    [
      "TLS 1.3 alone",
      config({ sslPolicy: { minimum: "1.3" } }),
      'sslPolicy.minimum: is "1.3"; the pinned provider takes no more than 1.2; write "1.2", with which clients may use 1.3',
    ],
    [
      "FIPS",
      config({ sslPolicy: { profile: "FIPS_202205" } }),
      'sslPolicy.profile: is "FIPS_202205"; the pinned provider does not take it; write "RESTRICTED"',
    ],
    [
      "GRPC",
      llama({ ...groups, protocol: "GRPC" }),
      'backends.llama.protocol: is "GRPC"; it is for another kind of proxy; write "HTTP2" for servers with TLS or "H2C" for servers without, which carry gRPC as well',
    ],
    [
      "a backend of two kinds",
      llama({ ...groups, ...cloudRun }),
      "backends.llama.cloudRun: does not go with instanceGroups and port; write service, or instanceGroups and port, or zonalNeg, or cloudRun",
    ],
    [
      "a timeout of Cloud Run, which has its own",
      llama({ ...cloudRun, timeout: "10m" }),
      "backends.llama.timeout: does not go with cloudRun; write service, or instanceGroups and port, or zonalNeg, or cloudRun",
    ],
    [
      "a backend of no kind",
      llama({}),
      "backends.llama: is {}, which does not say what it is; write service, or instanceGroups and port, or zonalNeg, or cloudRun",
    ],
    [
      "a backend of any kind with servers",
      llama({ timeout: "5m" }),
      'backends.llama: is {"timeout":"5m"}, which does not say what it is; write service, or instanceGroups and port, or zonalNeg, or cloudRun',
    ],
    [
      "a backend with a slip",
      llama({ cloudrun: cloudRun.cloudRun }),
      'backends.llama.cloudrun: is an unknown field; did you mean "cloudRun"?',
    ],
    [
      "a port by number",
      llama({ ...groups, port: "8000" }),
      `backends.llama.port: is "8000"; write the name of a named port of the groups, no number: ${computeName}`,
    ],
    [
      "no instance group",
      llama({ ...groups, instanceGroups: [] }),
      "backends.llama.instanceGroups: is empty; write at least one instance group",
    ],
    [
      "an instance group's manager",
      llama({ ...groups, instanceGroups: ["projects/p-12345/zones/z/instanceGroupManagers/llama"] }),
      'backends.llama.instanceGroups["projects/p-12345/zones/z/instanceGroupManagers/llama"]: is "projects/p-12345/zones/z/instanceGroupManagers/llama", which is no link of an instance group; write one such as "projects/ml-serving-prod/zones/europe-west4-a/instanceGroups/llama"',
    ],
    [
      "a regional backend service",
      llama({ service: "projects/p-12345/regions/europe-west4/backendServices/llama" }),
      'backends.llama.service: is "projects/p-12345/regions/europe-west4/backendServices/llama", which is no link of a global backend service; write one such as "projects/ml-serving-prod/global/backendServices/llama"',
    ],
    [
      "endpoints without a rate",
      llama({ zonalNeg: { ...neg, maxRatePerEndpoint: undefined } }),
      "backends.llama.zonalNeg.maxRatePerEndpoint: is missing; write a number, such as 20 (Requests per second that one endpoint takes: the load is spread by it)",
    ],
    [
      "endpoints with a rate of 0",
      llama({ zonalNeg: { ...neg, maxRatePerEndpoint: 0 } }),
      "backends.llama.zonalNeg.maxRatePerEndpoint: is 0; write a number above 0, at most 1000000",
    ],
    [
      "no endpoint",
      llama({ zonalNeg: { ...neg, endpoints: {} } }),
      "backends.llama.zonalNeg.endpoints: is empty; write at least one machine",
    ],
    [
      "one endpoint twice, and two that are none",
      llama({
        zonalNeg: {
          ...neg,
          endpoints: {
            ...neg.endpoints,
            twin: { address: "10.0.0.5", port: 8000 },
            Six: { address: "fd00::6", port: 1 },
          },
        },
      }),
      `backends.llama.zonalNeg.endpoints.Six: is "Six"; write a virtual machine's name: ${computeName}`,
      'backends.llama.zonalNeg.endpoints.Six.address: is "fd00::6"; write an IPv4 address, such as "10.0.0.5"',
      'backends.llama.zonalNeg.endpoints.twin: has the address and port of "llama-0"; write each endpoint once',
    ],
    [
      "a region for a zone and a zone for a region",
      config({
        backends: {
          llama: { zonalNeg: { ...neg, zone: "europe-west4" } },
          other: { cloudRun: { region: "europe-west4-a", service: "x" } },
        },
        hosts: { "api.example.com": { backend: "other" } },
      }),
      'backends.llama.zonalNeg.zone: is "europe-west4"; write a zone, such as "europe-west4-a"',
      'backends.other.cloudRun.region: is "europe-west4-a"; write a region, such as "europe-west4"',
    ],
    [
      "a health check without a path",
      llama({ ...groups, healthCheck: { path: "health" } }),
      'backends.llama.healthCheck.path: is "health"; write a path that starts with "/", such as "/health"',
    ],
    [
      "paths that a URL map does not have",
      config({ hosts: { "api.example.com": { ...host, paths: { v1: "llama", "/v*": "llama", "/*": "llama" } } } }),
      'hosts["api.example.com"].paths["/*"]: is every path, which the host\'s backend serves; leave it out',
      'hosts["api.example.com"].paths["/v*"]: is no path of a URL map; write one that starts with "/" and has "*" only at its end, after a "/"',
      'hosts["api.example.com"].paths.v1: is no path of a URL map; write one that starts with "/" and has "*" only at its end, after a "/"',
    ],
  ])("%s", (_, given, ...lines) => {
    expect(problemsOf(given)).toEqual(lines.map((line) => `stacks.lb.${line}`).sort());
  });

  test("a name that two stacks would lead somewhere", () => {
    const given = config() as { stacks: Fields };
    const kubernetes = { context: "kind-pipeline" };
    const services = { api: { port: 1, selector: { app: "api" }, names: ["api.example.com"] } };
    const zones = { "example.com": "lookup" };
    const alias = { in: "route53", region: "eu-west-1", zones, target: { name: "pipeline" } };
    const mesh = { scenario: "pipeline-tls", kubernetes, namespace: { name: "mesh" }, services, dns: alias };
    const both = { ...given, privateKeys: "allowed", stacks: { ...given.stacks, other: given.stacks.lb, mesh } };
    const line = "has an address record of stack lb already, and leads to one place only; leave it out of one of them";
    expect(problemsOf(both)).toEqual([
      `stacks.mesh.services.api.names["api.example.com"]: ${line}`,
      `stacks.other.hosts["api.example.com"]: ${line}`,
    ]);
  });
});

test("a host of two load balancers is warned of where its records are elsewhere, and while it moves it is not", () => {
  const two = (of: Fields) => {
    const { stacks, ...rest } = config() as { stacks: { lb: Fields } };
    return { ...rest, stacks: { lb: stacks.lb, other: { ...stacks.lb, dns: of } } };
  };
  const line =
    'stacks.other.hosts["api.example.com"]: is a host of stack lb too, and its records can lead to one of them only; leave it out of the other';
  expect(problemsOf(two({ in: "elsewhere" }))).toEqual([]);
  expect(warningsOf(two({ in: "elsewhere" }))).toEqual([line]);
  expect(problemsOf(two({ ...dns, addressRecords: false }))).toEqual([]);
  expect(warningsOf(two({ ...dns, addressRecords: false }))).toEqual([]);
  expect(problemsOf(two(dns))).toHaveLength(1);
  expect(warningsOf(two(dns))).toEqual([]);
});

test("a backend whose name is misspelt where it is used serves something; another one may still serve nothing", () => {
  const backends = { llama: cloudRun, idle: cloudRun };
  const given = config({ hosts: { "api.example.com": { backend: "lllama" } }, defaultBackend: "lama", backends });
  expect(problemsOf(given)).toHaveLength(2);
  expect(warningsOf(given)).toEqual(["stacks.lb.backends.idle: serves nothing; leave it out, or name it in a host"]);
});

describe("warns of", () => {
  test.each<[what: string, given: Fields, line: string]>([
    [
      "an outage of no host",
      config({ acceptOutage: ["www.example.org"] }),
      'acceptOutage["www.example.org"]: is none of the hosts, which is right only for one that an apply takes out; leave it out afterwards',
    ],
    [
      "a zone that covers no host",
      config({ dns: { ...dns, zones: { ...dns.zones, "example.org": "example-org" } } }),
      'dns.zones["example.org"]: covers no host; leave it out, or add the host that it is for',
    ],
    [
      "an instance group of another project",
      llama({
        ...groups,
        instanceGroups: [
          ...groups.instanceGroups,
          "https://www.googleapis.com/compute/v1/projects/other-project/zones/europe-west4-a/instanceGroups/llama",
        ],
      }),
      'backends.llama.instanceGroups["https://www.googleapis.com/compute/v1/projects/other-project/zones/europe-west4-a/instanceGroups/llama"]: is of project other-project, but a backend service takes groups of its own project, ml-serving-prod, only; make the load balancer there, or give its backend service as "service"',
    ],
    [
      "a backend that serves nothing",
      config({ backends: { llama: cloudRun, idle: cloudRun } }),
      "backends.idle: serves nothing; leave it out, or name it in a host",
    ],
    [
      "no default among Compute's certificates",
      hosts(["b.example.com", "a.example.com"], { mode: "compute" }),
      'defaultCertificate: is missing: clients without SNI get the first certificate, now that of "a.example.com", which another name can change; write one of the hosts',
    ],
    [
      "old TLS",
      config({ sslPolicy: { minimum: "1.1" } }),
      'sslPolicy.minimum: is "1.1", which is no longer safe to use (RFC 8996); write "1.2" unless a client has nothing newer',
    ],
  ])("%s", (_, given, line) => {
    expect([problemsOf(given), warningsOf(given)]).toEqual([[], [`stacks.lb.${line}`]]);
  });
});

describe("completes", () => {
  test("an authorization for each domain, which its wildcard shares, and a certificate for each name", () => {
    const { authorizations, certificates } = completed(
      hosts(["*.example.com", "example.com", "api.example.com", "*.ml.example.com"]),
    );
    expect(authorizations.map(({ domain, zone }) => [domain, zone])).toEqual([
      ["api.example.com", "example.com"],
      ["example.com", "example.com"],
      ["ml.example.com", "example.com"],
    ]);
    expect(certificates.map(({ key, domains }) => [key, domains])).toEqual([
      ["*.example.com", ["*.example.com"]],
      ["*.ml.example.com", ["*.ml.example.com"]],
      ["api.example.com", ["api.example.com"]],
      ["example.com", ["example.com"]],
    ]);
  });

  test("Compute's certificates in the proxy's order: the default's first, the rest sorted", () => {
    const names = ["c.example.com", "a.example.com", "b.example.com"];
    const { computeCertificates, certificates } = completed(
      hosts(names, { mode: "compute", defaultCertificate: "b.example.com" }),
    );
    expect(certificates).toEqual([]);
    expect(computeCertificates.flatMap(({ domains }) => domains)).toEqual([
      "b.example.com",
      "a.example.com",
      "c.example.com",
    ]);
  });

  test("one certificate of Compute beside the one that it follows, which keeps the name it had", () => {
    const all = { mode: "compute", grouping: "all" };
    const [before] = completed(hosts(["a.example.com"], all)).computeCertificates;
    const after = completed(hosts(["a.example.com", "b.example.com"], { ...all, retiring: ["a.example.com"] }));
    expect(after.computeCertificates).toEqual([before, expect.objectContaining({ domains: expect.any(Array) })]);
    expect(new Set(after.computeCertificates.map(({ name }) => name)).size).toBe(2);
  });

  test("the nearest zone of each host", () => {
    const zones = { "example.com": "outer", "ml.example.com": "inner" };
    const { hosts: completedHosts } = completed(
      hosts(["ml.example.com", "a.ml.example.com", "b.example.com"], { dns: { ...dns, zones } }),
    );
    expect(completedHosts.map(({ zone }) => zone)).toEqual(["ml.example.com", "example.com", "ml.example.com"]);
  });
});

describe("names of Google's resources", () => {
  const scope = { project: "ai-platform", environment: "prod", stack: "lb" };

  test("can be read, and say by a hash what they are of", () => {
    expect(googleName(scope, "api.example.com")).toMatch(/^prod-lb-api-example-com-[0-9a-f]{10}$/);
    expect(googleName(scope, "*.example.com")).toMatch(/^prod-lb-wildcard-example-com-[0-9a-f]{10}$/);
  });

  test("are what Compute and Certificate Manager take, whatever they are made from", () => {
    const key = fc.oneof(
      fc.stringMatching(/^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$/),
      fc.nat(62).map((more) => `k${"x".repeat(more)}`),
    );
    const what = fc.oneof(
      key,
      fc.domain(),
      fc.domain().map((name) => `*.${name}`),
    );
    fc.assert(
      fc.property(key, key, key, what, (project, environment, stack, what) => {
        expect(googleName({ project, environment, stack }, what)).toMatch(/^[a-z]([-a-z0-9]{0,61}[a-z0-9])?$/);
      }),
    );
  });

  test("differ where anything does: the owner, what it is, or what replaces it", () => {
    const names = [
      googleName(scope, "a.bc.example.com"),
      googleName(scope, "ab.c.example.com"),
      googleName(scope, "a-bc.example.com"),
      googleName(scope, "a.bc.example.com", ["certificate"]),
      googleName(scope, "a.bc.example.com", ["certificate", "more"]),
      googleName({ ...scope, project: "other" }, "a.bc.example.com"),
      googleName({ ...scope, stack: `lb-${"x".repeat(59)}` }, "a.bc.example.com"),
      googleName({ ...scope, stack: `lb-${"x".repeat(59)}` }, "b.bc.example.com"),
    ];
    expect(new Set(names).size).toBe(names.length);
  });
});

test("what is completed does not depend on the order or the spelling of what is written", () => {
  const names = ["a.example.com", "b.example.com", "*.example.com", "example.com"];
  const reference = completed(hosts(names));
  fc.assert(
    fc.property(fc.shuffledSubarray(names, { minLength: names.length }), fc.subarray(names), (order, shouted) => {
      const spelt = order.map((name) => (shouted.includes(name) ? `${name.toUpperCase()}.` : name));
      expect(completed(hosts(spelt))).toEqual(reference);
    }),
    runs(20),
  );
});
