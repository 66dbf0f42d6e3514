import type { VaultRole } from "../../../lib/vault-role/role";
import type { IssueRequest } from "../../../lib/vault-role/simulate";

/** A role and what it is asked for. */
export interface Pair {
  readonly role: VaultRole;
  readonly request: IssueRequest;
}

const domains = [
  "localdomain",
  "example.com",
  "example.org",
  "api.example.com",
  "a.b.c.example.com",
  "svc.cluster.local",
  "ai.internal",
  "co.uk",
  "xn--bcher-kva.example",
];
const globs = [
  "*",
  "*.example.com",
  "*.*.example.com",
  "foo*.example.org",
  "ex*mple.com",
  "api-*.example.com",
  "*-internal.ai.internal",
  "foo*bar*.example.org",
];
const labels = [
  "a",
  "1",
  "www",
  "api",
  "ai-api",
  "ai_api",
  "x-1",
  "UP",
  "-bad",
  "bad-",
  "_srv",
  "xn--fiq",
  "deep.sub",
  "*",
  "*.deep",
  "foo*",
  "f*o",
  "a".repeat(63),
  "b".repeat(64),
];
/** What belongs to no domain, or breaks a rule by itself. */
const oddNames = [
  "localhost",
  "sub.localhost",
  "*.localhost",
  "*.localdomain",
  "example",
  "x",
  "10.0.0.1",
  "example.com.",
  "EXAMPLE.com",
  "EXAMPLE.COM",
  "api..example.com",
  ".example.com",
  "example.com..",
  "Not A Host",
  " example.com",
  "spiffe://x/y",
  "*.com",
  "*",
  "*.*",
  "**.example.com",
  "a.*.example.com",
  "user@example.com",
  "user@EXAMPLE.com",
  "user@api.example.com",
  "user@*.example.com",
  "a@b@example.com",
  "user@",
  "user@localhost",
  "bücher.example",
  "BÜCHER.example",
  "*.bücher.example",
  "user@bücher.example",
  "日本.example.org",
  "xn--.example.com",
  "xn---.example.com",
  "xn--a-.example.com",
  "xn--99999999.example.com",
  "XN--BCHER-KVA.example",
  "xn--BCHER-kva.example",
  `${"c".repeat(60)}.${"d".repeat(60)}.${"e".repeat(60)}.${"f".repeat(60)}.example.com`,
  `${"c".repeat(60)}.${"d".repeat(60)}.${"e".repeat(60)}.${"f".repeat(57)}.example.com`,
];
const uris = ["spiffe://example.com/ns/ai/sa/x", "spiffe://evil.example/x", "https://example.com/x", "nouri"];
const allowedUris = ["*", "spiffe://example.com/*", "spiffe://example.com/ns/ai/*", "https://example.com/x"];
const addresses = ["10.0.0.1", "192.0.2.7", "::1", "::ffff:192.0.2.1", "2001:DB8:0:0::0:1", "010.0.0.1", "not-an-ip"];
const upn = "1.3.6.1.4.1.311.20.2.3";
const otherNames = [`${upn};UTF8:ai`, `${upn};utf-8:api`, "1.2.3;UTF8:x", "1.2.3;IA5:x", "1.2.3;x", "x"];
const allowedOtherNames = [["*"], [`${upn};UTF8:a*`], [`${upn};UTF8:ai`, "1.2.3;UTF8:y"], ["1.2.3;UTF8:*"], ["x"]];
/** Of which Go writes only some into a certificate. */
const objectIds = ["1..2", "1.2.", "", "1", "a.b", "1.2.-3", "1.40.1", "4.1", "2.999.1", "+1.02.3", "1.2 .3", "1.2.3"];
const largeObjectIds = ["1.2.9223372036854775807", "1.2.9223372036854775808", "1.2.99999999999999999999"];
const subjects = ["ai-1", "AI-1", "ai-2", " ai-1", "x", "ai-1-x", "a,b", "", "ſ", "ß"];
const allowedSubjects = [["*"], ["ai-*"], ["ai-1", "AI-2"], ["", " ai-1 "], ["*-1"], ["a,b"], ["s", "SS"]];
const keyTypes = ["ec", "ec", "ed25519", "any", "dsa", "EC", ""];
/** Fields that are not simulated, with values that change no verdict and with some that do. */
const fieldsBeside: readonly Readonly<Record<string, unknown>>[] = [
  { client_flag: true, server_flag: false, use_csr_sans: true, generate_lease: false, use_pss: true },
  { country: ["DE"], organization: ["AI"], ou: "x", locality: [], province: [""], street_address: [], postal_code: [] },
  { key_usage: ["Nope"], ext_key_usage: [], ext_key_usage_oids: ["1.3.6.1.5.5.7.3.17"], name: "x", backend: "y" },
  {
    signature_bits: 256,
    not_before_duration: 30,
    policy_identifiers: ["1.2.3"],
    basic_constraints_valid_for_non_ca: true,
  },
  { not_after: "", not_before_duration: "2160h", issuer_ref: "default", allowed_domains_template: true },
  { allowed_uri_sans_template: true, not_before_bound: "forbid", not_after_bound: "forbid", not_before: "" },
  { ext_key_usage_oids: ["2.999.1"], serial_number_source: "json-csr", no_store_metadata: true, issuer_ref: null },
  { issuer_ref: "nope" },
  { not_after: "2020-01-01T00:00:00Z" },
  { not_after: "2027-06-01T00:00:00Z" },
  { not_before_duration: "x" },
  { not_before: "x" },
  { not_after_bound: "x" },
  { ext_key_usage_oids: ["1"] },
  { policy_identifiers: ["4.5"] },
  { policy_identifiers: ["1.2.3", "1.2.3"] },
  { server_flag: "x" },
  { country: { a: "b" } },
];
const requestsBeside: readonly Readonly<Record<string, unknown>>[] = [
  { format: "der", private_key_format: "pkcs8", remove_roots_from_chain: true, issuer_ref: "nope" },
  { not_before: "" },
  { format: "pem_bundle", private_key_format: "x", remove_roots_from_chain: false },
  { format: "x" },
  { not_after: "" },
  { not_after: "2027-06-01T00:00:00Z" },
  { not_after: "2099-01-01T00:00:00Z" },
  { not_before: "x" },
  { remove_roots_from_chain: "x" },
];
const plainRole: VaultRole = {
  allowed_domains: ["example.com"],
  allow_bare_domains: true,
  cn_validations: ["hostname"],
  ttl: 3_600,
  max_ttl: 7_200,
};
const plainRequest: IssueRequest = { common_name: "example.com" };
const hours = (count: number) => count * 3_600;

/** Numbers from 0 to 1 that look random and are the same for the same seed (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Names as Vault 1.14 orders and trims them; OpenBao keeps their order and white space in front of them. */
export function inOrder(names: readonly string[] = []): readonly string[] {
  const once = new Set(names.map((text) => text.trim()));
  return [...once].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
}

/** Roles and requests near the edges of what each role allows, always the same for one seed. */
export function* vaultPairs(seed: number): Generator<Pair> {
  const random = seeded(seed);
  const chance = (probability: number) => random() < probability;
  const one = <Value>(values: readonly Value[]) => values[Math.floor(random() * values.length)] as Value;
  const some = <Value>(most: number, draw: () => Value) =>
    Array.from({ length: Math.floor(random() * (most + 1)) }, draw);
  const domain = () => {
    const base = chance(0.8) ? one(domains) : one(globs);
    return chance(0.25) ? `${one(labels)}.${base}` : base;
  };
  /** A name that has to do with an allowed domain: itself, below it, or one that its `*` could stand for. */
  const near = (allowed: readonly string[]) => {
    const base = allowed.length > 0 && chance(0.75) ? one(allowed) : domain();
    if (chance(0.15)) return one(oddNames);
    const filled = chance(0.5) ? base.replace(/\*/g, () => one(["", "a", "x", "a.b", "api"])) : base;
    const name = chance(0.45) ? `${one(labels)}.${filled}` : filled;
    if (chance(0.04)) return `user@${name}`;
    return chance(0.06) ? name.toUpperCase() : name;
  };
  while (true) {
    const allowed = [domain(), ...some(2, domain)];
    const maxTtl = one([0, hours(2), hours(24), hours(720), hours(8_760)]);
    const ttls = [0, hours(1), hours(2), hours(24), hours(720)].filter((ttl) => maxTtl === 0 || ttl <= maxTtl);
    const whole: VaultRole = {
      allowed_domains: allowed,
      allow_bare_domains: chance(0.5),
      allow_subdomains: chance(0.65),
      allow_glob_domains: chance(0.4),
      allow_wildcard_certificates: chance(0.65),
      allow_localhost: chance(0.4),
      allow_any_name: chance(0.12),
      enforce_hostnames: chance(0.7),
      allow_ip_sans: chance(0.5),
      allowed_uri_sans: chance(0.25) ? [one(allowedUris), ...some(1, () => one(allowedUris))] : [],
      allowed_other_sans: chance(0.06) ? one(allowedOtherNames) : [],
      require_cn: chance(0.8),
      cn_validations: chance(0.15)
        ? one([["disabled"], ["email"], ["hostname"], ["email", "Hostname"]])
        : ["email", "hostname"],
      ttl: chance(0.02) ? hours(10_000) : one(ttls),
      max_ttl: maxTtl,
    };
    // Names come in order then: OpenBao does not sort them, and tells of another bad one than Vault 1.14.
    const beside = chance(0.3);
    const otherKey = beside && chance(0.25);
    const otherType = {
      key_type: otherKey ? "any" : "ec",
      key_bits: one(otherKey ? [0, 256, 77] : [0, 224, 256, 384]),
    };
    const more = (probability: number, draw: () => object): object => (beside && chance(probability) ? draw() : {});
    const oid = () => one([...objectIds, ...largeObjectIds]);
    const roleBeside = {
      ...more(0.5, () => ({ allowed_serial_numbers: one(allowedSubjects) })),
      ...more(0.5, () => ({ allowed_user_ids: one(allowedSubjects) })),
      ...more(0.3, () => ({ allowed_other_sans: ["*"] })),
      ...more(0.1, () => ({ allowed_other_sans: [`${oid()};UTF8:*`, `${oid()};UTF8:x`] })),
      ...more(0.3, () => one(fieldsBeside)),
      ...more(0.05, () => ({ allowed_domains_template: true, allowed_domains: ["{{x}}.example.com", "example.com"] })),
      ...more(0.05, () => ({ allowed_uri_sans_template: true, allowed_uri_sans: ["spiffe://{{x}}", "*"] })),
    };
    const requestBeside = {
      ...more(0.2, () => ({ serial_number: one(subjects) })),
      ...more(0.2, () => ({ user_ids: [one(subjects), ...some(1, () => one(subjects))] })),
      ...more(0.15, () => ({ other_sans: [`${oid()};UTF8:x`] })),
      ...more(otherKey ? 0.8 : 0.1, () => ({ key_type: one(keyTypes) })),
      ...more(0.15, () => ({ key_bits: one([0, 256, 384, 7]) })),
      ...more(0.2, () => one(requestsBeside)),
    };
    const names = some(3, () => near(allowed));
    // Otherwise most would be refused for a name, and the fields never looked at.
    const isPlain = beside && chance(0.7);
    // Some fields are left to Vault's defaults. Keys of the default type would take the server most of the time.
    const fields = Object.entries(whole).filter(() => !chance(0.08));
    const role: VaultRole = {
      ...Object.fromEntries(fields),
      ...otherType,
      ...(isPlain ? plainRole : {}),
      ...roleBeside,
    };
    const asked: IssueRequest = {
      common_name: chance(0.1) ? "" : near(allowed),
      alt_names: beside ? inOrder(names) : names,
      ...(chance(0.15) ? { ip_sans: [one(addresses), ...some(1, () => one(addresses))] } : {}),
      ...(chance(0.15) ? { uri_sans: [one(uris), ...some(1, () => one(uris))] } : {}),
      ...(chance(0.05) ? { other_sans: [one(otherNames)] } : {}),
      ...(chance(0.15) ? { exclude_cn_from_sans: true } : {}),
      ...(chance(0.5) ? { ttl: one([60, ...[1, 2, 24, 168, 720, 8_760, 87_600].map(hours)]) } : {}),
    };
    yield { role, request: { ...(isPlain ? plainRequest : asked), ...requestBeside } };
  }
}
