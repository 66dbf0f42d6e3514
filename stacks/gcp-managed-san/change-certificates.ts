import {
  blockOf,
  nameOfReference,
  ofType,
  type PreviousResource,
  type PreviousStack,
  textOf,
  textsOf,
} from "../../lib/change/previous-stack";
import { type DnsName, wildcardOver } from "../../lib/config/dns-names";
import { type Place, show } from "../../lib/config/report";
import { listed } from "./change-records";
import type { GcpManagedSanConfig } from "./config";

/** A certificate of the earlier release. */
interface KnownCertificate {
  readonly name: string;
  readonly domains: readonly DnsName[];
  /** `undefined` if an output was given, which does not tell. */
  readonly issued: boolean | undefined;
}

/** What served in the earlier release. */
export interface Before {
  /** Certificates of Certificate Manager. */
  readonly managed: readonly KnownCertificate[];
  /** Names of certificates by host; `undefined` if the proxy had no map. */
  readonly entries: ReadonlyMap<DnsName, readonly string[]> | undefined;
  /** Compute's certificates on the proxy. */
  readonly attached: readonly KnownCertificate[];
  /** The names on the certificate of clients that name no host; `undefined` if they got none. */
  readonly unnamed: readonly DnsName[] | undefined;
  readonly from: PreviousStack["from"];
}

/** What served in an earlier release; `undefined` if nothing could. */
export function readBefore(previous: PreviousStack): Before | undefined {
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
  const entries = ofType(previous, "google_certificate_manager_certificate_map_entry").map(
    ({ hostname, certificates }) => ({
      host: textOf(hostname),
      certificates: textsOf(certificates).map((text) => nameOfReference(previous, text)),
    }),
  );
  const managed = known("google_certificate_manager_certificate", (one) => blockOf(one.managed).state === "ACTIVE");
  const domainsOf = (some: readonly KnownCertificate[], name = "") => some.find((one) => one.name === name)?.domains;
  return {
    from: previous.from,
    managed,
    entries: proxy.certificate_map
      ? new Map(
          entries.flatMap(({ host, certificates }) => (host === undefined ? [] : [[host, certificates] as const])),
        )
      : undefined,
    attached: compute.filter(({ name }) => attached.includes(name)),
    unnamed: proxy.certificate_map
      ? domainsOf(managed, entries.find(({ host }) => host === undefined)?.certificates[0])
      : domainsOf(compute, attached[0]),
  };
}

/**
 * Every host that was served and stays must have a certificate at every moment of the apply: its present one, or one
 * that is already issued.
 */
export function checkCertificates(stack: GcpManagedSanConfig, before: Before, place: Place): void {
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
export function namesBefore({ entries, attached }: Before): readonly DnsName[] {
  return entries === undefined ? attached.flatMap(({ domains }) => domains) : [...entries.keys()];
}

/** An entry may change over only to a certificate that is issued. */
function checkMapped(
  { acceptOutage, certificates, gate, hosts }: GcpManagedSanConfig,
  { managed, entries }: Before,
  served: readonly DnsName[],
  place: Place,
): void {
  if (gate) return;
  for (const { name: host, certificate: key } of hosts) {
    const name = certificates.find((one) => one.key === key)?.name ?? "";
    const wildcard = wildcardOver(host);
    // Google takes the entry of the name itself, whether its certificate is issued or not.
    const covered = !entries?.has(host) && entries?.has(wildcard) && !acceptOutage.includes(host);
    if (!covered && !served.includes(host)) continue;
    if (entries?.get(host)?.includes(name)) continue;
    if (managed.some((one) => one.name === name && one.issued)) continue;
    const from = covered ? `from that of ${show(wildcard)}, which serves it` : "in the place of the one that serves";
    place
      .in("hosts", host)
      .problem(
        `would change over to a certificate that Google has not issued, ${from}; write gate: true for this apply, or name the host in acceptOutage`,
      );
  }
}

/** Clients that name no host get one certificate, and can connect only while they get one with a name that they know. */
export function checkUnnamed(
  { certificates, computeCertificates, defaultCertificate, hosts }: GcpManagedSanConfig,
  { unnamed: had }: Before,
  place: Place,
): void {
  if (had === undefined || place.refused || place.wrong) return;
  const key = hosts.find(({ name }) => name === defaultCertificate)?.certificate;
  const { domains } =
    (certificates.length > 0 ? certificates.find((one) => one.key === key) : computeCertificates[0]) ?? {};
  const clients = "clients that name no host (without SNI)";
  if (domains === undefined) {
    place.warning(
      `is missing: ${clients} get that of ${listed(had)} now, and could no longer connect; see that there are none`,
    );
  } else if (!domains.some((name) => had.includes(name))) {
    place.warning(
      `gives ${clients} the certificate of ${listed(domains)}, and that of ${listed(had)} now: those that look at names could no longer connect; see that there are none`,
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
