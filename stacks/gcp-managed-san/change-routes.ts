import {
  blockOf,
  namedOfType,
  nameOfReference,
  type PreviousResource,
  type PreviousStack,
  textOf,
  textsOf,
} from "../../lib/change/previous-stack";
import { type DnsName, domainsAround, wildcardOver } from "../../lib/config/dns-names";
import { type Place, show } from "../../lib/config/report";
import type { GcpManagedSanConfig, GoogleHostConfig } from "./config";
import type { GoogleBackendConfig } from "./config-backends";

/** A backend: its name, or the link of a service that was made elsewhere. */
type Backend = string;

/** What serves a host. */
interface Route {
  readonly backend: Backend;
  /** By path: exact, or ending in "/*". */
  readonly paths: ReadonlyMap<string, Backend>;
}

/** The routes of a load balancer. */
interface Routes {
  /** Serves what no rule is for. */
  readonly otherwise: Backend;
  readonly rules: ReadonlyMap<DnsName, Route>;
}

/**
 * Requests that are served go to another backend only where the config says so at the host itself. What the config says
 * elsewhere, at a wildcard or at the default, must not move them.
 *
 * @param served - the hosts that had a certificate
 */
export function checkRoutes(
  stack: GcpManagedSanConfig,
  previous: PreviousStack,
  served: ReadonlySet<DnsName>,
  place: Place,
): void {
  const [before, now] = [routesBefore(previous), routesOf(stack)];
  // What names no backend leads nowhere that could be compared.
  if (before === undefined || place.in("backends").wrong || place.in("defaultBackend").wrong) return;
  const words = wordsFor(stack, before, previous, place.in("backends"));
  for (const host of stack.hosts) {
    const here = place.in("hosts", host.name);
    const covered = served.has(wildcardOver(host.name));
    if (!(served.has(host.name) || covered) || here.in("backend").wrong) continue;
    const [was, is] = [routeOf(before, host.name), routeOf(now, host.name)];
    if (was.backend !== is.backend && !words.isReplacement(was.backend, is.backend)) {
      const own = before.rules.get(host.name)?.backend ?? before.otherwise;
      const isOwn = !served.has(host.name) || own !== backendOf(stack, host.backend);
      const change = words.change(was.backend, is.backend);
      if (isOwn) {
        const of = served.has(host.name) ? "" : ` with the other names of ${show(wildcardOver(host.name))}`;
        const all = host.name.startsWith("*.") ? ", with every name that it covers" : "";
        here.in("backend").warning(`leads to ${change}${of}${all}; ${words.care(is.backend)}`);
      } else if (!stack.acceptOutage.includes(host.name)) {
        here.problem(
          `would be served by ${change}, though its own backend is what it was: a wildcard or the default changes what it gets; ${words.care(is.backend)}, and name it in acceptOutage for this apply`,
        );
      }
    }
    for (const path of new Set([...was.paths.keys(), ...is.paths.keys()])) {
      const [from, to] = [backendAt(was, path), backendAt(is, path)];
      if (from === to || (from === was.backend && to === is.backend) || words.isReplacement(from, to)) continue;
      here.in("paths").warning(`leads ${show(path)} to ${words.change(from, to)}; ${words.care(to)}`);
    }
  }
  const [was, is] = [before.otherwise, now.otherwise];
  if (was === is || words.isReplacement(was, is)) return;
  place
    .in("defaultBackend")
    .warning(`leads what no host of the config is for to ${words.change(was, is)}; ${words.care(is)}`);
}

/** What there is to say of requests that another backend gets. */
function wordsFor(stack: GcpManagedSanConfig, before: Routes, previous: PreviousStack, place: Place) {
  const used = new Set(backendsOf(before));
  const known = new Set([...used, ...namedOfType(previous, ...ofServices).keys()]);
  const replaced = new Set<Backend>();
  const of = (backend: Backend) => stack.backends.find((one) => identityOf(one) === backend);
  const named = (backend: Backend) => show(of(backend)?.name ?? backend);
  const care = (backend: Backend): string =>
    used.has(backend) || of(backend)?.servers === undefined
      ? `see that ${named(backend)} answers the same requests`
      : `${named(backend)} serves nothing yet, and Google sends nothing to its servers until it found them well, which it looks at only once something leads there: give it a path of a host first, apply, and change this when \`gcloud compute backend-services get-health\` says HEALTHY`;
  return {
    change: (was: Backend, is: Backend) => `${named(is)}, and ${named(was)} serves it now`,
    care,
    /** Whether a new backend stands where one stood that is gone; what it serves is told there, and once. */
    isReplacement: (was: Backend, is: Backend): boolean => {
      const backend = of(is);
      if (backend === undefined || known.has(is) || of(was) !== undefined) return false;
      if (!replaced.has(is)) {
        const here = place.in(backend.name);
        const field = [was, is].every((one) => one.includes("/")) ? here.in("service") : here;
        const what = was === backend.name ? "the backend service of this stack" : named(was);
        field.warning(`takes over from one moment to the next what ${what} serves now; ${care(is)}`);
      }
      replaced.add(is);
      return true;
    },
  };
}

/** How Google finds what serves a host: its own rule, that of the most specific wildcard, or none ("URL maps overview"). */
function routeOf({ rules, otherwise }: Routes, host: DnsName): Route {
  const names = [
    host,
    ...domainsAround(host)
      .slice(1)
      .map((domain) => `*.${domain}`),
  ];
  const rule = names.map((name) => rules.get(name)).find((one) => one !== undefined);
  return rule ?? { backend: otherwise, paths: new Map() };
}

/** What serves a path: its own rule, or that of the longest path above it. */
function backendAt({ backend, paths }: Route, path: string): Backend {
  const [above = ""] = [...paths.keys()]
    .filter((one) => one.endsWith("/*") && path.startsWith(one.slice(0, -1)))
    .sort((one, other) => other.length - one.length);
  return paths.get(path) ?? paths.get(above) ?? backend;
}

function routesOf(stack: GcpManagedSanConfig): Routes {
  const route = ({ backend, paths }: GoogleHostConfig): Route => ({
    backend: backendOf(stack, backend),
    paths: new Map(paths.map((one) => [one.path, backendOf(stack, one.backend)])),
  });
  const routed = stack.hosts.filter((host) => host.routed);
  return {
    otherwise: backendOf(stack, stack.defaultBackend),
    rules: new Map(routed.map((host) => [host.name, route(host)])),
  };
}

function routesBefore(previous: PreviousStack): Routes | undefined {
  const map = previous.resources["google_compute_url_map.routes"];
  if (map === undefined) return undefined;
  const backend = (reference: unknown) => backendBefore(previous, String(reference));
  const matchers = new Map(
    blocksOf(map.path_matcher).map((matcher) => [
      matcher.name,
      {
        backend: backend(matcher.default_service),
        paths: new Map(
          blocksOf(matcher.path_rule).flatMap(({ paths, service }) =>
            textsOf(paths).map((path) => [path, backend(service)] as const),
          ),
        ),
      },
    ]),
  );
  const rules = blocksOf(map.host_rule).flatMap(({ hosts, path_matcher }) => {
    const route = matchers.get(path_matcher);
    return route === undefined ? [] : textsOf(hosts).map((host) => [host, route] as const);
  });
  return { otherwise: backend(map.default_service), rules: new Map(rules) };
}

/** The blocks of a list. */
export function blocksOf(value: unknown): readonly PreviousResource[] {
  return Array.isArray(value) ? value.map(blockOf) : [];
}

const ofServices = ["google_compute_backend_service", "backend_"] as const;

/** The name of a backend that was made here, or the link of another one. */
function backendBefore(previous: PreviousStack, reference: string): Backend {
  const name = nameOfReference(previous, reference);
  const made = [...namedOfType(previous, ...ofServices)].find(([, one]) => textOf(one.name) === name);
  return made?.[0] ?? shortLink(reference);
}

const backendsOf = ({ otherwise, rules }: Routes): readonly Backend[] => [
  otherwise,
  ...[...rules.values()].flatMap(({ backend, paths }) => [backend, ...paths.values()]),
];

/** Backends of the earlier release to which requests went. */
export function usedBefore(previous: PreviousStack): ReadonlySet<Backend> {
  const routes = routesBefore(previous);
  return new Set(routes === undefined ? [] : backendsOf(routes));
}

/** A link without the host in front, which the console shows and a state has. */
export function shortLink(link: string): string {
  return link.replace(/^https:\/\/.*?\/(?=projects\/)/, "");
}

function identityOf({ name, target }: GoogleBackendConfig): Backend {
  return target.kind === "service" ? shortLink(target.link) : name;
}

function backendOf({ backends }: GcpManagedSanConfig, name: string): Backend {
  const found = backends.find((one) => one.name === name);
  return found === undefined ? name : identityOf(found);
}
