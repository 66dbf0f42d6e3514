import { z } from "zod";
import { accountInput, regionInput } from "./aws";
import { cloudDnsInput, elsewhereInput, readZones, route53Input, type Zones, zoneOf } from "./dns-hosts";
import { closestZone, type DnsName, parseName, withoutWildcard } from "./dns-names";
import { parseDuration, type Seconds } from "./duration";
import { fields, flag, mapOf, text, word } from "./fields";
import { googleName, type NameScope, projectIdPattern, projectIdProblem } from "./google";
import { backendsInput, type GoogleBackendConfig, readBackends, secondsInput } from "./google-backends";
import { namesInput, readNames } from "./names";
import { type Purpose, purposes } from "./purpose";
import { hasProblem, type Path, type Report, show } from "./report";
import { sortedEntries } from "./sorted-map";
import { nearest } from "./structure";

/** How certificates are made and attached; the first is the default. */
const modes = ["certificate-manager", "compute"] as const;
const profiles = ["COMPATIBLE", "MODERN", "RESTRICTED"] as const;
const versions = ["1.0", "1.1", "1.2"] as const;

const projectInput = (description: string) =>
  text({ description, examples: ["ml-serving-prod"], pattern: projectIdPattern }, projectIdProblem);

const addressRecords = flag({
  description:
    "Whether hosts lead to the load balancer from the first apply on; false proves certificates before traffic moves.",
  default: true,
}).optional();

const dnsInput = z
  .discriminatedUnion("in", [
    cloudDnsInput({ addressRecords }),
    route53Input({
      account: accountInput("The AWS account; an apply with credentials of another one stops at once.").optional(),
      region: regionInput("The AWS region to call."),
      addressRecords,
    }),
    elsewhereInput,
  ])
  .meta({ description: "Where the hosts' records are.", examples: [{ in: "elsewhere" }] });

const hostInput = fields({
  backend: text({ description: "Name of the backend that serves it.", examples: ["llama"] }),
  paths: mapOf(text({ description: "Name of a backend.", examples: ["embeddings"] }), {
    description: 'Backends by path: exact, or ending in "/*" for all below it.',
    examples: [{ "/v1/embeddings/*": "embeddings" }],
    default: {},
  }).optional(),
});

/** A stack of Google-managed certificates on a load balancer, as the user writes it. */
export const gcpManagedSanInput = fields(
  {
    scenario: z.literal("gcp-managed-san"),
    project: projectInput("Id of the Google Cloud project, which is not its number."),
    scheme: word(
      ["external"],
      { description: "Who can reach the load balancer: everybody.", default: "external" },
      { internal: 'this stack makes global external load balancers; write "external" or leave it out' },
    ).optional(),
    mode: word(modes, {
      description:
        "Certificates of Certificate Manager, which are proved through DNS before anything uses them, or of Compute, which are proved by the load balancer they are on.",
      default: "certificate-manager",
    }).optional(),
    grouping: word(["per-name", "all"], {
      description: "One certificate for each name, or one for all, which is replaced whenever a name changes.",
      default: "per-name",
    }).optional(),
    gate: flag({
      description:
        "Whether an apply stops, with nothing changed that serves, until Google has issued new certificates; the next apply goes on.",
      default: "true with one certificate for all and while the mode changes",
    }).optional(),
    retiring: namesInput(
      "The names that one certificate of Compute was for, which stays on the proxy until what follows it is issued.",
    ).optional(),
    phase: word(["add-map", "drop-certificates"], {
      description:
        "Changes the mode from compute without an interruption: an apply with both kinds of certificates, then one without Compute's.",
    }).optional(),
    acceptOutage: namesInput(
      "Hosts for which an interruption is accepted, where `check --against` would refuse one; hosts that are taken out, too.",
    ).optional(),
    purpose: word(purposes, {
      description: "What the certificates are shown for; a public authority signs for servers only.",
      default: "server",
    }).optional(),
    dns: dnsInput,
    hosts: mapOf(hostInput, {
      description:
        "The DNS names that are served, each with a certificate: wildcards only as the whole leftmost label.",
      examples: [{ "api.example.com": { backend: "llama" } }],
    }),
    defaultBackend: text({
      description: "Name of the backend for every request that no host has.",
      examples: ["llama"],
    }),
    defaultCertificate: text(
      {
        description: "The host whose certificate clients get that name none (no SNI).",
        examples: ["api.example.com"],
        default: "none; with Compute's certificates the first",
      },
      (value) => {
        const parsed = parseName(value);
        return "mistake" in parsed ? parsed.mistake : undefined;
      },
    ).optional(),
    backends: backendsInput,
    ipv6: flag({ description: "Whether there is an IPv6 address beside the IPv4 one.", default: false }).optional(),
    redirectHttp: flag({ description: "Whether port 80 sends clients to HTTPS.", default: true }).optional(),
    sslPolicy: fields(
      {
        profile: word(
          profiles,
          { description: "The cipher suites that clients may use.", default: "MODERN" },
          { FIPS_202205: 'the pinned provider does not take it; write "RESTRICTED"' },
        ).optional(),
        minimum: word(
          versions,
          { description: "The oldest TLS that clients may use; RESTRICTED needs 1.2.", default: "1.2" },
          { "1.3": 'the pinned provider takes no more than 1.2; write "1.2", with which clients may use 1.3' },
        ).optional(),
      },
      { description: "What clients may use." },
    ).optional(),
    quic: flag({ description: "Whether HTTP/3 is offered.", default: "Google decides" }).optional(),
    keepAlive: secondsInput(
      "How long an idle connection of a client stays open; a change replaces the proxy.",
      "610s, Google's own",
      5,
      1_200,
      "620s",
    ).optional(),
  },
  { description: "Google-managed certificates for several names on a global load balancer." },
);

/** A stack of Google-managed certificates on a load balancer, as the user writes it. */
export type GcpManagedSanInput = z.infer<typeof gcpManagedSanInput>;

/** A host, complete. */
export interface GoogleHostConfig {
  readonly name: DnsName;
  /** The zone that its records go to; `undefined` where records are elsewhere. */
  readonly zone: DnsName | undefined;
  readonly backend: string;
  readonly paths: readonly { readonly path: string; readonly backend: string }[];
  /** The certificate of Certificate Manager that it is served with; `undefined` where it has none. */
  readonly certificate: string | undefined;
}

/** A certificate that Google makes, complete. */
export interface GoogleCertificateConfig {
  /** What tells it from the stack's others of its kind: the host, or `all` of them. */
  readonly key: string;
  /** What Google calls it. */
  readonly name: string;
  /** Sorted: their order replaces a certificate. */
  readonly domains: readonly DnsName[];
}

/** Leave to make certificates for a domain and its wildcard, complete. */
export interface DnsAuthorizationConfig {
  readonly domain: DnsName;
  readonly name: string;
  /** `undefined` where records are elsewhere. */
  readonly zone: DnsName | undefined;
}

/** Where records are, complete. */
export type GoogleDnsConfig =
  | {
      readonly in: "cloud-dns";
      readonly project: string | undefined;
      readonly zones: Zones;
      readonly addressRecords: boolean;
    }
  | {
      readonly in: "route53";
      readonly account: string | undefined;
      readonly region: string;
      readonly zones: Zones;
      readonly addressRecords: boolean;
    }
  | { readonly in: "elsewhere" };

/** A stack of Google-managed certificates on a load balancer, complete. */
export interface GcpManagedSanConfig {
  readonly project: string;
  /** Whose resources they are. */
  readonly owner: NameScope;
  readonly mode: (typeof modes)[number];
  readonly phase: "add-map" | "drop-certificates" | undefined;
  readonly grouping: "per-name" | "all";
  readonly gate: boolean;
  readonly acceptOutage: readonly DnsName[];
  readonly purpose: Purpose;
  readonly dns: GoogleDnsConfig;
  readonly hosts: readonly GoogleHostConfig[];
  readonly defaultBackend: string;
  readonly defaultCertificate: DnsName | undefined;
  readonly backends: readonly GoogleBackendConfig[];
  /** Certificates of Certificate Manager; none in mode compute. */
  readonly certificates: readonly GoogleCertificateConfig[];
  readonly authorizations: readonly DnsAuthorizationConfig[];
  /** Certificates of Compute, in the proxy's order; none in mode certificate-manager but while the mode changes. */
  readonly computeCertificates: readonly GoogleCertificateConfig[];
  readonly ipv6: boolean;
  readonly redirectHttp: boolean;
  readonly sslPolicy: { readonly profile: (typeof profiles)[number]; readonly minimum: (typeof versions)[number] };
  readonly quic: boolean | undefined;
  /** `undefined`: Google's own. */
  readonly keepAlive: Seconds | undefined;
}

/** The key of the certificate that all names share. A host has a dot, so none is called so. */
const sharedCertificate = "all";

/** Completes a stack: hosts matched with backends and zones, certificates named by what they are for. */
export function readGcpManagedSan(
  input: GcpManagedSanInput,
  owner: NameScope,
  path: Path,
  report: Report,
): GcpManagedSanConfig {
  const backends = readBackends(input.backends, [...path, "backends"], report);
  const grouping = input.grouping ?? "per-name";
  const mode = input.mode ?? "certificate-manager";
  const { dns, zones } = readDns(input.dns, [...path, "dns"], report);
  const given = readHosts(input, path, report);
  const names = [...given.keys()].sort();
  const managed = mode === "certificate-manager";
  const retired = readRetiring(input, owner, names, path, report);
  const compute = !managed || input.phase === "add-map" ? names : [];
  const hosts = names.map((name) => {
    const { spelt, paths = {}, backend } = given.get(name) ?? { spelt: name, backend: "" };
    return {
      name,
      zone: zoneOf(name, zones, [...path, "hosts", spelt], report),
      backend,
      paths: sortedEntries(paths).map(([path, backend]) => ({ path, backend })),
      certificate: managed ? (grouping === "all" ? sharedCertificate : name) : undefined,
    };
  });
  reportUnusedZones(dns, hosts, path, report);
  reportBackends(input, backends, path, report);
  const defaultCertificate = readDefaultCertificate(input, names, path, report);
  const domains = managed ? [...new Set(names.map(withoutWildcard))].sort() : [];
  return {
    project: input.project,
    owner,
    mode,
    phase: input.phase,
    grouping,
    gate: readGate(input, path, report),
    acceptOutage: readAccepted(input, names, path, report),
    purpose: input.purpose ?? "server",
    dns,
    hosts,
    defaultBackend: input.defaultBackend,
    defaultCertificate,
    backends,
    certificates: certificatesFor(managed ? names : [], grouping, "certificate-manager", owner),
    authorizations: domains.map((domain) => ({
      domain,
      name: googleName(owner, domain, ["authorization", authorizationType]),
      zone: zones && closestZone(domain, Object.keys(zones)),
    })),
    computeCertificates: inProxyOrder(
      [...retired, ...computeCertificates(compute, grouping, owner)],
      defaultCertificate ?? "",
    ),
    ipv6: input.ipv6 ?? false,
    redirectHttp: input.redirectHttp ?? true,
    sslPolicy: { profile: input.sslPolicy?.profile ?? "MODERN", minimum: input.sslPolicy?.minimum ?? "1.2" },
    quic: input.quic,
    keepAlive: input.keepAlive === undefined ? undefined : parseDuration(input.keepAlive),
  };
}

/** The certificate that a stack with one of Compute for all names had, while it is retiring. */
function readRetiring(
  { retiring, grouping, mode, phase }: GcpManagedSanInput,
  owner: NameScope,
  names: readonly DnsName[],
  path: Path,
  report: Report,
): readonly GoogleCertificateConfig[] {
  if (retiring === undefined) return [];
  const at = [...path, "retiring"];
  const old = readNames(retiring, at, report);
  if (mode !== "compute" && phase !== "add-map") {
    if (!report.refused([...path, "mode"]) && !report.refused([...path, "phase"])) {
      report.problem(at, "has no use with Certificate Manager, where the gate keeps the old certificate; leave it out");
    }
    return [];
  }
  if (retiring.length === 0) {
    report.problem(at, "is empty; write the names that the old certificate has, or leave it out");
  } else if (grouping === "all" && old.join() === names.join()) {
    report.problem(at, "has the names of hosts, whose certificate is no old one; write the names that it had before");
    return [];
  }
  return old.length === 0 ? [] : computeCertificates(old, "all", owner);
}

/** Whether new certificates wait before they are used. */
function readGate({ gate, grouping, mode, phase }: GcpManagedSanInput, path: Path, report: Report): boolean {
  const at = [...path, "gate"];
  if (mode === "compute") {
    if (gate && !report.refused([...path, "mode"])) {
      report.problem(
        at,
        "is true, but Compute issues only what serves already; leave it out, or use Certificate Manager",
      );
    }
    return false;
  }
  const needed = grouping === "all" || phase !== undefined;
  if (gate === false && needed) {
    report.problem(
      at,
      "is false, and then a certificate that is not issued yet would take the place of the one that serves; leave it out",
    );
  }
  return gate ?? needed;
}

/** What the stack's authorizations are: of a project's own, since fixed records clash between projects. */
export const authorizationType = "PER_PROJECT_RECORD";

/** Certificates for names: one each, or one for all. */
function certificatesFor(
  names: readonly DnsName[],
  grouping: "per-name" | "all",
  mode: (typeof modes)[number],
  owner: NameScope,
): readonly GoogleCertificateConfig[] {
  if (names.length === 0) return [];
  const groups = grouping === "all" ? [names] : names.map((name) => [name]);
  return groups.map((domains) => {
    const key = grouping === "all" ? sharedCertificate : (domains[0] ?? "");
    return { key, name: googleName(owner, key, [mode, ...domains]), domains };
  });
}

/** Compute's certificates for names. One for all is known by its names, so that the next can stand beside it. */
function computeCertificates(
  names: readonly DnsName[],
  grouping: "per-name" | "all",
  owner: NameScope,
): readonly GoogleCertificateConfig[] {
  const certificates = certificatesFor(names, grouping, "compute", owner);
  if (grouping === "per-name") return certificates;
  return certificates.map((one) => ({ ...one, key: `${one.key}_${one.name.slice(one.name.lastIndexOf("-") + 1)}` }));
}

/** The default first, since clients without SNI get the first. */
function inProxyOrder(
  certificates: readonly GoogleCertificateConfig[],
  first: DnsName,
): readonly GoogleCertificateConfig[] {
  const isFirst = ({ key }: GoogleCertificateConfig) => key === first;
  return [...certificates.filter(isFirst), ...certificates.filter((one) => !isFirst(one))];
}

type HostInput = GcpManagedSanInput["hosts"][string];

/** Hosts by name in normal form, each with its spelling; two spellings of one are a mistake. */
function readHosts(
  { hosts }: GcpManagedSanInput,
  path: Path,
  report: Report,
): ReadonlyMap<DnsName, HostInput & { readonly spelt: string }> {
  const read = new Map<DnsName, HostInput & { readonly spelt: string }>();
  const at = [...path, "hosts"];
  for (const [given, host] of sortedEntries(hosts)) {
    const parsed = parseName(given);
    if ("mistake" in parsed) {
      report.problem([...at, given], parsed.mistake);
      continue;
    }
    const { name, advice } = parsed;
    if (advice !== undefined) report.warning([...at, given], advice);
    const other = read.get(name);
    if (other !== undefined) {
      report.problem([...at, given], `is ${show(other.spelt)} a second time; write each host once`);
    } else if (!withoutWildcard(name).includes(".")) {
      report.problem(
        [...at, given],
        "has one label, and Google issues for domain names of two or more; write the whole name",
      );
    } else {
      read.set(name, { ...host, spelt: given });
    }
  }
  if (read.size === 0 && !hasProblem(report, at)) report.problem(at, "is empty; write at least one host");
  return read;
}

/** Where records are, and the zones that hosts are matched with: none where they are elsewhere or could not be read. */
function readDns(
  input: GcpManagedSanInput["dns"],
  path: Path,
  report: Report,
): { readonly dns: GoogleDnsConfig; readonly zones?: Zones } {
  if (input.in === "elsewhere") return { dns: { in: "elsewhere" } };
  const zones = readZones(input.zones, path, report);
  const shared = { zones: zones ?? {}, addressRecords: input.addressRecords ?? true };
  return input.in === "cloud-dns"
    ? { dns: { in: "cloud-dns", project: input.project, ...shared }, zones }
    : { dns: { in: "route53", account: input.account, region: input.region, ...shared }, zones };
}

function reportUnusedZones(dns: GoogleDnsConfig, hosts: readonly GoogleHostConfig[], path: Path, report: Report): void {
  if (dns.in === "elsewhere") return;
  const used = new Set(hosts.map(({ zone }) => zone));
  for (const zone of Object.keys(dns.zones)) {
    if (used.has(zone) || hosts.length === 0) continue;
    report.warning([...path, "dns", "zones", zone], "covers no host; leave it out, or add the host that it is for");
  }
}

/** Every mention of a backend must be of one that is there, and every one that is there should be mentioned. */
function reportBackends(
  input: GcpManagedSanInput,
  backends: readonly GoogleBackendConfig[],
  path: Path,
  report: Report,
): void {
  const known = backends.map(({ name }) => name);
  const misspelt: string[] = [];
  const mentions = [
    { name: input.defaultBackend, at: [...path, "defaultBackend"] },
    ...Object.entries(input.hosts).flatMap(([host, { backend, paths = {} }]) => [
      { name: backend, at: [...path, "hosts", host, "backend"] },
      ...Object.entries(paths).map(([route, name]) => ({ name, at: [...path, "hosts", host, "paths", route] })),
    ]),
  ];
  if (known.length === 0) {
    if (!hasProblem(report, [...path, "backends"])) {
      report.problem([...path, "backends"], "is empty; write at least one backend");
    }
  } else {
    for (const { name, at } of mentions.filter(({ name }) => !known.includes(name))) {
      const meant = nearest(name, known);
      if (meant !== undefined) misspelt.push(meant);
      const way = meant === undefined ? `write one of ${known.join(", ")}, or add it` : `did you mean ${show(meant)}?`;
      report.problem(at, `is ${show(name)}, and no backend has that name; ${way}`);
    }
  }
  for (const [host, { paths = {} }] of Object.entries(input.hosts)) {
    for (const route of Object.keys(paths)) {
      const problem = pathProblem(route);
      if (problem !== undefined) report.problem([...path, "hosts", host, "paths", route], problem);
    }
  }
  const used = [...mentions.map(({ name }) => name), ...misspelt];
  for (const name of known.filter((name) => !used.includes(name))) {
    report.warning([...path, "backends", name], "serves nothing; leave it out, or name it in a host");
  }
}

/** Why the text is no path of a URL map, if it is none. */
function pathProblem(route: string): string | undefined {
  if (route === "/*") return "is every path, which the host's backend serves; leave it out";
  return /^\/([^\s?#*]*|[^\s?#*]*\/\*)$/.test(route) && !route.includes("//")
    ? undefined
    : 'is no path of a URL map; write one that starts with "/" and has "*" only at its end, after a "/"';
}

function readDefaultCertificate(
  { defaultCertificate }: GcpManagedSanInput,
  names: readonly DnsName[],
  path: Path,
  report: Report,
): DnsName | undefined {
  if (defaultCertificate === undefined || defaultCertificate === "") return undefined;
  const parsed = parseName(defaultCertificate);
  const name = "name" in parsed ? parsed.name : "";
  if (names.includes(name)) return name;
  report.problem([...path, "defaultCertificate"], notAHost(name, names));
  return undefined;
}

function readAccepted(
  { acceptOutage = [] }: GcpManagedSanInput,
  hosts: readonly DnsName[],
  path: Path,
  report: Report,
): readonly DnsName[] {
  const at = [...path, "acceptOutage"];
  const names = readNames(acceptOutage, at, report);
  for (const name of names.filter((name) => !hosts.includes(name))) {
    report.warning(
      [...at, { member: name }],
      "is none of the hosts, which is right only for one that an apply takes out; leave it out afterwards",
    );
  }
  return names;
}

function notAHost(name: DnsName, hosts: readonly DnsName[]): string {
  const meant = nearest(name, hosts);
  return `is ${show(name)}, which is none of the hosts; ${meant === undefined ? "write one of them" : `did you mean ${show(meant)}?`}`;
}
