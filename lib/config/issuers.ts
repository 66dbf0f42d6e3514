import type { KeyKind } from "./keys";
import type { Purpose } from "./purpose";
import { oneOf, type Place, show } from "./report";

/** What a config asks of a certificate, in the words that every scenario shares. */
export interface CertificateIntent {
  readonly purpose: Purpose;
  /** `undefined`: the issuer's choice. */
  readonly key?: KeyKind;
}

/** What an issuer can do. */
interface Capabilities {
  readonly name: string;
  readonly purposes: readonly Purpose[];
  readonly keys: readonly KeyKind[];
}

/** Issuers of the scenarios. */
const issuers = {
  acm: {
    name: "ACM",
    // Public authorities no longer sign for clients (Chrome Root Program Policy 1.6: server authentication only).
    purposes: ["server"],
    // RequestCertificate, KeyAlgorithm.
    keys: ["ecdsa-p256", "ecdsa-p384", "rsa-2048"],
  },
  google: {
    name: "Google",
    // As above: Google Trust Services is in the same root programs.
    purposes: ["server"],
    keys: ["rsa-2048", "ecdsa-p256"],
  },
  tls: {
    name: "the tls provider",
    purposes: ["server", "client", "mutual"],
    keys: ["ecdsa-p256", "ecdsa-p384", "rsa-2048", "rsa-3072", "rsa-4096"],
  },
  vault: {
    name: "Vault",
    purposes: ["server", "client", "mutual"],
    keys: ["ecdsa-p256", "ecdsa-p384", "rsa-2048", "rsa-3072", "rsa-4096"],
  },
} as const satisfies Record<string, Capabilities>;

/** An issuer must be able to make what is asked of it. */
export function checkIssuer(issuer: keyof typeof issuers, intent: CertificateIntent, place: Place): void {
  const { name, purposes, keys }: Capabilities = issuers[issuer];
  if (intent.key !== undefined && !keys.includes(intent.key)) {
    place.in("key").problem(`is ${show(intent.key)}, which ${name} does not make; write ${oneOf(keys)}`);
  }
  if (!purposes.includes(intent.purpose)) {
    place
      .in("purpose")
      .problem(
        `is ${show(intent.purpose)}, but ${name} is a public authority and signs for servers only; let a private one sign: pipeline-tls, vault-pki-k8s or cas-short-lived`,
      );
  }
}
