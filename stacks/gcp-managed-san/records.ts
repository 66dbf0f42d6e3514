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

/** The records of a stack's hosts: made with the config's DNS host, or listed in an output if they are elsewhere. */
export class GoogleRecords {
  /** Records that this stack does not make, by type and name. */
  readonly wanted: Readonly<Record<string, WantedRecord>>;
  readonly #stack: Construct;
  readonly #dns: GoogleDnsConfig;
  readonly #zoneIds: ReadonlyMap<DnsName, string>;
  readonly #wanted: Record<string, WantedRecord> = {};

  constructor(stack: Construct, dns: GoogleDnsConfig) {
    this.#stack = stack;
    this.#dns = dns;
    this.#zoneIds = dns.in === "route53" ? route53ZoneIds(stack, dns.zones) : new Map();
    this.wanted = this.#wanted;
  }

  /**
   * The record that shows Google that a domain may have certificates.
   *
   * @param name - an expression for its full name, which ends in a dot
   * @returns `undefined` if records are elsewhere
   */
  authorization(
    { domain, zone }: DnsAuthorizationConfig,
    name: string,
    data: string,
  ): ITerraformDependable | undefined {
    return this.#record(proofRecordId(domain), { zone, name, type: "CNAME", data, of: domain });
  }

  /**
   * Leads a host to an address.
   *
   * @param after - what must exist before the record leads clients there
   */
  address(
    { name, zone }: GoogleHostConfig,
    type: "A" | "AAAA",
    data: string,
    after: readonly ITerraformDependable[],
  ): void {
    const record = { zone, name: `${name}.`, type, data, of: name };
    if (this.#dns.in !== "elsewhere" && !this.#dns.addressRecords) this.#tell(record);
    else this.#record(addressRecordId(name, type), record, after);
  }

  #record(id: string, record: PlacedRecord, after: readonly ITerraformDependable[] = []) {
    const { zone = "", name, type, data } = record;
    const dns = this.#dns;
    const dependsOn = after.length > 0 ? [...after] : undefined;
    switch (dns.in) {
      case "elsewhere":
        return this.#tell(record);
      case "cloud-dns":
        return new DnsRecordSet(this.#stack, id, {
          project: dns.project,
          managedZone: dns.zones[zone] ?? "",
          name,
          type,
          ttl: recordTtl,
          rrdatas: [data],
          dependsOn,
        });
      case "route53":
        return new Route53Record(this.#stack, id, {
          zoneId: this.#zoneIds.get(zone) ?? "",
          name: type === "CNAME" ? Fn.trimsuffix(name, ".") : name.replace(/\.$/, ""),
          type,
          ttl: recordTtl,
          records: [data],
          dependsOn,
        });
    }
  }

  #tell({ of, name, type, data }: PlacedRecord): undefined {
    this.#wanted[`${type} ${of}`] = { name, type, data };
  }
}

interface PlacedRecord extends WantedRecord {
  readonly zone: DnsName | undefined;
  /** The name it is for. */
  readonly of: DnsName;
}
