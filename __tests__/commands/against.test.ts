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

/** What `check --against` says of a config. */
function said(given: object, against: string): { code: number; problems: string[]; warnings: string[] } {
  let printed = "";
  const code = run(["node", "app.cjs", "check", "--json", "--against", against], {
    configFile: written("config.json", JSON.stringify(given)),
    named: true,
    unattended: false,
    outdir: join(folder, "unused"),
    stdout: (text) => {
      printed += text;
    },
    stderr: () => undefined,
  });
  return { code, ...(JSON.parse(printed) as { problems: string[]; warnings: string[] }) };
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
    written("before/stacks/other/cdk.tf.json", synthesizedTexts(config({}, "other")).other ?? "");
    expect(said(config(compute), join(folder, "before"))).toMatchObject({ code: 0, problems: [], warnings: [] });
  });
});

describe("an interruption is refused:", () => {
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
  ])("%s", (_, before, after, ...problems) => {
    expect(change(before, after)).toEqual({ problems, warnings: [] });
  });
});

test("what an output cannot tell, and what is closed on purpose, is warned of", () => {
  expect(change({ phase: "add-map" }, compute).warnings).toEqual(
    [api, chat].map(
      (host) =>
        `stacks.lb.hosts["${host}"]: will rest on a certificate that the proxy has, and an output does not tell whether that is issued; compare with the state, or look with \`gcloud compute ssl-certificates list\``,
    ),
  );
  const before = { ipv6: true, hosts: three, sslPolicy: { minimum: "1.0" } };
  expect(change(before, { redirectHttp: false })).toEqual({
    problems: [],
    warnings: [
      'stacks.lb.hosts: no longer has "new.example.com", which is served now and will not be; see that nobody uses it',
      "stacks.lb.ipv6: is false: the IPv6 address is given back for good, and clients that still have it from DNS fail for some minutes",
      "stacks.lb.redirectHttp: is false: port 80, which sends clients to HTTPS now, closes",
      'stacks.lb.sslPolicy.minimum: is "1.2", was "1.0": clients with nothing newer can no longer connect',
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
    const { stacks, ...rest } = config() as { stacks: Fields };
    const both = { ...rest, stacks: { ...stacks, other: { ...(stacks.lb as Fields), dns: { in: "elsewhere" } } } };
    expect(said(both, written("pulled.json", state)).problems).toEqual([
      `against: ${join(folder, "pulled.json")} is the state of no stack that is known by its name; call it "lb.tfstate" or "other.tfstate"`,
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

  test("must be something that says what was before", () => {
    expect(said(config(), join(folder, "nowhere")).problems).toEqual([
      `against: is "${join(folder, "nowhere")}", where there is neither a cdk.tf.json nor a state; name an output folder, a hand-off folder or a state`,
    ]);
    expect(said(config(), written("notes.txt", "notes")).problems).toEqual([
      `against: ${join(folder, "notes.txt")} is not JSON; name what synth or handoff wrote, or a state`,
    ]);
    const text = synthesizedTexts(config()).lb ?? "";
    for (const environment of ["prod", "test"]) written(`handoff/${environment}/lb/cdk.tf.json`, text);
    const [prod, test] = ["prod", "test"].map((name) => join(folder, "handoff", name, "lb", "cdk.tf.json"));
    expect(said(config(), join(folder, "handoff")).problems).toEqual([
      `against: has the stack lb in ${prod} and in ${test}; name one of them`,
    ]);
  });
});
