import { day, parseDuration, type Seconds, showDuration } from "../../lib/config/duration";
import { checkIssuer } from "../../lib/config/issuers";
import type { Place } from "../../lib/config/report";
import type { Settings } from "../../lib/config/settings";
import { type PipelineTlsConfig, renewalWindow, type Validity } from "./config";

/** Every certificate must be one that the tls provider makes, and that ends in time. */
export function check(stack: PipelineTlsConfig, { applyEvery }: Settings, place: Place): void {
  for (const { name, client, key } of stack.services) {
    checkIssuer("tls", { purpose: client ? "mutual" : "server", key }, place.in("services", name));
  }
  const authority = stack.authority?.lifetime ?? 0;
  for (const { validity, writtenAt } of writtenLifetimes(stack, place)) {
    // Lifetimes of 0 were refused already.
    if (validity.lifetime > 0) checkLifetime(validity, authority, applyEvery, writtenAt);
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
  if (renewBefore < 2 * applyEvery) {
    const window = renewBefore === 0 ? "less than an hour" : showDuration(renewBefore);
    place.problem(
      `is ${got}: an apply renews in the last third, ${window}, which must hold two applies (applyEvery ${showDuration(applyEvery)}); ${longerAdvice(applyEvery, authority)}apply more often, or use certificates that renew themselves (vault-pki-k8s with delivery "cert-manager" or "vault-secrets-operator", cas-short-lived with its node bootstrap)`,
    );
  }
  if (authority > 0 && 2 * lifetime > authority) {
    const raise = isDuration(2 * lifetime) ? `raise ca.lifetime to at least ${showDuration(2 * lifetime)}, or ` : "";
    place.problem(
      `is ${got}, more than half of the authority's ${showDuration(authority)}, which leaves no time to replace the authority; ${raise}write a shorter one`,
    );
  }
}

/** The lifetimes in force and where they are written: the stack's, once for all services without their own, and theirs. */
function writtenLifetimes(
  { services }: PipelineTlsConfig,
  place: Place,
): readonly { readonly validity: Validity; readonly writtenAt: Place }[] {
  const inheriting = services.find(({ ownLifetime }) => !ownLifetime);
  return [
    ...(inheriting === undefined ? [] : [{ validity: inheriting.validity, writtenAt: place.in("lifetime") }]),
    ...services
      .filter(({ ownLifetime }) => ownLifetime)
      .map(({ name, validity }) => ({ validity, writtenAt: place.in("services", name, "lifetime") })),
  ];
}

/** What to write for a renewal window that holds two applies, as the start of a list; nothing if no lifetime would do. */
function longerAdvice(applyEvery: Seconds, authority: Seconds): string {
  const least = leastLifetime(applyEvery);
  const short = authority > 0 && 2 * least > authority;
  if (!isDuration(short ? 2 * least : least)) return "";
  const raise = short ? ` and raise ca.lifetime to at least ${showDuration(2 * least)}` : "";
  return `write at least ${showDuration(least)}${raise}, `;
}

/** Whether a config can say it. */
const isDuration = (seconds: Seconds) => parseDuration(showDuration(seconds)) !== undefined;

/** The least whole number of days whose renewal window holds two applies. */
function leastLifetime(applyEvery: Seconds): Seconds {
  let lifetime = Math.max(1, Math.ceil((6 * applyEvery) / day)) * day;
  while (renewalWindow(lifetime) < 2 * applyEvery) lifetime += day;
  return lifetime;
}
