import { PrivatecaCaPool, type PrivatecaCaPoolIssuancePolicy } from "@cdktf/provider-google/lib/privateca-ca-pool";
import {
  PrivatecaCertificateAuthority,
  type PrivatecaCertificateAuthorityConfig,
  type PrivatecaCertificateAuthorityConfigX509ConfigCaOptions,
} from "@cdktf/provider-google/lib/privateca-certificate-authority";
import type { Construct } from "constructs";
import type { DnsName } from "../../lib/config/dns-names";
import { goDuration, type Seconds, showDuration } from "../../lib/config/duration";
import type { KeyKind } from "../../lib/config/keys";
import { Check, ExpiryCheck } from "../../lib/constructs/check";
import type { InventoryEntry } from "../../lib/constructs/inventory";
import { issuerPrefix, issuingPoolKey, rootKey } from "./addresses";
import { type AuthorityConfig, authorityAlgorithms, type CasShortLivedConfig, type IssuerConfig } from "./config";

/** A duration as Google takes it. */
export const googleDuration = (seconds: Seconds) => `${seconds}s`;

const rsa = (bits: string) => ({ rsa: { minModulusSize: bits, maxModulusSize: bits } });

/** Google's names for the keys of certificates (CaPool.IssuancePolicy.AllowedKeyType); authorities have other names. */
const certificateKeys: Readonly<Record<KeyKind, object>> = {
  "ecdsa-p256": { ellipticCurve: { signatureAlgorithm: "ECDSA_P256" } },
  "ecdsa-p384": { ellipticCurve: { signatureAlgorithm: "ECDSA_P384" } },
  "rsa-2048": rsa("2048"),
  "rsa-3072": rsa("3072"),
  "rsa-4096": rsa("4096"),
};

/** The pools and authorities of a stack. */
export interface Hierarchy {
  readonly rootPool: PrivatecaCaPool;
  readonly issuingPool: PrivatecaCaPool;
  readonly root: PrivatecaCertificateAuthority;
  readonly issuers: readonly { readonly issuer: IssuerConfig; readonly authority: PrivatecaCertificateAuthority }[];
  /** The root's certificate (PEM), which clients and servers trust, as an expression without braces. */
  readonly trustAnchor: string;
  /** Inventory entries by key. */
  readonly entries: Readonly<Record<string, InventoryEntry>>;
}

/**
 * Makes pools and authorities. The root has a pool of its own, for two reasons: the policy of the issuing pool limits
 * lifetimes to a leaf's, which would refuse the issuers' own certificates; and in a pool with issuers the root would
 * sign leaves.
 */
export function makeHierarchy(scope: Construct, config: CasShortLivedConfig): Hierarchy {
  const { project, location, publish } = config;
  const pool = (id: string, name: string, policy?: PrivatecaCaPoolIssuancePolicy) =>
    new PrivatecaCaPool(scope, id, {
      project,
      location,
      name,
      tier: config.tier.toUpperCase(),
      publishingOptions: {
        publishCaCert: publish.caCertificate,
        publishCrl: publish.crl,
        // Clients that fetch from the published addresses expect DER (RFC 5280, sections 4.2.1.13 and 4.2.2.1).
        encodingFormat: "DER",
      },
      issuancePolicy: policy,
    });
  const rootPool = pool("root_pool", config.rootPoolId);
  const issuingPool = pool(issuingPoolKey, config.issuingPoolId, issuancePolicy(config));
  const root = new PrivatecaCertificateAuthority(scope, rootKey, {
    ...authorityArguments(config, config.root, { isCa: true }),
    pool: rootPool.name,
    type: "SELF_SIGNED",
    desiredState: "ENABLED",
  });
  const issuers = config.issuers.map((issuer) => {
    const key = `${issuerPrefix}${issuer.name}`;
    const authority = new PrivatecaCertificateAuthority(scope, key, {
      // Only this flag sets a path length of 0: a plain 0 is not sent, and both together fail in the apply.
      ...authorityArguments(config, issuer, { isCa: true, zeroMaxIssuerPathLength: true }),
      pool: issuingPool.name,
      type: "SUBORDINATE",
      desiredState: issuer.phase.toUpperCase(),
      // The provider has the issuer signed in this authority's pool, and activates it.
      subordinateConfig: { certificateAuthority: root.name },
    });
    watch(scope, key, authority, issuer, config.issuingPoolId, config.maximumLifetime);
    return { issuer, authority };
  });
  const longestIssuer = Math.max(...config.issuers.map(({ lifetime }) => lifetime));
  watch(scope, rootKey, root, { ...config.root, phase: "enabled" }, config.rootPoolId, longestIssuer);
  return {
    rootPool,
    issuingPool,
    root,
    issuers,
    trustAnchor: `${root.fqn}.pem_ca_certificates[0]`,
    entries: {
      [rootKey]: { ...authorityEntry(config.root), issuer: "itself" },
      ...Object.fromEntries(
        config.issuers.map((issuer) => [
          `issuer ${issuer.name}`,
          { ...authorityEntry(issuer), issuer: `the root ${config.root.id}` },
        ]),
      ),
    },
  };
}

/** What the issuing pool signs: names of all groups. Templates limit which of them a member may ask for. */
function issuancePolicy(config: CasShortLivedConfig): PrivatecaCaPoolIssuancePolicy {
  return {
    maximumLifetime: googleDuration(config.maximumLifetime),
    backdateDuration: config.backdate === 0 ? undefined : googleDuration(config.backdate),
    allowedKeyTypes: config.keys.map((kind) => certificateKeys[kind]),
    // The config-based mode takes a key and names without proof that the requester has the private key.
    allowedIssuanceModes: { allowCsrBasedIssuance: true, allowConfigBasedIssuance: false },
    identityConstraints: {
      // Names may be only in the subject alternative names, which templates judge.
      allowSubjectPassthrough: false,
      allowSubjectAltNamesPassthrough: true,
      celExpression: namesExpression(config.nodeGroups.flatMap(({ domains }) => domains)),
    },
    // An extension that is both here and in a template fails every request, even with equal values. So templates set
    // key usages and the pool sets this. The provider requires the key usage blocks; empty ones say nothing.
    baselineValues: { caOptions: { nonCa: true }, keyUsage: { baseKeyUsage: {}, extendedKeyUsage: {} } },
  };
}

/** Whether a request has names and all of them are in the domains. Domains have no character that needs quoting. */
export function namesExpression(domains: readonly DnsName[]): { readonly title: string; readonly expression: string } {
  const within = [...new Set(domains)]
    .sort()
    .map((domain) => `san.value == "${domain}" || san.value.endsWith(".${domain}")`)
    .join(" || ");
  return {
    title: "Names",
    expression: `subject_alt_names.size() > 0 && subject_alt_names.all(san, san.type == DNS && (${within}))`,
  };
}

/** Arguments that the root and issuers share. */
function authorityArguments(
  { project, location, protect, skipGracePeriod }: CasShortLivedConfig,
  { id, commonName, organization, lifetime, key, permittedDomains }: AuthorityConfig,
  caOptions: PrivatecaCertificateAuthorityConfigX509ConfigCaOptions,
): Omit<PrivatecaCertificateAuthorityConfig, "pool"> {
  return {
    project,
    location,
    certificateAuthorityId: id,
    lifetime: googleDuration(lifetime),
    keySpec: "kind" in key ? { algorithm: authorityAlgorithms[key.kind] } : { cloudKmsKeyVersion: key.kmsKeyVersion },
    config: {
      subjectConfig: { subject: { commonName, organization } },
      x509Config: {
        caOptions,
        keyUsage: { baseKeyUsage: { certSign: true, crlSign: true }, extendedKeyUsage: {} },
        nameConstraints:
          permittedDomains.length === 0 ? undefined : { critical: true, permittedDnsNames: [...permittedDomains] },
      },
    },
    // The provider checks its own protection only in the apply, when other resources may be gone already.
    deletionProtection: protect,
    lifecycle: protect ? { preventDestroy: true } : undefined,
    skipGracePeriod,
    // The root signed the issuers' certificates, which live for years: otherwise it could never be destroyed.
    ignoreActiveCertificatesOnDeletion: !protect,
  };
}

/**
 * Makes every plan warn of an authority that is about to end, or whose state is not its phase.
 *
 * @param before - within this time before its end, certificates that it signs would outlive it
 */
function watch(
  scope: Construct,
  key: string,
  authority: PrivatecaCertificateAuthority,
  { id, lifetime, phase }: Pick<IssuerConfig, "id" | "lifetime" | "phase">,
  poolId: string,
  before: Seconds,
): void {
  new ExpiryCheck(scope, `${key}_expiry`, {
    certificate: `of the authority ${id}`,
    // The provider gives no end date; an authority is signed when it is made.
    notAfter: `timeadd(${authority.fqn}.create_time, "${goDuration(lifetime)}")`,
    before,
    advice: "From now on Google shortens the certificates that it signs. Make another authority and move over to it",
  });
  const verb = { staged: undefined, enabled: "enable", disabled: "disable" }[phase];
  const kind = key === rootKey ? "roots" : "subordinates";
  const remedy =
    verb === undefined
      ? "write its real state as its phase in the config"
      : `run: gcloud privateca ${kind} ${verb} ${id} --pool=${poolId} --location=${authority.locationInput} --project=${authority.projectInput}`;
  // The provider compares the config with its own record, never with the authority's real state.
  new Check(scope, `${key}_state`, {
    condition: `${authority.fqn}.state == "${phase.toUpperCase()}"`,
    message: `The authority ${id} is \${${authority.fqn}.state}, but should be ${phase}. If this plan does not change it, ${remedy}.`,
  });
}

function authorityEntry({ lifetime, key }: AuthorityConfig): Omit<InventoryEntry, "issuer"> {
  return {
    names: [],
    lifetime: showDuration(lifetime),
    renewedBy: "not renewed: make another authority beside it",
    keyLocation:
      "kind" in key
        ? "Google, which never shows it"
        : `Cloud KMS, ${key.kmsKeyVersion}, which never shows it; everyone with the right to use it can sign`,
    keyInState: false,
  };
}
