import { type DnsName, parseName, publicNameProblem, withoutWildcard } from "../../lib/config/dns-names";
import { type Place, show } from "../../lib/config/report";
import { sortedEntries } from "../../lib/config/sorted-map";
import { nearest } from "../../lib/config/structure";
import type { GoogleBackendConfig } from "./config-backends";
import type { GcpManagedSanInput } from "./input";

type HostInput = GcpManagedSanInput["hosts"][string];

/** Hosts by name in normal form, each with the user's spelling. Two spellings of one host are a mistake. */
export function readHosts(
  { hosts }: GcpManagedSanInput,
  place: Place,
): ReadonlyMap<DnsName, HostInput & { readonly spelling: string }> {
  const read = new Map<DnsName, HostInput & { readonly spelling: string }>();
  const here = place.in("hosts");
  for (const [given, host] of sortedEntries(hosts)) {
    const parsed = parseName(given);
    if (parsed.name === undefined) {
      here.in(given).problem(parsed.mistake);
      continue;
    }
    const { name, advice } = parsed;
    if (advice !== undefined) here.in(given).warning(advice);
    const other = read.get(name);
    const again = other && `is ${show(other.spelling)} a second time; write each host once`;
    const mistake = again ?? publicNameProblem(name, "Google");
    here.in(given).problem(mistake);
    if (mistake === undefined) read.set(name, { ...host, spelling: given });
  }
  if (read.size === 0 && !here.wrong) here.problem("is empty; write at least one host");
  return read;
}

/**
 * Hosts that need a rule in the URL map. A host of the default backend needs none, so that adding one leaves the map
 * alone, which serves; but it does where a wildcard with a rule covers it, for Google's `*` matches any labels to the
 * left ("URL maps overview").
 */
export function routedHosts(hosts: ReadonlyMap<DnsName, HostInput>, defaultBackend: string): ReadonlySet<DnsName> {
  const names = [...hosts.keys()];
  const routed = names.filter((name) => {
    const { backend, paths = {} } = hosts.get(name) ?? { backend: defaultBackend };
    return backend !== defaultBackend || Object.keys(paths).length > 0;
  });
  const covered = new Set(routed.filter((name) => name.startsWith("*.")).map(withoutWildcard));
  const below = (name: DnsName) => {
    const labels = withoutWildcard(name).split(".");
    return labels.some((_, position) => position > 0 && covered.has(labels.slice(position).join(".")));
  };
  return new Set([...routed, ...names.filter(below)]);
}

/** Every backend that is named must exist, and every backend should be named. */
export function checkBackendNames(
  input: GcpManagedSanInput,
  backends: readonly GoogleBackendConfig[],
  place: Place,
): void {
  const known = backends.map(({ name }) => name);
  const suggestions: string[] = [];
  const mentions = [
    { name: input.defaultBackend, mention: place.in("defaultBackend") },
    ...Object.entries(input.hosts).flatMap(([host, { backend, paths = {} }]) => [
      { name: backend, mention: place.in("hosts", host, "backend") },
      ...Object.entries(paths).map(([route, name]) => ({ name, mention: place.in("hosts", host, "paths", route) })),
    ]),
  ];
  if (known.length === 0) {
    if (!place.in("backends").wrong) place.in("backends").problem("is empty; write at least one backend");
  } else {
    for (const { name, mention } of mentions.filter(({ name }) => !known.includes(name))) {
      const suggestion = nearest(name, known);
      if (suggestion !== undefined) suggestions.push(suggestion);
      const remedy =
        suggestion === undefined ? `write one of ${known.join(", ")}, or add it` : `did you mean ${show(suggestion)}?`;
      mention.problem(`is ${show(name)}, and no backend has that name; ${remedy}`);
    }
  }
  for (const [host, { paths = {} }] of Object.entries(input.hosts)) {
    for (const route of Object.keys(paths)) {
      place.in("hosts", host, "paths", route).problem(pathProblem(route));
    }
  }
  // A misspelt name counts as a use of the backend that it resembles.
  const used = [...mentions.map(({ name }) => name), ...suggestions];
  for (const name of known.filter((name) => !used.includes(name))) {
    place.in("backends", name).warning("serves nothing; leave it out, or name it in a host");
  }
}

/** Problem text for a path that a URL map does not take. */
function pathProblem(route: string): string | undefined {
  if (route === "/*") return "is every path, which the host's backend serves; leave it out";
  return /^\/([^\s?#*]*|[^\s?#*]*\/\*)$/.test(route) && !route.includes("//")
    ? undefined
    : 'is no path of a URL map; write one that starts with "/" and has "*" only at its end, after a "/"';
}
