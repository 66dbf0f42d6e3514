import { joined, type Markdown, markdown } from "./quoting";

/** A name as a page of Markdown shows it. */
export const asCode = (name: string): Markdown => markdown`\`${name}\``;

/**
 * A noun and what it stands for, in the number that is right: ``zone `a` ``, ``zones `a`, `b` ``.
 *
 * @param shown - at least one, each as it stands in the sentence
 */
export function nounFor(noun: string, shown: readonly Markdown[]): Markdown {
  return markdown`${noun}${shown.length === 1 ? "" : "s"} ${joined(shown, ", ")}`;
}

/** The parts of an enumeration whose condition holds. */
export function enumerated(parts: readonly (Markdown | false)[]): Markdown {
  return joined(
    parts.filter((part) => part !== false),
    ", ",
  );
}
