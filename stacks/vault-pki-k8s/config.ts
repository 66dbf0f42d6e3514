import { commonNameOf, type DnsName, parseName } from "../../lib/config/dns-names";
import type { Seconds } from "../../lib/config/duration";
import { keyProblem } from "../../lib/config/identifiers";
import {
  type IngressConfig,
  judgeNamespace,
  type KubernetesConfig,
  type NamespaceConfig,
  readIngress,
} from "../../lib/config/kubernetes";
import { renewalWindow } from "../../lib/config/lifetimes";
import { readNames } from "../../lib/config/names";
import type { Place } from "../../lib/config/report";
import { sortedEntries, sortedMap } from "../../lib/config/sorted-map";
import type { Around } from "../scenario";
import type { Delivery, VaultPkiK8sInput } from "./input";
import { readAddress, readTrust } from "./input-fields";

/** Names of the resources of the stack's own authorities, which no certificate can have. */
export const authorityKeys = ["intermediate", "root"] as const;

/** Deliveries that replace certificates without an apply. */
const selfRenewing: readonly Delivery[] = ["cert-manager"];

type CertificateInput = VaultPkiK8sInput["certificates"][string];
type OwnPkiInput = Extract<VaultPkiK8sInput["pki"], { readonly root: unknown }>;
type ConsumerInput = NonNullable<CertificateInput["consumer"]>;
type DeploymentInput = Extract<ConsumerInput, { readonly deployment: unknown }>["deployment"];

/** An authority that the stack makes, complete. */
export type VaultAuthorityConfig = Readonly<OwnPkiInput["root"]>;

/** Two authorities that the stack makes, complete. */
export interface OwnPkiConfig {
  readonly own: true;
  readonly root: VaultAuthorityConfig;
  /** Without `permittedDomains`, it may sign any name. */
  readonly intermediate: VaultAuthorityConfig & { readonly permittedDomains: readonly DnsName[] };
  readonly address: string;
  readonly serverCaBundle: string | undefined;
  readonly protect: boolean;
}

/** A PKI that exists, complete. */
export interface ExistingPkiConfig {
  readonly own: false;
  readonly mount: string;
  readonly address: string | undefined;
  readonly serverCaBundle: string | undefined;
  readonly caBundle: string | undefined;
}

/** A service account; `*` stands for any. */
interface ServiceAccountConfig {
  readonly name: string;
  readonly namespace: string;
}

/** A service account as messages name it. */
export const showAccount = ({ namespace, name }: ServiceAccountConfig) => `${namespace}/${name}`;

/** The names that a Vault role allows, complete. */
interface VaultRoleConfig {
  /** Name of the role, its policy and its auth role. */
  readonly name: string;
  readonly allowedDomains: readonly string[];
  readonly allowBareDomains: boolean;
  readonly allowSubdomains: boolean;
  readonly allowGlobDomains: boolean;
  readonly allowWildcardCertificates: boolean;
}

/** The consumer that serves a certificate, complete. */
type ConsumerConfig =
  | { readonly ingress: IngressConfig & { readonly service: string; readonly port: number } }
  | { readonly deployment: Readonly<Required<DeploymentInput>> };

/** One certificate, complete. */
export interface VaultCertificateConfig
  extends Readonly<Pick<CertificateInput, "key" | "purpose" | "lifetime" | "delivery">> {
  readonly name: string;
  /** Sorted. */
  readonly names: readonly DnsName[];
  /** Empty where no name is short enough for one: clients look at the names alone (RFC 9525). */
  readonly commonName: DnsName | "";
  /** How long before its end the certificate is replaced. */
  readonly renewBefore: Seconds;
  readonly secret: string;
  /** Service accounts that may request it; without any, only an apply does. */
  readonly serviceAccounts: readonly ServiceAccountConfig[];
  /** Whether the stack makes the service account; one that the config names exists already. */
  readonly ownServiceAccount: boolean;
  readonly role: VaultRoleConfig;
  readonly consumer: ConsumerConfig | undefined;
}

/** A stack of a PKI in Vault and certificates in Kubernetes, complete. */
export interface VaultPkiK8sConfig extends Readonly<Pick<VaultPkiK8sInput, "authPath" | "audience" | "crdsInstalled">> {
  readonly kubernetes: KubernetesConfig;
  readonly namespace: NamespaceConfig;
  readonly pki: OwnPkiConfig | ExistingPkiConfig;
  readonly certificates: readonly VaultCertificateConfig[];
  /** Whether Terraform applies the manifests; if not, they are written to files. */
  readonly applyManifests: boolean;
}

/** Path of the mount whose issuer signs certificates. */
export function issuingMount(pki: OwnPkiConfig | ExistingPkiConfig): string {
  return pki.own ? pki.intermediate.mount : pki.mount;
}

/** Whether a controller of the cluster requests the certificate and renews it, from manifests. */
export function renewsItself({ delivery }: VaultCertificateConfig): boolean {
  return selfRenewing.includes(delivery);
}

/** Completes a stack: fills in mounts and lifetimes, derives roles and renewal windows. */
export function read(input: VaultPkiK8sInput, around: Around, place: Place): VaultPkiK8sConfig {
  judgeNamespace(input.namespace, place.in("namespace"));
  const certificates = sortedEntries(input.certificates);
  if (certificates.length === 0) place.in("certificates").problem("is empty; write at least one certificate");
  return {
    kubernetes: input.kubernetes,
    namespace: input.namespace,
    pki: readPki(input.pki),
    authPath: input.authPath,
    audience: input.audience,
    certificates: certificates.map(([name, certificate]) =>
      readCertificate(name, certificate, input.namespace.name, around, place.in("certificates", name)),
    ),
    applyManifests: input.manifests === "apply",
    crdsInstalled: input.crdsInstalled,
  };
}

function readPki(input: VaultPkiK8sInput["pki"]): OwnPkiConfig | ExistingPkiConfig {
  const trust = (pem: string | undefined) => (pem === undefined || pem === "" ? undefined : readTrust(pem));
  if ("existing" in input) {
    return {
      own: false,
      mount: input.existing,
      address: input.address === undefined ? undefined : readAddress(input.address),
      serverCaBundle: trust(input.serverCaBundle),
      caBundle: trust(input.caBundle),
    };
  }
  const { root, intermediate, urls, protect } = input;
  const permitted = (intermediate.permittedDomains ?? []).flatMap((domain) => parseName(domain).name ?? []);
  return {
    own: true,
    root,
    intermediate: { ...intermediate, permittedDomains: [...new Set(permitted)].sort() },
    address: readAddress(urls.address),
    serverCaBundle: trust(urls.serverCaBundle),
    protect,
  };
}

function readCertificate(
  name: string,
  input: CertificateInput,
  namespace: string,
  { project, environment, stack }: Around,
  place: Place,
): VaultCertificateConfig {
  place.problem(keyProblem(name, authorityKeys));
  const inNames = place.in("names");
  const names = readNames(input.names, inNames);
  const commonName = commonNameOf(names);
  if (names.length === 0 && !inNames.wrong) {
    inNames.problem("is empty; write at least one name");
  }
  const accounts = (input.serviceAccounts ?? [{ name }]).map((account) => ({
    name: account.name,
    namespace: account.namespace ?? namespace,
  }));
  const { key, purpose, lifetime, delivery, role } = input;
  return {
    name,
    names,
    commonName: commonName ?? "",
    key,
    purpose,
    lifetime,
    renewBefore: renewalWindow(lifetime),
    secret: input.secret ?? name,
    delivery,
    serviceAccounts: sortedAccounts(accounts),
    ownServiceAccount: input.serviceAccounts === undefined,
    role: {
      name: `${project}-${environment}-${stack}-${name}`,
      allowedDomains: [...new Set(role?.allowedDomains?.map((domain) => domain.toLowerCase()) ?? names)].sort(),
      allowBareDomains: role?.allowBareDomains ?? true,
      allowSubdomains: role?.allowSubdomains ?? false,
      allowGlobDomains: role?.allowGlobDomains ?? false,
      // Only a wildcard among the names needs it.
      allowWildcardCertificates: names.some((one) => one.startsWith("*.")),
    },
    consumer: input.consumer && readConsumer(input.consumer, place.in("consumer")),
  };
}

function sortedAccounts(accounts: readonly ServiceAccountConfig[]): readonly ServiceAccountConfig[] {
  return Object.values(sortedMap(Object.fromEntries(accounts.map((account) => [showAccount(account), account]))));
}

function readConsumer(input: ConsumerInput, place: Place): ConsumerConfig {
  if ("deployment" in input) {
    const { name, container = name, mountPath } = input.deployment;
    return { deployment: { name, container, mountPath } };
  }
  const { service, port } = input.ingress;
  return { ingress: { service, port, ...readIngress(input.ingress, place.in("ingress")) } };
}
