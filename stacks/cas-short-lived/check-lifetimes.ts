import { type Seconds, showDuration } from "../../lib/config/duration";
import type { Path, Report } from "../../lib/config/report";
import type { CasShortLivedConfig } from "./config";
import { renewalProblem } from "./config-renewal";

/**
 * Every certificate ends before what signed it: certificate, node group, pool, issuer, root. Google cuts what would live
 * longer without a word; Terraform reads the cut lifetime back and replaces the certificate in every apply.
 */
export function checkCasLifetimes(stack: CasShortLivedConfig, applyEvery: Seconds, path: Path, report: Report): void {
  const { root, issuers, maximumLifetime, nodeGroups, backdate } = stack;
  // Lifetimes of 0 were refused already.
  const longer = (one: Seconds, other: Seconds) => one > 0 && other > 0 && one > other;
  for (const { name, lifetime } of issuers) {
    const at = [...path, "issuers", name, "lifetime"];
    if (longer(lifetime, root.lifetime - 1)) {
      report.problem(
        at,
        `is ${spelt(lifetime)}, and the root that signs it lives ${spelt(root.lifetime)}; write less than ${showDuration(root.lifetime)}, or raise root.lifetime above ${showDuration(lifetime)}`,
      );
    }
    if (longer(maximumLifetime, lifetime - 1)) {
      report.problem(
        at,
        `is ${spelt(lifetime)}, and certificates may live as long as maximumLifetime, ${spelt(maximumLifetime)}: Google would cut them at the issuer's end; ${longer(maximumLifetime, root.lifetime - 1) ? "" : `write more than ${showDuration(maximumLifetime)}, or `}lower maximumLifetime below ${showDuration(Math.min(lifetime, root.lifetime))}`,
      );
    }
  }
  for (const { name, lifetime, renewAt, bootstrap, certificates } of nodeGroups) {
    const at = [...path, "nodeGroups", name];
    if (longer(lifetime, maximumLifetime)) {
      report.problem(
        [...at, "lifetime"],
        `is ${spelt(lifetime)}, more than maximumLifetime, ${spelt(maximumLifetime)}, and the smaller of both applies; write at most ${showDuration(maximumLifetime)}, or raise maximumLifetime`,
      );
    }
    if (lifetime > 0 && backdate >= lifetime) {
      checkBackdate(backdate, lifetime, [...at, "lifetime"], path, report);
    } else if (bootstrap !== undefined && lifetime > 0) {
      const problem = renewalProblem(lifetime, renewAt, backdate);
      if (problem !== undefined) report.problem([...at, "renewAt"], problem);
    }
    for (const certificate of certificates) {
      const own = [...at, "certificates", certificate.name, "lifetime"];
      if (longer(certificate.lifetime, lifetime)) {
        report.problem(
          own,
          `is ${spelt(certificate.lifetime)}, more than the node group's lifetime, ${spelt(lifetime)}, which is the most that its template signs for; write at most ${showDuration(lifetime)}, or raise the node group's`,
        );
      }
      if (longer(2 * applyEvery, certificate.lifetime)) {
        report.problem(
          own,
          `is ${spelt(certificate.lifetime)}, less than two times applyEvery (2 x ${showDuration(applyEvery)} = ${2 * applyEvery} s), so it could end before somebody applies; write at least ${showDuration(2 * applyEvery)}, apply more often, or let the node renew by itself: bootstrap in the node group`,
        );
      }
    }
  }
}

function checkBackdate(backdate: Seconds, lifetime: Seconds, at: Path, stack: Path, report: Report): void {
  if (report.refused(at)) return;
  report.problem(
    [...stack, "backdate"],
    `is ${spelt(backdate)}, and certificates of ${spelt(lifetime)} would have ended when they are made; write less, such as ${lifetime > 300 ? '"5m"' : '"1s"'}`,
  );
}

/** A duration with its seconds, so that two can be compared at a glance. */
const spelt = (seconds: Seconds) => `${showDuration(seconds)} (${seconds} s)`;
