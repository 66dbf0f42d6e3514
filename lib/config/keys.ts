/** Keys a certificate can have, in every scenario; a provider or consumer may take fewer. */
export const keyKinds = ["ecdsa-p256", "ecdsa-p384", "rsa-2048", "rsa-3072", "rsa-4096"] as const;

/** An algorithm and size, such as `"ecdsa-p256"`. */
export type KeyKind = (typeof keyKinds)[number];

/** What a certificate gets unless its entry says otherwise: the smallest key that every consumer takes. */
export const defaultKey: KeyKind = "ecdsa-p256";

/** What a certificate is shown for: by servers, by clients, or both (mutual TLS). */
export const purposes = ["server", "client", "mutual"] as const;

/** What a certificate is shown for. */
export type Purpose = (typeof purposes)[number];
