import type { KeyKind, Purpose } from "./keys";
import { oneOf, type Place, show } from "./report";

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

/** The keys that an issuer makes. */
export const keysOf = (issuer: keyof typeof issuers): readonly KeyKind[] => issuers[issuer].keys;

/** What an issuer signs for. */
export const purposesOf = (issuer: keyof typeof issuers): readonly Purpose[] => issuers[issuer].purposes;

/** An issuer must be able to make what is asked of it; without a key, that is its own choice. */
export function checkIssuer(
  issuer: keyof typeof issuers,
  { purpose, key }: { readonly purpose: Purpose; readonly key?: KeyKind },
  place: Place,
): void {
  const { name, purposes, keys }: Capabilities = issuers[issuer];
  if (key !== undefined && !keys.includes(key)) {
    place.in("key").problem(`is ${show(key)}, which ${name} does not make; write ${oneOf(keys)}`);
  }
  if (!purposes.includes(purpose)) {
    place
      .in("purpose")
      .problem(
        `is ${show(purpose)}, but ${name} is a public authority and signs for servers only; let a private one sign: pipeline-tls, vault-pki-k8s or cas-short-lived`,
      );
  }
}
