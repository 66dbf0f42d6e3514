import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { run } from "../../commands/run";
import { synthesizedTexts } from "../support/synthesis";

type Fields = Readonly<Record<string, unknown>>;

const llama = { backend: "llama" };
const api = "api.example.com";
const chat = "chat.example.com";
const two = { [api]: llama, [chat]: llama };
const three = { ...two, "new.example.com": llama };

function config(changes: Fields = {}, stack = "lb"): object {
  const lb = {
    scenario: "gcp-managed-san",
    project: "ml-serving-prod",
    dns: { in: "elsewhere" },
    hosts: two,
    defaultBackend: "llama",
    defaultCertificate: api,
    backends: { llama: { cloudRun: { region: "europe-west4", service: "llama" } } },
    ...changes,
  };
  return { project: "ai-platform", environment: "test", backend: { type: "local" }, stacks: { [stack]: lb } };
}

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "tls-stacks-against-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Writes a file into the test's folder and returns its path. */
function written(name: string, text: string): string {
  const path = join(folder, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  return path;
}

/** What `check` prints of a config. */
function printed(given: object, args: readonly string[], npmAgainst?: string) {
  let stdout = "";
  let stderr = "";
  const code = run(["node", "app.cjs", "check", ...args], {
    configFile: written("config.json", JSON.stringify(given)),
    named: true,
    unattended: false,
    outdir: join(folder, "unused"),
    npmAgainst,
    stdout: (text) => {
      stdout += text;
    },
    stderr: (text) => {
      stderr += text;
    },
  });
  return { code, stdout, stderr };
}

interface Said {
  readonly code: number;
  readonly against?: object;
  readonly problems: readonly string[];
  readonly warnings: readonly string[];
}

/** What `check --against` says of a config. */
function said(given: object, against: string): Said {
  const { code, stdout } = printed(given, ["--json", "--against", against]);
  return { code, ...(JSON.parse(stdout) as Omit<Said, "code">) };
}

/** What is said of the second form of a stack, where the first was synthesized before. */
function change(before: Fields, after: Fields) {
  written("before/stacks/lb/cdk.tf.json", synthesizedTexts(config(before)).lb ?? "");
  const { problems, warnings } = said(config(after), join(folder, "before"));
  return { problems, warnings };
}

const path = (kind: string, name: unknown) => `projects/ml-serving-prod/global/${kind}/${String(name)}`;

/** The state of a stack, as far as it is looked at, with the certificates of Compute issued or not. */
function stateOf(changes: Fields, expireTime: string): string {
  const { resource } = JSON.parse(synthesizedTexts(config(changes)).lb ?? "") as {
    resource: Record<string, Record<string, Fields>>;
  };
  const named = (text: string) =>
    text.replace(/^\$\{(\w+)\.([\w-]+)\.id\}$/, (_, type: string, name: string) =>
      path(type, resource[type]?.[name]?.name),
    );
  const attributes = (block: Fields) => ({
    ...block,
    managed: block.managed && [block.managed],
    expire_time: expireTime,
    ...(Array.isArray(block.ssl_certificates) ? { ssl_certificates: block.ssl_certificates.map(named) } : {}),
    ...(Array.isArray(block.certificates) ? { certificates: block.certificates.map(named) } : {}),
  });
  const resources = Object.entries(resource).flatMap(([type, blocks]) =>
    Object.entries(blocks).map(([name, block]) => ({
      mode: "managed",
      type,
      name,
      instances: [{ deposed: "0a1b2c3d", attributes: {} }, { attributes: attributes(block) }],
    })),
  );
  return JSON.stringify({ version: 4, resources });
}

const fine = { problems: [], warnings: [] };

/** Records in Cloud DNS, with some of its fields changed. */
function cloudDns(changes: Fields = {}): Fields {
  return { dns: { in: "cloud-dns", zones: { "example.com": "example-com" }, ...changes } };
}

/** Records in Route 53, in the given zones. */
function route53(zones: Readonly<Record<string, string>>): Fields {
  return { dns: { in: "route53", region: "eu-west-1", zones } };
}

/** A config with several stacks, of which each but the first has hosts of its own. */
function withStacks(stacks: Readonly<Record<string, Fields>>): object {
  const entries = Object.entries(stacks).map(([name, changes], index) => {
    const { stacks: made } = config(changes, name) as { stacks: Record<string, { hosts: Fields }> };
    const { hosts = {}, ...stack } = made[name] ?? {};
    if (index === 0) return [name, { ...stack, hosts }] as const;
    const host = `${name}.example.com`;
    return [name, { ...stack, hosts: { [host]: llama }, defaultCertificate: host }] as const;
  });
  return { ...config(), stacks: Object.fromEntries(entries) };
}
const compute = { mode: "compute" };
const all = { grouping: "all" };

describe("nothing is interrupted by", () => {
  test.each<[what: string, before: Fields, after: Fields]>([
    ["no change", {}, {}],
    ["a name added", {}, { hosts: three }],
    [
      "a proxy or a backend that is replaced",
      {},
      { keepAlive: "620s", backends: { llama: { cloudRun: { region: "us-east1", service: "llama" } } } },
    ],
    ["a name added to one certificate for all, which waits at its gate", all, { ...all, hosts: three }],
    ["one certificate for all, from one for each name", {}, all],
    ["one for each name, from one for all, with a gate", all, { gate: true }],
    ["a name added to Compute's", compute, { ...compute, hosts: three }],
    ["the first step of a change of mode", compute, { phase: "add-map" }],
    ["the way back's first step", {}, { phase: "add-map" }],
    [
      "a certificate of Compute that stays while the next is issued",
      { ...compute, ...all },
      { ...compute, ...all, hosts: three, retiring: [api, chat] },
    ],
    ["the same with one for each name to follow", { ...compute, ...all }, { ...compute, retiring: [api, chat] }],
    ["a jump that is accepted", compute, { acceptOutage: [api, chat] }],
    [
      "a changed name set that is accepted",
      { ...compute, ...all },
      { ...compute, ...all, hosts: three, acceptOutage: [api, chat] },
    ],
  ])("%s", (_, before, after) => {
    expect(change(before, after)).toEqual(fine);
  });

  test("its second step, said or not, once the first went through its gate, which an output does not tell", () => {
    for (const after of [{ phase: "drop-certificates" }, {}]) {
      expect(change({ phase: "add-map" }, after)).toEqual({
        problems: [],
        warnings: [
          'stacks.lb.phase: ends what phase: "add-map" began, and an output does not tell whether its apply went through its gate; compare with the state, or see that `gcloud compute target-https-proxies describe` shows a certificateMap',
        ],
      });
      const state = written("lb.tfstate", stateOf({ phase: "add-map" }, ""));
      expect(said(config(after), state)).toMatchObject({ code: 0, problems: [], warnings: [] });
    }
  });

  test("a stack that was not there before", () => {
    written("before/stacks/lb/cdk.tf.json", synthesizedTexts(config()).lb ?? "");
    expect(said(withStacks({ lb: {}, other: compute }), join(folder, "before"))).toMatchObject({
      code: 0,
      ...fine,
      against: { path: join(folder, "before"), compared: ["lb"], new: ["other"], gone: [] },
    });
  });

  test.each<[what: string, before: Fields, after: Fields]>([
    ["records that stay", cloudDns(), { ...cloudDns(), keepAlive: "620s" }],
    ["the stack's own project, named", cloudDns(), cloudDns({ project: "ml-serving-prod" })],
    ["records that are accepted to go", cloudDns(), { acceptOutage: [api, chat] }],
    ["records that nobody made", { dns: { in: "elsewhere" } }, cloudDns()],
    ["a zone that is looked up", route53({ "example.com": "lookup" }), route53({ "example.com": "lookup" })],
    ["a zone whose id was looked up", route53({ "example.com": "lookup" }), route53({ "example.com": "Z1" })],
    [
      "a zone whose id is looked up from now on",
      route53({ "example.com": "Z1" }),
      route53({ "example.com": "lookup" }),
    ],
  ])("%s", (_, before, after) => {
    expect(change(before, after)).toEqual(fine);
  });

  test("a host that is accepted to be taken out", () => {
    expect(change({ hosts: three }, { acceptOutage: ["new.example.com"] })).toEqual({
      problems: [],
      warnings: [
        'stacks.lb.acceptOutage["new.example.com"]: is none of the hosts, which is right only for one that an apply takes out; leave it out afterwards',
      ],
    });
  });
});

describe("an interruption is refused:", () => {
  const kept =
    "make them elsewhere and lead resolvers there first, or keep them with `terraform state rm`, and name the hosts in acceptOutage";
  const lost = (host: string, names: string, retiring: string) =>
    `stacks.lb.hosts["${host}"]: would lose the certificate for ${names} to one that Google issues only later; ${retiring}, or name the host in acceptOutage`;

  test.each<[what: string, before: Fields, after: Fields, ...problems: readonly string[]]>([
    [
      "from Compute to Certificate Manager in one step",
      compute,
      {},
      `stacks.lb.mode: is "certificate-manager", but Compute's certificates serve now, and in one apply they would be off the proxy before the map is on: nobody could reach "${api}" and "${chat}"; write phase: "add-map" and apply until that is done, then leave phase out, or name the hosts in acceptOutage`,
    ],
    [
      "the second step before the first, of which one host is accepted",
      compute,
      { phase: "drop-certificates", acceptOutage: [api] },
      `stacks.lb.mode: is "certificate-manager", but Compute's certificates serve now, and in one apply they would be off the proxy before the map is on: nobody could reach "${chat}"; write phase: "add-map" and apply until that is done, then leave phase out, or name the hosts in acceptOutage`,
    ],
    [
      "from Certificate Manager to Compute in one step",
      {},
      compute,
      `stacks.lb.mode: is "compute", but a certificate map serves now, and Compute issues nothing for what is not on the proxy: nobody could reach "${api}" and "${chat}"; first write mode: "certificate-manager" with phase: "add-map", until Compute's certificates are issued, or name the hosts in acceptOutage`,
    ],
    [
      "a changed name set on a certificate of Compute",
      { ...compute, ...all },
      { ...compute, ...all, hosts: three },
      lost(api, `"${api}" and "${chat}"`, `write retiring: ["${api}", "${chat}"] until the new one is issued`),
      lost(chat, `"${api}" and "${chat}"`, `write retiring: ["${api}", "${chat}"] until the new one is issued`),
    ],
    [
      "one certificate of Compute for all, from one for each name",
      compute,
      { ...compute, ...all },
      lost(api, `"${api}"`, "keep its own"),
      lost(chat, `"${chat}"`, "keep its own"),
    ],
    [
      "one for each name, from one for all, without a gate",
      all,
      {},
      ...[api, chat].map(
        (host) =>
          `stacks.lb.hosts["${host}"]: would change over to a certificate that Google has not issued, in the place of the one that serves; write gate: true for this apply, or name the host in acceptOutage`,
      ),
    ],
    [
      "another project",
      {},
      { project: "ml-serving-test" },
      'stacks.lb.project: is "ml-serving-test", was "ml-serving-prod": everything would be made anew there, the address too, and nothing be served meanwhile; make a second stack, and lead the names over once it serves',
    ],
    [
      "records that would go, of which those of one host are accepted",
      cloudDns(),
      { dns: { in: "elsewhere" }, acceptOutage: [chat] },
      `stacks.lb.dns: would delete the records that lead "${api}" here; ${kept}`,
      `stacks.lb.dns: would delete the records with which Google renews the certificates of "${api}"; ${kept}`,
    ],
    [
      "records in another zone",
      cloudDns(),
      cloudDns({ zones: { "example.com": "another" } }),
      `stacks.lb.dns: would delete the records that lead "${api}" and "${chat}" here; ${kept}`,
      `stacks.lb.dns: would delete the records with which Google renews the certificates of "${api}" and "${chat}"; ${kept}`,
    ],
    [
      "records with another provider",
      { ...compute, ...cloudDns() },
      { ...compute, ...route53({ "example.com": "Z0123456789ABCDEFGHIJ" }) },
      `stacks.lb.dns: would delete the records that lead "${api}" and "${chat}" here; ${kept}`,
    ],
    [
      "records in a zone that is looked up, with another provider",
      { ...compute, ...route53({ "example.com": "lookup" }) },
      { ...compute, ...cloudDns() },
      `stacks.lb.dns: would delete the records that lead "${api}" and "${chat}" here; ${kept}`,
    ],
    [
      "records in another zone, where both are looked up",
      { ...compute, ...route53({ "example.com": "lookup" }) },
      { ...compute, ...route53({ "example.com": "lookup", [chat]: "lookup" }) },
      `stacks.lb.dns: would delete the records that lead "${chat}" here; ${kept}`,
    ],
    [
      "no address records",
      cloudDns(),
      cloudDns({ addressRecords: false }),
      `stacks.lb.dns.addressRecords: would delete the records that lead "${api}" and "${chat}" here; ${kept}`,
    ],
    ["a host that is taken out", { hosts: three }, {}, lacks("new.example.com")],
    [
      "a host whose wildcard is as new as it is gone",
      { hosts: three },
      { hosts: { ...two, "*.example.com": llama } },
      lacks("new.example.com"),
    ],
    [
      "a host that is renamed, with Compute's certificates",
      compute,
      { ...compute, hosts: { [api]: llama, "talk.example.com": llama } },
      lacks(chat),
    ],
  ])("%s", (_, before, after, ...problems) => {
    expect(change(before, after)).toEqual({ problems, warnings: [] });
  });
});

/** What is said of a host that is taken out. */
function lacks(host: string): string {
  return `stacks.lb.hosts: lacks "${host}", which is served now: nobody could reach it; put it back, beside a new name if it is to have one, or if nobody uses it name it in acceptOutage`;
}

test("what an output cannot tell, and what is closed on purpose, is warned of", () => {
  expect(change({ phase: "add-map" }, compute).warnings).toEqual(
    [api, chat].map(
      (host) =>
        `stacks.lb.hosts["${host}"]: will rest on a certificate that the proxy has, and an output does not tell whether that is issued; compare with the state, or look with \`gcloud compute ssl-certificates list\``,
    ),
  );
  const before = { ipv6: true, sslPolicy: { minimum: "1.0" } };
  expect(change(before, { redirectHttp: false })).toEqual({
    problems: [],
    warnings: [
      "stacks.lb.ipv6: is false: the IPv6 address is given back for good, and clients that still have it from DNS fail for some minutes",
      "stacks.lb.redirectHttp: is false: port 80, which sends clients to HTTPS now, closes",
      'stacks.lb.sslPolicy.minimum: is "1.2", was "1.0": clients with nothing newer can no longer connect',
    ],
  });
  const wildcard = { "*.example.com": llama };
  expect(change({ hosts: { ...three, ...wildcard } }, { hosts: { ...two, ...wildcard } })).toEqual({
    problems: [],
    warnings: [
      'stacks.lb.hosts: lacks "new.example.com", which is served now: "*.example.com" serves it from then on, with its backend; see that this is meant',
    ],
  });
});

describe("a state", () => {
  const retiring = { ...compute, ...all, hosts: three, retiring: [api, chat] };
  const after = { ...compute, ...all, hosts: three };

  test("tells whether a certificate is issued", () => {
    const unissued = said(config(after), written("lb.tfstate", stateOf(retiring, "")));
    expect(unissued).toMatchObject({
      code: 1,
      problems: [api, chat].map(
        (host) =>
          `stacks.lb.hosts["${host}"]: would rest on a certificate that Google has not issued yet; keep retiring until it has, or name the host in acceptOutage`,
      ),
    });
    const issued = said(config(after), written("lb.tfstate", stateOf(retiring, "2026-12-01T00:00:00Z")));
    expect(issued).toMatchObject({ code: 0, problems: [] });
  });

  test("is known by its file's name, or because there is one stack", () => {
    const state = stateOf(compute, "");
    expect(said(config(), written("pulled.json", state)).problems).toHaveLength(1);
    written("states/lb.tfstate", state);
    expect(said(config(), join(folder, "states")).problems).toHaveLength(1);
    const both = withStacks({ lb: {}, other: {} });
    expect(said(both, written("pulled.json", state)).problems).toEqual([
      `against: ${join(folder, "pulled.json")} is a Terraform state that does not say of which stack; call it "lb.tfstate" or "other.tfstate"`,
    ]);
  });
});

describe("what is named", () => {
  test("can be an output, a stack's folder or its JSON, and a hand-off", () => {
    const text = synthesizedTexts(config(compute)).lb ?? "";
    written("handoff/test/lb/cdk.tf.json", text);
    written("handoff/test/lb/README.md", "");
    for (const path of ["handoff", "handoff/test", "handoff/test/lb", "handoff/test/lb/cdk.tf.json"]) {
      expect(said(config(), join(folder, path)).problems).toEqual([expect.stringMatching(/^stacks\.lb\.mode: /)]);
    }
  });

  const names = "name what synth or handoff wrote, or what `terraform state pull` prints";

  test("must be something that says what was before", () => {
    expect(said(config(), join(folder, "nowhere")).problems).toEqual([
      `against: is "${join(folder, "nowhere")}", where there is neither a cdk.tf.json nor a state; name an output folder, a hand-off folder or a state`,
    ]);
    expect(said(config(), written("notes.txt", "notes")).problems).toEqual([
      `against: ${join(folder, "notes.txt")} is not JSON; ${names}`,
    ]);
    for (const json of ["{}", '{"resources":[]}', '{"version":4}', "[]", '{"//":{}}']) {
      expect(said(config(), written("some.json", json))).toMatchObject({
        code: 1,
        problems: [
          `against: ${join(folder, "some.json")} is no Terraform state, and no stack that was synthesized; ${names}`,
        ],
        against: { compared: [], new: [], gone: [] },
      });
    }
    const text = synthesizedTexts(config()).lb ?? "";
    for (const environment of ["prod", "test"]) written(`handoff/${environment}/lb/cdk.tf.json`, text);
    const [prod, test] = ["prod", "test"].map((name) => join(folder, "handoff", name, "lb", "cdk.tf.json"));
    expect(said(config(), join(folder, "handoff")).problems).toEqual([
      `against: has the stack lb in ${prod} and in ${test}; name one of them`,
    ]);
  });
});

describe("what was compared", () => {
  const earlier = () => join(folder, "before");
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
    expect({ code, stdout }).toEqual({ code: 1, stdout: `compared with ${earlier()}: lb\n` });
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
