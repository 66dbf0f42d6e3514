import { checkIssuer } from "../../lib/config/issuers";
import { type Place, show } from "../../lib/config/report";
import type { Settings } from "../../lib/config/settings";
import type { GcpManagedSanConfig } from "./config";

/** Most names of one certificate (quotas of Certificate Manager and of Compute). */
const mostNames = 100;
/** Most certificates of one HTTPS proxy (quotas of Compute). */
const mostCertificates = 15;

/** Reports what Google would not issue or serve, although the provider accepts it. */
export function check(stack: GcpManagedSanConfig, _settings: Settings, place: Place): void {
  checkIssuer("google", stack, place);
  const { grouping, hosts, mode, phase } = stack;
  checkNumbers(stack, place);
  const unclear = place.in("mode").refused;
  if (mode === "compute" && phase !== undefined && !unclear) {
    place
      .in("phase")
      .problem(
        `is ${show(phase)}, a step from Compute's certificates to Certificate Manager's; write mode: "certificate-manager", or leave it out`,
      );
  }
  if (!unclear) checkWildcards(stack, place);
  warnOfForeignGroups(stack, place);
  const byChance = grouping === "per-name" && hosts.length > 1 && stack.defaultCertificate === undefined;
  if (mode === "compute" && byChance && !unclear) {
    place
      .in("defaultCertificate")
      .warning(
        `is missing: clients without SNI get the first certificate, now that of ${show(hosts[0]?.name)}, which another name can change; write one of the hosts`,
      );
  }
  const { profile, minimum } = stack.sslPolicy;
  const oldest = place.in("sslPolicy", "minimum");
  if (profile === "RESTRICTED" && minimum !== "1.2") {
    oldest.problem(
      `is ${show(minimum)}, but the profile RESTRICTED has no cipher suite for less than TLS 1.2; write "1.2" or another profile`,
    );
  } else if (minimum !== "1.2") {
    oldest.warning(
      `is ${show(minimum)}, which is no longer safe to use (RFC 8996); write "1.2" unless a client has nothing newer`,
    );
  }
}

/** A backend service takes instance groups of its own project only. */
function warnOfForeignGroups({ backends, project }: GcpManagedSanConfig, place: Place): void {
  if (project === "") return;
  for (const { name, target } of backends) {
    if (target.kind !== "instance-groups") continue;
    for (const link of target.groups) {
      const [, owner] = /(?:^|\/)projects\/([^/]+)\//.exec(link) ?? [];
      if (owner === undefined || owner === project) continue;
      place
        .in("backends", name, "instanceGroups", { member: link })
        .warning(
          `is of project ${owner}, but a backend service takes groups of its own project, ${project}, only; make the load balancer there, or give its backend service as "service"`,
        );
    }
  }
}

/** Limits of names per certificate and of certificates per proxy. */
function checkNumbers(stack: GcpManagedSanConfig, place: Place): void {
  const { certificates, computeCertificates, hosts } = stack;
  const largest = Math.max(...[...certificates, ...computeCertificates].map(({ domains }) => domains.length), 0);
  if (largest > mostNames) {
    const field = hosts.length > mostNames ? "hosts" : "retiring";
    place
      .in(field)
      .problem(`has ${largest} names for one certificate, Google takes ${mostNames}; write grouping: "per-name"`);
  }
  if (computeCertificates.length > mostCertificates) {
    place
      .in("hosts")
      .problem(
        `needs ${computeCertificates.length} certificates of Compute, a proxy takes ${mostCertificates}; use mode "certificate-manager", which has no such limit`,
      );
  }
}

/** Compute proves a name by a request to the load balancer for exactly that name, which no wildcard is. */
function checkWildcards({ computeCertificates, hosts, mode }: GcpManagedSanConfig, place: Place): void {
  const wildcards = [...new Set(computeCertificates.flatMap(({ domains }) => domains))].filter((name) =>
    name.startsWith("*."),
  );
  for (const name of wildcards) {
    const remedy =
      mode === "compute"
        ? 'use mode "certificate-manager"'
        : 'add it after phase "drop-certificates", or on the way back to mode "compute", which can never serve it, leave it out';
    const isHost = hosts.some((host) => host.name === name);
    const named = isHost ? place.in("hosts", name) : place.in("retiring", { member: name });
    named.problem(`is a wildcard, for which Compute issues no certificate; ${remedy}`);
  }
}
