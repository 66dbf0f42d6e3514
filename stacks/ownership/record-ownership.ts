import type { Report } from "../../lib/config/report";
import type { Stack } from "..";
import { mayBeSame } from "./may-be-same";

/**
 * ACM gives an account one validation record per name, whatever certificate it is for. Two owners of it would take it
 * from each other: whoever is destroyed first ends the renewal of the other's certificates, months later.
 */
export function checkRecordOwnership(stacks: readonly Stack[], report: Report): void {
  const owners = new Map<string, { stack: string; account: string | undefined }[]>();
  for (const { name: stack, kind, config } of stacks) {
    if (kind !== "acm-route53") continue;
    for (const certificate of config.certificates) {
      for (const { name, domain } of certificate.validations) {
        const known = owners.get(name) ?? [];
        const other = known.find((owner) => owner.stack !== stack && mayBeSame(owner.account, config.account));
        if (other !== undefined) {
          // What the accounts were meant to be is not known.
          if ([stack, other.stack].some((name) => report.refused(["stacks", name, "account"]))) continue;
          const way = config.account && other.account ? "" : ", or state the account of both if they differ";
          report.problem(
            ["stacks", stack, "certificates", certificate.name, "names", { member: domain }],
            `stack ${other.stack} owns its validation record already; write records: "existing" on one of them${way}`,
          );
        } else if (!known.some((owner) => owner.stack === stack)) {
          owners.set(name, [...known, { stack, account: config.account }]);
        }
      }
    }
  }
}
