import { type DnsName, nameInId } from "../../lib/config/dns-names";

/** Id of the record that leads a host to an address. */
export function addressRecordId(host: DnsName, type: "A" | "AAAA"): string {
  return `address_${nameInId(host)}_${type.toLowerCase()}`;
}

/** Id of the record that shows Google that a domain may have certificates. */
export function proofRecordId(domain: DnsName): string {
  return `proof_${domain}`;
}
