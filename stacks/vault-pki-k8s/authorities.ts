import { DataTlsCertificate } from "@cdktf/provider-tls/lib/data-tls-certificate";
import { Mount } from "@cdktf/provider-vault/lib/mount";
import { PkiSecretBackendConfigIssuers } from "@cdktf/provider-vault/lib/pki-secret-backend-config-issuers";
import { PkiSecretBackendConfigUrls } from "@cdktf/provider-vault/lib/pki-secret-backend-config-urls";
import { PkiSecretBackendIntermediateCertRequest } from "@cdktf/provider-vault/lib/pki-secret-backend-intermediate-cert-request";
import { PkiSecretBackendIntermediateSetSigned } from "@cdktf/provider-vault/lib/pki-secret-backend-intermediate-set-signed";
import { PkiSecretBackendIssuer } from "@cdktf/provider-vault/lib/pki-secret-backend-issuer";
import { PkiSecretBackendRootCert } from "@cdktf/provider-vault/lib/pki-secret-backend-root-cert";
import { PkiSecretBackendRootSignIntermediate } from "@cdktf/provider-vault/lib/pki-secret-backend-root-sign-intermediate";
import type { ITerraformDependable, TerraformResource } from "cdktf";
import { Construct } from "constructs";
import { type Seconds, showDuration } from "../../lib/config/duration";
import { ExpiryCheck } from "../../lib/constructs/expiry-check";
import type { InventoryEntry } from "../../lib/constructs/inventory";
import type { OwnPkiConfig, VaultAuthorityConfig } from "./config";
import { vaultKeys } from "./role";

/** A lifetime as Vault stores it: any other spelling of it is a change in every plan. */
export const wholeSeconds = (seconds: Seconds) => String(seconds);

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
export function attributeOf(resource: TerraformResource, attribute: string): string {
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
