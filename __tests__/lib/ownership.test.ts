import { newReport, showPath } from "../../lib/config/report";
import { type Claim, checkOwnership } from "../../lib/ownership";

interface Given {
  readonly kind?: string;
  readonly id?: string;
  readonly within?: string;
  readonly nests?: boolean;
  readonly part?: string;
  readonly advice?: boolean;
  /** Position of another claim in the same list. */
  readonly after?: number;
  readonly silent?: boolean;
}

/** What is told of stacks with these claims; a claim stands at its position in its stack's list. */
function told(given: Readonly<Record<string, readonly Given[]>>) {
  const report = newReport();
  const stacks = Object.entries(given).map(([name, some]) => {
    const claims: Claim[] = [];
    for (const [position, { after, silent, ...claim }] of some.entries()) {
      claims.push({
        kind: "record",
        id: "a",
        ...claim,
        after: after === undefined ? undefined : claims[after],
        place: report.in(name, `${position}`),
        taken: (by) => (silent ? undefined : `is of ${by.name}, in ${by.stack}`),
      });
    }
    return { name, claims };
  });
  checkOwnership(stacks);
  const lines = (findings: typeof report.problems) =>
    findings.map(({ path, message }) => `${showPath(path, {})} ${message}`);
  return { problems: lines(report.problems), warnings: lines(report.warnings) };
}
const problems = (given: Readonly<Record<string, readonly Given[]>>) => told(given).problems;

test("a thing of two stacks is told once, at the second by name, in whatever order they are given", () => {
  const lines = ['b["0"] is of stack a, in a', 'c["0"] is of stack a, in a'];
  expect(problems({ a: [{}], b: [{}], c: [{}] })).toEqual(lines);
  expect(problems({ c: [{}], b: [{}], a: [{}] })).toEqual(lines);
});

test("stacks go by their names as they are, in no locale's order", () => {
  expect(problems({ a: [{}], B: [{}] })).toEqual(['a["0"] is of stack B, in B']);
});

test("another kind, another id, or the same id somewhere else is another thing", () => {
  expect(problems({ a: [{}], b: [{ kind: "pool" }], c: [{ id: "b" }] })).toEqual([]);
  expect(problems({ a: [{ within: "1" }], b: [{ within: "2" }] })).toEqual([]);
  expect(problems({ a: [{ within: "1" }], b: [{ within: "1" }] })).toHaveLength(1);
});

test("kind and id are not run together", () => {
  expect(problems({ a: [{ kind: "record", id: "a b" }], b: [{ kind: "record a", id: "b" }] })).toEqual([]);
});

describe("where a claim does not say in what its id lies, it may be any", () => {
  test.each<[what: string, given: Readonly<Record<string, readonly Given[]>>, line: string]>([
    ["the first", { a: [{}], b: [{ within: "1" }] }, 'b["0"] is of stack a, in a'],
    ["the second", { a: [{ within: "1" }], b: [{}] }, 'b["0"] is of stack a, in a'],
    ["the last of three", { a: [{ within: "1" }], b: [{ within: "2" }], c: [{}] }, 'c["0"] is of stack a, in a'],
    [
      // It may be one of the two only, and then the other's is free; the one that is told has nothing.
      "the one between two",
      { a: [{ within: "1" }], b: [{}], c: [{ within: "2" }] },
      'b["0"] is of stack a, in a',
    ],
  ])("%s", (_, given, line) => expect(problems(given)).toEqual([line]));
});

describe("parts of a stack", () => {
  test("own what they own alone, and are named with it", () => {
    const given = { a: [{ part: "service x" }, { part: "service y" }], b: [{}] };
    expect(problems(given)).toEqual([
      'a["1"] is of service x of stack a, in a',
      'b["0"] is of service x of stack a, in a',
    ]);
  });

  test("may claim a thing more than once, and so may a stack", () => {
    expect(problems({ a: [{}, {}], b: [{ id: "b", part: "service x" }] })).toEqual([]);
    expect(
      problems({ a: [{ id: "b", part: "service x" }], b: [{ part: "service x" }, { part: "service x" }] }),
    ).toEqual([]);
  });

  test("hold every place where they claim it", () => {
    expect(problems({ a: [{ within: "1" }, { within: "2" }], b: [{ within: "2" }] })).toHaveLength(1);
  });

  test("are told each, where another stack has what they claim", () => {
    expect(problems({ a: [{}], b: [{}, {}] })).toHaveLength(2);
  });
});

describe("ids that nest", () => {
  const mounts = (one: string, other: string, within?: string) =>
    problems({ a: [{ id: one, nests: true, within: "1" }], b: [{ id: other, nests: true, within }] });

  test("are taken with what lies inside and around them", () => {
    for (const [one, other] of [
      ["pki", "pki"],
      ["pki", "pki/int"],
      ["pki/int", "pki"],
    ] as const) {
      expect(mounts(one, other)).toHaveLength(1);
      expect(mounts(one, other, "2")).toEqual([]);
    }
  });

  test("lie beside each other where only their first letters are the same", () => {
    expect(mounts("pki", "pki_int")).toEqual([]);
    expect(mounts("pki_int", "pki")).toEqual([]);
    expect(mounts("pki/a", "pki/b")).toEqual([]);
  });

  test("are only those that say so", () => {
    expect(problems({ a: [{ id: "pki" }], b: [{ id: "pki/int" }] })).toEqual([]);
  });

  test("are all held, of one owner too", () => {
    const own = { nests: true, part: "an authority" };
    expect(
      problems({
        a: [
          { ...own, id: "x" },
          { ...own, id: "y" },
        ],
        b: [{ ...own, id: "y/z" }],
      }),
    ).toHaveLength(1);
  });
});

describe("a claim after another", () => {
  const second = (more: Given): Readonly<Record<string, readonly Given[]>> => ({
    a: [{}, { id: "b" }],
    b: [{}, { id: "b", ...more }],
  });

  test("is told only where the other is free", () => {
    expect(problems(second({}))).toHaveLength(2);
    expect(problems(second({ after: 0 }))).toEqual(['b["0"] is of stack a, in a']);
    expect(problems({ a: [{ id: "b" }], b: [{}, { id: "b", after: 0 }] })).toEqual(['b["1"] is of stack a, in a']);
  });

  test("holds what is free, whatever became of the other", () => {
    const b = [{}, { id: "b", after: 0 }];
    expect(problems({ a: [{}], b, c: [{ id: "b" }] })).toEqual([
      'b["0"] is of stack a, in a',
      'c["0"] is of stack b, in b',
    ]);
  });
});

test("a claim can be silent, or tell advice", () => {
  expect(told({ a: [{}], b: [{ silent: true }] })).toEqual({ problems: [], warnings: [] });
  expect(told({ a: [{}], b: [{ advice: true }] })).toEqual({ problems: [], warnings: ['b["0"] is of stack a, in a'] });
});

test("each claim is looked at a few times, however many there are", () => {
  const looks = (count: number) => {
    let looked = 0;
    const place = newReport();
    const stacks = ["a", "b"].map((name) => ({
      name,
      claims: Array.from(
        { length: count },
        (_, position): Claim => ({
          kind: "record",
          // Of half of them all have one id, which a stack may claim as often as it likes.
          id: position % 2 === 0 ? `${position}` : "shared",
          get within() {
            looked += 1;
            return "1";
          },
          place,
          taken: () => undefined,
        }),
      ),
    }));
    checkOwnership(stacks);
    return looked;
  };
  expect(looks(1000)).toBeGreaterThan(1000);
  expect(looks(10_000)).toBeLessThan(11 * looks(1000));
});
