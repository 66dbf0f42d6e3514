import { oneOf, type Path, type Report, show } from "./report";
import { secretIn } from "./secrets";

/** Fields that hold PEM blocks, where line breaks belong. */
const pemFields: ReadonlySet<unknown> = new Set(["csr", "caBundle", "serverCaBundle"]);

/** More levels than any config has; reading many thousands would exhaust the stack. */
const mostLevels = 20;

/** The values that a config may have, as messages list them. */
const plain = "a config is plain data: strings, numbers, true, false, lists and maps";

/** Keys with a meaning in JavaScript; some validators drop them silently. */
const machinery: ReadonlySet<string> = new Set(["__proto__", "constructor", "prototype"]);

/**
 * Copies a config as plain data, refusing what no field may hold: Terraform expressions, control characters, secrets,
 * and values that JSON has no form for. A refused text is replaced by `""`, so later rules can look at the rest.
 */
export function plainData(value: unknown, report: Report): unknown {
  const copy = (item: unknown, path: Path, around: readonly object[]): unknown => {
    if (typeof item === "string") {
      const message = textProblem(item, pemFields.has(path.at(-1)));
      if (message === undefined) return item;
      report.refuse(path, message);
      return "";
    }
    if (item === null || typeof item === "boolean") return item;
    if (typeof item === "number" && isFrameworkToken(item)) {
      report.refuse(path, `is ${item}, which the framework would take for a reference; write another number`);
      return 0;
    }
    if (typeof item === "number" && Number.isFinite(item)) return item;
    if (typeof item !== "object" || item === null) {
      report.refuse(path, `is ${kindOf(item)}; ${plain}`);
      return undefined;
    }
    if (around.includes(item)) {
      report.refuse(path, "contains itself; write out what is meant");
      return undefined;
    }
    if (around.length > mostLevels) {
      report.refuse(path, `is nested more than ${mostLevels} levels deep; no config is`);
      return undefined;
    }
    const inside = [...around, item];
    if (Array.isArray(item)) return Array.from(item, (member, index) => copy(member, [...path, index], inside));
    // The prototype of an object literal has this method, in every realm.
    const prototype = Object.getPrototypeOf(item) as object | null;
    if (prototype !== null && !Object.hasOwn(prototype, "isPrototypeOf")) {
      report.refuse(path, `is no plain map, but an instance of a class or a map with the key __proto__; ${plain}`);
      return undefined;
    }
    const entries: [string, unknown][] = [];
    for (const [key, member] of Object.entries(item)) {
      if (member === undefined) {
        report.warning([...path, key], "is undefined and counts as left out; is an environment variable unset?");
        continue;
      }
      if (typeof member === "string" && privateMembers.has(key) && Object.hasOwn(item, "kty")) {
        report.refuse([...path, key], refusedSecret("a private key"));
        entries.push([key, ""]);
        continue;
      }
      const message = keyProblem(key);
      if (message === undefined) entries.push([key, copy(member, [...path, key], inside)]);
      else report.refuse([...path, secretIn(key) === undefined ? key : "(withheld)"], message);
    }
    return Object.fromEntries(entries);
  };
  return copy(value, [], []);
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
  return textProblem(key, false);
}

function textProblem(text: string, pem: boolean): string | undefined {
  const secret = secretIn(text);
  if (secret !== undefined) return refusedSecret(secret);
  const expression = /[$%]\{/.exec(text)?.[0];
  if (expression !== undefined) {
    return `contains ${JSON.stringify(expression)}, which Terraform would evaluate; write the value itself`;
  }
  const token = frameworkTokenIn(text);
  if (token !== undefined) {
    return `contains ${show(token)}, which the framework would take for a reference; write the value itself`;
  }
  const control = /\p{Cc}/u.exec(pem ? text.replace(/\r?\n/g, "") : text)?.[0];
  if (control !== undefined) {
    const code = `U+${control.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0")}`;
    return `contains ${control === "\n" ? "a line break" : `the control character ${code}`}; write it on one line without control characters`;
  }
  return undefined;
}
