import { isDeepStrictEqual } from "node:util";
import { blockOf, type PreviousResource, type PreviousStack } from "./previous-stack";

/** What becomes of something with an address from one release of a stack to the next. */
export interface Difference {
  readonly address: string;
  readonly fate: "added" | "changed" | "gone";
  /** Arguments that are not what they were; of something that is added or gone, none. */
  readonly changed: readonly string[];
}

/**
 * Compares a release of a stack with the earlier one, address by address. What refers to something that is made anew is
 * changed as well, since it gets to know another value.
 *
 * @param now - what was synthesized
 * @param anew - whether a changed argument has the thing made anew
 */
export function differences(
  before: PreviousStack,
  now: PreviousStack,
  anew: (address: string, argument: string) => boolean,
): readonly Difference[] {
  const [had, made] = [withKnownValues(before.resources), withKnownValues(now.resources)];
  const addresses = [...new Set([...Object.keys(had), ...Object.keys(made)])].sort();
  const found = new Map<string, Difference>();
  for (const address of addresses) {
    const [was, is] = [had[address], made[address]];
    if (is === undefined) found.set(address, { address, fate: "gone", changed: [] });
    // A state has neither providers nor the backend: nothing says that they are new.
    else if (was !== undefined) {
      const changed = before.from === "state" ? differsFromState(was, is) : differsFrom(was, is);
      if (changed.length > 0) found.set(address, { address, fate: "changed", changed });
    } else if (before.from === "output" || isResource(address)) {
      found.set(address, { address, fate: "added", changed: [] });
    }
  }
  followReferences(made, found, anew);
  return [...found.values()];
}

/** Whether an address is that of a resource, and not of a provider or a backend. */
export function isResource(address: string): boolean {
  return !/^(provider|backend)\./.test(address);
}

/** What the framework notes for itself. */
const notes = "//";

/** Arguments that differ between two outputs. */
function differsFrom(was: PreviousResource, is: PreviousResource): readonly string[] {
  return [...new Set([...Object.keys(was), ...Object.keys(is)])]
    .filter((argument) => argument !== notes && !isDeepStrictEqual(was[argument], is[argument]))
    .sort();
}

/** Instructions to Terraform, which no state has. */
const instructions = [notes, "lifecycle", "depends_on", "provider", "timeouts"];

/** Arguments of an output that differ from the attributes in a state, as far as the output says them. */
function differsFromState(was: PreviousResource, is: PreviousResource): readonly string[] {
  return Object.keys(is)
    .filter((argument) => !instructions.includes(argument) && argument in was && !agrees(was[argument], is[argument]))
    .sort();
}

/** Whether a value in a state can be what an output says: references are not known, blocks are lists of one, sets are sorted. */
function agrees(was: unknown, is: unknown): boolean {
  if (typeof is === "string" && is.includes("${")) return true;
  if (is === undefined || is === null) return true;
  if (Array.isArray(is)) {
    if (!Array.isArray(was) || was.length !== is.length) return is.length === 0 && (was === null || was === undefined);
    const left = [...was];
    return is.every((member) => {
      const index = left.findIndex((other) => agrees(other, member));
      return index >= 0 && left.splice(index, 1).length === 1;
    });
  }
  if (typeof is === "object") {
    const block = Array.isArray(was) && was.length === 1 ? (was[0] as unknown) : was;
    if (typeof block !== "object" || block === null) return Object.keys(is).length === 0;
    return Object.entries(is).every(([key, value]) => agrees((block as PreviousResource)[key], value));
  }
  return String(was) === String(is);
}

/** Adds what refers to something that is made anew, until nothing more does. */
function followReferences(
  resources: PreviousStack["resources"],
  found: Map<string, Difference>,
  anew: (address: string, argument: string) => boolean,
): void {
  const references = new Map(
    Object.entries(resources).map(([address, one]) => [
      address,
      Object.entries(one)
        .filter(([argument]) => !instructions.includes(argument))
        .map(([argument, value]) => ({ argument, to: referencesIn(value) })),
    ]),
  );
  let next = [...found.values()];
  while (next.length > 0) {
    const made = next
      .filter(({ address, changed }) => changed.some((argument) => anew(address, argument)))
      .map(({ address }) => address);
    next = [];
    for (const [address, of] of references) {
      const before = found.get(address);
      if (before?.fate === "added") continue;
      const more = of.flatMap(({ argument, to }) =>
        made.some((other) => to.includes(other)) && !before?.changed.includes(argument) ? [argument] : [],
      );
      if (more.length === 0) continue;
      const changed = [...new Set([...(before?.changed ?? []), ...more])].sort();
      const difference: Difference = { address, fate: "changed", changed };
      found.set(address, difference);
      next.push(difference);
    }
  }
}

/** An expression that is nothing but something of a resource, such as `${kubernetes_namespace_v1.ml.metadata[0].name}`. */
const reference = /\$\{([a-z][a-z0-9_]*\.[A-Za-z_][\w-]*)((?:\.[a-z_]+|\[0\])+)\}/g;

/** The resources with the value in place of each reference to an argument that is written in the same output. */
function withKnownValues(resources: PreviousStack["resources"]): PreviousStack["resources"] {
  const known = (value: unknown): unknown => {
    if (typeof value === "string") {
      return value.replace(reference, (whole, address: string, path: string) => {
        const parts = path.split(/\.|(\[0\])/).filter((part) => part !== undefined && part !== "");
        const found = parts.reduce<unknown>(
          (inner, part) => (part === "[0]" ? blockOf(inner) : blockOf(inner)[part]),
          resources[address],
        );
        return typeof found === "string" ? String(known(found)) : whole;
      });
    }
    if (Array.isArray(value)) return value.map(known);
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, known(inner)]));
  };
  return known(resources) as PreviousStack["resources"];
}

/** Addresses of resources that a value refers to. */
function referencesIn(value: unknown): readonly string[] {
  if (typeof value === "string") {
    return [...value.matchAll(/(?<![\w.])([a-z][a-z0-9_]*\.[A-Za-z_][\w-]*)(?=[.[])/g)].map(
      ([, address = ""]) => address,
    );
  }
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(referencesIn) : [];
}
