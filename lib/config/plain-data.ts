import { oneOf, type Place, show, unseen } from "./report";
import { secretIn } from "./secrets";

/** Fields that hold PEM blocks, where line breaks belong. */
const pemFields: ReadonlySet<unknown> = new Set(["csr", "caBundle", "serverCaBundle"]);

/** Maps whose values are other programs' text: what looks like an expression in them is written for Terraform as text. */
const literalMaps: ReadonlySet<unknown> = new Set(["annotations"]);

/** More levels than any config has; reading many thousands would exhaust the stack. */
const mostLevels = 20;

/** The values that a config may have, as messages list them. */
const plain = "a config is plain data: strings, numbers, true, false, lists and maps";

/** Keys with a meaning in JavaScript; some validators drop them silently. */
const machinery: ReadonlySet<string> = new Set(["__proto__", "constructor", "prototype"]);

/**
 * Copies a config as plain data, refusing what no field may hold: Terraform expressions, unseen characters, secrets,
 * and values that JSON has no form for. A refused text is replaced by `""`, so later rules can look at the rest.
 *
 * @param around - the maps and lists that the value is in
 */
export function plainData(value: unknown, place: Place, around: readonly object[] = []): unknown {
  const message = problemWith(value, place, around);
  if (message !== undefined) {
    place.refuse(message);
    return typeof value === "string" ? "" : typeof value === "number" && Number.isFinite(value) ? 0 : undefined;
  }
  if (typeof value !== "object" || value === null) return value;
  const inside = [...around, value];
  if (Array.isArray(value)) return Array.from(value, (member, index) => plainData(member, place.in(index), inside));
  const entries: [string, unknown][] = [];
  for (const [key, member] of Object.entries(value)) {
    if (member === undefined) {
      place.in(key).warning("is undefined and counts as left out; is an environment variable unset?");
      continue;
    }
    if (typeof member === "string" && privateMembers.has(key) && Object.hasOwn(value, "kty")) {
      place.in(key).refuse(refusedSecret("a private key"));
      entries.push([key, ""]);
      continue;
    }
    const message = keyProblem(key);
    if (message === undefined) entries.push([key, plainData(member, place.in(key), inside)]);
    else place.in(secretIn(key) === undefined ? key : "(withheld)").refuse(message);
  }
  return Object.fromEntries(entries);
}

/** Why a value cannot be in a config; what is wrong with its members is left to them. */
function problemWith(value: unknown, { path }: Place, around: readonly object[]): string | undefined {
  if (typeof value === "string") {
    return textProblem(value, { pem: pemFields.has(path.at(-1)), literal: literalMaps.has(path.at(-2)) });
  }
  if (typeof value === "number" && isFrameworkToken(value)) {
    return `is ${value}, which the framework would take for a reference; write another number`;
  }
  if (value === null || typeof value === "boolean" || Number.isFinite(value)) return undefined;
  if (typeof value !== "object") return `is ${kindOf(value)}; ${plain}`;
  if (around.includes(value)) return "contains itself; write out what is meant";
  if (around.length > mostLevels) return `is nested more than ${mostLevels} levels deep; no config is`;
  if (isMapOrList(value)) return undefined;
  return `is no plain map, but an instance of a class or a map with the key __proto__; ${plain}`;
}

function isMapOrList(value: object): boolean {
  if (Array.isArray(value)) return true;
  const prototype = Object.getPrototypeOf(value) as object | null;
  // The prototype of an object literal has this method, in every realm.
  return prototype === null || Object.hasOwn(prototype, "isPrototypeOf");
}

/**
 * Copies a value that code has made, so that no getter and no proxy of it runs later: it could throw, end the program or
 * give another value. What `plainData` refuses, it refuses in the copy.
 *
 * @param copies - of the maps and lists that were met before: a value may contain itself
 */
export function withoutCode(value: unknown, levels = mostLevels + 2, copies = new Map<object, object>()): unknown {
  if (typeof value !== "object" || value === null) return value;
  const known = copies.get(value);
  if (known !== undefined) return known;
  // An instance of a class is refused unread, and what is nested too deep likewise.
  if (levels === 0 || !isMapOrList(value)) return Object.create({});
  if (Array.isArray(value)) {
    const list: unknown[] = [];
    copies.set(value, list);
    for (const member of value) list.push(withoutCode(member, levels - 1, copies));
    return list;
  }
  // Without a prototype, "__proto__" is a key like others.
  const map = Object.create(null) as Record<string, unknown>;
  copies.set(value, map);
  for (const [key, member] of Object.entries(value)) map[key] = withoutCode(member, levels - 1, copies);
  return map;
}

const refusedSecret = (what: string) =>
  `looks like ${what}; a config holds no secrets: revoke it, and give credentials to the provider through its own environment`;

/** The members of a JSON Web Key that are private (RFC 7518, 6.2.2, 6.3.2 and 6.4.1). */
const privateMembers: ReadonlySet<string> = new Set(["d", "k", "p", "q", "dp", "dq", "qi"]);

/**
 * What CDKTF would take for a reference to something that Terraform knows later: `cdktf/lib/tokens/private/encoding.js`
 * marks lists by `#{TfToken[` and maps by `&{TfToken[`, and finds numbers in texts too; `token.js` has two whole texts.
 */
function frameworkTokenIn(text: string): string | undefined {
  const marked = /[#&]\{TfToken\[|^(?:String|Any) Map Token Value$/.exec(text)?.[0];
  if (marked !== undefined) return marked;
  // What the framework looks for, read once: not from the middle of such a word on.
  const numbers = text.includes("e") ? text.matchAll(/(?<![-|\d.+])[-|\d.+]+e[-|\d.eE+]+/g) : [];
  for (const [number] of numbers) if (isFrameworkToken(Number.parseFloat(number))) return number;
  return undefined;
}

/** Numbers by whose first two bytes CDKTF knows its references, in lists and elsewhere, and the one that stands for maps. */
function isFrameworkToken(number: number): boolean {
  const bytes = new DataView(new ArrayBuffer(8));
  bytes.setFloat64(0, number);
  return number === -123456789 || [0xfbff, 0xfdff].includes(bytes.getUint16(0));
}

function kindOf(value: unknown): string {
  if (typeof value === "number") return `${value}`;
  return typeof value === "undefined" ? "undefined" : `a ${typeof value}`;
}

function keyProblem(key: string): string | undefined {
  if (machinery.has(key)) return `a key may not be ${oneOf([...machinery])}; choose another name`;
  return textProblem(key);
}

function textProblem(text: string, { pem = false, literal = false } = {}): string | undefined {
  const secret = secretIn(text);
  if (secret !== undefined) return refusedSecret(secret);
  const expression = /[$%]\{/.exec(text)?.[0];
  const escaped = /\$\$\{|%%\{/.exec(text)?.[0];
  if (literal && escaped !== undefined) {
    return `contains ${JSON.stringify(escaped)}; write ${JSON.stringify(escaped.slice(1))} as it is meant: Terraform is given it escaped`;
  }
  // What the framework takes for a reference of its own stays one, escaped or not.
  if (expression !== undefined && !(literal && !text.includes("TfToken["))) {
    return `contains ${JSON.stringify(expression)}, which Terraform would evaluate; write the value itself`;
  }
  const token = frameworkTokenIn(text);
  if (token !== undefined) {
    return `contains ${show(token)}, which the framework would take for a reference; write the value itself`;
  }
  const character = unseen.exec(pem ? text.replace(/\r?\n/g, "") : text)?.[0];
  return character === undefined ? undefined : characterProblem(character);
}

/** Why a character has no place in a text: no reader sees it, and a shell, a terminal or a reader of YAML acts on it. */
function characterProblem(character: string): string {
  const code = `U+${character.codePointAt(0)?.toString(16).toUpperCase().padStart(4, "0")}`;
  if (character === "\n") return "contains a line break; write it on one line without control characters";
  if (/\p{Cc}/u.test(character)) {
    return `contains the control character ${code}; write it on one line without control characters`;
  }
  if (!/[\p{Cf}\p{Zl}\p{Zp}]/u.test(character)) return `contains ${code}, which is no character; write it without`;
  // Some international names need a joiner (RFC 5892, A.1 and A.2).
  const otherwise = /[\u200C\u200D]/.test(character) ? ", and a DNS name that needs it in ASCII (xn--...)" : "";
  return `contains the invisible character ${code}; write it without${otherwise}`;
}
