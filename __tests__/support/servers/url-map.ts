/** What a URL map of Compute says of routing, as its API writes it. */
export interface UrlMap {
  /** Answers every request that no rule takes. */
  readonly defaultUrlRedirect?: { readonly httpsRedirect?: boolean };
  readonly defaultService?: string;
  readonly hostRules?: readonly { readonly hosts: readonly string[]; readonly pathMatcher: string }[];
  readonly pathMatchers?: readonly {
    readonly name: string;
    readonly defaultService?: string;
    readonly pathRules?: readonly { readonly paths: readonly string[]; readonly service?: string }[];
  }[];
}

/**
 * The backend service that answers a request, chosen as Google does ("URL maps overview"): the rule of the host itself,
 * else of the longest wildcard whose `*` matches any text to the left, else the map's default; in it the path itself,
 * else the longest prefix before `/*`, else the matcher's default.
 */
export function serviceOf(map: UrlMap, host: string, path: string): string | undefined {
  const patterns = (map.hostRules ?? []).flatMap(({ hosts, pathMatcher }) =>
    hosts.map((pattern) => ({ pattern, pathMatcher })),
  );
  const matching = patterns.filter(({ pattern }) =>
    pattern.startsWith("*") ? host.endsWith(pattern.slice(1)) && host.length >= pattern.length : host === pattern,
  );
  const rule =
    matching.find(({ pattern }) => pattern === host) ??
    matching.sort((one, other) => other.pattern.length - one.pattern.length)[0];
  if (rule === undefined) return map.defaultService;
  const matcher = (map.pathMatchers ?? []).find(({ name }) => name === rule.pathMatcher);
  const paths = (matcher?.pathRules ?? []).flatMap(({ paths, service }) =>
    paths.map((pattern) => ({ prefix: pattern.replace(/\*$/, ""), exact: !pattern.endsWith("*"), service })),
  );
  const fitting = paths
    .filter(({ prefix, exact }) => (exact ? path === prefix : path.startsWith(prefix)))
    .sort((one, other) => Number(other.exact) - Number(one.exact) || other.prefix.length - one.prefix.length);
  return fitting[0]?.service ?? matcher?.defaultService;
}
