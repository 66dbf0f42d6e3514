import type { ICertificate } from "@kubernetes-models/cert-manager/cert-manager.io/v1/Certificate";
import type { IIssuer } from "@kubernetes-models/cert-manager/cert-manager.io/v1/Issuer";
import { goDuration } from "../../lib/config/duration";
import type { KeyKind } from "../../lib/config/keys";
import type { VaultCertificateConfig } from "./config";

/** Metadata of an object in the cluster. */
interface ObjectMetadata {
  readonly name: string;
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** An object in the cluster, as Kubernetes takes it. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: ObjectMetadata;
  readonly [field: string]: unknown;
}

/** A certificate that cert-manager requests, and how it reaches Vault. */
export interface CertManagerProps {
  readonly certificate: VaultCertificateConfig;
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Vault's address. */
  readonly server: string;
  readonly serverCaBundle: string | undefined;
  /** Path of the mount that signs. */
  readonly mount: string;
  readonly authPath: string;
  /** `undefined` for cert-manager's own, see {@link issuerAudience}. */
  readonly audience: string | undefined;
}

/** The service account of cert-manager in its default installation. */
const controller = { kind: "ServiceAccount", name: "cert-manager", namespace: "cert-manager" };

const keyArguments: Readonly<Record<KeyKind, { readonly algorithm: "ECDSA" | "RSA"; readonly size: number }>> = {
  "ecdsa-p256": { algorithm: "ECDSA", size: 256 },
  "ecdsa-p384": { algorithm: "ECDSA", size: 384 },
  "rsa-2048": { algorithm: "RSA", size: 2048 },
  "rsa-3072": { algorithm: "RSA", size: 3072 },
  "rsa-4096": { algorithm: "RSA", size: 4096 },
};

/**
 * The audience of cert-manager's tokens for an Issuer. No other program requests it, so no other token opens the role
 * (https://cert-manager.io/docs/configuration/vault/).
 */
export function issuerAudience(namespace: string, issuer: string): string {
  return `vault://${namespace}/${issuer}`;
}

/** The service account that requests a certificate; the check demands exactly one for this delivery. */
function requester({ serviceAccounts, name }: VaultCertificateConfig): string {
  return serviceAccounts[0]?.name ?? name;
}

/**
 * The objects with which cert-manager requests a certificate from Vault and renews it: the service account unless it
 * exists, the right to make tokens for it, Issuer and Certificate. The cluster makes a new key at each renewal.
 *
 * @returns the objects by role, in the order in which they must be applied
 */
export function certManagerManifests(props: CertManagerProps): Readonly<Record<string, Manifest>> {
  const { certificate, namespace, labels } = props;
  const metadata = (name: string) => ({ name, namespace, labels });
  const account = requester(certificate);
  // cert-manager manages the Secret, even where Terraform applies the objects.
  const { "managed-by": _, ...secretLabels } = labels;
  // A name that no role of the user's own is likely to have.
  const tokenRole = `${certificate.name}-cert-manager-token`;
  const issuer: IIssuer & Manifest = {
    apiVersion: "cert-manager.io/v1",
    kind: "Issuer",
    metadata: metadata(certificate.name),
    spec: {
      vault: {
        server: props.server,
        ...(props.serverCaBundle === undefined
          ? {}
          : { caBundle: Buffer.from(props.serverCaBundle).toString("base64") }),
        path: `${props.mount}/sign/${certificate.role.name}`,
        auth: {
          kubernetes: {
            mountPath: `/v1/auth/${props.authPath}`,
            role: certificate.role.name,
            serviceAccountRef: {
              name: account,
              ...(props.audience === undefined ? {} : { audiences: [props.audience] }),
            },
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
      secretTemplate: { labels: secretLabels },
      issuerRef: { group: "cert-manager.io", kind: "Issuer", name: certificate.name },
      commonName: certificate.commonName,
      dnsNames: [...certificate.names],
      duration: goDuration(certificate.lifetime),
      renewBefore: goDuration(certificate.renewBefore),
      privateKey: { ...keyArguments[certificate.key], rotationPolicy: "Always" },
      usages: usages(certificate),
    },
  };
  return {
    ...(certificate.ownServiceAccount
      ? {
          service_account: {
            apiVersion: "v1",
            kind: "ServiceAccount",
            metadata: metadata(account),
          },
        }
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

/** A patch that mounts a Secret into one container of a Deployment (strategic merge). */
export function deploymentPatch(
  volume: string,
  secret: string,
  { name, container, mountPath }: { readonly name: string; readonly container: string; readonly mountPath: string },
  namespace: string,
): unknown {
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name, namespace },
    spec: {
      template: {
        spec: {
          volumes: [{ name: volume, secret: { secretName: secret } }],
          containers: [{ name: container, volumeMounts: [{ name: volume, mountPath, readOnly: true }] }],
        },
      },
    },
  };
}
