import {
  blockOf,
  namedOfType,
  ofType,
  type PreviousResource,
  type PreviousStack,
  textOf,
  textsOf,
} from "../../lib/change/previous-stack";
import { sortedEntries } from "../../lib/config/sorted-map";

/** A certificate of an earlier release. */
export interface KnownCertificate {
  readonly domains: readonly string[];
  /** The Secret, if Terraform made it; `undefined` if cert-manager did, or if there was none. */
  readonly secret: string | undefined;
  /** Whether cert-manager requested it. */
  readonly byController: boolean;
  /** The Secret that cert-manager fills, if Terraform applied its manifests. */
  readonly requested: string | undefined;
}

/** An authority that the stack made; what is unknown is `undefined`. */
export interface KnownAuthority {
  readonly commonName: string | undefined;
  readonly mount: string | undefined;
  readonly key: string | undefined;
}

/** What is known of a stack of an earlier release. */
export interface Before {
  readonly certificates: ReadonlyMap<string, KnownCertificate>;
  /** Root and intermediate, if the stack made them. */
  readonly authorities: { readonly root: KnownAuthority; readonly intermediate: KnownAuthority } | undefined;
  /** The mount that signed, if it was not the stack's own. */
  readonly mount: string | undefined;
  /** The kubeconfig context, which a state does not hold. */
  readonly context: string | undefined;
  /** The namespace of its objects. */
  readonly namespace: string | undefined;
  /** The namespace, if the stack made it. */
  readonly ownNamespace: string | undefined;
  /** The certificates that clients trusted (PEM), if known. */
  readonly trust: string | undefined;
}

/** Reads a stack of an earlier release. */
export function readBefore(previous: PreviousStack): Before {
  const { resources } = previous;
  const roles = sortedEntries(Object.fromEntries(namedOfType(previous, "vault_pki_secret_backend_role")));
  const secrets = new Map(sortedEntries(Object.fromEntries(namedOfType(previous, "kubernetes_secret_v1"))));
  const own = resources["vault_mount.root"] !== undefined;
  const trustBundle = resources["kubernetes_config_map_v1.trust_bundle"];
  const [ownNamespace] = ofType(previous, "kubernetes_namespace_v1").map((one) => textOf(metadataOf(one).name));
  const namespaces = [trustBundle, ...secrets.values()].map((one) => textOf(metadataOf(one).namespace));
  const trust = textOf(blockOf(trustBundle?.data)["ca.crt"]);
  return {
    certificates: new Map(
      roles.map(([key, role]) => [
        key,
        {
          domains: textsOf(role.allowed_domains),
          secret: textOf(metadataOf(secrets.get(key)).name),
          // cert-manager has its own key signed (`sign`); for Terraform, Vault makes the key as well (`issue`).
          byController: /\/sign\/[^/"]+"/.test(textOf(resources[`vault_policy.${key}`]?.policy) ?? ""),
          requested: textOf(blockOf(manifestOf(resources[`kubernetes_manifest.${key}_certificate`]).spec).secretName),
        },
      ]),
    ),
    authorities: own
      ? {
          root: authorityOf(previous, "root", "vault_pki_secret_backend_root_cert"),
          intermediate: authorityOf(previous, "intermediate", "vault_pki_secret_backend_intermediate_cert_request"),
        }
      : undefined,
    mount: own ? undefined : textOf(roles[0]?.[1].backend),
    context: textOf(resources["provider.kubernetes"]?.config_context),
    namespace: ownNamespace ?? namespaces.find((one) => one !== undefined),
    ownNamespace,
    trust: trust?.includes("${") ? undefined : trust,
  };
}

function authorityOf({ resources }: PreviousStack, name: "root" | "intermediate", type: string): KnownAuthority {
  const certificate = resources[`${type}.${name}`];
  return {
    commonName: textOf(certificate?.common_name),
    mount: textOf(resources[`vault_mount.${name}`]?.path),
    key: keyOf(certificate),
  };
}

/** The kind of an authority's key, as configs write it. */
function keyOf(certificate: PreviousResource | undefined): string | undefined {
  const { key_type: type, key_bits: bits } = certificate ?? {};
  if (type !== "ec" && type !== "rsa") return undefined;
  return type === "rsa" ? `rsa-${String(bits)}` : `ecdsa-p${String(bits)}`;
}

const metadataOf = (resource: PreviousResource | undefined) => blockOf(resource?.metadata);

/** An object of the cluster: an output holds the object itself, a state puts it below its type. */
function manifestOf(resource: PreviousResource | undefined): PreviousResource {
  const manifest = blockOf(resource?.manifest);
  return "value" in manifest ? blockOf(manifest.value) : manifest;
}
