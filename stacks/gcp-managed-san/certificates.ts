import { CertificateManagerCertificate } from "@cdktf/provider-google/lib/certificate-manager-certificate";
import { CertificateManagerCertificateMap } from "@cdktf/provider-google/lib/certificate-manager-certificate-map";
import { CertificateManagerCertificateMapEntry } from "@cdktf/provider-google/lib/certificate-manager-certificate-map-entry";
import { CertificateManagerDnsAuthorization } from "@cdktf/provider-google/lib/certificate-manager-dns-authorization";
import { ComputeManagedSslCertificate } from "@cdktf/provider-google/lib/compute-managed-ssl-certificate";
import type { ITerraformDependable } from "cdktf";
import type { Construct } from "constructs";
import { type DnsName, nameInId, withoutWildcard } from "../../lib/config/dns-names";
import { type Seconds, showDuration } from "../../lib/config/duration";
import { googleName } from "../../lib/config/google";
import { Check } from "../../lib/constructs/check";
import type { InventoryEntry } from "../../lib/constructs/inventory";
import { authorizationType, type DnsAuthorizationConfig, type GcpManagedSanConfig } from "./config";
import type { GoogleCertificateConfig } from "./config-certificates";
import type { GoogleRecords } from "./records";

/** Create the replacement before deleting what others reference. */
export const referenced = { createBeforeDestroy: true } as const;

/** A certificate map in the form that a proxy takes, with the entries that must exist before the proxy uses it. */
export interface CertificateMap {
  readonly uri: string;
  /** By host. The entry for clients that name no host has the key `""`. */
  readonly entries: ReadonlyMap<DnsName, ITerraformDependable>;
}

/**
 * Makes the certificates of Certificate Manager, and the map that gives each host its certificate.
 *
 * @returns `undefined` if the stack has none
 */
export function certificateMap(
  stack: Construct,
  config: GcpManagedSanConfig,
  records: GoogleRecords,
): CertificateMap | undefined {
  const { certificates, authorizations, hosts, owner } = config;
  if (certificates.length === 0) return undefined;
  const authorized = new Map(
    authorizations.map((authorization) => [authorization.domain, authorize(stack, authorization, records)]),
  );
  const managed = new Map(
    certificates.map((certificate) => {
      const domains = [...new Set(certificate.domains.map(withoutWildcard))].sort();
      const needed = domains.flatMap((domain) => authorized.get(domain) ?? []);
      return [certificate.key, managedCertificate(stack, certificate, needed, config.gate)];
    }),
  );
  const map = new CertificateManagerCertificateMap(stack, "hosts", {
    name: googleName(owner, "hosts"),
    lifecycle: referenced,
  });
  const entry = (id: string, what: string, host: (typeof hosts)[number], match: { hostname: string } | Primary) =>
    new CertificateManagerCertificateMapEntry(stack, `entry_${id}`, {
      name: googleName(owner, what, [match]),
      map: map.name,
      ...match,
      certificates: [managed.get(host.certificate ?? "")?.id ?? ""],
    });
  const entries = new Map(
    hosts.map((host) => [host.name, entry(nameInId(host.name), host.name, host, { hostname: host.name })]),
  );
  const first = hosts.find(({ name }) => name === config.defaultCertificate);
  if (first !== undefined) entries.set("", entry("primary", "primary", first, { matcher: "PRIMARY" }));
  return { uri: `//certificatemanager.googleapis.com/${map.id}`, entries };
}

/** Matches clients that name no host. */
type Primary = { readonly matcher: "PRIMARY" };

/** An authorization to make certificates for a domain, and the record that proves it. */
interface Authorized {
  readonly id: string;
  /** `undefined` if records are elsewhere. */
  readonly record: ITerraformDependable | undefined;
}

function authorize(stack: Construct, authorization: DnsAuthorizationConfig, records: GoogleRecords): Authorized {
  const { domain, name } = authorization;
  const resource = new CertificateManagerDnsAuthorization(stack, `authorization_${domain}`, {
    name,
    domain,
    type: authorizationType,
    lifecycle: referenced,
  });
  const { name: fqdn, data } = resource.dnsResourceRecord.get(0);
  return { id: resource.id, record: records.authorization(authorization, fqdn, data) };
}

function managedCertificate(
  stack: Construct,
  { key, name, domains }: GoogleCertificateConfig,
  authorized: readonly Authorized[],
  gate: boolean,
): CertificateManagerCertificate {
  const certificate = new CertificateManagerCertificate(stack, `certificate_${nameInId(key)}`, {
    name,
    managed: { domains: [...domains], dnsAuthorizations: authorized.map(({ id }) => id) },
    // Google looks for the records at once. If they are missing, it looks again only much later.
    dependsOn: authorized.flatMap(({ record }) => record ?? []),
    lifecycle: gate ? { ...referenced, postcondition: [issuedGate(domains)] } : referenced,
  });
  if (!gate) {
    new Check(stack, `issued_${nameInId(key)}`, {
      condition: `${certificate.fqn}.managed[0].state == "ACTIVE"`,
      message: `${notIssued(domains)}. Google issues within minutes of finding the record of its authorization.`,
    });
  }
  return certificate;
}

/** Fails an apply until the certificate is issued. Nothing that serves has changed by then. */
function issuedGate(domains: readonly string[]) {
  return {
    condition: '${self.managed[0].state == "ACTIVE"}',
    errorMessage: `Google has not issued the certificate for ${named(domains)} yet. Nothing that serves was changed. Wait some minutes, see that the records of its authorizations are in public DNS, and apply again.`,
  };
}

/** Makes Compute's certificates, in the proxy's order. */
export function computeCertificateIds(stack: Construct, { computeCertificates }: GcpManagedSanConfig): string[] {
  return computeCertificates.map(({ key, name, domains }) => {
    const certificate = new ComputeManagedSslCertificate(stack, `compute_${nameInId(key)}`, {
      name,
      managed: { domains: [...domains] },
      lifecycle: referenced,
    });
    new Check(stack, `issued_by_compute_${nameInId(key)}`, {
      condition: `${certificate.fqn}.expire_time != ""`,
      message: `${notIssued(domains)}. Google issues once every name leads to this load balancer.`,
    });
    return certificate.id;
  });
}

const notIssued = (domains: readonly string[]) => `The certificate for ${named(domains)} is not issued`;

function named(domains: readonly string[]): string {
  const [first = "", ...others] = domains;
  return others.length === 0 ? first : `${first} and ${others.length} more`;
}

/** The inventory entry of a certificate that Google makes. */
export function googleEntry({ domains }: GoogleCertificateConfig, lifetime: Seconds): InventoryEntry {
  return {
    names: domains,
    issuer: "Google Trust Services",
    lifetime: showDuration(lifetime),
    renewedBy: "Google, about a month before the end, while what proves the names stands",
    keyLocation: "Google, which never shows it",
    keyInState: false,
  };
}
