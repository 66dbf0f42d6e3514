/** What people ask of a certificate before they trust it; every stack answers in the same words. */
export interface InventoryEntry {
  /** DNS names, sorted. */
  readonly names: readonly string[];
  /** Who signs it. */
  readonly issuer: string;
  /** How long one certificate lives, such as `"90d"`; of public ones, the most that is allowed. */
  readonly lifetime: string;
  /** Who replaces it before it ends. */
  readonly renewedBy: string;
  /** Where its private key lives, and so who can read it. */
  readonly keyLocation: string;
  /** Whether the private key is in Terraform's state, saved plans and `show -json`. */
  readonly keyInState: boolean;
  /** When it was issued, as a Terraform expression. */
  readonly issuedAt?: string;
  /**
   * When the present certificate ends (RFC 3339), as a Terraform expression. Left out where the provider reads it before
   * the issuer has set it: an output of it would change after the apply, and no plan would be empty.
   */
  readonly notAfter?: string;
  /** Its Amazon resource name, as a Terraform expression. */
  readonly arn?: string;
  /** The Secret that holds it, as `<namespace>/<name>`. */
  readonly secret?: string;
}

/** A field that an entry does not have: every entry shows the same fields. (The framework cannot write a plain null here.) */
const none = "${null}";

/** An entry as the output `certificate_inventory` shows it. */
export function inventoryValue(entry: InventoryEntry): Readonly<Record<string, unknown>> {
  return {
    names: [...entry.names],
    issuer: entry.issuer,
    lifetime: entry.lifetime,
    renewed_by: entry.renewedBy,
    key_location: entry.keyLocation,
    key_in_state: entry.keyInState,
    issued_at: entry.issuedAt ?? none,
    not_after: entry.notAfter ?? none,
    arn: entry.arn ?? none,
    secret: entry.secret ?? none,
  };
}
