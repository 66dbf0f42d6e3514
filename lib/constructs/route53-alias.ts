import { DataAwsLb } from "@cdktf/provider-aws/lib/data-aws-lb";
import { DataAwsRoute53Zone } from "@cdktf/provider-aws/lib/data-aws-route53-zone";
import { Route53Record } from "@cdktf/provider-aws/lib/route53-record";
import type { Construct } from "constructs";
import { type DnsName, nameInId } from "../config/dns-names";
import type { AliasConfig } from "../config/pipeline-tls";

/**
 * Makes the records that lead public names to a load balancer.
 *
 * @param scope - the stack: services have keys without "_", so no id of these is a service's
 * @returns full names of the records by public name
 */
export function route53Aliases(
  scope: Construct,
  alias: AliasConfig,
  names: readonly DnsName[],
): Readonly<Record<string, string>> {
  const zoneId =
    alias.zoneId ??
    new DataAwsRoute53Zone(scope, `zone_${alias.zone}`, { name: alias.zone, privateZone: false }).zoneId;
  const target = aliasTarget(scope, alias.target);
  return Object.fromEntries(
    names.map((name) => {
      const record = new Route53Record(scope, `alias_${nameInId(name)}`, {
        zoneId,
        name,
        type: "A",
        alias: { ...target, evaluateTargetHealth: true },
      });
      return [name, record.fqdn];
    }),
  );
}

function aliasTarget(
  scope: Construct,
  target: AliasConfig["target"],
): { readonly name: string; readonly zoneId: string } {
  if ("dnsName" in target) return { name: target.dnsName, zoneId: target.zoneId };
  const found = new DataAwsLb(scope, "load_balancer", { name: target.name });
  return { name: found.dnsName, zoneId: found.zoneId };
}
