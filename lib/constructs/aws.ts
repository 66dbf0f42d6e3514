import { DataAwsRoute53Zone } from "@cdktf/provider-aws/lib/data-aws-route53-zone";
import { AwsProvider } from "@cdktf/provider-aws/lib/provider";
import type { Construct } from "constructs";
import { lookup, lookupId, type Zones } from "../config/dns-hosts";
import type { DnsName } from "../config/dns-names";
import type { Labels } from "../config/settings";

/**
 * An AWS provider of a stack: one region, no account but the stated one, and the stack's labels on everything.
 *
 * @param account - `undefined`: whatever account the credentials belong to
 * @param alias - tells it from the stack's first AWS provider
 */
export function awsProvider(
  scope: Construct,
  { region, account }: { readonly region: string; readonly account?: string | undefined },
  labels: Labels,
  alias?: string,
): AwsProvider {
  return new AwsProvider(scope, alias === undefined ? "provider_aws" : `provider_aws_${alias}`, {
    alias,
    region,
    allowedAccountIds: account === undefined ? undefined : [account],
    defaultTags: [{ tags: { ...labels } }],
  });
}

/** Ids of zones by name, looked up where the config leaves that to Terraform. */
export function route53ZoneIds(scope: Construct, zones: Zones): ReadonlyMap<DnsName, string> {
  return new Map(
    Object.entries(zones).map(([name, id]) => [
      name,
      id === lookup ? new DataAwsRoute53Zone(scope, lookupId(name), { name, privateZone: false }).zoneId : id,
    ]),
  );
}
