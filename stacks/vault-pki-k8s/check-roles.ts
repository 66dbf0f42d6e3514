import { day } from "../../lib/config/duration";
import type { Place } from "../../lib/config/place";
import { show } from "../../lib/config/report";
import { type IssueLimits, type IssueRequest, simulateRole } from "../../lib/vault-role/simulate";
import { smallestWidening, unintendedNames } from "../../lib/vault-role/widening";
import type { VaultPkiK8sConfig } from "./config";
import { roleOf } from "./role";

/** Lifetimes have a check of their own. */
const noLimits: IssueLimits = { mountDefault: 36_500 * day, mountMax: 36_500 * day, caLifetime: 36_500 * day };

/** Would Vault issue this: every name of every certificate, put to its role. */
export function checkRoles({ certificates }: VaultPkiK8sConfig, place: Place): void {
  for (const certificate of certificates) {
    const inCertificate = place.in("certificates", certificate.name);
    const role = roleOf(certificate);
    for (const name of certificate.names) {
      // Each by itself, so that every refusal is told.
      const request: IssueRequest = { common_name: name, alt_names: [name], exclude_cn_from_sans: true };
      const { issued, errors } = simulateRole(role, request, noLimits);
      if (issued) continue;
      const steps = smallestWidening(role, request, noLimits)?.steps ?? [];
      const ways = [...globWay(role, request), ...(steps.length === 0 ? [] : [steps.map(configWords).join(" and ")])];
      const way = ways.length === 0 ? "" : `${[...new Set(ways)].join(", or ")} in its role, or `;
      inCertificate
        .in("names", { member: name })
        .problem(`is refused by the role that is written for it (${configWords(errors.join("; "))}); ${way}rename it`);
    }
    const unasked = unintendedNames(role, certificate.names);
    if (unasked.length === 0) continue;
    const examples = unasked.map(({ name, because }) => `${show(name)} (${configWords(because)})`);
    inCertificate
      .in("role")
      .warning(`also allows names that nobody asked for, such as ${examples.join(", ")}; is that meant?`);
  }
}

/** A "*" in the role's domains is most often meant as one, which Vault takes it for only when told to. */
function globWay(role: ReturnType<typeof roleOf>, request: IssueRequest): readonly string[] {
  if (role.allow_glob_domains || !simulateRole({ ...role, allow_glob_domains: true }, request, noLimits).issued) {
    return [];
  }
  const meant = role.allowed_domains.find((domain) => {
    const alone = { ...role, allow_glob_domains: true, allowed_domains: [domain] };
    return domain.includes("*") && simulateRole(alone, request, noLimits).issued;
  });
  return meant === undefined
    ? []
    : [`set allowGlobDomains to true, with which the "*" in ${show(meant)} stands for anything, dots too`];
}

/** Vault's field names as the config spells them. */
function configWords(text: string): string {
  return text.replace(/\ballow[a-z]*(_[a-z]+)+\b/g, (field) =>
    field.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase()),
  );
}
