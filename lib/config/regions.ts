import { show } from "./report";
import { nearest } from "./structure";

/**
 * Advice about a region that is none of the known ones: it may be new, and is more often a slip of the pen.
 *
 * @param end - what follows the region where it is written, such as the letter of a zone
 */
export function unknownRegion(region: string, known: readonly string[], cloud: string, end = ""): string | undefined {
  if (known.includes(region)) return undefined;
  const meant = nearest(region, known);
  return `is ${show(region)}, and ${cloud} has no such region that is known here; ${meant === undefined ? `see the list of regions of ${cloud}` : `did you mean ${show(`${meant}${end}`)}?`}`;
}
