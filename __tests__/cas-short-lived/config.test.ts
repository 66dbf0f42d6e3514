import { problemsOf } from "../support/configs";
import {
  cas,
  completed,
  config,
  gateway,
  group,
  kmsKey,
  member,
  type Row,
  stack,
  trainers,
  trainersPath,
} from "./configs";

describe("refuses ids that Google or the provider would not take", () => {
  const length = (id: string, path: string, count: number): string =>
    `${path}: would have the id "${id}" of ${count} characters, Google takes 63; shorten the key, the stack's or environment's name, or the suffix`;
  const long = "l".repeat(57);

  test.each<Row>([
    [
      "a suffix with an underscore",
      cas({ suffix: "2026_a" }),
      [
        'stacks.cas.suffix: is "2026_a"; write 1-20 letters, digits and "-" (of an id with "_" the provider sends only a part)',
      ],
    ],
    [
      "a suffix that is refused, without a word on the ids that it would be part of",
      cas({ suffix: "2026_a", issuers: { issuer_a: { commonName: "A" } } }),
      [
        'stacks.cas.suffix: is "2026_a"; write 1-20 letters, digits and "-" (of an id with "_" the provider sends only a part)',
      ],
    ],
    [
      "a suffix of 21 characters",
      cas({ suffix: "s".repeat(21) }),
      [
        `stacks.cas.suffix: is "${"s".repeat(21)}"; write 1-20 letters, digits and "-" (of an id with "_" the provider sends only a part)`,
      ],
    ],
    [
      "an issuer with an underscore",
      cas({ issuers: { issuer_a: { commonName: "A" } } }),
      [
        'stacks.cas.issuers.issuer_a: would have the id "issuer_a-2026a"; write letters, digits and "-" (of an id with "_" the provider sends only a part)',
      ],
    ],
    [
      "an issuer whose id has 64 characters",
      cas({ issuers: { [`${long}i`]: { commonName: "A" } } }),
      [length(`${long}i-2026a`, `stacks.cas.issuers.${long}i`, 64)],
    ],
    [
      "a stack whose pool's id has 64 characters",
      config({ ["s".repeat(48)]: stack({ nodeGroups: { t: group } }) }),
      [length(`test-${"s".repeat(48)}-root-2026a`, `stacks.${"s".repeat(48)}`, 64)],
    ],
    [
      "a node group whose template's id has 64 characters",
      cas({ nodeGroups: { ["g".repeat(49)]: group } }),
      [length(`test-cas-${"g".repeat(49)}-2026a`, `stacks.cas.nodeGroups.${"g".repeat(49)}`, 64)],
    ],
    [
      "keys of node groups and certificates with an underscore",
      cas({
        nodeGroups: { node_group: { ...group, lifetime: "90d", certificates: { my_gateway: gateway } } },
      }),
      ["stacks.cas.nodeGroups.node_group.certificates.my_gateway", "stacks.cas.nodeGroups.node_group"].map(
        (path) =>
          `${path}: is no valid key; write 1-63 of a-z, 0-9 and "-", starting with a letter and ending with a letter or digit`,
      ),
    ],
    [
      "two stacks with one template",
      config({ cas: stack({ nodeGroups: { "b-c": group } }), "cas-b": stack({ nodeGroups: { c: group } }) }),
      [
        'stacks.cas-b.nodeGroups.c: would make the template "test-cas-b-c-2026a", which is of stack cas already; rename it, or write another suffix',
      ],
    ],
    [
      "two stacks with one pool",
      config({ cas: stack({ suffix: "root-a" }), "cas-root": stack({ suffix: "a", nodeGroups: { x: group } }) }),
      [
        'stacks.cas-root.suffix: would make the pool "test-cas-root-root-a", which is of stack cas already; write another suffix',
      ],
    ],
  ])("%s", (_, given, lines) => expect(problemsOf(given)).toEqual(lines));

  test("and takes the longest that fit, and the same ids in another project or region", () => {
    expect(problemsOf(cas({ issuers: { [long]: { commonName: "A" } } }))).toEqual([]);
    for (const place of [{ project: "ai-training-2" }, { location: "us-central1" }]) {
      const other = stack({ suffix: "a", nodeGroups: { x: group }, ...place });
      expect(problemsOf(config({ cas: stack({ suffix: "root-a" }), "cas-root": other }))).toEqual([]);
    }
  });
});

describe("refuses authorities", () => {
  test.each<Row>([
    [
      "with a KMS key without a version",
      cas({ root: { commonName: "Root", kmsKeyVersion: kmsKey } }),
      [
        `stacks.cas.root.kmsKeyVersion: is "${kmsKey}", a key without a version, and an authority signs with one version for life; add "/cryptoKeyVersions/" and its number`,
      ],
    ],
    [
      "with something else for a KMS key",
      cas({ issuers: { a: { commonName: "A", kmsKeyVersion: "root/1" } } }),
      [
        'stacks.cas.issuers.a.kmsKeyVersion: is "root/1"; write the version of a Cloud KMS key, such as "projects/ai-training/locations/europe-west1/keyRings/pki/cryptoKeys/root/cryptoKeyVersions/1"',
      ],
    ],
    [
      "with a version of a KMS key that no key has",
      cas({ root: { commonName: "Root", kmsKeyVersion: `${kmsKey}/cryptoKeyVersions/0` } }),
      [
        `stacks.cas.root.kmsKeyVersion: is "${kmsKey}/cryptoKeyVersions/0"; write the version of a Cloud KMS key, such as "projects/ai-training/locations/europe-west1/keyRings/pki/cryptoKeys/root/cryptoKeyVersions/1"`,
      ],
    ],
    [
      "with a KMS key of another region",
      cas({ root: { commonName: "Root", kmsKeyVersion: `${kmsKey}/cryptoKeyVersions/1` }, location: "us-central1" }),
      [
        "stacks.cas.root.kmsKeyVersion: is in europe-west1, the stack in us-central1, and an authority signs with keys of its own region only; write a key in us-central1",
      ],
    ],
    [
      "with two keys",
      cas({ root: { commonName: "Root", key: "ecdsa-p384", kmsKeyVersion: `${kmsKey}/cryptoKeyVersions/1` } }),
      ["stacks.cas.root.key: has no use beside kmsKeyVersion, which is a key already; leave one of them out"],
    ],
    [
      "with a common name that no certificate can carry",
      cas({ root: { commonName: "R".repeat(65) }, issuers: { a: { commonName: " " } } }),
      [
        'stacks.cas.issuers.a.commonName: is " "; write 1-64 characters (RFC 5280)',
        `stacks.cas.root.commonName: is "${"R".repeat(65)}"; write 1-64 characters (RFC 5280)`,
      ],
    ],
    [
      "in no project or region of Google's",
      cas({ project: "123456789012", location: "eu-west-1" }),
      [
        'stacks.cas.location: is "eu-west-1"; write a region, such as "europe-west4"',
        'stacks.cas.project: is "123456789012", which is a project\'s number; write the project\'s id, 6-30 of a-z, 0-9 and "-", such as "ml-serving-prod"',
      ],
    ],
    [
      "of stacks without node groups",
      cas({ nodeGroups: {} }),
      ["stacks.cas.nodeGroups: is empty; write at least one node group"],
    ],
  ])("%s", (_, given, lines) => expect(problemsOf(given)).toEqual(lines));
});

describe("refuses for nodes", () => {
  test.each<Row>([
    [
      "a folder, a user and a command that a node could not have",
      trainers({ bootstrap: { path: "/tmp/x", user: "Root!", reload: " " } }),
      [
        expect.stringMatching(`^${trainersPath}.bootstrap.path: is "/tmp/x"; write a folder below `) as never,
        expect.stringMatching(`^${trainersPath}.bootstrap.reload: is empty; `) as never,
        expect.stringMatching(`^${trainersPath}.bootstrap.user: is "Root!"; `) as never,
      ],
    ],
    [
      "a folder that leads out of its own, and a command of two lines",
      trainers({ bootstrap: { path: "/etc/a/../b", reload: "a\nb" } }),
      [
        expect.stringMatching(`^${trainersPath}.bootstrap.path: is "/etc/a/../b"; write a folder below `) as never,
        `${trainersPath}.bootstrap.reload: contains a line break; write it on one line without control characters`,
      ],
    ],
    [
      "a command with a line end of Unicode, at which a reader of YAML 1.1 would end the user data's line",
      trainers({ bootstrap: { reload: "systemctl reload a\u2028b" } }),
      [`${trainersPath}.bootstrap.reload: contains the invisible character U+2028; write it without`],
    ],
    [
      "the folder of the bootstrap's own settings",
      trainers({ bootstrap: { path: "/etc/ai-tls-stacks/x" } }),
      [
        `${trainersPath}.bootstrap.path: is "/etc/ai-tls-stacks/x", where the bootstrap keeps its own settings; write another folder`,
      ],
    ],
  ])("%s", (_, given, lines) => expect(problemsOf(given)).toEqual(lines));
});

describe("completes", () => {
  test("what was left out", () => {
    expect(completed(cas())).toMatchObject({
      tier: "enterprise",
      protect: true,
      skipGracePeriod: false,
      backdate: 0,
      publish: { caCertificate: false, crl: false },
      keys: ["ecdsa-p256"],
      rootPoolId: "test-cas-root-2026a",
      issuingPoolId: "test-cas-2026a",
      root: {
        id: "root-2026a",
        organization: "ai-platform",
        lifetime: 3650 * 86_400,
        key: { kind: "ecdsa-p256" },
        permittedDomains: [],
      },
      issuers: [{ name: "a", id: "a-2026a", organization: "ai-platform", lifetime: 1095 * 86_400, phase: "enabled" }],
      nodeGroups: [
        { name: "trainers", templateId: "test-cas-trainers-2026a", purpose: "mutual", renewAt: 0.66, certificates: [] },
      ],
    });
    expect(completed(trainers({ bootstrap: {} })).nodeGroups[0]?.bootstrap).toEqual({
      user: undefined,
      reload: undefined,
      path: "/var/lib/ai-tls-stacks/trainers",
    });
  });

  test("domains in one order, whatever theirs is in the config", () => {
    const domains = ["train.example.com", "ring.example.com", "Train.example.com"];
    expect(completed(trainers({ domains })).nodeGroups[0]?.domains).toEqual(["ring.example.com", "train.example.com"]);
  });

  test("members as Google keeps them: addresses in lower case, principals as they are, each once", () => {
    const principal = "principalSet://iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/Workers/*";
    const given = [principal, "user:Ops@Example.com", "user:ops@example.com", member];
    expect(completed(trainers({ members: given })).nodeGroups[0]?.members).toEqual([
      principal,
      member,
      "user:ops@example.com",
    ]);
  });
});
