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

/** A certificate as it was before. */
export interface KnownCertificate {
  readonly domains: readonly string[];
  /** The Secret that Terraform made; `undefined`: cert-manager's, or none. */
  readonly secret: string | undefined;
  /** Whether cert-manager requested it. */
  readonly byController: boolean;
  /** The Secret that cert-manager was to fill, where Terraform applied its manifests. */
  readonly requested: string | undefined;
}

/** An authority that the stack had made, as far as it is known. */
export interface KnownAuthority {
  readonly commonName: string | undefined;
  readonly mount: string | undefined;
  readonly key: string | undefined;
}

/** What was there before. */
export interface Before {
  readonly certificates: ReadonlyMap<string, KnownCertificate>;
  /** Root and intermediate, if the stack had made them. */
  readonly authorities: { readonly root: KnownAuthority; readonly intermediate: KnownAuthority } | undefined;
  /** The mount that signed, where it was not the stack's. */
  readonly mount: string | undefined;
  /** The kubeconfig context, which a state does not tell. */
  readonly context: string | undefined;
  /** Where the objects were. */
  readonly namespace: string | undefined;
  /** The namespace that the stack made. */
  readonly ownNamespace: string | undefined;
  /** What clients were given to trust, as far as it is known. */
  readonly trust: string | undefined;
}

/** What a stack of an earlier release had. */
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
          // What cert-manager asks for is signed; for Terraform, Vault makes the key as well.
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

/** An object of the cluster: as it is in a configuration, below its type in a state. */
function manifestOf(resource: PreviousResource | undefined): PreviousResource {
  const manifest = blockOf(resource?.manifest);
  return "value" in manifest ? blockOf(manifest.value) : manifest;
}
