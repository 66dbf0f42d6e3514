import { DataAwsRoute53Zone } from "@cdktf/provider-aws/lib/data-aws-route53-zone";
import type { Construct } from "constructs";
import { lookup, lookupId, type Zones } from "../config/dns-hosts";
import type { DnsName } from "../config/dns-names";

/** Ids of zones by name, looked up where the config leaves that to Terraform. */
export function route53ZoneIds(scope: Construct, zones: Zones): ReadonlyMap<DnsName, string> {
  return new Map(
    Object.entries(zones).map(([name, id]) => [
      name,
      id === lookup ? new DataAwsRoute53Zone(scope, lookupId(name), { name, privateZone: false }).zoneId : id,
    ]),
  );
}
