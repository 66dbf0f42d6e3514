import fc from "fast-check";
import { z } from "zod";
import { secondsInput } from "../../../lib/config/duration";
import { fields, formerly, mapOf, setOf, text, whole, word } from "../../../lib/config/fields";
import { newReport, showPath } from "../../../lib/config/report";
import { readStructure } from "../../../lib/config/structure";
import { runs } from "../../support/runs";

/** How often the rule of a host's name was asked. */
let asked = 0;

const host = text({ description: "A host.", examples: ["a.example.com"] }, (value) => {
  asked++;
  return value.includes("_") ? `is ${value}; write no "_"` : undefined;
});
const every = secondsInput({ description: "How often.", example: "7d" });
const schema = fields({
  every: every.prefault("7d"),
  level: word(["low", "high"], "A level.").prefault("high"),
  limit: whole(1, 9, { description: "A limit.", examples: [3] }),
  hosts: mapOf(fields({ name: host, ports: setOf(whole(1, 9, "A port."), "Ports.") }), "Hosts."),
  target: z.discriminatedUnion("kind", [
    fields({ kind: z.literal("file"), path: host }),
    fields({ kind: z.literal("pipe"), every: every.prefault("1h") }),
  ]),
});
const good = {
  limit: 3,
  hosts: { one: { name: "a.example.com", ports: [1, 2] }, two: { name: "b.example.com", ports: [] } },
  target: { kind: "pipe" as const },
};

function read(data: unknown) {
  const report = newReport();
  const value = readStructure(schema, data, report);
  const problems = report.problems.map(({ path, message }) => `${showPath(path, data)}: ${message}`);
  return { value, problems, report };
}

test("defaults are filled in and values transformed, whatever is wrong elsewhere", () => {
  const complete = { ...good, every: 604_800, level: "high", target: { kind: "pipe", every: 3_600 } };
  expect(read(good)).toMatchObject({ value: complete, problems: [] });
  expect(read({ ...good, limit: "x", every: "2d" })).toMatchObject({
    value: { ...complete, limit: 0, every: 172_800 },
    problems: ['limit: is "x"; write a number, such as 3 (A limit)'],
  });
  // A value that was refused is empty in the form that its readers use.
  const { value, report } = read({ ...good, every: "soon", level: "medium" });
  expect(value).toEqual({ ...complete, every: 0, level: "high" });
  expect([["every"], ["level"], ["limit"]].map((path) => report.in(...path).refused)).toEqual([true, true, false]);
  for (const name of ["every", "limit"]) report.in(name).warning("is short");
  expect(report.warnings).toEqual([{ path: ["limit"], message: "is short" }]);
});

test("a choice that is none is told once, and its defaults stand", () => {
  expect(read({ ...good, target: { kind: "socket" } })).toMatchObject({
    value: { ...good, target: { kind: "file", path: "" } },
    problems: ['target.kind: is "socket"; write "file" or "pipe"'],
  });
});

test("the rule of a field is asked once, however many others are wrong", () => {
  const count = 500;
  const hosts = Object.fromEntries(
    Array.from({ length: count }, (_, at) => [`h${at}`, { name: `a_${at}`, prots: [] }]),
  );
  asked = 0;
  expect(read({ ...good, hosts }).problems).toHaveLength(2 * count);
  expect(asked).toBe(count);
});

test("a field of an earlier release is told its new form, and its value is judged there", () => {
  const renamed = formerly(fields({ name: host }), {
    title: (title) => ({ now: { name: title }, advice: "is now name; rename it" }),
  });
  const report = newReport();
  expect(readStructure(renamed, { title: "a_b" }, report)).toEqual({ name: "" });
  expect(report.problems.map(({ message }) => message)).toEqual(["is now name; rename it", 'is a_b; write no "_"']);
});

const name = fc.constantFrom("a.example.com", "b.example.com", "c");
const config = fc.record(
  {
    every: fc.constantFrom("1h", "90d"),
    level: fc.constantFrom("low", "high"),
    limit: fc.integer({ min: 1, max: 9 }),
    hosts: fc.dictionary(
      fc.constantFrom("one", "two", "toString"),
      fc.record({ name, ports: fc.array(fc.integer({ min: 1, max: 9 })) }),
      { minKeys: 1 },
    ),
    target: fc.oneof(
      fc.record({ kind: fc.constant("file"), path: name }),
      fc.record({ kind: fc.constant("pipe"), every: fc.constantFrom("5m", "2d") }, { requiredKeys: ["kind"] }),
    ),
  },
  { requiredKeys: ["limit", "hosts", "target"] },
);

/** Paths of everything in a value that is neither map nor list. */
function leaves(value: unknown, path: readonly string[] = []): readonly (readonly string[])[] {
  if (typeof value !== "object" || value === null) return [path];
  return Object.entries(value).flatMap(([key, inner]) => leaves(inner, [...path, key]));
}

/** A copy with another value at a path. */
function replaced(value: unknown, [first, ...rest]: readonly string[], other: unknown): unknown {
  if (first === undefined) return other;
  if (Array.isArray(value)) return value.map((one, at) => (String(at) === first ? replaced(one, rest, other) : one));
  const map = value as Readonly<Record<string, unknown>>;
  return { ...map, [first]: replaced(map[first], rest, other) };
}

test("without a mistake it is what the schema makes of it; with one, only that is told and all else stays", () => {
  fc.assert(
    fc.property(config, fc.nat(), fc.constantFrom(null, [], true), (given, which, wrong) => {
      expect(read(given)).toMatchObject({ value: schema.parse(given), problems: [] });
      const paths = leaves(given).filter((path) => path.at(-1) !== "kind");
      const path = paths[which % paths.length] ?? [];
      const { value, report } = read(replaced(given, path, wrong));
      expect(report.problems.map(({ path }) => path.map(String))).toEqual([path]);
      expect(leaves(value).map(String).sort()).toEqual(leaves(schema.parse(given)).map(String).sort());
      const rest = path.reduce<unknown>((inner, part) => (inner as Record<string, unknown>)[part], value);
      expect(replaced(value, path, null)).toEqual(replaced(schema.parse(given), path, null));
      expect(typeof rest).toBe(
        typeof path.reduce<unknown>((inner, part) => (inner as Record<string, unknown>)[part], schema.parse(given)),
      );
    }),
    runs(50),
  );
});
