import { type Place, show } from "../../lib/config/report";
import { anyAge, simulateRole } from "../../lib/vault-role/simulate";
import type { Before, KnownCertificate, KnownLogin, KnownRole } from "./change-before";
import { renewsItself, showAccount, type VaultCertificateConfig, type VaultPkiK8sConfig } from "./config";
import { audienceOf, roleOf, vaultKeys } from "./role";

/** Reports who may log in no more: for a certificate that is requested as before. */
export function checkLogins(stack: VaultPkiK8sConfig, before: Before, place: Place): void {
  const logins = stack.certificates.flatMap((certificate) => {
    const known = before.certificates.get(certificate.name);
    return known?.login !== undefined && requestedAsBefore(certificate, known) && certificate.serviceAccounts.length > 0
      ? [{ certificate, login: known.login }]
      : [];
  });
  checkAuthPath(stack, logins, place.in("authPath"));
  checkAudience(stack, logins, place.in("audience"));
}

/** A certificate with who could log in for it. */
interface Login {
  readonly certificate: VaultCertificateConfig;
  readonly login: KnownLogin;
}

function checkAuthPath(stack: VaultPkiK8sConfig, all: readonly Login[], place: Place): void {
  const { authPath } = stack;
  const moved = all.filter(({ login }) => login.authPath !== undefined && login.authPath !== authPath);
  const [first] = moved;
  if (first === undefined || place.refused) return;
  const which = moved.map(({ certificate }) => certificate);
  const { also, first: order } = untilApplied(stack, which);
  place.warning(
    `is ${show(authPath)}, was ${show(first.login.authPath)}: what logs in there for ${namesOf(which)} is refused from the apply on${also}; ${order}see that the mount at ${show(authPath)} knows the cluster, and that what logs in does so there`,
  );
}

function checkAudience(stack: VaultPkiK8sConfig, all: readonly Login[], place: Place): void {
  // Where Terraform applies the Issuer, it asks for the new audience in the same apply.
  const narrowed = all.filter(({ certificate, login }) => {
    const audience = audienceOf(stack, certificate);
    return audience !== undefined && audience !== login.audience && !inOneApply(stack, certificate);
  });
  if (narrowed.length === 0 || place.refused) return;
  const which = narrowed.map(({ certificate }) => certificate);
  const [other] = which.filter((certificate) => !renewsItself(certificate));
  const { also, first } = untilApplied(stack, which);
  const remedy =
    other === undefined
      ? "apply that right after Terraform"
      : `${first}see that what logs in has one for ${show(audienceOf(stack, other))}`;
  place.warning(
    `changes what tokens must be meant for: what logs in for ${namesOf(which)} with one for anything else is refused from the apply on${also}; ${remedy}`,
  );
}

/** Reports what a certificate, or a request with its role, may have no more. */
export function checkRequests(
  stack: VaultPkiK8sConfig,
  certificate: VaultCertificateConfig,
  known: KnownCertificate,
  place: Place,
): void {
  if (!requestedAsBefore(certificate, known)) return;
  checkNames(stack, certificate, known, place);
  checkPurpose(certificate, known.role, place.in("purpose"));
  checkKey(stack, certificate, known.role, place.in("key"));
  if (known.login !== undefined) checkAccounts(stack, certificate, known.login, place.in("serviceAccounts"));
  checkOwnAccount(stack, certificate, known, place.in("serviceAccounts"));
}

/** Names that the certificate has and loses, and others that requests with its role may have. */
function checkNames(
  stack: VaultPkiK8sConfig,
  certificate: VaultCertificateConfig,
  { names, role: was }: KnownCertificate,
  place: Place,
): void {
  const { role } = certificate;
  if (place.in("names").wrong || place.in("role").wrong) return;
  const narrowed = was.domains.filter((domain) => !role.allowedDomains.includes(domain));
  // A role has the names of its certificate, unless the config says otherwise.
  const derived = role.allowedDomains.join() === [...certificate.names].sort().join();
  const had = names ?? (derived ? narrowed : []);
  const lost = had.filter((name) => !certificate.names.some((one) => one === name));
  const limits = roleOf(certificate);
  const refused = lost.filter((name) => {
    const common = limits.require_cn ? { common_name: name, exclude_cn_from_sans: true } : {};
    return !simulateRole(limits, { ...common, alt_names: [name] }, anyAge).issued;
  });
  if (lost.length > 0) {
    const { also, first } = untilApplied(stack, refused.length > 0 ? [certificate] : []);
    const requests =
      also === "" ? "" : `: a request for ${lost.length === 1 ? "it" : "them"} is refused from the apply on${also}`;
    place
      .in("names")
      .warning(
        `lacks ${lost.map(show).join(", ")}, which the certificate has now${requests}; ${first}see that no client asks for ${lost.length === 1 ? "it" : "them"}`,
      );
  }
  const others = narrowed.filter((domain) => !had.includes(domain));
  if (others.length > 0) {
    place
      .in("role", "allowedDomains")
      .warning(
        `lacks ${others.map(show).join(", ")}, which the role allows now: a request for such a name is refused from the apply on; see that nothing makes one`,
      );
  }
  for (const [field, requests] of narrowings) {
    if (!was[field] || role[field]) continue;
    place
      .in("role", field)
      .warning(
        `is false, was true: a request for ${requests} is refused from the apply on; see that nothing makes one`,
      );
  }
}

/** What a role allows by a flag. */
const narrowings = [
  ["allowBareDomains", "one of its domains itself"],
  ["allowSubdomains", "a name below its domains"],
  ["allowGlobDomains", 'a name for which a "*" in its domains stands'],
] as const;

/** What a certificate may be shown for. */
function checkPurpose({ purpose }: VaultCertificateConfig, was: KnownRole, place: Place): void {
  const had = was.forServers ? (was.forClients ? "mutual" : "server") : "client";
  if (had === purpose || purpose === "mutual" || place.refused) return;
  const lost =
    purpose === "client"
      ? "clients refuse a server that shows it"
      : "servers that ask for a certificate refuse a client that shows it";
  if (had === "mutual") {
    place.warning(`is ${show(purpose)}, was "mutual": ${lost}, once it is issued anew; see that none does`);
  } else {
    place.problem(
      `is ${show(purpose)}, was ${show(had)}: ${lost}, once it is issued anew; write "mutual", or make a second certificate for the new purpose beside it`,
    );
  }
}

/** Whether requests by manifests that were applied before would be refused for their key. */
function checkKey(stack: VaultPkiK8sConfig, certificate: VaultCertificateConfig, was: KnownRole, place: Place): void {
  const { key } = certificate;
  const byOperator = renewsItself(certificate) && !stack.applyManifests;
  if (!byOperator || was.key === undefined || was.key === key || place.refused) return;
  const known = Object.entries(vaultKeys).find(([kind]) => kind === was.key)?.[1];
  const needed = vaultKeys[key];
  // A role says of a key its type, and its least size.
  if (known?.keyType === needed.keyType && known.keyBits >= needed.keyBits) return;
  place.warning(
    `is ${show(key)}, was ${show(was.key)}: cert-manager's next renewal is refused until manifests.yaml is applied again; apply it right after Terraform`,
  );
}

/** Service accounts that may log in no more. */
function checkAccounts(
  stack: VaultPkiK8sConfig,
  certificate: VaultCertificateConfig,
  was: KnownLogin,
  place: Place,
): void {
  // Where Terraform applies the Issuer, it logs in as the new one in the same apply.
  if (inOneApply(stack, certificate) || place.refused) return;
  const accounts = certificate.serviceAccounts;
  // Vault takes every name in every namespace of a login.
  const covered = (field: "name" | "namespace", value: string) =>
    accounts.some((account) => account[field] === value || account[field] === "*");
  const lost = was.namespaces.flatMap((namespace) =>
    was.names
      .filter((name) => !covered("name", name) || !covered("namespace", namespace))
      .map((name) => showAccount({ namespace, name })),
  );
  if (lost.length === 0) return;
  const { also, first } = untilApplied(stack, [certificate]);
  place.warning(
    `lacks ${lost.map(show).join(", ")}, which may log in now and is refused from the apply on${also}; ${first}see that nothing requests as ${lost.length === 1 ? "it" : "one of them"}`,
  );
}

/** The service account that Terraform made for cert-manager's requests: a pod may run as it. */
function checkOwnAccount(
  { applyManifests }: VaultPkiK8sConfig,
  { ownServiceAccount }: VaultCertificateConfig,
  { ownAccount: was }: KnownCertificate,
  place: Place,
): void {
  if (was === undefined || !applyManifests || ownServiceAccount || place.refused) return;
  place.warning(
    `says who requests, and the service account ${show(was)} goes with the apply; see that no pod runs as it`,
  );
}

/** Whether Terraform applies what cert-manager requests the certificate by, and so changes both together. */
const inOneApply = ({ applyManifests }: VaultPkiK8sConfig, certificate: VaultCertificateConfig) =>
  applyManifests && renewsItself(certificate);

/** Of requests by manifests that only an operator applies: what becomes of them, or nothing. */
function untilApplied(stack: VaultPkiK8sConfig, certificates: readonly VaultCertificateConfig[]) {
  const renewed = certificates.filter((certificate) => renewsItself(certificate) && !stack.applyManifests);
  if (renewed.length === 0) return { also: "", first: "" };
  return {
    /** To what is refused. */
    also: `, as is cert-manager's next renewal of ${namesOf(renewed)} until manifests.yaml is applied again`,
    /** To what is to be done. */
    first: "apply that right after Terraform, and ",
  };
}

const namesOf = (certificates: readonly VaultCertificateConfig[]) => certificates.map(({ name }) => name).join(", ");

/** Whether the same requests it: another delivery is judged as one. */
const requestedAsBefore = (certificate: VaultCertificateConfig, { byController }: KnownCertificate) =>
  renewsItself(certificate) === byController;
