import { KubernetesAuthBackendRole } from "@cdktf/provider-vault/lib/kubernetes-auth-backend-role";
import { PkiSecretBackendCert } from "@cdktf/provider-vault/lib/pki-secret-backend-cert";
import { PkiSecretBackendRole } from "@cdktf/provider-vault/lib/pki-secret-backend-role";
import { Policy } from "@cdktf/provider-vault/lib/policy";
import type { ITerraformDependable } from "cdktf";
import type { Construct } from "constructs";
import type { Seconds } from "../../lib/config/duration";
import { ExpiryCheck } from "../../lib/constructs/expiry-check";
import type { TlsFiles } from "../../lib/constructs/kubernetes";
import { attributeOf, type SigningMount, wholeSeconds } from "./authorities";
import type { VaultCertificateConfig } from "./config";
import { roleOf } from "./role";

/** How long a token of a login lives: long enough for one request. */
const tokenLifetime: Seconds = 600;

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
