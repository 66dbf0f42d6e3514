import { generateKeyPairSync, type KeyObject } from "node:crypto";
import fc from "fast-check";

const upper = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const digits = "0123456789";
const letters = upper + upper.toLowerCase();
const base62 = letters + digits;
const base64Url = `${base62}-_`;
const base64 = `${base62}+/`;
const hexadecimal = "0123456789abcdef";

/** Text of random characters, as many as said or from so many to so many: drawn evenly, as keys are. */
const random = (alphabet: string, least: number, most = least) =>
  fc.noShrink(fc.noBias(fc.integer({ min: 0, max: 2 ** 31 - 1 }))).map((seed) => {
    const next = numbers(seed);
    return Array.from({ length: least + next(most - least + 1) }, () => alphabet[next(alphabet.length)]).join("");
  });

/** Whole numbers below a bound: Mulberry32, which is even enough. */
function numbers(seed: number): (bound: number) => number {
  let state = seed;
  return (bound) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % bound;
  };
}

const joined = (...parts: readonly (string | fc.Arbitrary<string>)[]): fc.Arbitrary<string> =>
  fc
    .tuple(...parts.map((part) => (typeof part === "string" ? fc.constant(part) : part)))
    .map((texts) => texts.join(""));

const oneOf = (...texts: readonly string[]) => fc.constantFrom(...texts);

const encoded = (text: string) => Buffer.from(text).toString("base64");
const encodedForUrls = (text: string) => Buffer.from(text).toString("base64url");

/** Real keys: what a DER says of itself cannot be made up. */
const keys: readonly KeyObject[] = [
  generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey,
  generateKeyPairSync("ec", { namedCurve: "P-384" }).privateKey,
  generateKeyPairSync("ec", { namedCurve: "P-521" }).privateKey,
  generateKeyPairSync("ed25519").privateKey,
  generateKeyPairSync("x25519").privateKey,
  // A short one is made faster.
  generateKeyPairSync("rsa", { modulusLength: 1024 }).privateKey,
];
const key = fc.constantFrom(...keys);
const classic = fc.constantFrom(...keys.filter(({ asymmetricKeyType }) => /^(ec|rsa)$/.test(asymmetricKeyType ?? "")));
const locked = { cipher: "aes-256-cbc", passphrase: "x" };

/** The key in the format that its kind had before PKCS #8. */
const classicDer = (one: KeyObject) =>
  one.export({ type: one.asymmetricKeyType === "rsa" ? "pkcs1" : "sec1", format: "der" });

const json = fc.record({ sub: random(base62, 8, 20) }).map((claims) => encodedForUrls(JSON.stringify(claims)));

/**
 * Secrets of every kind that the documentation claims to know, made as their makers make them. Some cannot be told from
 * other text where a word stands right beside them: what they are bounded by is what tells them.
 */
export const secretKinds: Readonly<Record<string, { readonly secret: fc.Arbitrary<string>; readonly alone?: true }>> = {
  "PEM of PKCS #8": { secret: key.map((one) => one.export({ type: "pkcs8", format: "pem" }) as string) },
  "PEM of PKCS #8, encrypted": {
    secret: key.map((one) => one.export({ type: "pkcs8", format: "pem", ...locked }) as string),
  },
  "PEM on one line": {
    secret: key.map((one) => (one.export({ type: "pkcs8", format: "pem" }) as string).replaceAll("\n", "\\n")),
  },
  "base64 of a PEM": { secret: key.map((one) => encoded(one.export({ type: "pkcs8", format: "pem" }) as string)) },
  "DER of PKCS #8 in base64": {
    secret: key.map((one) => one.export({ type: "pkcs8", format: "der" }).toString("base64")),
  },
  "DER of PKCS #8 in base64url": {
    secret: key.map((one) => one.export({ type: "pkcs8", format: "der" }).toString("base64url")),
  },
  "DER of PKCS #8, encrypted": {
    secret: key.map((one) => one.export({ type: "pkcs8", format: "der", ...locked }).toString("base64")),
  },
  "DER of PKCS #1 or SEC 1": { secret: classic.map((one) => classicDer(one).toString("base64")) },
  // The private part last, where tests look.
  JWK: {
    secret: key.map((one) => {
      const { d, ...rest } = one.export({ format: "jwk" });
      return JSON.stringify({ ...rest, d });
    }),
  },
  "AWS access key id": { secret: joined(oneOf("AKIA", "ASIA"), random(`${upper}234567`, 16)) },
  "AWS secret access key": { secret: random(base64, 40), alone: true },
  "AWS session token": { secret: joined("IQoJb3JpZ2luX2Vj", random(base64, 300, 600), oneOf("", "=", "==")) },
  "Vault token": { secret: joined(oneOf("hvs.", "hvb.", "hvr."), random(base64Url, 90, 140)) },
  "Vault token of earlier releases": { secret: joined(oneOf("s.", "b.", "r."), random(base62, 24)), alone: true },
  "HCP Terraform token": { secret: joined(random(base62, 14), ".atlasv1.", random(base62, 67)) },
  "GitHub token": { secret: joined(oneOf("ghp_", "gho_", "ghu_", "ghs_", "ghr_"), random(base62, 36)) },
  "GitHub fine-grained token": { secret: joined("github_pat_", random(base62, 22), "_", random(base62, 59)) },
  "GitLab token": {
    secret: joined(
      oneOf("glpat-", "gldt-", "glrt-", "glrtr-", "glptt-", "glft-", "glsoat-", "glffct-", "glwt-", "GR1348941"),
      random(base64Url, 20),
    ),
  },
  "GitLab job token": { secret: joined("glcbt-", random(hexadecimal, 2), "_", random(base64Url, 20)) },
  "GitLab routable token": { secret: joined("glpat-", random(base64Url, 27, 60), ".01.", random(hexadecimal, 9)) },
  "Slack bot token": { secret: joined("xoxb-", random(digits, 12), "-", random(digits, 12), "-", random(base62, 24)) },
  "Slack app token": {
    secret: joined("xapp-1-A", random(upper + digits, 10), "-", random(digits, 13), "-", random(hexadecimal, 64)),
  },
  "Slack configuration token": { secret: joined("xoxe.xoxp-1-", random(base62, 160)) },
  "Slack webhook": {
    secret: joined(
      "https://hooks.slack.com/services/T",
      random(upper, 9),
      "/B",
      random(upper, 9),
      "/",
      random(base62, 24),
    ),
  },
  "Google API key": { secret: joined("AIza", random(base64Url, 35)) },
  "Google access token": { secret: joined(oneOf("ya29.", "ya29.c.", "ya29.a0A"), random(base64Url, 100, 200)) },
  "Google refresh token": { secret: joined("1//0", random(base64Url, 90, 100)) },
  "Google client secret": { secret: joined("GOCSPX-", random(base64Url, 28)) },
  "Azure storage key": { secret: joined(random(base64, 86), "==") },
  "Azure client secret": { secret: joined(random(base62, 3), random(digits, 1), "Q~", random(base64Url, 34)) },
  "Azure DevOps token": { secret: joined(random(base62, 52), "JQQJ99", random(base62, 26)) },
  "Azure shared access signature": {
    secret: joined("https://x.blob.core.windows.net/c?sv=2024-11-04&sig=", random(base62, 43), "%3D"),
  },
  "Hugging Face token": { secret: joined(oneOf("hf_", "api_org_"), random(letters, 34)) },
  "PyPI token": { secret: joined("pypi-AgEIcHlwaS5vcmc", random(base64Url, 100, 200)) },
  "Docker token": { secret: joined(oneOf("dckr_pat_", "dckr_oat_"), random(base64Url, 27, 32)) },
  "Cloudflare token": { secret: joined(oneOf("cfk_", "cfut_", "cfat_"), random(base62, 40), random(hexadecimal, 8)) },
  "Cloudflare origin CA key": { secret: joined("v1.0-", random(hexadecimal, 24), "-", random(hexadecimal, 146)) },
  "npm token": { secret: joined("npm_", random(base62, 36)) },
  "Stripe key": { secret: joined(oneOf("sk_live_", "rk_live_"), random(base62, 24, 99)) },
  "OpenAI key": { secret: joined(oneOf("sk-proj-", "sk-svcacct-", "sk-"), random(base62, 48, 100)) },
  "Anthropic key": { secret: joined("sk-ant-api03-", random(base64Url, 93), "AA") },
  "signed token": { secret: joined("eyJhbGciOiJIUzI1NiJ9.", json, ".", random(base64Url, 43)) },
};
