import { day } from "../../lib/config/duration";
import { type Place, show } from "../../lib/config/report";
import { type IssueLimits, type IssueRequest, simulateRole } from "../../lib/vault-role/simulate";
import { smallestWidening, unintendedNames } from "../../lib/vault-role/widening";
import type { VaultPkiK8sConfig } from "./config";
import { roleOf } from "./role";

/** Limits that no lifetime reaches: checkLifetimes checks lifetimes. */
const noLimits: IssueLimits = { mountDefault: 36_500 * day, mountMax: 36_500 * day, caLifetime: 36_500 * day };

/** Asks the simulator whether Vault would issue each name of each certificate by its role. */
export function checkRoles({ certificates }: VaultPkiK8sConfig, place: Place): void {
  for (const certificate of certificates) {
    const inCertificate = place.in("certificates", certificate.name);
    const role = roleOf(certificate);
    for (const name of certificate.names) {
      // One name at a time, so that every refusal is reported.
      const request: IssueRequest = { common_name: name, alt_names: [name], exclude_cn_from_sans: true };
      const { issued, errors } = simulateRole(role, request, noLimits);
      if (issued) continue;
      const steps = smallestWidening(role, request, noLimits)?.steps ?? [];
      const remedies = [
        ...globRemedy(role, request),
        ...(steps.length === 0 ? [] : [steps.map(configWords).join(" and ")]),
      ];
      const remedy = remedies.length === 0 ? "" : `${[...new Set(remedies)].join(", or ")} in its role, or `;
      inCertificate
        .in("names", { member: name })
        .problem(
          `is refused by the role that is written for it (${configWords(errors.join("; "))}); ${remedy}rename it`,
        );
    }
    const unintended = unintendedNames(role, certificate.names);
    if (unintended.length === 0) continue;
    const examples = unintended.map(({ name, because }) => `${show(name)} (${configWords(because)})`);
    inCertificate
      .in("role")
      .warning(`also allows names that nobody asked for, such as ${examples.join(", ")}; is that meant?`);
  }
}

/** A "*" in the role's domains most often stands for a glob, which Vault reads it as only with allow_glob_domains. */
function globRemedy(role: ReturnType<typeof roleOf>, request: IssueRequest): readonly string[] {
  if (role.allow_glob_domains || !simulateRole({ ...role, allow_glob_domains: true }, request, noLimits).issued) {
    return [];
  }
  const glob = role.allowed_domains.find((domain) => {
    const alone = { ...role, allow_glob_domains: true, allowed_domains: [domain] };
    return domain.includes("*") && simulateRole(alone, request, noLimits).issued;
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
