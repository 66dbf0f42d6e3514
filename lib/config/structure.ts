import { distance } from "fastest-levenshtein";
import { z } from "zod";
import { successors, whyNoWord } from "./fields";
import { oneOf, type Path, type Report, show } from "./report";

type Issue = z.core.$ZodIssue;

/**
 * Judges the shape of plain data against a schema and repairs it: wrong or missing values, and texts that break their
 * field's rule, are reported and replaced by empty ones; unknown fields are reported and dropped. The result has the
 * schema's type, so every later rule can run and report as well.
 */
export function readStructure<Schema extends z.ZodType>(
  schema: Schema,
  data: unknown,
  report: Report,
): z.infer<Schema> {
  let value = inTodaysForm(schema, data, [], report);
  // Each round fills one more level of what was missing; a schema is not deeper than this.
  for (let round = 0; round < 16; round++) {
    const result = schema.safeParse(value);
    if (result.success) return result.data;
    const repairs = inOrder(result.error.issues).flatMap((issue) =>
      judge(schema, value, issue, [], report, round === 0),
    );
    if (repairs.length === 0) return value as z.infer<Schema>;
    for (const repair of repairs) value = replaced(value, repair.path, repair.value);
  }
  throw new Error("the structure of the config could not be repaired");
}

/** Reports the fields of earlier releases and gives their values today's place, where every rule then finds them. */
function inTodaysForm(schema: z.ZodType | undefined, value: unknown, path: Path, report: Report): unknown {
  if (!isMap(value)) return value;
  const field = unwrapped(schema);
  const form = field instanceof z.ZodDiscriminatedUnion ? alternative(field, value) : field;
  let map = value;
  for (const one of new Set([field, form])) {
    for (const { field, now, advice } of successors(one, value)) {
      report.problem([...path, field], advice);
      const { [field]: _, ...rest } = map;
      map = { ...now, ...rest };
    }
  }
  const inner = (key: string) =>
    form instanceof z.ZodRecord ? form.valueType : form instanceof z.ZodObject ? form.shape[key] : undefined;
  return Object.fromEntries(
    Object.entries(map).map(([key, one]) => [key, inTodaysForm(inner(key), one, [...path, key], report)]),
  );
}

/** Unknown fields first: a missing one may be among them, misspelt. */
function inOrder(issues: readonly Issue[]): readonly Issue[] {
  const unknown = (issue: Issue) => issue.code === "unrecognized_keys";
  return [...issues.filter(unknown), ...issues.filter((issue) => !unknown(issue))];
}

/** What stands at a path after a repair; `undefined` takes it out. */
interface Repair {
  readonly path: Path;
  readonly value: unknown;
}

function judge(
  schema: z.ZodType,
  root: unknown,
  issue: Issue,
  at: Path,
  report: Report,
  withRules: boolean,
): readonly Repair[] {
  const path = [...at, ...issue.path.map((part) => (typeof part === "symbol" ? String(part) : part))];
  const got = valueAt(root, path);
  switch (issue.code) {
    case "unrecognized_keys": {
      const known = knownFields(schemaAt(schema, root, path));
      const forms = formsOf(fieldAt(schema, root, path));
      return issue.keys.map((key) => {
        if (forms.some((form) => knownFields(form).includes(key))) {
          const given = [...new Set(forms.flatMap(knownFields))].filter(
            (field) => !issue.keys.includes(field) && valueAt(got, [field]) !== undefined,
          );
          report.refuse([...path, key], mixedForms(given, forms.map(neededFields)));
          return { path: [...path, key], value: undefined };
        }
        const meant = nearest(key, known);
        // The field that was meant is not missing as well.
        const misspelt = meant !== undefined && valueAt(got, [meant]) === undefined;
        report.refuse([...path, key], unknownField(key, known), misspelt ? [...path, meant] : [...path, key]);
        return { path: [...path, key], value: undefined };
      });
    }
    case "invalid_union": {
      if (issue.discriminator !== undefined) {
        // Nothing else can be said of a thing that does not say what it is.
        const thing = path.slice(0, -1);
        const words = discriminators(unwrapped(fieldAt(schema, root, thing)), issue.discriminator);
        const around = unwrapped(fieldAt(schema, root, thing.slice(0, -1)));
        report.refuse(path, wrongWord(got, words), thing);
        return [
          { path: thing, value: around instanceof z.ZodRecord ? undefined : { [issue.discriminator]: words[0] } },
        ];
      }
      const field = fieldAt(schema, root, path);
      const union = unwrapped(field);
      const meant = union instanceof z.ZodUnion && isMap(got) ? alternative(union, got) : undefined;
      const errors = union instanceof z.ZodUnion && meant !== undefined && issue.errors[union.options.indexOf(meant)];
      if (errors) return inOrder(errors).flatMap((error) => judge(schema, root, error, path, report, withRules));
      report.refuse(path, wrongType(field, got));
      return [{ path, value: field instanceof z.ZodOptional ? undefined : {} }];
    }
    case "invalid_value": {
      const why = whyNoWord(unwrapped(fieldAt(schema, root, path)), got);
      report.refuse(path, why === undefined ? wrongWord(got, issue.values) : `is ${show(got)}; ${why}`);
      return [{ path, value: fieldAt(schema, root, path) instanceof z.ZodOptional ? undefined : issue.values[0] }];
    }
    case "invalid_type":
      report.refuse(path, wrongType(schemaAt(schema, root, path), got, issue.expected));
      return [{ path, value: emptyValues[issue.expected] }];
    default:
      if (!withRules) return [];
      report.refuse(path, issue.message);
      return typeof got === "string" ? [{ path, value: "" }] : [];
  }
}

const emptyValues: Readonly<Record<string, unknown>> = {
  string: "",
  number: 0,
  boolean: false,
  array: [],
  object: {},
  record: {},
};

const typeNames: Readonly<Record<string, string>> = {
  string: "a string",
  number: "a number",
  boolean: "true or false",
  array: "a list",
  object: "a map",
  record: "a map",
};

function wrongType(schema: z.ZodType | undefined, got: unknown, expected?: string): string {
  const notes = unwrapped(schema)?.meta() as { description?: string; examples?: unknown[] } | undefined;
  const example = exampleOf(schema);
  const wanted = [
    expected === undefined ? alternativesOf(unwrapped(schema)) : (typeNames[expected] ?? "another value"),
    example === undefined ? "" : `, such as ${show(example)}`,
    notes?.description === undefined ? "" : ` (${notes.description.replace(/\.$/, "")})`,
  ].join("");
  return got === undefined ? `is missing; write ${wanted}` : `is ${show(got)}; write ${wanted}`;
}

/** Longer than this, an example hides the sentence that it stands in. */
const longestExample = 120;

/** What may stand there, if somebody wrote it down; of a map, its shape: the fields that it cannot be without. */
function exampleOf(schema: z.ZodType | undefined): unknown {
  const field = unwrapped(schema);
  const given = (field?.meta() as { examples?: unknown[] } | undefined)?.examples?.[0];
  if (given !== undefined) return given;
  if (field instanceof z.ZodLiteral) return field.value;
  if (field instanceof z.ZodEnum) return field.options[0];
  if (!(field instanceof z.ZodObject)) return undefined;
  const shape = Object.fromEntries(neededFields(field).map((name) => [name, exampleOf(fieldAt(field, {}, [name]))]));
  const whole = Object.values(shape).every((value) => value !== undefined);
  return whole && JSON.stringify(shape).length <= longestExample ? shape : undefined;
}

/** What a value may be where there is a choice: `false or a map`. */
function alternativesOf(union: z.ZodType | undefined): string {
  const options = union instanceof z.ZodUnion ? (union.options as readonly z.ZodType[]) : [];
  const kinds = options.map((option) => (option instanceof z.ZodLiteral ? show(option.value) : "a map"));
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
  return `does not go with ${given.join(" and ")}; write ${forms.map((fields) => fields.join(" and ")).join(", or ")}`;
}

/** The forms that a thing can have, where there is a choice. */
function formsOf(field: z.ZodType | undefined): readonly z.ZodType[] {
  const union = unwrapped(field);
  if (!(union instanceof z.ZodUnion) || union instanceof z.ZodDiscriminatedUnion) return [];
  return (union.options as readonly z.ZodType[]).filter((form) => knownFields(form).length > 0);
}

/** The fields that a form cannot be without; of one that has none, all. */
function neededFields(form: z.ZodType): readonly string[] {
  const known = knownFields(form);
  const needed = known.filter((name) => !(fieldAt(form, {}, [name]) instanceof z.ZodOptional));
  return needed.length > 0 ? needed : known;
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

function unwrapped(schema: z.ZodType | undefined): z.ZodType | undefined {
  return schema instanceof z.ZodOptional ? unwrapped(schema.unwrap() as z.ZodType) : schema;
}

/** The schema that judges what stands at the path; of a union, the member that was meant. */
function schemaAt(schema: z.ZodType, root: unknown, path: Path): z.ZodType | undefined {
  const field = fieldAt(schema, root, path);
  const value = valueAt(root, path);
  const last = unwrapped(field);
  return last instanceof z.ZodUnion && isMap(value) ? (alternative(last, value) ?? last) : field;
}

/** The schema written for the path. */
function fieldAt(schema: z.ZodType, root: unknown, path: Path): z.ZodType | undefined {
  let current: z.ZodType | undefined = schema;
  let value = root;
  for (const part of path) {
    const inner = unwrapped(current);
    const object = inner instanceof z.ZodUnion ? alternative(inner, value) : inner;
    if (object instanceof z.ZodObject) current = object.shape[String(part)] as z.ZodType | undefined;
    else if (object instanceof z.ZodRecord) current = object.valueType as z.ZodType;
    else if (object instanceof z.ZodArray) current = object.element as z.ZodType;
    else return undefined;
    value = valueAt(value, [part]);
  }
  return current;
}

/** The member of a union that a map was meant for. */
function alternative(union: z.ZodUnion, value: unknown): z.ZodType | undefined {
  const options = union.options as readonly z.ZodType[];
  if (!(union instanceof z.ZodDiscriminatedUnion)) {
    const given = Object.keys(isMap(value) ? value : {});
    const count = (fields: readonly string[]) => given.filter((key) => fields.includes(key)).length;
    // What a form cannot be without tells more of what was meant than what several forms can have.
    const likeness = (option: z.ZodType) => count(neededFields(option)) * given.length + count(knownFields(option));
    return options
      .filter((option) => option instanceof z.ZodObject)
      .sort((one, other) => likeness(other) - likeness(one))[0];
  }
  const { discriminator } = union.def as { discriminator: string };
  return options.find((option) => {
    const tag = option instanceof z.ZodObject ? option.shape[discriminator] : undefined;
    return tag instanceof z.ZodLiteral && tag.value === valueAt(value, [discriminator]);
  });
}

function knownFields(schema: z.ZodType | undefined): readonly string[] {
  const inner = unwrapped(schema);
  return inner instanceof z.ZodObject ? Object.keys(inner.shape) : [];
}

function discriminators(union: z.ZodType | undefined, discriminator: string): readonly unknown[] {
  if (!(union instanceof z.ZodUnion)) return [];
  return (union.options as readonly z.ZodType[]).flatMap((option) => {
    const tag = option instanceof z.ZodObject ? option.shape[discriminator] : undefined;
    return tag instanceof z.ZodLiteral ? [tag.value] : [];
  });
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** What stands at the path, if anything does. */
function valueAt(value: unknown, path: Path): unknown {
  return path.reduce<unknown>((inner, part) => {
    if (Array.isArray(inner)) return inner[Number(part)];
    return isMap(inner) && typeof part === "string" && Object.hasOwn(inner, part) ? inner[part] : undefined;
  }, value);
}

function replaced(value: unknown, path: Path, repair: unknown): unknown {
  const [first, ...rest] = path;
  if (first === undefined) return repair;
  if (Array.isArray(value))
    return value.map((member, index) => (index === first ? replaced(member, rest, repair) : member));
  const entries = Object.entries(isMap(value) ? value : {}).filter(([key]) => key !== String(first));
  const inner = replaced(valueAt(value, [first]), rest, repair);
  return Object.fromEntries(inner === undefined ? entries : [...entries, [String(first), inner]]);
}
