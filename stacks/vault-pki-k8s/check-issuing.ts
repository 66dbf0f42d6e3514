import { day, isDuration, type Seconds, showDuration } from "../../lib/config/duration";
import { leastLifetime, warnOfLongLife } from "../../lib/config/lifetimes";
import { type Place, show } from "../../lib/config/report";
import { anyAge, type IssueRequest, simulateRole } from "../../lib/vault-role/simulate";
import { brokenLinks } from "../../lib/vault-role/ttl-chain";
import { smallestWidening, unintendedNames } from "../../lib/vault-role/widening";
import { renewsItself, type VaultCertificateConfig, type VaultPkiK8sConfig } from "./config";
import { roleOf } from "./role";

/** Asks the simulator whether Vault would issue each name of each certificate by its role. */
export function checkRoles({ certificates }: VaultPkiK8sConfig, place: Place): void {
  for (const certificate of certificates) {
    const inCertificate = place.in("certificates", certificate.name);
    const role = roleOf(certificate);
    for (const name of certificate.names) {
      // One name at a time, so that every refusal is reported; checkLifetimes checks lifetimes.
      const common = role.require_cn ? { common_name: name, exclude_cn_from_sans: true } : {};
      const request: IssueRequest = { ...common, alt_names: [name] };
      const { issued, errors } = simulateRole(role, request, anyAge);
      if (issued) continue;
      const steps = smallestWidening(role, request, anyAge)?.steps ?? [];
      const remedies = [
        ...globRemedy(role, request),
        ...(steps.length === 0 ? [] : [steps.map(configWords).join(" and ")]),
      ];
      const remedy = remedies.length === 0 ? "" : `${[...new Set(remedies)].join(", or ")} in its role, or `;
      const refusal = `is refused by the role that is written for it (${configWords(errors.join("; "))})`;
      inCertificate.in("names", { member: name }).problem(`${refusal}; ${remedy}rename it`);
    }
    const unintended = unintendedNames(role, certificate.names);
    if (unintended.length === 0) continue;
    const examples = unintended.map(({ name, because }) => `${show(name)} (${configWords(because)})`).join(", ");
    inCertificate.in("role").warning(`also allows names that nobody asked for, such as ${examples}; is that meant?`);
  }
}

/** A "*" in the role's domains most often stands for a glob, which Vault reads it as only with allow_glob_domains. */
function globRemedy(role: ReturnType<typeof roleOf>, request: IssueRequest): readonly string[] {
  if (role.allow_glob_domains || !simulateRole({ ...role, allow_glob_domains: true }, request, anyAge).issued) {
    return [];
  }
  const glob = role.allowed_domains.find((domain) => {
    const alone = { ...role, allow_glob_domains: true, allowed_domains: [domain] };
    return domain.includes("*") && simulateRole(alone, request, anyAge).issued;
  });
  return glob === undefined
    ? []
    : [`set allowGlobDomains to true, with which the "*" in ${show(glob)} stands for anything, dots too`];
}

/** Replaces Vault's field names by the config's. */
function configWords(text: string): string {
  return text.replace(/\ballow[a-z]*(_[a-z]+)+\b/g, (field) =>
    field.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase()),
  );
}

/** A certificate must end before the authority that signed it, and must be renewed in time. */
export function checkLifetimes({ pki, certificates }: VaultPkiK8sConfig, applyEvery: Seconds, place: Place): void {
  // Lifetimes of 0 were refused already.
  const [intermediate, root] = pki.own ? [pki.intermediate.lifetime, pki.root.lifetime] : [0, 0];
  if (intermediate > 0 && root > 0) {
    // Reported once; it would be the same for each certificate.
    for (const { message } of brokenLinks({ leaf: 0, roleMax: 0, mountMax: 0, intermediate, root })) {
      place.in("pki", "intermediate", "lifetime").problem(message);
    }
  }
  for (const certificate of certificates) {
    const { name, lifetime } = certificate;
    if (lifetime === 0) continue;
    const inLifetime = place.in("certificates", name, "lifetime");
    warnOfLongLife(lifetime, inLifetime);
    if (intermediate > 0) {
      // The role's limit is the certificate's own lifetime, and it overrides the mount's.
      const chain = { leaf: lifetime, roleMax: lifetime, mountMax: lifetime, intermediate, root };
      // What is wrong between the authorities was reported above.
      const broken = brokenLinks(chain).filter(({ to }) => to !== "root");
      for (const { message } of broken) inLifetime.problem(message);
      if (broken.length === 0 && 2 * lifetime > intermediate) {
        inLifetime.warning(
          `is ${show(showDuration(lifetime))}, more than half of the intermediate's ${show(showDuration(intermediate))}: ${showDuration(intermediate - lifetime)} after the intermediate was made, Vault refuses to sign another; write a shorter one`,
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
