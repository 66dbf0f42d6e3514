import { isDeepStrictEqual } from "node:util";
import { z } from "zod";
import { showDuration } from "../../lib/config/duration";
import { checkedConfig } from "../../stacks/check";
import { configInput } from "../../stacks/config";

/** A change of one field of a config that is right before and after it. */
export interface FieldChange {
  /** The field: its path with `*` for keys of maps and `[]` for members of lists. */
  readonly field: string;
  /** What is done to it. */
  readonly what: string;
  readonly after: unknown;
}

type Values = Readonly<Record<string, unknown>>;
type Keys = readonly (string | number)[];

const isMap = (value: unknown): value is Values => typeof value === "object" && value !== null && !Array.isArray(value);

/** A place in a config with a schema, and where it stands. */
interface Found {
  readonly field: string;
  readonly schema: z.ZodType;
  readonly keys: Keys;
  readonly value: unknown;
}

/** The schema without what says that it may be left out. */
function inner(schema: unknown): z.ZodType {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault) {
    return inner(schema.unwrap());
  }
  return schema instanceof z.ZodPipe ? inner(schema.in) : (schema as z.ZodType);
}

/** Every field of a schema, at every place where the config has it, or could have it. */
function fieldsOf(schema: z.ZodType, value: unknown, field = "", keys: Keys = []): readonly Found[] {
  const of = inner(schema);
  const here: Found = { field, schema, keys, value };
  if (of instanceof z.ZodUnion) {
    const options = (of.options as readonly z.ZodType[]).map(inner);
    const option = options.find((one) => value !== undefined && one.safeParse(value).success);
    return [
      here,
      ...(option === undefined ? [] : fieldsOf(option, value, field, keys).filter((one) => one.keys !== keys)),
    ];
  }
  if (of instanceof z.ZodObject) {
    const members = Object.entries(of.shape as Record<string, z.ZodType>).flatMap(([name, member]) =>
      member instanceof z.ZodLiteral
        ? []
        : fieldsOf(member, isMap(value) ? value[name] : undefined, field === "" ? name : `${field}.${name}`, [
            ...keys,
            name,
          ]),
    );
    return value === undefined && keys.length > 0 ? [here] : [here, ...members];
  }
  if (of instanceof z.ZodRecord) {
    const entries = isMap(value) ? Object.entries(value) : [];
    return [
      here,
      ...entries.flatMap(([key, member]) =>
        fieldsOf(of.valueType as z.ZodType, member, field === "stacks" ? "" : `${field}.*`, [...keys, key]),
      ),
    ];
  }
  if (of instanceof z.ZodArray) {
    const members = Array.isArray(value) ? (value as readonly unknown[]) : [];
    const element = of.element as z.ZodType;
    return [
      here,
      ...members.flatMap((member, index) =>
        fieldsOf(element, member, `${field}[]`, [...keys, index]).filter(({ field: name }) => name !== `${field}[]`),
      ),
    ];
  }
  return [here];
}

function withValue(config: unknown, [key, ...more]: Keys, value: unknown): unknown {
  if (key === undefined) return value;
  if (Array.isArray(config)) {
    return config.map((member, index) => (index === key ? withValue(member, more, value) : (member as unknown)));
  }
  const map = isMap(config) ? config : {};
  const next = withValue(map[key], more, value);
  return next === undefined
    ? Object.fromEntries(Object.entries(map).filter(([name]) => name !== key))
    : { ...map, [key]: next };
}

const examplesOf = (schema: z.ZodType): readonly unknown[] =>
  [schema, inner(schema)].flatMap((one) => (one.meta()?.examples as readonly unknown[] | undefined) ?? []);

const durations = [
  60, 3600, 7200, 43_200, 86_400, 172_800, 259_200, 604_800, 2_592_000, 7_776_000, 31_536_000, 63_072_000,
];

/** Whether two fields stand in the same stack, or both in none. */
const together = ({ keys: [one, stack] }: Found, { keys: [other, another] }: Found) =>
  one === "stacks" || other === "stacks" ? one === other && stack === another : true;

/** What else a name can be that names an entry of a map beside it, such as a host's backend. */
function namesBeside(field: Found, all: readonly Found[]): readonly string[] {
  const { value } = field;
  if (typeof value !== "string") return [];
  const maps = all.filter(
    (one) => isMap(one.value) && inner(one.schema) instanceof z.ZodRecord && together(field, one),
  );
  return maps
    .map((map) => Object.keys(map.value as Values))
    .filter((keys) => keys.includes(value))
    .flat();
}

/** Other values for a field, with what they do to it. */
function* othersFor(field: Found, all: readonly Found[]): Generator<readonly [what: string, value: unknown]> {
  const { schema, value } = field;
  const of = inner(schema);
  if (value !== undefined && schema.safeParse(undefined).success) yield ["taken out", undefined];
  if (of instanceof z.ZodArray && Array.isArray(value)) {
    for (let index = value.length - 1; index >= 0; index--)
      yield ["a member less", value.filter((_, at) => at !== index)];
    for (const example of [...examplesOf(of.element as z.ZodType), ...examplesOf(of).flat()]) {
      yield ["a member more", [...(value as unknown[]), example]];
    }
  }
  if (of instanceof z.ZodRecord && isMap(value)) {
    for (const key of Object.keys(value))
      yield ["an entry less", Object.fromEntries(Object.entries(value).filter(([one]) => one !== key))];
    for (const [key, entry] of Object.entries(value)) yield ["an entry more", { ...value, [`x${key}`]: entry }];
    // What names something else, of which there is one, cannot be written twice.
    for (const [key, entry] of Object.entries(value)) {
      if (typeof entry === "string") yield ["an entry more", { ...value, [`x${key}`]: `${entry.slice(0, -1)}Z` }];
    }
  }
  if (of instanceof z.ZodBoolean && value !== undefined) yield ["changed", value !== true];
  if (of instanceof z.ZodEnum) for (const option of of.options) if (option !== value) yield [`${option}`, option];
  const isTime = typeof value === "string" && /^[0-9]+[smhd]$/.test(value);
  if (isTime) for (const seconds of durations) yield ["changed", showDuration(seconds)];
  if (typeof value === "number") for (const step of [1, -1, 10, -10]) yield ["changed", value + step];
  for (const example of examplesOf(schema)) yield [value === undefined ? "given" : "changed", example];
  for (const name of namesBeside(field, all)) yield ["changed", name];
  if (typeof value === "string" && !isTime) {
    yield ["changed", `${value}x`];
    yield ["changed", `x${value}`];
    yield ["changed", value.replace(/[a-z](?=[^a-z]*$)/, (letter) => (letter === "x" ? "y" : "x"))];
    yield ["changed", value.replace(/[0-9](?=[^0-9]*$)/, (digit) => (digit === "1" ? "2" : "1"))];
  }
}

/** What one change of every field can be, and the fields for which none was found. */
export function fieldChanges(config: unknown): {
  readonly changes: readonly FieldChange[];
  readonly unchanged: readonly string[];
} {
  const [changes, same] = [new Map<string, FieldChange>(), new Map<string, FieldChange>()];
  const complete = checkedConfig(config).config;
  const all = fieldsOf(configInput, config).filter(({ field }) => field !== "" && field !== "stacks");
  for (const one of all) {
    for (const [what, value] of othersFor(one, all)) {
      // A stack can have a field of the same name as the config itself, such as a project.
      const known = `${one.keys[0] === "stacks" ? "stacks." : ""}${one.field}: ${what}`;
      if (changes.has(known) || JSON.stringify(value) === JSON.stringify(one.value)) continue;
      const after = withValue(config, one.keys, value);
      const { config: changed, report } = checkedConfig(after);
      if (report.problems.length > 0) continue;
      // Another way of writing the same is a change only where there is no other.
      if (isDeepStrictEqual(changed, complete)) {
        same.set(known, { field: one.field, what, after });
        continue;
      }
      changes.set(known, { field: one.field, what, after });
    }
  }
  for (const [known, change] of same) if (!changes.has(known)) changes.set(known, change);
  const changed = new Set([...changes.values()].map(({ field }) => field));
  return {
    changes: [...changes.values()],
    unchanged: [...new Set(all.map(({ field }) => field))].filter((field) => !changed.has(field)),
  };
}
