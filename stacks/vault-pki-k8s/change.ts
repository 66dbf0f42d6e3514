import { checkCluster } from "../../lib/change/cluster";
import type { PreviousStack } from "../../lib/change/previous-stack";
import { type Place, show } from "../../lib/config/report";
import { type Before, type KnownAuthority, type KnownCertificate, readBefore } from "./change-before";
import { checkLogins, checkRequests } from "./change-requests";
import { checkAuthorityLifetimes, checkServer, checkTrust } from "./change-trust";
import {
  authorityKeys,
  type ExistingPkiConfig,
  type OwnPkiConfig,
  renewsItself,
  type VaultCertificateConfig,
  type VaultPkiK8sConfig,
} from "./config";

/**
 * Reports what an apply over an earlier release would interrupt. Pods mount the Secrets, so each must stay; clients trust
 * one root, so each certificate must come from below it. A change that breaks either, or that stops an apply half-way, is
 * a problem; a change that an operator must act on is a warning.
 */
export function change(stack: VaultPkiK8sConfig, previous: PreviousStack | undefined, place: Place): void {
  if (previous === undefined) return;
  const before = readBefore(previous);
  if (before.certificates.size === 0 && before.authorities === undefined) return;
  checkCluster(stack.kubernetes, previous, place.in("kubernetes", "context"));
  checkPki(stack, before, place.in("pki"));
  const stays = checkNamespace(stack, before, place.in("namespace"));
  checkRemovals(stack, before, place.in("certificates"));
  checkManifests(stack, before, place.in("manifests"));
  // A changed namespace was reported already, and moves every Secret and service account.
  if (!stays) return;
  checkLogins(stack, before, place);
  for (const certificate of stack.certificates) {
    const known = before.certificates.get(certificate.name);
    if (known === undefined) continue;
    const inCertificate = place.in("certificates", certificate.name);
    checkCertificate(stack, certificate, known, inCertificate);
    checkRequests(stack, certificate, known, inCertificate);
  }
}

/** Compares what signs the certificates, and so what clients must trust. */
function checkPki(stack: VaultPkiK8sConfig, before: Before, place: Place): void {
  const { pki } = stack;
  checkServer(stack, before, place);
  if (!pki.own) {
    checkExisting(pki, before, place.in("existing"));
    if (before.mount === pki.mount) checkTrust(stack, pki, before, place.in("caBundle"));
  } else if (before.authorities === undefined) {
    const was = `was the existing mount ${show(before.mount ?? "")}`;
    const effect = "every certificate would be issued anew under a root that no client trusts yet";
    place.in("root").problem(`is the stack's own, ${was}: ${effect}; ${secondStack}`);
  } else {
    for (const authority of authorityKeys) {
      checkAuthority(pki, authority, before.authorities[authority], place.in(authority));
    }
    checkAuthorityLifetimes(pki, before.authorities, place);
  }
}

const secondStack =
  "make a second stack with it, have its root trusted beside the old one, lead the consumers over, and take this one out last";

function checkExisting(pki: ExistingPkiConfig, before: Before, place: Place): void {
  if (before.authorities !== undefined) {
    place.problem(
      `is ${show(pki.mount)}, and the stack made its authorities itself: the apply would destroy their mounts, with their keys, for ever, for protection does not hold for what the config no longer has; first \`terraform state rm\` each vault_* address that ends in .root or .intermediate, which leaves them in Vault`,
    );
    return;
  }
  if (before.mount === undefined || before.mount === pki.mount) return;
  const moved = `is ${show(pki.mount)}, was ${show(before.mount)}: every certificate`;
  if (before.trust === pki.caBundle) {
    place.warning(
      `${moved} is issued anew from there, and what cert-manager requests is refused until its manifests are applied again`,
    );
    return;
  }
  const sameRoot =
    pki.caBundle === undefined || before.trust === undefined
      ? "if both have one root, write its PEM in caBundle and apply that first; else "
      : "";
  place.problem(
    `${moved} would be issued anew from there, under a root that clients may not trust; ${sameRoot}${secondStack}`,
  );
}

function checkAuthority(
  { protect, ...pki }: OwnPkiConfig,
  authority: (typeof authorityKeys)[number],
  before: KnownAuthority,
  place: Place,
): void {
  const lost =
    authority === "root"
      ? "the root would be deleted and another one made, and every client that trusts the old one refuse what is issued from then on"
      : "another intermediate, with another key, would take the place of this one, and clients that have this one pinned, or ask whether what it signed was revoked, refuse what they get";
  const stopped = protect ? "the plan refuses it, and so changes nothing at all: without protection " : "";
  for (const field of ["commonName", "mount", "key"] as const) {
    const [is, was] = [pki[authority][field], before[field]];
    if (was === undefined || was === is) continue;
    const remedy = `write ${show(was)} again, or ${secondStack}`;
    place.in(field).problem(`is ${show(is)}, was ${show(was)}: ${stopped}${lost}; ${remedy}`);
  }
}

/** Compares the namespace. @returns whether the objects stay where they are */
function checkNamespace(
  { namespace: { name, create } }: VaultPkiK8sConfig,
  { namespace: was, ownNamespace }: Before,
  place: Place,
): boolean {
  const moved = was !== undefined && was !== name && !was.includes("${");
  const destroyed = `the apply would destroy the namespace ${show(ownNamespace)} with everything in it, whoever made it`;
  if (moved) {
    const deleted =
      "the Secrets that Terraform made would be deleted there, and what mounts them could not start again";
    place
      .in("name")
      .problem(
        `is ${show(name)}, was ${show(was)}: ${ownNamespace === undefined ? deleted : destroyed}; make a second stack for the new namespace, lead the consumers over, and take this one out last`,
      );
  } else if (ownNamespace !== undefined && !create) {
    const remedy = `first \`terraform state rm kubernetes_namespace_v1.namespace_${ownNamespace}\`, which leaves it there`;
    place.in("create").problem(`is false, was true: ${destroyed}; ${remedy}`);
  }
  return !moved;
}

/** Objects that cert-manager works by go with the apply that no longer makes them, or stand in the way of the one that does. */
function checkManifests({ applyManifests, certificates }: VaultPkiK8sConfig, before: Before, place: Place): void {
  const renewed = certificates.flatMap((certificate) => {
    const known = before.certificates.get(certificate.name);
    return renewsItself(certificate) && known?.byController && known.applied !== applyManifests
      ? [certificate.name]
      : [];
  });
  if (renewed.length === 0 || place.refused) return;
  const [those, addresses] = [renewed.join(", "), renewed.map((name) => `kubernetes_manifest.${name}_*`).join(", ")];
  place.problem(
    applyManifests
      ? `is "apply", was "files": the apply stops at objects for ${those} that kubectl has made from manifests.yaml; first \`kubectl delete -f manifests.yaml\`, which leaves the Secrets there, and apply right after it, or import them (docs/recovery.md)`
      : `is "files", was "apply": the apply would delete what cert-manager renews ${those} by; first \`terraform state rm\` each ${addresses}, which leaves them there`,
  );
}

/** A removed certificate loses its role, and its Secret if Terraform made that. */
function checkRemovals({ certificates }: VaultPkiK8sConfig, before: Before, place: Place): void {
  const added = certificates.filter(({ name }) => !before.certificates.has(name));
  for (const [name, { secret, byController, role }] of before.certificates) {
    if (certificates.some((one) => one.name === name)) continue;
    const lost =
      secret === undefined
        ? "its role in Vault goes, so nothing renews it"
        : `the Secret ${show(secret)} and its role in Vault go, so what mounts the one cannot start again, and what requests with the other is refused`;
    const successor = added.find(
      (one) => one.secret === secret || one.names.some((host) => role.domains.includes(host)),
    );
    if (successor === undefined) {
      place.warning(
        `no longer has ${show(name)}: ${lost}; see that nobody uses it${byController ? ", and delete what its manifests made with kubectl" : ""}`,
      );
      continue;
    }
    const sameSecret = secret !== undefined && successor.secret === secret;
    const remedy =
      sameSecret && !renewsItself(successor)
        ? `first \`terraform state mv kubernetes_secret_v1.${name} kubernetes_secret_v1.${successor.name}\`, with which the Secret stays, and let who requests from Vault use the new role`
        : sameSecret
          ? `first \`terraform state rm kubernetes_secret_v1.${name}\`, with which the Secret stays for cert-manager to take over`
          : `keep ${show(name)} beside it, with a Secret of its own, lead the consumers over, and take it out in a later apply`;
    place.in(successor.name).problem(`takes the place of ${show(name)}, as if that were renamed: ${lost}; ${remedy}`);
  }
}

/** A certificate that remains must keep its Secret. */
function checkCertificate(
  { applyManifests }: VaultPkiK8sConfig,
  certificate: VaultCertificateConfig,
  { secret, byController, requested }: KnownCertificate,
  place: Place,
): void {
  const { name } = certificate;
  const [inDelivery, inSecret] = [place.in("delivery"), place.in("secret")];
  if (renewsItself(certificate)) {
    if (secret !== undefined) {
      const until = applyManifests
        ? "cert-manager makes it anew only after that"
        : "cert-manager makes it anew only once its manifests are applied";
      const kept = certificate.secret === secret ? "takes it over and renews it" : `fills ${show(certificate.secret)}`;
      inDelivery.problem(
        `is ${show(certificate.delivery)}, was "terraform": the apply would delete the Secret ${show(secret)}, and ${until}; first \`terraform state rm kubernetes_secret_v1.${name}\`, which leaves it there until cert-manager ${kept}`,
      );
    } else if (requested !== undefined && requested !== certificate.secret) {
      inSecret.warning(
        `is ${show(certificate.secret)}, was ${show(requested)}: the old Secret stays and is no longer renewed; lead its consumers over, then delete it with kubectl`,
      );
    }
    return;
  }
  // An apply that was cut off may have left a role without a Secret.
  if (secret === undefined) {
    if (!byController) return;
    inDelivery.problem(
      `is "terraform", was "cert-manager": the apply would stop half-way if the Secret ${show(certificate.secret)} is there already, and cert-manager could renew it no more; write a new name in secret and lead the consumers over, or first delete its Certificate with kubectl and import the Secret (docs/recovery.md)`,
    );
  } else if (secret !== certificate.secret) {
    inSecret.problem(
      `is ${show(certificate.secret)}, was ${show(secret)}: the apply would delete the Secret ${show(secret)}, and what mounts it could not start again; write ${show(secret)} again, make a second certificate with the new Secret, lead the consumers over, and take this one out in a later apply`,
    );
  }
}
