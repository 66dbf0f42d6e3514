import { type SecretShape, secretShapes } from "./secret-shapes";

/** Where a secret stands in a text, and of which kind it is. */
interface Found {
  readonly what: string;
  readonly start: number;
  readonly end: number;
}

/** No secret is shorter: an AWS access key id has 20 characters. */
const shortest = 20;

/** How often a secret may have been encoded, one encoding in another. */
const mostEncodings = 3;

/** A word that may be a key, or the base64 of something secret; it may go on over line breaks, as base64 does. */
const longWord = /[A-Za-z0-9+/_-]{24,}(?:\r?\n[A-Za-z0-9+/_-]+)*={0,2}/g;

/** Names the kind of secret that stands in the text, if any does. */
export function secretIn(text: string): string | undefined {
  for (const { what } of secretsIn(text)) return what;
  return undefined;
}

/** The text with every secret taken out, for messages that pass on the text of another program. */
export function withoutSecrets(text: string): string {
  let rest = "";
  let from = 0;
  for (const { start, end } of [...secretsIn(text)].sort((one, other) => one.start - other.start)) {
    if (start >= from) rest += `${text.slice(from, start)}(withheld)`;
    from = Math.max(from, end);
  }
  return rest + text.slice(from);
}

/** PEM blocks that hold nothing secret, also as JSON and programs write them, with `\n`. Some of their lines look like keys. */
const publicBlocks =
  /-----BEGIN ((?:NEW )?CERTIFICATE(?: REQUEST)?|PUBLIC KEY)-----(?:[\sA-Za-z0-9+/=]|\\+[nr])*-----END \1-----/g;

/** Every secret in a text, as it stands there or encoded. */
function* secretsIn(given: string, encodings = 0): Generator<Found> {
  if (given.length < shortest) return;
  const text = given.includes("-----BEGIN") ? given.replace(publicBlocks, (block) => " ".repeat(block.length)) : given;
  const words = [...text.matchAll(longWord)];
  const held = words.map(({ 0: word, index }) => {
    return { what: whatWordHolds(word, encodings), start: index, end: index + word.length };
  });
  const named = (one: { readonly what: string | undefined }): one is Found => one.what !== undefined;
  // Before the shapes: in the base64 of a key the few letters of a token's mark may stand by chance.
  yield* held.filter(named);
  yield* ofShapes(text, words.length > 0);
  for (const { what, start, end } of held) {
    const one = { what: what ?? whatWordIs(text.slice(start, end), text, start), start, end };
    if (what === undefined && named(one)) yield one;
  }
  if (encodings < mostEncodings) yield* inPercentForm(text, encodings);
}

/** An expression that finds the mark of any shape, and the shapes: compiled when the first text is looked at. */
let compiled:
  | { readonly mark: RegExp; readonly shapes: readonly (SecretShape & { expression?: RegExp })[] }
  | undefined;

function* ofShapes(text: string, hasLongWord: boolean): Generator<Found> {
  compiled ??= {
    mark: anyOf(secretShapes.flatMap(({ marks }) => marks)),
    shapes: secretShapes.map((shape) => ({ ...shape })),
  };
  const marked = compiled.mark.test(text);
  if (!marked && !hasLongWord) return;
  for (const shape of compiled.shapes) {
    const possible = shape.marks.length === 0 ? hasLongWord : marked && shape.marks.some((mark) => text.includes(mark));
    if (!possible) continue;
    shape.expression ??= new RegExp(shape.pattern, "g");
    for (const { 0: whole, 1: sample = whole, index } of text.matchAll(shape.expression)) {
      if (shape.random && !isRandomKey(sample)) continue;
      yield { what: shape.what, start: index, end: index + whole.length };
    }
  }
}

const anyOf = (marks: readonly string[]) =>
  new RegExp([...new Set(marks)].map((mark) => mark.replace(/[.*+?^$()[\]{}|\\/]/g, "\\$&")).join("|"));

/** Whether a word is a key without any mark. */
function whatWordIs(word: string, text: string, index: number): string | undefined {
  if (!/[A-Z]/.test(word) || !/[a-z]/.test(word)) return undefined;
  const before = text[index - 1] ?? "";
  // Resource names and digests do not mix both cases with digits; behind ":" an ARN has a name, which may be any word.
  if (/^[A-Za-z0-9/+]{40}$/.test(word) && !/[.:]/.test(before) && isRandom(word, false))
    return "an AWS secret access key";
  if (word.length < 40 || before === ":" || publicWord.test(word)) return undefined;
  // Somewhere in the word: another word may stand around a key.
  const parts = [word, word.slice(0, 40), word.slice(-40)].map((part) => part.replace(/=+$/, ""));
  return parts.some((part) => isRandom(part)) && !isDigest(word) && !isText(word)
    ? "a key or token of random characters"
    : undefined;
}

/** Digests with their algorithm, public keys of SSH, and the DER of certificates and requests. */
const publicWord = /^(?:sha\d+[-/]|AAAA[BCE]|MI[A-L])/;

/** Whether the word is the SHA-256 of something in base64. */
const isDigest = (word: string) => /^[\w+/-]{43}=$/.test(word);

/** Whether the word is the base64 of text, which has been looked at by itself. */
function isText(word: string): boolean {
  const bytes = Buffer.from(word, "base64").subarray(0, 200);
  return bytes.every((byte) => (byte >= 0x20 && byte < 0x7f) || [0x09, 0x0a, 0x0d].includes(byte));
}

/** What the bytes are of which the word is the base64, if they hold a secret. */
function whatWordHolds(word: string, encodings: number): string | undefined {
  if (encodings >= mostEncodings || !/[A-Z]/.test(word)) return undefined;
  const base64 = word.replace(/\s+/g, "");
  if (holdsKey(base64)) return "a private key";
  // Another word may stand in front: base64 is read in groups of four characters.
  for (const offset of [0, 1, 2, 3]) {
    const decoded = Buffer.from(base64.slice(offset), "base64").toString("latin1");
    for (const { what } of ofReadable(decoded, encodings + 1)) return what;
  }
  return undefined;
}

/** Only what is text: of other bytes, some look like a token by chance. */
function* ofReadable(decoded: string, encodings: number): Generator<Found> {
  for (const [text] of decoded.matchAll(/[\t\n\r -~]{20,}/g)) yield* secretsIn(text, encodings);
}

/** How the base64 of a DER sequence starts that has a small whole number first: a version, as in keys. */
const versioned = /M(?:[A-H].CAQ[AEM]|I(?:[E-H].AgE[ABD]|I..[AQgw]IBA))[A-Za-z0-9+/_-]{24}/g;

/**
 * Whether a private key stands in base64 without its PEM lines: PKCS #8 (RFC 5958) and #12 have an algorithm or a type
 * behind their version, PKCS #1 (RFC 8017) and DSA a number, SEC 1 (RFC 5915) bytes. A request has a name there.
 */
function holdsKey(base64: string): boolean {
  for (const [start] of base64.matchAll(versioned)) {
    const bytes = Buffer.from(start, "base64");
    const inside = 2 + sizeOfLength(bytes, 1);
    const next = inside + 3;
    if (bytes[next] === 0x02 || bytes[next] === 0x04) return true;
    if (bytes[next] === 0x30 && bytes[next + 2 + sizeOfLength(bytes, next + 1)] === 0x06) return true;
  }
  return false;
}

/** How many bytes a length in DER has besides its first. */
const sizeOfLength = (bytes: Uint8Array, position: number) => {
  const first = bytes[position] ?? 0;
  return first < 0x80 ? 0 : first - 0x80;
};

/** Secrets of which some characters are written as `%2B`. */
function* inPercentForm(text: string, encodings: number): Generator<Found> {
  if (!text.includes("%")) return;
  for (const { 0: word, index } of text.matchAll(/[^\s"'<>]{20,}/g)) {
    const decoded = word.replace(/%([0-9A-Fa-f]{2})/g, (_, code) => String.fromCharCode(Number.parseInt(code, 16)));
    if (decoded === word) continue;
    for (const { what } of secretsIn(decoded, encodings + 1)) {
      yield { what, start: index, end: index + word.length };
      break;
    }
  }
}

/** Whether characters of a token's second part are random, or hexadecimal, and so no name. */
const isRandomKey = (text: string) =>
  isRandom(text) || /^(?=.{0,20}\d)[0-9a-f]{20}/.test(text) || /^(?=.{0,20}\d)[0-9A-Z]{20}/.test(text);

/**
 * Whether a text has upper case, lower case and digits in no order. Of 40 random characters of base64, 16 are upper case and
 * 24 are of another class than the one before. Words in CamelCase change their class twice in five to seven letters, and have
 * one upper case letter in them; words between hyphens change it once.
 *
 * @param inWords - whether the text may be a name of several words, as most long ones are
 */
function isRandom(text: string, inWords = true): boolean {
  const counts = { upper: 0, lower: 0, digit: 0, other: 0 };
  let pairs = 0;
  let changes = 0;
  let capitals = 0;
  let followed = 0;
  let before: keyof typeof counts = "other";
  for (let index = 0; index < text.length; index += 1) {
    const now = classOf(text.charCodeAt(index));
    counts[now] += 1;
    if (before !== "other" && now !== "other") pairs += 1;
    if (before !== "other" && now !== "other" && now !== before) changes += 1;
    if (before === "upper" && now !== "other") followed += 1;
    if (before === "upper" && (now === "lower" || now === "digit")) capitals += 1;
    before = now;
  }
  const share = (count: number) => count / text.length;
  const mixed = counts.digit > 0 || share(counts.upper) > 0.3;
  if (!mixed || share(counts.upper) <= 0.1 || share(counts.lower) <= 0.1) return false;
  if (changes / pairs <= 0.3) return false;
  if (!inWords) return true;
  // Behind nearly every upper case letter no other, and a vowel among four letters: words.
  const vowels = text.match(/[aeiou]/gi)?.length ?? 0;
  return capitals <= followed * 0.8 || (changes / pairs > 0.5 && vowels < 0.25 * (counts.upper + counts.lower));
}

function classOf(code: number): "upper" | "lower" | "digit" | "other" {
  if (code >= 0x61 && code <= 0x7a) return "lower";
  if (code >= 0x41 && code <= 0x5a) return "upper";
  return code >= 0x30 && code <= 0x39 ? "digit" : "other";
}
