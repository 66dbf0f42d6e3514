import type { GcpManagedSanConfig } from "../config/gcp-managed-san";
import { type Path, type Report, show } from "../config/report";

/** Names that a certificate of Google's can have (quotas of Certificate Manager and of Compute). */
const mostNames = 100;
/** Certificates that an HTTPS proxy takes (quotas of Compute). */
const mostCertificates = 15;

/** A stack must be one whose certificates Google issues, all of which the provider takes without a word. */
export function checkGoogleCertificates(stack: GcpManagedSanConfig, path: Path, report: Report): void {
  const { grouping, hosts, mode, phase } = stack;
  checkNumbers(stack, path, report);
  const unclear = report.refused([...path, "mode"]);
  if (mode === "compute" && phase !== undefined && !unclear) {
    report.problem(
      [...path, "phase"],
      `is ${show(phase)}, a step from Compute's certificates to Certificate Manager's; write mode: "certificate-manager", or leave it out`,
    );
  }
  if (!unclear) checkWildcards(stack, path, report);
  warnOfForeignGroups(stack, path, report);
  if (mode === "compute" && hosts.length > 1 && grouping === "per-name" && stack.defaultCertificate === undefined) {
    if (!report.refused([...path, "defaultCertificate"]) && !unclear) {
      report.warning(
        [...path, "defaultCertificate"],
        `is missing: clients without SNI get the first certificate, now that of ${show(hosts[0]?.name)}, which another name can change; write one of the hosts`,
      );
    }
  }
  const { profile, minimum } = stack.sslPolicy;
  if (profile === "RESTRICTED" && minimum !== "1.2") {
    report.problem(
      [...path, "sslPolicy", "minimum"],
      `is ${show(minimum)}, but the profile RESTRICTED has no cipher suite for less than TLS 1.2; write "1.2" or another profile`,
    );
  } else if (minimum !== "1.2") {
    report.warning(
      [...path, "sslPolicy", "minimum"],
      `is ${show(minimum)}, which is no longer safe to use (RFC 8996); write "1.2" unless a client has nothing newer`,
    );
  }
}

/** A backend service takes instance groups of its own project only. */
function warnOfForeignGroups({ backends, project }: GcpManagedSanConfig, path: Path, report: Report): void {
  if (project === "") return;
  for (const { name, target } of backends) {
    if (target.kind !== "instance-groups") continue;
    for (const link of target.groups) {
      const [, owner] = /(?:^|\/)projects\/([^/]+)\//.exec(link) ?? [];
      if (owner === undefined || owner === project) continue;
      report.warning(
        [...path, "backends", name, "instanceGroups", { member: link }],
        `is of project ${owner}, but a backend service takes groups of its own project, ${project}, only; make the load balancer there, or give its backend service as "service"`,
      );
    }
  }
}

/** Limits of names per certificate and of certificates per proxy. */
function checkNumbers(stack: GcpManagedSanConfig, path: Path, report: Report): void {
  const { certificates, computeCertificates, hosts } = stack;
  const largest = Math.max(...[...certificates, ...computeCertificates].map(({ domains }) => domains.length), 0);
  if (largest > mostNames) {
    const at = hosts.length > mostNames ? "hosts" : "retiring";
    report.problem(
      [...path, at],
      `has ${largest} names for one certificate, Google takes ${mostNames}; write grouping: "per-name"`,
    );
  }
  if (computeCertificates.length > mostCertificates) {
    report.problem(
      [...path, "hosts"],
      `needs ${computeCertificates.length} certificates of Compute, a proxy takes ${mostCertificates}; use mode "certificate-manager", which has no such limit`,
    );
  }
}

/** Compute proves a name by asking the load balancer for it, which a wildcard has no answer to. */
function checkWildcards({ computeCertificates, hosts, mode }: GcpManagedSanConfig, path: Path, report: Report): void {
  const wildcards = [...new Set(computeCertificates.flatMap(({ domains }) => domains))].filter((name) =>
    name.startsWith("*."),
  );
  for (const name of wildcards) {
    const way =
      mode === "compute"
        ? 'use mode "certificate-manager"'
        : 'add it after phase "drop-certificates", or on the way back to mode "compute", which can never serve it, leave it out';
    const isHost = hosts.some((host) => host.name === name);
    report.problem(
      isHost ? [...path, "hosts", name] : [...path, "retiring", { member: name }],
      `is a wildcard, for which Compute issues no certificate; ${way}`,
    );
  }
}
