import { createHash } from "node:crypto";
import { show } from "./report";

/** The id of a Google Cloud project; its number and its display name are something else. */
export const projectIdPattern = "^[a-z][a-z0-9-]{4,28}[a-z0-9]$";
/** What Compute calls its resources, and Cloud DNS its zones (RFC 1035 label). */
export const computeNamePattern = "^[a-z]([-a-z0-9]{0,61}[a-z0-9])?$";
/** A region by shape; there is no list to go stale. */
export const googleRegionPattern = "^[a-z]+-[a-z]+[0-9]{1,2}$";
/** A zone of a region by shape. */
export const googleZonePattern = "^[a-z]+-[a-z]+[0-9]{1,2}-[a-z]$";

/** Why the text is no project id, if it is none. */
export function projectIdProblem(text: string): string | undefined {
  if (new RegExp(projectIdPattern).test(text)) return undefined;
  const what = /^[0-9]+$/.test(text) ? ", which is a project's number" : "";
  return `is ${show(text)}${what}; write the project's id, 6-30 of a-z, 0-9 and "-", such as "ml-serving-prod"`;
}

/** Why the text cannot be what Compute or Cloud DNS calls something, if it cannot. */
export function computeNameProblem(text: string, what: string): string | undefined {
  if (new RegExp(computeNamePattern).test(text)) return undefined;
  return `is ${show(text)}; write ${what}: 1-63 of a-z, 0-9 and "-", starting with a letter and ending with a letter or digit`;
}

/** Why the text is no region of Google's, if it is none. */
export function googleRegionProblem(text: string): string | undefined {
  return new RegExp(googleRegionPattern).test(text)
    ? undefined
    : `is ${show(text)}; write a region, such as "europe-west4"`;
}

/** Why the text is no zone of a Google region, if it is none. */
export function googleZoneProblem(text: string): string | undefined {
  return new RegExp(googleZonePattern).test(text)
    ? undefined
    : `is ${show(text)}; write a zone, such as "europe-west4-a"`;
}

/** Whose names they are: stacks that share a Google project must not share names. */
export interface NameScope {
  readonly project: string;
  readonly environment: string;
  readonly stack: string;
}

/** Names of Compute and of Certificate Manager fit in this many characters (Certificate Manager takes one more). */
const nameLimit = 63;
const hashLength = 10;

/**
 * The name of a Google resource: environment, stack and what it is, cut where that is too long, and a hash. The hash is
 * of everything that the name is made from and of the values whose change replaces the resource, so that the new one
 * can stand beside the old one until nothing refers to that.
 *
 * @param what - tells the resource from others of its type; DNS names may stand in it
 * @param replacing - what the provider replaces the resource for, its name aside
 */
export function googleName(scope: NameScope, what: string, replacing: readonly unknown[] = []): string {
  const { project, environment, stack } = scope;
  const hash = createHash("sha256")
    .update(JSON.stringify([project, environment, stack, what, replacing]))
    .digest("hex")
    .slice(0, hashLength);
  const text = `${environment}-${stack}-${what}`.replaceAll("*", "wildcard").replace(/[^a-z0-9]+/g, "-");
  return `${text.slice(0, nameLimit - hashLength - 1).replace(/-+$/, "")}-${hash}`;
}
