import { goQuoted } from "./go-text";

/** A name in the ASCII form that Vault looks at, or what it says of one that has none. */
export type AsciiForm = { readonly ascii: string } | { readonly error: string };

/** What goes before a label whose other characters are encoded. */
const encodedMark = "xn--";

/**
 * The ASCII form of a name as Go's `golang.org/x/net/idna` makes it with strict names, verified lengths and nothing
 * else, which is how Vault uses it: labels are encoded and lengths checked, but nothing is mapped to lower case and no
 * character is refused, not even a space. `parseName` of the config's names is stricter on purpose.
 */
export function asciiForm(name: string): AsciiForm {
  if (name === "") return invalid(name);
  const labels = name.split(".");
  let rewritten = false;
  for (let at = 0; at < judged(labels, rewritten); at++) {
    const label = labels[at] ?? "";
    // It is the whole name that is shown here.
    if (label === "") return invalid(name);
    if (!label.startsWith(encodedMark)) continue;
    const encoded = label.slice(encodedMark.length);
    const decoded = decodedLabel(encoded);
    if (decoded === undefined) return invalid(encoded);
    if (decoded === "") return invalid(decoded);
    labels[at] = decoded;
    rewritten = true;
  }
  for (let at = 0; at < judged(labels, rewritten); at++) {
    const label = labels[at] ?? "";
    if (!isAscii(label)) {
      labels[at] = `${encodedMark}${punycode().encode(label)}`;
      rewritten = true;
    }
    const { length } = labels[at] ?? "";
    if (length === 0 || length > 63) return invalid(labels[at] ?? "");
  }
  const ascii = labels.join(".");
  // The root's dot is not counted.
  return ascii.replace(/\.$/, "").length > 253 ? invalid(ascii) : { ascii };
}

/**
 * How many labels are looked at. The empty one after a trailing dot is the root; of two trailing dots the library
 * passes over both as long as it has rewritten no label.
 */
function judged(labels: readonly string[], rewritten: boolean): number {
  if (labels.length < 2 || labels.at(-1) !== "") return labels.length;
  return labels.length > 2 && labels.at(-2) === "" && !rewritten ? labels.length - 2 : labels.length - 1;
}

/** What stands behind the mark, decoded (RFC 3492); `undefined` if it cannot be. */
function decodedLabel(encoded: string): string | undefined {
  // A delimiter in front of nothing is malformed to Go, and one behind everything is dropped.
  if (encoded.lastIndexOf("-") === 0) return undefined;
  if (encoded.endsWith("-")) return encoded.slice(0, -1);
  try {
    return punycode().decode(encoded);
  } catch {
    return undefined;
  }
}

/** Whether the text has ASCII characters only. */
export function isAscii(text: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: all of ASCII is meant.
  return /^[\x00-\x7f]*$/.test(text);
}

/** Loaded for encoded names only. The slash keeps Node from taking its own, which it deprecates. */
const punycode = () => require("punycode/") as typeof import("punycode");

const invalid = (label: string): AsciiForm => ({ error: `idna: invalid label ${goQuoted(label)}` });
