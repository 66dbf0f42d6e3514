import { DataTlsCertificate } from "@cdktf/provider-tls/lib/data-tls-certificate";
import { KubernetesAuthBackendRole } from "@cdktf/provider-vault/lib/kubernetes-auth-backend-role";
import { Mount } from "@cdktf/provider-vault/lib/mount";
import { PkiSecretBackendCert } from "@cdktf/provider-vault/lib/pki-secret-backend-cert";
import { PkiSecretBackendConfigIssuers } from "@cdktf/provider-vault/lib/pki-secret-backend-config-issuers";
import { PkiSecretBackendConfigUrls } from "@cdktf/provider-vault/lib/pki-secret-backend-config-urls";
import { PkiSecretBackendIntermediateCertRequest } from "@cdktf/provider-vault/lib/pki-secret-backend-intermediate-cert-request";
import { PkiSecretBackendIntermediateSetSigned } from "@cdktf/provider-vault/lib/pki-secret-backend-intermediate-set-signed";
import { PkiSecretBackendIssuer } from "@cdktf/provider-vault/lib/pki-secret-backend-issuer";
import { PkiSecretBackendRole } from "@cdktf/provider-vault/lib/pki-secret-backend-role";
import { PkiSecretBackendRootCert } from "@cdktf/provider-vault/lib/pki-secret-backend-root-cert";
import { PkiSecretBackendRootSignIntermediate } from "@cdktf/provider-vault/lib/pki-secret-backend-root-sign-intermediate";
import { Policy } from "@cdktf/provider-vault/lib/policy";
import type { ITerraformDependable, TerraformResource } from "cdktf";
import { Construct } from "constructs";
import { type Seconds, showDuration } from "../config/duration";
import { roleOf, vaultKeys } from "../config/vault-certificate-role";
import type { OwnPkiConfig, VaultAuthorityConfig, VaultCertificateConfig } from "../config/vault-pki-k8s";
import { ExpiryCheck } from "./expiry-check";
import type { InventoryEntry } from "./inventory";
import type { TlsFiles } from "./kubernetes";

/** How long a token of a login lives: long enough for one request. */
const tokenLifetime: Seconds = 600;

/** A lifetime as Vault stores it: any other spelling of it is a change in every plan. */
const wholeSeconds = (seconds: Seconds) => String(seconds);

/** A mount whose default issuer signs. */
export interface SigningMount {
  readonly path: string;
  /** What must be there before anything is signed. */
  readonly ready: ITerraformDependable[];
  /** Whom clients trust (PEM), if it is known without a certificate. */
  readonly trustPem: string | undefined;
  /** Certificates (PEM) of which the mount may put some at the end of a chain, though clients have them. */
  readonly knownRoots: string | undefined;
}

/** Root and intermediate, each on a mount of its own; their keys are made in Vault and never leave it. */
export class VaultAuthorities extends Construct {
  readonly signing: SigningMount & { readonly trustPem: string };
  /** Issuer ids by authority. */
  readonly issuerIds: Readonly<Record<string, string>>;
  readonly entries: Readonly<Record<"root" | "intermediate", InventoryEntry>>;

  constructor(scope: Construct, id: string, pki: OwnPkiConfig, longestLeaf: Seconds) {
    super(scope, id);
    const { root, intermediate, address, protect } = pki;
    const lifecycle = protect ? { preventDestroy: true } : undefined;

    const top = new Construct(scope, "root");
    const topMount = mountOf(top, root, lifecycle);
    const rootCert = new PkiSecretBackendRootCert(top, PkiSecretBackendRootCert.tfResourceType, {
      backend: topMount.path,
      type: "internal",
      commonName: root.commonName,
      excludeCnFromSans: true,
      issuerName: "root",
      ...vaultKeys[root.key],
      ttl: wholeSeconds(root.lifetime),
      lifecycle,
    });
    const topUrls = urlsOf(top, topMount, address, [rootCert]);

    const below = new Construct(scope, "intermediate");
    const belowMount = mountOf(below, intermediate, lifecycle);
    const request = new PkiSecretBackendIntermediateCertRequest(
      below,
      PkiSecretBackendIntermediateCertRequest.tfResourceType,
      {
        backend: belowMount.path,
        type: "internal",
        commonName: intermediate.commonName,
        excludeCnFromSans: true,
        ...vaultKeys[intermediate.key],
        lifecycle,
      },
    );
    const { permittedDomains } = intermediate;
    const signed = new PkiSecretBackendRootSignIntermediate(
      below,
      PkiSecretBackendRootSignIntermediate.tfResourceType,
      {
        backend: topMount.path,
        csr: request.csr,
        commonName: intermediate.commonName,
        excludeCnFromSans: true,
        issuerRef: rootCert.issuerId,
        ttl: wholeSeconds(intermediate.lifetime),
        // It signs certificates, not authorities.
        maxPathLength: 0,
        permittedDnsDomains: permittedDomains.length > 0 ? [...permittedDomains] : undefined,
        // A changed lifetime alone, the provider takes as a note for the next time.
        lifecycle: { replaceTriggeredBy: [attributeOf(belowMount, "max_lease_ttl_seconds")] },
        // The root puts its URLs into what it signs.
        dependsOn: [topUrls],
      },
    );
    const set = new PkiSecretBackendIntermediateSetSigned(below, PkiSecretBackendIntermediateSetSigned.tfResourceType, {
      backend: belowMount.path,
      // Alone: with `certificate_bundle` the root becomes a second issuer here, and part of every chain.
      certificate: signed.certificate,
    });
    const issuer = new PkiSecretBackendIssuer(below, PkiSecretBackendIssuer.tfResourceType, {
      backend: belowMount.path,
      issuerRef: `\${${set.fqn}.imported_issuers[0]}`,
      // An issuer of its own each time it is signed again, named before the one before it goes.
      issuerName: `intermediate-\${substr(replace(${signed.fqn}.serial_number, ":", ""), 0, 8)}`,
      // The provider would go on writing to the issuer that it first had.
      lifecycle: { replaceTriggeredBy: [attributeOf(set, "id"), attributeOf(signed, "serial_number")] },
    });
    const issuers = new PkiSecretBackendConfigIssuers(below, PkiSecretBackendConfigIssuers.tfResourceType, {
      backend: belowMount.path,
      default: issuer.issuerId,
      defaultFollowsLatestIssuer: false,
    });
    const urls = urlsOf(below, belowMount, address);

    this.issuerIds = { root: rootCert.issuerId, intermediate: issuer.issuerId };
    this.signing = {
      path: belowMount.path,
      ready: [urls, issuers],
      trustPem: `\${trimspace(${rootCert.fqn}.certificate)}\n`,
      // The intermediate's mount has never seen the root.
      knownRoots: undefined,
    };
    this.entries = {
      root: authorityEntry(top, root, rootCert.certificate, "itself", intermediate.lifetime),
      intermediate: authorityEntry(below, intermediate, signed.certificate, "the stack's root", longestLeaf),
    };
  }
}

/** An attribute as `replace_triggered_by` takes it, which is no expression. */
function attributeOf(resource: TerraformResource, attribute: string): string {
  return `${resource.terraformResourceType}.${resource.friendlyUniqueId}.${attribute}`;
}

function mountOf(
  scope: Construct,
  { mount, commonName, lifetime }: VaultAuthorityConfig,
  lifecycle: object | undefined,
) {
  return new Mount(scope, Mount.tfResourceType, {
    path: mount,
    type: "pki",
    description: commonName,
    defaultLeaseTtlSeconds: lifetime,
    maxLeaseTtlSeconds: lifetime,
    lifecycle,
  });
}

function urlsOf(scope: Construct, mount: Mount, address: string, dependsOn?: ITerraformDependable[]) {
  const url = (what: string) => [`${address}/v1/${mount.pathInput}/${what}`];
  return new PkiSecretBackendConfigUrls(scope, PkiSecretBackendConfigUrls.tfResourceType, {
    backend: mount.path,
    issuingCertificates: url("ca"),
    crlDistributionPoints: url("crl"),
    ocspServers: url("ocsp"),
    dependsOn,
  });
}

function authorityEntry(
  scope: Construct,
  authority: VaultAuthorityConfig,
  pem: string,
  issuer: string,
  longestBelow: Seconds,
): InventoryEntry {
  const read = new DataTlsCertificate(scope, DataTlsCertificate.tfResourceType, { content: pem });
  const notAfter = `${read.fqn}.certificates[0].not_after`;
  new ExpiryCheck(scope, "expiry", {
    certificate: `${scope.node.id} (${authority.commonName})`,
    notAfter,
    // From here on, Vault refuses to sign what would outlive it.
    before: longestBelow,
    advice: "Nothing replaces it by itself: see docs/vault-pki-k8s.md",
  });
  return {
    names: [],
    issuer,
    lifetime: showDuration(authority.lifetime),
    renewedBy: "nobody: replaced by hand",
    keyLocation: `Vault, mount ${authority.mount}: nobody can read it`,
    keyInState: false,
    notAfter: `\${${notAfter}}`,
  };
}

/** What lets somebody request a certificate: the role that bounds it, the policy that opens the role, the login. */
export interface Requesting {
  readonly role: PkiSecretBackendRole;
  /** The path of requests. */
  readonly requestPath: string;
  /** What must be there before anybody but who applies can request. */
  readonly ready: ITerraformDependable[];
}

/** How the cluster's service accounts log in. */
export interface Login {
  /** Path of the auth mount. */
  readonly authPath: string;
  /** `undefined`: whatever the cluster takes. */
  readonly audience: string | undefined;
}

/**
 * The role of a certificate, the policy that lets it be requested and nothing else, and the login of those who may.
 *
 * @param scope - the certificate's construct, whose id names the resources
 * @param mount - the path as the config has it
 */
export function allowRequests(
  scope: Construct,
  certificate: VaultCertificateConfig,
  signing: SigningMount,
  mount: string,
  login: Login,
): Requesting {
  const { purpose, key, serviceAccounts } = certificate;
  const { name } = certificate.role;
  const role = roleOf(certificate);
  const made = new PkiSecretBackendRole(scope, PkiSecretBackendRole.tfResourceType, {
    backend: signing.path,
    name,
    allowedDomains: [...role.allowed_domains],
    allowBareDomains: role.allow_bare_domains,
    allowSubdomains: role.allow_subdomains,
    allowGlobDomains: role.allow_glob_domains,
    allowWildcardCertificates: role.allow_wildcard_certificates,
    allowAnyName: role.allow_any_name,
    allowLocalhost: role.allow_localhost,
    allowIpSans: role.allow_ip_sans,
    enforceHostnames: role.enforce_hostnames,
    serverFlag: purpose !== "client",
    clientFlag: purpose !== "server",
    codeSigningFlag: false,
    emailProtectionFlag: false,
    keyType: role.key_type,
    keyBits: role.key_bits,
    // Only RSA keys encrypt keys; with ECDSA the usage is wrong, and strict clients refuse it.
    keyUsage: ["DigitalSignature", ...(key.startsWith("rsa-") ? ["KeyEncipherment"] : [])],
    ttl: wholeSeconds(role.ttl),
    maxTtl: wholeSeconds(role.max_ttl),
    // What a request names is asked for, not what its CSR brings along.
    useCsrCommonName: false,
    useCsrSans: false,
    dependsOn: signing.ready,
  });
  const requestPath = `${mount}/${certificate.delivery === "terraform" ? "issue" : "sign"}/${name}`;
  const policy = new Policy(scope, Policy.tfResourceType, {
    name,
    policy: `path "${requestPath}" {\n  capabilities = ["update"]\n}\n`,
  });
  const ready: ITerraformDependable[] = [made, policy];
  if (serviceAccounts.length > 0) {
    const bound = (values: readonly string[]) => [...new Set(values)].sort();
    const opened = new KubernetesAuthBackendRole(scope, KubernetesAuthBackendRole.tfResourceType, {
      backend: login.authPath,
      roleName: name,
      boundServiceAccountNames: bound(serviceAccounts.map(({ name }) => name)),
      boundServiceAccountNamespaces: bound(serviceAccounts.map(({ namespace }) => namespace)),
      audience: login.audience,
      tokenPolicies: [policy.name],
      tokenTtl: tokenLifetime,
      tokenMaxTtl: tokenLifetime,
    });
    ready.push(opened);
  }
  return { role: made, requestPath, ready };
}

/** A certificate that Terraform requested, with its key. */
export interface VaultIssued extends TlsFiles {
  /** Its end (RFC 3339), as an expression. */
  readonly notAfter: string;
}

/**
 * Requests a certificate, and again in the last third of its life.
 *
 * @param scope - the certificate's construct, whose id names the resources
 */
export function requestCertificate(
  scope: Construct,
  certificate: VaultCertificateConfig,
  signing: SigningMount,
  role: PkiSecretBackendRole,
): VaultIssued {
  const issued = new PkiSecretBackendCert(scope, PkiSecretBackendCert.tfResourceType, {
    backend: signing.path,
    name: role.name,
    commonName: certificate.commonName,
    altNames: [...certificate.names],
    excludeCnFromSans: true,
    ttl: wholeSeconds(certificate.lifetime),
    autoRenew: true,
    minSecondsRemaining: certificate.renewBefore,
    // The old one stays valid while the new one spreads.
    revoke: false,
    lifecycle: {
      createBeforeDestroy: true,
      // Of these, the provider takes a change as a note for the next certificate.
      replaceTriggeredBy: ["ttl", "key_type", "key_bits", "key_usage", "server_flag", "client_flag"].map((attribute) =>
        attributeOf(role, attribute),
      ),
    },
    dependsOn: signing.ready,
  });
  const end = `timeadd("1970-01-01T00:00:00Z", format("%ds", ${issued.fqn}.expiration))`;
  new ExpiryCheck(scope, "expiry", {
    certificate: certificate.name,
    notAfter: end,
    before: certificate.renewBefore,
    advice: "An apply renews it: plan and apply this stack",
  });
  const chain = `regexall("${certificatePattern}", ${issued.fqn}.ca_chain)`;
  const trust = signing.trustPem;
  // What clients have already is not shown to them.
  const shown =
    signing.knownRoots === undefined
      ? chain
      : `[for one in ${chain} : one if !strcontains(${JSON.stringify(signing.knownRoots)}, one)]`;
  return {
    chainPem: `\${join("\\n", concat([trimspace(${issued.fqn}.certificate)], ${shown}, [""]))}`,
    keyPem: `\${trimspace(${issued.fqn}.private_key)}\n`,
    // What stands last is the root, if the mount has it.
    trustPem: trust ?? `\${reverse(${chain})[0]}\n`,
    notAfter: `\${${end}}`,
  };
}

/** One certificate in PEM, as Terraform's regular expressions take it. */
const certificatePattern = "-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----";
