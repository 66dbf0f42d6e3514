import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findingLines } from "../../commands/output";
import { previousStacks } from "../../lib/change/read-previous";
import { checkAgainst } from "../../stacks/change";
import { checkedConfig } from "../../stacks/check";
import { albListener, nlbListener } from "../support/configs";
import { synthesizedTexts } from "../support/synthesis";

type Fields = Readonly<Record<string, unknown>>;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "tls-stacks-against-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const settings = { project: "ai-platform", environment: "test", backend: { type: "local" }, privateKeys: "allowed" };
const fine = { problems: [], warnings: [] };

/** What is said of the second form of a stack, where the first was synthesized before. */
function change(before: Fields, after: Fields) {
  const config = (stack: Fields) => ({ ...settings, stacks: { web: stack } });
  const file = join(folder, "cdk.tf.json");
  writeFileSync(file, synthesizedTexts(config(before)).web ?? "");
  return against(config(after), file);
}

function against(given: object, file: string) {
  const { config, report } = checkedConfig(given);
  expect(report.problems).toEqual([]);
  const advised = report.warnings.length;
  checkAgainst(config, previousStacks(file, config, report) ?? new Map(), report);
  return {
    problems: findingLines(report.problems, given),
    warnings: findingLines(report.warnings.slice(advised), given),
  };
}

const alb = { attach: [{ to: "alb-listener", arn: albListener }] };
const nlb = { attach: [{ to: "nlb-listener", arn: nlbListener }] };
const api = { names: ["api.example.com"] };

function acm(certificates: Fields): Fields {
  const dns = { in: "route53", zones: { "example.com": "Z0123456789ABCDEFGHIJ" } };
  return { scenario: "acm-route53", account: "111122223333", region: "eu-west-1", dns, certificates };
}

describe("a certificate on a listener", () => {
  const on = { ...api, ...alb };
  const lacks = (key: string, names: string) =>
    `stacks.web.certificates: lacks "${key}", which a listener serves for ${names}: it would be taken off, and what is new is issued only later; to rename it, put it back beside the new key, apply, then take it out and apply again; to end it, first take its attach out`;
  const leaves = (names: string) =>
    `stacks.web.certificates.api: would no longer be on a listener for ${names}, which it serves there now; see that nobody uses it`;

  test.each<[what: string, before: Fields, after: Fields]>([
    ["nothing", { api: on }, { api: on }],
    [
      "another name, key or listener added",
      { api: on },
      { api: { ...on, names: ["api.example.com", "b.example.com"] } },
    ],
    ["the new key beside the old one", { old: on }, { old: on, api: on }],
    ["the old key taken out once the new one is there", { old: on, api: on }, { api: on }],
    [
      "one taken out whose names a wildcard there covers",
      { old: on, api: { ...on, names: ["*.example.com"] } },
      { api: { ...on, names: ["*.example.com"] } },
    ],
  ])("is not interrupted by %s", (_, before, after) => {
    expect(change(acm(before), acm(after))).toEqual(fine);
  });

  test.each<[what: string, before: Fields, after: Fields, ...problems: readonly string[]]>([
    ["a new key", { old: on }, { api: on }, lacks("old", '"api.example.com"')],
    ["none at all", { old: on, api }, { api }, lacks("old", '"api.example.com"')],
    [
      "the old key taken out where the new one is on another listener",
      { old: on, api: { ...api, ...nlb } },
      { api: { ...api, ...nlb } },
      lacks("old", '"api.example.com"'),
    ],
    [
      "another that has not all its names",
      { old: { ...on, names: ["a.b.example.com", "api.example.com"] }, api: { ...on, names: ["*.example.com"] } },
      { api: { ...on, names: ["*.example.com"] } },
      lacks("old", '"a.b.example.com"'),
    ],
  ])("is refused to be interrupted by %s", (_, before, after, ...problems) => {
    expect(change(acm(before), acm(after))).toEqual({ problems, warnings: [] });
  });

  test("is warned of where it is taken off, or its names, on purpose", () => {
    expect(change(acm({ api: on }), acm({ api }))).toEqual({ problems: [], warnings: [leaves('"api.example.com"')] });
    const both = { ...on, names: ["api.example.com", "b.example.com"] };
    expect(change(acm({ api: both }), acm({ api: on }))).toEqual({
      problems: [],
      warnings: [leaves('"b.example.com"')],
    });
    expect(change(acm({ old: api, api }), acm({ api }))).toEqual({
      problems: [],
      warnings: [
        'stacks.web.certificates: lacks "old", which was there before: AWS deletes no certificate that something uses, and the apply would end there; see that nothing uses its ARN',
      ],
    });
  });

  test("is known from a state", () => {
    const resource = (type: string, attributes: Fields) => ({
      mode: "managed",
      type,
      name: "old",
      instances: [{ attributes }],
    });
    const file = join(folder, "web.tfstate");
    const resources = [
      resource("aws_acm_certificate", {
        domain_name: "api.example.com",
        subject_alternative_names: ["api.example.com"],
      }),
      { ...resource("aws_lb_listener_certificate", { listener_arn: albListener }), name: "old_api_9c0d1e2f3a4b5c6d" },
    ];
    writeFileSync(file, JSON.stringify({ version: 4, resources }));
    expect(against({ ...settings, stacks: { web: acm({ api: on }) } }, file)).toEqual({
      problems: [lacks("old", '"api.example.com"')],
      warnings: [],
    });
  });
});

describe("a service of a pipeline", () => {
  const pods = (app: string, more: Fields = {}) => ({ port: 8443, selector: { app }, ...more });
  const mesh = (services: Fields, namespace: Fields = { name: "pipeline" }): Fields => ({
    scenario: "pipeline-tls",
    kubernetes: { context: "kind-pipeline" },
    namespace,
    services,
  });
  const one = { ingest: pods("ingest") };
  const made = { name: "pipeline", create: true };
  const deleted = ", and the old namespace be deleted with all that is in it";
  const moved = (also: string) =>
    `stacks.web.namespace.name: is "batch", was "pipeline": every Service and Secret would leave for where no client looks and no pod is${also}; make a second stack there, change clients and pods over, and then take this one out`;

  test.each<[what: string, before: Fields, after: Fields]>([
    ["nothing", mesh(one), mesh(one)],
    ["nothing, in a namespace of its own", mesh(one, made), mesh(one, made)],
    ["another", mesh(one), mesh({ ...one, trainer: pods("trainer") })],
    ["a new name beside the old one", mesh(one), mesh({ ...one, intake: pods("ingest") })],
  ])("is not interrupted by %s", (_, before, after) => {
    expect(change(before, after)).toEqual(fine);
  });

  test.each<[what: string, before: Fields, after: Fields, ...problems: readonly string[]]>([
    [
      "a new name",
      mesh(one),
      mesh({ intake: pods("ingest") }),
      'stacks.web.services: lacks "ingest", and "intake" selects its pods: clients under the old name, and pods that mount its Secret, would fail; put it back beside the new one, apply, change them over, then take it out and apply again',
    ],
    ["another namespace", mesh(one), mesh(one, { name: "batch" }), moved("")],
    ["another namespace of its own", mesh(one, made), mesh(one, { name: "batch", create: true }), moved(deleted)],
    [
      "a namespace that is no longer its own",
      mesh(one, made),
      mesh(one),
      "stacks.web.namespace.create: is false, was true: the namespace would be deleted with all that is in it; first let go of it with `terraform state rm kubernetes_namespace_v1.namespace_pipeline`",
    ],
    [
      "another Secret",
      mesh(one),
      mesh({ ingest: pods("ingest", { secret: "ingest-tls" }) }),
      'stacks.web.services.ingest.secret: is "ingest-tls", was "ingest": the old one would be deleted, and no pod that mounts it could start; put it back, or make a service with the new one beside it and change the pods over first',
    ],
    [
      "another scenario",
      mesh(one),
      acm({ api }),
      'stacks.web.scenario: is "acm-route53", was "pipeline-tls": everything that it made would be destroyed; make a second stack, lead clients there, and then take this one out',
    ],
  ])("is refused to be interrupted by %s", (_, before, after, ...problems) => {
    expect(change(before, after)).toEqual({ problems, warnings: [] });
  });

  test("is warned of where it is taken out", () => {
    expect(change(mesh({ ...one, trainer: pods("trainer") }), mesh(one))).toEqual({
      problems: [],
      warnings: [
        'stacks.web.services: lacks "trainer", which was there before: its Service and its Secret go; see that no client uses it and no pod mounts it',
      ],
    });
    // The second step of a new name.
    const both = { ...one, intake: pods("ingest") };
    expect(change(mesh(both), mesh({ intake: pods("ingest") }))).toMatchObject({
      problems: [],
      warnings: [expect.stringMatching(/^stacks\.web\.services: lacks "ingest", which was there before/)],
    });
  });
});
