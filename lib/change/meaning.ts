import { type Path, type Place, type Report, show } from "../config/report";
import { type ChangedArgument, type Difference, differences, isResource } from "./difference";
import type { PreviousStack } from "./previous-stack";

/** What a change means to those who use what a stack made. */
export interface Meaning {
  /**
   * - `quiet`: nobody outside the stack sees it, or others are told by a rule of the wing;
   * - `warned`: others see it, or something goes that the config asks to remove;
   * - `refused`: somebody loses trust, traffic or renewal, or what was made stays where nobody looks.
   */
  readonly is: "quiet" | "warned" | "refused";
  /** Whether the provider makes the thing anew. */
  readonly anew?: true;
  /** The field of the config that decides it, from where the resource is made for. */
  readonly field: Path;
  /** Why it is quiet; or who loses what, and what to do about it: the end of a sentence that starts with "changes: ". */
  readonly because: string;
}

/** What it means when resources of a type change or go. */
export interface TypeMeaning {
  /** What in a stack's config they are made for; of the name in the address. */
  readonly at: (name: string) => Path;
  /** By argument, also of what was and what is; one that is missing here is told of. */
  readonly changed: Readonly<Record<string, Meaning | ((was: unknown, is: unknown) => Meaning)>>;
  readonly gone: Meaning;
}

/** By resource type, or `provider.<name>`; a type that is missing here is told of. */
export type Meanings = Readonly<Record<string, TypeMeaning>>;

/** What an apply does to the resources of a stack. */
export interface Counts {
  readonly added: number;
  readonly changed: number;
  readonly anew: number;
  readonly gone: number;
}

/** The type and the name in an address; of a provider the name is its alias. */
function partsOf(address: string): { readonly type: string; readonly name: string } {
  const [first = "", second = "", ...rest] = address.split(".");
  return isResource(address)
    ? { type: first, name: [second, ...rest].join(".") }
    : { type: `${first}.${second}`, name: rest.join(".") };
}

/** What a changed argument means; `undefined` where no table says it. */
function meaningOf(meanings: Meanings, address: string, { name, was, is }: ChangedArgument): Meaning | undefined {
  const meaning = meanings[partsOf(address).type]?.changed[name];
  return typeof meaning === "function" ? meaning(was, is) : meaning;
}

/** What a provider puts on everything that it makes, and the argument of a resource in which it is seen. */
const labels = { default_tags: "tags_all", default_labels: "effective_labels" };

/** Compares a release of a stack with the earlier one, as far as tables say what providers do. */
export function judgedDifferences(
  before: PreviousStack,
  now: PreviousStack,
  meanings: Meanings,
): readonly Difference[] {
  const found = differences(before, now, (address, argument) => isAnew(meanings, address, argument));
  const all = new Map(found.map((one) => [one.address, one]));
  for (const { address, changed } of found) {
    const [, provider, alias] = address.split(".");
    for (const [given, seen] of Object.entries(labels)) {
      const argument = isResource(address) ? undefined : changed.find(({ name }) => name === given);
      if (argument === undefined) continue;
      for (const [labelled, { provider: its = provider }] of Object.entries(now.resources)) {
        const { type } = partsOf(labelled);
        const takesLabels = meanings[type]?.changed[seen] !== undefined && type.startsWith(`${provider}_`);
        const one = all.get(labelled);
        if (!takesLabels || its !== [provider, alias].filter(Boolean).join(".") || one?.fate === "added") continue;
        const more = { ...argument, name: seen };
        all.set(labelled, { address: labelled, fate: "changed", changed: [...(one?.changed ?? []), more] });
      }
    }
  }
  return [...all.values()];
}

/** Whether a changed argument has the thing made anew. */
export function isAnew(meanings: Meanings, address: string, argument: ChangedArgument): boolean {
  return meaningOf(meanings, address, argument)?.anew === true;
}

const unknown = "what that means to those who use it is not known here; read the plan before you apply";

/**
 * Tells what a stack's differences mean, and what is not known to be harmless. What a rule has said of the same field, or
 * of the same thing that the config no longer has, is not said again.
 *
 * @param now - addresses that the stack makes now
 * @param said - the report, with what rules have said
 */
export function tellDifferences(
  differences: readonly Difference[],
  now: readonly string[],
  meanings: Meanings,
  place: Place,
  said: Report,
): void {
  const before = [...said.problems, ...said.warnings];
  const idOf = (path: Path) => JSON.stringify(path);
  const known = new Set(before.map(({ path }) => idOf(path)));
  const told = new Set<string>();
  const tell = ({ is, because }: Pick<Meaning, "is" | "because">, at: Place) => {
    const one = JSON.stringify([at.path, because]);
    if (is === "quiet" || known.has(idOf(at.path)) || told.has(one)) return;
    told.add(one);
    if (is === "refused") at.problem(because);
    else at.warning(because);
  };
  const madeFor = (address: string): Path | undefined => {
    const { type, name } = partsOf(address);
    const at = meanings[type]?.at(name) ?? [];
    // What stands in no map of the config cannot be taken out of it.
    return at.length > 1 ? at : undefined;
  };
  const stays = new Set(now.map((address) => idOf(madeFor(address) ?? [])));
  for (const { address, fate, changed } of differences) {
    const { type, name } = partsOf(address);
    const meaning = meanings[type];
    const at = madeFor(address);
    if (fate === "gone" && at !== undefined && !stays.has(idOf(at))) {
      const above = place.in(...at.slice(0, -1));
      const key = show(at.at(-1));
      const ofIt = before.some(({ path, message }) => idOf(path) === idOf(above.path) && message.includes(key));
      if (!ofIt)
        tell(
          {
            is: "warned",
            because: `lacks ${key}, which was there before: what was made for it goes, such as ${address}; see that nobody uses it`,
          },
          above,
        );
    } else if (fate === "gone") {
      if (meaning === undefined) tell({ is: "warned", because: `no longer has ${address}; ${unknown}` }, place);
      else {
        const because = `no longer has ${address}: ${meaning.gone.because}`;
        tell({ ...meaning.gone, because }, place.in(...meaning.at(name), ...meaning.gone.field));
      }
    }
    for (const argument of changed) {
      const of = meaningOf(meanings, address, argument);
      if (meaning === undefined || of === undefined) {
        tell({ is: "warned", because: `changes ${argument.name} of ${address}; ${unknown}` }, place);
      } else tell({ ...of, because: `changes: ${of.because}` }, place.in(...meaning.at(name), ...of.field));
    }
  }
}

/** Counts what becomes of a stack's resources. */
export function countDifferences(differences: readonly Difference[], meanings: Meanings): Counts {
  const resources = differences.filter(({ address }) => isResource(address));
  const anew = ({ address, changed }: Difference) => changed.some((argument) => isAnew(meanings, address, argument));
  const count = (which: (one: Difference) => boolean) => resources.filter(which).length;
  return {
    added: count(({ fate }) => fate === "added"),
    changed: count((one) => one.fate === "changed" && !anew(one)),
    anew: count((one) => one.fate === "changed" && anew(one)),
    gone: count(({ fate }) => fate === "gone"),
  };
}
