import { commonNameLimit, type DnsName, parseName } from "./dns-names";
import { setOf, text } from "./fields";
import { type Place, show } from "./report";

/** The schema of an authority's common name or organization: of a certificate's subject, where any text may stand. */
export const subjectInput = (description: string, example: string) =>
  text({ description, examples: [example] }, (value) =>
    value.trim() !== "" && value.length <= commonNameLimit
      ? undefined
      : `is ${show(value)}; write 1-${commonNameLimit} characters (RFC 5280)`,
  );

/** The schema of a list of DNS names. */
export const namesInput = (description: string) =>
  setOf(
    text({ description: "A DNS name.", examples: ["api.example.com"] }, (value) => parseName(value).mistake),
    { description, examples: [["api.example.com", "*.api.example.com"]] },
  );

/** A list of names in normal form, without duplicates, sorted; what is no name is left to the field's own rule. */
export function readNames(input: readonly string[], place: Place): readonly DnsName[] {
  const names = input.flatMap((given, index) => {
    const parsed = parseName(given);
    if (parsed.name === undefined) return [];
    if (parsed.advice !== undefined) place.in(index).warning(parsed.advice);
    return [parsed.name];
  });
  return [...new Set(names)].sort();
}
