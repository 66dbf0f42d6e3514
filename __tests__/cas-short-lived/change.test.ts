import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { previousStacks } from "../../lib/change/read-previous";
import { newReport, showPath } from "../../lib/config/report";
import { checkAgainst } from "../../stacks/change";
import { checkedConfig } from "../../stacks/check";
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
  const listed = (value: unknown): unknown =>
    typeof value === "object" && value !== null && !Array.isArray(value)
      ? [Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, listed(inner)]))]
      : value;
  const resources = Object.entries(resource).flatMap(([type, blocks]) =>
    Object.entries(blocks).map(([name, block]) => ({
      mode: "managed",
      type,
      name,
      instances: [{ attributes: { ...(listed(block) as Block[])[0], state: block.desired_state } }],
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
  if (previous !== undefined) checkAgainst(complete, previous, report, () => new Map());
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

test("says nothing of what replaces nothing, and of a rotation in steps", () => {
  const two = (phaseA: string, phaseB: string) => ({
    issuers: { a: { ...a, phase: phaseA }, b: { ...b, phase: phaseB } },
  });
  const steps: readonly Fields[] = [
    {},
    { issuers: { a, b: { ...b, phase: "staged" } } },
    two("enabled", "enabled"),
    two("disabled", "enabled"),
    { ...two("disabled", "enabled"), ...free },
    { issuers: { b }, ...free },
    { issuers: { b } },
  ];
  for (const [index, now] of steps.entries()) {
    if (index > 0) expect(change(config(steps[index - 1]), config(now))).toEqual(fine);
  }
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
    publish: { crl: true },
  };
  expect(change(config(everything), config(more))).toEqual(fine);
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
    expect(change(config(before), config({ ...after, issuers: { a: { ...a, lifetime: "100d" } } }))).toEqual({
      problems: [
        `stacks.cas.issuers.a.lifetime: is "100d", was "1095d": the issuer would be replaced, ${fate}; go back to "1095d", and make a new issuer beside this one, with phase: "staged" (docs/cas-short-lived.md, "Another issuer")`,
      ],
      warnings: [],
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
      `stacks.cas.nodeGroups.trainers.domains: lacks "gpu.example.com", in which nodes have names now: they could no longer renew${end}; keep it beside the new one, make the nodes anew with the new bootstrap, and take it out then`,
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
