import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { day } from "../../../lib/config/duration";
import { asciiForm } from "../../../lib/vault-role/idna";
import { globFits } from "../../../lib/vault-role/names";
import type { VaultRole } from "../../../lib/vault-role/role";
import { type IssueLimits, type IssueRequest, simulateRole } from "../../../lib/vault-role/simulate";
import { unjudgedFields } from "../../../lib/vault-role/unjudged";
import { smallestWidening, unintendedNames } from "../../../lib/vault-role/widening";
import { type Recorded, recordingLimits } from "../../support/record/vault-recorder";
import { runs } from "../../support/runs";
import { agreementWith } from "../../support/vault-role/vault-agreement";
import { type Pair, vaultPairs } from "../../support/vault-role/vault-pairs";

const hour = 3_600;

/** The one thing that a test is about, on top of a role that issues example.com alone. */
const role = (more: VaultRole = {}): VaultRole => ({
  allowed_domains: ["example.com"],
  allow_bare_domains: true,
  allow_localhost: false,
  ...more,
});
/** What Vault says of a common name: nothing, when it issues it. */
const said = (some: VaultRole, common_name: string, more: IssueRequest = {}, limits: IssueLimits = recordingLimits) =>
  simulateRole(some, { common_name, ...more }, limits).errors.join();
const refusal = (name: string) => `common name ${name} not allowed by this role`;
const issued = (some: VaultRole, request: IssueRequest, limits: IssueLimits = recordingLimits) =>
  simulateRole(some, request, limits);

/** The first pairs of a seed. */
function pairs(seed: number, count: number): readonly Pair[] {
  const drawn = vaultPairs(seed);
  return Array.from({ length: count }, () => drawn.next().value as Pair);
}

const recorded = (file: string) =>
  readFileSync(join(__dirname, file), "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Recorded);

describe("what OpenBao 2.4.4 answered where a role or a request has fields beside names and lifetimes", () => {
  const lines = recorded("openbao-2.4-verdicts.jsonl");

  test("is what the simulator says, or it says which field it does not know", () => {
    const { differences, ...counts } = agreementWith(lines, recordingLimits);
    expect(differences).toEqual([]);
    expect(counts).toEqual({
      verdicts: 378,
      unjudged: 240,
      issued: 130,
      names: 130,
      lifetimes: 130,
      warnings: 130,
      refused: 248,
      words: 248,
    });
  });

  test("is another answer where one of these fields alone is told of: without the warning the simulator would be wrong", () => {
    const wrong = lines.flatMap(({ role, request, issued }) => {
      const told = unjudgedFields(role, request);
      const { issued: simulated } = simulateRole(role, request, recordingLimits);
      return told.length === 1 && simulated !== issued ? told.map((line) => line.split(":")[0]) : [];
    });
    expect([...new Set(wrong)].sort()).toEqual([
      "request.format",
      "request.not_after",
      "request.not_before",
      "request.remove_roots_from_chain",
      "role.country",
      "role.ext_key_usage_oids",
      "role.issuer_ref",
      "role.not_after",
      "role.not_after_bound",
      "role.not_before",
      "role.not_before_duration",
      "role.policy_identifiers",
      "role.server_flag",
    ]);
  });
});

describe("what Vault 1.14.3 answered", () => {
  const lines = recorded("vault-1.14-verdicts.jsonl");

  test("is what the simulator says: verdict, names, lifetime, warnings and words of all 2,400 lines", () => {
    const { differences, ...counts } = agreementWith(lines, recordingLimits);
    expect(differences).toEqual([]);
    expect(counts).toEqual({
      verdicts: 2_400,
      unjudged: 0,
      issued: 1_009,
      names: 1_009,
      lifetimes: 1_009,
      warnings: 1_009,
      refused: 1_391,
      words: 1_391,
    });
  });

  test("is not what a simulator says that always issues, or looks at domains alone", () => {
    const open = lines.slice(0, 600).map((line) => ({ ...line, role: { ...line.role, allow_any_name: true } }));
    expect(agreementWith(open, recordingLimits).verdicts).toBeLessThan(500);
  });
});

test("any pair gets an answer, and refusals and certificates are whole", () => {
  const broken = pairs(4, runs(500).numRuns).filter(({ role, request }) => {
    const { issued, errors, dns, ttl } = simulateRole(role, request, recordingLimits);
    return issued ? errors.length > 0 || ttl === 0 : errors.length !== 1 || dns.length > 0 || ttl > 0;
  });
  expect(broken).toEqual([]);
});

test("any text in any place gets an answer", () => {
  const texts = fc.array(fc.string({ unit: "grapheme" }), { maxLength: 3 });
  const name = fc.stringMatching(/^[a-zé*@.\- ,]{0,12}$/);
  const flags = fc.record({
    allow_bare_domains: fc.boolean(),
    allow_subdomains: fc.boolean(),
    allow_glob_domains: fc.boolean(),
    allow_any_name: fc.boolean(),
    enforce_hostnames: fc.boolean(),
    require_cn: fc.boolean(),
  });
  const names = fc.array(name, { maxLength: 3 });
  fc.assert(
    fc.property(flags, texts, names, name, texts, names, (some, uris, domains, common_name, addresses, alt_names) => {
      const asked = { common_name, alt_names, ip_sans: addresses, uri_sans: uris };
      const { errors, issued } = simulateRole(
        { ...some, allowed_domains: domains, allowed_uri_sans: ["*"] },
        asked,
        recordingLimits,
      );
      expect(errors).toHaveLength(issued ? 0 : 1);
    }),
    runs(30),
  );
});

describe("names below and beside allowed domains", () => {
  test("bare: the domain itself, whatever the case of its letters", () => {
    expect(said(role(), "example.com")).toBe("");
    expect(said(role(), "EXAMPLE.com")).toBe("");
    expect(said(role({ allow_bare_domains: false }), "example.com")).toBe(refusal("example.com"));
  });

  test("bare: the root's dot makes it another name", () => {
    expect(said(role(), "example.com.")).toBe(refusal("example.com."));
  });

  test("subdomains: at any depth, not the domain itself, nor what only ends like it", () => {
    const some = role({ allow_bare_domains: false, allow_subdomains: true });
    expect(said(some, "a.example.com")).toBe("");
    expect(said(some, "a.b.c.example.com")).toBe("");
    expect(said(some, "example.com")).toBe(refusal("example.com"));
    expect(said(some, "ai-example.com")).toBe(refusal("ai-example.com"));
  });

  test("subdomains: here the case of letters matters", () => {
    expect(said(role({ allow_subdomains: true }), "a.EXAMPLE.com")).toBe(refusal("a.EXAMPLE.com"));
    expect(said(role({ allow_subdomains: true }), "A.example.com")).toBe("");
  });

  test("subdomains: a wildcard right at the domain counts as one", () => {
    expect(said(role({ allow_subdomains: true }), "*.example.com")).toBe("");
    expect(said(role({ allow_subdomains: true }), "*.EXAMPLE.com")).toBe("");
    expect(said(role(), "*.example.com")).toBe(refusal("*.example.com"));
  });

  test("a role for api.example.org and what is below it refuses ai-api.example.org", () => {
    const some = role({ allowed_domains: ["api.example.org"], allow_subdomains: true });
    expect(said(some, "ai-api.example.org")).toBe(refusal("ai-api.example.org"));
  });

  test("an empty domain, as a trailing comma leaves it, allows nothing; white space around one is nothing", () => {
    expect(said(role({ allowed_domains: [""], allow_subdomains: true }), "a.")).toBe(refusal("a."));
    expect(said(role({ allowed_domains: [" example.com "] }), "example.com")).toBe("");
  });
});

describe("globs", () => {
  const globs = (...allowed_domains: readonly string[]) =>
    role({ allowed_domains, allow_glob_domains: true, allow_bare_domains: false });

  test("stand for anything, dots and nothing included", () => {
    expect(said(globs("api-*.example.com"), "api-1.example.com")).toBe("");
    expect(said(globs("api-*.example.com"), "api-a.b.example.com")).toBe("");
    expect(said(globs("a*.example.com"), "a.example.com")).toBe("");
    expect(said(globs("api-*.example.com"), "web.example.com")).toBe(refusal("web.example.com"));
  });

  test("are looked at only where they are allowed", () => {
    const some = { ...globs("*.example.com"), allow_glob_domains: false };
    expect(said(some, "a.example.com")).toBe(refusal("a.example.com"));
  });

  test("are domains with a star: others are compared in no way", () => {
    expect(said(globs("example.com"), "example.com")).toBe(refusal("example.com"));
  });

  test.each([
    ["", "", true],
    ["", "a", false],
    ["*", "", true],
    ["a", "a", true],
    ["a", "ab", false],
    ["a*", "ba", false],
    ["*a", "ab", false],
    ["a*a", "a", false],
    ["a*a", "aa", true],
    ["a*b*c", "a1b2c", true],
    ["a*b*c", "acb", false],
    ["*b*", "abc", true],
    ["*b*", "ac", false],
    ["a**b", "ab", true],
    ["A*", "a", false],
    ["a.c*", "abc", false],
  ])("%j and %j: %j", (pattern, text, fits) => {
    expect(globFits(pattern, text)).toBe(fits);
  });
});

describe("wildcards", () => {
  const any = (more: VaultRole = {}) => role({ allow_any_name: true, ...more });

  test("are refused before anything else where they are not allowed", () => {
    expect(said(any({ allow_wildcard_certificates: false }), "*.example.com")).toBe(refusal("*.example.com"));
    expect(said(any(), "*.example.com")).toBe("");
  });

  test("there is one, in the leftmost label (RFC 6125), even where names need not be hostnames", () => {
    for (const name of ["*.*.example.com", "a.*.example.com", "**.example.com"]) {
      expect(said(any({ enforce_hostnames: false }), name)).toBe(refusal(name));
    }
  });

  test("the label may have letters around it, but must end and begin as labels do", () => {
    for (const name of ["f*o.example.com", "*o.example.com", "f*.example.com", "*"]) expect(said(any(), name)).toBe("");
    for (const name of ["-*.example.com", "f*-.example.com"]) expect(said(any(), name)).toBe(refusal(name));
    expect(said(any({ enforce_hostnames: false }), "-*.example.com")).toBe("");
  });

  test("with letters around it are no alternative name: the certificate is without it, and nothing is said", () => {
    expect(issued(any(), { common_name: "f*o.example.com" })).toMatchObject({ issued: true, dns: [] });
  });
});

describe("hostnames", () => {
  const any = (more: VaultRole = {}) => role({ allow_any_name: true, ...more });

  test.each(["ai_api.example.com", "-bad.example.com", "bad-.example.com", "Not A Host"])(
    "%s is none, which is refused even where any name is allowed",
    (name) => {
      expect(said(any(), name)).toBe(refusal(name));
      expect(said(any({ enforce_hostnames: false }), name)).toBe("");
    },
  );

  test("what is no hostname is left out of the alternative names, and not even compared", () => {
    const asked = { common_name: "example.com", alt_names: ["_srv.elsewhere.org", "Not A Host"] };
    expect(issued(role(), asked)).toMatchObject({ issued: true, dns: ["example.com"] });
  });

  test("a name with labels of more than 63 octets, empty ones, or more than 253 octets has no ASCII form", () => {
    const long = `${"b".repeat(64)}.example.com`;
    expect(said(any({ enforce_hostnames: false }), long)).toBe(`idna: invalid label "${"b".repeat(64)}"`);
    expect(said(any({ enforce_hostnames: false }), "api..example.com")).toBe('idna: invalid label "api..example.com"');
    const whole = `${`${"c".repeat(60)}.`.repeat(4)}${"d".repeat(10)}`;
    expect(said(any({ enforce_hostnames: false }), whole)).toBe(`idna: invalid label "${whole}"`);
    // The root's dot does not count.
    for (const name of [whole.slice(1), `${whole.slice(1)}.`]) expect(said(any(), name)).toBe("");
  });

  test("no ASCII form is said first, of any name, and only of names that would stand in the certificate", () => {
    const asked = { alt_names: ["a..b"] };
    expect(said(role(), "elsewhere.org", asked)).toBe('idna: invalid label "a..b"');
    expect(said(role(), "a..b", { exclude_cn_from_sans: true })).toBe(refusal("a..b"));
  });

  test("a common name may have more than 64 octets", () => {
    const long = `${"a".repeat(60)}.${"b".repeat(60)}.example.com`;
    expect(said(any(), long)).toBe("");
  });

  test.each([
    ["bücher.example", { ascii: "xn--bcher-kva.example" }],
    ["BÜCHER.example", { ascii: "xn--BCHER-2pa.example" }],
    ["xn--bcher-kva.example", { ascii: "xn--bcher-kva.example" }],
    ["xn--bcher-KVA.example", { ascii: "xn--bcher-kva.example" }],
    ["XN--A.example", { ascii: "XN--A.example" }],
    ["xn--a-.example", { ascii: "a.example" }],
    ["xn--.example", { error: 'idna: invalid label ""' }],
    ["xn---.example", { error: 'idna: invalid label "-"' }],
    ["xn--99999999.example", { error: 'idna: invalid label "99999999"' }],
    ["", { error: 'idna: invalid label ""' }],
    [".", { error: 'idna: invalid label "."' }],
    ["a.", { ascii: "a." }],
    ["a..", { ascii: "a.." }],
    ["ä..", { error: 'idna: invalid label ""' }],
    ["ä.", { ascii: "xn--4ca." }],
    ["ä".repeat(58), { error: `idna: invalid label "xn--4ca${"a".repeat(57)}"` }],
    ["a\u0007..", { ascii: "a\u0007.." }],
    ["a\u0007..b", { error: 'idna: invalid label "a\\a..b"' }],
  ])("the ASCII form of %j", (name, form) => {
    expect(asciiForm(name)).toEqual(form);
  });
});

describe("localhost", () => {
  const some = (more: VaultRole = {}) => role({ allow_localhost: true, allowed_domains: [], ...more });

  test("and localdomain are allowed by themselves, and what is below with subdomains", () => {
    expect(said(some(), "localhost")).toBe("");
    expect(said(some(), "localdomain")).toBe("");
    expect(said(some({ allow_localhost: false }), "localhost")).toBe(refusal("localhost"));
    expect(said(some(), "a.localhost")).toBe(refusal("a.localhost"));
    expect(said(some({ allow_subdomains: true }), "a.localdomain")).toBe("");
    expect(said(some({ allow_subdomains: true }), "mylocalhost")).toBe(refusal("mylocalhost"));
  });

  test("a wildcard below needs no subdomains, and mail for it neither", () => {
    expect(said(some(), "*.localhost")).toBe("");
    expect(said(some(), "user@localhost")).toBe("");
  });
});

describe("e-mail addresses", () => {
  test("are judged by their domain, and stand with their kind", () => {
    const asked = { common_name: "example.com", alt_names: ["user@example.com"] };
    expect(issued(role(), asked)).toMatchObject({ dns: ["example.com"], email: ["user@example.com"] });
    expect(said(role({ allow_bare_domains: false, allow_subdomains: true }), "user@a.example.com")).toBe("");
    expect(said(role(), "user@elsewhere.org")).toBe(refusal("user@elsewhere.org"));
    expect(said(role(), "example.com", { alt_names: ["user@elsewhere.org"] })).toBe(
      "email address user@elsewhere.org not allowed by this role",
    );
  });

  test("have one @, no wildcard behind it, and a hostname", () => {
    const any = role({ allow_any_name: true });
    for (const name of ["a@b@example.com", "user@*.example.com", "user@-bad.com"]) {
      expect(said(any, name)).toBe(refusal(name));
    }
    expect(said(any, "*@example.com")).toBe("");
  });

  test("are refused by the certificate's format where they are not ASCII", () => {
    expect(said(role({ allow_any_name: true }), "ü@example.com")).toBe(
      'unable to create certificate: x509: "ü@example.com" cannot be encoded as an IA5String',
    );
  });
});

describe("common names", () => {
  test("are required, unless they are not", () => {
    expect(said(role(), "")).toMatch(/^the common_name field is required, or must be provided in a CSR/);
    expect(issued(role({ require_cn: false }), { alt_names: ["example.com"] })).toMatchObject({ dns: ["example.com"] });
  });

  test("stand among the alternative names, unless they are kept out; they are judged all the same", () => {
    const out = { exclude_cn_from_sans: true };
    expect(issued(role(), { common_name: "example.com" }).dns).toEqual(["example.com"]);
    expect(issued(role(), { common_name: "example.com", ...out })).toMatchObject({ issued: true, dns: [] });
    expect(said(role(), "elsewhere.org", out)).toBe(refusal("elsewhere.org"));
  });

  test("are of the kinds that cn_validations names, whatever the case of its letters", () => {
    expect(said(role({ cn_validations: ["email"] }), "example.com")).toBe(refusal("example.com"));
    expect(said(role({ cn_validations: ["Hostname"] }), "example.com")).toBe("");
    expect(said(role({ cn_validations: ["hostname"] }), "user@example.com")).toBe(refusal("user@example.com"));
    expect(said(role({ cn_validations: [] }), "user@example.com")).toBe("");
  });

  test("disabled: anything, as a common name and nowhere else", () => {
    const some = role({ cn_validations: ["disabled"] });
    expect(said(some, "Not A Host")).toBe("");
    expect(said(some, "elsewhere.org")).toBe("subject alternate name elsewhere.org not allowed by this role");
  });
});

test("alternative names are sorted by bytes, once each, without white space, before they are judged", () => {
  const some = role({ allow_subdomains: true });
  const alt_names = [
    " b.example.com",
    "a.example.com",
    "B.example.com",
    "b.example.com",
    "",
    "a.example.com,c.example.com",
  ];
  expect(issued(some, { common_name: "example.com", alt_names }).dns).toEqual([
    "B.example.com",
    "a.example.com",
    "b.example.com",
    "c.example.com",
    "example.com",
  ]);
  expect(said(some, "example.com", { alt_names: ["z.org", "y.org"] })).toContain("name y.org");
});

describe("addresses, URIs and other names", () => {
  const asked = (more: IssueRequest) => said(role(), "example.com", more);

  test("addresses: forbidden ones are listed as they came, allowed ones must be some", () => {
    const none = role({ allow_ip_sans: false });
    expect(said(none, "example.com", { ip_sans: ["::1", "x"] })).toBe(
      "IP Subject Alternative Names are not allowed in this role, but was provided [::1 x]",
    );
    expect(said(none, "example.com", { ip_sans: [] })).toBe("");
    for (const ip of ["not-an-ip", "010.0.0.1", "1.2.3", "fe80::1%eth0", "1.2.3.4/8"]) {
      expect(asked({ ip_sans: [ip] })).toBe(`the value "${ip}" is not a valid IP address`);
    }
  });

  test("addresses: are told as the certificate has them", () => {
    const ip_sans = ["10.0.0.1", "2001:DB8:0:0::0:1", "::ffff:192.0.2.1"];
    expect(issued(role(), { common_name: "example.com", ip_sans }).ip).toEqual([
      "10.0.0.1",
      "2001:db8::1",
      "192.0.2.1",
    ]);
  });

  test("URIs: none without a list, then what fits it, and what is one", () => {
    const uri_sans = ["spiffe://example.com/ns/ai"];
    expect(asked({ uri_sans })).toMatch(/^URI Subject Alternative Names are not allowed in this role/);
    const some = (...allowed_uri_sans: readonly string[]) => role({ allowed_uri_sans });
    expect(said(some("spiffe://example.org/*"), "example.com", { uri_sans })).toMatch(/not valid for this role$/);
    expect(issued(some("x", "spiffe://example.com/*"), { common_name: "example.com", uri_sans }).uri).toEqual(uri_sans);
    for (const uri of ["http://[::1", "a:b\u007f", "http://a:port", "http://a/%zz", "1a:b", "http://a b/"]) {
      const sentence = `the provided URI Subject Alternative Name ${JSON.stringify(uri).replace("\u007f", "\\x7f")} is not a valid URI`;
      expect(said(some("*"), "example.com", { uri_sans: [uri] })).toBe(sentence);
    }
    for (const uri of ["nouri", "mailto:a@b", "//host/x", "/x", "http://u:p@[::1]:80/x?%", "a/b:c"]) {
      expect(said(some("*"), "example.com", { uri_sans: [uri] })).toBe("");
    }
  });

  test("other names: by their type, then by their value", () => {
    const upn = "1.3.6.1.4.1.311.20.2.3";
    const allows = (...allowed_other_sans: readonly string[]) => role({ allowed_other_sans });
    const ask = (some: VaultRole, name: string) => said(some, "example.com", { other_sans: [name] });
    expect(ask(role(), `${upn};UTF8:x`)).toBe(`other SAN OID ${upn} not allowed by this role`);
    expect(ask(allows(`${upn};UTF8:a*`), `${upn};utf-8:ab`)).toBe("");
    expect(ask(allows(`${upn};UTF8:a*`), `${upn};UTF8:b`)).toBe(`other SAN b not allowed for OID ${upn} by this role`);
    expect(ask(allows("*"), "1.2;UTF8:x")).toBe("");
    expect(ask(allows("*"), "1.2;IA5:x")).toMatch(/only utf8 other SANs are supported/);
    expect(ask(allows("*"), "x")).toMatch(/expected a semicolon/);
    expect(ask(allows("*"), "1.2;x")).toMatch(/expected a colon/);
    expect(ask(allows("x"), "1.2;UTF8:x")).toBe(
      'error parsing allowed_other_sans: expected a semicolon in other SAN "x"',
    );
  });
});

describe("what stands in a subject", () => {
  test("serial numbers: what the role lists, in the same case, before alternative names are looked at", () => {
    const ask = (serial_number: string, ...allowed_serial_numbers: readonly string[]) =>
      said(role({ allowed_serial_numbers }), "example.com", { serial_number, alt_names: ["x.example"] });
    const passed = "subject alternate name x.example not allowed by this role";
    expect(ask("ai-1")).toBe("serial_number ai-1 not allowed by this role");
    expect(ask("ai-1", "ai-*")).toBe(passed);
    expect(ask("ai-1", "AI-1", "")).toBe("serial_number ai-1 not allowed by this role");
    expect(ask("ai-1", " ai-1 ")).toBe(passed);
    expect(ask(" ai-1", "ai-1")).toBe("serial_number  ai-1 not allowed by this role");
    expect(ask("")).toBe(passed);
  });

  test("user ids: what the role lists, in any case unless it is a pattern, after lifetimes", () => {
    const ask = (user_ids: readonly string[], ...allowed_user_ids: readonly string[]) =>
      said(role({ allowed_user_ids }), "example.com", { user_ids });
    expect(ask(["ai-1"])).toBe("user_id ai-1 is not allowed by this role");
    expect(ask([" ai-1", "AI-1"], "Ai-1")).toBe("");
    expect(ask(["ai-1", "b"], "ai-*")).toBe("user_id b is not allowed by this role");
    expect(ask(["ai-1"], "AI-*")).toBe("user_id ai-1 is not allowed by this role");
    expect(ask(["a,b"], "a", "b")).toBe("user_id a,b is not allowed by this role");
    expect(ask([])).toBe("");
    // Letters outside ASCII too, as long as one stands for one.
    expect([ask(["Ü"], "ü"), ask(["\u212a"], "k"), ask(["ſ."], "s.")]).toEqual(["", "", ""]);
    expect(ask(["ß"], "SS")).toBe("user_id ß is not allowed by this role");
    expect(ask(["\u0130"], "i\u0307")).toBe("user_id \u0130 is not allowed by this role");
    expect(ask(["ſx"], "s.")).toBe("user_id ſx is not allowed by this role");
    const late = { ...recordingLimits, caLifetime: 1 };
    expect(said(role(), "example.com", { user_ids: ["x"] }, late)).toMatch(/^cannot satisfy request/);
  });

  test("other names: an object identifier that cannot be written is found last, wherever the role allows it", () => {
    const ask = (oid: string, more: IssueRequest = {}) =>
      said(role({ allowed_other_sans: ["*"] }), "example.com", { other_sans: [`${oid};UTF8:x`], ...more });
    for (const oid of ["1.2.3", "0.39", "2.999.1", "+1.02.3", "1.2.9223372036854775807"]) expect(ask(oid)).toBe("");
    expect(
      ["1..2", "", "a.b", "1.2.٣", "1.2.9223372036854775808", "1", "1.40.1", "4.1", "1.2.-3"].map((oid) => ask(oid)),
    ).toEqual([
      'error marshaling other SANs: strconv.Atoi: parsing "": invalid syntax',
      'error marshaling other SANs: strconv.Atoi: parsing "": invalid syntax',
      'error marshaling other SANs: strconv.Atoi: parsing "a": invalid syntax',
      'error marshaling other SANs: strconv.Atoi: parsing "٣": invalid syntax',
      'error marshaling other SANs: strconv.Atoi: parsing "9223372036854775808": value out of range',
      "error marshaling other SANs: cryptobyte: invalid OID: 1",
      "error marshaling other SANs: cryptobyte: invalid OID: 1.40.1",
      "error marshaling other SANs: cryptobyte: invalid OID: 4.1",
      "error marshaling other SANs: cryptobyte: invalid OID: 1.2.-3",
    ]);
    expect(ask("1", { user_ids: ["x"] })).toBe("user_id x is not allowed by this role");
    // Vault takes an empty text for "nothing was refused".
    expect(said(role(), "example.com", { other_sans: [";UTF8:x"] })).toMatch(/^error marshaling/);
    expect(said(role({ allowed_other_sans: ["1.2;UTF8:x"] }), "example.com", { other_sans: ["1.2;UTF8:"] })).toBe(
      "other SAN OID 1.2 not allowed by this role",
    );
  });
});

describe("fields that are not simulated", () => {
  const told = (some: object, request: object = {}) => unjudgedFields(some, request).map((line) => line.split(":")[0]);

  test("are told of with their value, each", () => {
    expect(unjudgedFields({ not_after: "2030-01-01T00:00:00Z", issuer_ref: "next" }, { not_after: "" })).toEqual([
      'role.issuer_ref: is "next", which is not simulated and could change the verdict; ask the server',
      'role.not_after: is "2030-01-01T00:00:00Z", which is not simulated and could change the verdict; ask the server',
      'request.not_after: is "", which is not simulated and could change the verdict; ask the server',
    ]);
  });

  test("are passed over with values that change nothing, as in a role that was read from a server", () => {
    const read = {
      allowed_domains_template: false,
      basic_constraints_valid_for_non_ca: false,
      country: [],
      ext_key_usage: [],
      ext_key_usage_oids: ["1.3.6.1.5.5.7.3.17"],
      issuer_ref: "default",
      key_usage: ["DigitalSignature"],
      not_after: "",
      not_before_duration: 30,
      policy_identifiers: null,
      server_flag: true,
      signature_bits: 256,
      // Vault does not know it, and ignores it.
      of_ours: { any: "thing" },
    };
    expect(told(read, { format: "pem", private_key_format: "der", issuer_ref: "next", hasOwnProperty: 1 })).toEqual([]);
  });

  test("templates: only where there is one, since nothing says who asks", () => {
    const domains = { allowed_domains: ["{{identity.entity.name}}.example.com"], allowed_domains_template: true };
    expect(told(domains)).toEqual(["role.allowed_domains_template"]);
    expect(told({ ...domains, allowed_domains: ["example.com"] })).toEqual([]);
    expect(told({ ...domains, allowed_domains_template: false })).toEqual([]);
    expect(told({ allowed_uri_sans: ["spiffe://{{x}}"], allowed_uri_sans_template: true })).toEqual([
      "role.allowed_uri_sans_template",
    ]);
  });

  test("nothing is as good as absent in a role, and an empty text in a request, as Vault reads it", () => {
    expect(told({ not_after: null, country: null, server_flag: undefined }, { not_after: undefined })).toEqual([]);
    expect(told({}, { not_after: null, not_before: "", format: null })).toEqual([
      "request.format",
      "request.not_after",
      "request.not_before",
    ]);
  });

  test.each<[string, unknown]>([
    ["allowed_domains_template", "true"],
    ["country", { DE: true }],
    ["ext_key_usage_oids", ["1"]],
    ["ext_key_usage_oids", ["1.40.1"]],
    ["ext_key_usage_oids", "1.2.3"],
    ["generate_lease", 1],
    ["not_after_bound", "2030-01-01T00:00:00Z"],
    ["not_before", "2030-01-01T00:00:00Z"],
    ["not_before_duration", "1d"],
    ["not_before_duration", -1],
    ["not_before_duration", "900000h"],
    ["policy_identifiers", ['{"oid": "1.2.3"}']],
    ["policy_identifiers", ["1.2.3", "1.2.3"]],
    ["serial_number_source", "x"],
    ["signature_bits", 224],
    ["use_pss", "yes"],
  ])("a role's %s of %j", (field, value) => {
    expect(told({ [field]: value })).toEqual([`role.${field}`]);
  });
});

describe("lifetimes", () => {
  const lifetime = (some: VaultRole, ttl: number, limits: Partial<IssueLimits> = {}) =>
    issued(role(some), { common_name: "example.com", ttl }, { ...recordingLimits, ...limits });

  test("asked for, else the role's, else the mount's", () => {
    expect(lifetime({ ttl: hour }, 60).ttl).toBe(60);
    expect(lifetime({ ttl: hour }, 0).ttl).toBe(hour);
    expect(lifetime({}, 0).ttl).toBe(768 * hour);
  });

  test("are cut to the role's maximum, else the mount's, with a warning", () => {
    expect(lifetime({ max_ttl: 2 * hour }, day)).toMatchObject({
      ttl: 2 * hour,
      warnings: ['TTL "24h0m0s" is longer than permitted maxTTL "2h0m0s", so maxTTL is being used'],
    });
    expect(lifetime({}, 2 * day, { mountMax: day })).toMatchObject({ ttl: day });
    expect(lifetime({ max_ttl: 2 * day }, 2 * day, { mountMax: day })).toMatchObject({ ttl: 2 * day, warnings: [] });
    expect(lifetime({ max_ttl: 90 }, 3_661).warnings[0]).toMatch(/^TTL "1h1m1s" .* maxTTL "1m30s"/);
    expect(lifetime({ max_ttl: 30 }, 31).warnings[0]).toMatch(/^TTL "31s" .* maxTTL "30s"/);
  });

  test("beyond the authority's end are refused, cut or permitted, as the issuer says", () => {
    expect(lifetime({}, 2 * day, { caLifetime: day }).errors).toEqual([
      "cannot satisfy request, as TTL would result in notAfter of now + 48h0m0s that is beyond the expiration of the CA certificate at now + 24h0m0s",
    ]);
    expect(lifetime({}, day, { caLifetime: day }).ttl).toBe(day);
    expect(lifetime({}, 2 * day, { caLifetime: day, leafNotAfterBehavior: "truncate" }).ttl).toBe(day);
    expect(lifetime({}, 2 * day, { caLifetime: day, leafNotAfterBehavior: "permit" }).ttl).toBe(2 * day);
  });
});

describe("a role that Vault would not store issues nothing", () => {
  test.each<[VaultRole, string]>([
    [{ ttl: 2, max_ttl: 1 }, '"ttl" value must be less than "max_ttl" value'],
    [{ key_type: "rsa", key_bits: 1024 }, "RSA keys < 2048 bits are unsafe and not supported: got 1024"],
    [{ key_type: "rsa", key_bits: 2050 }, "unsupported bit length for RSA key: 2050"],
    [{ key_type: "ec", key_bits: 255 }, "unsupported bit length for EC key: 255"],
    [{ key_type: "dsa" }, "unknown key type dsa"],
    [{ cn_validations: ["x"] }, "cn_validations value incorrect: unknown type: `x`"],
    [{ cn_validations: ["email", "email"] }, "cn_validations value incorrect: `email` specified multiple times"],
    [
      { cn_validations: ["email", "disabled"] },
      "cn_validations value incorrect: cannot specify `disabled` along with `email` or `hostname`",
    ],
  ])("%j", (more, sentence) => {
    expect(said(role(more), "example.com")).toBe(sentence);
  });

  test("and one for keys of any type issues what the request says, and without that no key of its own", () => {
    const any = (request: IssueRequest = {}, more: VaultRole = {}) =>
      said(role({ key_type: "any", ...more }), "example.com", request);
    expect(any()).toMatch(/^role key type "any" not allowed for issuing/);
    expect(any({ key_bits: 256 })).toMatch(/^role key type "any" not allowed for issuing/);
    expect(any({ key_type: "ec" })).toBe("");
    expect(any({ key_type: "ec", key_bits: 257 })).toBe(
      "failed to validate role: unsupported bit length for EC key: 257",
    );
    expect(any({ key_type: "ec" }, { key_bits: 77 })).toBe(
      "failed to validate role: unsupported bit length for EC key: 77",
    );
    expect(any({ key_type: "dsa" })).toBe("failed to validate role: unknown key type dsa");
    expect(any({ key_type: "any" })).toBe("unknown key type: any");
    expect(said(role({ key_type: "ed25519" }), "example.com")).toBe("");
  });

  test("and one for keys of one type ignores what the request says", () => {
    const request = { common_name: "example.com", key_type: "dsa" };
    expect(issued(role({ key_type: "ec" }), request)).toMatchObject({
      issued: true,
      warnings: ["parameters key_type and key_bits ignored as role had specific values"],
    });
  });
});

test("what is absent has Vault's default: localhost, wildcards, addresses and hostnames yes, all else no", () => {
  expect(said({}, "localhost")).toBe("");
  expect(said({}, "*.localhost", { ip_sans: ["::1"] })).toBe("");
  expect(said({ allow_any_name: true }, "a_b")).toBe(refusal("a_b"));
  for (const name of ["example.com", "a.example.com"]) {
    expect(said({ allowed_domains: ["example.com", "*"] }, name)).toBe(refusal(name));
  }
  expect(issued({}, { common_name: "localhost" })).toMatchObject({ ttl: 768 * hour, uri: [] });
});

describe("the smallest widening", () => {
  const steps = (some: VaultRole, request: IssueRequest, limits?: IssueLimits) =>
    smallestWidening(some, request, limits)?.steps;
  const cn = (common_name: string) => ({ common_name });
  const plain: VaultRole = { allow_localhost: false };

  test.each<[string, VaultRole, IssueRequest, readonly string[]]>([
    [
      "a domain's own name",
      { allowed_domains: ["example.org"] },
      cn("example.org"),
      ["set allow_bare_domains to true"],
    ],
    [
      "a name beside the allowed ones, where only names below are",
      { allowed_domains: ["api.example.org"], allow_subdomains: true },
      cn("ai-api.example.org"),
      ['add "example.org" to allowed_domains'],
    ],
    [
      "the same, where bare ones are",
      { allowed_domains: ["api.example.org"], allow_bare_domains: true, allow_subdomains: true },
      cn("ai-api.example.org"),
      ['add "ai-api.example.org" to allowed_domains'],
    ],
    ["a name below", { allowed_domains: ["example.org"] }, cn("a.example.org"), ["set allow_subdomains to true"]],
    [
      "a name below what belongs to everybody",
      { allowed_domains: ["example.org"], allow_subdomains: true },
      cn("example.co.uk"),
      ['add "example.co.uk" to allowed_domains', "set allow_bare_domains to true"],
    ],
    [
      "a name that a glob fits",
      { allowed_domains: ["api-*.example.org"] },
      cn("api-1.example.org"),
      ["set allow_glob_domains to true"],
    ],
    [
      "a wildcard",
      { allowed_domains: ["example.org"], allow_subdomains: true, allow_wildcard_certificates: false },
      cn("*.example.org"),
      ["set allow_wildcard_certificates to true"],
    ],
    ["this machine", {}, cn("localhost"), ["set allow_localhost to true"]],
    [
      "an address",
      { allowed_domains: ["example.org"], allow_bare_domains: true, allow_ip_sans: false },
      { ...cn("example.org"), ip_sans: ["10.0.0.1"] },
      ["set allow_ip_sans to true"],
    ],
    [
      "a URI",
      { allowed_domains: ["example.org"], allow_bare_domains: true },
      { ...cn("example.org"), uri_sans: ["spiffe://example.org/x"] },
      ['add "spiffe://example.org/x" to allowed_uri_sans'],
    ],
    [
      "another name",
      { allowed_domains: ["example.org"], allow_bare_domains: true },
      { ...cn("example.org"), other_sans: ["1.2;UTF8:x"] },
      ['add "1.2;UTF8:x" to allowed_other_sans'],
    ],
    [
      "a serial number",
      { allowed_domains: ["example.org"], allow_bare_domains: true },
      { ...cn("example.org"), serial_number: "ai-1" },
      ['add "ai-1" to allowed_serial_numbers'],
    ],
    [
      "two user ids",
      { allowed_domains: ["example.org"], allow_bare_domains: true },
      { ...cn("example.org"), user_ids: ["a", "b"] },
      ['add "a" to allowed_user_ids', 'add "b" to allowed_user_ids'],
    ],
    [
      "no common name",
      { allowed_domains: ["example.org"], allow_bare_domains: true },
      { alt_names: ["example.org"] },
      ["set require_cn to false"],
    ],
    [
      "a common name of another kind",
      { allowed_domains: ["example.org"], allow_bare_domains: true, cn_validations: ["email"] },
      cn("example.org"),
      ['add "hostname" to cn_validations'],
    ],
    [
      "no hostname",
      { allowed_domains: ["a_b.org"], allow_bare_domains: true },
      cn("a_b.org"),
      ["set enforce_hostnames to false"],
    ],
    [
      "lifetimes that Vault would not store",
      { allowed_domains: ["example.org"], allow_bare_domains: true, ttl: day, max_ttl: hour },
      cn("example.org"),
      ["set max_ttl to 86400 (1d)"],
    ],
    [
      "one step for two names, of which the first alone would have needed another",
      { allowed_domains: ["example.org"], allow_bare_domains: true },
      { ...cn("a.example.org"), alt_names: ["b.example.org"] },
      ['add "a.example.org" to allowed_domains', 'add "b.example.org" to allowed_domains'],
    ],
  ])("of %s", (_, some, request, expected) => {
    expect(steps({ ...plain, ...some }, request)).toEqual(expected);
  });

  test("of a lifetime beyond the authority's end is a shorter one", () => {
    const limits = { ...recordingLimits, mountDefault: hour, caLifetime: day };
    const some = role({ ttl: 2 * day });
    expect(smallestWidening(some, cn("example.com"), limits)).toEqual({
      change: { ttl: day },
      steps: ["set ttl to 86400 (1d)"],
    });
    expect(smallestWidening(some, { ...cn("example.com"), ttl: 3 * day }, limits)?.change).toEqual({
      max_ttl: day,
      ttl: day,
    });
  });

  test.each<[string, IssueRequest]>([
    ["two wildcards", cn("*.*.example.com")],
    ["no ASCII form", cn("a..b")],
    ["no address", { ...cn("example.com"), ip_sans: ["x"] }],
    ["mail with two @", cn("a@b@example.com")],
  ])("is none where no role would do: %s", (_, request) => {
    expect(smallestWidening(role(), request, recordingLimits)).toBeUndefined();
  });

  test("is none of what is issued", () => {
    expect(smallestWidening(role(), cn("example.com"))).toBeUndefined();
  });

  test("makes any refused request pass, without one step too many, or no role does", () => {
    let widened = 0;
    for (const { role, request } of pairs(5, runs(150).numRuns)) {
      const before = simulateRole(role, request, recordingLimits);
      if (before.issued) continue;
      const found = smallestWidening(role, request, recordingLimits);
      if (found !== undefined) {
        widened++;
        const after = simulateRole({ ...role, ...found.change }, request, recordingLimits);
        if (!after.issued) throw new Error(JSON.stringify({ role, request, found, after }));
        // Each field of the change is needed: taking any back refuses again.
        for (const field of Object.keys(found.change) as (keyof VaultRole)[]) {
          const { [field]: _, ...rest } = found.change;
          if (simulateRole({ ...role, ...rest }, request, recordingLimits).issued) {
            throw new Error(`${field} is not needed: ${JSON.stringify({ role, request, found })}`);
          }
        }
      } else {
        const { common_name = "", alt_names = [] } = request;
        const domains = [common_name, ...alt_names].flatMap((name) => [name, name.replace(/^.*@/, "")]);
        const open = {
          ...role,
          ...{ allowed_domains: domains, allow_bare_domains: true, allow_subdomains: true, allow_localhost: true },
          ...{ allow_ip_sans: true, allowed_uri_sans: ["*"], require_cn: false, enforce_hostnames: false },
          ...{ cn_validations: ["email", "hostname"], ttl: 0, max_ttl: recordingLimits.caLifetime },
        };
        expect(simulateRole(open, request, recordingLimits).issued).toBe(false);
      }
    }
    expect(widened).toBeGreaterThan(60);
  });
});

describe("names that nobody asked for", () => {
  const found = (some: VaultRole, ...names: readonly string[]) =>
    unintendedNames({ allow_localhost: false, ...some }, names).map(({ name, because }) => `${name}: ${because}`);

  test("there are none in a role for its names alone", () => {
    const some = { allowed_domains: ["example.org", "a.example.org"], allow_bare_domains: true };
    expect(found(some, "example.org", "a.example.org")).toEqual([]);
    expect(found(some, "example.org")).toEqual(['a.example.org: allow_bare_domains and "a.example.org"']);
  });

  test("come of subdomains, wildcards, globs, localhost and any name", () => {
    const domain = { allowed_domains: ["example.org"], allow_subdomains: true };
    expect(found({ ...domain, allow_wildcard_certificates: false }, "a.example.org")).toEqual([
      'not-asked-for.example.org: allow_subdomains and "example.org"',
    ]);
    expect(found(domain, "a.example.org")).toContain(
      '*.example.org: allow_subdomains, allow_wildcard_certificates and "example.org"',
    );
    expect(found({ allowed_domains: ["api-*.example.org"], allow_glob_domains: true }, "api-1.example.org")).toEqual([
      'api-not-asked-for.not-asked-for.example.org: allow_glob_domains and "api-*.example.org"',
    ]);
    expect(found({ allow_localhost: true })).toEqual(["localhost: allow_localhost"]);
    expect(found({ allow_any_name: true, ...domain })).toEqual(["not-asked-for.example: allow_any_name"]);
  });

  test("do not come of what the role does not look at", () => {
    expect(found({ allowed_domains: ["*.example.org", "example.com"] })).toEqual([]);
    expect(found({ allowed_domains: ["a_b.org"], allow_bare_domains: true })).toEqual([]);
  });

  test("are issued, each", () => {
    let examples = 0;
    for (const { role } of pairs(6, 200)) {
      for (const { name } of unintendedNames(role, role.allowed_domains ?? [])) {
        examples++;
        const request = { common_name: name, alt_names: [name] };
        const answer = simulateRole({ ...role, cn_validations: ["disabled"] }, request, recordingLimits);
        if (!answer.dns.includes(name)) throw new Error(JSON.stringify({ role, name, answer }));
      }
    }
    expect(examples).toBeGreaterThan(100);
  });
});
