import { type DnsName, registrableDomain, withoutWildcard } from "../config/dns-names";
import { showDuration } from "../config/duration";
import { show } from "../config/report";
import { allowsCommonName, allowsName } from "./names";
import { type CompleteRole, completeRole, type VaultRole } from "./role";
import {
  anyAge,
  type IssueLimits,
  type IssueRequest,
  judgeRequest,
  type Refusal,
  simulateRole,
  usualLimits,
} from "./simulate";

/** A change of a role which makes it issue what it refused. */
export interface Widening {
  /** The fields that change, whole: `{ ...role, ...change }` is the changed role. */
  readonly change: VaultRole;
  /** Each step as advice, such as `add "example.org" to allowed_domains`. */
  readonly steps: readonly string[];
}

/** One thing to change, and how much else it lets in: the smaller, the better. */
interface Step {
  readonly words: string;
  readonly rank: number;
  readonly apply: (role: CompleteRole) => CompleteRole;
}

/**
 * The smallest change of a role which makes it issue a request that it refuses: the fewest steps, and among as many
 * the ones that let the least else in. No step can be left out.
 *
 * @returns `undefined` where the role issues the request already, and where no role would, or only one that allows any
 *   name
 */
export function smallestWidening(
  role: VaultRole,
  request: IssueRequest,
  limits: IssueLimits = usualLimits,
): Widening | undefined {
  const before = completeRole(role);
  const applied = (steps: readonly Step[]) => steps.reduce((changed, step) => step.apply(changed), before);
  const refusalAfter = (steps: readonly Step[]) => {
    const found = judgeRequest(applied(steps), request, limits);
    return "sentence" in found ? found : undefined;
  };
  let steps: readonly Step[] = [];
  // Each round answers one refusal for good; there is at most one for each name, address and URI, and a few besides.
  for (let refused = refusalAfter(steps); refused !== undefined; ) {
    const more = stepsFor(applied(steps), refused, limits);
    if (more === undefined) return undefined;
    steps = [...steps, ...more];
    const next = refusalAfter(steps);
    if (next?.kind === refused.kind && next.value === refused.value) return undefined;
    refused = next;
  }
  // What helped a later name may have helped an earlier one as well.
  for (const step of steps) {
    const without = steps.filter((one) => one !== step);
    if (refusalAfter(without) === undefined) steps = without;
  }
  if (steps.length === 0) return undefined;
  return { change: changedFields(before, applied(steps)), steps: steps.map(({ words }) => words) };
}

function changedFields(before: CompleteRole, after: CompleteRole): VaultRole {
  const fields = Object.keys(after) as (keyof CompleteRole)[];
  const changed = fields.filter((field) => JSON.stringify(after[field]) !== JSON.stringify(before[field]));
  return Object.fromEntries(changed.map((field) => [field, after[field]]));
}

function stepsFor(role: CompleteRole, { kind, value }: Refusal, limits: IssueLimits): readonly Step[] | undefined {
  switch (kind) {
    case "no-common-name":
      return [switched("require_cn", false, 0)];
    case "common-name":
      return cheapest(role, nameSteps(value, true), (changed) => allowsCommonName(changed, value));
    case "alternative-name":
      return cheapest(role, nameSteps(value, false), (changed) => allowsName(changed, value));
    case "ip-forbidden":
      return [switched("allow_ip_sans", true, 0)];
    case "uri":
      // As a pattern the URI would stand for others as well, but for itself in any case.
      return [added("allowed_uri_sans", value, 0)];
    case "serial-number":
      return [added("allowed_serial_numbers", value, 0)];
    case "user-id":
      return [added("allowed_user_ids", value, 0)];
    case "other-name":
      return [added("allowed_other_sans", value, 0)];
    case "outlives-authority":
      return shorterLives(role, limits.caLifetime);
    case "invalid-role":
      return role.max_ttl > 0 && role.ttl > role.max_ttl ? [lifetime("max_ttl", role.ttl)] : undefined;
    default:
      return undefined;
  }
}

/** Lifetimes that the authority lives to see: the one step that narrows a role. */
function shorterLives(role: CompleteRole, longest: number): readonly Step[] | undefined {
  if (longest <= 0) return undefined;
  // Vault stores no role whose usual lifetime is above its longest.
  return [lifetime("max_ttl", longest), ...(role.ttl > longest ? [lifetime("ttl", longest)] : [])];
}

const lifetime = (field: "ttl" | "max_ttl", to: number): Step => ({
  words: `set ${field} to ${to} (${showDuration(to)})`,
  rank: 0,
  apply: (role) => ({ ...role, [field]: to }),
});

type Switch = {
  [Field in keyof CompleteRole]: CompleteRole[Field] extends boolean ? Field : never;
}[keyof CompleteRole];

const switched = (field: Switch, to: boolean, rank: number): Step => ({
  words: `set ${field} to ${to}`,
  rank,
  apply: (role) => ({ ...role, [field]: to }),
});

type List = {
  [Field in keyof CompleteRole]: CompleteRole[Field] extends readonly string[] ? Field : never;
}[keyof CompleteRole];

const added = (field: List, member: string, rank: number): Step => ({
  words: `add ${show(member)} to ${field}`,
  rank,
  // As Vault stores it.
  apply: (role) => ({ ...role, [field]: [...new Set([...role[field], member.trim()])] }),
});

/** Steps that could make a role allow a name, alone or together. Ranks grow with what else each lets in. */
function nameSteps(name: string, isCommon: boolean): readonly Step[] {
  const host = name.replace(/^.*@/, "");
  const bare = withoutWildcard(host);
  const parent = parentOf(bare);
  return [
    ...(isCommon ? [added("cn_validations", name.includes("@") ? "email" : "hostname", 1)] : []),
    added("allowed_domains", name, 2),
    switched("allow_bare_domains", true, 3),
    switched("allow_wildcard_certificates", true, 4),
    switched("allow_localhost", true, 5),
    ...(bare === host ? [] : [added("allowed_domains", bare, 6)]),
    ...(parent === undefined ? [] : [added("allowed_domains", parent, 7)]),
    switched("allow_subdomains", true, 8),
    switched("allow_glob_domains", true, 9),
    switched("enforce_hostnames", false, 10),
  ];
}

/** The name above, unless it belongs to everybody: nobody should allow all of `co.uk`. */
function parentOf(name: DnsName): DnsName | undefined {
  const parent = name.slice(name.indexOf(".") + 1);
  return name.includes(".") && registrableDomain(parent) !== undefined ? parent : undefined;
}

/** The fewest steps that suffice, and among as many the ones of the lowest ranks; at most five are of any use. */
function cheapest(
  role: CompleteRole,
  steps: readonly Step[],
  suffices: (role: CompleteRole) => boolean,
): readonly Step[] | undefined {
  const cost = (some: readonly Step[]) => some.reduce((sum, { rank }) => sum + 2 ** rank, 0);
  for (let size = 1; size <= 5; size++) {
    const [best] = choices(steps, size)
      .filter((some) => suffices(some.reduce((changed, step) => step.apply(changed), role)))
      .sort((one, other) => cost(one) - cost(other));
    if (best !== undefined) return best;
  }
  return undefined;
}

/** All ways to take so many of the steps, in their order. */
function choices(steps: readonly Step[], size: number): readonly (readonly Step[])[] {
  if (size === 0) return [[]];
  return steps.flatMap((step, at) => choices(steps.slice(at + 1), size - 1).map((rest) => [step, ...rest]));
}

/** A name that a role issues though nobody asked for it. */
export interface UnintendedName {
  readonly name: string;
  /** What of the role lets it in. */
  readonly because: string;
}

/** A label that nobody has asked for. */
const stranger = "not-asked-for";

/**
 * Names that a role issues besides the ones it was made for: one example for each thing in the role that lets any in.
 * Each was put to the simulator.
 */
export function unintendedNames(role: VaultRole, names: readonly DnsName[]): readonly UnintendedName[] {
  const asked = new Set(names.map((name) => name.toLowerCase()));
  const isIssued = (name: string) => {
    const request = { common_name: role.require_cn === false ? "" : name, alt_names: [name] };
    return simulateRole(role, request, anyAge).dns.includes(name);
  };
  const found = new Map<string, UnintendedName>();
  for (const { name, because } of suspects(completeRole(role))) {
    if (!found.has(because) && !asked.has(name.toLowerCase()) && isIssued(name)) found.set(because, { name, because });
  }
  return [...found.values()];
}

/** Names that a role may issue, and what would let them in. */
function* suspects(role: CompleteRole): Generator<UnintendedName> {
  if (role.allow_any_name) {
    // Whatever else stands in the role makes no difference.
    yield { name: `${stranger}.example`, because: "allow_any_name" };
    return;
  }
  if (role.allow_localhost) yield { name: "localhost", because: "allow_localhost" };
  for (const domain of role.allowed_domains) {
    if (role.allow_bare_domains) yield { name: domain, because: `allow_bare_domains and ${show(domain)}` };
    if (role.allow_subdomains) {
      yield { name: `${stranger}.${domain}`, because: `allow_subdomains and ${show(domain)}` };
      const because = `allow_subdomains, allow_wildcard_certificates and ${show(domain)}`;
      if (role.allow_wildcard_certificates) yield { name: `*.${domain}`, because };
    }
    if (role.allow_glob_domains && domain.includes("*")) {
      const because = `allow_glob_domains and ${show(domain)}`;
      // A "*" reaches over dots, which surprises most; where it touches letters, one of its own may be all it needs.
      const fillings = [`${stranger}.${stranger}`, `${stranger}.x`, `x.${stranger}`, "x", ""];
      for (const filling of fillings) yield { name: domain.replaceAll("*", filling), because };
      if (domain === "*") yield { name: `${stranger}.example`, because };
    }
  }
}
