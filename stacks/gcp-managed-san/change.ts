import {
  blockOf,
  nameOfReference,
  ofType,
  type PreviousResource,
  type PreviousStack,
  textsOf,
} from "../../lib/change/previous-stack";
import type { DnsName } from "../../lib/config/dns-names";
import { type Place, show } from "../../lib/config/report";
import { checkRecords, listed } from "./change-records";
import { checkRoutes } from "./change-routes";
import type { GcpManagedSanConfig } from "./config";

/** A certificate of the earlier release. */
interface KnownCertificate {
  readonly name: string;
  readonly domains: readonly DnsName[];
  /** `undefined` if an output was given, which does not tell. */
  readonly issued: boolean | undefined;
}

/** What served in the earlier release. */
interface Before {
  /** Certificates of Certificate Manager. */
  readonly managed: readonly KnownCertificate[];
  /** Names of certificates by host; `undefined` if the proxy had no map. */
  readonly entries: ReadonlyMap<DnsName, readonly string[]> | undefined;
  /** Compute's certificates on the proxy. */
  readonly attached: readonly KnownCertificate[];
  readonly from: PreviousStack["from"];
}

/**
 * Every host that was served and stays must have a certificate at every moment of the apply: its present one, or one
 * that is already issued.
 */
export function change(stack: GcpManagedSanConfig, previous: PreviousStack | undefined, place: Place): void {
  if (previous === undefined) return;
  const before = readBefore(previous);
  if (before === undefined) return;
  if (checkProject(stack, previous, place.in("project"))) return;
  checkCertificates(stack, before, place);
  checkRecords(stack, previous, place);
  checkHosts(stack, before, place.in("hosts"));
  checkRoutes(stack, previous, new Set(namesBefore(before)), place);
  checkClosings(stack, previous, place);
}

function readBefore(previous: PreviousStack): Before | undefined {
  const [proxy] = ofType(previous, "google_compute_target_https_proxy");
  if (proxy === undefined) return undefined;
  const known = (type: string, issued: (resource: PreviousResource) => boolean) =>
    ofType(previous, type).map((resource) => ({
      name: String(resource.name),
      domains: textsOf(blockOf(resource.managed).domains),
      issued: previous.from === "output" ? undefined : issued(resource),
    }));
  const compute = known("google_compute_managed_ssl_certificate", ({ expire_time }) => Boolean(expire_time));
  const attached = textsOf(proxy.ssl_certificates).map((text) => nameOfReference(previous, text));
  // The entry for clients that name no host has no host name.
  const entries = ofType(previous, "google_certificate_manager_certificate_map_entry").flatMap(
    ({ hostname, certificates }) =>
      typeof hostname === "string" && hostname !== ""
        ? [[hostname, textsOf(certificates).map((text) => nameOfReference(previous, text))] as const]
        : [],
  );
  return {
    from: previous.from,
    managed: known("google_certificate_manager_certificate", ({ managed }) => blockOf(managed).state === "ACTIVE"),
    entries: proxy.certificate_map ? new Map(entries) : undefined,
    attached: compute.filter(({ name }) => attached.includes(name)),
  };
}

/** Another project replaces everything: the address changes, records change, and certificates are not issued yet. */
function checkProject({ project }: GcpManagedSanConfig, previous: PreviousStack, place: Place): boolean {
  const [proxy] = ofType(previous, "google_compute_target_https_proxy");
  const was = previous.resources["provider.google"]?.project ?? proxy?.project;
  if (typeof was !== "string" || was === project || place.refused) return false;
  place.problem(
    `is ${show(project)}, was ${show(was)}: everything would be made anew there, the address too, and nothing be served meanwhile; make a second stack, and lead the names over once it serves`,
  );
  return true;
}

function checkCertificates(stack: GcpManagedSanConfig, before: Before, place: Place): void {
  const hosts = servedBefore(stack, before).filter((host) => !stack.acceptOutage.includes(host));
  const mode = place.in("mode");
  if (hosts.length === 0 || mode.refused) return;
  const hasMap = stack.certificates.length > 0;
  const hadMap = before.entries !== undefined;
  if (hasMap && !hadMap && stack.phase !== "add-map") {
    mode.problem(
      `is "certificate-manager", but Compute's certificates serve now, and in one apply they would be off the proxy before the map is on: nobody could reach ${listed(hosts)}; write phase: "add-map" and apply until that is done, then leave phase out, or name the hosts in acceptOutage`,
    );
    return;
  }
  if (hadMap && !hasMap && before.attached.length === 0) {
    mode.problem(
      `is "compute", but a certificate map serves now, and Compute issues nothing for what is not on the proxy: nobody could reach ${listed(hosts)}; first write mode: "certificate-manager" with phase: "add-map", until Compute's certificates are issued, or name the hosts in acceptOutage`,
    );
    return;
  }
  if (hasMap && hadMap) checkMapped(stack, before, hosts, place);
  const drops = hasMap && hadMap && before.attached.length > 0 && stack.computeCertificates.length === 0;
  if (drops && before.from === "output") {
    place
      .in("phase")
      .warning(
        'ends what phase: "add-map" began, and an output does not tell whether its apply went through its gate; compare with the state, or see that `gcloud compute target-https-proxies describe` shows a certificateMap',
      );
  }
  // If a proxy has a map, it ignores its other certificates.
  if (!hadMap || !hasMap) checkAttached(stack, before, hosts, place);
}

/** Hosts of the config that the earlier release served. */
function servedBefore({ hosts }: GcpManagedSanConfig, before: Before): readonly DnsName[] {
  const had = namesBefore(before);
  return hosts.map(({ name }) => name).filter((name) => had.includes(name));
}

/** Hosts that the earlier release served. */
function namesBefore({ entries, attached }: Before): readonly DnsName[] {
  return entries === undefined ? attached.flatMap(({ domains }) => domains) : [...entries.keys()];
}

/** An entry may change over only to a certificate that is issued. */
function checkMapped(
  { certificates, gate, hosts }: GcpManagedSanConfig,
  { managed, entries }: Before,
  served: readonly DnsName[],
  place: Place,
): void {
  if (gate) return;
  for (const { name: host, certificate: key } of hosts.filter(({ name }) => served.includes(name))) {
    const name = certificates.find((one) => one.key === key)?.name ?? "";
    if (entries?.get(host)?.includes(name)) continue;
    if (managed.some((one) => one.name === name && one.issued)) continue;
    place
      .in("hosts", host)
      .problem(
        "would change over to a certificate that Google has not issued, in the place of the one that serves; write gate: true for this apply, or name the host in acceptOutage",
      );
  }
}

/** A host must keep one of the certificates that the proxy has for it. */
function checkAttached(
  { computeCertificates }: GcpManagedSanConfig,
  { attached, entries }: Before,
  served: readonly DnsName[],
  place: Place,
): void {
  const stay = computeCertificates.map(({ name }) => name);
  for (const host of served) {
    const had = attached.filter(({ domains }) => domains.includes(host));
    const kept = had.filter(({ name }) => stay.includes(name));
    const here = place.in("hosts", host);
    if (kept.length === 0) {
      const names = had[0]?.domains ?? [host];
      const old = names.map(show).join(", ");
      const remedy = names.length > 1 ? `write retiring: [${old}] until the new one is issued` : "keep its own";
      here.problem(
        `would lose the certificate for ${listed(names)} to one that Google issues only later; ${remedy}, or name the host in acceptOutage`,
      );
      continue;
    }
    // If all of them stay and there was no map, nothing changes.
    if (entries === undefined && kept.length === had.length) continue;
    if (kept.some(({ issued }) => issued)) continue;
    if (kept.some(({ issued }) => issued === undefined)) {
      here.warning(
        "will rest on a certificate that the proxy has, and an output does not tell whether that is issued; compare with the state, or look with `gcloud compute ssl-certificates list`",
      );
    } else {
      const kept = entries === undefined ? "retiring" : 'mode "certificate-manager" with phase "add-map"';
      here.problem(
        `would rest on a certificate that Google has not issued yet; keep ${kept} until it has, or name the host in acceptOutage`,
      );
    }
  }
}

/** A host that is taken out is no longer served, unless its wildcard was there before and stays. */
function checkHosts({ hosts, acceptOutage }: GcpManagedSanConfig, before: Before, place: Place): void {
  const had = namesBefore(before);
  const names = hosts.map(({ name }) => name);
  for (const host of new Set(had.filter((name) => !names.includes(name)))) {
    if (acceptOutage.includes(host) || place.in(host).refused) continue;
    const wildcard = host.replace(/^[^.]*/, "*");
    if (had.includes(wildcard) && names.includes(wildcard)) {
      place.warning(
        `lacks ${show(host)}, which is served now: ${show(wildcard)} serves it from then on, with its backend; see that this is meant`,
      );
    } else {
      place.problem(
        `lacks ${show(host)}, which is served now: nobody could reach it; put it back, beside a new name if it is to have one, or if nobody uses it name it in acceptOutage`,
      );
    }
  }
}

/** Warns of what closes on purpose, and for some clients only. */
function checkClosings(stack: GcpManagedSanConfig, previous: PreviousStack, place: Place): void {
  const addresses = ofType(previous, "google_compute_global_address");
  if (!stack.ipv6 && addresses.some(({ ip_version }) => ip_version === "IPV6")) {
    place
      .in("ipv6")
      .warning(
        "is false: the IPv6 address is given back for good, and clients that still have it from DNS fail for some minutes",
      );
  }
  if (!stack.redirectHttp && ofType(previous, "google_compute_target_http_proxy").length > 0) {
    place.in("redirectHttp").warning("is false: port 80, which sends clients to HTTPS now, closes");
  }
  const [policy] = ofType(previous, "google_compute_ssl_policy");
  const oldest = String(policy?.min_tls_version ?? "")
    .replace("TLS_", "")
    .replace("_", ".");
  if (/^1\.[0-2]$/.test(oldest) && oldest < stack.sslPolicy.minimum) {
    place
      .in("sslPolicy", "minimum")
      .warning(
        `is ${show(stack.sslPolicy.minimum)}, was ${show(oldest)}: clients with nothing newer can no longer connect`,
      );
  }
}
