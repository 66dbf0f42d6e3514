import { type Difference, differences } from "../../lib/change/difference";
import {
  anew,
  countDifferences,
  judgedDifferences,
  kept,
  type Meanings,
  quiet,
  tellDifferences,
} from "../../lib/change/meaning";
import type { PreviousStack } from "../../lib/change/previous-stack";
import { newReport, showPath } from "../../lib/config/report";

type Resources = PreviousStack["resources"];

const output = (resources: Resources): PreviousStack => ({ from: "output", resources });
const state = (resources: Resources): PreviousStack => ({ from: "state", resources });
const never = () => false;

/** What differs, as `<address>: <fate> <arguments>`. */
const shown = (found: readonly Difference[]) =>
  found.map(({ address, fate, changed }) => [`${address}: ${fate}`, ...changed.map(({ name }) => name)].join(" "));

describe("the difference of two outputs", () => {
  test("names what is added, changed and gone, and nothing else", () => {
    const before = output({ "t.same": { a: 1 }, "t.other": { a: 1, gone: 1 }, "t.old": {} });
    const now = output({
      "t.same": { a: 1, "//": "notes", depends_on: ["t.new"] },
      "t.other": { a: 2, more: 1 },
      "t.new": {},
    });
    expect(shown(differences(before, now, never))).toEqual([
      "t.new: added",
      "t.old: gone",
      "t.other: changed a gone more",
    ]);
  });

  test("takes a reference for the value that stands behind it", () => {
    const before = output({
      "n.space": { metadata: { name: "ml" } },
      "t.inside": { metadata: { namespace: "${n.space.metadata[0].name}" } },
    });
    const inside = (namespace: string) => output({ "t.inside": { metadata: { namespace } } });
    expect(shown(differences(before, inside("ml"), never))).toEqual(["n.space: gone"]);
    expect(shown(differences(before, inside("other"), never))).toEqual(["n.space: gone", "t.inside: changed metadata"]);
  });

  test("takes a provider for the region that it leads to", () => {
    const regional = (provider: string, alias: string) =>
      output({
        "provider.aws": { region: "eu-west-1" },
        [`provider.aws.${alias}`]: { region: "us-east-1" },
        "t.x": { provider },
      });
    expect(shown(differences(regional("aws.edge", "edge"), regional("aws.east", "east"), never))).toEqual([
      "provider.aws.east: added",
      "provider.aws.edge: gone",
    ]);
    expect(shown(differences(regional("aws.edge", "edge"), regional("aws", "edge"), never))).toEqual([
      "t.x: changed provider",
    ]);
  });

  test("follows what is made anew to all that know something of it", () => {
    const chain = (size: number) =>
      output({
        "t.first": { size },
        "t.second": { of: "${t.first.id}" },
        "t.third": { of: '${join(",", [t.second.id])}' },
        "t.beside": { of: "${t.other.id}", depends_on: ["t.first"] },
      });
    const anew = (_: string, { name }: { readonly name: string }) => ["size", "of"].includes(name);
    const found = ["t.first: changed size", "t.second: changed of", "t.third: changed of"];
    expect(shown(differences(chain(1), chain(2), anew))).toEqual(found);
    expect(shown(differences(chain(1), chain(2), never))).toEqual(["t.first: changed size"]);
  });
});

describe("what is made anew for another's change", () => {
  const chain = (size: number, more: number) =>
    output({
      "t.first": { size, more },
      "t.second": { lifecycle: { replace_triggered_by: ["t.first.size", "t.other.id"] } },
      "t.third": { lifecycle: { replace_triggered_by: ["t.second.id"] } },
    });
  const anew = (_: string, { name }: { readonly name: string }) => name === "replace_triggered_by";

  test("is told, and what follows it", () => {
    expect(shown(differences(chain(1, 1), chain(2, 1), anew))).toEqual([
      "t.first: changed size",
      "t.second: changed replace_triggered_by",
      "t.third: changed replace_triggered_by",
    ]);
  });

  test("is not, where another attribute changes", () => {
    expect(shown(differences(chain(1, 1), chain(1, 2), anew))).toEqual(["t.first: changed more"]);
  });
});

describe("the difference of a state and an output", () => {
  test.each<[what: string, was: unknown, is: unknown]>([
    ["a number that is a text", "3600", 3600],
    ["a block", [{ a: "1", computed: "x" }], { a: 1 }],
    ["blocks in another order", [{ a: 1 }, { a: 2 }], [{ a: 2 }, { a: 1 }]],
    ["a reference", "arn:1", "${t.other.arn}"],
    ["an empty list that is none", null, []],
    ["nothing", "default", undefined],
  ])("is none for %s", (_, was, is) => {
    expect(differences(state({ "t.x": { a: was } }), output({ "t.x": { a: is } }), never)).toEqual([]);
  });

  test.each<[what: string, was: unknown, is: unknown]>([
    ["another text", "a", "b"],
    ["a member more", ["a"], ["a", "b"]],
    ["a member twice", ["a", "b"], ["a", "a"]],
    ["another block", [{ a: "1" }], { a: 2 }],
    ["a block that there was none of", [], { a: 1 }],
  ])("is told of %s", (_, was, is) => {
    expect(shown(differences(state({ "t.x": { a: was } }), output({ "t.x": { a: is } }), never))).toEqual([
      "t.x: changed a",
    ]);
  });

  test("does not take providers for new", () => {
    expect(differences(state({}), output({ "provider.aws": { region: "eu-west-1" } }), never)).toEqual([]);
  });
});

describe("what a difference means", () => {
  const meanings: Meanings = {
    aws_thing: {
      at: (name) => ["things", name],
      changed: {
        quiet: { is: "quiet", field: ["quiet"], because: "nobody sees it" },
        seen: { is: "warned", field: ["seen"], because: "they see it; tell them" },
        size: (was, is) => ({
          is: Number(is) < Number(was) ? "refused" : "quiet",
          anew: true,
          field: ["size"],
          because: "it shrinks; go back",
        }),
        "spec.size": { is: "warned", field: ["size"], because: "its size is seen" },
        "spec.labels": { is: "quiet", field: ["labels"], because: "labels are for people" },
        tags_all: { is: "quiet", field: [], because: "tags are for people" },
        project: (_, is) => (is === undefined ? kept("the provider keeps it") : anew(quiet("it moves"))),
      },
      gone: { is: "warned", field: ["seen"], because: "they lose it; see that nobody uses it" },
    },
  };
  const told = (before: Resources, now: Resources, said = newReport()) => {
    const found = judgedDifferences(output(before), output(now), meanings);
    tellDifferences(found, Object.keys(now), meanings, said.in("stacks", "web"), said);
    const lines = (findings: typeof said.problems) =>
      findings.map((one) => `${showPath(one.path, {})}: ${one.message}`);
    return {
      problems: lines(said.problems),
      warnings: lines(said.warnings),
      counts: countDifferences(found, meanings),
    };
  };
  const none = { added: 0, changed: 0, anew: 0, gone: 0 };

  test("is told at the field that decides it, once", () => {
    const things = (more: object) => ({ "aws_thing.a": { quiet: 1, seen: 1, size: 2, ...more } });
    expect(told(things({}), things({ quiet: 2 }))).toEqual({
      problems: [],
      warnings: [],
      counts: { ...none, changed: 1 },
    });
    expect(told(things({}), things({ seen: 2, size: 1 }))).toEqual({
      problems: ["stacks.web.things.a.size: changes: it shrinks; go back"],
      warnings: ["stacks.web.things.a.seen: changes: they see it; tell them"],
      counts: { ...none, anew: 1 },
    });
    expect(told(things({}), things({ size: 3 }))).toMatchObject({ problems: [], warnings: [] });
  });

  test("is none where the provider leaves an argument as it was", () => {
    const counts = (was: Resources[string], is: Resources[string]) =>
      told({ "aws_thing.a": was }, { "aws_thing.a": is }).counts;
    expect(counts({ project: "a" }, {})).toEqual(none);
    expect(counts({ project: "a" }, { project: "b" })).toEqual({ ...none, anew: 1 });
    expect(counts({ project: "a", quiet: 1 }, { quiet: 2 })).toEqual({ ...none, changed: 1 });
  });

  test("is told of parts of an argument", () => {
    const thing = (spec: object) => ({ "aws_thing.a": { spec }, "other.x": { id: 1 } });
    const before = thing({ size: 1, labels: { a: 1 }, more: 1 });
    expect(told(before, thing({ size: 1, labels: { b: 1 }, more: 1 })).warnings).toEqual([]);
    expect(told(before, thing({ size: 2, labels: { a: 1 }, more: 1 })).warnings).toEqual([
      "stacks.web.things.a.size: changes: its size is seen",
    ]);
    expect(told(before, thing({ size: 1, labels: { a: 1 }, more: 2 })).warnings).toEqual([
      expect.stringMatching(/^stacks\.web: changes spec\.more of aws_thing\.a; /),
    ]);
    const sized = (size: number) => ({
      "aws_thing.b": { size },
      "aws_thing.a": { spec: { size: "${aws_thing.b.id}" } },
    });
    expect(told(sized(1), sized(2)).warnings).toEqual(["stacks.web.things.a.size: changes: its size is seen"]);
  });

  test("is not told of what is only looked up, but of what refers to it", () => {
    const known = (name: string) => ({
      "data.aws_zone.z": { name },
      "aws_thing.a": { spec: { size: "${data.aws_zone.z.zone_id}" } },
    });
    expect(told(known("a"), known("b"))).toEqual({
      problems: [],
      warnings: ["stacks.web.things.a.size: changes: its size is seen"],
      counts: { ...none, changed: 1 },
    });
    expect(told({ "data.aws_zone.z": {} }, { "data.aws_zone.y": {} })).toEqual({
      problems: [],
      warnings: [],
      counts: none,
    });
  });

  test("is told where no table knows it", () => {
    expect(told({ "other.x": { a: 1 }, "aws_thing.a": {} }, { "other.x": { a: 2 }, "aws_thing.a": { b: 1 } })).toEqual({
      problems: [],
      warnings: [
        "stacks.web: changes b of aws_thing.a; what that means to those who use it is not known here; read the plan before you apply",
        "stacks.web: changes a of other.x; what that means to those who use it is not known here; read the plan before you apply",
      ],
      counts: { ...none, changed: 2 },
    });
    expect(told({ "other.x": {} }, {}).warnings).toEqual([
      "stacks.web: no longer has other.x; what that means to those who use it is not known here; read the plan before you apply",
    ]);
  });

  test("of something that the config no longer has is told once, unless a rule has spoken of it", () => {
    const gone = [
      'stacks.web.things: lacks "a", which was there before: what was made for it goes, such as aws_thing.a; see that nobody uses it',
    ];
    expect(told({ "aws_thing.a": {}, "aws_thing.b": {} }, { "aws_thing.b": {} }).warnings).toEqual(gone);
    const said = newReport();
    said.in("stacks", "web", "things").problem('lacks "a", which somebody uses');
    expect(told({ "aws_thing.a": {} }, {}, said)).toMatchObject({ warnings: [] });
    const ofAnother = newReport();
    ofAnother.in("stacks", "web", "things").problem('lacks "b", which somebody uses');
    expect(told({ "aws_thing.a": {} }, {}, ofAnother).warnings).toEqual(gone);
  });

  test("is not told again of a field that a rule has spoken of, and of no other field less", () => {
    const said = newReport();
    said.in("stacks", "web", "things", "a", "size").problem("is too small");
    expect(told({ "aws_thing.a": { seen: 1, size: 2 } }, { "aws_thing.a": { seen: 2, size: 1 } }, said)).toMatchObject({
      problems: ["stacks.web.things.a.size: is too small"],
      warnings: ["stacks.web.things.a.seen: changes: they see it; tell them"],
    });
  });

  test("labels of a provider change all that it puts them on, and nothing of another provider", () => {
    const labelled = (team: string) => ({
      "provider.aws": { default_tags: [{ tags: { team } }] },
      "provider.aws.other": {},
      "aws_thing.a": {},
      "aws_thing.b": { provider: "aws.other" },
      "other.x": {},
    });
    const found = judgedDifferences(output(labelled("a")), output(labelled("b")), meanings);
    expect(shown(found)).toEqual(["provider.aws: changed default_tags", "aws_thing.a: changed tags_all"]);
    expect(countDifferences(found, meanings)).toEqual({ ...none, changed: 1 });
  });
});
