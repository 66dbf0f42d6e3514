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

/** Collects findings, so that a user sees every mistake at once. */
export interface Report {
  /** Records a mistake, unless the value it is about was already refused as a whole. */
  problem(path: Path, message: string): void;
  /** Records advice: synthesis goes on. */
  warning(path: Path, message: string): void;
  /** Records a mistake that makes everything at and below `from` (default: the path) unusable for later rules. */
  refuse(path: Path, message: string, from?: Path): void;
  readonly problems: readonly Finding[];
  readonly warnings: readonly Finding[];
}

/** An empty report. */
export function newReport(): Report {
  const problems: Finding[] = [];
  const warnings: Finding[] = [];
  const refused = new Set<string>();
  const isRefused = (path: Path) =>
    path.some((_, end) => refused.has(id(path.slice(0, end + 1)))) || refused.has(id([]));
  return {
    problems,
    warnings,
    problem: (path, message) => {
      if (!isRefused(path)) problems.push({ path, message });
    },
    warning: (path, message) => {
      if (!isRefused(path)) warnings.push({ path, message });
    },
    refuse: (path, message, from = path) => {
      if (isRefused(path)) return;
      problems.push({ path, message });
      refused.add(id(from));
    },
  };
}

const id = (path: Path) => JSON.stringify(path);

/** A value as a message quotes it: JSON, cut where it is long. */
export function show(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 100 ? `${text.slice(0, 90)}... (${text.length} characters)` : text;
}

/** Several values as a sentence lists them: `"a", "b" or "c"`. */
export function oneOf(values: readonly unknown[]): string {
  const shown = values.map(show);
  return shown.length > 1 ? `${shown.slice(0, -1).join(", ")} or ${shown.at(-1)}` : (shown[0] ?? "");
}

/**
 * A path as a message starts with it. Keys that are plain words follow a dot, others stand in brackets, and a member of
 * a list is named by its value, taken from the data that was read.
 */
export function showPath(path: Path, data: unknown): string {
  let inner = data;
  let text = "";
  for (const part of path) {
    inner = typeof part === "object" ? undefined : (inner as Record<string, unknown> | undefined)?.[part];
    if (typeof part === "string" && /^[A-Za-z_][\w-]*$/.test(part)) text += text === "" ? part : `.${part}`;
    else
      text += `[${show(typeof part === "number" ? nameOfMember(inner, part) : typeof part === "object" ? part.member : part)}]`;
  }
  return text === "" ? "the config" : text;
}

/** What tells a member of a list from the others, for a reader: its text, or the field that identifies it. */
function nameOfMember(member: unknown, position: number): unknown {
  if (typeof member === "string") return secretIn(member) === undefined ? member : "(withheld)";
  const { arn, to, name } = (member ?? {}) as Record<string, unknown>;
  const text = [arn, to, name].find((field) => typeof field === "string");
  return typeof text === "string" ? nameOfMember(text, position) : position;
}
