import { isDuration, type Seconds, showDuration } from "../../lib/config/duration";
import { warnOfLongLife } from "../../lib/config/lifetimes";
import type { Place } from "../../lib/config/report";
import type { CasShortLivedConfig } from "./config";
import { renewalProblem } from "./config-renewal";

/**
 * Every certificate must end before the certificate that signs it; the chain is certificate, node group, pool, issuer,
 * root. Google cuts a longer lifetime without a warning, and Terraform reads the cut lifetime back and replaces the
 * certificate in every apply.
 */
export function checkLifetimes(config: CasShortLivedConfig, applyEvery: Seconds, place: Place): void {
  const { root, issuers, maximumLifetime, nodeGroups, backdate } = config;
  // A lifetime of 0 was refused already.
  const longer = (one: Seconds, other: Seconds) => one > 0 && other > 0 && one > other;
  for (const { name, lifetime } of issuers) {
    const issuerLifetime = place.in("issuers", name, "lifetime");
    if (longer(lifetime, root.lifetime - 1)) {
      // Between what certificates may live and what the root lives there must be room.
      const less = maximumLifetime < root.lifetime - 1 ? [`write less than ${showDuration(root.lifetime)}`] : [];
      const longerRoot = isDuration(lifetime + 1) ? [`raise root.lifetime above ${showDuration(lifetime)}`] : [];
      const remedies = [...less, ...longerRoot].join(", or ") || `write less, and lower maximumLifetime`;
      issuerLifetime.problem(
        `is ${withSeconds(lifetime)}, and the root that signs it lives ${withSeconds(root.lifetime)}; ${remedies}`,
      );
    }
    if (longer(maximumLifetime, lifetime - 1)) {
      issuerLifetime.problem(
        `is ${withSeconds(lifetime)}, and certificates may live as long as maximumLifetime, ${withSeconds(maximumLifetime)}: Google would cut them at the issuer's end; ${longer(maximumLifetime, root.lifetime - 1) ? "" : `write more than ${showDuration(maximumLifetime)}, or `}lower maximumLifetime below ${showDuration(Math.min(lifetime, root.lifetime))}`,
      );
    }
  }
  for (const { name, lifetime, renewAt, bootstrap, certificates } of nodeGroups) {
    const group = place.in("nodeGroups", name);
    warnOfLongLife(lifetime, group.in("lifetime"));
    if (longer(lifetime, maximumLifetime)) {
      group
        .in("lifetime")
        .problem(
          `is ${withSeconds(lifetime)}, more than maximumLifetime, ${withSeconds(maximumLifetime)}, and the smaller of both applies; write at most ${showDuration(maximumLifetime)}, or raise maximumLifetime`,
        );
    }
    if (lifetime > 0 && backdate >= lifetime) {
      place
        .in("backdate")
        .problem(
          `is ${withSeconds(backdate)}, and certificates of ${withSeconds(lifetime)} would have ended when they are made; ${lifetime > 1 ? `write less, such as ${lifetime > 300 ? '"5m"' : '"1s"'}` : "leave it out"}`,
        );
    } else if (bootstrap !== undefined && lifetime > 0) {
      const problem = renewalProblem(lifetime, renewAt, backdate);
      if (problem !== undefined) group.in("renewAt").problem(problem);
    }
    for (const certificate of certificates) {
      const certificateLifetime = group.in("certificates", certificate.name, "lifetime");
      if (longer(certificate.lifetime, lifetime)) {
        certificateLifetime.problem(
          `is ${withSeconds(certificate.lifetime)}, more than the node group's lifetime, ${withSeconds(lifetime)}, which is the most that its template signs for; write at most ${showDuration(lifetime)}, or raise the node group's`,
        );
      }
      if (longer(2 * applyEvery, certificate.lifetime)) {
        certificateLifetime.problem(
          `is ${withSeconds(certificate.lifetime)}, less than two times applyEvery (2 x ${showDuration(applyEvery)} = ${2 * applyEvery} s), so it could end before somebody applies; ${isDuration(2 * applyEvery) ? `write at least ${showDuration(2 * applyEvery)}, ` : ""}apply more often, or let the node renew by itself: bootstrap in the node group`,
        );
      }
    }
  }
}

/** A duration together with its seconds, so that two durations can be compared at a glance. */
const withSeconds = (seconds: Seconds) => `${showDuration(seconds)} (${seconds} s)`;
