import { configWith, type Fields } from "../support/configs";
import { serviceOf, type UrlMap } from "../support/servers/url-map";
import { resources } from "../support/stack-test";
import { synthesizedJson, type TerraformJson } from "../support/synthesis";

type Hosts = Readonly<Record<string, { readonly backend: string; readonly paths?: Readonly<Record<string, string>> }>>;

const backends = ["web", "tenants", "embeddings"];

/** The URL map of a stack with these hosts. */
function urlMap(hosts: Hosts, defaultBackend: string): UrlMap {
  const stack: Fields = {
    scenario: "gcp-managed-san",
    project: "ml-serving-prod",
    dns: { in: "elsewhere" },
    hosts,
    defaultBackend,
    backends: Object.fromEntries(
      backends.map((name) => [name, { cloudRun: { region: "europe-west4", service: name } }]),
    ),
  };
  return urlMapOf(synthesizedJson(configWith("lb", stack), "lb"));
}

/** The key of the backend that answers a request. */
function answer(map: UrlMap, host: string, path: string): string | undefined {
  return /\.backend_([a-z]+)\./.exec(serviceOf(map, host, path) ?? "")?.[1];
}

/** The URL map of a stack in the words of Compute's API. */
function urlMapOf(json: TerraformJson): UrlMap {
  const map = resources(json, "google_compute_url_map").routes as unknown as {
    default_service: string;
    host_rule?: { hosts: string[]; path_matcher: string }[];
    path_matcher?: { name: string; default_service: string; path_rule?: { paths: string[]; service: string }[] }[];
  };
  return {
    defaultService: map.default_service,
    hostRules: (map.host_rule ?? []).map(({ hosts, path_matcher }) => ({ hosts, pathMatcher: path_matcher })),
    pathMatchers: (map.path_matcher ?? []).map(({ name, default_service, path_rule }) => ({
      name,
      defaultService: default_service,
      pathRules: path_rule,
    })),
  };
}

test.each<[string, Hosts, string, string]>([
  [
    "a host",
    { "*.example.com": { backend: "tenants" }, "api.example.com": { backend: "web" } },
    "api.example.com",
    "web",
  ],
  [
    "a host some labels below",
    { "*.example.com": { backend: "tenants" }, "a.b.example.com": { backend: "web" } },
    "a.b.example.com",
    "web",
  ],
  [
    "a wildcard within it",
    { "*.example.com": { backend: "tenants" }, "*.b.example.com": { backend: "web" } },
    "a.b.example.com",
    "web",
  ],
  [
    "a host below a wildcard that has only paths of its own",
    { "*.example.com": { backend: "web", paths: { "/v1/*": "tenants" } }, "api.example.com": { backend: "web" } },
    "api.example.com",
    "web",
  ],
])("%s of the default backend keeps its rule below a wildcard with one", (_, hosts, host, backend) => {
  expect(answer(urlMap(hosts, "web"), host, "/v1/models")).toBe(backend);
});

test("a host that no wildcard covers needs no rule with the default backend, so adding it leaves the routes alone", () => {
  const wildcards = { "*.example.com": { backend: "tenants" }, "*.example.org": { backend: "web" } };
  const hosts = { ...wildcards, "example.com": { backend: "web" }, "api.example.org": { backend: "web" } };
  expect(urlMap(hosts, "web").hostRules).toEqual([expect.objectContaining({ hosts: ["*.example.com"] })]);
});
