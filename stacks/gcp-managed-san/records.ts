import { Route53Record } from "@cdktf/provider-aws/lib/route53-record";
import { DnsRecordSet } from "@cdktf/provider-google/lib/dns-record-set";
import { Fn, type ITerraformDependable } from "cdktf";
import type { Construct } from "constructs";
import type { DnsName } from "../../lib/config/dns-names";
import { route53ZoneIds } from "../../lib/constructs/aws";
import { addressRecordId, proofRecordId } from "./addresses";
import type { DnsAuthorizationConfig, GoogleDnsConfig, GoogleHostConfig } from "./config";

/** How long resolvers may keep a record, in seconds. */
const recordTtl = 300;

/** A record that this stack does not make, as the output shows it. */
interface WantedRecord {
  readonly name: string;
  readonly type: string;
  readonly data: string;
}

interface PlacedRecord extends WantedRecord {
  readonly zone: DnsName | undefined;
  /** The name it is for. */
  readonly of: DnsName;
}

/** The records of a stack's hosts: made with the config's DNS host, or listed in an output if they are elsewhere. */
export type GoogleRecords = ReturnType<typeof googleRecords>;

/** Makes records with the DNS host that the config names. */
export function googleRecords(stack: Construct, dns: GoogleDnsConfig) {
  const zoneIds = dns.in === "route53" ? route53ZoneIds(stack, dns.zones) : new Map<DnsName, string>();
  const wanted: Record<string, WantedRecord> = {};
  const tell = ({ of, name, type, data }: PlacedRecord): undefined => {
    wanted[`${type} ${of}`] = { name, type, data };
  };
  const make = (id: string, record: PlacedRecord, after: readonly ITerraformDependable[] = []) => {
    const { zone = "", name, type, data } = record;
    const dependsOn = after.length > 0 ? [...after] : undefined;
    switch (dns.in) {
      case "elsewhere":
        return tell(record);
      case "cloud-dns":
        return new DnsRecordSet(stack, id, {
          project: dns.project,
          managedZone: dns.zones[zone] ?? "",
          name,
          type,
          ttl: recordTtl,
          rrdatas: [data],
          dependsOn,
        });
      case "route53":
        return new Route53Record(stack, id, {
          zoneId: zoneIds.get(zone) ?? "",
          name: type === "CNAME" ? Fn.trimsuffix(name, ".") : name.replace(/\.$/, ""),
          type,
          ttl: recordTtl,
          records: [data],
          dependsOn,
        });
    }
  };
  return {
    /** Records that this stack does not make, by type and name. */
    wanted,
    /**
     * The record that shows Google that a domain may have certificates.
     *
     * @param name - an expression for its full name, which ends in a dot
     * @returns `undefined` if records are elsewhere
     */
    authorization: ({ domain, zone }: DnsAuthorizationConfig, name: string, data: string) =>
      make(proofRecordId(domain), { zone, name, type: "CNAME", data, of: domain }),
    /**
     * Leads a host to an address.
     *
     * @param after - what must exist before the record leads clients there
     */
    address: ({ name, zone }: GoogleHostConfig, type: "A" | "AAAA", data: string, after: ITerraformDependable[]) => {
      const record = { zone, name: `${name}.`, type, data, of: name };
      if (dns.in !== "elsewhere" && !dns.addressRecords) tell(record);
      else make(addressRecordId(name, type), record, after);
    },
  };
}
