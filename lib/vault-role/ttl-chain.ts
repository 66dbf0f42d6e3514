import { day, parseDuration, type Seconds, showDuration } from "../config/duration";
import type { IssueLimits } from "./simulate";

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

/** A lifetime that the one above it does not allow. */
export interface BrokenLink {
  readonly from: keyof TtlChain;
  readonly to: keyof TtlChain;
  /** The arithmetic, the effect and the fix, in words that follow the path of `from`. */
  readonly message: string;
}

const links = ["leaf", "roleMax", "mountMax", "intermediate", "root"] as const;

/**
 * What signs: what it signs begins later, so that with the same lifetime it would end later too. The others are limits,
 * which may be met.
 */
const authorities: readonly (keyof TtlChain)[] = ["intermediate", "root"];

const names: Readonly<Record<(typeof links)[number], string>> = {
  leaf: "the certificate",
  roleMax: "the role's max_ttl",
  mountMax: "the mount's max_lease_ttl",
  intermediate: "the intermediate",
  root: "the root",
};

/**
 * Where a lifetime is longer than the next one up: leaf, role, mount, intermediate, root; below an authority also where
 * it is as long. Each is held against its neighbour alone, so that one mistake is told once.
 */
export function brokenLinks(chain: TtlChain): readonly BrokenLink[] {
  return links.flatMap((from, at) => {
    const to = links[at + 1];
    const [inner, outer] = [chain[from], to === undefined ? undefined : chain[to]];
    if (to === undefined || inner === undefined || outer === undefined || inner < outer) return [];
    const signs = authorities.includes(to);
    if (inner === outer && !signs) return [];
    const by = `${showDuration(inner)} - ${showDuration(outer)} = ${showDuration(inner - outer)}`;
    const what =
      inner === outer
        ? `as long as ${names[to]}, which begins earlier and so ends earlier`
        : `longer than ${names[to]} (${by} too much)`;
    const above = links[at + 2];
    const fix = signs
      ? halved(inner, outer, names[to], above === undefined ? undefined : chain[above])
      : `write at most ${show(outer)} or give ${names[to]} at least ${show(inner)}`;
    return [{ from, to, message: `is ${show(inner)}, ${what}; ${effect(chain, from)}; ${fix}` }];
  });
}

/** At most half of what an authority lives: then it signs anew until it is half through. */
function halved(inner: Seconds, outer: Seconds, name: string, above: Seconds | undefined): string {
  const half = halfOf(outer);
  const shorter = half > 0 ? [`write at most ${show(half)}`] : [];
  const enough = showDuration(2 * inner);
  // Advice that the next authority up does not allow would be no way out.
  const fits = parseDuration(enough) !== undefined && (above === undefined || 2 * inner <= halfOf(above));
  const longer = fits ? [`give ${name} at least "${enough}"`] : [];
  const ways = [...shorter, ...longer];
  return ways.length > 0 ? ways.join(" or ") : `give every authority above a longer life`;
}

/** Half of a lifetime at most, in a unit that people write. */
function halfOf(lifetime: Seconds): Seconds {
  const unit = lifetime >= 2 * day ? day : lifetime >= 120 ? 60 : 1;
  return Math.floor(lifetime / 2 / unit) * unit;
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
