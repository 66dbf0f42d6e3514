/** What a certificate is shown for: by servers, by clients, or both (mutual TLS). */
export const purposes = ["server", "client", "mutual"] as const;

/** What a certificate is shown for. */
export type Purpose = (typeof purposes)[number];
