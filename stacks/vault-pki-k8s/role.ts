import type { KeyKind } from "../../lib/config/keys";
import { renewsItself, type VaultCertificateConfig, type VaultPkiK8sConfig } from "./config";

/** The keys under Vault's names, as its requests and roles take them. */
export const vaultKeys: Readonly<Record<KeyKind, { readonly keyType: "ec" | "rsa"; readonly keyBits: number }>> = {
  "ecdsa-p256": { keyType: "ec", keyBits: 256 },
  "ecdsa-p384": { keyType: "ec", keyBits: 384 },
  "rsa-2048": { keyType: "rsa", keyBits: 2048 },
  "rsa-3072": { keyType: "rsa", keyBits: 3072 },
  "rsa-4096": { keyType: "rsa", keyBits: 4096 },
};

/**
 * The role of a certificate, under Vault's own names. The check simulates it and the stack makes it, so both must see
 * the same fields. Of those that decide what it issues, the ones left out keep Vault's default.
 */
export function roleOf({ role, key, lifetime, commonName }: VaultCertificateConfig) {
  const { keyType, keyBits } = vaultKeys[key];
  return {
    allowed_domains: role.allowedDomains,
    allow_bare_domains: role.allowBareDomains,
    allow_subdomains: role.allowSubdomains,
    allow_glob_domains: role.allowGlobDomains,
    allow_wildcard_certificates: role.allowWildcardCertificates,
    allow_any_name: false,
    allow_localhost: false,
    allow_ip_sans: false,
    enforce_hostnames: true,
    require_cn: commonName !== "",
    key_type: keyType,
    key_bits: keyBits,
    ttl: lifetime,
    max_ttl: lifetime,
  };
}

/**
 * The audience of cert-manager's tokens for an Issuer. No other program requests it, so no other token opens the role
 * (https://cert-manager.io/docs/configuration/vault/).
 */
function issuerAudience(namespace: string, issuer: string): string {
  return `vault://${namespace}/${issuer}`;
}

/** What tokens must be meant for that log in for a certificate; `undefined`: any audience that the cluster accepts. */
export function audienceOf(
  { audience, namespace }: Pick<VaultPkiK8sConfig, "audience" | "namespace">,
  certificate: VaultCertificateConfig,
): string | undefined {
  return audience ?? (renewsItself(certificate) ? issuerAudience(namespace.name, certificate.name) : undefined);
}
