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
    // Some fields are left to Vault's defaults. Keys of the default type would take the server most of the time.
    const fields = Object.entries(whole).filter(() => !chance(0.08));
    const role: VaultRole = { ...Object.fromEntries(fields), key_type: "ec", key_bits: one([0, 224, 256, 384]) };
    const request: IssueRequest = {
      common_name: chance(0.1) ? "" : near(allowed),
      alt_names: some(3, () => near(allowed)),
      ...(chance(0.15) ? { ip_sans: [one(addresses), ...some(1, () => one(addresses))] } : {}),
      ...(chance(0.15) ? { uri_sans: [one(uris), ...some(1, () => one(uris))] } : {}),
      ...(chance(0.05) ? { other_sans: [one(otherNames)] } : {}),
      ...(chance(0.15) ? { exclude_cn_from_sans: true } : {}),
      ...(chance(0.5) ? { ttl: one([60, ...[1, 2, 24, 168, 720, 8_760, 87_600].map(hours)]) } : {}),
    };
    yield { role, request };
  }
}
