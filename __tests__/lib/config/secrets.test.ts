import { generateKeyPairSync } from "node:crypto";
import fc from "fast-check";
import { plainData } from "../../../lib/config/plain-data";
import { newReport } from "../../../lib/config/report";
import { secretShapes } from "../../../lib/config/secret-shapes";
import { secretIn, withoutSecrets } from "../../../lib/config/secrets";
import { edRequest, request, rsaRequest } from "../../support/requests";
import { secretKinds } from "../../support/secrets";

/** How often each kind is tried: many times where `TLS_STACKS_THOROUGH=1` asks for the long run. */
const thorough = process.env.TLS_STACKS_THOROUGH === "1";
const numRuns = thorough ? 2_000 : 6;

/** One random key in thousands has no sign of being random. Such a one may not fail a usual run, so that has the same keys. */
const seed = thorough ? {} : { seed: 1 };

describe("a secret is known by its shape", () => {
  const word = fc.constantFrom("key", "token", "the", "x", "production", "API", "a1");
  const around = fc.constantFrom<(text: string, word: string) => string>(
    (text) => text,
    (text, one) => `${one}=${text};`,
    (text, one) => `see "${text}" ${one}`,
    (text) => encodeURIComponent(text),
    (text) => [...Buffer.from(text)].map((byte) => `%${byte.toString(16).padStart(2, "0")}`).join(""),
    (text) => Buffer.from(text).toString("base64"),
    (text) => Buffer.from(text).toString("base64url"),
    (text, one) => Buffer.from(`${one}: ${text}\n`).toString("base64"),
    (text) => Buffer.from(Buffer.from(text).toString("base64")).toString("base64"),
    (text) => encodeURIComponent(Buffer.from(text).toString("base64")),
  );
  const glued = fc.constantFrom<(text: string, word: string) => string>(
    (text, one) => `${one}${text}`,
    (text, one) => `${one}_${text}`,
    (text, one) => `${one}${Buffer.from(text).toString("base64")}`,
  );

  test.each(Object.entries(secretKinds))("%s", (_, { secret, alone }) => {
    fc.assert(
      fc.property(secret, word, alone ? around : fc.oneof(around, glued), (text, one, put) => {
        const whole = put(text, one);
        expect({ whole, what: secretIn(whole) }).toEqual({ whole, what: expect.any(String) });
        const rest = withoutSecrets(whole);
        expect(rest).toContain("(withheld)");
        expect(rest).not.toContain(text.trimEnd().slice(-14, -4));
        expect(secretIn(rest)).toBeUndefined();
      }),
      { numRuns, ...seed },
    );
  });
});

describe("other text is none", () => {
  const lower = fc.stringMatching(/^[a-z0-9]{1,12}$/);
  const hex = (length: number) => fc.stringMatching(new RegExp(`^[0-9a-f]{${length}}$`));
  const title = fc.stringMatching(/^[A-Z][a-z]{3,9}[0-9]?$/);
  const list = (part: fc.Arbitrary<string>, between: string, most = 6) =>
    fc.array(part, { minLength: 1, maxLength: most }).map((parts) => parts.join(between));
  const arn = (service: string, name: fc.Arbitrary<string>) =>
    fc
      .tuple(fc.stringMatching(/^\d{12}$/), name)
      .map(([account, rest]) => `arn:aws:${service}:eu-west-1:${account}:${rest}`);
  const texts: Readonly<Record<string, fc.Arbitrary<string>>> = {
    "a DNS name": list(fc.stringMatching(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/), "."),
    "a DNS name in capitals and small letters": list(title, ".", 4),
    "a long label": fc.stringMatching(/^[a-z0-9]{40,63}$/),
    "a UUID": fc.uuid(),
    "a digest": fc.oneof(
      hex(40),
      hex(64),
      hex(128),
      hex(64).map((text) => `sha256:${text}`),
    ),
    "a digest in capitals": hex(64).map((text) => text.toUpperCase()),
    "a digest in base64": hex(64).map((text) => Buffer.from(text, "hex").toString("base64")),
    "a digest of a package": hex(128).map((text) => `sha512-${Buffer.from(text, "hex").toString("base64")}`),
    "a fingerprint": hex(40).map((text) => (text.toUpperCase().match(/../g) ?? []).join(":")),
    "a name in words": list(title, "-", 8),
    // A name of exactly 40 letters with a digit may be taken for a secret access key of AWS.
    "a name in CamelCase": list(title, "", 6).filter((text) => text.length !== 40),
    "a name with underscores": list(fc.oneof(title, lower), "_", 8),
    "a path": list(fc.oneof(title, fc.stringMatching(/^[a-z]{1,12}$/)), "/", 8).filter((text) => text.length !== 40),
    "a listener": fc
      .tuple(list(title, "-", 3), hex(16), hex(16))
      .chain(([name, one, other]) => arn("elasticloadbalancing", fc.constant(`listener/app/${name}/${one}/${other}`))),
    "a key of KMS": fc.uuid().chain((id) => arn("kms", fc.constant(`key/${id}`))),
    "a topic": arn("sns", list(title, "", 5)),
    "a zone of Route 53": fc.stringMatching(/^Z[A-Z0-9]{10,31}$/),
    "a pool of Cognito": fc.stringMatching(/^eu-west-1_[A-Za-z0-9]{9}$/),
    "a resource of Google": fc
      .tuple(lower, lower, lower)
      .map(
        ([project, pool, ca]) =>
          `projects/${project}/locations/europe-west4/caPools/${pool}/certificateAuthorities/${ca}`,
      ),
    "a link of Google": fc
      .tuple(lower, lower)
      .map(([project, name]) => `https://www.googleapis.com/compute/v1/projects/${project}/global/networks/${name}`),
    "a service account": fc.tuple(lower, lower).map(([name, project]) => `${name}@${project}.iam.gserviceaccount.com`),
    "a pool of identities": fc
      .tuple(fc.stringMatching(/^\d{12}$/), lower)
      .map(
        ([project, pool]) => `//iam.googleapis.com/projects/${project}/locations/global/workloadIdentityPools/${pool}`,
      ),
    "an issuer of EKS": hex(32).map((id) => `https://oidc.eks.eu-west-1.amazonaws.com/id/${id.toUpperCase()}`),
    "an address with a query": list(lower, "%20", 5).map((text) => `https://example.com/a?b=${text}`),
    "a certificate in PEM": fc
      .tuple(
        fc.constantFrom("CERTIFICATE", "CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST"),
        fc.uint8Array({ minLength: 200 }),
      )
      .map(([label, bytes]) => {
        const lines =
          Buffer.from(bytes)
            .toString("base64")
            .match(/.{1,64}/g) ?? [];
        return `-----BEGIN ${label}-----\n${lines.join("\n")}\n-----END ${label}-----\n`;
      }),
    "a word in front of a mark": list(
      fc.constantFrom("task", "risk", "shelf", "desk", "glft", "production", "npm"),
      "-",
    ),
  };

  test.each(Object.entries(texts))("%s", (_, text) => {
    fc.assert(
      fc.property(text, (one) => {
        expect({ one, what: secretIn(one) }).toEqual({ one, what: undefined });
        expect(withoutSecrets(one)).toBe(one);
      }),
      { numRuns: numRuns * 3 },
    );
  });
});

test("every shape is that of a secret here", () => {
  const samples = Object.values(secretKinds).flatMap(({ secret }) => fc.sample(secret, 20));
  const more = [
    `---- BEGIN SSH2 ENCRYPTED PRIVATE KEY ----\n${"a".repeat(40)}`,
    "PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none",
    `AGE-SECRET-KEY-1${"QPZRY9X8GF2TVDW0S3JN".repeat(3)}`,
    `ABSKQmVkcm9ja0FQSUtleS${"a1B2c3D4".repeat(10)}`,
    ["eyJhbGciOiJSU0EtT0FFUCIsImVuYyI6IkEyNTZHQ00ifQ", "a1B2c3D4e5F6", "a1B2c3D4e5F6", "a1B2c3D4e5", "a1B2c3D4"].join(
      ".",
    ),
    `sk-${"abcdefgh".repeat(4)}`,
  ];
  const shapeless = secretShapes.filter(
    ({ pattern }) => ![...samples, ...more].some((text) => new RegExp(pattern).test(text)),
  );
  expect(shapeless).toEqual([]);
  for (const text of more) expect(secretIn(text)).toEqual(expect.any(String));
});

test("the marks of the shapes of random tokens are looked for, each", () => {
  const body = "aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC2dF4hJ6kL8nP1r";
  const marks = secretShapes.filter(({ random }) => random).flatMap((shape) => shape.marks);
  // Some have a word of their own behind the mark.
  const behind: Readonly<Record<string, string>> = { "dp.": "pt.", pscale_: "tkn_" };
  for (const mark of marks)
    expect([mark, secretIn(`x${mark}${behind[mark] ?? ""}${body}`)]).toEqual([mark, expect.any(String)]);
});

test("a key in base64 is one, also where the letters of a token's mark stand in it", () => {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const der = privateKey.export({ type: "pkcs8", format: "der" }).toString("base64");
  expect(secretIn(`${der.slice(0, 80)}dapi${"a1B2c3D4e5".repeat(3)}${der.slice(120)}`)).toBe("a private key");
});

test("each is called what it is, and not only a random key", () => {
  for (const [kind, { secret }] of Object.entries(secretKinds)) {
    for (const text of fc.sample(secret, { numRuns: 8, seed: 3 })) {
      expect([kind, secretIn(text)]).not.toEqual([kind, "a key or token of random characters"]);
      if (/^(PEM|DER|base64|JWK)/.test(kind)) expect([kind, secretIn(text)]).toEqual([kind, "a private key"]);
    }
  }
});

test("the DER of a request has a version too, and is no private key", () => {
  for (const pem of [request, edRequest, rsaRequest]) {
    expect(secretIn(pem.replace(/-----[A-Z ]+-----|\n/g, ""))).toBeUndefined();
  }
});

test("behind a colon an ARN has a name of any kind", () => {
  expect(secretIn("arn:aws:sns:eu-west-1:111122223333:o1Zi4uhjv9yq5zwe3KBrzoakg5DJt8th6153TxB7")).toBeUndefined();
});

test("a key without a mark is known behind a word as well, and without a digit", () => {
  for (const key of ["wJalrXUtnFEMI/K7MDENG/bPxRfiCYzzQqTR9sPk", "o1Zi4uhjv9yq5zwe3K+Brzo/akg5DJt8th6153Tx"]) {
    expect(secretIn(key)).toBe("an AWS secret access key");
    expect(secretIn(`secret${key}`)).toBe("a key or token of random characters");
  }
  expect(secretIn("VFQDqyGONAIrY+TxwKGxoEVIJpJQtdRWnMOMIXHY")).toEqual(expect.any(String));
});

test("the members of a key that is written as a map", () => {
  const report = newReport();
  const key = { kty: "EC", crv: "P-256", x: "abc", d: "short" };
  expect(plainData({ labels: { key, d: "short" } }, report)).toEqual({
    labels: { key: { ...key, d: "" }, d: "short" },
  });
  expect(report.problems).toEqual([
    {
      path: ["labels", "key", "d"],
      message: expect.stringMatching(/^looks like a private key; a config holds no secrets/),
    },
  ]);
});

test("a text of a million characters is read once", () => {
  const cpu = (text: string) => {
    const before = process.cpuUsage();
    withoutSecrets(text);
    return process.cpuUsage(before).user / 1_000;
  };
  // What a part begins with, over and over: an expression that reads on from each takes minutes.
  const units = [
    "a",
    "aB3",
    ".eyJaB3",
    "eyJaB3",
    "-----BEGIN ",
    "-----BEGIN CERTIFICATE-----",
    "MIIAAQIBAA",
    "%4",
    "glrt-",
    "s.",
  ];
  const more = thorough ? secretShapes.flatMap(({ marks }) => marks) : [];
  const size = thorough ? 1_000_000 : 50_000;
  for (const unit of [...units, ...more]) {
    expect([unit, cpu(unit.repeat(size / unit.length)) < size / 500]).toEqual([unit, true]);
  }
});
