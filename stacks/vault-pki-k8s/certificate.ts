import { KubernetesAuthBackendRole } from "@cdktf/provider-vault/lib/kubernetes-auth-backend-role";
import { PkiSecretBackendCert } from "@cdktf/provider-vault/lib/pki-secret-backend-cert";
import { PkiSecretBackendRole } from "@cdktf/provider-vault/lib/pki-secret-backend-role";
import { Policy } from "@cdktf/provider-vault/lib/policy";
import type { ITerraformDependable } from "cdktf";
import type { Construct } from "constructs";
import type { Seconds } from "../../lib/config/duration";
import { ExpiryCheck } from "../../lib/constructs/check";
import type { TlsFiles } from "../../lib/constructs/kubernetes";
import { attributeOf, type SigningMount, wholeSeconds } from "./authorities";
import { issuingMount, renewsItself, type VaultCertificateConfig, type VaultPkiK8sConfig } from "./config";
import { audienceOf, roleOf } from "./role";

/** How long a login's token lives: long enough for one request. */
const tokenLifetime: Seconds = 600;

/** What a request for a certificate needs: the role that limits it, and the policy and login that permit it. */
export interface Requesting {
  readonly role: PkiSecretBackendRole;
  /** The path in Vault that requests go to. */
  readonly requestPath: string;
  /** What must exist before a service account can request. */
  readonly ready: ITerraformDependable[];
}

/**
 * Makes a certificate's role, a policy that permits its request and nothing else, and a login for its service accounts.
 *
 * @param scope - the certificate's construct, whose id names the resources
 */
export function allowRequests(
  scope: Construct,
  certificate: VaultCertificateConfig,
  config: VaultPkiK8sConfig,
  signing: SigningMount,
): Requesting {
  const { pki, authPath } = config;
  const { purpose, key, serviceAccounts } = certificate;
  const { name } = certificate.role;
  const limits = roleOf(certificate);
  const role = new PkiSecretBackendRole(scope, PkiSecretBackendRole.tfResourceType, {
    backend: signing.path,
    name,
    allowedDomains: [...limits.allowed_domains],
    allowBareDomains: limits.allow_bare_domains,
    allowSubdomains: limits.allow_subdomains,
    allowGlobDomains: limits.allow_glob_domains,
    allowWildcardCertificates: limits.allow_wildcard_certificates,
    allowAnyName: limits.allow_any_name,
    allowLocalhost: limits.allow_localhost,
    allowIpSans: limits.allow_ip_sans,
    enforceHostnames: limits.enforce_hostnames,
    // Vault's default is true.
    requireCn: limits.require_cn ? undefined : false,
    serverFlag: purpose !== "client",
    clientFlag: purpose !== "server",
    codeSigningFlag: false,
    emailProtectionFlag: false,
    keyType: limits.key_type,
    keyBits: limits.key_bits,
    // Only RSA keys can encrypt keys. With ECDSA this usage is wrong, and strict clients refuse it.
    keyUsage: ["DigitalSignature", ...(key.startsWith("rsa-") ? ["KeyEncipherment"] : [])],
    ttl: wholeSeconds(limits.ttl),
    maxTtl: wholeSeconds(limits.max_ttl),
    // The names come from the request's own fields, not from its CSR.
    useCsrCommonName: false,
    useCsrSans: false,
    dependsOn: signing.ready,
  });
  const byController = renewsItself(certificate);
  const requestPath = `${issuingMount(pki)}/${byController ? "sign" : "issue"}/${name}`;
  const policy = new Policy(scope, Policy.tfResourceType, {
    name,
    policy: `path "${requestPath}" {\n  capabilities = ["update"]\n}\n`,
  });
  const ready: ITerraformDependable[] = [role, policy];
  if (serviceAccounts.length > 0) {
    const bound = (values: readonly string[]) => [...new Set(values)].sort();
    const authRole = new KubernetesAuthBackendRole(scope, KubernetesAuthBackendRole.tfResourceType, {
      backend: authPath,
      roleName: name,
      boundServiceAccountNames: bound(serviceAccounts.map(({ name }) => name)),
      boundServiceAccountNamespaces: bound(serviceAccounts.map(({ namespace }) => namespace)),
      audience: audienceOf(config, certificate),
      tokenPolicies: [policy.name],
      tokenTtl: tokenLifetime,
      tokenMaxTtl: tokenLifetime,
    });
    ready.push(authRole);
  }
  return { role, requestPath, ready };
}

/** A certificate that Terraform requests, with its key. */
export interface VaultIssued extends TlsFiles {
  /** When it ends (RFC 3339), as an expression. */
  readonly notAfter: string;
}

/**
 * Requests a certificate, and a new one by an apply in the last third of its life.
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
    // Pods serve the old certificate until they have loaded the new one, so it must stay valid.
    revoke: false,
    lifecycle: {
      createBeforeDestroy: true,
      // For a change of one of these alone, the provider would keep the certificate until its renewal.
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
  // A server does not send the roots that clients have already.
  const sent =
    signing.knownRoots === undefined
      ? chain
      : `[for one in ${chain} : one if !strcontains(${signing.knownRoots}, one)]`;
  return {
    chainPem: `\${join("\\n", concat([trimspace(${issued.fqn}.certificate)], ${sent}, [""]))}`,
    keyPem: `\${trimspace(${issued.fqn}.private_key)}\n`,
    // The last certificate of the chain is the root, if the mount has the root.
    trustPem: trust ?? `\${reverse(${chain})[0]}\n`,
    notAfter: `\${${end}}`,
  };
}

/** One certificate in PEM, as a regular expression of Terraform's. */
const certificatePattern = "-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----";
