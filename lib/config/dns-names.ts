import { isIP } from "node:net";
import { show } from "./report";

/**
 * A DNS name as every stack receives it: lower case, ASCII (`xn--` where it was not), no trailing dot, at most one
 * wildcard, as the whole leftmost label.
 */
export type DnsName = string;

/** A name in its normal form, or why it is none. */
export type ParsedName =
  | { readonly name: DnsName; readonly advice?: string | undefined; readonly mistake?: undefined }
  | { readonly name?: undefined; readonly mistake: string };

/** The longest common name a certificate can carry, in characters (RFC 5280, ub-common-name). */
export const commonNameLimit = 64;

/**
 * Reads a DNS name the way a certificate authority would: RFC 1035 lengths, RFC 5890 letter-digit-hyphen labels,
 * UTS #46 for names that are not ASCII, RFC 6125 wildcards.
 */
export function parseName(text: string): ParsedName {
  const mistake = kindMistake(text) ?? wildcardMistake(text);
  if (mistake !== undefined) return { mistake };
  const wildcard = text.startsWith("*.");
  const host = (wildcard ? text.slice(2) : text).replace(/\.$/, "");
  if (host.length > mostEncoded && !isPlain(host)) {
    return {
      mistake: `has ${host.length} characters, more than a DNS name has octets (RFC 1035); write a shorter one`,
    };
  }
  const encoded = encode(host);
  if (encoded === undefined) {
    return { mistake: "is no valid internationalised name (UTS #46); check its letters and their direction" };
  }
  const name = wildcard ? `*.${encoded}` : encoded;
  const shape = shapeMistake(encoded, name);
  if (shape !== undefined) return { mistake: shape };
  const scripts = mixedScripts(host);
  return {
    name,
    advice:
      scripts && `mixes ${scripts} letters in one label, which can look like another name; check that it is meant`,
  };
}

/** Why the text is no DNS name of one thing, if it is none. */
export function hostProblem(text: string, wanted: string): string | undefined {
  const { name, mistake } = parseName(text);
  // It may be a field that is needed.
  if (text === "") return `is empty; write ${wanted}`;
  return name?.startsWith("*.") ? `is a wildcard; write ${wanted}` : mistake;
}

/** Whether the host of an address, as `URL` has it, is the machine itself. */
export function isLoopback(hostname: string): boolean {
  return /^(127(\.\d+){3}|\[::1\]|(.+\.)?localhost)$/.test(hostname);
}

/** The wildcard that covers a name in certificates (RFC 6125): in the place of its leftmost label. */
export function wildcardOver(name: DnsName): DnsName {
  return name.replace(/^[^.]*/, "*");
}

/** The name without its wildcard label: what is proved for it, in DNS. */
export function withoutWildcard(name: DnsName): DnsName {
  return name.startsWith("*.") ? name.slice(2) : name;
}

/** The name as part of an id, which has no "*". No label starts with a hyphen, so no other name has the same part. */
export function nameInId(name: DnsName): string {
  return name.replace("*", "-wildcard");
}

/** Whether the name is the zone's own or lies below it. */
export function isUnder(name: DnsName, zone: DnsName): boolean {
  return name === zone || name.endsWith(`.${zone}`);
}

/** The name itself and every domain that it lies in, the longest first. */
export function domainsAround(name: DnsName): readonly DnsName[] {
  const labels = name.split(".");
  return labels.map((_, position) => labels.slice(position).join("."));
}

/** The zone with the longest name that the given name lies in. */
export function closestZone(name: DnsName, zones: readonly DnsName[]): DnsName | undefined {
  return domainsAround(name).find((domain) => zones.includes(domain));
}

/**
 * The name that stands in the subject: the first in sorted order that is no wildcard and fits 64 characters, else the
 * first that fits; `undefined` if none does.
 */
export function commonNameOf(names: readonly DnsName[]): DnsName | undefined {
  const fitting = names.filter((name) => name.length <= commonNameLimit);
  return fitting.find((name) => !name.startsWith("*.")) ?? fitting[0];
}

/** The public suffix list. Loaded only where it is asked: it is larger than everything else a synthesis needs. */
const suffixList = () => require("tldts") as typeof import("tldts");

/** The registrable domain of a name (public suffix list), if it has one. */
export function registrableDomain(name: DnsName): string | undefined {
  return suffixList().getDomain(withoutWildcard(name)) ?? undefined;
}

/** Top-level domains of which the list has nothing but themselves, so that most configs need no look into it. */
const plainTopLevels: readonly string[] = ["app", "cloud", "com", "dev", "net", "org"];

/**
 * Why no public authority issues for the name, if none does: its domain must be one that is registered (Baseline
 * Requirements of the CA/Browser Forum, 4.2.2 for internal names and 3.2.2.6 for wildcards).
 *
 * @param authority - as the message calls it
 */
export function publicNameProblem(name: DnsName, authority: string): string | undefined {
  const domain = withoutWildcard(name);
  const labels = domain.split(".");
  const top = labels.at(-1) ?? "";
  if (labels.length === 1) {
    return `has one label, and ${authority} issues for domain names of two or more; write the whole name`;
  }
  // RFC 2606 keeps "example" for what is written about names: a config that is an example must pass.
  if (plainTopLevels.includes(top) || top === "example") return undefined;
  const { isIcann, publicSuffix } = suffixList().parse(domain);
  if (!isIcann) {
    return `ends in ${show(top)}, which is no public top-level domain, and ${authority} issues for public names only; write one, or let a private authority sign: pipeline-tls, vault-pki-k8s or cas-short-lived`;
  }
  if (publicSuffix === domain) {
    return `is ${show(name)}: below ${show(domain)} anybody registers names, and ${authority} issues for registered ones only; write the whole name`;
  }
  return undefined;
}

function kindMistake(text: string): string | undefined {
  if (text === "") return "is empty; write a DNS name or leave it out";
  if (/\s/u.test(text)) return "contains white space; write the DNS name alone";
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(text) || text.includes("/")) return "is a URL; write only its host name";
  if (text.includes("@")) return "is an e-mail address; write a DNS name";
  if (isIP(text.replace(/^\[|\]$/g, "")) !== 0) return "is an IP address; write a DNS name";
  if (text.includes(":")) return "contains a port; write only the host name";
  if (text.includes("_")) return 'contains "_"; host names have letters, digits and hyphens only (RFC 1123)';
  return undefined;
}

function wildcardMistake(text: string): string | undefined {
  const stars = text.split("*").length - 1;
  if (stars === 0) return undefined;
  if (text === "*" || text === "*.") return 'is a wildcard with no domain; write "*." and the domain it covers';
  if (stars > 1)
    return "has more than one wildcard; one, as the leftmost label, is all a certificate can have (RFC 6125)";
  if (!text.startsWith("*."))
    return 'has its wildcard in the wrong place; "*" must be the whole leftmost label (RFC 6125)';
  return undefined;
}

/** More characters than become 253 octets, though UTS #46 composes some: encoding takes the square of their number. */
const mostEncoded = 1_000;

/** Whether a name is ASCII as it stands. */
const isPlain = (host: string) => /^[\x21-\x7e]*$/.test(host) && !/(^|\.)xn--/i.test(host);

/** Lower-case ASCII form, or `undefined` where UTS #46 has none. */
function encode(host: string): string | undefined {
  // UTS #46 maps plain ASCII to its lower case and nothing else, so its tables are loaded for other names only.
  if (isPlain(host)) return host.toLowerCase();
  const { toASCII } = require("tr46") as typeof import("tr46");
  return (
    toASCII(host, {
      checkBidi: true,
      checkHyphens: true,
      checkJoiners: true,
      useSTD3ASCIIRules: true,
      verifyDNSLength: false,
    }) ?? undefined
  );
}

function shapeMistake(host: string, name: string): string | undefined {
  if (name.length > 253) return `has ${name.length} octets, a DNS name at most 253 (RFC 1035); write a shorter one`;
  const labels = host.split(".");
  if (labels.includes("")) return 'has an empty label; write one "." between labels and none in front';
  for (const label of labels) {
    if (label.length > 63)
      return `has a label of ${label.length} octets, at most 63 fit (RFC 1035); write a shorter one`;
    if (label.startsWith("-") || label.endsWith("-")) {
      return `has the label ${show(label)}; a label neither starts nor ends with "-" (RFC 1123)`;
    }
    const odd = /[^a-z0-9-]/.exec(label)?.[0];
    if (odd !== undefined) return `contains ${show(odd)}; host names have letters, digits and hyphens only (RFC 1123)`;
    if (label.slice(2, 4) === "--" && !label.startsWith("xn--")) {
      return `has the label ${show(label)}; "--" in third and fourth place is reserved for encoded names (RFC 5891)`;
    }
  }
  if (/^(\d+|0x[0-9a-f]*)$/.test(labels.at(-1) ?? "")) {
    return "ends in a number, as an IP address would; write a DNS name";
  }
  return undefined;
}

/** Scripts that are one writing system together (UTS #39, highly restrictive level). */
const writingSystems: readonly (readonly string[])[] = [
  ["Latin", "Han", "Hiragana", "Katakana"],
  ["Latin", "Han", "Bopomofo"],
  ["Latin", "Han", "Hangul"],
];
const scripts = [
  ...[
    "Latin",
    "Cyrillic",
    "Greek",
    "Armenian",
    "Georgian",
    "Hebrew",
    "Arabic",
    "Devanagari",
    "Bengali",
    "Tamil",
    "Thai",
  ],
  ...["Han", "Hiragana", "Katakana", "Bopomofo", "Hangul", "Cherokee", "Ethiopic", "Khmer", "Lao", "Myanmar"],
].map((script) => ({ script, pattern: new RegExp(`\\p{Script=${script}}`, "u") }));

/** The scripts that one label mixes though no writing system does, as a phrase. */
function mixedScripts(host: string): string | undefined {
  const unicode = /(^|\.)xn--/i.test(host) ? (require("tr46") as typeof import("tr46")).toUnicode(host).domain : host;
  if (/^[\x21-\x7e]*$/.test(unicode)) return undefined;
  for (const label of unicode.split(/[.\u3002\uff0e\uff61]/u)) {
    const found = scripts.filter(({ pattern }) => pattern.test(label)).map(({ script }) => script);
    const together = writingSystems.some((system) => found.every((script) => system.includes(script)));
    if (found.length > 1 && !together) return found.join(" and ");
  }
  return undefined;
}
