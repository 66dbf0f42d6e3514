import { z } from "zod";
import { show } from "./report";

/** What the schema says of a field besides its type: the reference and the JSON Schema are made from it. */
export interface FieldNotes {
  /** One sentence: what the field is, with units. */
  readonly description: string;
  readonly examples?: readonly unknown[];
  /** What a user gets who leaves the field out, where `prefault` cannot state it: what follows from other fields. */
  readonly default?: unknown;
  /** The rule as a regular expression, where it has that form. */
  readonly pattern?: string;
}

/** A field's notes, or its description alone. */
type Notes = FieldNotes | string;

const metaOf = (notes: Notes) => (typeof notes === "string" ? { description: notes } : { ...notes });

/** A text; `problem` says what is wrong with a value, in words that follow the path. */
export function text(notes: Notes, problem?: (value: string) => string | undefined) {
  return z
    .string()
    .superRefine((value, context) => {
      const message = problem?.(value);
      if (message !== undefined) context.addIssue({ code: "custom", message });
    })
    .meta(metaOf(notes));
}

/** A text whose whole rule is the pattern; `wanted` is what to write, the end of the sentence about a wrong value. */
export function patterned(notes: FieldNotes & { readonly pattern: string }, wanted: string) {
  const rule = new RegExp(notes.pattern);
  return text(notes, (value) => (rule.test(value) ? undefined : `is ${show(value)}; write ${wanted}`));
}

/** A map with the given fields and no others. */
export function fields<Shape extends z.ZodRawShape>(shape: Shape, notes?: Notes) {
  const schema = z.strictObject(shape);
  return notes === undefined ? schema : schema.meta(metaOf(notes));
}

/**
 * A map from names the user chooses to one kind of thing.
 *
 * @param keys - the rule for the names, for the JSON Schema; whoever reads the map says what is wrong with one
 */
export function mapOf<Value extends z.ZodType>(value: Value, notes: Notes, keys?: string) {
  return z.record(keys === undefined ? z.string() : z.string().meta({ pattern: keys }), value).meta(metaOf(notes));
}

/** A list whose order means nothing. */
export function setOf<Member extends z.ZodType>(member: Member, notes: Notes) {
  return z.array(member).meta(metaOf(notes));
}

/** What to say of words that somebody may well expect but that are none, by field. */
const expectedWords = new WeakMap<z.ZodType, Readonly<Record<string, string>>>();

/** The words that a message offers, by field, where another rule refuses the others. */
const offeredWords = new WeakMap<z.ZodType, readonly string[]>();

/**
 * One of a few words.
 *
 * @param expected - words that somebody may expect besides, and why they are none: the end of a sentence `is "word"; `
 * @param offered - the words that pass, where another rule refuses the others with a sentence of its own
 */
export function word<const Words extends readonly [string, ...string[]]>(
  words: Words,
  notes: Notes,
  expected?: Readonly<Record<string, string>>,
  offered?: readonly Words[number][],
) {
  const schema = z.enum(words).meta(metaOf(notes));
  if (expected !== undefined) expectedWords.set(schema, expected);
  if (offered !== undefined) offeredWords.set(schema, offered);
  return schema;
}

/** The words of a field that a message may offer; `undefined` where all of them pass. */
export function wordsOffered(field: z.ZodType): readonly string[] | undefined {
  return offeredWords.get(field);
}

/** Why the value is none of a field's words, where somebody may well expect it to be one. */
export function whyNoWord(field: z.ZodType | undefined, value: unknown): string | undefined {
  const expected = field && expectedWords.get(field);
  return typeof value === "string" && expected !== undefined && Object.hasOwn(expected, value)
    ? expected[value]
    : undefined;
}

const advice = new WeakMap<z.ZodType, (value: string) => string | undefined>();

/** A text with advice about some values that it takes: what may be right, but is not known to be. */
export function advised<Schema extends z.ZodType>(
  schema: Schema,
  adviceFor: (value: string) => string | undefined,
): Schema {
  advice.set(schema, adviceFor);
  return schema;
}

/** What to say of a value that a field takes, if anything. */
export function adviceOn(field: z.ZodType, value: unknown): string | undefined {
  return typeof value === "string" ? advice.get(field)?.(value) : undefined;
}

/** What a field of an earlier release has become. */
interface Successor {
  /** What the user meant, in today's fields. */
  readonly now: Readonly<Record<string, unknown>>;
  /** What to write: a sentence that follows the old field's path. */
  readonly advice: string;
}

/** Fields of earlier releases by name; each is given its value and the map that it stands in. */
type Formerly = Readonly<Record<string, (value: unknown, map: Readonly<Record<string, unknown>>) => Successor>>;

const formerFields = new WeakMap<z.ZodType, Formerly>();

/** A map that had other fields in earlier releases: they are mistakes that say the new form. */
export function formerly<Schema extends z.ZodType>(schema: Schema, former: Formerly): Schema {
  formerFields.set(schema, former);
  return schema;
}

/** The fields of earlier releases that a map has, each with what it has become. */
export function successors(
  schema: z.ZodType | undefined,
  map: Readonly<Record<string, unknown>>,
): readonly (Successor & { readonly field: string })[] {
  const former = (schema && formerFields.get(schema)) ?? {};
  return Object.entries(former).flatMap(([field, become]) =>
    Object.hasOwn(map, field) && map[field] !== undefined ? [{ field, ...become(map[field], map) }] : [],
  );
}

/** True or false. */
export function flag(notes: Notes) {
  return z.boolean().meta(metaOf(notes));
}

/** A whole number from `least` to `most`. */
export function whole(least: number, most: number, notes: Notes) {
  return z
    .number()
    .superRefine((value, context) => {
      if (Number.isInteger(value) && value >= least && value <= most) return;
      context.addIssue({ code: "custom", message: `is ${value}; write a whole number from ${least} to ${most}` });
    })
    .meta({ ...metaOf(notes), type: "integer", minimum: least, maximum: most });
}

/** A number above 0, at most `most`. */
export function above0(most: number, notes: Notes) {
  return z
    .number()
    .superRefine((value, context) => {
      if (value > 0 && value <= most) return;
      context.addIssue({ code: "custom", message: `is ${value}; write a number above 0, at most ${most}` });
    })
    .meta({ ...metaOf(notes), exclusiveMinimum: 0, maximum: most });
}
