import { asciiForm, isAscii } from "./idna";
import type { CompleteRole } from "./role";

const label = "([a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])";
const hostname = new RegExp(`^(\\*\\.)?(${label}\\.)*${label}\\.?$`);
/** A leftmost label with its one wildcard at any place: `*`, `*-x`, `x-*` or `x*y` (RFC 6125, 6.4.3). */
const wildcardLabel = new RegExp(`^(\\*|\\*${label}|${label}\\*|${label}\\*${label})$`);

/** Whether Vault takes the text for a hostname, which may begin with a wildcard label and end in a dot. */
export function isHostname(text: string): boolean {
  return hostname.test(text);
}

/**
 * Whether a pattern with any number of `*` fits the whole text. A `*` stands for anything, dots and nothing included;
 * no other character is special.
 */
export function globFits(pattern: string, text: string): boolean {
  const [first = "", ...rest] = pattern.split("*");
  const last = rest.pop();
  if (last === undefined) return pattern === text;
  if (!text.startsWith(first)) return false;
  let from = first.length;
  for (const part of rest) {
    const found = text.indexOf(part, from);
    if (found < 0) return false;
    from = found + part.length;
  }
  return text.length - from >= last.length && text.endsWith(last);
}

/** What Vault makes of a name before it compares it with what a role allows. */
interface Taken {
  /** The name as it was asked for. */
  readonly name: string;
  /** What is behind the `@` of an e-mail address and behind the label with the wildcard. */
  readonly reduced: string;
  readonly isEmail: boolean;
  /** The label with the wildcard, where there is one. */
  readonly wildcard?: string;
}

/** Whether a role allows a name, be it a hostname or an e-mail address. */
export function allowsName(role: CompleteRole, name: string): boolean {
  const taken = take(name);
  if (taken === undefined) return false;
  // Wildcards that are not allowed and names that are no hostnames are refused even where any name is allowed.
  if (taken.wildcard !== undefined && !role.allow_wildcard_certificates) return false;
  if (role.enforce_hostnames && !isWellFormed(taken)) return false;
  return role.allow_any_name || allowsLocalhost(role, taken) || role.allowed_domains.some(allowedBy(role, taken));
}

/** Whether a role allows a name as the common name. */
export function allowsCommonName(role: CompleteRole, name: string): boolean {
  const kinds = role.cn_validations;
  if (kinds.includes("disabled")) return true;
  return allowsName(role, name) && kinds.includes(name.includes("@") ? "email" : "hostname");
}

/** The parts of a name; `undefined` if no role can allow it. */
function take(name: string): Taken | undefined {
  const [, domain, ...more] = name.split("@");
  if (more.length > 0) return undefined;
  const isEmail = domain !== undefined;
  const host = domain ?? name;
  if (!host.includes("*")) return { name, reduced: host, isEmail };
  // At most one wildcard, in the leftmost label (RFC 6125), and none behind an "@".
  const dot = host.indexOf(".");
  const wildcard = dot < 0 ? host : host.slice(0, dot);
  const reduced = dot < 0 ? "" : host.slice(dot + 1);
  if (isEmail || wildcard.split("*").length !== 2 || reduced.includes("*")) return undefined;
  return { name, reduced, isEmail, wildcard };
}

/** `enforce_hostnames`: the name without its user and its wildcard label is a hostname, and that label is well made. */
function isWellFormed({ reduced, wildcard }: Taken): boolean {
  if (wildcard !== undefined && !wildcardLabel.test(wildcard)) return false;
  // Nothing is left of a wildcard that stands alone.
  if (reduced === "") return true;
  const form = asciiForm(reduced);
  return "ascii" in form && isHostname(form.ascii);
}

/** `allow_localhost`: the two names of one's own machine, and with `allow_subdomains` what lies below them. */
function allowsLocalhost(role: CompleteRole, { reduced }: Taken): boolean {
  // A wildcard's label is not part of the reduced name, so that "*.localhost" needs no subdomains.
  return (
    role.allow_localhost &&
    ["localhost", "localdomain"].some(
      (base) => reduced === base || (role.allow_subdomains && reduced.endsWith(`.${base}`)),
    )
  );
}

/** Whether one entry of `allowed_domains` allows the name; an empty one, as of a trailing comma, allows nothing. */
function allowedBy(role: CompleteRole, { name, reduced, isEmail, wildcard }: Taken): (domain: string) => boolean {
  return (domain) => {
    if (domain === "") return false;
    // Letter case is ignored where whole names are compared, and matters below a domain.
    const bare = sameIgnoringCase(name, domain) || (isEmail && sameIgnoringCase(reduced, domain));
    const below = reduced.endsWith(`.${domain}`) || (wildcard !== undefined && sameIgnoringCase(reduced, domain));
    return (
      (role.allow_bare_domains && bare) ||
      (role.allow_subdomains && below) ||
      (role.allow_glob_domains && domain.includes("*") && globFits(domain, name))
    );
  };
}

/** Whether two texts differ in the case of letters alone, as Go sees it: `s` and `ſ` do, `ss` and `ß` do not. */
export function sameIgnoringCase(a: string, b: string): boolean {
  if (isAscii(a) && isAscii(b)) return a.toLowerCase() === b.toLowerCase();
  // With both flags an expression ignores case by Unicode's simple folding, which Go has too.
  return new RegExp(`^${a.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&")}$`, "iu").test(b);
}
