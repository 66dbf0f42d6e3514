import * as fc from "fast-check";
import { checkedConfig } from "../../stacks/check";
import { serviceOf, type UrlMap } from "../support/servers/url-map";

type Hosts = Readonly<Record<string, { readonly backend: string; readonly paths: Readonly<Record<string, string>> }>>;

const backends = ["web", "tenants", "embeddings"];

/** What a load balancer is told by the complete config, with keys of backends in place of services. */
function urlMap(hosts: Hosts, defaultBackend: string): UrlMap {
  const lb = {
    scenario: "gcp-managed-san",
    project: "ml-serving-prod",
    dns: { in: "elsewhere" },
    hosts,
    defaultBackend,
    backends: Object.fromEntries(
      backends.map((name) => [name, { cloudRun: { region: "europe-west4", service: name } }]),
    ),
  };
  const config = { project: "ai-platform", environment: "test", backend: { type: "local" }, stacks: { lb } };
  const [stack] = checkedConfig(config).config.stacks;
  if (stack?.kind !== "gcp-managed-san") throw new Error("no such stack");
  const routed = stack.config.hosts.filter(({ routed }) => routed);
  return {
    defaultService: stack.config.defaultBackend,
    hostRules: routed.map(({ name }) => ({ hosts: [name], pathMatcher: name })),
    pathMatchers: routed.map(({ name, backend, paths }) => ({
      name,
      defaultService: backend,
      pathRules: paths.map(({ path, backend }) => ({ paths: [path], service: backend })),
    })),
  };
}

test("every request goes to the backend that the config names", () => {
  const name = fc
    .array(fc.constantFrom("a", "b", "c"), { maxLength: 3 })
    .map((labels) => [...labels, "example.com"].join("."));
  const pattern = fc.tuple(fc.boolean(), name).map(([wildcard, name]) => (wildcard ? `*.${name}` : name));
  const backend = fc.constantFrom(...backends);
  const paths = fc.dictionary(fc.constantFrom("/v1", "/v1/*", "/v1/models", "/v1/models/*"), backend, { maxKeys: 3 });
  const hosts = fc.dictionary(pattern, fc.record({ backend, paths }), { minKeys: 1, maxKeys: 6 });
  const request = fc.constantFrom("/", "/v1", "/v1/models", "/v1/models/x");
  fc.assert(
    fc.property(
      hosts,
      backend,
      fc.array(fc.tuple(name, request), { minLength: 8, maxLength: 8 }),
      (hosts, other, asked) => {
        const map = urlMap(hosts, other);
        const own = Object.keys(hosts).map((host) => [host.replace("*", "x"), "/"] as const);
        for (const [host, path] of [...asked, ...own]) {
          const about = { hosts, other, host, path };
          expect({ ...about, answer: serviceOf(map, host, path) }).toEqual({
            ...about,
            answer: meant(hosts, other, host, path),
          });
        }
      },
    ),
    { numRuns: process.env.TLS_STACKS_THOROUGH === "1" ? 20_000 : 100 },
  );
});

/** What a reader of the config would say: the host as it is written, else its closest wildcard, else the default. */
function meant(hosts: Hosts, other: string, host: string, path: string): string {
  const labels = host.split(".");
  const wildcards = labels.map((_, position) => `*.${labels.slice(position + 1).join(".")}`);
  const written = [host, ...wildcards].map((name) => hosts[name]).find((found) => found !== undefined);
  if (written === undefined) return other;
  const { paths = {}, backend } = written;
  const prefixes = path
    .split("")
    .map((_, length) => `${path.slice(0, length + 1)}*`)
    .reverse();
  return [path, ...prefixes].map((one) => paths[one]).find((found) => found !== undefined) ?? backend;
}
