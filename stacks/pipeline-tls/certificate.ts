import { CertRequest } from "@cdktf/provider-tls/lib/cert-request";
import { DataTlsCertificate } from "@cdktf/provider-tls/lib/data-tls-certificate";
import { LocallySignedCert } from "@cdktf/provider-tls/lib/locally-signed-cert";
import { PrivateKey, type PrivateKeyConfig } from "@cdktf/provider-tls/lib/private-key";
import { SelfSignedCert } from "@cdktf/provider-tls/lib/self-signed-cert";
import type { Construct } from "constructs";
import { type Seconds, showDuration } from "../../lib/config/duration";
import type { KeyKind } from "../../lib/config/keys";
import { ExpiryCheck } from "../../lib/constructs/check";
import type { InventoryEntry } from "../../lib/constructs/inventory";
import type { TlsFiles } from "../../lib/constructs/kubernetes";
import type { AuthorityConfig, PipelineServiceConfig } from "./config";

/** The provider's arguments of keys. Its own default curve is P224, which hardly anything speaks. */
const keyArguments: Readonly<Record<KeyKind, PrivateKeyConfig>> = {
  "ecdsa-p256": { algorithm: "ECDSA", ecdsaCurve: "P256" },
  "ecdsa-p384": { algorithm: "ECDSA", ecdsaCurve: "P384" },
  "rsa-2048": { algorithm: "RSA", rsaBits: 2048 },
  "rsa-3072": { algorithm: "RSA", rsaBits: 3072 },
  "rsa-4096": { algorithm: "RSA", rsaBits: 4096 },
};

const hours = (seconds: Seconds) => Math.floor(seconds / 3_600);

/** Keys of the provider are in the state, and so wherever that goes. */
const stateKey = {
  keyLocation: "Terraform's state, saved plans and `show -json`, for everyone who reads one of them",
  keyInState: true,
};

/** A private authority that signs the certificates of one stack. */
interface LocalAuthority {
  /** Its certificate (PEM): what clients trust. */
  readonly certificatePem: string;
  /** Its key (PEM), which is in the state. */
  readonly keyPem: string;
  readonly entry: InventoryEntry;
}

/**
 * Makes the authority of a stack.
 *
 * @param scope - the authority's construct, whose id names the resources
 */
export function makeAuthority(scope: Construct, authority: AuthorityConfig, longestLeaf: Seconds): LocalAuthority {
  const key = new PrivateKey(scope, PrivateKey.tfResourceType, keyArguments[authority.key]);
  const certificate = new SelfSignedCert(scope, SelfSignedCert.tfResourceType, {
    privateKeyPem: key.privateKeyPem,
    subject: [{ commonName: authority.commonName, organization: authority.organization }],
    isCaCertificate: true,
    allowedUses: ["cert_signing", "crl_signing"],
    setSubjectKeyId: true,
    setAuthorityKeyId: true,
    validityPeriodHours: hours(authority.lifetime),
    // Never by itself: one plan would replace the authority and everything it signed, and running clients lose trust.
    earlyRenewalHours: 0,
  });
  new ExpiryCheck(scope, "expiry", {
    certificate: `${scope.node.id} (the authority)`,
    notAfter: `${certificate.fqn}.validity_end_time`,
    // From here on, what it signs would outlive it.
    before: longestLeaf,
    advice: "Nothing replaces it by itself: make a second stack with a new authority and move the services over",
  });
  return {
    certificatePem: certificate.certPem,
    keyPem: key.privateKeyPem,
    entry: {
      names: [],
      issuer: "itself",
      lifetime: showDuration(authority.lifetime),
      renewedBy: "not renewed: replace it by hand",
      ...stateKey,
      notAfter: certificate.validityEndTime,
    },
  };
}

/** A service's certificate and key. */
export interface IssuedCertificate extends TlsFiles {
  /** The certificate alone (PEM). */
  readonly certificatePem: string;
  /** SHA-1 of the certificate: the only digest of a whole certificate that the provider has. */
  readonly fingerprint: string;
  readonly entry: InventoryEntry;
}

/**
 * Makes a service's key and certificate, signed by the authority or by itself.
 *
 * @param scope - the service's construct, whose id names the resources
 */
export function issueCertificate(
  scope: Construct,
  service: PipelineServiceConfig,
  organization: string,
  authority: LocalAuthority | undefined,
): IssuedCertificate {
  const { lifetime, renewBefore } = service.validity;
  const key = new PrivateKey(scope, PrivateKey.tfResourceType, keyArguments[service.key]);
  const request = {
    privateKeyPem: key.privateKeyPem,
    subject: [{ commonName: service.commonName, organization }],
    dnsNames: [...service.names],
  };
  const terms = {
    allowedUses: [...leafUses(service)],
    validityPeriodHours: hours(lifetime),
    earlyRenewalHours: hours(renewBefore),
    setSubjectKeyId: true,
  };
  const certificate =
    authority === undefined
      ? new SelfSignedCert(scope, SelfSignedCert.tfResourceType, { ...request, ...terms })
      : new LocallySignedCert(scope, LocallySignedCert.tfResourceType, {
          certRequestPem: new CertRequest(scope, CertRequest.tfResourceType, request).certRequestPem,
          caCertPem: authority.certificatePem,
          caPrivateKeyPem: authority.keyPem,
          ...terms,
        });
  new ExpiryCheck(scope, "expiry", {
    certificate: service.name,
    notAfter: `${certificate.fqn}.validity_end_time`,
    before: renewBefore,
    advice: "An apply renews it: plan and apply this stack",
  });
  return {
    certificatePem: certificate.certPem,
    chainPem: authority === undefined ? certificate.certPem : `${certificate.certPem}${authority.certificatePem}`,
    trustPem: authority?.certificatePem ?? certificate.certPem,
    keyPem: key.privateKeyPem,
    fingerprint: new DataTlsCertificate(scope, DataTlsCertificate.tfResourceType, {
      content: certificate.certPem,
    }).certificates.get(0).sha1Fingerprint,
    entry: {
      names: service.names,
      issuer: authority === undefined ? "itself" : "the stack's own authority",
      lifetime: showDuration(lifetime),
      renewedBy: `an apply in its last ${showDuration(renewBefore)}`,
      ...stateKey,
      notAfter: certificate.validityEndTime,
    },
  };
}

/** Key usages of a service's certificate (RFC 5280, section 4.2.1.3 and 4.2.1.12). */
function leafUses({ key, client }: PipelineServiceConfig): readonly string[] {
  return [
    "digital_signature",
    // Only RSA keys encrypt keys; with ECDSA the usage is wrong, and strict clients refuse it.
    ...(key.startsWith("rsa-") ? ["key_encipherment"] : []),
    "server_auth",
    ...(client ? ["client_auth"] : []),
  ];
}
