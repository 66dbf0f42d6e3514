import type { Place } from "./config/report";

/** A thing that has one owner over all stacks: a second one's apply would fail, or take it from the first. */
export interface Claim {
  /** What kind of thing it is. Only claims of one kind are compared. */
  readonly kind: string;
  readonly id: string;
  /** Where the id means something: an account, a kubeconfig, an address. `undefined`: not stated, so it may be any. */
  readonly within?: string | undefined;
  /** Whether ids are paths: one that lies inside or around another is taken with it. */
  readonly nests?: boolean;
  /** What in the stack owns it, as messages say it; `undefined`: the stack itself, which may claim it several times. */
  readonly part?: string | undefined;
  /** Where the config makes the claim, and where a finding is told. */
  readonly place: Place;
  /** Tells only advice: synthesis goes on. */
  readonly advice?: boolean;
  /** A claim of the same stack, made before: where that is taken too, another name there settles both. */
  readonly after?: Claim | undefined;
  /** What to say if another owner has it; `undefined` where another claim says it. */
  taken(by: Owner): string | undefined;
}

/** Who has something. */
export interface Owner {
  /** As messages say it: `stack mesh`, or `service api of stack mesh`. */
  readonly name: string;
  /** Deploy name of its stack. */
  readonly stack: string;
  readonly claim: Claim;
}

/** The claims of a stack. */
export interface Claimant {
  /** Deploy name. */
  readonly name: string;
  readonly claims: readonly Claim[];
}

/** Reports what two stacks, or two parts of one, would both own. The first stack by name keeps it, the other is told. */
export function checkOwnership(stacks: readonly Claimant[]): void {
  /** Claims that can be one with another, together. */
  const held = new Map<string, Owner[]>();
  const lost = new Set<Claim>();
  for (const { name: stack, claims } of stacks.toSorted((one, other) => (one.name < other.name ? -1 : 1))) {
    for (const claim of claims) {
      const key = JSON.stringify(claim.nests ? [claim.kind] : [claim.kind, claim.id]);
      const owners = held.get(key) ?? [];
      const name = claim.part === undefined ? `stack ${stack}` : `${claim.part} of stack ${stack}`;
      const other = owners.find((one) => mayBeOne(one.claim, claim) && one.name !== name);
      if (other !== undefined) {
        lost.add(claim);
        if (claim.after !== undefined && lost.has(claim.after)) continue;
        const message = claim.taken(other);
        if (!claim.advice) claim.place.problem(message);
        else if (message !== undefined) claim.place.warning(message);
      } else if (!owners.some((one) => one.claim.id === claim.id && one.claim.within === claim.within)) {
        owners.push({ name, stack, claim });
        held.set(key, owners);
      }
    }
  }
}

/** Whether two claims are of one thing, as far as the config tells. */
function mayBeOne(one: Claim, other: Claim): boolean {
  const near = one.within === undefined || other.within === undefined || one.within === other.within;
  // Of ids that do not nest, only equal ones are compared at all.
  return near && (`${one.id}/`.startsWith(`${other.id}/`) || `${other.id}/`.startsWith(`${one.id}/`));
}
