import { day, isDuration, type Seconds, showDuration } from "../../lib/config/duration";
import { leastLifetime } from "../../lib/config/lifetimes";
import { type Place, show } from "../../lib/config/report";
import { brokenLinks } from "../../lib/vault-role/ttl-chain";
import { renewsItself, type VaultCertificateConfig, type VaultPkiK8sConfig } from "./config";

/** A certificate must end before the authority that signed it, and must be renewed in time. */
export function checkLifetimes({ pki, certificates }: VaultPkiK8sConfig, applyEvery: Seconds, place: Place): void {
  const authorities = pki.own ? { intermediate: pki.intermediate.lifetime, root: pki.root.lifetime } : undefined;
  if (authorities !== undefined && authorities.intermediate > 0 && authorities.root > 0) {
    // Reported once; it would be the same for each certificate.
    const { intermediate, root } = authorities;
    for (const { message } of brokenLinks({ leaf: 0, roleMax: 0, mountMax: 0, intermediate, root })) {
      place.in("pki", "intermediate", "lifetime").problem(message);
    }
  }
  for (const certificate of certificates) {
    const { name, lifetime } = certificate;
    // Lifetimes of 0 were refused already.
    if (lifetime === 0) continue;
    const inLifetime = place.in("certificates", name, "lifetime");
    if (authorities !== undefined && authorities.intermediate > 0) {
      // The role's limit is the certificate's own lifetime, and it overrides the mount's.
      const chain = { leaf: lifetime, roleMax: lifetime, mountMax: lifetime, ...authorities };
      // What is wrong between the authorities was reported above.
      const broken = brokenLinks(chain).filter(({ to }) => to !== "root");
      for (const { message } of broken) inLifetime.problem(message);
      if (broken.length === 0 && 2 * lifetime > authorities.intermediate) {
        inLifetime.warning(
          `is ${show(showDuration(lifetime))}, more than half of the intermediate's ${show(showDuration(authorities.intermediate))}: ${showDuration(authorities.intermediate - lifetime)} after the intermediate was made, Vault refuses to sign another; write a shorter one`,
        );
      }
    }
    if (!renewsItself(certificate)) checkWindow(certificate, applyEvery, inLifetime);
  }
}

function checkWindow({ lifetime, renewBefore }: VaultCertificateConfig, applyEvery: Seconds, place: Place): void {
  if (renewBefore >= 2 * applyEvery) return;
  // In whole days where that is no more than a day too much.
  const least = leastLifetime(applyEvery, applyEvery >= day ? day : 60);
  const longer = isDuration(least) ? `write at least ${show(showDuration(least))}, ` : "";
  place.problem(
    `is ${show(showDuration(lifetime))}: an apply renews in the last third, ${showDuration(renewBefore)}, which must hold two applies (applyEvery ${showDuration(applyEvery)}); ${longer}apply more often, or write a delivery that renews itself ("cert-manager")`,
  );
}
