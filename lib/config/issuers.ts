import type { KeyKind, Purpose } from "./keys";
import { oneOf, type Place, show } from "./report";

/** What an issuer does and does not do: every kind has an answer, so that a new one is decided for each issuer. */
interface Capabilities {
  readonly name: string;
  readonly purposes: Readonly<Record<Purpose, boolean>>;
  /** In the order in which messages list them. */
  readonly keys: Readonly<Record<KeyKind, boolean>>;
}

const everyPurpose = { server: true, client: true, mutual: true };
const everyKey = { "ecdsa-p256": true, "ecdsa-p384": true, "rsa-2048": true, "rsa-3072": true, "rsa-4096": true };

/** Issuers of the scenarios, for certificates and for the authorities that a stack makes. */
export const issuers = {
  acm: {
    name: "ACM",
    // Public authorities no longer sign for clients (Chrome Root Program Policy 1.6: server authentication only).
    purposes: { server: true, client: false, mutual: false },
    // RequestCertificate, KeyAlgorithm.
    keys: { "ecdsa-p256": true, "ecdsa-p384": true, "rsa-2048": true, "rsa-3072": false, "rsa-4096": false },
  },
  cas: {
    name: "Certificate Authority Service",
    purposes: everyPurpose,
    // SignHashAlgorithm for authorities, AllowedKeyType for certificates.
    keys: everyKey,
  },
  google: {
    name: "Google",
    // As above: Google Trust Services is in the same root programs.
    purposes: { server: true, client: false, mutual: false },
    keys: { "rsa-2048": true, "ecdsa-p256": true, "ecdsa-p384": false, "rsa-3072": false, "rsa-4096": false },
  },
  tls: { name: "the tls provider", purposes: everyPurpose, keys: everyKey },
  vault: { name: "Vault", purposes: everyPurpose, keys: everyKey },
} as const satisfies Record<string, Capabilities>;

type Issuer = keyof typeof issuers;

const taken = <Kind extends string>(answers: Readonly<Record<Kind, boolean>>): readonly Kind[] =>
  (Object.keys(answers) as Kind[]).filter((kind) => answers[kind]);

/** The keys that an issuer makes. */
export const keysOf = (issuer: Issuer): readonly KeyKind[] => taken<KeyKind>(issuers[issuer].keys);

/** What an issuer signs for. */
export const purposesOf = (issuer: Issuer): readonly Purpose[] => taken<Purpose>(issuers[issuer].purposes);

/** An issuer must be able to make a key: a certificate's, or that of an authority. */
export function checkKey(issuer: Issuer, key: KeyKind, place: Place): void {
  const keys = keysOf(issuer);
  if (keys.includes(key)) return;
  place.problem(`is ${show(key)}, which ${issuers[issuer].name} does not make; write ${oneOf(keys)}`);
}

/** An issuer must be able to make what is asked of it; without a key, that is its own choice. */
export function checkIssuer(
  issuer: Issuer,
  { purpose, key }: { readonly purpose: Purpose; readonly key?: KeyKind },
  place: Place,
): void {
  if (key !== undefined) checkKey(issuer, key, place.in("key"));
  if (!purposesOf(issuer).includes(purpose)) {
    place
      .in("purpose")
      .problem(
        `is ${show(purpose)}, but ${issuers[issuer].name} is a public authority and signs for servers only; let a private one sign: pipeline-tls, vault-pki-k8s or cas-short-lived`,
      );
  }
}
