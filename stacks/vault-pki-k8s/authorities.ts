import { DataTlsCertificate } from "@cdktf/provider-tls/lib/data-tls-certificate";
import { Mount } from "@cdktf/provider-vault/lib/mount";
import { PkiSecretBackendConfigAutoTidy } from "@cdktf/provider-vault/lib/pki-secret-backend-config-auto-tidy";
import { PkiSecretBackendConfigCa } from "@cdktf/provider-vault/lib/pki-secret-backend-config-ca";
import { PkiSecretBackendConfigIssuers } from "@cdktf/provider-vault/lib/pki-secret-backend-config-issuers";
import { PkiSecretBackendConfigUrls } from "@cdktf/provider-vault/lib/pki-secret-backend-config-urls";
import { PkiSecretBackendCrlConfig } from "@cdktf/provider-vault/lib/pki-secret-backend-crl-config";
import { PkiSecretBackendIntermediateCertRequest } from "@cdktf/provider-vault/lib/pki-secret-backend-intermediate-cert-request";
import { PkiSecretBackendIntermediateSetSigned } from "@cdktf/provider-vault/lib/pki-secret-backend-intermediate-set-signed";
import { PkiSecretBackendIssuer } from "@cdktf/provider-vault/lib/pki-secret-backend-issuer";
import { PkiSecretBackendRootCert } from "@cdktf/provider-vault/lib/pki-secret-backend-root-cert";
import { PkiSecretBackendRootSignIntermediate } from "@cdktf/provider-vault/lib/pki-secret-backend-root-sign-intermediate";
import type { ITerraformDependable, TerraformResource } from "cdktf";
import { Construct } from "constructs";
import { type Seconds, showDuration } from "../../lib/config/duration";
import { ExpiryCheck } from "../../lib/constructs/check";
import type { InventoryEntry } from "../../lib/constructs/inventory";
import type { OwnPkiConfig, VaultAuthorityConfig } from "./config";
import { vaultKeys } from "./role";

/** A lifetime as Vault stores it: in any other form every plan would show a change. */
export const wholeSeconds = (seconds: Seconds) => String(seconds);

/** A mount whose default issuer signs. */
export interface SigningMount {
  readonly path: string;
  /** What must exist before anything is signed. */
  readonly ready: ITerraformDependable[];
  /** The root that clients trust (PEM), if it is known before a certificate is issued. */
  readonly trustPem: string | undefined;
  /** Certificates that clients have already, and that the mount may still append to a chain: an expression for their PEM. */
  readonly knownRoots: string | undefined;
}

/** Root and intermediate, each on its own mount; Vault makes their keys and never shows them. */
export function makeAuthorities(scope: Construct, pki: OwnPkiConfig, longestLeaf: Seconds) {
  const { root, intermediate, address, protect } = pki;
  const lifecycle = protect ? { preventDestroy: true } : undefined;

  const rootScope = new Construct(scope, "root");
  const rootMount = mountOf(rootScope, root, lifecycle);
  const rootUpkeep = upkeepOf(rootScope, rootMount);
  const rootCert = new PkiSecretBackendRootCert(rootScope, PkiSecretBackendRootCert.tfResourceType, {
    backend: rootMount.path,
    type: "internal",
    commonName: root.commonName,
    excludeCnFromSans: true,
    issuerName: "root",
    ...vaultKeys[root.key],
    ttl: wholeSeconds(root.lifetime),
    lifecycle,
    dependsOn: rootUpkeep,
  });
  const rootUrls = urlsOf(rootScope, rootMount, address, [rootCert]);

  const intermediateScope = new Construct(scope, "intermediate");
  const intermediateMount = mountOf(intermediateScope, intermediate, lifecycle);
  const upkeep = upkeepOf(intermediateScope, intermediateMount);
  const request = new PkiSecretBackendIntermediateCertRequest(
    intermediateScope,
    PkiSecretBackendIntermediateCertRequest.tfResourceType,
    {
      backend: intermediateMount.path,
      type: "internal",
      commonName: intermediate.commonName,
      excludeCnFromSans: true,
      ...vaultKeys[intermediate.key],
      lifecycle,
    },
  );
  const { permittedDomains } = intermediate;
  const signed = new PkiSecretBackendRootSignIntermediate(
    intermediateScope,
    PkiSecretBackendRootSignIntermediate.tfResourceType,
    {
      backend: rootMount.path,
      csr: request.csr,
      commonName: intermediate.commonName,
      excludeCnFromSans: true,
      issuerRef: rootCert.issuerId,
      ttl: wholeSeconds(intermediate.lifetime),
      // It signs certificates, no further authorities.
      maxPathLength: 0,
      permittedDnsDomains: permittedDomains.length > 0 ? [...permittedDomains] : undefined,
      // For a changed lifetime alone the provider does not sign again.
      lifecycle: { replaceTriggeredBy: [attributeOf(intermediateMount, "max_lease_ttl_seconds")] },
      // The root writes its URLs into what it signs, so they must be set first.
      dependsOn: [rootUrls],
    },
  );
  const set = new PkiSecretBackendIntermediateSetSigned(
    intermediateScope,
    PkiSecretBackendIntermediateSetSigned.tfResourceType,
    {
      backend: intermediateMount.path,
      // Not `certificate_bundle`: with it two issuers are imported, and the first need not be the intermediate.
      certificate: signed.certificate,
      dependsOn: upkeep,
    },
  );
  const issuer = new PkiSecretBackendIssuer(intermediateScope, PkiSecretBackendIssuer.tfResourceType, {
    backend: intermediateMount.path,
    issuerRef: `\${${set.fqn}.imported_issuers[0]}`,
    // Each signing makes a new issuer, which is named before the previous one is removed: so no two names may be equal.
    issuerName: `intermediate-\${substr(replace(${signed.fqn}.serial_number, ":", ""), 0, 8)}`,
    // Without this, the provider keeps writing to the first issuer.
    lifecycle: { replaceTriggeredBy: [attributeOf(set, "id"), attributeOf(signed, "serial_number")] },
  });
  const issuers = new PkiSecretBackendConfigIssuers(intermediateScope, PkiSecretBackendConfigIssuers.tfResourceType, {
    backend: intermediateMount.path,
    default: issuer.issuerId,
    defaultFollowsLatestIssuer: false,
  });
  const trustPem = `\${trimspace(${rootCert.fqn}.certificate)}\n`;
  // cert-manager writes the last certificate of the chain into `ca.crt`, and a mount's chains end with what it holds.
  const knownRoot = new PkiSecretBackendConfigCa(intermediateScope, PkiSecretBackendConfigCa.tfResourceType, {
    backend: intermediateMount.path,
    // An issuer without a key: it signs nothing.
    pemBundle: trustPem,
    // The first issuer that a mount gets becomes its default.
    dependsOn: [issuers],
  });
  const urls = urlsOf(intermediateScope, intermediateMount, address);

  const signing: SigningMount = {
    path: intermediateMount.path,
    ready: [urls, issuers, knownRoot],
    trustPem,
    knownRoots: `${rootCert.fqn}.certificate`,
  };
  return {
    signing,
    /** By authority. */
    issuerIds: { root: rootCert.issuerId, intermediate: issuer.issuerId },
    entries: {
      root: authorityEntry(rootScope, root, rootCert.certificate, "itself", intermediate.lifetime),
      intermediate: authorityEntry(
        intermediateScope,
        intermediate,
        signed.certificate,
        "the stack's root",
        longestLeaf,
      ),
    },
  };
}

/** An attribute as `replace_triggered_by` takes it: a plain reference, no expression in braces. */
export function attributeOf(resource: TerraformResource, attribute: string): string {
  return `${resource.terraformResourceType}.${resource.friendlyUniqueId}.${attribute}`;
}

function mountOf(scope: Construct, { mount, commonName, lifetime }: VaultAuthorityConfig, lifecycle?: object) {
  return new Mount(scope, Mount.tfResourceType, {
    path: mount,
    type: "pki",
    description: commonName,
    defaultLeaseTtlSeconds: lifetime,
    maxLeaseTtlSeconds: lifetime,
    lifecycle,
  });
}

/**
 * Keeps the revocation list of a mount fresh and its store small, as Vault's own considerations ask
 * (https://developer.hashicorp.com/vault/docs/secrets/pki/considerations). By default Vault rebuilds a list when something
 * is revoked, and at no other time: after three days the list has ended, and strict clients refuse good certificates.
 *
 * @returns what must exist before the authority: its first list is made together with it
 */
function upkeepOf(scope: Construct, { path: backend }: Mount): ITerraformDependable[] {
  const lists = new PkiSecretBackendCrlConfig(scope, PkiSecretBackendCrlConfig.tfResourceType, {
    backend,
    autoRebuild: true,
    expiry: "72h",
    // A new list every day, since what is revoked appears only in the next one; and two days in which Vault may be away.
    autoRebuildGracePeriod: "48h",
    ocspExpiry: "12h",
  });
  const tidy = new PkiSecretBackendConfigAutoTidy(scope, PkiSecretBackendConfigAutoTidy.tfResourceType, {
    backend,
    enabled: true,
    // Durations need a unit here: the provider plans a bare number for ever.
    intervalDuration: "12h",
    safetyBuffer: "72h",
    tidyCertStore: true,
    tidyRevokedCerts: true,
    // Not `tidyExpiredIssuers`: issuers are Terraform's.
  });
  return [lists, tidy];
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
  const certificate = new DataTlsCertificate(scope, DataTlsCertificate.tfResourceType, { content: pem });
  const notAfter = `${certificate.fqn}.certificates[0].not_after`;
  new ExpiryCheck(scope, "expiry", {
    certificate: `${scope.node.id} (${authority.commonName})`,
    notAfter,
    // From this point on, Vault refuses to sign a certificate that would outlive the authority.
    before: longestBelow,
    advice: "Nothing replaces it by itself: see docs/vault-pki-k8s.md",
  });
  return {
    names: [],
    issuer,
    lifetime: showDuration(authority.lifetime),
    renewedBy: "not renewed: replace it by hand",
    keyLocation: `Vault, mount ${authority.mount}, which never shows it`,
    keyInState: false,
    notAfter: `\${${notAfter}}`,
  };
}
