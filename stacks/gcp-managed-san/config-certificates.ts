import type { DnsName } from "../../lib/config/dns-names";
import { googleName, type NameScope } from "../../lib/config/google";
import { readNames } from "../../lib/config/names";
import type { Place } from "../../lib/config/report";
import type { GcpManagedSanInput } from "./input";

/** A certificate that Google makes, complete. */
export interface GoogleCertificateConfig {
  /** Unique in the stack among certificates of its kind: the host, or `all`. */
  readonly key: string;
  /** Its name in Google Cloud. */
  readonly name: string;
  /** Sorted, since another order replaces the certificate. */
  readonly domains: readonly DnsName[];
}

/** The key of the certificate that all names share. A host has a dot, so none has this name. */
export const sharedCertificate = "all";

/** The earlier one of Compute's certificates for all names, while it is retiring. */
export function readRetiring(
  { retiring, grouping, mode, phase }: GcpManagedSanInput,
  owner: NameScope,
  names: readonly DnsName[],
  place: Place,
): readonly GoogleCertificateConfig[] {
  if (retiring === undefined) return [];
  const here = place.in("retiring");
  const old = readNames(retiring, here);
  if (mode !== "compute" && phase !== "add-map") {
    if (!place.in("mode").refused && !place.in("phase").refused) {
      here.problem("has no use with Certificate Manager, where the gate keeps the old certificate; leave it out");
    }
    return [];
  }
  if (retiring.length === 0) {
    here.problem("is empty; write the names that the old certificate has, or leave it out");
  } else if (grouping === "all" && old.join() === names.join()) {
    here.problem("has the names of hosts, whose certificate is no old one; write the names that it had before");
    return [];
  }
  return old.length === 0 ? [] : computeCertificates(old, "all", owner);
}

/** Certificates for names: one each, or one for all. */
export function certificatesFor(
  names: readonly DnsName[],
  grouping: GcpManagedSanInput["grouping"],
  mode: GcpManagedSanInput["mode"],
  owner: NameScope,
): readonly GoogleCertificateConfig[] {
  if (names.length === 0) return [];
  const groups = grouping === "all" ? [names] : names.map((name) => [name]);
  return groups.map((domains) => {
    const key = grouping === "all" ? sharedCertificate : (domains[0] ?? "");
    return { key, name: googleName(owner, key, [mode, ...domains]), domains };
  });
}

/** Compute's certificates for names. A shared one has a key made from its names, so that the next can stand beside it. */
export function computeCertificates(
  names: readonly DnsName[],
  grouping: GcpManagedSanInput["grouping"],
  owner: NameScope,
): readonly GoogleCertificateConfig[] {
  const certificates = certificatesFor(names, grouping, "compute", owner);
  if (grouping === "per-name") return certificates;
  return certificates.map((one) => ({ ...one, key: `${one.key}_${one.name.slice(one.name.lastIndexOf("-") + 1)}` }));
}

/** The default comes first, since clients without SNI get the first. */
export function inProxyOrder(
  certificates: readonly GoogleCertificateConfig[],
  first: DnsName,
): readonly GoogleCertificateConfig[] {
  const isFirst = ({ key }: GoogleCertificateConfig) => key === first;
  return [...certificates.filter(isFirst), ...certificates.filter((one) => !isFirst(one))];
}
