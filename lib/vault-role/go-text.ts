import type { Seconds } from "../config/duration";

/** Text as Go's `%q` prints it. */
export function goQuoted(text: string): string {
  return JSON.stringify(text)
    .replaceAll("\\u0007", "\\a")
    .replaceAll("\\u000b", "\\v")
    .replaceAll("\x7f", "\\x7f")
    .replace(/\\u00(?=[01][0-9a-f])/g, "\\x");
}

/** A length of time as Go prints it: `768h0m0s`, `1m0s`, `5s`. */
export function goShown(seconds: Seconds): string {
  const [hours, minutes, rest] = [Math.floor(seconds / 3_600), Math.floor(seconds / 60) % 60, seconds % 60];
  return hours > 0 ? `${hours}h${minutes}m${rest}s` : minutes > 0 ? `${minutes}m${rest}s` : `${rest}s`;
}
