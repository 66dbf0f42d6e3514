import { join } from "node:path";
import { compute, config, type Fields, stateOf, withStacks } from "../gcp-managed-san/configs";
import { inFolder, inOwnFolders, printed, said, written } from "../support/check-command";
import { synthesizedTexts } from "../support/synthesis";

inOwnFolders();

test("nothing is interrupted by a stack that was not there before", () => {
  written("before/stacks/lb/cdk.tf.json", synthesizedTexts(config()).lb ?? "");
  expect(said(withStacks({ lb: {}, other: compute }), inFolder("before"))).toMatchObject({
    code: 0,
    problems: [],
    warnings: [],
    against: { path: inFolder("before"), compared: ["lb"], new: ["other"], gone: [] },
  });
});

describe("a state", () => {
  test("is known by its file's name, or because there is one stack", () => {
    const state = stateOf(compute, "");
    expect(said(config(), written("pulled.json", state)).problems).toHaveLength(1);
    written("states/lb.tfstate", state);
    expect(said(config(), inFolder("states")).problems).toHaveLength(1);
    const both = withStacks({ lb: {}, other: {} });
    expect(said(both, written("pulled.json", state)).problems).toEqual([
      `against: ${inFolder("pulled.json")} is a Terraform state that does not say of which stack; call it "lb.tfstate" or "other.tfstate"`,
    ]);
  });
});

describe("what is named", () => {
  test("can be an output, a stack's folder or its JSON, and a hand-off", () => {
    const text = synthesizedTexts(config(compute)).lb ?? "";
    written("handoff/test/lb/cdk.tf.json", text);
    written("handoff/test/lb/README.md", "");
    for (const path of ["handoff", "handoff/test", "handoff/test/lb", "handoff/test/lb/cdk.tf.json"]) {
      expect(said(config(), inFolder(path)).problems).toEqual([expect.stringMatching(/^stacks\.lb\.mode: /)]);
    }
  });

  const names = "name what synth or handoff wrote, or what `terraform state pull` prints";

  test("must be something that says what was before", () => {
    expect(said(config(), inFolder("nowhere")).problems).toEqual([
      `against: is "${inFolder("nowhere")}", where there is neither a cdk.tf.json nor a state; name an output folder, a hand-off folder or a state`,
    ]);
    expect(said(config(), written("notes.txt", "notes")).problems).toEqual([
      `against: ${inFolder("notes.txt")} is not JSON; ${names}`,
    ]);
    for (const json of ["{}", '{"resources":[]}', '{"version":4}', "[]", '{"//":{}}']) {
      expect(said(config(), written("some.json", json))).toMatchObject({
        code: 1,
        problems: [
          `against: ${inFolder("some.json")} is no Terraform state, and no stack that was synthesized; ${names}`,
        ],
        against: { compared: [], new: [], gone: [] },
      });
    }
    const text = synthesizedTexts(config()).lb ?? "";
    for (const environment of ["prod", "test"]) written(`handoff/${environment}/lb/cdk.tf.json`, text);
    const [prod, test] = ["prod", "test"].map((name) => inFolder("handoff", name, "lb", "cdk.tf.json"));
    expect(said(config(), inFolder("handoff")).problems).toEqual([
      `against: has the stack lb in ${prod} and in ${test}; name one of them`,
    ]);
  });
});

describe("what is no state as Terraform writes it", () => {
  const problemsOf = (json: unknown) => said(config(), written("lb.tfstate", JSON.stringify(json)));
  const state = (resources: unknown, version: unknown = 4) => ({ version, resources });

  test.each([
    [state([], 99), "is a Terraform state of version 99, and only 4 is known"],
    [state([], 3), "is a Terraform state of version 3, and only 4 is known"],
    [state([null]), "is a damaged Terraform state: a resource or an instance in it is no map"],
    [state([{ mode: "managed", instances: [null] }]), "is a damaged Terraform state: a resource or an instance in it"],
    [state([{ mode: "managed", instances: 5 }]), "is a damaged Terraform state: a resource or an instance in it"],
    [{ "//": { metadata: { stackName: 5 } } }, "is no Terraform state, and no stack that was synthesized"],
    [{ "//": null, resource: null }, "is no Terraform state, and no stack that was synthesized"],
  ])("is refused in a sentence: %j", (json, sentence) => {
    const { code, problems } = problemsOf(json);
    expect(code).toBe(1);
    expect(problems).toEqual([expect.stringContaining(`against: ${inFolder("lb.tfstate")} ${sentence}`)]);
  });

  test("is not stumbled over either", () => {
    const odd = [{ mode: "managed", type: "x", name: "y", instances: [{ attributes: 5 }] }, { mode: "data" }];
    expect(problemsOf(state(odd))).toMatchObject({ code: 0, problems: [] });
    const output = {
      "//": { metadata: { stackName: "lb" } },
      resource: { x: null, y: { z: 5 } },
      provider: { google: 5 },
    };
    expect(problemsOf({ ...output, output: { scenario: null } }).code).not.toBe(2);
  });

  test("nor is what cannot be read, or has no end", () => {
    const below = join(written("file", ""), "below");
    expect(said(config(), below)).toMatchObject({
      code: 1,
      problems: [expect.stringContaining("neither a cdk.tf.json")],
    });
    expect(said(config(), "/dev/zero")).toMatchObject({
      code: 1,
      problems: ['against: is "/dev/zero", which is neither a file nor a folder; name one'],
    });
  });
});

test("nothing from outside reaches a terminal as it is: names of files and stacks, backends, errors of a config", () => {
  const acting = "\u001b]0;title\u0007\u202e";
  const named = JSON.stringify({ "//": { metadata: { stackName: `old${acting}` } }, resource: {} });
  written("before/lb/cdk.tf.json", synthesizedTexts(config()).lb ?? "");
  written(`before/old${acting}/cdk.tf.json`, named);
  written(`twice${acting}/a/cdk.tf.json`, named);
  written(`twice${acting}/b/cdk.tf.json`, named);
  for (const path of ["before", `twice${acting}`, `nowhere${acting}`]) {
    const { stdout, stderr } = printed(config(), ["--against", inFolder(path)]);
    expect(`${stdout}${stderr}`).toContain("\\u001b]0;title\\u0007\\u202e");
    for (const part of ["\u001b]", "\u0007", "\u202e"]) expect(`${stdout}${stderr}`).not.toContain(part);
  }
  const { stderr } = printed(config(), [`--no${acting}`]);
  expect(stderr).toContain("\\u001b]0;title");
  expect(stderr).not.toContain(acting);
});

describe("what was compared", () => {
  const earlier = () => inFolder("before");
  const deployed = (given: object) => {
    for (const [name, text] of Object.entries(synthesizedTexts(given))) {
      written(`before/stacks/${name}/cdk.tf.json`, text);
    }
  };

  test("is said, with what is new and what is gone, and that nothing manages that any more", () => {
    deployed(withStacks({ lb: {}, old: {} }));
    const { code, stdout, stderr } = printed(withStacks({ lb: {}, next: {} }), ["--against", earlier()]);
    expect(stdout).toMatch(`compared with ${earlier()}: lb; not there, so taken as new: next; gone: old\n`);
    expect(stderr).toContain(
      'stacks: lacks "old", which was there before: its state stays, and nothing manages what it made; put it back, or destroy it from its earlier output (under a new name a stack has a new state and makes everything anew, and `moved` does not lead from one state to another)\n',
    );
    expect(code).toBe(0);
    expect(printed(withStacks({ lb: {}, old: {} }), ["--against", earlier()]).stdout).toMatch(
      /^compared with .*: lb, old\n/,
    );
  });

  test("is said where something is interrupted, too", () => {
    deployed(config(compute));
    const { code, stdout } = printed(config(), ["--against", earlier()]);
    expect({ code, stdout }).toEqual({
      code: 1,
      stdout: expect.stringMatching(
        new RegExp(
          `^compared with ${earlier()}: lb\n8 resources added, 1 changed in place, 0 made anew, 2 gone; 1 finding above says what that means\n$`,
        ),
      ) as string,
    });
  });

  test("must be something", () => {
    deployed(config({}, "old"));
    expect(said(config(), earlier())).toMatchObject({
      code: 1,
      problems: [
        "against: has old and no stack of the config (lb), so nothing was compared; name what was deployed of this config, and a state as <stack>.tfstate",
      ],
      warnings: [],
    });
  });

  test.each([
    ["environment", "staging", "test"],
    ["project", "another", "ai-platform"],
  ])("must be of the config's %s", (word, was, is) => {
    deployed({ ...config(compute), [word]: was });
    const problem = (what: string) =>
      `against: the earlier ${what} is of ${word} "${was}", the config of "${is}"; name what was deployed of "${is}"`;
    const nothing = { code: 1, against: { compared: [], new: [], gone: [] }, warnings: [] };
    expect(said(config(), earlier())).toMatchObject({ ...nothing, problems: [problem("output")] });
    const labels = { project: "ai-platform", environment: "test", stack: "lb", "managed-by": "terraform", [word]: was };
    const attributes = { effective_labels: labels };
    const resources = [{ mode: "managed", type: "google_dns_managed_zone", name: "one", instances: [{ attributes }] }];
    const state = written("lb.tfstate", JSON.stringify({ version: 4, resources }));
    expect(said(config(), state)).toMatchObject({ ...nothing, problems: [problem("state")] });
  });

  test("is known of a state by the labels of what is in it", () => {
    const labels = { project: "ai-platform", environment: "test", stack: "lb", "managed-by": "terraform" };
    const state = JSON.parse(stateOf(compute, "")) as { resources: { instances: { attributes: Fields }[] }[] };
    Object.assign(state.resources[0]?.instances[1]?.attributes ?? {}, { effective_labels: labels });
    const file = written("pulled.json", JSON.stringify(state));
    expect(said(withStacks({ lb: {}, other: {} }), file).problems).toEqual([
      expect.stringMatching(/^stacks\.lb\.mode: /),
    ]);
  });

  test("is nothing where npm kept the option, which is said", () => {
    const hint = "`npm run check -- --against <path>`";
    // `npm run check --against before` and `npm run check --against=before`.
    expect(printed(config(), ["before"])).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(new RegExp(`^error: too many arguments .* With npm: ${hint}\n$`)) as string,
    });
    expect(printed(config(), [], "before")).toMatchObject({
      code: 1,
      stderr: expect.stringContaining(`against: was kept by npm, which compares nothing; write ${hint}\n`) as string,
    });
    expect(printed(config(), [])).toMatchObject({ code: 0, stderr: "" });
  });
});

describe("what an apply does", () => {
  const api = { names: ["api.example.com"], alarm: false };
  const acm = (certificates: Fields) => ({
    ...config(),
    stacks: {
      web: {
        scenario: "acm-route53",
        region: "eu-west-1",
        dns: { in: "route53", zones: { "example.com": "Z0123456789ABCDEFGHIJ" } },
        certificates,
      },
    },
  });
  const deployedOf = (given: object) => written("cdk.tf.json", synthesizedTexts(given).web ?? "");

  test("is counted, so that silence can be read", () => {
    const path = deployedOf(acm({ api }));
    expect(printed(acm({ api }), ["--against", path]).stdout).toContain(
      "\n0 resources added, 0 changed in place, 0 made anew, 0 gone; nothing that is served goes\n",
    );
    const { code, stdout } = printed(acm({ api, next: { ...api, names: ["next.example.com"] } }), ["--against", path]);
    expect(code).toBe(0);
    expect(stdout).toContain(
      "\n3 resources added, 0 changed in place, 0 made anew, 0 gone; nothing that is served goes\n",
    );
    expect(stdout).toContain(": no problem found\n");
  });

  test("is counted in JSON too, with every finding's place", () => {
    const path = deployedOf(acm({ api, old: { ...api, names: ["old.example.com"] } }));
    const { against, findings } = JSON.parse(printed(acm({ api }), ["--json", "--against", path]).stdout) as {
      against: object;
      findings: readonly object[];
    };
    expect(against).toMatchObject({ told: 1, resources: { added: 0, changed: 0, anew: 0, gone: 3 }, unknown: [] });
    expect(findings).toEqual([
      {
        severity: "warning",
        place: "stacks.web.certificates",
        path: ["stacks", "web", "certificates"],
        message: expect.stringMatching(/^lacks "old"/) as string,
      },
    ]);
  });

  test("ends a pipeline that wants a person, with --strict", () => {
    const path = deployedOf(acm({ api, old: { ...api, names: ["old.example.com"] } }));
    expect(printed(acm({ api }), ["--against", path]).code).toBe(0);
    const { code, stdout, stderr } = printed(acm({ api }), ["--strict", "--against", path]);
    expect(code).toBe(1);
    expect(stdout).toContain("3 gone; 1 finding above says what that means\n");
    expect(stderr).toContain("1 warning, and --strict lets none pass\n");
    expect(printed(acm({ api }), ["--strict"])).toMatchObject({ code: 0, stderr: "" });
  });

  test("moves no state: another place is a mistake, another key for it is none", () => {
    const bucket = { type: "s3", bucket: "ai-platform-state", region: "eu-west-1", kmsKeyId: "alias/state" };
    const kept = (backend: Fields) => ({ ...acm({ api }), backend });
    const path = deployedOf(kept(bucket));
    const told = (backend: Fields) => said(kept(backend), path).problems;
    expect(told({ ...bucket, kmsKeyId: "alias/other" })).toEqual([]);
    const moved = [expect.stringMatching(/^backend: keeps the state of web in another place, and the apply would/)];
    expect(told({ ...bucket, bucket: "other-state" })).toEqual(moved);
    expect(told({ ...bucket, keyPrefix: "tls" })).toEqual(moved);
    expect(told({ type: "gcs", bucket: "ai-platform-state" })).toEqual(moved);
    expect(told({ type: "cloud", organization: "ai-platform" })).toEqual(moved);
  });

  test("is not known of what a state does not say, which is told", () => {
    const path = written("web.tfstate", JSON.stringify({ version: 4, outputs: {}, resources: [] }));
    expect(printed(acm({ api }), ["--against", path]).stdout).toMatch(
      /: web; not compared, since a state does not say it: where the state is kept, kubeconfig and context of clusters, an argument that is given no more\n/,
    );
  });
});

test.each([
  [{ format_version: "1.0", values: {} }, "is what `terraform show -json` prints, which other programs read"],
  [{ meta: {}, encrypted_data: "abcd", encryption_version: "v0" }, "is a state that OpenTofu has encrypted"],
])("what is named may be %j, which is known and no help", (json, sentence) => {
  expect(said(config(), written("lb.tfstate", JSON.stringify(json))).problems).toEqual([
    `against: ${inFolder("lb.tfstate")} ${sentence}; name what synth or handoff wrote, or what \`terraform state pull\` prints`,
  ]);
});
