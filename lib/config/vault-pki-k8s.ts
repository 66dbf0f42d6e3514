import { z } from "zod";
import { commonNameLimit, commonNameOf, type DnsName, parseName } from "./dns-names";
import { durationInput, parseDuration, type Seconds } from "./duration";
import { fields, flag, mapOf, setOf, text, whole, word } from "./fields";
import { keyProblem } from "./identifiers";
import { defaultKey, type KeyKind, keyKinds } from "./keys";
import {
  ingressFields,
  judgeAnnotations,
  type KubernetesConfig,
  kubernetesInput,
  labelNamePattern,
  type NamespaceConfig,
  namespaceInput,
  readNamespace,
  secretNameProblem,
  subdomainNamePattern,
} from "./kubernetes";
import { renewalShare } from "./lifetimes";
import { namesInput, readNames } from "./names";
import { type Purpose, purposes } from "./purpose";
import { hasProblem, type Path, type Report, show } from "./report";
import { sortedMap } from "./sorted-map";
import { addressInput, authPathInput, mountInput, readAddress, readTrust, trustInput } from "./vault";

const defaultRootMount = "pki_root";
const defaultIntermediateMount = "pki_int";
const defaultAuthPath = "kubernetes";
const defaultRootLifetime = "3650d";
const defaultIntermediateLifetime = "1825d";
const defaultLeafLifetime = "90d";

/** What the resources of the stack's own authorities are called, and so no certificate. */
export const authorityKeys = ["intermediate", "root"] as const;

/** Ways of bringing a certificate into the cluster. */
const deliveries = ["terraform", "cert-manager"] as const;

/** A way of bringing a certificate into the cluster. */
type Delivery = (typeof deliveries)[number];

/** Deliveries that replace certificates without anybody's apply. */
const selfRenewing: readonly Delivery[] = ["cert-manager"];

/** How long before its end a certificate of the given lifetime is replaced, in whole seconds. */
export function renewalWindow(lifetime: Seconds): Seconds {
  return Math.floor(lifetime * renewalShare);
}

const lifetimeInput = (description: string, fallback: string) =>
  durationInput({ description, example: "90d", default: fallback });

const keyInput = (description: string) => word(keyKinds, { description, default: defaultKey });

const commonNameInput = text({ description: "Its common name.", examples: ["AI Platform Root CA"] }, (value) =>
  value.trim() !== "" && value.length <= commonNameLimit
    ? undefined
    : `is ${show(value)}; write 1-${commonNameLimit} characters (RFC 5280)`,
);

const serverTrustInput = trustInput(
  "What verifies Vault's own listener (PEM), for programs in the cluster; without it they trust what their image does.",
);

/** Why the text is no DNS name without a wildcard, if it is none. */
function domainProblem(value: string): string | undefined {
  const parsed = parseName(value);
  if ("mistake" in parsed) return parsed.mistake;
  return parsed.name.startsWith("*.") ? `is a wildcard; write the domain, which covers the names below it` : undefined;
}

const ownPkiInput = fields(
  {
    root: fields(
      {
        commonName: commonNameInput,
        mount: mountInput("Path of its mount.", "pki_root", defaultRootMount).optional(),
        key: keyInput("Its key's algorithm and size.").optional(),
        lifetime: lifetimeInput("How long it lives.", defaultRootLifetime).optional(),
      },
      { description: "The root authority, whose key Vault makes and never shows." },
    ),
    intermediate: fields(
      {
        commonName: commonNameInput,
        mount: mountInput("Path of its mount.", "pki_int", defaultIntermediateMount).optional(),
        key: keyInput("Its key's algorithm and size.").optional(),
        lifetime: lifetimeInput("How long it lives: less than the root.", defaultIntermediateLifetime).optional(),
        permittedDomains: setOf(
          text({ description: "A domain, with every name below it.", examples: ["example.com"] }, domainProblem),
          {
            description: "The only domains it may sign names of (name constraints).",
            examples: [["example.com"]],
            default: "any domain",
          },
        ).optional(),
      },
      { description: "The authority that signs certificates, on a mount of its own." },
    ),
    urls: fields(
      {
        address: addressInput("Where clients reach Vault: part of every certificate, for its issuer, CRL and OCSP."),
        serverCaBundle: serverTrustInput.optional(),
      },
      { description: "Addresses that certificates carry." },
    ),
    protect: flag({
      description: "Whether Terraform refuses to destroy the mounts, with which their authorities are gone for ever.",
      default: true,
    }).optional(),
  },
  { description: "Two authorities that the stack makes." },
);

const existingPkiInput = fields(
  {
    existing: mountInput("Path of the mount whose default issuer signs.", "pki_int"),
    address: addressInput("Where clients reach Vault; deliveries that renew themselves need it.").optional(),
    serverCaBundle: serverTrustInput.optional(),
    caBundle: trustInput(
      "The root of that PKI (PEM), which clients trust; without it they get the last certificate of the mount's chain.",
    ).optional(),
  },
  { description: "A PKI that exists: only roles, policies and certificates are made." },
);

const serviceAccountInput = fields(
  {
    name: text({ description: "Its name, or `*` for all of the namespace.", examples: ["inference"] }, (value) =>
      value === "*" ? undefined : secretNameProblem(value),
    ),
    namespace: text(
      { description: "Its namespace, or `*` for all.", examples: ["serving"], default: "the stack's" },
      (value) =>
        value === "*" || new RegExp(labelNamePattern).test(value)
          ? undefined
          : `is ${show(value)}; write 1-63 of a-z, 0-9 and "-", starting and ending with a letter or digit (RFC 1123)`,
    ).optional(),
  },
  { description: "A service account." },
);

const objectName = (description: string, example: string) =>
  text({ description, examples: [example], pattern: subdomainNamePattern }, secretNameProblem);

const consumerInput = z
  .union([
    fields({
      ingress: fields(
        {
          service: objectName("The Service that it leads to.", "inference"),
          port: whole(1, 65_535, { description: "The Service's port.", default: 443, examples: [443] }).optional(),
          ...ingressFields,
        },
        { description: "An Ingress for the certificate's names, with the certificate." },
      ),
    }),
    fields({
      deployment: fields(
        {
          name: objectName("Its name.", "inference"),
          container: objectName("The container that gets the files.", "server").optional(),
          mountPath: text(
            { description: "Where the container sees the files.", examples: ["/etc/tls"], default: "/etc/tls" },
            (value) =>
              /^(\/[^/:]+)+$/.test(value) ? undefined : `is ${show(value)}; write a path from "/", such as "/etc/tls"`,
          ).optional(),
        },
        { description: "A Deployment, for which a patch that mounts the Secret is written." },
      ),
    }),
  ])
  .meta({ description: "Who shows the certificate: an Ingress that is made, or a Deployment that is patched." });

const certificateInput = fields({
  names: namesInput("DNS names of the certificate."),
  key: keyInput("The key's algorithm and size.").optional(),
  purpose: word(purposes, {
    description: "What it is shown for: by servers, by clients, or both.",
    default: "server",
  }).optional(),
  lifetime: lifetimeInput("How long it lives: less than the intermediate.", defaultLeafLifetime).optional(),
  secret: text(
    {
      description: "Name of the Secret.",
      examples: ["inference-tls"],
      default: "the certificate's key",
      pattern: subdomainNamePattern,
    },
    secretNameProblem,
  ).optional(),
  delivery: word(deliveries, {
    description:
      "How it comes into the cluster: by an apply, with its key in Terraform's state, or requested by cert-manager, with its key made in the cluster.",
    default: "terraform",
  }).optional(),
  serviceAccounts: setOf(serviceAccountInput, {
    description: "Who may request it with a token of the cluster.",
    examples: [[{ name: "inference" }]],
    default: "one called like the certificate, in the stack's namespace",
  }).optional(),
  role: fields(
    {
      allowedDomains: setOf(
        text({ description: "A domain.", examples: ["example.com"] }, (value) =>
          value.trim() === "" ? `is ${show(value)}; write a domain` : undefined,
        ),
        { description: "Vault's `allowed_domains`.", examples: [["example.com"]], default: "the certificate's names" },
      ).optional(),
      allowBareDomains: flag({ description: "Whether the domains themselves are allowed.", default: true }).optional(),
      allowSubdomains: flag({ description: "Whether every name below them is.", default: false }).optional(),
      allowGlobDomains: flag({ description: "Whether `*` in them stands for anything.", default: false }).optional(),
    },
    { description: "Names that the role allows, where they are to be more than the certificate's own." },
  ).optional(),
  consumer: consumerInput.optional(),
});

/** A stack of a PKI in Vault and certificates in Kubernetes, as the user writes it. */
export const vaultPkiK8sInput = fields(
  {
    scenario: z.literal("vault-pki-k8s"),
    kubernetes: kubernetesInput,
    namespace: namespaceInput,
    pki: z.union([ownPkiInput, existingPkiInput]).meta({
      description: "The PKI: one that the stack makes, or the mount of one that exists.",
    }),
    authPath: authPathInput(
      "Path of the Kubernetes auth mount, which exists and knows the cluster.",
      defaultAuthPath,
    ).optional(),
    audience: text(
      {
        description: "What tokens of service accounts must be meant for.",
        examples: ["vault"],
        default: "for cert-manager its own (`vault://<namespace>/<issuer>`), else any",
      },
      (value) => (value.trim() === "" ? `is ${show(value)}; write an audience such as "vault"` : undefined),
    ).optional(),
    certificates: mapOf(certificateInput, {
      description: "Certificates by name, which is part of addresses and of the names of roles and policies.",
    }),
    manifests: word(["files", "apply"], {
      description:
        "What becomes of objects that a controller of the cluster works on: files beside the JSON, or applied by Terraform.",
      default: "files",
    }).optional(),
    crdsInstalled: flag({
      description: 'States that the cluster knows their kinds already, which `manifests: "apply"` needs at every plan.',
      default: false,
    }).optional(),
  },
  { description: "A PKI in Vault or OpenBao, and certificates in Kubernetes." },
);

/** A stack of a PKI in Vault and certificates in Kubernetes, as the user writes it. */
export type VaultPkiK8sInput = z.infer<typeof vaultPkiK8sInput>;
type CertificateInput = VaultPkiK8sInput["certificates"][string];

/** An authority that the stack makes, complete. */
export interface VaultAuthorityConfig {
  /** Path of its mount. */
  readonly mount: string;
  readonly commonName: string;
  readonly key: KeyKind;
  readonly lifetime: Seconds;
}

/** Two authorities that the stack makes, complete. */
export interface OwnPkiConfig {
  readonly own: true;
  readonly root: VaultAuthorityConfig;
  /** Empty `permittedDomains`: any. */
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

/** What a Vault role lets be requested, complete. */
interface VaultRoleConfig {
  /** Of role, policy and auth role. */
  readonly name: string;
  readonly allowedDomains: readonly string[];
  readonly allowBareDomains: boolean;
  readonly allowSubdomains: boolean;
  readonly allowGlobDomains: boolean;
  readonly allowWildcardCertificates: boolean;
}

/** Who shows a certificate, complete. */
type ConsumerConfig =
  | {
      readonly ingress: {
        readonly service: string;
        readonly port: number;
        readonly className: string | undefined;
        readonly annotations: Readonly<Record<string, string>>;
      };
    }
  | { readonly deployment: { readonly name: string; readonly container: string; readonly mountPath: string } };

/** One certificate, complete. */
export interface VaultCertificateConfig {
  readonly name: string;
  /** Sorted. */
  readonly names: readonly DnsName[];
  readonly commonName: DnsName;
  readonly key: KeyKind;
  readonly purpose: Purpose;
  readonly lifetime: Seconds;
  /** How long before its end it is replaced. */
  readonly renewBefore: Seconds;
  readonly secret: string;
  readonly delivery: Delivery;
  /** Who may request it. Empty: nobody but who applies. */
  readonly serviceAccounts: readonly ServiceAccountConfig[];
  /** Whether the stack makes the service account; written ones exist. */
  readonly ownServiceAccount: boolean;
  readonly role: VaultRoleConfig;
  readonly consumer: ConsumerConfig | undefined;
}

/** A stack of a PKI in Vault and certificates in Kubernetes, complete. */
export interface VaultPkiK8sConfig {
  readonly kubernetes: KubernetesConfig;
  readonly namespace: NamespaceConfig;
  readonly pki: OwnPkiConfig | ExistingPkiConfig;
  readonly authPath: string;
  readonly audience: string | undefined;
  readonly certificates: readonly VaultCertificateConfig[];
  /** Whether Terraform applies manifests; else they are files. */
  readonly applyManifests: boolean;
  /** Whether the cluster knows their kinds already, as far as the config says. */
  readonly crdsInstalled: boolean;
}

/** What a stack takes from around it. */
export interface VaultContext {
  readonly project: string;
  readonly environment: string;
  readonly stack: string;
}

/** Path of the mount whose issuer signs certificates. */
export function issuingMount(pki: OwnPkiConfig | ExistingPkiConfig): string {
  return pki.own ? pki.intermediate.mount : pki.mount;
}

/** Whether a controller of the cluster requests the certificate and renews it, from manifests. */
export function renewsItself({ delivery }: VaultCertificateConfig): boolean {
  return selfRenewing.includes(delivery);
}

/** Completes a stack: mounts and lifetimes by default, roles and renewal windows derived. */
export function readVaultPkiK8s(
  input: VaultPkiK8sInput,
  around: VaultContext,
  path: Path,
  report: Report,
): VaultPkiK8sConfig {
  const namespace = readNamespace(input.namespace, [...path, "namespace"], report);
  const names = Object.keys(input.certificates).sort();
  if (names.length === 0 && !hasProblem(report, [...path, "certificates"])) {
    report.problem([...path, "certificates"], "is empty; write at least one certificate");
  }
  return {
    kubernetes: { context: input.kubernetes.context, kubeconfig: input.kubernetes.kubeconfig },
    namespace,
    pki: readPki(input.pki),
    authPath: input.authPath ?? defaultAuthPath,
    audience: input.audience,
    certificates: names.flatMap((name) => {
      const certificate = input.certificates[name];
      return certificate === undefined
        ? []
        : [readCertificate(name, certificate, namespace.name, around, [...path, "certificates", name], report)];
    }),
    applyManifests: input.manifests === "apply",
    crdsInstalled: input.crdsInstalled ?? false,
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
  const { root, intermediate, urls, protect = true } = input;
  const permitted = (intermediate.permittedDomains ?? []).flatMap((domain) => {
    const parsed = parseName(domain);
    return "name" in parsed ? [parsed.name] : [];
  });
  return {
    own: true,
    root: {
      mount: root.mount ?? defaultRootMount,
      commonName: root.commonName,
      key: root.key ?? defaultKey,
      lifetime: parseDuration(root.lifetime ?? defaultRootLifetime) ?? 0,
    },
    intermediate: {
      mount: intermediate.mount ?? defaultIntermediateMount,
      commonName: intermediate.commonName,
      key: intermediate.key ?? defaultKey,
      lifetime: parseDuration(intermediate.lifetime ?? defaultIntermediateLifetime) ?? 0,
      permittedDomains: [...new Set(permitted)].sort(),
    },
    address: readAddress(urls.address),
    serverCaBundle: trust(urls.serverCaBundle),
    protect,
  };
}

function readCertificate(
  name: string,
  input: CertificateInput,
  namespace: string,
  { project, environment, stack }: VaultContext,
  path: Path,
  report: Report,
): VaultCertificateConfig {
  const mistake = (authorityKeys as readonly string[]).includes(name)
    ? "is what the authority's own resources are called; choose another name"
    : keyProblem(name);
  if (mistake !== undefined) report.problem(path, mistake);
  const names = readNames(input.names, [...path, "names"], report);
  const commonName = commonNameOf(names);
  if (names.length === 0 && !hasProblem(report, [...path, "names"])) {
    report.problem([...path, "names"], "is empty; write at least one name");
  } else if (names.length > 0 && commonName === undefined) {
    report.problem(
      [...path, "names"],
      `has no name of at most ${commonNameLimit} characters for the common name (RFC 5280), which Vault demands; add a shorter one`,
    );
  }
  if (input.consumer !== undefined && "ingress" in input.consumer) {
    judgeAnnotations(input.consumer.ingress.annotations, [...path, "consumer", "ingress"], report);
  }
  const lifetime = parseDuration(input.lifetime ?? defaultLeafLifetime) ?? 0;
  const accounts = (input.serviceAccounts ?? [{ name }]).map((account) => ({
    name: account.name,
    namespace: account.namespace ?? namespace,
  }));
  const { role } = input;
  return {
    name,
    names,
    commonName: commonName ?? "",
    key: input.key ?? defaultKey,
    purpose: input.purpose ?? "server",
    lifetime,
    renewBefore: renewalWindow(lifetime),
    secret: input.secret ?? name,
    delivery: input.delivery ?? "terraform",
    serviceAccounts: sortedAccounts(accounts),
    ownServiceAccount: input.serviceAccounts === undefined,
    role: {
      name: `${project}-${environment}-${stack}-${name}`,
      allowedDomains: [...new Set(role?.allowedDomains?.map((domain) => domain.toLowerCase()) ?? names)].sort(),
      allowBareDomains: role?.allowBareDomains ?? true,
      allowSubdomains: role?.allowSubdomains ?? false,
      allowGlobDomains: role?.allowGlobDomains ?? false,
      // Nothing but a wildcard among the names asks for it.
      allowWildcardCertificates: names.some((one) => one.startsWith("*.")),
    },
    consumer: readConsumer(input.consumer),
  };
}

function sortedAccounts(accounts: readonly ServiceAccountConfig[]): readonly ServiceAccountConfig[] {
  const byId = new Map(accounts.map((account) => [`${account.namespace}/${account.name}`, account]));
  return Object.values(sortedMap(Object.fromEntries(byId)));
}

function readConsumer(input: CertificateInput["consumer"]): ConsumerConfig | undefined {
  if (input === undefined) return undefined;
  if ("deployment" in input) {
    const { name, container = name, mountPath = "/etc/tls" } = input.deployment;
    return { deployment: { name, container, mountPath } };
  }
  const { service, port = 443, className, annotations = {} } = input.ingress;
  return { ingress: { service, port, className, annotations: sortedMap(annotations) } };
}
