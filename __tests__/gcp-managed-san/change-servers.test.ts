import { inOwnFolders, said, written } from "../support/check-command";
import { change, warned } from "./changes";
import { config, type Fields, stateOf } from "./configs";

inOwnFolders();

const group = (name: string) => `projects/ml-serving-prod/zones/europe-west4-a/instanceGroups/${name}`;
const groups = { instanceGroups: [group("a"), group("b")], port: "http" };
const run = { cloudRun: { region: "europe-west4", service: "llama" } };
const endpoints = { "llama-0": { address: "10.0.0.5", port: 8000 }, "llama-1": { address: "10.0.0.6", port: 8000 } };
const neg = {
  zonalNeg: { zone: "europe-west4-a", network: "serving", subnetwork: "serving-a", endpoints, maxRatePerEndpoint: 2 },
};
const negWith = (changes: Fields) => ({ zonalNeg: { ...neg.zonalNeg, ...changes } });

/** What is said where the only backend becomes another one. */
const backend = (before: Fields, after: Fields) =>
  change({ backends: { llama: before } }, { backends: { llama: after } });

const unwell =
  "and Google sends nothing to them until it found them well: clients get an error meanwhile; add them first, beside those that serve, and take those out when `gcloud compute backend-services get-health` says HEALTHY";

test.each<[what: string, before: Fields, after: Fields, ...messages: readonly string[]]>([
  ["one group of two", groups, { ...groups, instanceGroups: [group("a")] }],
  [
    "one endpoint that moves",
    neg,
    negWith({ endpoints: { ...endpoints, "llama-0": { address: "10.0.0.9", port: 8000 } } }),
  ],
  ["one endpoint of two", neg, negWith({ endpoints: { "llama-1": endpoints["llama-1"] } })],
  [
    "every group",
    groups,
    { ...groups, instanceGroups: [group("c")] },
    `backends.llama.instanceGroups: has none of the groups that serve now, ${unwell}`,
  ],
  [
    "every endpoint",
    neg,
    negWith({
      endpoints: { "llama-0": { address: "10.0.0.9", port: 8000 }, "llama-1": { address: "10.0.0.6", port: 9000 } },
    }),
    `backends.llama.zonalNeg.endpoints: has none of the endpoints that serve now, ${unwell}`,
  ],
  ...["zone", "network", "subnetwork"].map((field): [string, Fields, Fields, string] => [
    `the ${field} of endpoints`,
    neg,
    negWith({ [field]: field === "zone" ? "europe-west4-b" : "other" }),
    `backends.llama.zonalNeg.${field}: makes another group, of which every endpoint is new, and Google sends nothing to them until it found them well: clients get an error meanwhile; make a second backend, give it a path of a host first, and lead the others there when \`gcloud compute backend-services get-health\` says HEALTHY`,
  ]),
  [
    "Cloud Run by groups",
    run,
    groups,
    "backends.llama: makes another backend service, of which every server is new, and Google sends nothing to them until it found them well: clients get an error meanwhile; make a second backend, give it a path of a host first, and lead the others there when `gcloud compute backend-services get-health` says HEALTHY",
  ],
  [
    "groups by Cloud Run",
    groups,
    run,
    'backends.llama: leads to the Cloud Run service "llama" in europe-west4 from one moment to the next; see that it serves what its clients ask for',
  ],
  [
    "a Cloud Run service",
    run,
    { cloudRun: { ...run.cloudRun, service: "mistral" } },
    'backends.llama.cloudRun.service: leads to the Cloud Run service "mistral" in europe-west4 from one moment to the next; see that it serves what its clients ask for',
  ],
  ["the region of a Cloud Run service", run, { cloudRun: { ...run.cloudRun, region: "us-east1" } }],
])("%s replaced", (_, before, after, ...messages) => {
  expect(backend(before, after)).toEqual(warned(...messages));
});

test.each<[what: string, before: Fields, after: Fields, ...messages: readonly string[]]>([
  [
    "what is spoken with servers",
    groups,
    { ...groups, protocol: "HTTPS" },
    'backends.llama.protocol: changes: the load balancer speaks "HTTPS" with all its servers at once, "HTTP" until now, and clients get an error from one that does not; see that each of them speaks both before you apply, or lead hosts to a second backend',
  ],
  [
    "the named port",
    groups,
    { ...groups, port: "web" },
    'backends.llama.port: changes: requests go to the named port "web" of its groups at once, and a group without it serves nothing; give it to every group before you apply (`gcloud compute instance-groups set-named-ports`), beside "http"',
  ],
  [
    "the health check",
    groups,
    { ...groups, healthCheck: { path: "/health" } },
    "backends.llama.healthCheck: changes: a server that does not answer the new health check with 200 gets no requests any more, and all are asked at once; see that each of them answers it before you apply",
  ],
  [
    "a shorter timeout",
    groups,
    { ...groups, timeout: "1m" },
    "backends.llama.timeout: changes: answers that take longer than the new timeout are cut off; see that no model's do",
  ],
  ["a longer timeout, and logs", groups, { ...groups, timeout: "1h", logging: true }],
  ["what keeps a client at a server, for the first time", groups, { ...groups, affinity: "CLIENT_IP" }],
  [
    "what kept a client at a server",
    { ...groups, affinity: "CLIENT_IP" },
    groups,
    "backends.llama.affinity: changes: clients that stay at one server are spread anew, and what it holds for them, such as a cache, stays behind; see that servers can do without",
  ],
  ["the rate of an endpoint", neg, negWith({ maxRatePerEndpoint: 9 })],
])("%s", (_, before, after, ...messages) => {
  expect(backend(before, after)).toEqual(warned(...messages));
});

test("a backend that nothing leads to may change", () => {
  const unused = (llama: Fields) => ({ backends: { llama: run, other: llama } });
  expect(change(unused(groups), unused(run)).warnings).toEqual([expect.stringContaining("serves nothing")]);
});

test("a state tells of servers, too", () => {
  const toldOf = (before: Fields, after: Fields) =>
    said(config({ backends: { llama: after } }), written("lb.tfstate", stateOf({ backends: { llama: before } }, "")))
      .warnings;
  expect(toldOf(groups, groups)).toEqual([]);
  expect(toldOf(neg, neg)).toEqual([]);
  expect(toldOf(groups, { ...groups, instanceGroups: [group("c")] })).toEqual([expect.stringContaining("has none of")]);
  expect(toldOf(run, { cloudRun: { ...run.cloudRun, service: "x" } })).toEqual([expect.stringContaining('"x" in')]);
});

/** What is said of each release after the first. */
const steps = (...releases: readonly Fields[]) =>
  releases.slice(1).map((after, index) => change(releases[index] ?? {}, after));

test("the orders that are advised have no problem, and are silent where it counts", () => {
  const hosts = (backend: string, paths: Fields = {}) => ({ hosts: { "api.example.com": { backend, paths } } });
  const both = { llama: run, second: groups };
  const path = { "/second/*": "second" };
  const [first, others, away, last] = steps(
    { ...hosts("llama"), backends: { llama: run } },
    { ...hosts("llama", path), backends: both },
    { ...hosts("second", path), backends: both },
    { ...hosts("second"), backends: both, defaultBackend: "second" },
    { ...hosts("second"), backends: { second: groups }, defaultBackend: "second" },
  );
  const of = 'hosts["api.example.com"]';
  // The path is for the trial alone.
  expect(first?.problems).toEqual([]);
  expect(first?.warnings).toEqual([expect.stringContaining(`${of}.paths: leads "/second/*" to "second"`)]);
  expect(others).toEqual(
    warned(`${of}.backend: leads to "second", and "llama" serves it now; see that "second" answers the same requests`),
  );
  expect(away?.problems).toEqual([]);
  expect(away?.warnings).toContain(
    'stacks.lb.defaultBackend: leads what no host of the config is for to "second", and "llama" serves it now; see that "second" answers the same requests',
  );
  expect(last).toEqual({ problems: [], warnings: [expect.stringContaining('backends: lacks "llama"')] });
});

test("groups and endpoints that are added beside the others, which then go, interrupt nothing", () => {
  const moved = { "llama-2": { address: "10.0.0.7", port: 8000 } };
  const releases = [
    [groups, { ...groups, instanceGroups: [group("a"), group("c")] }, { ...groups, instanceGroups: [group("c")] }],
    [neg, negWith({ endpoints: { ...endpoints, ...moved } }), negWith({ endpoints: moved })],
  ];
  for (const backends of releases) {
    expect(steps(...backends.map((llama) => ({ backends: { llama } })))).toEqual([warned(), warned()]);
  }
});
