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
  /** The names that it has, if known. */
  readonly names: readonly string[] | undefined;
  readonly role: KnownRole;
  /** Who may log in to request it; `undefined` if nothing may. */
  readonly login: KnownLogin | undefined;
  /** The Secret, if Terraform made it; `undefined` if cert-manager did, or if there was none. */
  readonly secret: string | undefined;
  /** Whether cert-manager requested it. */
  readonly byController: boolean;
  /** Whether Terraform applied what cert-manager requests it by. */
  readonly applied: boolean;
  /** The service account that Terraform made for it. */
  readonly ownAccount: string | undefined;
  /** The Secret that cert-manager fills, if known. */
  readonly requested: string | undefined;
}

/** What a role allowed; what is unknown is `undefined`. */
export interface KnownRole {
  readonly domains: readonly string[];
  readonly allowBareDomains: boolean;
  readonly allowSubdomains: boolean;
  readonly allowGlobDomains: boolean;
  readonly forServers: boolean;
  readonly forClients: boolean;
  readonly key: string | undefined;
}

/** Who could log in for a role. */
export interface KnownLogin {
  readonly authPath: string | undefined;
  readonly names: readonly string[];
  readonly namespaces: readonly string[];
  /** What tokens must have been meant for; `undefined` if for anything. */
  readonly audience: string | undefined;
}

/** An authority that the stack made; what is unknown is `undefined`. */
export interface KnownAuthority {
  readonly commonName: string | undefined;
  readonly mount: string | undefined;
  readonly key: string | undefined;
  /** In seconds, as it was last written down. */
  readonly lifetime: number | undefined;
}

/** Where cert-manager reaches Vault, of manifests that Terraform applied. */
interface KnownServer {
  readonly address: string | undefined;
  /** PEM. */
  readonly trust: string | undefined;
}

/** What is known of a stack of an earlier release. */
export interface Before {
  readonly certificates: ReadonlyMap<string, KnownCertificate>;
  /** Root and intermediate, if the stack made them. */
  readonly authorities: { readonly root: KnownAuthority; readonly intermediate: KnownAuthority } | undefined;
  /** The mount that signed, if it was not the stack's own. */
  readonly mount: string | undefined;
  /** The namespace of its objects. */
  readonly namespace: string | undefined;
  /** The namespace, if the stack made it. */
  readonly ownNamespace: string | undefined;
  /** The ConfigMap with what clients trust, if there was one. */
  readonly trustConfigMap: string | undefined;
  /** The certificates that clients trusted (PEM), if known. */
  readonly trust: string | undefined;
  /** Whether the config said them, as far as that is known: a state does not tell. */
  readonly trustGiven: boolean;
  readonly server: KnownServer | undefined;
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
  const text = textOf(blockOf(trustBundle?.data)["ca.crt"]);
  const trust = text?.includes("${") ? undefined : text;
  return {
    certificates: new Map(roles.map(([key, role]) => [key, certificateOf(previous, key, role)])),
    authorities: own
      ? {
          root: authorityOf(previous, "root", "vault_pki_secret_backend_root_cert"),
          intermediate: authorityOf(previous, "intermediate", "vault_pki_secret_backend_intermediate_cert_request"),
        }
      : undefined,
    mount: own ? undefined : textOf(roles[0]?.[1].backend),
    namespace: ownNamespace ?? namespaces.find((one) => one !== undefined),
    ownNamespace,
    trustConfigMap: textOf(metadataOf(trustBundle).name),
    trust,
    trustGiven: trust !== undefined && previous.from === "output",
    server: serverOf(previous),
  };
}

function certificateOf(previous: PreviousStack, key: string, role: PreviousResource): KnownCertificate {
  const { resources, outputs } = previous;
  const requested = resources[`kubernetes_manifest.${key}_certificate`];
  const spec = blockOf(blockOf(requested?.manifest).spec);
  const issued = resources[`vault_pki_secret_backend_cert.${key}`];
  const inventoried = blockOf(blockOf(outputs?.certificate_inventory)[key]).names;
  const names = [issued?.alt_names, spec.dnsNames, inventoried].map(textsOf).find(({ length }) => length > 0);
  // cert-manager has its own key signed (`sign`); for Terraform, Vault makes the key as well (`issue`).
  const byController = /\/sign\/[^/"]+"/.test(textOf(resources[`vault_policy.${key}`]?.policy) ?? "");
  const [, filled] = (textOf(blockOf(outputs?.secret_names)[key]) ?? "").split("/");
  const login = resources[`vault_kubernetes_auth_backend_role.${key}`];
  return {
    names,
    role: {
      domains: textsOf(role.allowed_domains),
      allowBareDomains: role.allow_bare_domains === true,
      allowSubdomains: role.allow_subdomains === true,
      allowGlobDomains: role.allow_glob_domains === true,
      forServers: role.server_flag !== false,
      forClients: role.client_flag !== false,
      key: keyOf(role),
    },
    login: login && {
      authPath: textOf(login.backend),
      names: textsOf(login.bound_service_account_names),
      namespaces: textsOf(login.bound_service_account_namespaces),
      audience: textOf(login.audience),
    },
    secret: textOf(metadataOf(resources[`kubernetes_secret_v1.${key}`]).name),
    byController,
    applied: requested !== undefined,
    ownAccount: textOf(metadataOf(blockOf(resources[`kubernetes_manifest.${key}_service_account`]?.manifest)).name),
    requested: textOf(spec.secretName) ?? (byController ? filled : undefined),
  };
}

function authorityOf({ resources }: PreviousStack, name: "root" | "intermediate", type: string): KnownAuthority {
  const certificate = resources[`${type}.${name}`];
  const mount = resources[`vault_mount.${name}`];
  const lifetime = Number(mount?.max_lease_ttl_seconds);
  return {
    commonName: textOf(certificate?.common_name),
    mount: textOf(mount?.path),
    key: keyOf(certificate),
    lifetime: lifetime > 0 ? lifetime : undefined,
  };
}

/** Where the Issuers that Terraform applied ask: all of a stack ask at one place. */
function serverOf(previous: PreviousStack): KnownServer | undefined {
  const [issuer] = ofType(previous, "kubernetes_manifest")
    .map(({ manifest }) => blockOf(manifest))
    .filter(({ kind }) => kind === "Issuer");
  if (issuer === undefined) return undefined;
  const { server, caBundle } = blockOf(blockOf(issuer.spec).vault);
  const trust = textOf(caBundle);
  return { address: textOf(server), trust: trust && Buffer.from(trust, "base64").toString("utf8") };
}

/** The kind of a key, as configs write it. */
function keyOf(given: PreviousResource | undefined): string | undefined {
  const { key_type: type, key_bits: bits } = given ?? {};
  if (type !== "ec" && type !== "rsa") return undefined;
  return type === "rsa" ? `rsa-${String(bits)}` : `ecdsa-p${String(bits)}`;
}

const metadataOf = (resource: PreviousResource | undefined) => blockOf(resource?.metadata);
