import { isUnder, withoutWildcard } from "../../lib/config/dns-names";
import { type Seconds, showDuration } from "../../lib/config/duration";
import { checkIssuer } from "../../lib/config/issuers";
import { type Path, type Report, show } from "../../lib/config/report";
import type { Settings } from "../../lib/config/settings";
import { checkLifetimes } from "./check-lifetimes";
import { checkRoles } from "./check-roles";
import { renewsItself, type VaultCertificateConfig, type VaultPkiK8sConfig } from "./config";
import { isRoot } from "./input-fields";

/** The shortest lifetime that cert-manager takes (`Certificate.spec.duration`). */
const shortestOfCertManager: Seconds = 3_600;

/** Would Vault issue every certificate, and the cluster get it in time? */
export function check(stack: VaultPkiK8sConfig, { applyEvery }: Settings, path: Path, report: Report): void {
  checkDeliveries(stack, path, report);
  checkRoles(stack, path, report);
  checkLifetimes(stack, applyEvery, path, report);
}

/** Everything that would come in the way of a certificate between Vault and the cluster. */
function checkDeliveries(stack: VaultPkiK8sConfig, path: Path, report: Report): void {
  checkTrust(stack, path, report);
  checkAddress(stack, path, report);
  checkManifests(stack, path, report);
  for (const certificate of stack.certificates) {
    const at = [...path, "certificates", certificate.name];
    checkIssuer("vault", certificate, at, report);
    checkPermitted(stack, certificate, at, report);
    checkAccounts(stack, certificate, at, report);
    if (!renewsItself(certificate)) continue;
    if (stack.pki.address === undefined && !report.refused([...path, "pki", "address"])) {
      report.problem(
        [...path, "pki", "address"],
        `is missing, and ${certificate.delivery} must know where Vault is; write one such as "https://vault.example.com:8200"`,
      );
    }
    if (certificate.lifetime > 0 && certificate.lifetime < shortestOfCertManager) {
      report.problem(
        [...at, "lifetime"],
        `is ${show(showDuration(certificate.lifetime))}, and cert-manager takes no less than an hour; write at least "1h"`,
      );
    }
  }
}

/** Clients need the root: what chains end with elsewhere, strict ones refuse. */
function checkTrust({ pki, certificates }: VaultPkiK8sConfig, path: Path, report: Report): void {
  const at = [...path, "pki", "caBundle"];
  if (pki.own || report.refused(at)) return;
  if (pki.caBundle !== undefined) {
    if (!isRoot(pki.caBundle)) {
      report.warning(
        at,
        "has no certificate that signed itself, and strict clients refuse a chain that ends elsewhere; write the root's",
      );
    }
    return;
  }
  const effect = certificates.every(renewsItself)
    ? "the stack gives clients nothing to trust"
    : "clients get the last certificate of the mount's chain, which strict ones refuse unless it is the root";
  report.warning(at, `is left out, so ${effect}; write the root's PEM`);
}

/** What an address means for those who go by it. */
function checkAddress({ pki, certificates }: VaultPkiK8sConfig, path: Path, report: Report): void {
  const at = [...path, "pki", ...(pki.own ? ["urls", "address"] : ["address"])];
  if (pki.address === undefined || report.refused(at) || !URL.canParse(pki.address)) return;
  const { protocol, hostname, pathname, origin } = new URL(pki.address);
  if (pathname !== "/") {
    report.warning(
      at,
      `has the path ${show(pathname)}, which Vault itself does not know; unless a proxy in front of it takes that away, write ${show(origin)}`,
    );
  }
  if (protocol !== "http:" || isLoopback(hostname)) return;
  const inClear = certificates.some(renewsItself)
    ? "so whoever sees the traffic reads the token with which cert-manager requests, and can change certificates and revocation lists on their way"
    : "so whoever sees the traffic can change revocation lists on their way, and if VAULT_ADDR is such an address too, reads Terraform's token and the private keys that Vault makes";
  report.warning(at, `is http://, ${inClear}; give Vault a TLS listener and write "https://..."`);
}

function isLoopback(hostname: string): boolean {
  return /^(127(\.\d+){3}|\[::1\]|(.+\.)?localhost)$/.test(hostname);
}

function checkManifests(stack: VaultPkiK8sConfig, path: Path, report: Report): void {
  const { applyManifests, crdsInstalled, certificates } = stack;
  if (!applyManifests) return;
  if (!certificates.some(renewsItself)) {
    report.warning(
      [...path, "manifests"],
      'is "apply", but no certificate has a delivery with manifests; leave it out',
    );
  } else if (!crdsInstalled) {
    report.problem(
      [...path, "manifests"],
      'is "apply", which plans only where the cluster knows the kinds of cert-manager already; install it first and write crdsInstalled: true, or write "files"',
    );
  }
}

function checkPermitted(
  { pki }: VaultPkiK8sConfig,
  { names }: VaultCertificateConfig,
  path: Path,
  report: Report,
): void {
  if (!pki.own || pki.intermediate.permittedDomains.length === 0) return;
  const { permittedDomains } = pki.intermediate;
  for (const name of names) {
    if (permittedDomains.some((domain) => isUnder(withoutWildcard(name), domain))) continue;
    report.problem(
      [...path, "names", { member: name }],
      `is under none of the intermediate's permittedDomains (${permittedDomains.join(", ")}), so clients would refuse it (RFC 5280, name constraints); rename it or add its domain there`,
    );
  }
}

function checkAccounts(
  stack: VaultPkiK8sConfig,
  certificate: VaultCertificateConfig,
  path: Path,
  report: Report,
): void {
  const { serviceAccounts } = certificate;
  const at = [...path, "serviceAccounts"];
  const anyone = serviceAccounts.find((account) => account.name === "*" && account.namespace === "*");
  if (anyone !== undefined) {
    report.problem(
      [...at, { member: "*" }],
      "is every service account of every namespace, so every pod could request the certificate; write names",
    );
    return;
  }
  for (const account of serviceAccounts.filter((one) => one.name === "*" || one.namespace === "*")) {
    const who =
      account.name === "*" ? `every service account of ${account.namespace}` : `${account.name} of every namespace`;
    report.warning([...at, { member: account.name }], `lets ${who} request the certificate; is that meant?`);
  }
  if (renewsItself(certificate)) {
    checkRequester(stack, certificate, at, report);
    return;
  }
  const names = [...new Set(serviceAccounts.map((account) => account.name))];
  const namespaces = [...new Set(serviceAccounts.map(({ namespace }) => namespace))];
  const given = new Set(serviceAccounts.map(shown));
  const extra = namespaces
    .flatMap((namespace) => names.map((account) => shown({ name: account, namespace })))
    .find((pair) => !given.has(pair));
  if (extra !== undefined) {
    report.problem(
      at,
      `would let ${extra} in as well, since Vault takes each name in each namespace; write that one too, or make a certificate for each namespace`,
    );
  }
}

const shown = (account: { readonly name: string; readonly namespace: string }) =>
  `${account.namespace}/${account.name}`;

/** cert-manager requests with one service account, of the certificate's namespace. */
function checkRequester(
  stack: VaultPkiK8sConfig,
  { serviceAccounts, name }: VaultCertificateConfig,
  at: Path,
  report: Report,
): void {
  const [account, ...more] = serviceAccounts;
  if (account === undefined || more.length > 0) {
    report.problem(
      at,
      `has ${serviceAccounts.length} service accounts, and cert-manager requests with one; write one, or leave it out for ${show(name)}`,
    );
  } else if (account.namespace !== stack.namespace.name || account.name === "*") {
    report.problem(
      at,
      `is ${shown(account)}, and cert-manager requests with one of the certificate's own namespace, ${stack.namespace.name}; write one from there`,
    );
  }
}
