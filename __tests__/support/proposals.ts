import { z } from "zod";
import { parseName } from "../../lib/config/dns-names";
import { day, hour, parseDuration } from "../../lib/config/duration";
import { plainData } from "../../lib/config/plain-data";
import { type Finding, newReport, type Path, showPath } from "../../lib/config/report";
import { readStructure } from "../../lib/config/structure";
import { scenarios } from "../../stacks";
import { checkedConfig } from "../../stacks/check";
import { configInput } from "../../stacks/config";

/** Something that a message proposes: words of the message, and the configs that follow from doing so. */
interface Proposal {
  readonly words: string;
  /** Where it may be meant: one config for each place. One of them must do. */
  readonly ways: readonly Way[];
}

interface Way {
  readonly config: unknown;
  /** The place that is written. */
  readonly place: Path;
}

type Values = Record<string, unknown>;

const isMap = (value: unknown): value is Values => typeof value === "object" && value !== null && !Array.isArray(value);

const text = '"(?:[^"\\\\]|\\\\.)*"';
const duration = "[1-9][0-9]*[smhd]";

/**
 * What a message proposes and does not pass: the message stays, the schema refuses what the message says to write, or
 * another rule does where it was no mere example.
 *
 * @param given - the config that the message is about
 */
export function brokenProposals(finding: Finding, given: unknown): readonly string[] {
  if (!isMap(given)) return [];
  const broken = proposalsOf(finding, given)
    .filter(
      ({ ways, words }) => !ways.some((way) => passes(way, finding, given, !/^(did you mean|write ")/.test(words))),
    )
    .map(({ words }) => words);
  return [...broken, ...unknownWords(finding.message)].map(
    (words) => `${showPath(finding.path, given)}: ${finding.message} -> ${words}`,
  );
}

/** Fields and words of fields that a remedy names and no config has. */
function unknownWords(message: string): readonly string[] {
  const remedy = remedyOf(message) ?? "";
  const words = [...remedy.matchAll(new RegExp(`\\b([a-zA-Z]+):? (${text}(?:(?:, | or )${text})*)`, "g"))].flatMap(
    ([, field = "", values = ""]) =>
      [...values.matchAll(new RegExp(text, "g"))]
        .filter(
          ([value]) => !["in", "to"].includes(field) && wordsOf.has(field) && !wordsOf.get(field)?.has(parsed(value)),
        )
        .map(([value]) => `${field} ${value}`),
  );
  const plain = remedy.replace(new RegExp(`${text}|\`[^\`]*\`|\\([^()]*\\)`, "g"), "");
  const fields = [...plain.matchAll(/\b[a-z]+(?:[A-Z][a-z0-9]+)+\b/g)]
    .map(([name]) => name)
    .filter((name) => !fieldNames.has(name));
  const kinds = [...plain.matchAll(likeScenario)].map(([name]) => name).filter((name) => !(name in scenarios));
  return [...words, ...fields, ...kinds];
}

/** What begins as the name of a scenario does: it may be one that is misspelt. */
const likeScenario = new RegExp(
  `\\b(?:${Object.keys(scenarios)
    .map((kind) => kind.replace(/-.*/, ""))
    .join("|")})-[a-z0-9-]+`,
  "g",
);

const fieldNames = new Set<string>();
/** The words that fields have, by the name of the field; only of fields that have words everywhere. */
const wordsOf = new Map<string, Set<unknown>>();

function learn(schema: unknown, name = ""): void {
  if (schema instanceof z.ZodObject) {
    for (const [field, inner] of Object.entries(schema.shape)) {
      fieldNames.add(field);
      learn(inner, field);
    }
  } else if (schema instanceof z.ZodEnum || schema instanceof z.ZodLiteral) {
    const words = schema instanceof z.ZodEnum ? schema.options : [...schema.values];
    wordsOf.set(name, new Set([...(wordsOf.get(name) ?? []), ...words]));
  } else if (schema instanceof z.ZodUnion) for (const option of schema.options) learn(option, name);
  else if (schema instanceof z.ZodPipe) learn(schema.in, name);
  else if (schema instanceof z.ZodRecord) learn(schema.valueType);
  else if (schema instanceof z.ZodArray) learn(schema.element, name);
  else if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault)
    learn(schema.unwrap(), name);
}
learn(configInput);

function passes({ config, place }: Way, { path, message }: Finding, given: Values, example: boolean): boolean {
  const { report } = checkedConfig(config);
  // What only a check refuses, another rule does; structure alone is read where that is the question: it takes as long again.
  if (report.in(...place).wrong && wrongInStructure(config, place)) return false;
  const { problems, warnings } = report;
  const here = showPath(path, config);
  const told = (findings: readonly Finding[]) =>
    findings.filter((one) => showPath(one.path, config) === here).map((one) => one.message);
  if (told([...problems, ...warnings]).includes(message)) return false;
  // Another remedy may go with the same mistake.
  const mistakes = (findings: readonly Finding[]) => told(findings).map((one) => one.split(";")[0]);
  const left = mistakes(problems);
  if (example || left.length === 0) return true;
  const before = mistakes(checkedConfig(given).report.problems);
  return left.every((one) => before.includes(one));
}

function wrongInStructure(config: unknown, place: Path): boolean {
  const report = newReport();
  readStructure(configInput, plainData(config, report), report);
  return report.in(...place).wrong;
}

/** Remedies that this test file tried already, by the field that they are for: a process runs several files, in any order. */
const tried = new Set<string>();

/** Whether nothing was tried yet of what a message proposes. */
export function isNews({ path, message }: Finding): boolean {
  const remedy = remedyOf(message);
  if (remedy === undefined) return false;
  const field = path.filter((part) => typeof part === "string").at(-1);
  const known = `${expect.getState().testPath} ${String(field)} ${remedy}`;
  const news = !tried.has(known);
  tried.add(known);
  return news;
}

/** Everything that a message proposes and that can be done by machine. */
export function proposalsOf({ path: shown, message }: Finding, given: Values): readonly Proposal[] {
  const path = positions(shown, given);
  const remedy = remedyOf(message);
  if (path === undefined || remedy === undefined) return [];
  const all = (pattern: string) =>
    [...remedy.matchAll(new RegExp(pattern, "g"))]
      .map(({ index, 0: words, ...groups }) => ({
        words,
        field: groups[1] ?? "",
        value: groups[2] ?? "",
        before: remedy.slice(0, index),
        rest: remedy.slice(index + words.length),
      }))
      // Two things that must be done together are not tried one by one.
      .filter(
        ({ before, rest }) => !/ and $/.test(before) && !/^("[^"]*"|[\w.]*)"? and (raise|leave|set|write)\b/.test(rest),
      );
  const write = (value: unknown, words: string): Proposal => ({
    words: `${words} (${JSON.stringify(value)})`,
    // What is wrong with a key is mended by another key.
    ways: isAboutKey(message)
      ? renamings(given, path, value)
      : [{ config: changed(given, path, () => value), place: path }],
  });
  const above = [...path.map((_, index) => path.slice(0, path.length - index)), []];
  // A field of what the message stands at, of one of its members, or of something around it.
  const around = [...above, ...Object.keys(valueAt(given, path) ?? {}).map((key) => [...path, key])];
  const inField = (field: string | Path, change: (before: unknown) => unknown, words: string): Proposal => ({
    words,
    ways: around
      .map((place) => [...place, ...(typeof field === "string" ? field.split(".") : field)])
      .map((place) => ({ config: changed(given, place, change), place })),
  });
  return [
    ...all(`did you mean()() (${text})\\?`).map(({ words }) => {
      const meant = parsed(words.slice("did you mean ".length, -1));
      return message.startsWith("is an unknown field")
        ? { words, ways: renamings(given, path, meant) }
        : write(meant, words);
    }),
    ...all(`\\bwrite ((?:${text})(?:(?:, | or )${text})*)`)
      .filter(({ rest }) => !/^(,? or|,? and)\b|^, "/.test(rest))
      .flatMap(({ words, field }) =>
        [...field.matchAll(new RegExp(text, "g"))].map(([value]) => write(parsed(value), words)),
      ),
    ...all(`\\bsuch as()() (?=["[{\\d])`).flatMap(({ words, rest }) =>
      jsonAt(rest)
        .filter((value) => !isElided(value))
        .map((value) => write(value, words)),
    ),
    ...all("\\bwrite (true|false)\\b(?: or (true|false))?").flatMap(({ words, field, value }) =>
      [field, value].filter((word) => word !== "").map((word) => write(word === "true", words)),
    ),
    ...all("\\bfrom (\\d+) to (\\d+)\\b").flatMap(({ words, field, value }) =>
      [field, value].map((end) => write(Number(end), words)),
    ),
    ...all(`\\bwrite (${duration}) to (${duration})`).flatMap(({ words, field, value }) =>
      [field, value].map((end) => write(end, words)),
    ),
    ...all(`\\bwrite (at least|at most|less than|more than) "?(${duration})`).map(({ words, field, value }) =>
      oneOfThem(within(value, field).map((limit) => write(limit, `${words} (${limit})`))),
    ),
    ...all(`\\bgive the (root|intermediate) at least "(${duration})"`).map(({ words, field, value }) =>
      inField(`pki.${field}.lifetime`, () => value, words),
    ),
    ...all(`\\b(?:raise|lower) (${fieldPath}) (?:to )?(at least|above|below) `).flatMap(
      ({ words, field, value, rest }) =>
        [...rest.matchAll(new RegExp(`^${duration}`, "g"))].map(([limit]) =>
          oneOfThem(within(limit, limits[value] ?? value).map((one) => inField(field, () => one, words + limit))),
        ),
    ),
    ...all(`\\b(?:set|use) (${fieldPath})() (?:to )?(?=["[{\\d]|true\\b|false\\b)`).flatMap(({ words, field, rest }) =>
      jsonAt(rest).map((value) => inField(rest.includes(" in its role") ? `role.${field}` : field, () => value, words)),
    ),
    ...all(`(?<!["\\w'\` -])\\b(${fieldPath}): (?=["[{]|true\\b|false\\b)`)
      .concat(all(`\\bwrite (${fieldPath}): (?=["[{]|true\\b|false\\b)`))
      .flatMap(({ words, field, rest }) =>
        jsonAt(rest).map((value) => inField(field, () => value, words + JSON.stringify(value))),
      ),
    ...all(`\\bwrite one of ([^;]*), or add it`).flatMap(({ words, field }) =>
      field.split(", ").map((name) => write(name, words)),
    ),
    ...all(`\\badd ()(${text}) to `).flatMap(({ words, value, rest }) =>
      [...rest.matchAll(new RegExp(`^${fieldPath}`, "g"))].map(([field]) =>
        field === "dns.zones"
          ? // A value that every host of zones takes.
            inField(["dns", "zones", String(parsed(value))], () => "lookup", words + field)
          : inField(field, (before) => [...((before ?? []) as unknown[]), parsed(value)], words + field),
      ),
    ),
    ...all("\\bleave it out(?! (?:in|until|of|from))").map(({ words }) => ({
      words,
      ways: [{ config: without(given, path), place: path }],
    })),
    ...all("\\bleave ([a-z][A-Za-z]*) out\\b")
      .filter(({ field }) => !["it", "them"].includes(field))
      .map(({ words, field }) => ({
        words,
        ways: around.map((place) => ({ config: without(given, [...place, field]), place: [...place, field] })),
      })),
  ];
}

/** Names of fields with dots between them. */
const fieldPath = "[a-z][A-Za-z]*(?:\\.[a-z][A-Za-z]*)*";

const limits: Readonly<Record<string, string>> = { above: "more than", below: "less than" };

/** Ways of doing one thing: one must do. */
const oneOfThem = ([first, ...others]: readonly Proposal[]): Proposal => ({
  words: first?.words ?? "",
  ways: [first, ...others].flatMap((one) => one?.ways ?? []),
});

const isAboutKey = (message: string) => /^is no (annotation|label) key/.test(message);

/** A PEM of which only the ends are shown: nobody takes it for one. */
const isElided = (value: unknown) => JSON.stringify(value).includes("\\n...\\n");

/** Durations as a sentence bounds them; some fields take whole hours or days only. */
function within(limit: string, bound: string): readonly string[] {
  const seconds = parseDuration(limit) ?? Number.NaN;
  if (bound !== "less than" && bound !== "more than") return [limit];
  return [1, hour, day].map((step) => `${bound === "less than" ? seconds - step : seconds + step}s`);
}

/** What a message says to do: all behind the first semicolon that stands in no quoted text. */
export function remedyOf(message: string): string | undefined {
  return new RegExp(`^(?:${text}|[^";])*;(.*)$`, "s").exec(message)?.[1];
}

/** Members of lists by position again: a message may name them by what they were read as. */
function positions(path: Path, given: unknown): readonly (string | number)[] | undefined {
  let inner = given;
  const found: (string | number)[] = [];
  for (const part of path) {
    const key = typeof part === "object" ? positionOf(part.member, inner) : keyOf(part, inner);
    if (key === undefined) return undefined;
    found.push(key);
    inner = isMap(inner) || Array.isArray(inner) ? (inner as Values)[key] : undefined;
  }
  return found;
}

/** The key as it is written: a message may name it in normal form. */
function keyOf(part: string | number, map: unknown): string | number {
  if (!isMap(map) || Object.hasOwn(map, part)) return part;
  return Object.keys(map).find((key) => parseName(key).name === part) ?? part;
}

function positionOf(member: string, list: unknown): number | undefined {
  if (!Array.isArray(list)) return undefined;
  const plain = (value: unknown) => String(value).trim().toLowerCase().replace(/\.$/, "");
  const index = list.findIndex((one) =>
    [one, ...(isMap(one) ? Object.values(one) : [])].some((value) => plain(value) === plain(member)),
  );
  return index < 0 ? undefined : index;
}

function changed(config: unknown, [key, ...more]: Path, change: (before: unknown) => unknown): unknown {
  if (key === undefined) return change(config);
  if (Array.isArray(config)) {
    return config.map((member, index) => (index === key ? changed(member, more, change) : member));
  }
  const map = isMap(config) ? config : {};
  return { ...map, [key as string]: changed(map[key as string], more, change) };
}

function without(config: unknown, path: Path): unknown {
  const last = path.at(-1);
  return changed(config, path.slice(0, -1), (around) =>
    Array.isArray(around)
      ? around.filter((_, index) => index !== last)
      : Object.fromEntries(Object.entries((around ?? {}) as Values).filter(([key]) => key !== last)),
  );
}

/** The field under the name that was meant; where that stands there already, the misspelt one goes. */
function renamings(config: unknown, path: Path, name: unknown): readonly Way[] {
  const place = [...path.slice(0, -1), String(name)];
  const value = valueAt(config, path);
  return [{ config: changed(without(config, path), place, (before) => before ?? value), place: path }];
}

const valueAt = (config: unknown, path: Path) =>
  path.reduce<unknown>((inner, part) => (inner as Values | undefined)?.[part as string], config);

const parsed = (json: string): unknown => JSON.parse(json);

/** The JSON value that a text begins with; none where the message cut it. */
function jsonAt(rest: string): readonly unknown[] {
  for (let end = 1; end <= rest.length; end++) {
    // A number is not over before something else begins.
    if (/[\d.]/.test(rest[end - 1] ?? "") && /[\d.-]/.test(rest[end] ?? "")) continue;
    try {
      return [JSON.parse(rest.slice(0, end)) as unknown];
    } catch {}
  }
  return [];
}
