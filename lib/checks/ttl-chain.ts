import { type Seconds, showDuration } from "../config/duration";
import type { IssueLimits } from "./vault-role";

/** Lifetimes from the certificate up to the root, in seconds. */
export interface TtlChain {
  /** What is asked for. */
  readonly leaf: Seconds;
  /** The role's `max_ttl`. */
  readonly roleMax: Seconds;
  /** The `max_lease_ttl` of the issuing mount. */
  readonly mountMax: Seconds;
  /** The issuing authority's; what is left of it, where it exists already. */
  readonly intermediate: Seconds;
  /** Left out where the authority above is somebody else's. */
  readonly root?: Seconds;
  /** The issuer's `leaf_not_after_behavior`. @default "err" */
  readonly leafNotAfterBehavior?: IssueLimits["leafNotAfterBehavior"];
}

/** A lifetime that is longer than the one above it allows. */
export interface BrokenLink {
  readonly from: keyof TtlChain;
  readonly to: keyof TtlChain;
  /** The arithmetic, the effect and the fix, in words that follow the path of `from`. */
  readonly message: string;
}

const links = ["leaf", "roleMax", "mountMax", "intermediate", "root"] as const;

const names: Readonly<Record<(typeof links)[number], string>> = {
  leaf: "the certificate",
  roleMax: "the role's max_ttl",
  mountMax: "the mount's max_lease_ttl",
  intermediate: "the intermediate",
  root: "the root",
};

/**
 * Where a lifetime is longer than the next one up: leaf, role, mount, intermediate, root. Each is held against its
 * neighbour alone, so that one mistake is told once.
 */
export function brokenLinks(chain: TtlChain): readonly BrokenLink[] {
  return links.flatMap((from, at) => {
    const to = links[at + 1];
    const [inner, outer] = [chain[from], to === undefined ? undefined : chain[to]];
    if (to === undefined || inner === undefined || outer === undefined || inner <= outer) return [];
    const by = `${showDuration(inner)} - ${showDuration(outer)} = ${showDuration(inner - outer)}`;
    const fix = `write at most ${show(outer)} or give ${names[to]} at least ${show(inner)}`;
    return [
      {
        from,
        to,
        message: `is ${show(inner)}, longer than ${names[to]} (${by} too much); ${effect(chain, from)}; ${fix}`,
      },
    ];
  });
}

const show = (seconds: Seconds) => `"${showDuration(seconds)}"`;

/** What Vault makes of it. */
function effect({ leafNotAfterBehavior = "err" }: TtlChain, from: (typeof links)[number]): string {
  switch (from) {
    case "leaf":
      return "Vault would shorten it without an error";
    case "roleMax":
      return "Vault looks at the role's alone, so the mount's limit would not hold";
    case "mountMax":
      return {
        err: "Vault would refuse what outlives the authority",
        truncate: "Vault would cut what outlives the authority",
        permit: "certificates could outlive the authority, and fail when it ends",
      }[leafNotAfterBehavior];
    default:
      return "Vault would sign it without an error, and what it signs fails when the root ends";
  }
}
