import { createHash } from "node:crypto";
import { type Place, show } from "../../lib/config/report";

/** The longest id that Google takes. */
const idLimit = 63;
/** Ids that Google takes, but without underscores: the provider cuts an issuer's id there. */
const idPattern = "^[a-zA-Z0-9-]{1,63}$";

/** Reports an id that Google would not take, or that the provider would cut. */
export function checkId(id: string, place: Place): void {
  // The suffix is empty if it was refused.
  if (id.endsWith("-") || new RegExp(idPattern).test(id)) return;
  place.problem(
    id.length > idLimit
      ? `would have the id ${show(id)} of ${id.length} characters, Google takes ${idLimit}; shorten the key, the stack's or environment's name, or the suffix`
      : `would have the id ${show(id)}; write letters, digits and "-" (of an id with "_" the provider sends only a part)`,
  );
}

/**
 * A certificate's id, with a digest of everything whose change makes Google sign again. So the new certificate can be
 * made before the old one is revoked, and no id is used twice.
 */
export function certificateId(name: string, parts: readonly string[]): string {
  const digest = createHash("sha256")
    .update(JSON.stringify([name, ...parts]))
    .digest("hex")
    .slice(0, 12);
  return `${name.slice(0, idLimit - digest.length - 1)}-${digest}`;
}
