import { isDeepStrictEqual } from "node:util";
import { type Path, type Place, type Report, show } from "../config/report";
import { agrees, type ChangedArgument, type Difference, differences, isResource } from "./difference";
import { blockOf, type PreviousStack } from "./previous-stack";

/** What a change means to those who use what a stack made. */
export interface Meaning {
  /**
   * - `quiet`: nobody outside the stack sees it;
   * - `ruled`: a rule in the wing's `change.ts` judges it, and says what there is to say;
   * - `warned`: others see it, or something goes that the config asks to remove;
   * - `refused`: somebody loses trust, traffic or renewal, or what was made stays where nobody looks.
   */
  readonly is: "quiet" | "ruled" | "warned" | "refused";
  /** Whether the provider makes the thing anew. */
  readonly anew?: true;
  /** The field of the config that decides it, from where the resource is made for. */
  readonly field: Path;
  /** Why it is quiet; or who loses what, and what to do about it: the end of a sentence that starts with "changes: ". */
  readonly because: string;
}

const meaning =
  (is: Meaning["is"]) =>
  (because: string, ...field: Path): Meaning => ({ is, field, because });

/** A change that nobody outside the stack sees: why. */
export const quiet = meaning("quiet");
/** A change that a rule judges: what it asks. */
export const ruled = meaning("ruled");
/** A change that others see: what they see, and what to do. */
export const warned = meaning("warned");
/** A change that takes something from somebody: who loses what, and what to do. */
export const refused = meaning("refused");
/** The same, of something that the provider makes anew for it. */
export const anew = (of: Meaning): Meaning => ({ ...of, anew: true });

/** What it means when resources of a type change or go. */
export interface TypeMeaning {
  /** What in a stack's config they are made for; of the name in the address. */
  readonly at: (name: string) => Path;
  /**
   * By argument, or part of one (`spec.selector`), also of what was, what is and the
   * name in the address; one that is missing here is told of.
   */
  readonly changed: Readonly<Record<string, Meaning | ((was: unknown, is: unknown, name: string) => Meaning)>>;
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

/** A changed argument, or a part of one, and what its change means; `undefined` where no table says it. */
interface Judged {
  readonly name: string;
  readonly meaning: Meaning | undefined;
}

/** Whether an address is that of something which is only looked up: its going takes nothing from anybody. */
const isLookedUp = (address: string) => address.startsWith("data.");

/** What a changed argument means: the whole of it, or where a table knows parts of it (`spec.selector`), each that changed. */
function judge(meanings: Meanings, address: string, argument: ChangedArgument): readonly Judged[] {
  const { name, was, is, fromState } = argument;
  if (isLookedUp(address)) return [{ name, meaning: anew(quiet("what refers to it is told of")) }];
  const { type, name: own } = partsOf(address);
  const { changed = {} } = meanings[type] ?? {};
  const known = changed[name];
  if (known !== undefined) return [{ name, meaning: typeof known === "function" ? known(was, is, own) : known }];
  if (!Object.keys(changed).some((part) => part.startsWith(`${name}.`))) return [{ name, meaning: undefined }];
  const [had, has] = [blockOf(was), blockOf(is)];
  const same = fromState ? agrees : isDeepStrictEqual;
  const found = [...new Set([...Object.keys(fromState ? has : had), ...Object.keys(has)])]
    .filter((part) => !same(had[part], has[part]))
    .flatMap((part) =>
      judge(meanings, address, { ...argument, name: `${name}.${part}`, was: had[part], is: has[part] }),
    );
  return found.length > 0 ? found : [{ name, meaning: undefined }];
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
  return judge(meanings, address, argument).some(({ meaning }) => meaning?.anew === true);
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
  const rules = [...said.problems, ...said.warnings];
  const idOf = (path: Path) => JSON.stringify(path);
  const ruled = new Set(rules.map(({ path }) => idOf(path)));
  const told = new Set<string>();
  const tell = (at: Place, is: Meaning["is"], message: string, of = message) => {
    const one = idOf([...at.path, of]);
    if (is === "quiet" || is === "ruled" || told.has(one)) return;
    told.add(one);
    if (is === "refused") at.problem(message);
    else at.warning(message);
  };
  /** Tells what a table says, if it says it, at the field that decides it. */
  const tellMeaning = (at: Path, meaning: Meaning | undefined, what: string, unknownly: string) => {
    if (meaning === undefined) return tell(place, "warned", `${unknownly}; ${unknown}`);
    const field = place.in(...at, ...meaning.field);
    if (!ruled.has(idOf(field.path))) tell(field, meaning.is, `${what}: ${meaning.because}`);
  };
  const placeOf = (address: string): Path => {
    const { type, name } = partsOf(address);
    return meanings[type]?.at(name) ?? [];
  };
  const goneOf = (address: string) => meanings[partsOf(address).type]?.gone;
  const stays = new Set(now.map((address) => idOf(placeOf(address))));
  // A rule that judges the going of one thing judges that of all that was made for the same.
  const judged = new Set(
    differences.flatMap(({ address, fate }) =>
      fate === "gone" && goneOf(address)?.is === "ruled" ? [idOf(placeOf(address))] : [],
    ),
  );
  for (const { address, fate, changed } of differences) {
    if (isLookedUp(address)) continue;
    const at = placeOf(address);
    // What stands in a map of the config can be taken out of it.
    if (fate === "gone" && at.length > 1 && !stays.has(idOf(at))) {
      const [above, key] = [place.in(...at.slice(0, -1)), show(at.at(-1))];
      const spokenOf =
        judged.has(idOf(at)) ||
        rules.some(({ path, message }) => idOf(path) === idOf(above.path) && message.includes(key));
      const message = `lacks ${key}, which was there before: what was made for it goes, such as ${address}; see that nobody uses it`;
      if (!spokenOf) tell(above, "warned", message, key);
    } else if (fate === "gone") {
      tellMeaning(at, goneOf(address), `no longer has ${address}`, `no longer has ${address}`);
    }
    for (const { name, meaning } of changed.flatMap((argument) => judge(meanings, address, argument))) {
      tellMeaning(at, meaning, "changes", `changes ${name} of ${address}`);
    }
  }
}

/** Counts what becomes of a stack's resources. */
export function countDifferences(differences: readonly Difference[], meanings: Meanings): Counts {
  const resources = differences.filter(({ address }) => isResource(address));
  const isReplaced = ({ address, changed }: Difference) =>
    changed.some((argument) => isAnew(meanings, address, argument));
  const count = (which: (one: Difference) => boolean) => resources.filter(which).length;
  return {
    added: count(({ fate }) => fate === "added"),
    changed: count((one) => one.fate === "changed" && !isReplaced(one)),
    anew: count((one) => one.fate === "changed" && isReplaced(one)),
    gone: count(({ fate }) => fate === "gone"),
  };
}
