import { DataAwsLb } from "@cdktf/provider-aws/lib/data-aws-lb";
import { Route53Record } from "@cdktf/provider-aws/lib/route53-record";
import type { Construct } from "constructs";
import { nameInId } from "../../lib/config/dns-names";
import { route53ZoneIds } from "../../lib/constructs/aws";
import type { AliasConfig } from "./config";

/**
 * Makes the records that lead public names to a load balancer.
 *
 * @param scope - the stack: services have keys without "_", so no id of these is a service's
 * @returns full names of the records by public name
 */
export function route53Aliases(scope: Construct, alias: AliasConfig): Readonly<Record<string, string>> {
  const zoneIds = route53ZoneIds(scope, alias.zones);
  const { dnsName, zoneId } =
    "dnsName" in alias.target ? alias.target : new DataAwsLb(scope, "load_balancer", { name: alias.target.name });
  return Object.fromEntries(
    alias.records.map(({ name, zone }) => {
      const record = new Route53Record(scope, `alias_${nameInId(name)}`, {
        zoneId: zoneIds.get(zone) ?? "",
        name,
        type: "A",
        alias: { name: dnsName, zoneId, evaluateTargetHealth: true },
      });
      return [name, record.fqdn];
    }),
  );
}
