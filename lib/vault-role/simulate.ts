import { day, type Seconds } from "../config/duration";
import { ipAddress, isUri } from "./addresses";
import { goQuoted, goShown } from "./go-text";
import { asciiForm, isAscii } from "./idna";
import { allowsCommonName, allowsName, globFits, isHostname, sameIgnoringCase } from "./names";
import {
  anyKey,
  anyOtherName,
  type CompleteRole,
  completeRole,
  invalidRole,
  otherName,
  type VaultRole,
  wrongKey,
  wrongObjectId,
} from "./role";

/** What a role is asked for (`POST <mount>/issue/<name>`), under Vault's own names. */
export interface IssueRequest {
  readonly common_name?: string;
  /** DNS names and e-mail addresses. */
  readonly alt_names?: readonly string[];
  readonly ip_sans?: readonly string[];
  readonly uri_sans?: readonly string[];
  /** As `<oid>;UTF8:<value>`. */
  readonly other_sans?: readonly string[];
  /** Serial number of the subject; that of the certificate is Vault's. */
  readonly serial_number?: string;
  /** User ids of the subject. */
  readonly user_ids?: readonly string[];
  /** Type and size of the key, where the role's type is `any`. */
  readonly key_type?: string;
  readonly key_bits?: number;
  /** Whether the common name stays out of the alternative names. @default false */
  readonly exclude_cn_from_sans?: boolean;
  /** Lifetime in seconds; 0: the role's. @default 0 */
  readonly ttl?: Seconds;
}

/** What bounds lifetimes from outside the role. */
export interface IssueLimits {
  /** The mount's `default_lease_ttl`. */
  readonly mountDefault: Seconds;
  /** The mount's `max_lease_ttl`. Vault does not look at it where the role has a `max_ttl`. */
  readonly mountMax: Seconds;
  /** What is left of the issuing authority's lifetime. */
  readonly caLifetime: Seconds;
  /** The issuer's `leaf_not_after_behavior`: what becomes of a certificate that would outlive it. @default "err" */
  readonly leafNotAfterBehavior?: "err" | "truncate" | "permit";
}

/** A server's defaults, and an authority of five years. */
export const usualLimits: IssueLimits = { mountDefault: 32 * day, mountMax: 32 * day, caLifetime: 5 * 365 * day };

/** For questions about names alone: no lifetime is refused, whatever the age of the authority. */
export const anyAge: IssueLimits = { ...usualLimits, leafNotAfterBehavior: "permit" };

/** What Vault answers. */
export interface Verdict {
  readonly issued: boolean;
  /** Vault's sentences, when it refuses. */
  readonly errors: readonly string[];
  /** What Vault says besides, when it issues. */
  readonly warnings: readonly string[];
  /** DNS names of the certificate, sorted; a requested name that is no hostname is left out without a word. */
  readonly dns: readonly string[];
  readonly email: readonly string[];
  readonly ip: readonly string[];
  readonly uri: readonly string[];
  /** Lifetime in seconds; 0: refused. */
  readonly ttl: Seconds;
}

/** Why Vault refuses. */
export interface Refusal {
  readonly kind:
    | "invalid-role"
    | "no-common-name"
    | "no-ascii-form"
    | "common-name"
    | "serial-number"
    | "alternative-name"
    | "other-name"
    | "ip-forbidden"
    | "uri"
    | "user-id"
    | "outlives-authority"
    /** What no role allows, such as an address that is none. */
    | "invalid-request";
  /** What is refused; empty where it is nothing in particular. */
  readonly value: string;
  /** In Vault's words. */
  readonly sentence: string;
}

/**
 * What Vault would answer if a role were asked for a certificate: the rules of its PKI engine (1.14) in the engine's
 * order, which decides whose sentence is heard. Moments in sentences are given relative to `now`.
 */
export function simulateRole(role: VaultRole, request: IssueRequest, limits: IssueLimits): Verdict {
  const found = judgeRequest(completeRole(role), request, limits);
  const nothing = { warnings: [], dns: [], email: [], ip: [], uri: [], ttl: 0 };
  return "sentence" in found
    ? { issued: false, errors: [found.sentence], ...nothing }
    : { issued: true, errors: [], ...found };
}

type Certificate = Omit<Verdict, "issued" | "errors">;

/** The certificate that a role issues, or why it does not. */
export function judgeRequest(role: CompleteRole, request: IssueRequest, limits: IssueLimits): Certificate | Refusal {
  const wrong = invalidRole(role);
  if (wrong !== undefined) return refusal("invalid-role", "", wrong);
  const keyless = refusedKey(role, request);
  if (keyless !== undefined) return keyless;
  const names = requestedNames(role, request);
  if ("sentence" in names) return names;
  const ip = listed(request.ip_sans);
  const uri = listed(request.uri_sans);
  const refused =
    refusedCommonName(role, names) ??
    refusedSerialNumber(role, request.serial_number ?? "") ??
    refusedName(role, names) ??
    refusedOtherName(role, listed(request.other_sans)) ??
    refusedAddress(role, ip) ??
    refusedUri(role, uri);
  if (refused !== undefined) return refused;
  const lifetime = grantedLifetime(role, request.ttl ?? 0, limits);
  if ("sentence" in lifetime) return lifetime;
  const impossible = refusedUserId(role, request) ?? impossibleCertificate(role, request, names.email);
  if (impossible !== undefined) return impossible;
  // The role has a type of its own.
  const isIgnored = role.key_type !== anyKey && (request.key_type ?? request.key_bits) !== undefined;
  return {
    ttl: lifetime.ttl,
    warnings: [...lifetime.warnings, ...(isIgnored ? [ignoredKey] : [])],
    dns: sortedOnce(names.dns),
    email: sortedOnce(names.email),
    ip: ip.map((text) => ipAddress(text) ?? text),
    uri,
  };
}

const refusal = (kind: Refusal["kind"], value: string, sentence: string): Refusal => ({ kind, value, sentence });

const ignoredKey = "parameters key_type and key_bits ignored as role had specific values";

/** Why a role for keys of any type gets none that Vault makes. */
function refusedKey({ key_type, key_bits }: CompleteRole, request: IssueRequest): Refusal | undefined {
  if (key_type !== anyKey) return undefined;
  if (request.key_type === undefined) {
    const needs = "without providing key_type and/or key_bits request parameters";
    return refusal("invalid-request", "", `role key type "any" not allowed for issuing certificates ${needs}`);
  }
  const wrong = wrongKey(request.key_type, request.key_bits ?? key_bits);
  return wrong === undefined ? undefined : refusal("invalid-request", "", `failed to validate role: ${wrong}`);
}

/** What Vault finds out only when it makes key and certificate. */
function impossibleCertificate(
  { key_type }: CompleteRole,
  request: IssueRequest,
  emails: readonly string[],
): Refusal | undefined {
  if (key_type === anyKey && request.key_type === anyKey) {
    return refusal("invalid-request", "", `unknown key type: ${anyKey}`);
  }
  for (const name of listed(request.other_sans)) {
    const asked = otherName(name);
    const wrong = typeof asked === "string" ? undefined : wrongObjectId(asked.oid);
    if (wrong !== undefined) return refusal("invalid-request", name, `error marshaling other SANs: ${wrong}`);
  }
  const foreign = emails.find((email) => !isAscii(email));
  if (foreign === undefined) return undefined;
  const why = `x509: ${goQuoted(foreign)} cannot be encoded as an IA5String`;
  return refusal("invalid-request", foreign, `unable to create certificate: ${why}`);
}

/** A list as Vault reads it from a request: joined with commas and taken apart again. */
function listed(list: readonly string[] | undefined): readonly string[] {
  const joined = (list ?? []).join(",");
  return joined === "" ? [] : joined.split(",").map((text) => text.trim());
}

/** Without white space, empty texts and repetitions, in order of bytes. */
function sortedOnce(list: readonly string[]): readonly string[] {
  const once = new Set(list.map((text) => text.trim()).filter((text) => text !== ""));
  return [...once].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
}

interface Names {
  readonly common: string;
  readonly dns: readonly string[];
  readonly email: readonly string[];
}

/** What is asked for by name: e-mail addresses as they are, the rest in ASCII, as far as it is a hostname. */
function requestedNames(role: CompleteRole, request: IssueRequest): Names | Refusal {
  const { common_name: common = "", alt_names = [], exclude_cn_from_sans = false } = request;
  if (common === "" && role.require_cn) {
    return refusal(
      "no-common-name",
      "",
      'the common_name field is required, or must be provided in a CSR with "use_csr_common_name" set to true, unless "require_cn" is set to false',
    );
  }
  const dns: string[] = [];
  const email: string[] = [];
  const inNames = common === "" || exclude_cn_from_sans ? [] : [common];
  for (const name of [...inNames, ...sortedOnce(alt_names.join(",").split(","))]) {
    if (name.includes("@")) {
      email.push(name);
      continue;
    }
    const form = asciiForm(name);
    if ("error" in form) return refusal("no-ascii-form", name, form.error);
    if (isHostname(form.ascii)) dns.push(form.ascii);
  }
  return { common, dns, email };
}

function refusedCommonName(role: CompleteRole, { common }: Names): Refusal | undefined {
  return common === "" || allowsCommonName(role, common)
    ? undefined
    : refusal("common-name", common, `common name ${common} not allowed by this role`);
}

function refusedSerialNumber({ allowed_serial_numbers }: CompleteRole, number: string): Refusal | undefined {
  // An empty one, as of a trailing comma, allows nothing.
  return number === "" || allowed_serial_numbers.some((allowed) => allowed !== "" && globFits(allowed, number))
    ? undefined
    : refusal("serial-number", number, `serial_number ${number} not allowed by this role`);
}

function refusedUserId({ allowed_user_ids }: CompleteRole, { user_ids = [] }: IssueRequest): Refusal | undefined {
  const id = user_ids
    .map((text) => text.trim())
    .find((one) => !allowed_user_ids.some((allowed) => sameIgnoringCase(allowed, one) || globFits(allowed, one)));
  return id === undefined ? undefined : refusal("user-id", id, `user_id ${id} is not allowed by this role`);
}

function refusedName(role: CompleteRole, { dns, email }: Names): Refusal | undefined {
  const name = dns.find((one) => !allowsName(role, one));
  if (name !== undefined) {
    return refusal("alternative-name", name, `subject alternate name ${name} not allowed by this role`);
  }
  const address = email.find((one) => !allowsName(role, one));
  return address === undefined
    ? undefined
    : refusal("alternative-name", address, `email address ${address} not allowed by this role`);
}

function refusedOtherName(role: CompleteRole, names: readonly string[]): Refusal | undefined {
  const allowed = role.allowed_other_sans.map(otherName).filter((one) => typeof one !== "string");
  for (const name of names) {
    const asked = otherName(name);
    if (typeof asked === "string") {
      return refusal("invalid-request", name, `could not parse requested other SAN: ${asked}`);
    }
    if (anyOtherName(role)) continue;
    // Vault says which one it refuses, and where that is an empty text, it goes on as if there were none.
    if (asked.oid === "") continue;
    const same = allowed.filter(({ oid }) => oid === asked.oid);
    if (same.length === 0) return refusal("other-name", name, `other SAN OID ${asked.oid} not allowed by this role`);
    if (!same.some(({ value }) => globFits(value, asked.value))) {
      if (asked.value === "") return refusal("other-name", name, `other SAN OID ${asked.oid} not allowed by this role`);
      return refusal("other-name", name, `other SAN ${asked.value} not allowed for OID ${asked.oid} by this role`);
    }
  }
  return undefined;
}

function refusedAddress(role: CompleteRole, addresses: readonly string[]): Refusal | undefined {
  if (addresses.length > 0 && !role.allow_ip_sans) {
    const sentence = "IP Subject Alternative Names are not allowed in this role, but was provided";
    return refusal("ip-forbidden", addresses.join(" "), `${sentence} [${addresses.join(" ")}]`);
  }
  const none = addresses.find((address) => ipAddress(address) === undefined);
  return none === undefined
    ? undefined
    : refusal("invalid-request", none, `the value ${goQuoted(none)} is not a valid IP address`);
}

function refusedUri(role: CompleteRole, uris: readonly string[]): Refusal | undefined {
  const given = "URI Subject Alternative Names";
  for (const uri of uris) {
    if (role.allowed_uri_sans.length === 0) {
      return refusal("uri", uri, `${given} are not allowed in this role, but were provided via the API`);
    }
    if (!role.allowed_uri_sans.some((allowed) => globFits(allowed, uri))) {
      return refusal("uri", uri, `${given} were provided via the API which are not valid for this role`);
    }
    if (!isUri(uri)) {
      const sentence = `the provided URI Subject Alternative Name ${goQuoted(uri)} is not a valid URI`;
      return refusal("invalid-request", uri, sentence);
    }
  }
  return undefined;
}

/** The lifetime that is granted: asked for, else the role's, else the mount's, and at most the maximum. */
function grantedLifetime(
  role: CompleteRole,
  asked: Seconds,
  { mountDefault, mountMax, caLifetime, leafNotAfterBehavior = "err" }: IssueLimits,
): { readonly ttl: Seconds; readonly warnings: readonly string[] } | Refusal {
  const wanted = asked || role.ttl || mountDefault;
  const longest = role.max_ttl || mountMax;
  const ttl = Math.min(wanted, longest);
  const shown = [wanted, longest].map((length) => goQuoted(goShown(length)));
  const warnings =
    wanted > longest ? [`TTL ${shown[0]} is longer than permitted maxTTL ${shown[1]}, so maxTTL is being used`] : [];
  if (ttl <= caLifetime || leafNotAfterBehavior === "permit") return { ttl, warnings };
  if (leafNotAfterBehavior === "truncate") return { ttl: caLifetime, warnings };
  return refusal(
    "outlives-authority",
    "",
    `cannot satisfy request, as TTL would result in notAfter of now + ${goShown(ttl)} that is beyond the expiration of the CA certificate at now + ${goShown(caLifetime)}`,
  );
}
