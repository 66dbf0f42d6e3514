import type { ICertificate } from "@kubernetes-models/cert-manager/cert-manager.io/v1/Certificate";
import type { IIssuer } from "@kubernetes-models/cert-manager/cert-manager.io/v1/Issuer";
import { goDuration } from "../../lib/config/duration";
import type { Labels } from "../../lib/config/settings";
import { issuingMount, type VaultCertificateConfig, type VaultPkiK8sConfig } from "./config";
import { vaultKeys } from "./role";

/** An object in the cluster, as Kubernetes takes it. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace: string; readonly labels: Labels };
  readonly [field: string]: unknown;
}

/** The service account of cert-manager in its default installation. */
const controller = { kind: "ServiceAccount", name: "cert-manager", namespace: "cert-manager" };

/** Vault's types of keys under cert-manager's names. */
const algorithms = { ec: "ECDSA", rsa: "RSA" } as const;

/**
 * The objects with which cert-manager requests a certificate from Vault and renews it: the service account unless it
 * exists, the right to make tokens for it, Issuer and Certificate. The cluster makes a new key at each renewal.
 *
 * @param labels - of what Terraform manages
 * @returns the objects by role, in the order in which they must be applied
 */
export function certManagerManifests(
  certificate: VaultCertificateConfig,
  { pki, namespace: { name: namespace }, authPath, audience, applyManifests }: VaultPkiK8sConfig,
  labels: Labels,
): Readonly<Record<string, Manifest>> {
  const { "managed-by": _, ...unmanaged } = labels;
  const metadata = (name: string) => ({ name, namespace, labels: applyManifests ? labels : unmanaged });
  // The check demands exactly one for this delivery.
  const account = certificate.serviceAccounts[0]?.name ?? certificate.name;
  const { keyType, keyBits } = vaultKeys[certificate.key];
  // A name that no role of the user's own is likely to have.
  const tokenRole = `${certificate.name}-cert-manager-token`;
  const issuer: IIssuer & Manifest = {
    apiVersion: "cert-manager.io/v1",
    kind: "Issuer",
    metadata: metadata(certificate.name),
    spec: {
      vault: {
        server: pki.address ?? "",
        ...(pki.serverCaBundle === undefined ? {} : { caBundle: Buffer.from(pki.serverCaBundle).toString("base64") }),
        path: `${issuingMount(pki)}/sign/${certificate.role.name}`,
        auth: {
          kubernetes: {
            mountPath: `/v1/auth/${authPath}`,
            role: certificate.role.name,
            serviceAccountRef: { name: account, ...(audience === undefined ? {} : { audiences: [audience] }) },
          },
        },
      },
    },
  };
  const requested: ICertificate & Manifest = {
    apiVersion: "cert-manager.io/v1",
    kind: "Certificate",
    metadata: metadata(certificate.name),
    spec: {
      secretName: certificate.secret,
      // cert-manager manages the Secret, even where Terraform applies the objects.
      secretTemplate: { labels: unmanaged },
      issuerRef: { group: "cert-manager.io", kind: "Issuer", name: certificate.name },
      ...(certificate.commonName === "" ? {} : { commonName: certificate.commonName }),
      dnsNames: [...certificate.names],
      duration: goDuration(certificate.lifetime),
      renewBefore: goDuration(certificate.renewBefore),
      privateKey: { algorithm: algorithms[keyType], size: keyBits, rotationPolicy: "Always" },
      usages: usages(certificate),
    },
  };
  return {
    ...(certificate.ownServiceAccount
      ? { service_account: { apiVersion: "v1", kind: "ServiceAccount", metadata: metadata(account) } }
      : {}),
    token_role: {
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "Role",
      metadata: metadata(tokenRole),
      rules: [{ apiGroups: [""], resources: ["serviceaccounts/token"], resourceNames: [account], verbs: ["create"] }],
    },
    token_role_binding: {
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "RoleBinding",
      metadata: metadata(tokenRole),
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: tokenRole },
      subjects: [{ ...controller }],
    },
    issuer,
    certificate: requested,
  } satisfies Readonly<Record<string, Manifest>>;
}

type Usages = NonNullable<NonNullable<ICertificate["spec"]>["usages"]>;

function usages({ key, purpose }: VaultCertificateConfig): Usages {
  return [
    "digital signature",
    // Only RSA keys can encrypt keys. With ECDSA this usage is wrong, and strict clients refuse it.
    ...(key.startsWith("rsa-") ? (["key encipherment"] as const) : []),
    ...(purpose === "client" ? [] : (["server auth"] as const)),
    ...(purpose === "server" ? [] : (["client auth"] as const)),
  ];
}

/**
 * A patch that mounts a Secret into one container of a Deployment (strategic merge).
 *
 * @param around.trust - the ConfigMap whose `ca.crt` takes the place of the Secret's: of a PKI that exists, or while a root
 *   is replaced, cert-manager knows one authority at most, and not always the root
 */
export function deploymentPatch(
  volume: string,
  secret: string,
  { name, container, mountPath }: { readonly name: string; readonly container: string; readonly mountPath: string },
  { namespace, trust }: { readonly namespace: string; readonly trust: string | undefined },
): unknown {
  const files = (...keys: readonly string[]) => keys.map((key) => ({ key, path: key }));
  const content =
    trust === undefined
      ? { secret: { secretName: secret } }
      : {
          // An earlier release mounted the Secret alone, and a volume has one source.
          secret: null,
          projected: {
            sources: [
              { secret: { name: secret, items: files("tls.crt", "tls.key") } },
              { configMap: { name: trust, items: files("ca.crt") } },
            ],
          },
        };
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name, namespace },
    spec: {
      template: {
        spec: {
          volumes: [{ name: volume, ...content }],
          containers: [{ name: container, volumeMounts: [{ name: volume, mountPath, readOnly: true }] }],
        },
      },
    },
  };
}
