import type { Seconds } from "../config/duration";
import { goQuoted } from "./go-text";

/**
 * The fields of a role (`POST <mount>/roles/<name>`) that decide what it issues, under Vault's own names, so that a
 * role read from a server can be judged as it is. What is absent has Vault's default.
 */
export interface VaultRole {
  /** @default [] */
  readonly allowed_domains?: readonly string[];
  /** Whether a name that is an allowed domain itself is issued. @default false */
  readonly allow_bare_domains?: boolean;
  /** Whether names below the allowed domains are issued, at any depth, and wildcards right below them. @default false */
  readonly allow_subdomains?: boolean;
  /** Whether `*` in allowed domains stands for anything, dots included. @default false */
  readonly allow_glob_domains?: boolean;
  /** Whether names with a wildcard are issued, where another rule allows the name. @default true */
  readonly allow_wildcard_certificates?: boolean;
  /** Whether `localhost` and `localdomain` are issued. @default true */
  readonly allow_localhost?: boolean;
  /** Whether any name is issued; `enforce_hostnames` and `allow_wildcard_certificates` still hold. @default false */
  readonly allow_any_name?: boolean;
  /** Whether names must be hostnames. @default true */
  readonly enforce_hostnames?: boolean;
  /** @default true */
  readonly allow_ip_sans?: boolean;
  /** URIs that are issued, `*` for anything; none: no URI is. @default [] */
  readonly allowed_uri_sans?: readonly string[];
  /** Other names that are issued, as `<oid>;UTF8:<value>` with `*` for anything, or `*` alone. @default [] */
  readonly allowed_other_sans?: readonly string[];
  /** Serial numbers of the subject that are issued, `*` for anything; none: no serial number is. @default [] */
  readonly allowed_serial_numbers?: readonly string[];
  /** User ids of the subject that are issued, `*` for anything; none: no user id is. @default [] */
  readonly allowed_user_ids?: readonly string[];
  /** Whether a request must have a common name. @default true */
  readonly require_cn?: boolean;
  /** What a common name may be: `hostname`, `email` or both; `disabled`: anything. @default ["email", "hostname"] */
  readonly cn_validations?: readonly string[];
  /** `any`: the request says which. @default "rsa" */
  readonly key_type?: string;
  /** Size of the key; 0: the usual one of its type. @default 0 */
  readonly key_bits?: number;
  /** Lifetime of a certificate whose request names none, in seconds; 0: the mount's default. @default 0 */
  readonly ttl?: Seconds;
  /** The longest lifetime, in seconds; 0: the mount's maximum. @default 0 */
  readonly max_ttl?: Seconds;
}

/** A role with nothing left to a default. */
export type CompleteRole = Required<VaultRole>;

/** The role as Vault stores it: defaults filled in, lists without white space around their members. */
export function completeRole(role: VaultRole): CompleteRole {
  const trimmed = (list: readonly string[]) => list.map((text) => text.trim());
  return {
    allow_bare_domains: false,
    allow_subdomains: false,
    allow_glob_domains: false,
    allow_wildcard_certificates: true,
    allow_localhost: true,
    allow_any_name: false,
    enforce_hostnames: true,
    allow_ip_sans: true,
    require_cn: true,
    key_type: "rsa",
    key_bits: 0,
    ttl: 0,
    max_ttl: 0,
    ...role,
    allowed_domains: trimmed(role.allowed_domains ?? []),
    allowed_uri_sans: trimmed(role.allowed_uri_sans ?? []),
    allowed_other_sans: trimmed(role.allowed_other_sans ?? []),
    allowed_serial_numbers: trimmed(role.allowed_serial_numbers ?? []),
    allowed_user_ids: trimmed(role.allowed_user_ids ?? []),
    cn_validations: role.cn_validations?.length
      ? trimmed(role.cn_validations).map((kind) => kind.toLowerCase())
      : ["email", "hostname"],
  };
}

/** Why Vault would not store the role in the first place. */
export function invalidRole(role: CompleteRole): string | undefined {
  const { ttl, max_ttl, key_type, key_bits, cn_validations, allowed_other_sans } = role;
  const wrongName = anyOtherName(role) ? undefined : allowed_other_sans.map(otherName).find(isMistake);
  if (wrongName !== undefined) return `error parsing allowed_other_sans: ${wrongName}`;
  if (max_ttl > 0 && ttl > max_ttl) return '"ttl" value must be less than "max_ttl" value';
  return wrongKey(key_type, key_bits) ?? wrongValidations(cn_validations);
}

/** Why Vault would make no key of this type and size. */
export function wrongKey(type: string, bits: number): string | undefined {
  if (type === "rsa" && bits !== 0 && bits < 2048) {
    return `RSA keys < 2048 bits are unsafe and not supported: got ${bits}`;
  }
  if (type === "rsa" && ![0, 2048, 3072, 4096, 8192].includes(bits)) {
    return `unsupported bit length for RSA key: ${bits}`;
  }
  if (type === "ec" && ![0, 224, 256, 384, 521].includes(bits)) return `unsupported bit length for EC key: ${bits}`;
  return ["rsa", "ec", "ed25519", anyKey].includes(type) ? undefined : `unknown key type ${type}`;
}

/** The key's type of a role which leaves it to the request. */
export const anyKey = "any";

function wrongValidations(kinds: readonly string[]): string | undefined {
  for (const [at, kind] of kinds.entries()) {
    if (!["disabled", "email", "hostname"].includes(kind)) {
      return `cn_validations value incorrect: unknown type: \`${kind}\``;
    }
    if (kinds.indexOf(kind) < at) return `cn_validations value incorrect: \`${kind}\` specified multiple times`;
  }
  if (!kinds.includes("disabled") || kinds.length === 1) return undefined;
  return "cn_validations value incorrect: cannot specify `disabled` along with `email` or `hostname`";
}

const isMistake = (parsed: ReturnType<typeof otherName>) => typeof parsed === "string";

/** Whether the role allows other names of every kind. */
export function anyOtherName({ allowed_other_sans: [first, ...more] }: CompleteRole): boolean {
  return first === "*" && more.length === 0;
}

/** The parts of another name, `<oid>;UTF8:<value>`, or what is wrong with it. */
export function otherName(text: string): { readonly oid: string; readonly value: string } | string {
  const [, oid, rest] = /^([^;]*);(.*)$/s.exec(text) ?? [];
  if (oid === undefined || rest === undefined) return `expected a semicolon in other SAN ${goQuoted(text)}`;
  const [, type, value] = /^([^:]*):(.*)$/s.exec(rest) ?? [];
  if (type === undefined || value === undefined) return `expected a colon in other SAN ${goQuoted(text)}`;
  if (/^utf-?8$/i.test(type)) return { oid, value };
  return `only utf8 other SANs are supported; found non-supported type in other SAN ${goQuoted(text)}`;
}

/** Why an object identifier cannot be written into a certificate, in Go's words. Roles may hold it all the same. */
export function wrongObjectId(text: string): string | undefined {
  const parts = text.split(".");
  for (const part of parts) {
    const mistake = wrongNumber(part);
    if (mistake !== undefined) return `strconv.Atoi: parsing ${goQuoted(part)}: ${mistake}`;
  }
  const numbers = parts.map((part) => BigInt(part.replace(/^\+/, "")));
  const [first = 0n, second] = numbers;
  const fits =
    second !== undefined && first <= 2n && (first === 2n || second < 40n) && numbers.every((one) => one >= 0n);
  return fits ? undefined : `cryptobyte: invalid OID: ${numbers.join(".")}`;
}

/** Why Go reads no whole number, in its words. */
function wrongNumber(text: string): string | undefined {
  if (!/^[+-]?[0-9]+$/.test(text)) return "invalid syntax";
  const number = BigInt(text.replace(/^\+/, ""));
  return BigInt.asIntN(64, number) === number ? undefined : "value out of range";
}
