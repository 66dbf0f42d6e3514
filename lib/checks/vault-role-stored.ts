import { goQuoted } from "./go-text";
import type { CompleteRole, VaultRole } from "./vault-role";

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
    cn_validations: role.cn_validations?.length
      ? trimmed(role.cn_validations).map((kind) => kind.toLowerCase())
      : ["email", "hostname"],
  };
}

/** Why Vault would not store the role in the first place, or issue nothing from it. */
export function invalidRole(role: CompleteRole): string | undefined {
  const { ttl, max_ttl, key_type, key_bits, cn_validations, allowed_other_sans } = role;
  const wrongName = anyOtherName(role) ? undefined : allowed_other_sans.map(otherName).find(isMistake);
  if (wrongName !== undefined) return `error parsing allowed_other_sans: ${wrongName}`;
  if (max_ttl > 0 && ttl > max_ttl) return '"ttl" value must be less than "max_ttl" value';
  return wrongKey(key_type, key_bits) ?? wrongValidations(cn_validations);
}

function wrongKey(type: string, bits: number): string | undefined {
  if (type === "rsa" && bits !== 0 && bits < 2048) {
    return `RSA keys < 2048 bits are unsafe and not supported: got ${bits}`;
  }
  if (type === "rsa" && ![0, 2048, 3072, 4096, 8192].includes(bits)) {
    return `unsupported bit length for RSA key: ${bits}`;
  }
  if (type === "ec" && ![0, 224, 256, 384, 521].includes(bits)) return `unsupported bit length for EC key: ${bits}`;
  if (type === "any") {
    // Stored, but only for who brings a key along.
    return 'role key type "any" not allowed for issuing certificates without providing key_type and/or key_bits request parameters';
  }
  return ["rsa", "ec", "ed25519"].includes(type) ? undefined : `unknown key type ${type}`;
}

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
