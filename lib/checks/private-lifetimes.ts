import { day, type Seconds, showDuration } from "../config/duration";
import { type PipelineTlsConfig, renewalWindow } from "../config/pipeline-tls";
import type { Path, Report } from "../config/report";

/**
 * A certificate that an apply renews must be renewed in time, and must end before what signed it: the provider signs
 * beyond the authority's end without a word.
 */
export function checkPrivateLifetimes(stack: PipelineTlsConfig, applyEvery: Seconds, path: Path, report: Report): void {
  for (const { name, validity } of stack.services) {
    const at = [...path, "services", name, "lifetime"];
    if (validity.lifetime === 0) continue;
    const got = showDuration(validity.lifetime);
    if (validity.renewBefore === 0 || validity.renewBefore < 2 * applyEvery) {
      report.problem(
        at,
        `is ${got}: an apply renews in the last third, ${showDuration(validity.renewBefore)}, which must hold two applies (applyEvery ${showDuration(applyEvery)}); write at least ${showDuration(leastLifetime(applyEvery))}, apply more often, or use certificates that renew themselves (vault-pki-k8s with delivery "cert-manager" or "vault-secrets-operator", cas-short-lived with its node bootstrap)`,
      );
    }
    const authority = stack.authority?.lifetime ?? 0;
    if (authority > 0 && 2 * validity.lifetime > authority) {
      report.problem(
        at,
        `is ${got}, more than half of the authority's ${showDuration(authority)}, so that no time is left to replace the authority; write a shorter one or raise ca.lifetime`,
      );
    }
  }
}

/** The least whole number of days whose renewal window holds two applies. */
function leastLifetime(applyEvery: Seconds): Seconds {
  let lifetime = Math.max(1, Math.ceil((6 * applyEvery) / day)) * day;
  while (renewalWindow(lifetime) < 2 * applyEvery) lifetime += day;
  return lifetime;
}
