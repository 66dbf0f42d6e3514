import { inOwnFolders, said, written } from "../support/check-command";
import { synthesizedTexts } from "../support/synthesis";
import { change, warned } from "./changes";
import { api, chat, config, type Fields, llama, stateOf, two } from "./configs";

inOwnFolders();

const run = (service: string) => ({ cloudRun: { region: "europe-west4", service } });
const groups = {
  instanceGroups: ["projects/ml-serving-prod/zones/europe-west4-a/instanceGroups/mistral"],
  port: "http",
};
const link = "projects/other-prod/global/backendServices/mistral";
const both = { llama: run("llama"), mistral: groups };
const mistral = { backend: "mistral" };
const wildcard = "*.example.com";

/** What is said of a change, without what the config says alone. */
function changed(before: Fields, after: Fields) {
  const { problems, warnings } = change(before, after);
  return { problems, warnings: warnings.filter((one) => !one.includes("serves nothing; leave it out")) };
}

const isNew = (backend: string) =>
  `"${backend}" serves nothing yet, and Google sends nothing to its servers until it found them well, which it looks at only once something leads there: give it a path of a host first, apply, and change this when \`gcloud compute backend-services get-health\` says HEALTHY`;
const leads = (what: string, to: string, from: string, care = `see that "${to}" answers the same requests`) =>
  `${what} to "${to}", and "${from}" serves it now; ${care}`;

test.each<[what: string, before: Fields, after: Fields, ...messages: readonly string[]]>([
  [
    "a host that is led to another backend",
    { backends: both, hosts: { [api]: llama, [chat]: mistral } },
    { backends: both, hosts: { [api]: mistral, [chat]: mistral } },
    leads(`hosts["${api}"].backend: leads`, "mistral", "llama"),
  ],
  [
    "a host that is led to a new one, whose servers are not found well before",
    {},
    { backends: both, hosts: { [api]: mistral, [chat]: llama } },
    leads(`hosts["${api}"].backend: leads`, "mistral", "llama", isNew("mistral")),
  ],
  [
    "a host that is led to one that served nothing, which is as unknown",
    { backends: both },
    { backends: both, hosts: { [api]: mistral, [chat]: llama } },
    leads(`hosts["${api}"].backend: leads`, "mistral", "llama", isNew("mistral")),
  ],
  [
    "a wildcard's backend, for names that stand nowhere",
    { backends: both, hosts: { [api]: llama, [chat]: mistral, [wildcard]: llama } },
    { backends: both, hosts: { [api]: llama, [chat]: mistral, [wildcard]: mistral } },
    leads(
      `hosts["${wildcard}"].backend: leads`,
      "mistral",
      "llama",
      'with every name that it covers; see that "mistral" answers the same requests',
    ).replace("now; with", "now, with"),
  ],
  [
    "only the default, for what no host has",
    { backends: both, hosts: { [api]: llama, [chat]: mistral } },
    { backends: both, hosts: { [api]: llama, [chat]: mistral }, defaultBackend: "mistral" },
    leads("defaultBackend: leads what no host of the config is for", "mistral", "llama"),
  ],
  [
    "a path that is taken out, added and led elsewhere",
    { backends: both, hosts: { ...two, [api]: { ...llama, paths: { "/a": "mistral", "/b/*": "mistral" } } } },
    { backends: both, hosts: { ...two, [api]: { ...llama, paths: { "/b/*": "llama", "/c": "mistral" } } } },
    leads(`hosts["${api}"].paths: leads "/a"`, "llama", "mistral"),
    leads(`hosts["${api}"].paths: leads "/b/*"`, "llama", "mistral"),
    leads(`hosts["${api}"].paths: leads "/c"`, "mistral", "llama"),
  ],
  [
    "a path that stands out of those above it",
    { backends: both, hosts: { ...two, [api]: { ...llama, paths: { "/a/*": "mistral", "/a/b": "llama" } } } },
    { backends: both, hosts: { ...two, [api]: { ...llama, paths: { "/a/*": "mistral" } } } },
    leads(`hosts["${api}"].paths: leads "/a/b"`, "mistral", "llama"),
  ],
  [
    "a service by link that becomes another one, said once",
    { backends: { llama: { service: link.replace("mistral", "llama") } } },
    { backends: { llama: { service: link } } },
    `backends.llama.service: takes over from one moment to the next what "${link.replace("mistral", "llama")}" serves now; see that "llama" answers the same requests`,
  ],
  [
    "a backend of the stack that becomes a link",
    {},
    { backends: { llama: { service: link } } },
    `backends.llama: takes over from one moment to the next what the backend service of this stack serves now; see that "llama" answers the same requests`,
  ],
  [
    "a backend under another name",
    {},
    { backends: { mistral: groups }, defaultBackend: "mistral", hosts: { [api]: mistral, [chat]: mistral } },
    `backends.mistral: takes over from one moment to the next what "llama" serves now; ${isNew("mistral")}`,
    'backends: lacks "llama", which was there before: Google deletes no backend service that something outside this stack leads to, and the apply would end there; see that no other URL map names it',
  ],
])("%s is told", (_, before, after, ...messages) => {
  expect(changed(before, after)).toEqual(warned(...messages));
});

test.each<[what: string, before: Fields, after: Fields]>([
  [
    "a link written with its host in front",
    { service: link },
    { service: `https://www.googleapis.com/compute/v1/${link}` },
  ],
  ["a host in front that goes", { service: `https://compute.googleapis.com/compute/v1/${link}` }, { service: link }],
])("%s is the same backend", (_, before, after) => {
  expect(changed({ backends: { llama: before } }, { backends: { llama: after } })).toEqual(warned());
});

test("a name that gets an entry of its own leaves its wildcard's backend", () => {
  const before = { backends: both, hosts: { [wildcard]: mistral } };
  const after = { backends: both, hosts: { ...before.hosts, [api]: llama }, gate: true };
  expect(changed({ ...before, defaultCertificate: wildcard }, { ...after, defaultCertificate: wildcard })).toEqual(
    warned(
      `hosts["${api}"].backend: leads to "llama", and "mistral" serves it now with the other names of "${wildcard}"; see that "llama" answers the same requests`,
    ),
  );
});

test("a host that a wildcard took over in an earlier release, and that gets its own backend, is a problem", () => {
  const stack = { backends: both, hosts: { [api]: llama, [wildcard]: mistral } };
  const json = JSON.parse(synthesizedTexts(config(stack)).lb ?? "") as { resource: Record<string, { routes: Fields }> };
  const { routes } = json.resource.google_compute_url_map ?? {};
  // Release 0.1.0 made no rule for a host of the default.
  Object.assign(routes ?? {}, { host_rule: [{ hosts: [wildcard], path_matcher: wildcardMatcher(routes) }] });
  const before = written("before/stacks/lb/cdk.tf.json", JSON.stringify(json));
  expect(said(config(stack), before)).toMatchObject({
    problems: [
      `stacks.lb.hosts["${api}"]: would be served by "llama", and "mistral" serves it now, though its own backend is what it was: a wildcard or the default changes what it gets; see that "llama" answers the same requests, and name it in acceptOutage for this apply`,
    ],
    warnings: [],
  });
  expect(said(config({ ...stack, acceptOutage: [api] }), before)).toMatchObject({ problems: [], warnings: [] });
});

/** Name of the matcher that a wildcard's rule names. */
function wildcardMatcher(routes: Fields = {}): unknown {
  const rules = routes.host_rule as readonly { hosts: readonly string[]; path_matcher: string }[];
  return rules.find(({ hosts }) => hosts.includes(wildcard))?.path_matcher;
}

test("a state tells the same", () => {
  const hosts = { [api]: llama, [chat]: { backend: "far", paths: { "/mistral/*": "mistral" } } };
  const before = { backends: { ...both, far: { service: link } }, hosts };
  const state = written("lb.tfstate", stateOf(before, ""));
  expect(said(config(before), state)).toMatchObject(warned());
  const after = { ...before, hosts: { ...hosts, [api]: mistral } };
  expect(said(config(after), state)).toMatchObject(warned(leads(`hosts["${api}"].backend: leads`, "mistral", "llama")));
});

test("hosts keep what serves them when a wildcard comes, and when the default changes over", () => {
  const before = { backends: both, hosts: { [api]: llama, [chat]: mistral, "a.b.example.com": llama } };
  const after = { ...before, hosts: { ...before.hosts, [wildcard]: mistral } };
  expect(changed(before, after)).toEqual(warned());
  const { warnings: told } = changed(before, { ...before, defaultBackend: "mistral" });
  expect(told).toEqual([expect.stringContaining("stacks.lb.defaultBackend: ")]);
});
