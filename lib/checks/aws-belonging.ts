import type { AcmRoute53Config } from "../config/acm-route53";
import { type Arn, partitionOf } from "../config/aws";
import type { Path, Report } from "../config/report";

/** Every ARN of a stack must lie in its account, and in the region (or partition) of the certificate that uses it. */
export function checkAwsBelonging(stack: AcmRoute53Config, path: Path, report: Report): void {
  // Without a stated account the first ARN speaks for all: one apply has the credentials of one account.
  const account = stack.account ?? firstAccount(stack);
  for (const certificate of stack.certificates) {
    const at = [...path, "certificates", certificate.name];
    const mentions: readonly { arn: Arn; path: Path; home: string; way: string }[] = [
      ...certificate.listeners.map((arn) => ({
        arn,
        path: [...at, "attach", { member: arn.arn }],
        home: stack.region,
        way: `name a listener in ${stack.region} or make a stack for ${arn.region}`,
      })),
      ...(certificate.alarm?.topics ?? []).map((arn) => ({
        arn,
        path: [...at, "alarm", "topics", { member: arn.arn }],
        home: certificate.region,
        way: `name a topic in ${certificate.region}, where the alarm is`,
      })),
    ];
    for (const { arn, path, home, way } of mentions) {
      if (account !== undefined && arn.account !== account) {
        report.problem(path, `is of account ${arn.account}, the stack of ${account}; make a stack for each account`);
      }
      if (home !== "" && arn.region !== home) {
        report.problem(path, `is in ${arn.region}, the certificate in ${home}; ${way}`);
      } else if (home !== "" && arn.partition !== partitionOf(home)) {
        report.problem(
          path,
          `is of the partition ${arn.partition}, but ${home} is of ${partitionOf(home)}; copy it again`,
        );
      }
    }
  }
}

function firstAccount(stack: AcmRoute53Config): string | undefined {
  return stack.certificates.flatMap(({ listeners, alarm }) => [...listeners, ...(alarm?.topics ?? [])])[0]?.account;
}
