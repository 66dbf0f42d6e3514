import { isIPv4, isIPv6 } from "node:net";

/** An IP address as Go reads and prints it; `undefined` if it is none. */
export function ipAddress(text: string): string | undefined {
  if (isIPv4(text)) return text;
  // A zone belongs to an interface, not to an address.
  if (!isIPv6(text) || text.includes("%")) return undefined;
  const short = new URL(`http://[${text}]`).hostname.slice(1, -1);
  const [, high, low] = /^::ffff:([0-9a-f]+):([0-9a-f]+)$/.exec(short) ?? [];
  if (high === undefined || low === undefined) return short;
  // An IPv4 address in IPv6 clothes becomes one.
  return [high, low].flatMap((half) => [Number.parseInt(half, 16) >> 8, Number.parseInt(half, 16) & 255]).join(".");
}

/** Whether Go's `net/url` reads the text as a URI, relative ones included. */
export function isUri(text: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
  if (/[\x00-\x1f\x7f]/.test(text)) return false;
  const [, scheme, rest = text] = /^(?:([A-Za-z][A-Za-z0-9+.-]*):)?(.*)$/s.exec(text) ?? [];
  const [address = ""] = rest.split(/[?#]/, 1);
  // What follows a scheme without a slash is nobody's business; without a scheme, a colon would look like one.
  if (!address.startsWith("/")) return scheme !== undefined || !address.replace(/\/.*/s, "").includes(":");
  const [, authority = "", path = ""] = /^(?:\/\/([^/]*))?(.*)$/s.exec(address) ?? [];
  const host = authority.replace(/^.*@/s, "");
  const wellMadeHost = /^(\[[0-9A-Fa-f:.]+\]|[^\s%\\^`{}|:[\]]*)(:[0-9]*)?$/.test(host);
  return wellMadeHost && !/%(?![0-9A-Fa-f]{2})/.test(path);
}
