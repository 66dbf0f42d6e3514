import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { previousStacks, synthesizedStack } from "../../lib/change/read-previous";
import { newReport, showPath } from "../../lib/config/report";
import { checkAgainst } from "../../stacks/change";
import { checkedConfig } from "../../stacks/check";
import { p384Request, request, rsaRequest } from "../support/requests";
import { synthesizedTexts } from "../support/synthesis";

type Fields = Readonly<Record<string, unknown>>;

const member = "serviceAccount:trainers@ai-training.iam.gserviceaccount.com";
const other = "serviceAccount:others@ai-training.iam.gserviceaccount.com";
const group = { domains: ["gpu.example.com"], members: [member], lifetime: "24h", bootstrap: {} };
const storage = { ...group, domains: ["storage.example.com"], members: [other] };
const root = { commonName: "Root" };
const a = { commonName: "A" };
const b = { commonName: "B" };
const kmsKeyVersion = "projects/ai-training/locations/europe-west1/keyRings/pki/cryptoKeys/root/cryptoKeyVersions/1";

function config(changes: Fields = {}, ofConfig: Fields = {}): object {
  const cas = {
    scenario: "cas-short-lived",
    project: "ai-training",
    location: "europe-west1",
    suffix: "2026a",
    root,
    issuers: { a },
    maximumLifetime: "24h",
    nodeGroups: { trainers: group },
    ...changes,
  };
  return { project: "ai-platform", environment: "test", backend: { type: "local" }, stacks: { cas }, ...ofConfig };
}

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "tls-stacks-against-cas-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

type Block = Record<string, unknown>;

/** A state as the provider writes it: blocks are lists. */
function stateOf(text: string): string {
  const { resource } = JSON.parse(text) as { resource: Record<string, Record<string, Block>> };
  const block = (value: object) =>
    Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, listed(inner)]));
  const listed = (value: unknown): unknown => {
    if (typeof value !== "object" || value === null) return value;
    return Array.isArray(value)
      ? value.map((member: unknown) => (typeof member === "object" && member !== null ? block(member) : member))
      : [block(value)];
  };
  const resources = Object.entries(resource).flatMap(([type, blocks]) =>
    Object.entries(blocks).map(([name, one]) => ({
      mode: "managed",
      type,
      name,
      instances: [{ attributes: { ...block(one), state: one.desired_state } }],
    })),
  );
  return JSON.stringify({ version: 4, resources });
}

/** Findings as the command prints them. */
interface Said {
  readonly problems: readonly string[];
  readonly warnings: readonly string[];
}

const fine: Said = { problems: [], warnings: [] };

const synthesized = new Map<string, string>();

/** The stack's JSON, synthesized once for each config. */
function textOf(given: object): string {
  const key = JSON.stringify(given);
  const text = synthesized.get(key) ?? synthesizedTexts(given).cas ?? "";
  synthesized.set(key, text);
  return text;
}

/** Findings for a config over what a file holds: an output or a state. */
function over(content: string, after: object): Said {
  const { config: complete, report: refused } = checkedConfig(after);
  expect(refused.problems).toEqual([]);
  const file = join(folder, "before.json");
  writeFileSync(file, content);
  const report = newReport();
  const previous = previousStacks(file, complete, report);
  const made = () => new Map([["cas", synthesizedStack(JSON.parse(textOf(after)))]]);
  if (previous !== undefined) checkAgainst(complete, previous, report, made);
  const lines = (findings: typeof report.problems) =>
    findings.map(({ path, message }) => `${showPath(path, after)}: ${message}`);
  return { problems: lines(report.problems), warnings: lines(report.warnings) };
}

/** Findings for the second form of the stack over the first one's output, which equal those over its state. */
function change(before: object, after: object): Said {
  const text = textOf(before);
  const output = over(text, after);
  expect(over(stateOf(text), after)).toEqual(output);
  return output;
}

const free = { protect: false };
const end = ", and their certificates end within 1d";

const unprotected =
  "stacks.cas.protect: is false, was true: from now on nothing refuses a plan that destroys an authority, whose id Google never takes again; apply this alone, take out what is to go, and write true again then";
const destroyed =
  'stacks.cas.issuers: lacks "a", which is destroyed, and Google never takes its id again; what it signed stays good until it ends, and nobody can revoke it any more: take it out when the last of it has ended, 1d after it was disabled';

test("says what each step of a rotation takes away, which is no problem", () => {
  const two = (phaseA: string, phaseB: string) => ({
    issuers: { a: { ...a, phase: phaseA }, b: { ...b, phase: phaseB } },
  });
  const steps: readonly (readonly [now: Fields, ...warnings: readonly string[]])[] = [
    [{}],
    [{ issuers: { a, b: { ...b, phase: "staged" } } }],
    [two("enabled", "enabled")],
    [two("disabled", "enabled")],
    [{ ...two("disabled", "enabled"), ...free }, unprotected],
    [{ issuers: { b }, ...free }, destroyed],
    [{ issuers: { b } }],
  ];
  const staged = { ...b, phase: "staged" };
  expect(change(config({ issuers: { a, b: staged }, ...free }), config(free))).toEqual({
    problems: [],
    warnings: ['stacks.cas.issuers: lacks "b", which is destroyed, and Google never takes its id again'],
  });
  steps.reduce(([was], [now, ...warnings]) => {
    expect(change(config(was), config(now))).toEqual({ problems: [], warnings });
    return [now];
  });
});

test("says nothing of what replaces nothing, and takes nothing from anybody", () => {
  const everything = {
    root: { ...root, key: "rsa-4096", permittedDomains: ["example.com", "a.example.com"], organization: "Research" },
    issuers: { a: { ...a, kmsKeyVersion, lifetime: "100d" } },
    nodeGroups: { trainers: group, storage },
  };
  const more = {
    ...everything,
    root: { ...everything.root, permittedDomains: ["A.example.com", "example.com"] },
    nodeGroups: {
      trainers: { ...group, domains: ["gpu.example.com", "b.example.com"], members: [member, "user:x@example.com"] },
      storage,
    },
    maximumLifetime: "30h",
    keys: ["ecdsa-p256", "rsa-2048"],
    backdate: "5m",
    publish: { crl: true, caCertificate: true },
  };
  expect(change(config(everything), config(more, { labels: { team: "ml" } }))).toEqual(fine);
  // What it is for is said by the check of the config alone.
  expect(change(config({ skipGracePeriod: true }), config())).toEqual(fine);
});

describe("refuses what replaces an authority or a pool, which protection lets", () => {
  const fates: readonly (readonly [fate: string, before: Fields, after: Fields])[] = [
    ["which the plan refuses (protect)", {}, {}],
    ["which the plan refuses (protect)", free, {}],
    ["and the apply would end half-way, since what is there is still protected", {}, free],
    [
      "and the apply would destroy what nodes trust or are signed by, with an id that Google never takes again",
      free,
      free,
    ],
  ];
  test.each(fates)("%s: %j, %j", (fate, before, after) => {
    const freed = before.protect !== false && after.protect === false;
    expect(change(config(before), config({ ...after, issuers: { a: { ...a, lifetime: "100d" } } }))).toEqual({
      problems: [
        `stacks.cas.issuers.a.lifetime: is "100d", was "1095d": the issuer would be replaced, ${fate}; go back to "1095d", and make a new issuer beside this one, with phase: "staged" (docs/cas-short-lived.md, "Another issuer")`,
      ],
      warnings: freed ? [unprotected] : [],
    });
    expect(change(config(before), config({ ...after, suffix: "2027" })).problems).toEqual([
      `stacks.cas.suffix: is "2027", was "2026a": pools and authorities would be replaced, ${fate}; go back, and make the other one a second stack, move the nodes over, and take this one down then (docs/cas-short-lived.md)`,
    ]);
  });

  test("and says nothing of the parts of what is replaced as a whole", () => {
    const before = config({ issuers: { a, b }, nodeGroups: { trainers: group, storage } });
    const parts = { issuers: { a: { ...a, lifetime: "100d" } } };
    const { problems, warnings } = change(before, config({ ...parts, suffix: "2027" }));
    expect({ count: problems.length, warnings }).toEqual({ count: 1, warnings: [] });
    // An output of another environment is refused before anything is compared.
    expect(over(stateOf(textOf(before)), config(parts, { environment: "prod" }))).toEqual({
      problems: [
        'environment: gives the pool "prod-cas-2026a", was "test-cas-2026a": pools and authorities would be replaced, which the plan refuses (protect); go back, and make the other one a second stack, move the nodes over, and take this one down then (docs/cas-short-lived.md)',
      ],
      warnings: [],
    });
  });

  test.each<readonly [was: string, change: readonly [now: Fields, ofConfig?: Fields]]>([
    ['issuers.a.commonName: is "X", was "A": the issuer', [{ issuers: { a: { commonName: "X" } } }]],
    ['issuers.a.key: is "rsa-2048", was "ecdsa-p256": the issuer', [{ issuers: { a: { ...a, key: "rsa-2048" } } }]],
    [
      `issuers.a.kmsKeyVersion: is "${kmsKeyVersion}", was "ecdsa-p256": the issuer`,
      [{ issuers: { a: { ...a, kmsKeyVersion } } }],
    ],
    [
      'issuers.a.permittedDomains: is ["gpu.example.com"], was []: the issuer',
      [{ issuers: { a: { ...a, permittedDomains: ["gpu.example.com"] } } }],
    ],
    ['root.commonName: is "X", was "Root": the root', [{ root: { commonName: "X" } }]],
    ['root.lifetime: is "3000d", was "3650d": the root', [{ root: { ...root, lifetime: "3000d" } }]],
    ['root.key: is "rsa-4096", was "ecdsa-p256": the root', [{ root: { ...root, key: "rsa-4096" } }]],
    [
      'root.permittedDomains: is ["example.com"], was []: the root',
      [{ root: { ...root, permittedDomains: ["example.com"] } }],
    ],
    ['root.organization: is "X", was "ai-platform": the root', [{ root: { ...root, organization: "X" } }]],
    ['project: is "ai-training-2", was "ai-training": pools and authorities', [{ project: "ai-training-2" }]],
    ['location: is "us-central1", was "europe-west1": pools and authorities', [{ location: "us-central1" }]],
    ['tier: is "devops", was "enterprise": pools and authorities', [{ tier: "devops" }]],
  ])("%s", (start, now) => {
    const { problems, warnings } = change(config(), config(...now));
    expect(warnings).toEqual([]);
    expect(problems).toEqual([expect.stringContaining(`stacks.cas.${start} would be replaced, which the plan`)]);
  });

  test("every one of them at once", () => {
    const issuers = { a: { commonName: "X", lifetime: "100d" } };
    expect(change(config(), config({ issuers, root: { commonName: "Y" } })).problems).toHaveLength(3);
  });
});

describe("refuses a moment in which nothing signs", () => {
  const lacks =
    'stacks.cas.issuers: lacks "a", which signs now (of a new name it would be another issuer); put it back, with phase: "disabled" once another one is enabled, and take it out when the last certificate that it signed has ended, 1d later (docs/cas-short-lived.md, "Another issuer")';
  const staged = { ...b, phase: "staged" };
  const disabled = { ...a, phase: "disabled" };

  test.each<[what: string, before: Fields, after: Fields, problem: string]>([
    ["an issuer that is renamed", { ...free }, { ...free, issuers: { b } }, lacks],
    ["and protected, of which one thing is said", {}, { issuers: { b } }, lacks],
    ["an issuer that is taken out while it signs", { ...free, issuers: { a, b } }, { ...free, issuers: { b } }, lacks],
    [
      "two steps in one",
      { issuers: { a, b: staged } },
      { issuers: { a: disabled, b } },
      'stacks.cas.issuers.a.phase: is "disabled" in the same apply in which "b" begins to sign, so for a while, or when that fails, nothing signs; one apply for each step: enable "b" first, and disable "a" in the next apply',
    ],
  ])("%s", (_, before, after, problem) => {
    expect(change(config(before), config(after))).toEqual({ problems: [problem], warnings: [] });
  });
});

describe("warns of nodes that could no longer renew, with the order that keeps them", () => {
  const both = { nodeGroups: { trainers: group, storage } };
  test.each<[what: string, after: Fields, ...warnings: readonly string[]]>([
    [
      "of a group that is renamed",
      { nodeGroups: { nodes: group, storage } },
      `stacks.cas.nodeGroups: lacks "trainers", whose nodes could no longer renew${end}; to rename it, add the other group beside it, make the nodes anew with its bootstrap, and take this one out then`,
    ],
    [
      "of other domains",
      { nodeGroups: { trainers: { ...group, domains: ["x.example.com"] }, storage } },
      `stacks.cas.nodeGroups.trainers.domains: lacks "gpu.example.com", in which nodes have names now: they could no longer renew${end}; go back, add a group with the new one beside this one, make the nodes anew with its bootstrap, and take this one out then`,
    ],
    [
      "of another account",
      { nodeGroups: { trainers: { ...group, members: ["user:x@example.com"] }, storage } },
      `stacks.cas.nodeGroups.trainers.members: lacks "${member}": nodes that run as it could no longer renew${end}; keep it beside the new one, make the nodes anew with the new account, and take it out then`,
    ],
    [
      "but not of a domain that still lies in one",
      {
        nodeGroups: {
          trainers: { ...group, domains: ["example.com"] },
          storage: { ...storage, domains: ["storage.example.com", "s.example.org"] },
        },
      },
    ],
  ])("%s", (_, after, ...warnings) => {
    expect(change(config(both), config(after))).toEqual({ problems: [], warnings });
  });
});

/** A config with one node group, whose fields and those of the stack are given. */
const trainers = (ofGroup: Fields, ofStack: Fields = {}) =>
  config({ nodeGroups: { trainers: { ...group, ...ofGroup } }, ...ofStack });

describe("warns of what the bootstrap of a made node goes on asking for", () => {
  const instead =
    "go back, add a group with the new one beside this one, make the nodes anew with its bootstrap, and take this one out then";
  const promise = (is: string, was: string, lost: string) =>
    `stacks.cas.nodeGroups.trainers.purpose: is "${is}", was "${was}": what is signed from now on is good for no ${lost}, and nodes made with the earlier bootstrap refuse it (their script ends with 31) until what they have ends, within 1d; ${instead}`;

  test.each<[what: string, before: object, after: object, ...warnings: readonly string[]]>([
    ["a purpose", trainers({}), trainers({ purpose: "client" }), promise("client", "mutual", "server")],
    [
      "the other one",
      trainers({ purpose: "client" }),
      trainers({ purpose: "server" }),
      promise("server", "client", "client"),
    ],
    ["but not one more", trainers({ purpose: "client" }), trainers({})],
    [
      "a lifetime",
      trainers({}),
      trainers({ lifetime: "12h" }),
      `stacks.cas.nodeGroups.trainers.lifetime: is "12h", was "1d": nodes made with the earlier bootstrap go on asking for 1d, which the pool refuses (their script ends with 21) or cuts (34 or 51), until what they have ends, within 1d; ${instead}`,
    ],
    ["but not one that grows", trainers({ lifetime: "12h" }), trainers({})],
    [
      "keys of the first kind",
      trainers({}, { keys: ["rsa-2048", "ecdsa-p384", "ecdsa-p256"] }),
      trainers({}, { keys: ["rsa-2048"] }),
      'stacks.cas.keys: lacks "ecdsa-p256", which nodes made with the earlier bootstrap make their keys of: the pool refuses their next request (their script ends with 21); put it back beside "rsa-2048", write KEY=\'rsa-2048\' into /etc/ai-tls-stacks/<group>.conf on every node, and take it out then',
      'stacks.cas.keys: lacks "ecdsa-p384": the pool refuses the next request for such a key; see that nothing that asks by other means than the bootstrap makes one',
    ],
    [
      "keys of another kind",
      trainers({}, { keys: ["rsa-2048", "ecdsa-p256"] }),
      trainers({}),
      'stacks.cas.keys: lacks "rsa-2048": the pool refuses the next request for such a key; see that nothing that asks by other means than the bootstrap makes one',
    ],
    [
      "an end that backdating brings nearer",
      trainers({}, { backdate: "5m" }),
      trainers({}, { backdate: "601s" }),
      'stacks.cas.backdate: is "601s", was "5m": what nodes of "trainers" get ends sooner than the earlier bootstrap was promised, so that their script installs it and ends with 51 at every renewal, as a failure; make them anew with the new bootstrap after the apply',
    ],
    ["but not one within what was allowed for", trainers({}, { backdate: "5m" }), trainers({}, { backdate: "10m" })],
    [
      "nor of nodes without it",
      trainers({ bootstrap: undefined }),
      trainers({ bootstrap: undefined }, { backdate: "1h" }),
    ],
    [
      "a begin that clocks have not reached",
      trainers({}, { backdate: "5m" }),
      trainers({}),
      'stacks.cas.backdate: is left out, was "5m": nodes whose clocks are late by more than that refuse what is new until it has begun; see that their clocks are right (chronyc tracking) before you apply',
    ],
  ])("%s", (_, before, after, ...warnings) => {
    expect(change(before, after)).toEqual({ problems: [], warnings });
  });

  test("and the order of steps that each of these names takes nothing from a node", () => {
    const beside = { ...group, purpose: "client", lifetime: "12h" };
    const [old, both, alone] = [
      config(),
      config({ nodeGroups: { trainers: group, clients: beside } }),
      config({ nodeGroups: { clients: beside } }),
    ];
    expect(change(old, both)).toEqual(fine);
    expect(change(both, alone).problems).toEqual([]);
    expect(change(trainers({}), trainers({}, { keys: ["ecdsa-p256", "rsa-2048"] }))).toEqual(fine);
  });

  test("members are the same in other letters, as Google writes accounts", () => {
    const before = stateOf(textOf(config())).replaceAll(member, member.replace("trainers", "Trainers"));
    expect(over(before, config())).toEqual(fine);
    const principal = "principal://iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/subject/a";
    const other = trainers({ members: [principal.replace("subject/a", "subject/A")] });
    expect(over(textOf(trainers({ members: [principal] })), other).warnings).toHaveLength(1);
  });
});

describe("warns of what the pool no longer does", () => {
  test.each<[what: string, before: Fields, after: Fields, ...warnings: readonly string[]]>([
    [
      "published",
      { publish: { crl: true, caCertificate: true } },
      {},
      "stacks.cas.publish.caCertificate: changes: what is signed from now on no longer says where its issuer's certificate is, and clients that fetch it there refuse a server that does not send its chain; see that every server sends it (what the bootstrap installs has it) before you apply",
      "stacks.cas.publish.crl: changes: no list of revoked certificates is made any more, and the last one ends within 7 days: clients that insist on one then refuse what names it, and others accept what was revoked; see that no client asks for lists, and that what was revoked has ended, before you apply",
    ],
    [
      "sign for so long",
      { maximumLifetime: "90d" },
      {},
      "stacks.cas.maximumLifetime: changes: who asks the pool for longer by a right of another than this stack no longer gets it (members of node groups are limited by their group's lifetime); see that nobody does before you apply",
    ],
  ])("%s", (_, before, after, ...warnings) => {
    expect(change(config(before), config(after))).toEqual({ problems: [], warnings });
  });
});

describe("warns of certificates from requests that are revoked", () => {
  const gateway = { csr: request, names: ["gateway.train.example.com"] };
  const gateways = { domains: ["train.example.com"], members: [other], lifetime: "90d" };
  const signing = (certificates: Fields, ofStack: Fields = {}) =>
    config({
      ...ofStack,
      maximumLifetime: "90d",
      keys: ["ecdsa-p256", "ecdsa-p384", "rsa-2048"],
      nodeGroups: { gateways: { ...gateways, certificates } },
    });
  const before = signing({ gateway });
  const anew = (field: string, lost = "") =>
    `stacks.cas.nodeGroups.gateways.certificates.gateway.${field}: has it signed anew${lost}, and the certificate before is revoked at once; install the new one from the output certificate_chains right after the apply, or go back, add this one under a new key, install it, and take the other one out then`;
  const p384 = { csr: p384Request, names: ["a.train.example.com", "b.train.example.com"] };

  test.each<[what: string, after: object, ...warnings: readonly string[]]>([
    ["another key", signing({ gateway: { ...gateway, csr: rsaRequest } }), anew("csr")],
    ["other names", signing({ gateway: p384 }), anew("csr", ', without "gateway.train.example.com"')],
    ["another lifetime", signing({ gateway: { ...gateway, lifetime: "60d" } }), anew("lifetime")],
    ["another generation", signing({ gateway: { ...gateway, generation: 2 } }), anew("generation")],
    [
      "another key in the config",
      signing({ other: gateway }),
      'stacks.cas.nodeGroups.gateways.certificates: lacks "gateway", which is revoked at once; see that nobody shows it; to rename it, add the other one beside it, install that, and take this one out then',
    ],
    ["but not one more", signing({ gateway, other: gateway })],
    ["nor another issuer that signs besides", signing({ gateway }, { issuers: { a, b } })],
    ["nor the same text in other lines", signing({ gateway: { ...gateway, csr: request.replaceAll("\n", "\r\n") } })],
  ])("%s", (_, after, ...warnings) => {
    expect(change(before, after)).toEqual({ problems: [], warnings });
  });

  test("with their group, which is one thing", () => {
    const after = config({
      maximumLifetime: "90d",
      keys: ["ecdsa-p256", "ecdsa-p384", "rsa-2048"],
      nodeGroups: { trainers: group },
    });
    expect(change(before, after)).toEqual({
      problems: [],
      warnings: [
        'stacks.cas.nodeGroups: lacks "gateways", whose nodes could no longer renew, and their certificates end within 90d, with "gateway" revoked at once; to rename it, add the other group beside it, make the nodes anew with its bootstrap, and take this one out then',
      ],
    });
  });
});
