import fc from "fast-check";
import { parse } from "tldts";
import { toASCII } from "tr46";
import {
  closestZone,
  commonNameLimit,
  commonNameOf,
  isUnder,
  parseName,
  publicNameProblem,
  registrableDomain,
  withoutWildcard,
} from "../../../lib/config/dns-names";
import { runs } from "../../support/runs";

/** What UTS #46 makes of a host name with every check a certificate authority would make; `undefined` for none. */
function byTheStandard(text: string): string | undefined {
  const wildcard = text.startsWith("*.") ? "*." : "";
  const host = text.slice(wildcard.length).replace(/\.$/, "");
  const ascii = toASCII(host, {
    checkBidi: true,
    checkHyphens: true,
    checkJoiners: true,
    useSTD3ASCIIRules: true,
    verifyDNSLength: true,
  });
  // The standard leaves to others: addresses written as names, white space that it drops, the wildcard's own octets.
  const address = /(^|\.)(\d+|0x[0-9a-f]*)$/.test(ascii ?? "");
  if (ascii === null || address || /\s/.test(text) || ascii.length + wildcard.length > 253) return undefined;
  return `${wildcard}${ascii}`;
}

const nameOf = (text: string) => {
  const parsed = parseName(text);
  return "name" in parsed ? parsed.name : undefined;
};

/** One of the choices, of which the first is the common case. */
const mostly = (usual: fc.Arbitrary<string>, weight: number, ...odd: readonly string[]) =>
  fc.oneof({ weight, arbitrary: usual }, { weight: 1, arbitrary: fc.constantFrom(...odd) });

/** Letters that names are made of, and what people, keyboards and attackers put among them. */
const plainLetter = mostly(fc.constantFrom(..."abcxyzABXY0129"), 12, "-");
const foreignLetter = fc.constantFrom(..."üßẞςéи日本アבابıİﬁⅧ१", "\u0301", "\u00ad", "\u200c", "\u200d", "\u0660");
const strangeLetter = fc.constantFrom(..."_*%:@/ \\[]&。．", "\u200b", "\u202e", "\ufeff", "\u3000", "\ud800");
const anyLetter = fc.oneof(
  { weight: 40, arbitrary: plainLetter },
  { weight: 8, arbitrary: foreignLetter },
  { weight: 1, arbitrary: strangeLetter },
);
const name = (letter: fc.Arbitrary<string>) => {
  const word = fc.string({ unit: letter, minLength: 1, maxLength: 8 });
  const long = [62, 63, 64].map((length) => "a".repeat(length));
  const label = mostly(word, 24, "", "xn--bcher-kva", "XN--P1AI", "xn--a", "xn--", "0x1F", "12", ...long);
  return fc
    .tuple(
      mostly(fc.constant(""), 8, "*.", "*.", "*.", "*", "*.*."),
      fc.array(label, { minLength: 1, maxLength: 5 }),
      mostly(fc.constant(""), 8, ".", ".", "..", "。"),
    )
    .map(([start, labels, end]) => `${start}${labels.join(".")}${end}`);
};

/** Short texts of any characters at all. */
const anyText = fc
  .array(fc.oneof(fc.integer({ max: 0x7f, min: 0 }), fc.integer({ max: 0x10ffff, min: 0 })), { maxLength: 8 })
  .map((codes) => String.fromCodePoint(...codes));

describe("a DNS name", () => {
  test.each([
    ["names of plain letters", name(plainLetter), 50],
    ["names of any letters", name(anyLetter), 50],
    ["any text", anyText, 20],
  ])("%s: what UTS #46 takes is taken in the same form, and what it refuses is refused", (_, texts, usual) => {
    fc.assert(
      fc.property(texts, (text) => {
        const parsed = nameOf(text);
        expect(parsed).toBe(byTheStandard(text));
        // The normal form is its own normal form, however it is spelt.
        if (parsed === undefined) return;
        expect([parsed, `${parsed}.`, parsed.toUpperCase()].map(nameOf)).toEqual([parsed, parsed, parsed]);
      }),
      runs(usual),
    );
  });

  test("lengths up to the limit, and not beyond", () => {
    const host = (length: number) => `${"a.".repeat(100)}${"b".repeat(length - 200)}`;
    expect(nameOf(host(253))).toBe(host(253));
    expect(nameOf(`${host(253)}.`)).toBe(host(253));
    expect(nameOf(host(254))).toBeUndefined();
    expect(nameOf(`*.${host(251)}`)).toBe(`*.${host(251)}`);
    expect(nameOf(`*.${host(252)}`)).toBeUndefined();
    expect(nameOf(`${"a".repeat(63)}.com`)).toBeDefined();
    expect(nameOf(`${"a".repeat(64)}.com`)).toBeUndefined();
    // The limit is for the encoded form.
    expect(nameOf(`${"ü".repeat(50)}.com`)).toMatch(/^xn--.{1,59}\.com$/);
    expect(nameOf(`${"日".repeat(63)}.com`)).toBeUndefined();
  });

  // Encoding takes the square of their number: these would take minutes.
  test.each(["ü", "日", "a.xn--"])("a name of 300,000 characters is refused unencoded: %s", (part) => {
    const name = part.repeat(300_000 / part.length);
    expect(parseName(name)).toEqual({
      mistake: "has 300000 characters, more than a DNS name has octets (RFC 1035); write a shorter one",
    });
  });

  test("what Node's own encoder lets through or rewrites is refused", () => {
    for (const text of ["a_b.com", "-a.com", "a..b", "a%62.example", "h.example/x", "0x7f.1", "1.2.3", "127.1"]) {
      expect(nameOf(text)).toBeUndefined();
    }
  });

  test.each([
    ["pаypal.com", "Latin and Cyrillic"],
    ["xn--pypal-4ve.com", "Latin and Cyrillic"],
    ["αpple.com", "Latin and Greek"],
    ["www.日本и.com", "Cyrillic and Han"],
  ])("%s mixes %s", (text, scripts) => {
    expect(parseName(text)).toMatchObject({
      advice: `mixes ${scripts} letters in one label, which can look like another name; check that it is meant`,
    });
  });

  test.each([
    "example.com",
    "bücher.example",
    "пример.com",
    "日本語カナabc.com",
    "한국abc.com",
    "中文ㄅabc.com",
    "пример。com",
  ])("%s mixes nothing", (text) => {
    expect(parseName(text)).toEqual({ name: expect.any(String) });
  });
});

describe("zones and common names", () => {
  const short = fc
    .array(fc.constantFrom("a", "b", "ab"), { minLength: 1, maxLength: 4 })
    .map((labels) => labels.join("."));
  const zones = fc.uniqueArray(short, { maxLength: 6 });

  test("the zone of a name is the longest of its own endings, label by label", () => {
    fc.assert(
      fc.property(short, zones, (text, all) => {
        const labels = text.split(".");
        const endings = labels.map((_, index) => labels.slice(index).join("."));
        expect(closestZone(text, all)).toBe(endings.find((ending) => all.includes(ending)));
        expect(closestZone(text, [...all].reverse())).toBe(closestZone(text, all));
      }),
      runs(60),
    );
  });

  test("a zone ends where a label does", () => {
    expect(isUnder("notexample.com", "example.com")).toBe(false);
    expect(isUnder("not.example.com", "example.com")).toBe(true);
    expect(isUnder("example.com", "example.com")).toBe(true);
    expect(isUnder("com", "example.com")).toBe(false);
    expect(isUnder("example.com.evil.org", "example.com")).toBe(false);
    expect(closestZone("a.b.example.com", ["com", "example.com", "b.example.com", "a.example.com"])).toBe(
      "b.example.com",
    );
  });

  test("the common name is the first that is no wildcard and short enough, else the first that is short enough", () => {
    const long = `${"a".repeat(commonNameLimit - 3)}.com`;
    expect(long).toHaveLength(65);
    expect(commonNameOf(["*.a.com", "b.com", "c.com"])).toBe("b.com");
    expect(commonNameOf(["*.a.com", "*.b.com", long])).toBe("*.a.com");
    expect(commonNameOf([long, long.slice(1)])).toBe(long.slice(1));
    expect(commonNameOf([long])).toBeUndefined();
    expect(commonNameOf([])).toBeUndefined();
  });

  test("the common name is one of the names, and no wildcard or long name is taken where another would do", () => {
    const candidate = fc.constantFrom(
      "a.com",
      "b.com",
      "*.a.com",
      "*.b.com",
      `${"a".repeat(61)}.com`,
      `*.${"a".repeat(60)}.com`,
    );
    fc.assert(
      fc.property(fc.uniqueArray(candidate), (names) => {
        const common = commonNameOf(names);
        const short = names.filter((one) => one.length <= 64);
        const plain = short.filter((one) => !one.includes("*"));
        expect(common).toBe(plain[0] ?? short[0]);
      }),
      runs(40),
    );
  });

  test("a name without its wildcard, and the domain that somebody registered", () => {
    expect(withoutWildcard("*.a.example.co.uk")).toBe("a.example.co.uk");
    expect(withoutWildcard("a.example.co.uk")).toBe("a.example.co.uk");
    expect(registrableDomain("*.a.example.co.uk")).toBe("example.co.uk");
    expect(registrableDomain("co.uk")).toBeUndefined();
  });

  test.each([
    "api.example.com",
    "*.example.com",
    "example.de",
    "api.example.co.uk",
    "x.github.io",
    "*.s3.amazonaws.com",
  ])("public: %s", (name) => expect(publicNameProblem(name, "ACM")).toBeUndefined());

  test.each([
    "localhost",
    "*.com",
    "api.corp",
    "printer.local",
    "api.internal",
    "a.test",
    "co.uk",
    "*.co.uk",
    "*.xn--p1ai",
  ])("not public: %s", (name) => expect(publicNameProblem(name, "ACM")).toMatch(/ACM issues for/));

  test("the list is not asked for names of top-level domains of which it has nothing else", () => {
    for (const top of ["app", "cloud", "com", "dev", "net", "org"]) {
      for (const second of ["ac", "co", "com", "gov", "net", "org", "www"]) {
        expect(parse(`a.${second}.${top}`)).toMatchObject({ isIcann: true, publicSuffix: top });
      }
    }
  });
});
