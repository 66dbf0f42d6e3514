import { blockOf, ofType, type PreviousResource, type PreviousStack, textsOf } from "../../lib/change/previous-stack";
import { type Path, type Report, show } from "../../lib/config/report";
import { authorityKeys, renewsItself, type VaultCertificateConfig, type VaultPkiK8sConfig } from "./config";

/** A certificate as it was before. */
interface KnownCertificate {
  readonly domains: readonly string[];
  /** The Secret that Terraform made; `undefined`: cert-manager's, or none. */
  readonly secret: string | undefined;
  /** Whether cert-manager requested it. */
  readonly byController: boolean;
  /** The Secret that cert-manager was to fill, where Terraform applied its manifests. */
  readonly requested: string | undefined;
}

/** What was there before. */
interface Before {
  readonly certificates: ReadonlyMap<string, KnownCertificate>;
  /** Whether the stack had made root and intermediate. */
  readonly own: boolean;
  /** The mount that signed, where it was not the stack's. */
  readonly mount: string | undefined;
  /** Where the objects were. */
  readonly namespace: string | undefined;
  /** The namespace that the stack made. */
  readonly made: string | undefined;
  /** What clients were given to trust, as far as it is known. */
  readonly trust: string | undefined;
}

/**
 * Every Secret that somebody mounts must stay, and every certificate come from an authority that its clients trust.
 * What takes one away at the apply, or would stop it half-way, is a problem; what somebody must know of, a warning.
 */
export function change(
  stack: VaultPkiK8sConfig,
  previous: PreviousStack | undefined,
  path: Path,
  report: Report,
): void {
  if (previous === undefined) return;
  const before = readBefore(previous);
  if (before.certificates.size === 0 && !before.own) return;
  checkContext(stack, previous, path, report);
  checkPki(stack, previous, before, path, report);
  const stays = checkNamespace(stack, before, path, report);
  checkRemovals(stack, before, path, report);
  for (const certificate of stack.certificates) {
    const known = before.certificates.get(certificate.name);
    if (known !== undefined) checkCertificate(stack, certificate, known, stays, path, report);
  }
}

function readBefore(previous: PreviousStack): Before {
  const { resources } = previous;
  const roles = named(previous, "vault_pki_secret_backend_role");
  const secrets = new Map(named(previous, "kubernetes_secret_v1"));
  const certificates = roles.map(([key, role]) => {
    const spec = blockOf(manifestOf(resources[`kubernetes_manifest.${key}_certificate`]).spec);
    const domains = textsOf(role.allowed_domains);
    // What cert-manager asks for is signed; for Terraform, Vault makes the key as well.
    const byController = /\/sign\/[^/"]+"/.test(textOf(resources[`vault_policy.${key}`]?.policy) ?? "");
    return [
      key,
      { domains, secret: textOf(metadataOf(secrets.get(key)).name), byController, requested: textOf(spec.secretName) },
    ] as const;
  });
  const own = resources["vault_mount.root"] !== undefined;
  const placed = [resources["kubernetes_config_map_v1.trust_bundle"], ...secrets.values()];
  const [made] = ofType(previous, "kubernetes_namespace_v1").map((one) => textOf(metadataOf(one).name));
  const trust = textOf(blockOf(resources["kubernetes_config_map_v1.trust_bundle"]?.data)["ca.crt"]);
  return {
    certificates: new Map(certificates),
    own,
    mount: own ? undefined : textOf(roles[0]?.[1].backend),
    namespace: made ?? placed.map((one) => textOf(metadataOf(one).namespace)).find((one) => one !== undefined),
    made,
    trust: trust?.includes("${") ? undefined : trust,
  };
}

/** The resources of a type by name, in a settled order. */
function named({ resources }: PreviousStack, type: string): readonly (readonly [string, PreviousResource])[] {
  return Object.entries(resources)
    .flatMap(([address, one]) =>
      address.startsWith(`${type}.`) ? [[address.slice(type.length + 1), one] as const] : [],
    )
    .sort(([one], [other]) => (one < other ? -1 : 1));
}

const metadataOf = (resource: PreviousResource | undefined) => blockOf(resource?.metadata);

/** An object of the cluster: as it is in a configuration, below its type in a state. */
function manifestOf(resource: PreviousResource | undefined): PreviousResource {
  const manifest = blockOf(resource?.manifest);
  return "value" in manifest ? blockOf(manifest.value) : manifest;
}

const textOf = (value: unknown) => (typeof value === "string" && value !== "" ? value : undefined);

/** Another cluster gets everything anew, and nobody looks after the old one. */
function checkContext({ kubernetes }: VaultPkiK8sConfig, previous: PreviousStack, path: Path, report: Report): void {
  // A state does not tell.
  const was = previous.resources["provider.kubernetes"]?.config_context;
  if (typeof was !== "string" || was === kubernetes.context) return;
  report.warning(
    [...path, "kubernetes", "context"],
    `is ${show(kubernetes.context)}, was ${show(was)}: if that is another cluster, everything is made anew there, and what is in the old one stays and is no longer renewed, since Terraform forgets it; make a second stack for the new cluster, and take this one out once nobody uses it`,
  );
}

/** What signs, and whom clients trust. */
function checkPki(
  { pki }: VaultPkiK8sConfig,
  previous: PreviousStack,
  before: Before,
  path: Path,
  report: Report,
): void {
  const at = [...path, "pki"];
  const second =
    "make a second stack with it, have its root trusted beside the old one, lead the consumers over, and take this one out last";
  if (!pki.own) {
    if (before.own) {
      report.problem(
        [...at, "existing"],
        `is ${show(pki.mount)}, and the stack made its authorities itself: the apply would destroy their mounts, with their keys, for ever, for protection does not hold for what the config no longer has; first \`terraform state rm\` each vault_* address that ends in .root or .intermediate, which leaves them in Vault`,
      );
    } else if (before.mount !== undefined && before.mount !== pki.mount && before.trust !== pki.caBundle) {
      report.problem(
        [...at, "existing"],
        `is ${show(pki.mount)}, was ${show(before.mount)}: every certificate would be issued anew from there, under a root that clients may not trust; ${pki.caBundle === undefined || before.trust === undefined ? "if both have one root, write its PEM in caBundle and apply that first; else " : ""}${second}`,
      );
    } else if (before.mount !== undefined && before.mount !== pki.mount) {
      report.warning(
        [...at, "existing"],
        `is ${show(pki.mount)}, was ${show(before.mount)}: every certificate is issued anew from there, and what cert-manager requests is refused until its manifests are applied again`,
      );
    }
    return;
  }
  if (!before.own) {
    report.problem(
      [...at, "root"],
      `is the stack's own, was the existing mount ${show(before.mount ?? "")}: every certificate would be issued anew under a root that no client trusts yet; ${second}`,
    );
    return;
  }
  for (const authority of authorityKeys) {
    const made =
      previous.resources[
        authority === "root"
          ? "vault_pki_secret_backend_root_cert.root"
          : "vault_pki_secret_backend_intermediate_cert_request.intermediate"
      ];
    const changes = [
      ["commonName", textOf(made?.common_name), pki[authority].commonName],
      ["mount", textOf(previous.resources[`vault_mount.${authority}`]?.path), pki[authority].mount],
      ["key", keyOf(made), pki[authority].key],
    ] as const;
    for (const [field, was, is] of changes) {
      if (was === undefined || was === is) continue;
      const lost =
        authority === "root"
          ? "the root would be deleted and another one made, and every client that trusts the old one refuse what is issued from then on"
          : "another intermediate, with another key, would take the place of this one, and clients that have this one pinned, or ask whether what it signed was revoked, refuse what they get";
      const stopped = pki.protect ? "the plan refuses it, and so changes nothing at all: without protection " : "";
      report.problem(
        [...at, authority, field],
        `is ${show(is)}, was ${show(was)}: ${stopped}${lost}; write ${show(was)} again, or ${second}`,
      );
    }
  }
}

/** The kind of an authority's key, as configs write it. */
function keyOf(made: PreviousResource | undefined): string | undefined {
  const { key_type: type, key_bits: bits } = made ?? {};
  if (type !== "ec" && type !== "rsa") return undefined;
  return type === "rsa" ? `rsa-${String(bits)}` : `ecdsa-p${String(bits)}`;
}

/** @returns whether the objects stay where they are */
function checkNamespace(
  { namespace }: VaultPkiK8sConfig,
  { namespace: was, made }: Before,
  path: Path,
  report: Report,
): boolean {
  const moved = was !== undefined && was !== namespace.name && !was.includes("${");
  if (made !== undefined && (moved || !namespace.create)) {
    const field = moved ? "name" : "create";
    const now = moved ? `is ${show(namespace.name)}, was ${show(made)}` : "is false, was true";
    const way = moved
      ? "make a second stack for the new namespace, lead the consumers over, and take this one out last"
      : `first \`terraform state rm kubernetes_namespace_v1.namespace_${made}\`, which leaves it there`;
    report.problem(
      [...path, "namespace", field],
      `${now}: the apply would destroy the namespace ${show(made)} with everything in it, whoever made it; ${way}`,
    );
  } else if (moved) {
    report.problem(
      [...path, "namespace", "name"],
      `is ${show(namespace.name)}, was ${show(was)}: the Secrets that Terraform made would be deleted there, and what mounts them could not start again; make a second stack for the new namespace, lead the consumers over, and take this one out last`,
    );
  }
  return !moved;
}

/** A certificate that goes takes its role with it, and its Secret if Terraform made that. */
function checkRemovals({ certificates }: VaultPkiK8sConfig, before: Before, path: Path, report: Report): void {
  const fresh = certificates.filter(({ name }) => !before.certificates.has(name));
  for (const [name, { secret, byController, domains }] of before.certificates) {
    if (certificates.some((one) => one.name === name)) continue;
    const lost =
      secret === undefined
        ? "its role in Vault goes, so nothing renews it"
        : `the Secret ${show(secret)} and its role in Vault go, so what mounts the one cannot start again, and what requests with the other is refused`;
    const heir = fresh.find((one) => one.secret === secret || one.names.some((host) => domains.includes(host)));
    if (heir === undefined) {
      report.warning(
        [...path, "certificates"],
        `no longer has ${show(name)}: ${lost}; see that nobody uses it${byController ? ", and delete what its manifests made with kubectl" : ""}`,
      );
      continue;
    }
    const sameSecret = secret !== undefined && heir.secret === secret;
    const way =
      sameSecret && !renewsItself(heir)
        ? `first \`terraform state mv kubernetes_secret_v1.${name} kubernetes_secret_v1.${heir.name}\`, with which the Secret stays, and let who requests from Vault use the new role`
        : sameSecret
          ? `first \`terraform state rm kubernetes_secret_v1.${name}\`, with which the Secret stays for cert-manager to take over`
          : `keep ${show(name)} beside it, with a Secret of its own, lead the consumers over, and take it out in a later apply`;
    report.problem(
      [...path, "certificates", heir.name],
      `takes the place of ${show(name)}, as if that were renamed: ${lost}; ${way}`,
    );
  }
}

/** A certificate that stays must keep its Secret. */
function checkCertificate(
  { applyManifests }: VaultPkiK8sConfig,
  certificate: VaultCertificateConfig,
  { secret, byController, requested }: KnownCertificate,
  stays: boolean,
  path: Path,
  report: Report,
): void {
  const { name } = certificate;
  const at = [...path, "certificates", name];
  // Where the namespace changes, that is the mistake.
  if (!stays) return;
  if (renewsItself(certificate)) {
    if (secret !== undefined) {
      const until = applyManifests
        ? "cert-manager makes it anew only after that"
        : "cert-manager makes it anew only once its manifests are applied";
      const kept = certificate.secret === secret ? "takes it over and renews it" : `fills ${show(certificate.secret)}`;
      report.problem(
        [...at, "delivery"],
        `is ${show(certificate.delivery)}, was "terraform": the apply would delete the Secret ${show(secret)}, and ${until}; first \`terraform state rm kubernetes_secret_v1.${name}\`, which leaves it there until cert-manager ${kept}`,
      );
    } else if (requested !== undefined && requested !== certificate.secret) {
      report.warning(
        [...at, "secret"],
        `is ${show(certificate.secret)}, was ${show(requested)}: the old Secret stays and is no longer renewed; lead its consumers over, then delete it with kubectl`,
      );
    }
    return;
  }
  // An apply that was cut off may have left a role alone.
  if (secret === undefined) {
    if (!byController) return;
    report.problem(
      [...at, "delivery"],
      `is "terraform", was "cert-manager": the apply would stop half-way if the Secret ${show(certificate.secret)} is there already, and cert-manager could renew it no more; write a new name in secret and lead the consumers over, or first delete its Certificate with kubectl and import the Secret (docs/recovery.md)`,
    );
  } else if (secret !== certificate.secret) {
    report.problem(
      [...at, "secret"],
      `is ${show(certificate.secret)}, was ${show(secret)}: the apply would delete the Secret ${show(secret)}, and what mounts it could not start again; write ${show(secret)} again, make a second certificate with the new Secret, lead the consumers over, and take this one out in a later apply`,
    );
  }
}
