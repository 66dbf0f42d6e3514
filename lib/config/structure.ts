import { distance } from "fastest-levenshtein";
import { z } from "zod";
import { adviceOn, successors, whyNoWord, wordsOffered } from "./fields";
import { oneOf, type Place, type Report, show } from "./report";

/**
 * Reads plain data in one pass over its schema: defaults are filled in, fields are transformed, and every mistake is
 * reported where it stands. Wrong or missing values, and texts that break their field's rule, are replaced by empty
 * ones; unknown fields are dropped. The result has the schema's type, so every later rule can run and report as well.
 */
export function readStructure<Schema extends z.ZodType>(
  schema: Schema,
  data: unknown,
  report: Report,
): z.output<Schema> {
  return read(schema, data, report) as z.output<Schema>;
}

/** What is around a value that matters to how it is read. */
interface Around {
  /** Whether the value is left out if it does not say its kind. */
  readonly droppable?: boolean;
  /** The forms that the value can have, where there is a choice. */
  readonly forms?: readonly z.ZodType[];
}

function read(schema: z.ZodType, given: unknown, place: Place, around: Around = {}): unknown {
  const value = inTodaysForm(schema, given, place);
  if (isWrapper(schema)) return readWrapped(schema, value, place);
  // What was refused reaches a transform as an empty value, so the result has the right type nevertheless.
  if (schema instanceof z.ZodPipe) {
    const inner = read(schema.in as z.ZodType, value, place, around);
    return inner === undefined && around.droppable ? undefined : read(schema.out as z.ZodType, inner, place);
  }
  if (!hasParts(schema)) return readLeaf(schema, value, place);
  if (schema.def.checks?.length) throw new Error("a rule for a whole map or list belongs to what reads it");
  if (schema instanceof z.ZodDiscriminatedUnion) return readKind(schema, value, place, around);
  if (schema instanceof z.ZodUnion) return readForm(schema, value, place);
  if (schema instanceof z.ZodObject) return readFields(schema, value, place, around);
  if (schema instanceof z.ZodRecord) return readEntries(schema, value, place);
  return readMembers(schema, value, place);
}

/** Reports the fields of earlier releases and gives their values today's place, where every rule then finds them. */
function inTodaysForm(schema: z.ZodType, value: unknown, place: Place): unknown {
  if (!isMap(value)) return value;
  return successors(schema, value).reduce<Values>((map, { field, now, advice }) => {
    place.in(field).problem(advice);
    const { [field]: _, ...rest } = map;
    return { ...now, ...rest };
  }, value);
}

const hasParts = (schema: z.ZodType): schema is z.ZodUnion | z.ZodObject | z.ZodRecord | z.ZodArray =>
  [z.ZodUnion, z.ZodObject, z.ZodRecord, z.ZodArray].some((type) => schema instanceof type);

function readWrapped(schema: Wrapper, value: unknown, place: Place): unknown {
  if (value !== undefined) {
    const inner = read(schema.unwrap() as z.ZodType, value, place);
    // A choice has no empty value: as if nothing had been chosen.
    if (!(isChoice(unwrapped(schema)) && place.refused)) return inner;
  }
  return schema.parse(undefined);
}

const isChoice = (schema: z.ZodType) =>
  schema instanceof z.ZodEnum || schema instanceof z.ZodLiteral || hasForms(schema);

function readLeaf(schema: z.ZodType, value: unknown, place: Place): unknown {
  const result = schema.safeParse(value);
  if (result.success) {
    const advice = adviceOn(schema, value);
    if (advice !== undefined) place.warning(advice);
    return result.data;
  }
  const [issue] = result.error.issues;
  if (issue?.code === "invalid_type") return refuseType(schema, value, issue.expected, place);
  if (issue?.code === "invalid_value") {
    const why = whyNoWord(schema, value);
    place.refuse(
      why === undefined ? wrongWord(value, wordsOffered(schema) ?? issue.values) : `is ${show(value)}; ${why}`,
    );
    return issue.values[0];
  }
  place.refuse(issue?.message ?? "is refused");
  return typeof value === "string" ? "" : value;
}

function readFields(schema: z.ZodObject, value: unknown, place: Place, around: Around): unknown {
  const map = mapAt(schema, value, place);
  const unknown = Object.keys(map).filter((name) => !Object.hasOwn(schema.shape, name));
  const kept = schema.def.catchall instanceof z.ZodUnknown ? unknown : [];
  // Unknown fields first: a missing one may be among them, misspelt.
  if (schema.def.catchall instanceof z.ZodNever)
    for (const name of unknown) refuseField(name, schema, map, place, around);
  return Object.fromEntries(
    [
      ...fieldsOf(schema).map(([name, field]) => [name, read(field, own(map, name), place.in(name))]),
      ...kept.map((name) => [name, map[name]]),
    ].filter(([, field]) => field !== undefined),
  );
}

function refuseField(name: string, schema: z.ZodType, map: Values, place: Place, { forms = [] }: Around): void {
  const known = knownFields(schema);
  const field = place.in(name);
  if (forms.some((form) => knownFields(form).includes(name))) {
    const given = forms.flatMap(knownFields).filter((other) => known.includes(other) && own(map, other) !== undefined);
    field.refuse(mixedForms([...new Set(given)], forms.map(neededFields)));
    return;
  }
  const meant = nearest(name, known);
  // The field that was meant is not missing as well.
  const misspelt = meant !== undefined && own(map, meant) === undefined;
  field.refuse(unknownField(name, known), misspelt ? place.in(meant) : field);
}

function readEntries(schema: z.ZodRecord, value: unknown, place: Place): unknown {
  const values = schema.valueType as z.ZodType;
  return Object.fromEntries(
    Object.entries(mapAt(schema, value, place))
      .map(([key, member]) => [key, read(values, member, place.in(key), { droppable: true })])
      .filter(([, member]) => member !== undefined),
  );
}

function readMembers(schema: z.ZodArray, value: unknown, place: Place): unknown {
  const element = schema.element as z.ZodType;
  const members = Array.isArray(value) ? value : (refuseType(schema, value, "array", place) as unknown[]);
  return members.map((member, index) => read(element, member, place.in(index)));
}

const mapAt = (schema: z.ZodType, value: unknown, place: Place): Values =>
  isMap(value) ? value : (refuseType(schema, value, "object", place) as Values);

function refuseType(schema: z.ZodType, value: unknown, expected: string, place: Place): unknown {
  place.refuse(wrongType(schema, value, expected));
  return types[expected]?.empty;
}

/** Reads a thing that says its kind. */
function readKind(union: z.ZodDiscriminatedUnion, value: unknown, place: Place, around: Around): unknown {
  const { discriminator } = union.def;
  const wordsOf = (option: z.ZodType): readonly unknown[] =>
    fieldsOf(option).flatMap(([name, tag]) =>
      name === discriminator && tag instanceof z.ZodLiteral ? [...tag.values] : [],
    );
  const map = mapAt(union, value, place);
  const kind = own(map, discriminator);
  const optionOf = (word: unknown) => optionsOf(union).find((option) => wordsOf(option).includes(word));
  const named = optionOf(kind);
  if (named !== undefined) return read(named, value, place);
  const words = optionsOf(union).flatMap(wordsOf);
  const likely = optionOf(nearest(kind, words)) ?? optionByFields(union, discriminator, map, around);
  if (likely !== undefined && Object.keys(map).some((field) => field !== discriminator)) {
    // Its other mistakes are told as well; where the field's own name was misspelt, this is the one that says so.
    place.in(discriminator).refuse(wrongWord(kind, words));
    const known = knownFields(likely);
    const others = Object.entries(map).filter(
      ([name]) => known.includes(name) || nearest(name, known) !== discriminator,
    );
    return read(likely, { ...Object.fromEntries(others), [discriminator]: wordsOf(likely)[0] }, place);
  }
  // Nothing else can be said of a thing that does not say what it is.
  place.in(discriminator).refuse(wrongWord(kind, words), place);
  return around.droppable ? undefined : read(union, { [discriminator]: words[0] }, place);
}

/** So many fields of one kind are no chance. */
const tellingFields = 3;

/**
 * The kind that a thing has by its fields, though it does not say so. A thing without a name may be of a kind that is
 * none here, such as a DNS host: what is said of its fields would be wrong.
 */
function optionByFields(union: z.ZodUnion, discriminator: string, map: Values, { droppable }: Around) {
  const given = Object.keys(map).filter((field) => field !== discriminator);
  const [best, ...others] = likeliestForms(optionsOf(union), given);
  const known = best === undefined ? 0 : given.filter((field) => knownFields(best).includes(field)).length;
  return droppable && known >= tellingFields && others.length === 0 ? best : undefined;
}

/** Reads a thing that has one of several forms. */
function readForm(union: z.ZodUnion, value: unknown, place: Place): unknown {
  const forms = formsOf(union);
  const meant = formOf(union, value);
  if (meant !== undefined) return read(meant, value, place, { forms });
  if (isMap(value)) readFieldsOfForms(forms, value, place);
  place.refuse(isMap(value) ? noForm(value, forms) : wrongType(union, value));
  return read(forms[0] ?? (union.options[0] as z.ZodType), {}, place);
}

/** Reports what is wrong with the fields of a map that may have one form as well as another. */
function readFieldsOfForms(forms: readonly z.ZodType[], map: Values, place: Place): void {
  const all = new Map(forms.flatMap(fieldsOf));
  for (const [name, value] of Object.entries(map)) {
    const field = all.get(name);
    if (field === undefined) place.in(name).refuse(unknownField(name, [...all.keys()]));
    else read(field, value, place.in(name));
  }
}

/** What a value of a type is called, and what stands for one that was refused. */
const types: Readonly<Record<string, { readonly name: string; readonly empty: unknown }>> = {
  string: { name: "a string", empty: "" },
  number: { name: "a number", empty: 0 },
  boolean: { name: "true or false", empty: false },
  array: { name: "a list", empty: [] },
  object: { name: "a map", empty: {} },
};

function wrongType(schema: z.ZodType, got: unknown, expected?: string): string {
  const notes = unwrapped(schema).meta() as { description?: string; examples?: unknown[] } | undefined;
  const example = exampleOf(schema);
  const wanted = [
    expected === undefined ? alternativesOf(unwrapped(schema)) : (types[expected]?.name ?? "another value"),
    example === undefined ? "" : `, such as ${show(example)}`,
    notes?.description === undefined ? "" : ` (${notes.description.replace(/\.$/, "")})`,
  ].join("");
  return got === undefined ? `is missing; write ${wanted}` : `is ${show(got)}; write ${wanted}`;
}

/** Longer than this, an example hides the sentence that it stands in. */
const longestExample = 120;

/** What may stand there, if somebody wrote it down; of a map, its shape: the fields that it cannot be without. */
function exampleOf(schema: z.ZodType): unknown {
  const field = unwrapped(schema);
  const given = (field.meta() as { examples?: unknown[] } | undefined)?.examples?.[0];
  if (given !== undefined) return given;
  if (field instanceof z.ZodLiteral) return field.value;
  if (field instanceof z.ZodEnum) return field.options[0];
  if (!(field instanceof z.ZodObject)) return undefined;
  const shape = Object.fromEntries(neededFields(field).map((name) => [name, exampleOf(field.shape[name])]));
  const whole = Object.values(shape).every((value) => value !== undefined);
  return whole && JSON.stringify(shape).length <= longestExample ? shape : undefined;
}

/** What a value may be where there is a choice: `false or a map`. */
function alternativesOf(union: z.ZodType): string {
  const kinds = optionsOf(union).map((option) => (option instanceof z.ZodLiteral ? show(option.value) : "a map"));
  return [...new Set(kinds)].join(" or ") || "another value";
}

function wrongWord(got: unknown, words: readonly unknown[]): string {
  if (got === undefined) return `is missing; write ${oneOf(words)}`;
  const meant = nearest(got, words);
  return `is ${show(got)}; write ${oneOf(words)}${meant === undefined ? "" : `; did you mean ${show(meant)}?`}`;
}

function unknownField(key: string, known: readonly string[]): string {
  const meant = nearest(key, known);
  return meant === undefined
    ? `is an unknown field; known here: ${[...known].sort().join(", ")}`
    : `is an unknown field; did you mean ${show(meant)}?`;
}

/** Why a field of one form cannot stand beside fields of another. */
function mixedForms(given: readonly string[], forms: readonly (readonly string[])[]): string {
  return `does not go with ${given.join(" and ")}; write ${oneOfForms(forms)}`;
}

/** What a map lacks that has no field by which one form is told from another. */
function noForm(value: Values, forms: readonly z.ZodType[]): string {
  return `is ${show(value)}, which does not say what it is; write ${oneOfForms(forms.map(neededFields))}`;
}

const oneOfForms = (forms: readonly (readonly string[])[]) => forms.map((fields) => fields.join(" and ")).join(", or ");

/** Whether a value has one of several forms that do not name themselves. */
const hasForms = (schema: z.ZodType): schema is z.ZodUnion =>
  schema instanceof z.ZodUnion && !(schema instanceof z.ZodDiscriminatedUnion);

/** The forms that are maps, also those of a choice within the choice. */
const formsOf = (union: z.ZodType): readonly z.ZodType[] =>
  optionsOf(union).flatMap((form) => (hasForms(form) ? formsOf(form) : knownFields(form).length > 0 ? [form] : []));

/**
 * The form that a value has, or the only one whose fields it has; otherwise, of a map, the one it looks most like, and
 * none where it looks as much like another.
 */
function formOf(union: z.ZodUnion, value: unknown): z.ZodType | undefined {
  const tried = optionsOf(union).map((form) => ({ form, issues: form.safeParse(value).error?.issues ?? [] }));
  const fitting = tried.find(({ issues }) => issues.length === 0);
  const [almost, ...others] = tried.filter(({ issues }) =>
    issues.every(({ code }) => code === "custom" || code === "unrecognized_keys"),
  );
  const meant = fitting ?? (others.length === 0 ? almost : undefined);
  if (meant !== undefined) return meant.form;
  if (!isMap(value)) return undefined;
  const forms = formsOf(union);
  const known = forms.flatMap(knownFields);
  // A misspelt field speaks for a form as well.
  const given = Object.keys(value).flatMap((key) => (known.includes(key) ? key : (nearest(key, known) ?? [])));
  const likeliest = likeliestForms(forms, given);
  const undecided = likeliest.filter((form) => given.every((key) => knownFields(form).includes(key)));
  return undecided.length > 1 ? undefined : likeliest[0];
}

/** The forms that have most of the given fields; none where no form has any. */
function likeliestForms(forms: readonly z.ZodType[], given: readonly string[]): readonly z.ZodType[] {
  const count = (names: readonly string[]) => given.filter((key) => names.includes(key)).length;
  // What a form cannot be without tells more of what was meant than what several forms can have.
  const likeness = (form: z.ZodType) => count(neededFields(form)) * (given.length + 1) + count(knownFields(form));
  const most = Math.max(0, ...forms.map(likeness));
  return most === 0 ? [] : forms.filter((form) => likeness(form) === most);
}

/** The word that somebody who wrote this probably meant. */
export function nearest(got: unknown, words: readonly unknown[]): string | undefined {
  if (typeof got !== "string") return undefined;
  const [best] = words
    .filter((word) => typeof word === "string")
    .map((word) => ({ word, away: distance(got.toLowerCase(), word.toLowerCase()) }))
    .sort((one, other) => one.away - other.away);
  if (best === undefined || best.away >= best.word.length) return undefined;
  return best.away <= Math.max(2, Math.floor(got.length / 3)) ? best.word : undefined;
}

type Wrapper = z.ZodOptional | z.ZodDefault | z.ZodPrefault;

/** Whether the value may be left out. */
const isWrapper = (schema: z.ZodType): schema is Wrapper =>
  schema instanceof z.ZodOptional || schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault;

/** The schema of what the user writes, if anything. */
function unwrapped(schema: z.ZodType): z.ZodType {
  if (isWrapper(schema)) return unwrapped(schema.unwrap() as z.ZodType);
  return schema instanceof z.ZodPipe ? unwrapped(schema.in as z.ZodType) : schema;
}

const optionsOf = (union: z.ZodType) => (union instanceof z.ZodUnion ? (union.options as readonly z.ZodType[]) : []);

/** The fields of a map by name; of a choice, those of every form. */
function fieldsOf(schema: z.ZodType): readonly (readonly [string, z.ZodType])[] {
  const inner = unwrapped(schema);
  return inner instanceof z.ZodObject ? Object.entries(inner.shape) : optionsOf(inner).flatMap(fieldsOf);
}

const knownFields = (schema: z.ZodType) => fieldsOf(schema).map(([name]) => name);

/** The fields that a form cannot be without; of one that has none, all. */
function neededFields(form: z.ZodType): readonly string[] {
  const needed = fieldsOf(form).filter(([, field]) => !field.isOptional());
  return needed.length > 0 ? needed.map(([name]) => name) : knownFields(form);
}

type Values = Readonly<Record<string, unknown>>;

function isMap(value: unknown): value is Values {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** What the user wrote there; a name such as "toString" is no field that every map has. */
const own = (map: Values, name: string) => (Object.hasOwn(map, name) ? map[name] : undefined);
