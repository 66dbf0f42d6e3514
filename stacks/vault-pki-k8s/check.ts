import { isLoopback, isUnder, withoutWildcard } from "../../lib/config/dns-names";
import { type Seconds, showDuration } from "../../lib/config/duration";
import { checkIssuer, checkKey } from "../../lib/config/issuers";
import { type Place, show } from "../../lib/config/report";
import type { Settings } from "../../lib/config/settings";
import { checkLifetimes, checkRoles } from "./check-issuing";
import { renewsItself, showAccount, type VaultCertificateConfig, type VaultPkiK8sConfig } from "./config";
import { isRoot } from "./input-fields";

/** The shortest lifetime that cert-manager takes (`Certificate.spec.duration`). */
const shortestOfCertManager: Seconds = 3_600;

/** Would Vault issue every certificate, and the cluster get it in time? */
export function check(stack: VaultPkiK8sConfig, { applyEvery }: Settings, place: Place): void {
  checkAuthorities(stack, place.in("pki"));
  checkDeliveries(stack, place);
  checkRoles(stack, place);
  checkLifetimes(stack, applyEvery, place);
}

/** Vault must make the keys of authorities, where they are the stack's own. */
function checkAuthorities({ pki }: VaultPkiK8sConfig, place: Place): void {
  if (!pki.own) return;
  for (const authority of ["root", "intermediate"] as const) {
    checkKey("vault", pki[authority].key, place.in(authority, "key"));
  }
}

/** Reports what would keep a certificate from reaching the cluster, or clients from accepting it. */
function checkDeliveries(stack: VaultPkiK8sConfig, place: Place): void {
  checkTrust(stack, place.in("pki", "caBundle"));
  const address = place.in("pki", ...(stack.pki.own ? ["urls", "address"] : ["address"]));
  checkAddress(stack, address);
  checkManifests(stack, place.in("manifests"));
  for (const certificate of stack.certificates) {
    const inCertificate = place.in("certificates", certificate.name);
    checkIssuer("vault", certificate, inCertificate);
    checkPermitted(stack, certificate, inCertificate.in("names"));
    checkAccounts(stack, certificate, inCertificate.in("serviceAccounts"));
    if (!renewsItself(certificate)) continue;
    if (stack.pki.address === undefined) {
      address.problem(
        `is missing, and ${certificate.delivery} must know where Vault is; write one such as "https://vault.example.com:8200"`,
      );
    }
    if (certificate.lifetime > 0 && certificate.lifetime < shortestOfCertManager) {
      inCertificate
        .in("lifetime")
        .problem(
          `is ${show(showDuration(certificate.lifetime))}, and cert-manager takes no less than an hour; write at least "1h"`,
        );
    }
  }
}

/** Clients need the root: strict clients refuse a chain that ends at another certificate. */
function checkTrust({ pki, certificates }: VaultPkiK8sConfig, place: Place): void {
  if (pki.own) return;
  if (pki.caBundle !== undefined) {
    if (!isRoot(pki.caBundle)) {
      place.warning(
        "has no certificate that signed itself, and strict clients refuse a chain that ends elsewhere; write the root's",
      );
    }
    return;
  }
  const effect = certificates.every(renewsItself)
    ? "the stack gives clients nothing to trust"
    : "clients get the last certificate of the mount's chain, which strict ones refuse unless it is the root";
  place.warning(`is left out, so ${effect}; write the root's PEM`);
}

/** Programs in the cluster and clients reach Vault by its address. */
function checkAddress({ pki, certificates }: VaultPkiK8sConfig, place: Place): void {
  if (pki.address === undefined || !URL.canParse(pki.address)) return;
  const { protocol, hostname, pathname, origin } = new URL(pki.address);
  if (pathname !== "/") {
    place.warning(
      `has the path ${show(pathname)}, which Vault itself does not know; unless a proxy in front of it takes that away, write ${show(origin)}`,
    );
  }
  if (protocol !== "http:" || isLoopback(hostname)) return;
  const exposed = certificates.some(renewsItself)
    ? "so whoever sees the traffic reads the token with which cert-manager requests, and can change certificates and revocation lists on their way"
    : "so whoever sees the traffic can change revocation lists on their way, and if VAULT_ADDR is such an address too, reads Terraform's token and the private keys that Vault makes";
  place.warning(`is http://, ${exposed}; give Vault a TLS listener and write "https://..."`);
}

function checkManifests(stack: VaultPkiK8sConfig, place: Place): void {
  const { applyManifests, crdsInstalled, certificates } = stack;
  if (!applyManifests) return;
  if (!certificates.some(renewsItself)) {
    place.warning('is "apply", but no certificate has a delivery with manifests; leave it out');
  } else if (!crdsInstalled) {
    place.problem(
      'is "apply", which plans only where the cluster knows the kinds of cert-manager already; install it first and write crdsInstalled: true, or write "files"',
    );
  }
}

function checkPermitted({ pki }: VaultPkiK8sConfig, { names }: VaultCertificateConfig, place: Place): void {
  if (!pki.own || pki.intermediate.permittedDomains.length === 0) return;
  const { permittedDomains } = pki.intermediate;
  for (const name of names) {
    if (permittedDomains.some((domain) => isUnder(withoutWildcard(name), domain))) continue;
    place
      .in({ member: name })
      .problem(
        `is under none of the intermediate's permittedDomains (${permittedDomains.join(", ")}), so clients would refuse it (RFC 5280, name constraints); rename it or add its domain there`,
      );
  }
}

function checkAccounts(stack: VaultPkiK8sConfig, certificate: VaultCertificateConfig, place: Place): void {
  const { serviceAccounts } = certificate;
  const everyAccount = serviceAccounts.find((account) => account.name === "*" && account.namespace === "*");
  if (everyAccount !== undefined) {
    place
      .in({ member: "*" })
      .problem("is every service account of every namespace, so every pod could request the certificate; write names");
    return;
  }
  for (const account of serviceAccounts.filter((one) => one.name === "*" || one.namespace === "*")) {
    const who =
      account.name === "*" ? `every service account of ${account.namespace}` : `${account.name} of every namespace`;
    place.in({ member: account.name }).warning(`lets ${who} request the certificate; is that meant?`);
  }
  if (renewsItself(certificate)) {
    checkRequester(stack, certificate, place);
    return;
  }
  const names = [...new Set(serviceAccounts.map((account) => account.name))];
  const namespaces = [...new Set(serviceAccounts.map(({ namespace }) => namespace))];
  const given = new Set(serviceAccounts.map(showAccount));
  const extra = namespaces
    .flatMap((namespace) => names.map((account) => showAccount({ name: account, namespace })))
    .find((pair) => !given.has(pair));
  if (extra !== undefined) {
    place.problem(
      `would let ${extra} in as well, since Vault takes each name in each namespace; write that one too, or make a certificate for each namespace`,
    );
  }
}

/** cert-manager requests with one service account, of the certificate's namespace. */
function checkRequester(
  stack: VaultPkiK8sConfig,
  { serviceAccounts, name }: VaultCertificateConfig,
  place: Place,
): void {
  const [account, ...more] = serviceAccounts;
  if (account === undefined || more.length > 0) {
    place.problem(
      `has ${serviceAccounts.length} service accounts, and cert-manager requests with one; write one, or leave it out for ${show(name)}`,
    );
  } else if (account.namespace !== stack.namespace.name || account.name === "*") {
    place.problem(
      `is ${showAccount(account)}, and cert-manager requests with one of the certificate's own namespace, ${stack.namespace.name}; write one from there`,
    );
  }
}
