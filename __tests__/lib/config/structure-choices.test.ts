import fc from "fast-check";
import { z } from "zod";
import { secondsInput } from "../../../lib/config/duration";
import { fields, flag, mapOf, setOf, text, whole, word } from "../../../lib/config/fields";
import { newReport, type Path, showPath } from "../../../lib/config/report";
import { readStructure } from "../../../lib/config/structure";
import { runs } from "../../support/runs";

const lowerCase = (what: string) =>
  text(what, (value) => (/^[a-z]+$/.test(value) ? undefined : "is not in lower case"));
const wait = () => secondsInput({ description: "A wait.", example: "5m" }).prefault("1h");

const target = z.discriminatedUnion("to", [
  fields({ to: z.literal("port"), number: whole(1, 65_535, "A port."), wait: wait() }),
  fields({ to: z.literal("socket"), file: lowerCase("A file."), mode: word(["read", "write"], "A mode.") }),
]);

const nothing = z.literal(false);
const ownFile = fields({ file: lowerCase("A file."), keep: flag("Whether it stays.").optional() });
const server = fields({ host: lowerCase("A host."), port: whole(1, 65_535, "A port.").optional() });
/** A choice, one of whose forms is a choice, one of whose forms has a choice inside. */
const log = z.union([nothing, ownFile, z.union([server, fields({ targets: setOf(target, "Targets.") })])]);

/** Everything that a schema of ours may have. */
const everything = fields({
  name: lowerCase("A name."),
  nickname: lowerCase("Another name.").optional(),
  level: word(["low", "high"], "A level.").prefault("high"),
  format: word(["text", "json"], "A format.").optional(),
  share: z.number().default(0.5),
  wait: wait(),
  longest: secondsInput({ description: "A length.", example: "5m" }),
  quiet: flag("Whether it is quiet."),
  words: setOf(lowerCase("A word."), "Words."),
  labels: mapOf(lowerCase("A label."), "Labels.").prefault({ made: "here" }),
  main: target,
  spare: target.optional(),
  targets: mapOf(target, "Targets."),
  log,
  audit: log.optional(),
  loose: z.looseObject({ id: whole(0, 9, "A digit.") }).optional(),
});

function readAll<Schema extends z.ZodType>(schema: Schema, data: unknown) {
  const report = newReport();
  const read = readStructure(schema, data, report);
  return { read, report, lines: report.problems.map(({ path, message }) => `${showPath(path, data)}: ${message}`) };
}

describe("a thing that was refused", () => {
  test("is left out of a map if it does not say its kind, and the first kind elsewhere", () => {
    const addresses = target.transform((one) => (one.to === "port" ? one.number : one.file));
    const schema = fields({ targets: mapOf(target, "Targets."), main: target, sent: mapOf(addresses, "To.") });
    const { read, lines } = readAll(schema, {
      targets: { a: { to: "x" }, b: [], c: { to: "port", number: 1 } },
      main: 5,
      sent: { a: {} },
    });
    expect(lines).toEqual([
      'targets.a.to: is "x"; write "port" or "socket"',
      "targets.b: is []; write a map",
      "main: is 5; write a map",
      'sent.a.to: is missing; write "port" or "socket"',
    ]);
    expect(read).toEqual({
      targets: { c: { to: "port", number: 1, wait: 3_600 } },
      main: { to: "port", number: 0, wait: 3_600 },
      sent: {},
    });
  });

  test("has its other mistakes told, where a slip or its fields say which kind was meant", () => {
    const service = fields({
      as: z.literal("service"),
      host: lowerCase("A host."),
      port: whole(1, 9, "A port."),
      quiet: flag("Whether."),
    });
    const job = fields({ as: z.literal("job"), file: lowerCase("A file."), quiet: flag("Whether.") });
    const kinds = z.discriminatedUnion("as", [service, job]);
    const schema = fields({ things: mapOf(kinds, "Things."), thing: kinds });
    const whole3 = { host: "A", port: 1, quiet: true };
    const { read, lines } = readAll(schema, {
      things: {
        slip: { as: "servce", host: "A", prt: 1, quiet: true },
        fields: { as: "daemon", ...whole3 },
        name: { ass: "service", ...whole3 },
        few: { as: "daemon", host: "A", quiet: true },
        none: { as: "daemon", host: "A", file: "A", quiet: true },
      },
      thing: { as: "daemon", ...whole3 },
    });
    const word = 'write "service" or "job"';
    expect(lines).toEqual([
      `things.slip.as: is "servce"; ${word}; did you mean "service"?`,
      'things.slip.prt: is an unknown field; did you mean "port"?',
      "things.slip.host: is not in lower case",
      `things.fields.as: is "daemon"; ${word}`,
      "things.fields.host: is not in lower case",
      `things.name.as: is missing; ${word}`,
      "things.name.host: is not in lower case",
      `things.few.as: is "daemon"; ${word}`,
      `things.none.as: is "daemon"; ${word}`,
      `thing.as: is "daemon"; ${word}`,
    ]);
    expect(Object.keys(read.things)).toEqual(["slip", "fields", "name"]);
  });

  test("says nothing of a kind whose word was refused before", () => {
    const schema = fields({ main: target });
    const report = newReport();
    report.in("main", "to").refuse("holds a secret");
    readStructure(schema, { main: { to: "", file: "a" } }, report);
    expect(report.problems.map(({ path }) => path)).toEqual([["main", "to"]]);
    expect(report.in("main").refused).toBe(true);
  });

  test("is known by what the user writes, not by what becomes of it", () => {
    const needed = secondsInput({ description: "A wait.", example: "5m" });
    const pair = fields({ wait: needed, again: wait() }).transform((both) => both.wait);
    const loud = word(["low", "high"], "A level.").transform((level) => level === "high");
    const schema = fields({ pair, loud: loud.optional(), choice: z.union([nothing, pair]) });
    const { read, lines } = readAll(schema, { pair: [], loud: "medium", choice: { wait: "2m", wat: 1 } });
    expect(lines).toEqual([
      'pair: is []; write a map, such as {"wait":"5m"}',
      'loud: is "medium"; write "low" or "high"',
      'choice.wat: is an unknown field; did you mean "wait"?',
    ]);
    expect(read).toEqual({ pair: 0, choice: 120 });
    expect(readAll(schema, { pair: { wait: "1m" }, choice: { wat: "2m" } }).lines).toEqual([
      'choice.wat: is an unknown field; did you mean "wait"?',
    ]);
  });
});

test.each<[string, unknown, readonly string[], unknown]>([
  ["none of the forms", true, ["log: is true; write false or a map"], { file: "" }],
  ["a form", { file: "a", kep: true }, ['log.kep: is an unknown field; did you mean "keep"?'], { file: "a" }],
  ["a form in a form", { host: "A", port: 1 }, ["log.host: is not in lower case"], { host: "", port: 1 }],
  [
    "fields of two forms",
    { host: "a", targets: [] },
    ["log.targets: does not go with host; write file, or host, or targets"],
    { host: "a" },
  ],
  [
    "no field of any form",
    { x: 1 },
    [
      "log.x: is an unknown field; known here: file, host, keep, port, targets",
      'log: is {"x":1}, which does not say what it is; write file, or host, or targets',
    ],
    { file: "" },
  ],
  [
    "a misspelt field of a form",
    { hots: "a", port: 1 },
    ['log.hots: is an unknown field; did you mean "host"?'],
    { host: "" },
  ],
  [
    "a kind in a form in a form",
    { targets: [{ to: "port", number: "x" }, { to: "socket", file: "a", mode: "write" }, { to: "prot" }] },
    [
      'log.targets["port"].number: is "x"; write a number (A port)',
      'log.targets["prot"].to: is "prot"; write "port" or "socket"; did you mean "port"?',
    ],
    {
      targets: [
        { to: "port", number: 0, wait: 3_600 },
        { to: "socket", file: "a", mode: "write" },
        { to: "port", number: 0, wait: 3_600 },
      ],
    },
  ],
])("a choice within a choice: %s", (_, given, lines, read) => {
  expect(readAll(fields({ log }), { log: given })).toMatchObject({ lines, read: { log: read } });
});

test("a rule for a whole list, which would be passed over, stops the program", () => {
  const schema = fields({ words: z.array(z.string()).min(1) });
  expect(() => readAll(schema, { words: ["a"] })).toThrow("belongs to what reads it");
});

test("800 mistakes at once take about as long as ten times 80", () => {
  const schema = mapOf(target, "Targets.");
  const time = (mistakes: number, times: number) => {
    // Three mistakes in one, and one that leaves the other out.
    const pairs = Array.from({ length: mistakes / 4 }, (_, index) => [
      [`a${index}`, { to: "port", numbr: 1, wait: "soon", x: 1 }],
      [`b${index}`, { to: "prot" }],
    ]);
    const data = Object.fromEntries(pairs.flat());
    const begin = performance.now();
    for (let round = 0; round < times; round++) {
      const report = newReport();
      readStructure(schema, data, report);
      expect(report.problems).toHaveLength(mistakes);
    }
    return performance.now() - begin;
  };
  // The best of several rounds, for the machine may have other work in any of them. A time that grows with the square
  // of the mistakes would be ten times as long in all.
  const ratios = Array.from({ length: 3 }, () => time(800, 1) / time(80, 10));
  expect(Math.min(...ratios)).toBeLessThan(4);
});

describe("whatever is given", () => {
  const letters = fc.stringMatching(/^[a-z]{1,4}$/);
  const duration = fc.constantFrom("5m", "2h", "1d");
  const optional = { requiredKeys: [] };
  const someTarget = fc.oneof(
    fc.record(
      { to: fc.constant("port"), number: fc.integer({ min: 1, max: 9 }), wait: duration },
      { requiredKeys: ["to", "number"] },
    ),
    fc.record({ to: fc.constant("socket"), file: letters, mode: fc.constantFrom("read", "write") }),
  );
  const someLog = fc.oneof(
    fc.constant(false),
    fc.record({ file: letters, keep: fc.boolean() }, { requiredKeys: ["file"] }),
    fc.record({ host: letters, port: fc.integer({ min: 1, max: 9 }) }, { requiredKeys: ["host"] }),
    fc.record({ targets: fc.array(someTarget, { maxLength: 3 }) }),
  );
  const needed = fc.record({
    name: letters,
    longest: duration,
    quiet: fc.boolean(),
    words: fc.array(letters, { maxLength: 3 }),
    main: someTarget,
    targets: fc.dictionary(letters, someTarget, { maxKeys: 3 }),
    log: someLog,
  });
  const more = fc.record(
    {
      nickname: letters,
      level: fc.constantFrom("low", "high"),
      format: fc.constantFrom("text", "json"),
      share: fc.double({ min: 0, max: 1, noNaN: true }),
      wait: duration,
      labels: fc.dictionary(letters, letters, { maxKeys: 3 }),
      spare: someTarget,
      audit: someLog,
      loose: fc.record({ id: fc.integer({ min: 0, max: 9 }), other: letters }, { requiredKeys: ["id"] }),
    },
    optional,
  );
  const valid = fc.tuple(needed, more).map(([one, other]): Json => ({ ...one, ...other }));

  test("what is right is read as zod reads it", () => {
    fc.assert(
      fc.property(valid, (data) => {
        const { read, lines } = readAll(everything, data);
        expect(lines).toEqual([]);
        expect(read).toEqual(everything.parse(data));
      }),
      runs(40),
    );
  });

  test("a wrong value is reported where it stands, and the rest is read as if it were right", () => {
    fc.assert(
      fc.property(valid, fc.nat(), (data, choice) => {
        const places = placesOf(data).filter((path) => !isUnjudged(path));
        const path = places[choice % places.length] ?? [];
        const { read, report } = readAll(everything, withValue(data, path, null));
        expect(report.problems.map(({ path }) => path)).toEqual([path]);
        // Nothing is known of a thing that does not say its kind.
        const unknown = path.at(-1) === "to" ? path.slice(0, -1) : path;
        expect(withValue(read, unknown, undefined)).toEqual(withValue(everything.parse(data), unknown, undefined));
      }),
      runs(60),
    );
  });

  test("an unknown field is reported where it stands, and the rest is read as if it were not there", () => {
    fc.assert(
      fc.property(valid, fc.nat(), (data, choice) => {
        const closed = placesOf(data).filter((path) => isClosed(data, path));
        const path = closed[choice % closed.length] ?? [];
        const { read, report } = readAll(everything, withValue(data, [...path, "qqqqqqqqqq"], 1));
        expect(report.problems.map(({ path }) => path)).toEqual([[...path, "qqqqqqqqqq"]]);
        expect(read).toEqual(everything.parse(data));
      }),
      runs(60),
    );
  });

  test("anything at all becomes something that the schema's readers can take", () => {
    fc.assert(
      fc.property(fc.oneof(fc.jsonValue(), fc.tuple(valid, fc.jsonValue(), fc.nat()).map(spoilt)), (data) => {
        expect(typesOf(readAll(everything, data).read)).toMatchObject(typesOf(readAll(everything, {}).read) as object);
      }),
      runs(40),
    );
  });

  /** The data with another value somewhere. */
  function spoilt([data, value, choice]: readonly [Json, unknown, number]): unknown {
    const places = placesOf(data);
    return withValue(data, places[choice % places.length] ?? [], value);
  }

  /** The types of the fields that are always there, but for choices, which may be anything. */
  function typesOf(read: z.output<typeof everything>): Readonly<Record<string, string>> {
    const { name, level, wait, longest, quiet, words, labels, main, targets } = read;
    const known = { name, level, wait, longest, quiet, words, labels, main, targets };
    return Object.fromEntries(
      Object.entries(known).map(([field, value]) => [field, Array.isArray(value) ? "list" : typeof value]),
    );
  }
});

type Json = Readonly<Record<string, unknown>>;

/** Fields of a map that may have any, which nothing is known of. */
const isUnjudged = (path: Path) => path[0] === "loose" && path[1] === "other";

/** Whether there is a map with none but its own fields. */
function isClosed(data: Json, path: Path): boolean {
  const value = path.reduce<unknown>((inner, part) => (inner as Json)[String(part)], data);
  const isMap = typeof value === "object" && value !== null && !Array.isArray(value);
  return isMap && !["labels", "loose"].includes(String(path[0])) && !(path[0] === "targets" && path.length === 1);
}

/** Every place of a value. */
function placesOf(value: unknown, path: Path = []): readonly Path[] {
  if (typeof value !== "object" || value === null) return [path];
  const names = Array.isArray(value) ? [...value.keys()] : Object.keys(value);
  return [path, ...names.flatMap((name) => placesOf((value as Json)[name], [...path, name]))];
}

/** The value with another one at a place in it. */
function withValue(value: unknown, [first, ...rest]: Path, other: unknown): unknown {
  if (first === undefined) return other;
  const inner = withValue((value as Json)[String(first)], rest, other);
  if (Array.isArray(value)) return value.with(Number(first), inner);
  return { ...(value as Json), [String(first)]: inner };
}
