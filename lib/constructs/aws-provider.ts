import type { AwsProviderConfig } from "@cdktf/provider-aws/lib/provider";

/**
 * Arguments of an AWS provider: one region, no account but the stated one, and the stack's labels on everything.
 *
 * @param account - `undefined`: whatever account the credentials belong to
 */
export function awsProviderArguments(
  region: string,
  account: string | undefined,
  labels: Readonly<Record<string, string>>,
): AwsProviderConfig {
  return {
    region,
    allowedAccountIds: account === undefined ? undefined : [account],
    defaultTags: [{ tags: { ...labels } }],
  };
}
