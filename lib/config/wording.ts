/** A name as a page of Markdown shows it. */
export const asCode = (name: string): string => `\`${name}\``;

/**
 * A noun and what it stands for, in the number that is right: ``zone `a` ``, ``zones `a`, `b` ``.
 *
 * @param shown - at least one, each as it stands in the sentence
 */
export function nounFor(noun: string, shown: readonly string[]): string {
  return `${noun}${shown.length === 1 ? "" : "s"} ${shown.join(", ")}`;
}

/** The parts of an enumeration whose condition holds. */
export function enumerated(parts: readonly (string | false)[]): string {
  return parts.filter((part) => part !== false).join(", ");
}
