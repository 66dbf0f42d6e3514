import { day, isDuration, type Seconds, showDuration } from "../../lib/config/duration";
import { checkIssuer, checkKey } from "../../lib/config/issuers";
import { leastLifetime, warnOfLongLife } from "../../lib/config/lifetimes";
import type { Place } from "../../lib/config/report";
import type { Settings } from "../../lib/config/settings";
import type { PipelineTlsConfig, Validity } from "./config";

/** Every certificate must be one that the tls provider makes, and that ends in time. */
export function check({ services, authority }: PipelineTlsConfig, { applyEvery }: Settings, place: Place): void {
  const longest = authority?.lifetime ?? 0;
  if (authority !== undefined) checkKey("tls", authority.key, place.in("key"));
  const inheriting = services.find(({ ownLifetime }) => !ownLifetime);
  // Written once for all services that have none of their own.
  if (inheriting !== undefined) checkLifetime(inheriting.validity, longest, applyEvery, place.in("lifetime"));
  for (const { name, client, key, ownLifetime, validity } of services) {
    const here = place.in("services", name);
    checkIssuer("tls", { purpose: client ? "mutual" : "server", key }, here);
    if (ownLifetime) checkLifetime(validity, longest, applyEvery, here.in("lifetime"));
  }
}

/**
 * A certificate that an apply renews must be renewed in time, and must end before what signed it: the provider signs
 * beyond the authority's end without a word.
 *
 * @param authority - how long the authority lives; 0 for none
 */
function checkLifetime(
  { lifetime, renewBefore }: Validity,
  authority: Seconds,
  applyEvery: Seconds,
  place: Place,
): void {
  const got = showDuration(lifetime);
  warnOfLongLife(lifetime, place);
  if (renewBefore < 2 * applyEvery) {
    const window = renewBefore === 0 ? "less than an hour" : showDuration(renewBefore);
    place.problem(
      `is ${got}: an apply renews in the last third, ${window}, which must hold two applies (applyEvery ${showDuration(applyEvery)}); ${longerAdvice(applyEvery, authority)}apply more often, or use certificates that renew themselves (vault-pki-k8s with delivery "cert-manager", cas-short-lived with its node bootstrap)`,
    );
  }
  if (authority > 0 && 2 * lifetime > authority) {
    const raise = isDuration(2 * lifetime) ? `raise ca.lifetime to at least ${showDuration(2 * lifetime)}, or ` : "";
    place.problem(
      `is ${got}, more than half of the authority's ${showDuration(authority)}, which leaves no time to replace the authority; ${raise}write a shorter one`,
    );
  }
}

/** What to write for a renewal window that holds two applies, as the start of a list; nothing if no lifetime would do. */
function longerAdvice(applyEvery: Seconds, authority: Seconds): string {
  const least = leastLifetime(applyEvery, day);
  const short = authority > 0 && 2 * least > authority;
  if (!isDuration(short ? 2 * least : least)) return "";
  const raise = short ? ` and raise ca.lifetime to at least ${showDuration(2 * least)}` : "";
  return `write at least ${showDuration(least)}${raise}, `;
}
