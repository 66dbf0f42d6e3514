import { secretIn } from "./secrets";

/**
 * Where something stands in a config: map keys as strings; members of lists, whose order means nothing, by position as
 * long as the value was not read, by value after that.
 */
export type Path = readonly (string | number | { readonly member: string })[];

/** One thing wrong with a config, or one thing its owner should know. */
export interface Finding {
  readonly path: Path;
  /** What is wrong, the value got, and what to do about it: one sentence. */
  readonly message: string;
}

/** A place in a config, and what is said of it. */
export interface Place {
  readonly path: Path;
  /** A place below this one. */
  in(...parts: Path): Place;
  /** A place anywhere in the config, by its whole path. */
  elsewhere(...path: Path): Place;
  /** Records a mistake, unless there is none or the value here was already refused as a whole. */
  problem(message: string | undefined): void;
  /** Records advice: synthesis goes on. */
  warning(message: string): void;
  /** Records a mistake that makes everything at and below `from` (default: here) unusable for later rules. */
  refuse(message: string, from?: Place): void;
  /** Whether the value here, or something it is part of, was refused: what would follow from it is no mistake of its own. */
  readonly refused: boolean;
  /** Whether something is wrong with the value here or with anything in it. */
  readonly wrong: boolean;
}

/** The whole config as a place, and all that was found in it, so that a user sees every mistake at once. */
export interface Report extends Place {
  readonly problems: readonly Finding[];
  readonly warnings: readonly Finding[];
}

/** An empty report. */
export function newReport(): Report {
  const problems: Finding[] = [];
  const warnings: Finding[] = [];
  const refused = new Set<string>();
  const isRefused = (path: Path) =>
    refused.size > 0 && (refused.has(id([])) || path.some((_, end) => refused.has(id(path.slice(0, end + 1)))));
  const placeAt = (...path: Path): Place => ({
    path,
    in: (...parts) => placeAt(...path, ...parts),
    elsewhere: placeAt,
    problem: (message) => {
      if (message !== undefined && !isRefused(path)) problems.push({ path, message });
    },
    warning: (message) => {
      if (!isRefused(path)) warnings.push({ path, message });
    },
    refuse: (message, from) => {
      if (!isRefused(path)) problems.push({ path, message });
      refused.add(id((from ?? { path }).path));
    },
    get refused() {
      return isRefused(path);
    },
    get wrong() {
      return problems.some((problem) => path.every((part, index) => problem.path[index] === part));
    },
  });
  return Object.assign(placeAt(), { problems, warnings });
}

const id = (path: Path) => JSON.stringify(path);

/** A value as a message quotes it: JSON, cut where it is long, with nothing that a terminal would act on. */
export function show(value: unknown): string {
  return quoted(value, 160);
}

function quoted(value: unknown, most: number): string {
  const text = printable(JSON.stringify(value) ?? String(value));
  return text.length > most ? `${text.slice(0, most - 30)}... (${text.length} characters)` : text;
}

/**
 * A character that no reader sees and some program acts on: controls, what has no width or turns the direction of a text
 * (Cf), other line ends (Zl, Zp), and what is no character: half a surrogate pair, U+FFFE and the like.
 */
export const unseen = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Noncharacter_Code_Point}]/u;

/** A text from outside, with nothing that a terminal would act on; a text without such characters stays as it is. */
export function printable(text: string): string {
  return text.replace(new RegExp(unseen, "gu"), escaped);
}

const escaped = (character: string) =>
  Array.from(
    { length: character.length },
    (_, index) => `\\u${character.charCodeAt(index).toString(16).padStart(4, "0")}`,
  ).join("");

/** Several values as a sentence lists them: `"a", "b" or "c"`. */
export function oneOf(values: readonly unknown[]): string {
  const shown = values.map(show);
  return shown.length > 1 ? `${shown.slice(0, -1).join(", ")} or ${shown.at(-1)}` : (shown[0] ?? "");
}

/** The longest name in a path: DNS names and ARNs differ at their ends, so cutting them would hide which is meant. */
const longestInPath = 300;

/**
 * A path as a message starts with it. Keys that are plain words follow a dot, others stand in brackets, and a member of
 * a list is named by its value, taken from the data that was read.
 */
export function showPath(path: Path, data: unknown): string {
  let inner = data;
  let text = "";
  for (const part of path) {
    inner = typeof part === "object" ? undefined : (inner as Record<string, unknown> | undefined)?.[part];
    if (typeof part === "string" && /^[A-Za-z_][\w-]{0,99}$/.test(part)) text += text === "" ? part : `.${part}`;
    else if (typeof part === "number") text += `[${quoted(nameOfMember(inner, part), longestInPath)}]`;
    else text += `[${quoted(typeof part === "object" ? part.member : part, longestInPath)}]`;
  }
  return text === "" ? "the config" : text;
}

/** How a message names a member of a list: its text, or the field that identifies it. */
function nameOfMember(member: unknown, position: number): unknown {
  if (typeof member === "string") return secretIn(member) === undefined ? member : "(withheld)";
  if (typeof member !== "object" || member === null) return position;
  const { arn, to, name } = member as Record<string, unknown>;
  const text = [arn, to, name].find((field) => typeof field === "string");
  return typeof text === "string" ? nameOfMember(text, position) : position;
}
