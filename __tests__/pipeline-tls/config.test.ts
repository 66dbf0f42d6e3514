import * as fc from "fast-check";
import { textOf } from "../../lib/config/quoting";
import { checkedConfig } from "../../stacks/check";
import type { PipelineServiceConfig, PipelineTlsConfig } from "../../stacks/pipeline-tls/config";
import { operatorNotes } from "../../stacks/pipeline-tls/operator";
import { goodConfig, problemsOf, warningsOf } from "../support/configs";
import { runs } from "../support/runs";

type Fields = Readonly<Record<string, unknown>>;

const pods = { port: 8443, selector: { app: "ingest" } };
const dns = { in: "route53", zones: { "example.com": "lookup" }, region: "eu-west-1", target: { name: "pipeline" } };

/** A stack without a mistake, with some fields changed; `undefined` takes one out. */
function stack(changes: Fields = {}): Fields {
  return {
    scenario: "pipeline-tls",
    kubernetes: { context: "kind-pipeline" },
    namespace: { name: "pipeline" },
    services: { ingest: pods },
    ...changes,
  };
}

/** A config with the given stacks, which lets keys lie in the state, and with some fields changed. */
function config(stacks: Fields, changes: Fields = {}): Fields {
  const settings = { project: "ai-platform", environment: "test", backend: { type: "local" }, privateKeys: "allowed" };
  return { ...settings, stacks, ...changes };
}

/** A config with one stack, `mesh`, of which some fields are changed. */
const mesh = (changes: Fields = {}) => config({ mesh: stack(changes) });

/** A config with one service, `ingest`, of which some fields are changed, and with some of its stack's. */
const ingest = (changes: Fields, ofStack: Fields = {}) =>
  mesh({ services: { ingest: { ...pods, ...changes } }, ...ofStack });

/** The stack `mesh` as the product receives it. */
function completed(given: Fields): PipelineTlsConfig {
  const stack = checkedConfig(given).config.stacks.find(({ name }) => name === "mesh");
  if (stack?.kind !== "pipeline-tls") throw new Error("no such stack");
  return stack.config;
}

/** The service `ingest` as the product receives it. */
function completedService(given: Fields): PipelineServiceConfig {
  const service = completed(given).services.find(({ name }) => name === "ingest");
  if (service === undefined) throw new Error("no such service");
  return service;
}

/** A public name in the zone of `dns`. */
const names = { names: ["ingest.example.com"] };

const keyKinds = '"ecdsa-p256", "ecdsa-p384", "rsa-2048", "rsa-3072" or "rsa-4096"';
const rfc1123 = "starting and ending with a letter or digit (RFC 1123)";
const renewThemselves =
  'use certificates that renew themselves (vault-pki-k8s with delivery "cert-manager", cas-short-lived with its node bootstrap)';

test("a stack without a mistake is accepted without a word", () => {
  const services = { ingest: { ...pods, names: ["ingest.example.com"], client: true, ingress: {} }, trainer: pods };
  const annotated = ingest({ ...names, ingress: { annotations: { "Nginx.Org/redirect": "true" } } }, { dns });
  for (const given of [mesh(), mesh({ mode: "self-signed" }), mesh({ dns, services }), annotated]) {
    expect([problemsOf(given), warningsOf(given)]).toEqual([[], []]);
  }
});

describe("refuses", () => {
  test.each<[what: string, given: Fields, lines: readonly string[]]>([
    ["port 0", ingest({ port: 0 }), ["stacks.mesh.services.ingest.port: is 0; write a whole number from 1 to 65535"]],
    [
      "a port that TCP does not have",
      ingest({ port: 70_000 }),
      ["stacks.mesh.services.ingest.port: is 70000; write a whole number from 1 to 65535"],
    ],
    [
      "half a port",
      ingest({ port: 1.5 }),
      ["stacks.mesh.services.ingest.port: is 1.5; write a whole number from 1 to 65535"],
    ],
    [
      "a missing port",
      ingest({ port: undefined }),
      [
        "stacks.mesh.services.ingest.port: is missing; write a number, such as 8443 (The port that the pods listen on; clients use 443)",
      ],
    ],
    [
      "a port in quotes",
      ingest({ port: "8443" }),
      [
        'stacks.mesh.services.ingest.port: is "8443"; write a number, such as 8443 (The port that the pods listen on; clients use 443)',
      ],
    ],
    [
      "an empty selector",
      ingest({ selector: {} }),
      [
        'stacks.mesh.services.ingest.selector: is empty and would select no pod; write their labels, such as { "app": "ingest" }',
      ],
    ],
    [
      "a missing selector",
      ingest({ selector: undefined }),
      ['stacks.mesh.services.ingest.selector: is missing; write a map, such as {"app":"ingest"} (Labels of the pods)'],
    ],
    [
      "selector keys that no label can have",
      ingest({ selector: { "bad key": "x", "/app": "x", "a/b/c": "x", "a..b/app": "x", [`${"k".repeat(64)}`]: "x" } }),
      ["/app", "a..b/app", "a/b/c", "bad key"]
        .map((key) => `["${key}"]`)
        .concat(`.${"k".repeat(64)}`)
        .map(
          (key) =>
            `stacks.mesh.services.ingest.selector${key}: is no label key; write one such as "app" or "app.kubernetes.io/name"`,
        ),
    ],
    [
      "selector values that no label can have",
      ingest({ selector: { app: "-ingest", tier: "v".repeat(64) } }),
      [
        'stacks.mesh.services.ingest.selector.app: is "-ingest"; write at most 63 letters, digits, ".", "_" and "-", starting and ending with a letter or digit',
        `stacks.mesh.services.ingest.selector.tier: is "${"v".repeat(64)}"; write at most 63 letters, digits, ".", "_" and "-", starting and ending with a letter or digit`,
      ],
    ],
    [
      "a service key of 64 characters",
      mesh({ services: { ["a".repeat(64)]: pods } }),
      [
        `stacks.mesh.services.${"a".repeat(64)}: is no valid key; write 1-63 of a-z, 0-9 and "-", starting with a letter and ending with a letter or digit`,
      ],
    ],
    [
      "a service key that ends in -",
      mesh({ services: { "ingest-": pods } }),
      [
        'stacks.mesh.services.ingest-: is no valid key; write 1-63 of a-z, 0-9 and "-", starting with a letter and ending with a letter or digit',
      ],
    ],
    [
      "a service with the authority's name",
      mesh({ services: { ca: pods } }),
      ["stacks.mesh.services.ca: is what the authority's own resources are called; choose another name"],
    ],
    [
      "a stack without services",
      mesh({ services: {} }),
      ["stacks.mesh.services: is empty; write at least one service"],
    ],
    [
      "a service that is no map",
      mesh({ services: { ingest: "8443" } }),
      ['stacks.mesh.services.ingest: is "8443"; write a map, such as {"port":8443,"selector":{"app":"ingest"}}'],
    ],
    [
      "a built name over 253 octets",
      mesh({ clusterDomain: ["a", "b", "c", "d"].map((letter) => letter.repeat(58)).join(".") }),
      [
        `stacks.mesh.services.ingest: would have a name of 255 octets in the cluster, "ingest.pipeline.svc.${"a".repeat(58)}.${"b".repeat(50)}... (257 characters); a DNS name has at most 253 (RFC 1035): shorten its key, the namespace or clusterDomain`,
      ],
    ],
    [
      "a cluster domain that is no name",
      mesh({ clusterDomain: "cluster_local" }),
      ['stacks.mesh.clusterDomain: contains "_"; host names have letters, digits and hyphens only (RFC 1123)'],
    ],
    [
      "a wildcard where one thing is named",
      mesh({
        clusterDomain: "*.local",
        dns: {
          ...dns,
          zones: { "*.example.com": "lookup" },
          target: { dnsName: "*.example.net", zoneId: "Z32O12XQLNTSW2" },
        },
        services: { ingest: { ...pods, names: ["ingest.example.com"] } },
      }),
      [
        "stacks.mesh.clusterDomain: is a wildcard; write the cluster's own domain",
        "stacks.mesh.dns.target.dnsName: is a wildcard; write the target's own name",
        'stacks.mesh.dns.zones["*.example.com"]: is a wildcard; write the zone\'s own name',
      ],
    ],
    [
      "making a namespace that every cluster has",
      mesh({ namespace: { name: "default", create: true } }),
      [
        'stacks.mesh.namespace.create: is true, but every cluster has the namespace "default"; write another name or leave create out',
      ],
    ],
    [
      "a malformed namespace",
      mesh({ namespace: { name: "Pipe_line" } }),
      [`stacks.mesh.namespace.name: is "Pipe_line"; write 1-63 of a-z, 0-9 and "-", ${rfc1123}`],
    ],
    [
      "a missing namespace",
      mesh({ namespace: undefined }),
      [
        'stacks.mesh.namespace: is missing; write a map, such as {"name":"pipeline"} (The namespace; it exists unless the stack is to create it)',
      ],
    ],
    [
      "a missing context",
      mesh({ kubernetes: {} }),
      [
        'stacks.mesh.kubernetes.context: is missing; write a string, such as "kind-pipeline" (The kubeconfig context: nobody deploys to whatever is current)',
      ],
    ],
    [
      "an empty context and kubeconfig",
      mesh({ kubernetes: { context: "", kubeconfig: " " } }),
      [
        'stacks.mesh.kubernetes.context: is ""; write the name of a kubeconfig context',
        'stacks.mesh.kubernetes.kubeconfig: is " "; write the path of a kubeconfig file, or leave it out',
      ],
    ],
    [
      "several kubeconfigs in one field",
      mesh({ kubernetes: { context: "kind-pipeline", kubeconfig: "/etc/kube/a:/etc/kube/b" } }),
      [
        'stacks.mesh.kubernetes.kubeconfig: is "/etc/kube/a:/etc/kube/b", and one field takes one file: the provider would find none and apply to http://localhost; write one path, such as "~/.kube/config"',
      ],
    ],
    ...["kubeconfig", "./kube/config", "../kube/config", "~other/.kube/config", "$HOME/.kube/config"].map(
      (kubeconfig): [string, Fields, string[]] => [
        `a relative kubeconfig, ${kubeconfig}`,
        mesh({ kubernetes: { context: "kind-pipeline", kubeconfig } }),
        [
          `stacks.mesh.kubernetes.kubeconfig: is "${kubeconfig}", which the provider would look for below the output folder; write a path from "/" or "~/", such as "~/.kube/config"`,
        ],
      ],
    ),
    [
      "a lifetime above half the authority's, where the stack has it from the default",
      mesh({ ca: { lifetime: "179d" } }),
      [
        "stacks.mesh.lifetime: is 90d, more than half of the authority's 179d, which leaves no time to replace the authority; raise ca.lifetime to at least 180d, or write a shorter one",
      ],
    ],
    [
      "a lifetime above half the authority's, where a service has its own",
      ingest({ lifetime: "9601h" }, { ca: { lifetime: "800d" } }),
      [
        "stacks.mesh.services.ingest.lifetime: is 9601h, more than half of the authority's 800d, which leaves no time to replace the authority; raise ca.lifetime to at least 19202h, or write a shorter one",
      ],
    ],
    [
      "a lifetime whose double no authority can have",
      mesh({ lifetime: "30000d" }),
      [
        "stacks.mesh.lifetime: is 30000d, more than half of the authority's 3650d, which leaves no time to replace the authority; write a shorter one",
      ],
    ],
    [
      "a renewal window that does not hold two applies of the default, once for all services that have it",
      mesh({ lifetime: "41d", services: { ingest: pods, trainer: pods, eval: { ...pods, lifetime: "42d" } } }),
      [
        `stacks.mesh.lifetime: is 41d: an apply renews in the last third, 328h, which must hold two applies (applyEvery 7d); write at least 42d, apply more often, or ${renewThemselves}`,
      ],
    ],
    [
      "a renewal window that does not hold two applies of the config",
      config({ mesh: stack() }, { applyEvery: "16d" }),
      [
        `stacks.mesh.lifetime: is 90d: an apply renews in the last third, 30d, which must hold two applies (applyEvery 16d); write at least 96d, apply more often, or ${renewThemselves}`,
      ],
    ],
    [
      "a lifetime too short for any renewal window",
      ingest({ lifetime: "2h" }),
      [
        `stacks.mesh.services.ingest.lifetime: is 2h: an apply renews in the last third, less than an hour, which must hold two applies (applyEvery 7d); write at least 42d, apply more often, or ${renewThemselves}`,
      ],
    ],
    [
      "lifetimes that are not whole hours",
      ingest({ lifetime: "5401s" }, { lifetime: "90m", ca: { lifetime: "100001m" } }),
      [
        'stacks.mesh.ca.lifetime: is "100001m"; write whole hours, which is how the tls provider counts',
        'stacks.mesh.lifetime: is "90m"; write whole hours, which is how the tls provider counts',
        'stacks.mesh.services.ingest.lifetime: is "5401s"; write whole hours, which is how the tls provider counts',
      ],
    ],
    [
      "lifetimes that are no durations",
      mesh({ lifetime: "3 months", ca: { lifetime: "101y" } }),
      [
        'stacks.mesh.ca.lifetime: is "101y", which is no duration; write a whole number above 0 and s, m, h or d, such as "90d"',
        'stacks.mesh.lifetime: is "3 months", which is no duration; write a whole number above 0 and s, m, h or d, such as "90d"',
      ],
    ],
    ["RSA 1024", mesh({ key: "rsa-1024" }), [`stacks.mesh.key: is "rsa-1024"; write ${keyKinds}`]],
    [
      "P-224",
      ingest({ key: "ecdsa-p224" }),
      [`stacks.mesh.services.ingest.key: is "ecdsa-p224"; write ${keyKinds}; did you mean "ecdsa-p256"?`],
    ],
    [
      "a public name without dns",
      ingest({ names: ["ingest.example.com"] }),
      [
        'stacks.mesh.services.ingest.names["ingest.example.com"]: is a public name, but the stack has no dns to point it anywhere; add dns or leave the name out',
      ],
    ],
    [
      "a public name outside the zones, even with the zone's letters at its end",
      ingest({ names: ["ingest.example.org", "badexample.com", "EXAMPLE.com."] }, { dns }),
      [
        'stacks.mesh.services.ingest.names["badexample.com"]: no zone covers it; add "badexample.com" to dns.zones',
        'stacks.mesh.services.ingest.names["ingest.example.org"]: no zone covers it; add "example.org" to dns.zones',
      ],
    ],
    [
      "two services with one public name, however it is written",
      mesh({
        dns,
        services: {
          ingest: { ...pods, names: ["api.example.com"] },
          trainer: { ...pods, names: ["API.example.com."] },
        },
      }),
      [
        'stacks.mesh.services.trainer.names["api.example.com"]: is a public name of service ingest of stack mesh already, and leads to one place only; write another name',
      ],
    ],
    [
      "two stacks with one public name",
      config({
        batch: stack({
          dns,
          namespace: { name: "batch" },
          services: { ingest: { ...pods, names: ["a.example.com"] } },
        }),
        mesh: stack({ dns, services: { ingest: { ...pods, names: ["a.example.com"] } } }),
      }),
      [
        'stacks.mesh.services.ingest.names["a.example.com"]: is a public name of service ingest of stack batch already, and leads to one place only; write another name',
      ],
    ],
    [
      "two spellings of one zone",
      ingest(names, { dns: { ...dns, zones: { "example.com": "Z1", "Example.com.": "Z2" } } }),
      ['stacks.mesh.dns.zones["Example.com."]: is "example.com" a second time; write each zone once'],
    ],
    [
      "two zones with one id",
      ingest(names, { dns: { ...dns, zones: { "example.com": "Z1", "example.org": "Z1" } } }),
      ['stacks.mesh.dns.zones["example.org"]: has the id of "example.com"; every zone has its own, copy it again'],
    ],
    [
      "a host of records that has none here, of which nothing else is said",
      ingest(names, { dns: { in: "elsewhere" } }),
      ['stacks.mesh.dns.in: is "elsewhere"; write "route53"'],
    ],
    [
      "no host of records",
      ingest(names, { dns: { ...dns, in: undefined } }),
      ['stacks.mesh.dns.in: is missing; write "route53"'],
    ],
    [
      "no target",
      ingest(names, { dns: { ...dns, target: undefined } }),
      [
        "stacks.mesh.dns.target: is missing; write a map (Where public names lead: a load balancer by name, or a target's DNS name with its zone id)",
      ],
    ],
    [
      "dns of an earlier release, of which nothing else is wrong",
      ingest(names, { dns: { region: "eu-west-1", zone: "example.com", loadBalancer: { name: "pipeline" } } }),
      [
        "stacks.mesh.dns.loadBalancer: is now target; rename it",
        'stacks.mesh.dns.zone: is now in: "route53", zones: {"example.com":"lookup"}; write that in its place',
      ],
    ],
    [
      "dns of an earlier release with a zone id",
      ingest(names, {
        dns: { region: "eu-west-1", zone: "example.com", zoneId: "Z1", loadBalancer: { name: "pipeline" } },
      }),
      [
        "stacks.mesh.dns.loadBalancer: is now target; rename it",
        'stacks.mesh.dns.zone: is now in: "route53", zones: {"example.com":"Z1"}; write that in its place',
        "stacks.mesh.dns.zoneId: is now the zone's value in zones; write it there",
      ],
    ],
    [
      "dns of an earlier release with mistakes, which are told where they must be mended",
      ingest(
        { names: ["a.example.net"] },
        { dns: { region: "eu", zone: "a_b.c", zoneId: "x", loadBalancer: { nam: "a" } } },
      ),
      [
        "stacks.mesh.dns.loadBalancer: is now target; rename it",
        'stacks.mesh.dns.region: is "eu"; write an AWS region, such as "eu-west-1"',
        'stacks.mesh.dns.target.nam: is an unknown field; did you mean "name"?',
        'stacks.mesh.dns.zone: is now in: "route53", zones: {"a_b.c":"x"}; write that in its place',
        "stacks.mesh.dns.zoneId: is now the zone's value in zones; write it there",
        'stacks.mesh.dns.zones["a_b.c"]: is "x", which is no id of a Route 53 hosted zone; write "Z" and up to 31 of A-Z and 0-9, such as "Z0123456789ABCDEFGHIJ", or "lookup"',
      ],
    ],
    [
      "a target with a zone id alone",
      mesh({ dns: { ...dns, target: { zoneId: "Z32O12XQLNTSW2" } } }),
      [
        'stacks.mesh.dns.target.dnsName: is missing; write a string, such as "pipeline-1234567890.eu-west-1.elb.amazonaws.com" (DNS name of the target)',
      ],
    ],
    [
      "a target with a name and a zone id",
      mesh({ dns: { ...dns, target: { name: "pipeline", zoneId: "Z32O12XQLNTSW2" } } }),
      ["stacks.mesh.dns.target.zoneId: does not go with name; write name, or dnsName and zoneId"],
    ],
    [
      "a target given in both ways",
      mesh({
        dns: { ...dns, target: { name: "pipeline", dnsName: "lb.example.net", zoneId: "Z32O12XQLNTSW2" } },
      }),
      ["stacks.mesh.dns.target.name: does not go with dnsName and zoneId; write name, or dnsName and zoneId"],
    ],
    [
      "a target that is none",
      mesh({ dns: { ...dns, target: {} } }),
      ["stacks.mesh.dns.target: is {}, which does not say what it is; write name, or dnsName and zoneId"],
    ],
    [
      "a target's zone id that is none",
      mesh({ dns: { ...dns, target: { dnsName: "lb.example.net", zoneId: "lookup" } } }),
      [
        'stacks.mesh.dns.target.zoneId: is "lookup", which is no id of a Route 53 hosted zone; write "Z" and up to 31 of A-Z and 0-9, such as "Z0123456789ABCDEFGHIJ"',
      ],
    ],
    [
      "a target's name that no load balancer can have",
      mesh({ dns: { ...dns, target: { name: "-pipeline" } } }),
      ['stacks.mesh.dns.target.name: is "-pipeline"; write the name of a load balancer: 1-32 letters, digits and "-"'],
    ],
    [
      "an Ingress without public names",
      ingest({ ingress: {} }),
      ["stacks.mesh.services.ingest.ingress: has no name to serve; write the service's public names in names"],
    ],
    [
      "what no Ingress can have",
      ingest({ names: ["a.example.com"], ingress: { className: "Nginx", annotations: { "a b": "x" } } }, { dns }),
      [
        'stacks.mesh.services.ingest.ingress.annotations["a b"]: is no annotation key; write one such as "nginx.ingress.kubernetes.io/backend-protocol"',
        `stacks.mesh.services.ingest.ingress.className: is "Nginx"; write 1-253 of a-z, 0-9, "-" and ".", ${rfc1123}`,
      ],
    ],
    [
      "a Secret's name that Kubernetes does not take",
      ingest({ secret: "ingest..tls" }),
      [`stacks.mesh.services.ingest.secret: is "ingest..tls"; write 1-253 of a-z, 0-9, "-" and ".", ${rfc1123}`],
    ],
    [
      "an authority in mode self-signed",
      mesh({ mode: "self-signed", ca: { lifetime: "3650d" } }),
      ['stacks.mesh.ca: has no use in mode "self-signed"; leave it out, or use mode "local-ca"'],
    ],
    [
      "a mode that is not built, with the built ones",
      mesh({ mode: "cert-manager" }),
      ['stacks.mesh.mode: is "cert-manager"; write "local-ca" or "self-signed"'],
    ],
    [
      "a common name of 65 characters for the authority",
      mesh({ ca: { subject: { commonName: "c".repeat(65), organization: " " } } }),
      [
        `stacks.mesh.ca.subject.commonName: is "${"c".repeat(65)}"; write 1-64 characters (RFC 5280)`,
        'stacks.mesh.ca.subject.organization: is " "; write 1-64 characters (RFC 5280)',
      ],
    ],
    [
      "parts that make too long a common name for the authority",
      config({ mesh: stack() }, { project: "p".repeat(32), environment: "e".repeat(24) }),
      [
        `stacks.mesh.ca.subject.commonName: would be "${"p".repeat(32)} ${"e".repeat(24)} mesh CA", 65 characters of at most 64 (RFC 5280); write a shorter one`,
      ],
    ],
  ])("%s", (_, given, lines) => {
    expect(problemsOf(given)).toEqual([...lines].sort());
  });

  test("what stands just inside a limit is accepted", () => {
    const longest = ["a", "b", "c", "d"].map((letter) => letter.repeat(58)).join(".");
    for (const given of [
      ingest({ port: 1 }),
      ingest({ port: 65_535 }),
      ingest({ selector: { [`${"k".repeat(63)}`]: "v".repeat(63), "app.kubernetes.io/name": "" } }),
      mesh({ services: { ["a".repeat(63)]: pods } }),
      mesh({ clusterDomain: longest.slice(2) }),
      // Labels that no public name may have, but namespaces of a cluster do.
      mesh({ namespace: { name: "ml--prod" }, services: { "a--b": pods } }),
      mesh({ namespace: { name: "default" } }),
      mesh({ ca: { lifetime: "180d" } }),
      mesh({ lifetime: "42d" }),
      config({ mesh: stack() }, { applyEvery: "15d" }),
      mesh({ lifetime: "60480m" }),
      mesh({ ca: { subject: { commonName: "c".repeat(64) } } }),
      config({ mesh: stack() }, { project: "p".repeat(32), environment: "e".repeat(23) }),
      // Nothing limits a certificate that signs itself but its own renewal.
      mesh({ mode: "self-signed", lifetime: "36500d" }),
    ]) {
      expect(problemsOf(given)).toEqual([]);
    }
  });

  test("unknown fields at every level, with the one that was probably meant", () => {
    const given = mesh({
      modus: "local-ca",
      mode_: "local-ca",
      kubernetes: { context: "kind-pipeline", kubeConfig: "~/.kube/config", cluster: "kind" },
      namespace: { name: "pipeline", created: true },
      ca: { lifetim: "3650d", subject: { commonname: "CA" } },
      dns: { ...dns, zone_: {}, target: { nam: "pipeline" } },
      services: {
        ingest: {
          ...pods,
          names: ["ingest.example.com"],
          clients: true,
          ingress: { classname: "nginx", annotation: {} },
        },
        trainer: { ...pods, image: "trainer" },
      },
    });
    const mean = (place: string, field: string) =>
      `stacks.mesh.${place}: is an unknown field; did you mean "${field}"?`;
    expect(problemsOf(given)).toEqual(
      [
        mean("modus", "mode"),
        mean("mode_", "mode"),
        mean("kubernetes.kubeConfig", "kubeconfig"),
        "stacks.mesh.kubernetes.cluster: is an unknown field; known here: context, kubeconfig",
        mean("namespace.created", "create"),
        mean("ca.lifetim", "lifetime"),
        mean("ca.subject.commonname", "commonName"),
        mean("dns.zone_", "zones"),
        mean("dns.target.nam", "name"),
        mean("services.ingest.clients", "client"),
        mean("services.ingest.ingress.classname", "className"),
        mean("services.ingest.ingress.annotation", "annotations"),
        "stacks.mesh.services.trainer.image: is an unknown field; known here: client, ingress, key, lifetime, names, port, secret, selector",
      ].sort(),
    );
  });

  test("many mistakes at once, each with one line and none with lines that follow from another", () => {
    const broken = {
      scenario: "pipeline-tls",
      mode: "cert-manager",
      kubernetes: {},
      namespace: { name: "" },
      clusterDomain: "http://cluster.local",
      key: "rsa-1024",
      lifetime: "90",
      ca: { lifetime: "1m" },
      dns: { in: "route53", account: "1", region: "Frankfurt", zones: { example: "z" }, target: "pipeline" },
      services: {
        "Big-": { port: 0, selector: { app: "x y" } },
        ca: { ...pods, secret: "A" },
        ingest: { selector: "app=ingest", names: "api.example.com", ingress: { className: 1 }, lifetime: "1w" },
        trainer: { ...pods, secret: "A", nmaes: ["a.example.com"], ingress: {} },
      },
    };
    const given = config({ batch: broken, mesh: broken }, { applyEvery: "weekly", privateKeys: "nowhere" });
    const ofStack = (name: string) =>
      [
        'mode: is "cert-manager"; write "local-ca" or "self-signed"',
        'kubernetes.context: is missing; write a string, such as "kind-pipeline" (The kubeconfig context: nobody deploys to whatever is current)',
        `namespace.name: is ""; write 1-63 of a-z, 0-9 and "-", ${rfc1123}`,
        "clusterDomain: is a URL; write only its host name",
        `key: is "rsa-1024"; write ${keyKinds}`,
        'lifetime: is "90", which is no duration; write a whole number above 0 and s, m, h or d, such as "90d"',
        'ca.lifetime: is "1m"; write whole hours, which is how the tls provider counts',
        'dns.account: is "1"; write the 12 digits of an AWS account',
        'dns.region: is "Frankfurt"; write an AWS region, such as "eu-west-1"',
        'dns.zones.example: is "z", which is no id of a Route 53 hosted zone; write "Z" and up to 31 of A-Z and 0-9, such as "Z0123456789ABCDEFGHIJ", or "lookup"',
        'dns.target: is "pipeline"; write a map (Where public names lead: a load balancer by name, or a target\'s DNS name with its zone id)',
        'services.Big-: is no valid key; write 1-63 of a-z, 0-9 and "-", starting with a letter and ending with a letter or digit',
        "services.Big-.port: is 0; write a whole number from 1 to 65535",
        'services.Big-.selector.app: is "x y"; write at most 63 letters, digits, ".", "_" and "-", starting and ending with a letter or digit',
        "services.ca: is what the authority's own resources are called; choose another name",
        `services.ca.secret: is "A"; write 1-253 of a-z, 0-9, "-" and ".", ${rfc1123}`,
        "services.ingest.port: is missing; write a number, such as 8443 (The port that the pods listen on; clients use 443)",
        'services.ingest.selector: is "app=ingest"; write a map, such as {"app":"ingest"} (Labels of the pods)',
        'services.ingest.names: is "api.example.com"; write a list, such as ["api.example.com","*.api.example.com"] (Names beyond the service\'s own: public ones, in the zones of `dns`, or others of the cluster\'s, such as its pods\')',
        'services.ingest.ingress.className: is 1; write a string, such as "nginx" (The ingress class)',
        'services.ingest.lifetime: is "1w", which is no duration; write a whole number above 0 and s, m, h or d, such as "90d"',
        `services.trainer.secret: is "A"; write 1-253 of a-z, 0-9, "-" and ".", ${rfc1123}`,
        'services.trainer.nmaes: is an unknown field; did you mean "names"?',
      ].map((line) => `stacks.${name}.${line}`);
    expect(problemsOf(given)).toEqual(
      [
        'applyEvery: is "weekly", which is no duration; write a whole number above 0 and s, m, h or d, such as "7d"',
        'privateKeys: is "nowhere"; write "never", "encrypted-backend" or "allowed"',
        ...ofStack("batch"),
        ...ofStack("mesh"),
      ].sort(),
    );
  });

  test("nothing because of a dns, mode or project that was refused", () => {
    // Whether there is to be an authority is not known.
    expect(problemsOf(mesh({ mode: "cert-manager", lifetime: "3650d" }))).toEqual([
      'stacks.mesh.mode: is "cert-manager"; write "local-ca" or "self-signed"',
    ]);
    const named = { services: { ingest: { ...pods, names: ["ingest.example.com"] } } };
    expect(problemsOf(mesh({ ...named, dnss: dns }))).toEqual([
      'stacks.mesh.dnss: is an unknown field; did you mean "dns"?',
    ]);
    expect(problemsOf(mesh({ ...named, dns: { ...dns, zones: { example_com: "lookup" } } }))).toEqual([
      'stacks.mesh.dns.zones.example_com: contains "_"; host names have letters, digits and hyphens only (RFC 1123)',
    ]);
    expect(problemsOf(config({ ["m".repeat(64)]: stack() }, { project: "P".repeat(64) }))).toHaveLength(2);
  });
});

describe("objects of a cluster have one owner", () => {
  const taken = (service: string) =>
    `stacks.mesh.services.${service}: is a Service of stack batch already, in the same namespace; rename it, or give one of the stacks another namespace`;

  test("in one stack, whether a Secret's name is written or comes from the service", () => {
    const two = (ingestSecret: string, trainer: Fields) =>
      mesh({ services: { ingest: { ...pods, secret: ingestSecret }, trainer: { ...pods, ...trainer } } });
    expect(problemsOf(two("tls", { secret: "tls" }))).toEqual([
      'stacks.mesh.services.trainer.secret: is "tls", which is the Secret of service ingest of stack mesh; write another name',
    ]);
    expect(problemsOf(two("trainer", {}))).toEqual([
      'stacks.mesh.services.trainer.secret: would be "trainer", which is the Secret of service ingest of stack mesh; write another name',
    ]);
    expect(problemsOf(two("trainer", { secret: "ingest" }))).toEqual([]);
  });

  test("in two stacks of one context and namespace", () => {
    const create = { namespace: { name: "pipeline", create: true } };
    expect(problemsOf(config({ batch: stack(), mesh: stack() }))).toEqual([taken("ingest")]);
    expect(problemsOf(config({ batch: stack(create), mesh: stack(create) }))).toEqual([
      'stacks.mesh.namespace.create: is true, but stack batch creates the namespace "pipeline" already; leave it out here',
      taken("ingest"),
    ]);
    const secret = { services: { trainer: { ...pods, secret: "ingest" } } };
    expect(problemsOf(config({ batch: stack(), mesh: stack(secret) }))).toEqual([
      'stacks.mesh.services.trainer.secret: is "ingest", which is the Secret of service ingest of stack batch; write another name',
    ]);
    const both = { services: { ingest: { ...pods, secret: "tls" } } };
    expect(problemsOf(config({ batch: stack(both), mesh: stack(both) }))).toEqual([
      'stacks.mesh.services.ingest.secret: is "tls", which is the Secret of service ingest of stack batch; write another name',
      taken("ingest"),
    ]);
  });

  test("and are others in another namespace, context or kubeconfig", () => {
    const create = { namespace: { name: "pipeline", create: true } };
    const kubeconfig = (file?: string) => ({ ...create, kubernetes: { context: "default", kubeconfig: file } });
    for (const [batch, mesh] of [
      [{ namespace: { name: "batch", create: true } }, create],
      [{ ...create, kubernetes: { context: "kind-batch" } }, create],
      // Small clusters all call their context "default".
      [kubeconfig("~/.kube/batch"), kubeconfig("~/.kube/mesh")],
    ]) {
      expect(problemsOf(config({ batch: stack(batch), mesh: stack(mesh) }))).toEqual([]);
    }
    expect(problemsOf(config({ batch: stack(kubeconfig()), mesh: stack(kubeconfig("~/.kube/mesh")) }))).toHaveLength(2);
  });

  test("a namespace that one stack makes can be used by others", () => {
    const batch = stack({ namespace: { name: "pipeline", create: true }, services: { batch: pods } });
    expect(problemsOf(config({ batch, mesh: stack() }))).toEqual([]);
  });
});

describe("private keys in the state", () => {
  const inState = (address: string) =>
    `would put a private key into Terraform's state (${address}), which privateKeys "never" forbids; use a vault-pki-k8s stack with delivery "cert-manager", where the key is made in the cluster`;
  const services = { ingest: pods, trainer: pods };

  test.each(["local-ca", "self-signed"])("are refused one by one if the config forbids them, in mode %s", (mode) => {
    const backend = { type: "s3", bucket: "ai-platform-state", region: "eu-west-1" };
    const given = config({ mesh: stack({ mode, services }) }, { privateKeys: "never", backend });
    expect(problemsOf(given)).toEqual(
      [
        ...(mode === "local-ca" ? [`stacks.mesh: ${inState("tls_private_key.ca")}`] : []),
        `stacks.mesh.services.ingest: ${inState("tls_private_key.ingest")}`,
        `stacks.mesh.services.trainer: ${inState("tls_private_key.trainer")}`,
      ].sort(),
    );
  });

  test.each<[backend: Fields, line: string | undefined]>([
    [
      { type: "local" },
      'backend: is local, which keeps the state in clear, and stack mesh puts 3 private keys into it (tls_private_key.ca and others); use s3, gcs, azurerm or cloud, or for a trial set privateKeys to "allowed"',
    ],
    [
      { type: "http", address: "https://state.example.com/tls" },
      'backend: is http, which keeps the state in clear, and stack mesh puts 3 private keys into it (tls_private_key.ca and others); use s3, gcs, azurerm or cloud, or for a trial set privateKeys to "allowed"',
    ],
    [
      { type: "kubernetes", namespace: "terraform" },
      'backend: is kubernetes without encryptedAtRest, so the state may lie in clear, and stack mesh puts 3 private keys into it (tls_private_key.ca and others); write encryptedAtRest: true if the cluster encrypts Secrets, use s3, gcs, azurerm or cloud, or for a trial set privateKeys to "allowed"',
    ],
    [{ type: "kubernetes", namespace: "terraform", encryptedAtRest: true }, undefined],
    [{ type: "s3", bucket: "ai-platform-state", region: "eu-west-1" }, undefined],
    [{ type: "gcs", bucket: "ai-platform-state" }, undefined],
    [{ type: "azurerm", resourceGroup: "state", storageAccount: "state", container: "state" }, undefined],
    [{ type: "cloud", organization: "example" }, undefined],
  ])("go by default only where the state is encrypted: %j", (backend, line) => {
    for (const privateKeys of [undefined, "encrypted-backend"]) {
      const given = config({ mesh: stack({ services }) }, { privateKeys, backend });
      expect(problemsOf(given)).toEqual(line === undefined ? [] : [line]);
    }
  });

  test("of one service alone are counted as one", () => {
    expect(problemsOf(config({ mesh: stack({ mode: "self-signed" }) }, { privateKeys: undefined }))).toEqual([
      'backend: is local, which keeps the state in clear, and stack mesh puts 1 private key into it (tls_private_key.ingest); use s3, gcs, azurerm or cloud, or for a trial set privateKeys to "allowed"',
    ]);
  });

  test("are no matter of a backend that was refused itself", () => {
    const backend = { type: "kubernetes", namespace: "terraform", encryptedAtRest: "yes" };
    expect(problemsOf(config({ mesh: stack() }, { privateKeys: undefined, backend }))).toEqual([
      'backend.encryptedAtRest: is "yes"; write true or false (States that the cluster encrypts Secrets at rest; without it no private key may be in the state)',
    ]);
  });
});

test.each(["mutual", "client"])("ACM is not asked to sign for purpose %s: a private issuer is named", (purpose) => {
  const good = goodConfig();
  const web = { ...good.stacks.web, certificates: { api: { names: ["api.example.com"], purpose } } };
  expect(problemsOf({ ...good, stacks: { web } })).toEqual([
    `stacks.web.certificates.api.purpose: is "${purpose}", but ACM is a public authority and signs for servers only; let a private one sign: pipeline-tls, vault-pki-k8s or cas-short-lived`,
  ]);
});

test.each([
  ["Secrets, Services and ConfigMaps", mesh()],
  ["Secrets, Services, ConfigMaps and Ingresses", ingest({ ...names, ingress: {} }, { dns })],
])("an operator is told of the right to create %s", (objects, given) => {
  const { needs } = operatorNotes(completed(given), checkedConfig(given).config.settings);
  expect(needs.map((need) => need && textOf(need))).toContainEqual(
    expect.stringContaining(`the right to create ${objects} in it.`),
  );
});

describe("becomes", () => {
  const day = 86_400;

  test("a stack with everything that was left out", () => {
    expect(completed(mesh({ services: { trainer: { ...pods, client: true }, ingest: pods } }))).toEqual({
      kubernetes: { context: "kind-pipeline", kubeconfig: undefined },
      namespace: { name: "pipeline", create: false },
      authority: {
        commonName: "ai-platform test mesh CA",
        organization: "ai-platform",
        key: "ecdsa-p256",
        lifetime: 3_650 * day,
      },
      organization: "ai-platform",
      services: [
        {
          name: "ingest",
          names: ["ingest", "ingest.pipeline", "ingest.pipeline.svc", "ingest.pipeline.svc.cluster.local"],
          commonName: "ingest",
          publicNames: [],
          clusterName: "ingest.pipeline.svc.cluster.local",
          port: 8443,
          selector: { app: "ingest" },
          client: false,
          key: "ecdsa-p256",
          validity: { lifetime: 90 * day, renewBefore: 30 * day },
          ownLifetime: false,
          secret: "ingest",
          ingress: undefined,
        },
        expect.objectContaining({ name: "trainer", client: true, secret: "trainer" }),
      ],
      dns: undefined,
    });
  });

  test("a stack without an authority in mode self-signed", () => {
    expect(completed(mesh({ mode: "self-signed" }))).toMatchObject({
      authority: undefined,
      organization: "ai-platform",
    });
  });

  test("what was written, with a service's own key and lifetime in place of the stack's", () => {
    const given = mesh({
      clusterDomain: "K8S.Example.internal.",
      key: "rsa-3072",
      lifetime: "60d",
      ca: { lifetime: "365d", subject: { commonName: "Pipeline CA", organization: "Example" } },
      services: { eval: pods, ingest: { ...pods, key: "ecdsa-p384", lifetime: "48d", secret: "tls" } },
    });
    const { authority, organization, services } = completed(given);
    expect(authority).toEqual({
      commonName: "Pipeline CA",
      organization: "Example",
      key: "rsa-3072",
      lifetime: 365 * day,
    });
    expect(organization).toBe("Example");
    expect(services).toMatchObject([
      { name: "eval", key: "rsa-3072", validity: { lifetime: 60 * day, renewBefore: 20 * day }, ownLifetime: false },
      {
        name: "ingest",
        clusterName: "ingest.pipeline.svc.k8s.example.internal",
        key: "ecdsa-p384",
        validity: { lifetime: 48 * day, renewBefore: 16 * day },
        ownLifetime: true,
        secret: "tls",
      },
    ]);
  });

  test("a certificate for the cluster's names and the public ones, in one form, once and sorted", () => {
    const names = ["Ingest.Example.com.", "*.ingest.example.com", "ingest.example.com", "a.bücher.example.com"];
    expect(completedService(ingest({ names }, { dns }))).toMatchObject({
      names: [
        "*.ingest.example.com",
        "a.xn--bcher-kva.example.com",
        "ingest",
        "ingest.example.com",
        "ingest.pipeline",
        "ingest.pipeline.svc",
        "ingest.pipeline.svc.cluster.local",
      ],
      publicNames: ["*.ingest.example.com", "a.xn--bcher-kva.example.com", "ingest.example.com"],
      // The first that is no wildcard.
      commonName: "a.xn--bcher-kva.example.com",
    });
  });

  test("a record in the zone with the longest name that covers it, and no zone that has none", () => {
    const zones = { "example.com": "Z1", "b.example.com": "lookup", "example.org": "Z2", com: "Z3" };
    const services = {
      ingest: { ...pods, names: ["c.example.com", "*.b.example.com"] },
      trainer: { ...pods, names: ["a.b.example.com", "b.example.com", "ab.example.com"] },
    };
    const { dns: alias } = completed(mesh({ dns: { ...dns, zones }, services }));
    expect(alias?.records).toEqual([
      { name: "*.b.example.com", zone: "b.example.com" },
      { name: "a.b.example.com", zone: "b.example.com" },
      { name: "ab.example.com", zone: "example.com" },
      { name: "b.example.com", zone: "b.example.com" },
      { name: "c.example.com", zone: "example.com" },
    ]);
    expect(alias?.zones).toEqual({ "b.example.com": "lookup", "example.com": "Z1" });
  });

  test("an alias to what the config names", () => {
    expect(completed(mesh({ dns })).dns).toEqual({
      account: undefined,
      region: "eu-west-1",
      zones: {},
      records: [],
      target: { name: "pipeline" },
    });
    const target = { dnsName: "LB.example.net.", zoneId: "Z32O12XQLNTSW2" };
    const more = { account: "111122223333", zones: { "Example.COM.": "Z0123456789ABCDEFGHIJ" } };
    const names = ["b.example.com", "example.com"];
    expect(completed(ingest({ names }, { dns: { ...dns, ...more, target } })).dns).toEqual({
      account: "111122223333",
      region: "eu-west-1",
      zones: { "example.com": "Z0123456789ABCDEFGHIJ" },
      records: names.map((name) => ({ name, zone: "example.com" })),
      target: { dnsName: "lb.example.net", zoneId: "Z32O12XQLNTSW2" },
    });
  });
});

describe("for any config", () => {
  const day = 86_400;
  const key = fc.stringMatching(/^[a-z]([a-z0-9-]{0,8}[a-z0-9])?$/).filter((text) => text !== "ca");
  /** A key that a label of a public name can be as well. */
  const label = key.filter((text) => text.slice(2, 4) !== "--");

  test("the order of services, selectors, annotations and names changes nothing, down to the order of keys", () => {
    const names = fc.uniqueArray(fc.constantFrom("api", "*", "ingest", "eu", "a.b", "*.eu"), { maxLength: 3 });
    const selector = fc.dictionary(key, fc.constantFrom("a", "b"), { minKeys: 1, maxKeys: 3 });
    const services = fc.dictionary(label, fc.record({ names, selector }), { minKeys: 1, maxKeys: 4 });
    const turned = (map: Fields) => Object.fromEntries(Object.entries(map).reverse());
    fc.assert(
      fc.property(services, (services) => {
        const build = (turn: (map: Fields) => Fields) => {
          const entries = Object.entries(services).map(([name, { names, selector }]) => {
            const own = names.map((one) => `${one}.${name}.example.com`);
            const annotations = turn({ a: "1", b: "2", c: "3" });
            const ingress = own.length > 0 ? { annotations } : undefined;
            const list = turn === turned ? own.reverse() : own;
            return [name, { port: 8443, selector: turn(selector), names: list, ingress }] as const;
          });
          return mesh({ dns, services: turn(Object.fromEntries(entries)) });
        };
        expect(problemsOf(build((map) => map))).toEqual([]);
        expect(JSON.stringify(completed(build(turned)))).toBe(JSON.stringify(completed(build((map) => map))));
      }),
      runs(10),
    );
  });

  test("a certificate has exactly the names by which the cluster and the public reach its service", () => {
    fc.assert(
      fc.property(key, key, fc.array(label, { minLength: 1, maxLength: 3 }), (service, namespace, domain) => {
        const given = mesh({
          namespace: { name: namespace },
          clusterDomain: domain.join("."),
          services: { [service]: { ...pods, names: ["api.example.com"] } },
          dns,
        });
        const wanted = [
          service,
          `${service}.${namespace}`,
          `${service}.${namespace}.svc`,
          `${service}.${namespace}.svc.${domain.join(".")}`,
          "api.example.com",
        ];
        expect(completed(given).services[0]?.names).toEqual([...new Set(wanted)].sort());
      }),
      runs(20),
    );
  });

  test("the renewal window is a third of the lifetime in whole hours, below the lifetime", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 36_500 * 24 }), (hours) => {
        const { validity } = completedService(ingest({ lifetime: `${hours}h` }));
        expect(validity).toEqual({ lifetime: hours * 3_600, renewBefore: Math.floor(hours / 3) * 3_600 });
      }),
    );
  });

  test("a lifetime is refused when its window is too short or the authority too young, and the advice given passes", () => {
    const amount = (most: number) => fc.integer({ min: 1, max: most });
    const every = fc.oneof(
      amount(40).map((days) => `${days}d`),
      amount(4_000).map((days) => `${days}d`),
      amount(500).map((hours) => `${hours}h`),
      amount(100_000).map((seconds) => `${seconds}s`),
    );
    const hoursOf = (text: string) => Number.parseInt(text, 10) * (text.endsWith("d") ? 24 : 1);
    const secondsOf = (text: string) =>
      Number.parseInt(text, 10) * ({ s: 1, h: 3_600, d: day }[text.at(-1) ?? ""] ?? Number.NaN);
    const lifetime = fc.oneof(
      amount(400).map((days) => `${days}d`),
      amount(36_500).map((days) => `${days}d`),
      amount(2_000).map((hours) => `${hours}h`),
    );
    fc.assert(
      fc.property(every, lifetime, fc.option(lifetime, { nil: undefined }), (applyEvery, lifetime, authority) => {
        const build = (lifetime: string, authority: string | undefined) => {
          const trust = authority === undefined ? { mode: "self-signed" } : { ca: { lifetime: authority } };
          return config({ mesh: stack({ lifetime, ...trust }) }, { applyEvery });
        };
        const lines = problemsOf(build(lifetime, authority));
        const [window] = lines.filter((line) => line.includes("an apply renews"));
        const [half] = lines.filter((line) => line.includes("more than half"));
        expect(lines).toHaveLength([window, half].filter((line) => line !== undefined).length);
        expect(window !== undefined).toBe(Math.floor(hoursOf(lifetime) / 3) * 3_600 < 2 * secondsOf(applyEvery));
        expect(half !== undefined).toBe(authority !== undefined && 2 * hoursOf(lifetime) > hoursOf(authority));

        const advised = /; write at least (\w+)(?: and raise ca\.lifetime to at least (\w+))?, /.exec(window ?? "");
        if (advised?.[1] !== undefined) expect(problemsOf(build(advised[1], advised[2] ?? authority))).toEqual([]);
        const raised = /; raise ca\.lifetime to at least (\w+), /.exec(half ?? "")?.[1];
        if (raised !== undefined) expect(problemsOf(build(lifetime, raised))).toEqual(window ? [window] : []);
        // Without an authority only the limit of 100 years can leave nothing to advise.
        if (window !== undefined && authority === undefined && secondsOf(applyEvery) <= 6_000 * day) {
          expect(advised).not.toBeNull();
        }
      }),
      runs(60),
    );
  });
});

test("names that the cluster answers for need no dns, and lead nowhere", () => {
  const names = ["*.ray.pipeline.svc.cluster.local", "*.ray.pipeline", "ray", "ray.other.svc", "ray.cluster.local"];
  const given = mesh({ services: { ingest: { ...pods, names } } });
  expect([problemsOf(given), warningsOf(given)]).toEqual([[], []]);
  const [service] = completed(given).services;
  expect(service?.names).toEqual(expect.arrayContaining(names));
  expect(service?.publicNames).toEqual([]);
  // A top-level domain can be the name of a namespace and of none.
  const dev = { namespace: { name: "dev" } };
  expect(
    problemsOf(mesh({ ...dev, services: { ingest: { ...pods, names: ["api.dev", "api.svc.example.com"] } } })),
  ).toEqual(
    ["api.dev", "api.svc.example.com"].map(
      (name) =>
        `stacks.mesh.services.ingest.names["${name}"]: is a public name, but the stack has no dns to point it anywhere; add dns or leave the name out`,
    ),
  );
  expect(problemsOf(mesh({ services: { ingest: { ...pods, names, ingress: {} } } }))).toEqual([
    "stacks.mesh.services.ingest.ingress: has no name to serve; write the service's public names in names",
  ]);
  const own = { clusterDomain: "k8s.example.com", services: { ingest: { ...pods, names: ["a.k8s.example.com"] } } };
  expect(problemsOf(mesh(own))).toEqual([]);
});

test("annotations of an Ingress are text: what looks like an expression is meant as it stands", () => {
  const annotated = (value: string) =>
    ingest({ ...names, ingress: { annotations: { "nginx.org/server-snippets": value } } }, { dns });
  const said = (value: string) => problemsOf(annotated(value)).map((line) => line.replace(/^.*?\]: /, ""));
  const text = "return 308 https://${host}$request_uri; %{x}";
  expect(said(text)).toEqual([]);
  expect(completedService(annotated(text)).ingress?.annotations).toEqual({ "nginx.org/server-snippets": text });
  for (const start of ["${", "%{"]) {
    const twice = `${start[0]}${start}`;
    const advice = `contains "${twice}"; write "${start}" as it is meant: Terraform is given it escaped`;
    expect(said(`${twice}host}`)).toEqual([advice]);
  }
  expect(said("${TfToken[TOKEN.0]}")).toEqual([
    'contains "${", which Terraform would evaluate; write the value itself',
  ]);
  expect(problemsOf(ingest({ ...names, ingress: { annotations: { "${x}": "" } } }, { dns }))).toHaveLength(1);
});

test("dns that leads no name anywhere brings a provider and look-ups for nothing", () => {
  expect(warningsOf(mesh({ dns }))).toEqual([
    "stacks.mesh.dns: leads nowhere, since no service has public names; write names, or leave it out",
  ]);
});

test("a certificate that lives for years, once where the stack has it", () => {
  const said = 'is "900d": a key that leaks is good as long, and clients of Apple refuse more than 825d; write less';
  const own = { ...pods, lifetime: "900d" };
  expect(warningsOf(mesh({ lifetime: "900d" }))).toEqual([`stacks.mesh.lifetime: ${said}`]);
  expect(warningsOf(mesh({ services: { ingest: pods, trainer: own } }))).toEqual([
    `stacks.mesh.services.trainer.lifetime: ${said}`,
  ]);
});
