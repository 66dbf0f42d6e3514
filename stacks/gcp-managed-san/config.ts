import { readZones, type Zones, zoneOf } from "../../lib/config/dns-hosts";
import { closestZone, type DnsName, parseName, withoutWildcard } from "../../lib/config/dns-names";
import { day, type Seconds } from "../../lib/config/duration";
import { googleName, type NameScope } from "../../lib/config/google";
import { publicLifetime } from "../../lib/config/lifetimes";
import { readNames } from "../../lib/config/names";
import { type Place, show } from "../../lib/config/report";
import { sortedEntries } from "../../lib/config/sorted-map";
import { nearest } from "../../lib/config/structure";
import type { Around } from "../scenario";
import { type GoogleBackendConfig, readBackends } from "./config-backends";
import {
  certificatesFor,
  computeCertificates,
  type GoogleCertificateConfig,
  inProxyOrder,
  readRetiring,
  sharedCertificate,
} from "./config-certificates";
import { checkBackendNames, readHosts, routedHosts } from "./config-hosts";
import type { GcpManagedSanInput } from "./input";

/** A host, complete. */
export interface GoogleHostConfig {
  readonly name: DnsName;
  /** The zone of its records; `undefined` if records are elsewhere. */
  readonly zone: DnsName | undefined;
  readonly backend: string;
  readonly paths: readonly { readonly path: string; readonly backend: string }[];
  /** Whether the URL map has a rule for it; without one the default backend serves it. */
  readonly routed: boolean;
  /** Key of its certificate of Certificate Manager; `undefined` in mode compute. */
  readonly certificate: string | undefined;
}

/** An authorization to make certificates for a domain and its wildcard, complete. */
export interface DnsAuthorizationConfig {
  readonly domain: DnsName;
  readonly name: string;
  /** `undefined` if records are elsewhere. */
  readonly zone: DnsName | undefined;
}

/** The DNS host of the records; the names of its zones are in normal form. */
export type GoogleDnsConfig = Readonly<GcpManagedSanInput["dns"]>;

/** What a complete stack takes over as the user wrote it. */
type TakenOver = Omit<
  GcpManagedSanInput,
  "scenario" | "scheme" | "gate" | "retiring" | "acceptOutage" | "dns" | "hosts" | "defaultCertificate" | "backends"
>;

/** A stack of Google-managed certificates on a load balancer, complete. */
export interface GcpManagedSanConfig extends Readonly<TakenOver> {
  /** How long Google lets a certificate live at the horizon. */
  readonly lifetime: Seconds;
  /** The scope of resource names. */
  readonly owner: NameScope;
  readonly gate: boolean;
  readonly acceptOutage: readonly DnsName[];
  readonly dns: GoogleDnsConfig;
  readonly hosts: readonly GoogleHostConfig[];
  readonly defaultCertificate: DnsName | undefined;
  readonly backends: readonly GoogleBackendConfig[];
  /** Certificates of Certificate Manager; none in mode compute. */
  readonly certificates: readonly GoogleCertificateConfig[];
  readonly authorizations: readonly DnsAuthorizationConfig[];
  /** Certificates of Compute, in the proxy's order; in mode certificate-manager only while the mode changes. */
  readonly computeCertificates: readonly GoogleCertificateConfig[];
}

/** How long a certificate of Google lives ("Google-managed certificates": 90 days), unless the rules get stricter. */
const googleLifetime = 90 * day;

/** Completes a stack: matches hosts with backends and zones, and names certificates after their hosts. */
export function read(
  input: GcpManagedSanInput,
  { project, environment, stack, horizon }: Around,
  place: Place,
): GcpManagedSanConfig {
  const { scenario, scheme, gate, retiring, acceptOutage, defaultCertificate, ...takenOver } = input;
  const { mode, grouping } = input;
  const owner = { project, environment, stack };
  const backends = readBackends(input.backends, place.in("backends"));
  const { dns, zones } = readDns(input.dns, place.in("dns"));
  const given = readHosts(input, place);
  const names = [...given.keys()].sort();
  const managed = mode === "certificate-manager";
  const retired = readRetiring(input, owner, names, place);
  const compute = !managed || input.phase === "add-map" ? names : [];
  const routed = routedHosts(given, input.defaultBackend);
  const hosts = names.map((name) => {
    const { spelling, paths = {}, backend } = given.get(name) ?? { spelling: name, backend: "" };
    return {
      name,
      zone: zoneOf(name, zones, place.in("hosts", spelling)),
      backend,
      paths: sortedEntries(paths).map(([path, backend]) => ({ path, backend })),
      routed: routed.has(name),
      certificate: managed ? (grouping === "all" ? sharedCertificate : name) : undefined,
    };
  });
  reportUnusedZones(dns, hosts, place);
  checkBackendNames(input, backends, place);
  const first = readDefaultCertificate(input, names, place);
  const domains = managed ? [...new Set(names.map(withoutWildcard))].sort() : [];
  return {
    ...takenOver,
    owner,
    lifetime: Math.min(googleLifetime, publicLifetime(horizon)),
    gate: readGate(input, place),
    acceptOutage: readAccepted(input, names, place),
    dns,
    hosts,
    defaultCertificate: first,
    backends,
    certificates: certificatesFor(managed ? names : [], grouping, "certificate-manager", owner),
    authorizations: domains.map((domain) => ({
      domain,
      name: googleName(owner, domain, ["authorization", authorizationType]),
      zone: zones && closestZone(domain, Object.keys(zones)),
    })),
    computeCertificates: inProxyOrder([...retired, ...computeCertificates(compute, grouping, owner)], first ?? ""),
  };
}

/** Whether an apply stops until new certificates are issued. */
function readGate({ gate, grouping, mode, phase }: GcpManagedSanInput, place: Place): boolean {
  const here = place.in("gate");
  if (mode === "compute") {
    if (gate && !place.in("mode").refused) {
      here.problem("is true, but Compute issues only what serves already; leave it out, or use Certificate Manager");
    }
    return false;
  }
  const needed = grouping === "all" || phase !== undefined;
  if (gate === false && needed) {
    here.problem(
      "is false, and then a certificate that is not issued yet would take the place of the one that serves; leave it out",
    );
  }
  return gate ?? needed;
}

/** The type of authorizations: records of the project's own, since fixed records clash between projects. */
export const authorizationType = "PER_PROJECT_RECORD";

/** The DNS host, and the zones for hosts: `undefined` if records are elsewhere or the zones could not be read. */
function readDns(
  input: GcpManagedSanInput["dns"],
  place: Place,
): { readonly dns: GoogleDnsConfig; readonly zones?: Zones } {
  if (input.in === "elsewhere") return { dns: input };
  const zones = readZones(input.zones, place);
  return { dns: { ...input, zones: zones ?? {} }, zones };
}

function reportUnusedZones(dns: GoogleDnsConfig, hosts: readonly GoogleHostConfig[], place: Place): void {
  if (dns.in === "elsewhere") return;
  const used = new Set(hosts.map(({ zone }) => zone));
  for (const zone of Object.keys(dns.zones)) {
    if (used.has(zone) || hosts.length === 0) continue;
    place.in("dns", "zones", zone).warning("covers no host; leave it out, or add the host that it is for");
  }
}

function readDefaultCertificate(
  { defaultCertificate }: GcpManagedSanInput,
  names: readonly DnsName[],
  place: Place,
): DnsName | undefined {
  if (defaultCertificate === undefined || defaultCertificate === "") return undefined;
  const { name = "" } = parseName(defaultCertificate);
  if (names.includes(name)) return name;
  place.in("defaultCertificate").problem(notAHost(name, names));
  return undefined;
}

function readAccepted(
  { acceptOutage = [] }: GcpManagedSanInput,
  hosts: readonly DnsName[],
  place: Place,
): readonly DnsName[] {
  const here = place.in("acceptOutage");
  const names = readNames(acceptOutage, here);
  for (const name of names.filter((name) => !hosts.includes(name))) {
    here
      .in({ member: name })
      .warning("is none of the hosts, which is right only for one that an apply takes out; leave it out afterwards");
  }
  return names;
}

function notAHost(name: DnsName, hosts: readonly DnsName[]): string {
  const suggestion = nearest(name, hosts);
  return `is ${show(name)}, which is none of the hosts; ${suggestion === undefined ? "write one of them" : `did you mean ${show(suggestion)}?`}`;
}
