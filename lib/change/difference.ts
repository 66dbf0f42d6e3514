import { isDeepStrictEqual } from "node:util";
import { blockOf, type PreviousResource, type PreviousStack, textsOf } from "./previous-stack";

/** What becomes of something with an address from one release of a stack to the next. */
export interface Difference {
  readonly address: string;
  readonly fate: "added" | "changed" | "gone";
  /** Arguments that are not what they were; of something that is added or gone, none. */
  readonly changed: readonly ChangedArgument[];
}

/** An argument of a resource. References to what is written in the same output are values. */
export interface ChangedArgument {
  readonly name: string;
  readonly was: unknown;
  readonly is: unknown;
  /** Whether what was is that of a state, where a value has another form, and more in it than was given. */
  readonly fromState: boolean;
}

/**
 * Compares a release of a stack with the earlier one, address by address. What refers to something that is made anew is
 * changed as well, since it gets to know another value.
 *
 * @param now - what was synthesized
 * @param isAnew - whether a changed argument has the thing made anew
 */
export function differences(
  before: PreviousStack,
  now: PreviousStack,
  isAnew: (address: string, argument: ChangedArgument) => boolean,
): readonly Difference[] {
  const [had, made] = [withKnownValues(before.resources), withKnownValues(now.resources)];
  const compare = before.from === "state" ? changedFromState : changedFromOutput;
  const found = new Map<string, Difference>();
  for (const address of [...new Set([...Object.keys(had), ...Object.keys(made)])].sort()) {
    const [was, is] = [had[address], made[address]];
    if (is === undefined) found.set(address, { address, fate: "gone", changed: [] });
    // A state has neither providers nor what is looked up: nothing says that they are new.
    else if (was === undefined) {
      if (before.from === "output" || isResource(address)) found.set(address, { address, fate: "added", changed: [] });
    } else {
      const changed = compare(was, is);
      if (changed.length > 0) found.set(address, { address, fate: "changed", changed });
    }
  }
  followReferences(made, found, isAnew);
  return [...found.values()];
}

/** Whether an address is that of a resource, and not of a provider or of something that is looked up. */
export function isResource(address: string): boolean {
  return !/^(provider|data)\./.test(address);
}

/** What the framework notes for itself. */
const notes = "//";

/** In which order an apply does its work: nothing that is made shows it. */
const order = "depends_on";

/** Arguments that differ between two outputs. */
function changedFromOutput(was: PreviousResource, is: PreviousResource): readonly ChangedArgument[] {
  return [...new Set([...Object.keys(was), ...Object.keys(is)])]
    .filter((name) => name !== notes && name !== order && !isDeepStrictEqual(was[name], is[name]))
    .map((name) => ({ name, was: was[name], is: is[name], fromState: false }));
}

/** Instructions to Terraform, which no state has. */
const instructions = [notes, order, "lifecycle", "provider", "timeouts"];

/** Arguments of an output that differ from the attributes in a state, as far as the output says them. */
function changedFromState(was: PreviousResource, is: PreviousResource): readonly ChangedArgument[] {
  return Object.keys(is)
    .filter((name) => !instructions.includes(name) && name in was && !agrees(was[name], is[name]))
    .map((name) => ({ name, was: was[name], is: is[name], fromState: true }));
}

/** Whether a value in a state can be what an output says: references are not known, blocks are lists of one, sets are sorted. */
export function agrees(was: unknown, is: unknown): boolean {
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

/** The name under which a resource is changed that has `replace_triggered_by`, and is made anew for something else's change. */
const triggered = "replace_triggered_by";

/** What a resource is made anew for: addresses with the attribute of each. */
function triggersOf({ lifecycle }: PreviousResource): readonly (readonly [address: string, attribute: string])[] {
  return textsOf(blockOf(lifecycle)[triggered]).map((trigger) => {
    const parts = trigger.split(".");
    return [parts.slice(0, -1).join("."), parts.at(-1) ?? ""];
  });
}

/** Adds what refers to something that is made anew, and what is made anew for another's change, until nothing more does. */
function followReferences(
  resources: PreviousStack["resources"],
  found: Map<string, Difference>,
  isAnew: (address: string, argument: ChangedArgument) => boolean,
): void {
  /** A resource with an argument that follows another resource, or one attribute of it. */
  interface User {
    readonly address: string;
    readonly argument: ChangedArgument;
    readonly attribute?: string;
  }
  const users = new Map<string, User[]>();
  const addUser = (used: string, user: User) => {
    const known = users.get(used);
    if (known === undefined) users.set(used, [user]);
    else known.push(user);
  };
  for (const [address, one] of Object.entries(resources)) {
    for (const [used, attribute] of triggersOf(one)) {
      const argument = { name: triggered, was: undefined, is: `${used}.${attribute}`, fromState: false };
      addUser(used, { address, argument, attribute });
    }
    for (const [name, value] of Object.entries(one)) {
      if (instructions.includes(name)) continue;
      for (const used of referencesIn(value)) {
        const argument = { name, was: value, is: withAnother(used, value), fromState: false };
        addUser(used, { address, argument });
      }
    }
  }
  const left = [...found.values()];
  for (let one = left.pop(); one !== undefined; one = left.pop()) {
    const { address: used, changed } = one;
    const anew = changed.some((argument) => isAnew(used, argument));
    for (const { address, argument, attribute } of users.get(used) ?? []) {
      // What is written in the output is known, also of what is made anew.
      const follows =
        attribute === undefined || !(attribute in (resources[used] ?? {}))
          ? anew
          : changed.some(({ name }) => name === attribute);
      if (!follows) continue;
      const before = found.get(address);
      if (before?.fate === "added" || before?.changed.some(({ name }) => name === argument.name)) continue;
      const next: Difference = { address, fate: "changed", changed: [...(before?.changed ?? []), argument] };
      found.set(address, next);
      left.push(next);
    }
  }
}

/** A value that knows another resource of that address. */
function withAnother(address: string, value: unknown): unknown {
  if (typeof value === "string") return value.replaceAll(address, `${address} (anew)`);
  if (Array.isArray(value)) return value.map((member) => withAnother(address, member));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, withAnother(address, inner)]));
}

/** An expression that is nothing but something of a resource, such as `${kubernetes_namespace_v1.ml.metadata[0].name}`. */
const reference = /\$\{((?:data\.)?[a-z][a-z0-9_]*\.[A-Za-z_][\w-]*)((?:\.[a-z_]+|\[0\])+)\}/g;

/**
 * The resources with the value in place of each reference to an argument that is written in the same output, and the
 * region in place of each provider that has one.
 */
function withKnownValues(resources: PreviousStack["resources"]): PreviousStack["resources"] {
  // Which block configures it says nothing: where that leads does.
  const placeOf = (name: unknown) => {
    const { region } = resources[`provider.${String(name)}`] ?? {};
    return typeof region === "string" ? `${String(name).split(".")[0]} in ${region}` : name;
  };
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
    return Object.fromEntries(
      Object.entries(value).map(([key, inner]) => [key, key === "provider" ? placeOf(inner) : known(inner)]),
    );
  };
  return known(resources) as PreviousStack["resources"];
}

/** Addresses of resources that a value refers to. */
function referencesIn(value: unknown): readonly string[] {
  if (typeof value === "string") {
    return [...value.matchAll(/(?<![\w.])((?:data\.)?[a-z][a-z0-9_]*\.[A-Za-z_][\w-]*)(?=[.[])/g)].map(
      ([, address = ""]) => address,
    );
  }
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(referencesIn) : [];
}
