import * as fc from "fast-check";
import type { PreviousStack } from "../../lib/change/previous-stack";
import { parseRequest } from "../../lib/config/csr";
import { parseDuration } from "../../lib/config/duration";
import { newReport, showPath } from "../../lib/config/report";
import { checkPhases } from "../../stacks/cas-short-lived/change-issuers";
import type { Phase } from "../../stacks/cas-short-lived/input";
import { checkAgainst } from "../../stacks/change";
import { checkedConfig } from "../../stacks/check";
import { problemsOf, warningsOf } from "../support/configs";
import {
  addressRequest,
  authorityRequest,
  edRequest,
  fortyRequest,
  leafRequest,
  namelessRequest,
  p384Request,
  p521Request,
  request,
  rsaRequest,
  sha1Request,
  upperRequest,
  usageRequest,
  weakRequest,
} from "../support/requests";
import { runs } from "../support/runs";
import {
  cas,
  certificate,
  completed,
  type Fields,
  gateway,
  gatewayPath,
  group,
  kmsKey,
  member,
  type Row,
  trainers,
  trainersPath,
} from "./configs";

const remedy = "write the one block that `openssl req -new` prints";
const alone = "make a request for names alone";
const members =
  'which is no IAM member; write "user:", "serviceAccount:", "group:", "domain:", "principal://" or "principalSet://" and a name, such as "serviceAccount:trainers@ai-training.iam.gserviceaccount.com"';
const give = 'name who gets one, such as "serviceAccount:trainers@ai-training.iam.gserviceaccount.com"';

test("a stack without a mistake is accepted without a word", () => {
  const issuers = {
    b: { commonName: "B" },
    c: { commonName: "C", phase: "staged" },
  };
  for (const given of [cas(), certificate({}), trainers({ bootstrap: {}, renewAt: 0.5 }), cas({ issuers })]) {
    expect([problemsOf(given), warningsOf(given)]).toEqual([[], []]);
  }
});

describe("refuses what the tier does not have", () => {
  test.each<Row>([
    [
      "certificates that Terraform reads back",
      certificate({}, { tier: "devops" }),
      [
        'stacks.cas.nodeGroups.gateways.certificates: has "gateway", but the tier "devops" keeps no certificates, so Terraform could not read back what was signed and the apply would fail; let the nodes ask by themselves (bootstrap), or write tier: "enterprise"',
      ],
    ],
    [
      "lists of revoked certificates",
      cas({ tier: "devops", publish: { crl: true } }),
      [
        'stacks.cas.publish.crl: is true, but the tier "devops" has no lists of revoked certificates; leave it out, or write tier: "enterprise"',
      ],
    ],
    [
      "keys of Cloud KMS",
      cas({
        tier: "devops",
        root: { commonName: "Root", kmsKeyVersion: `${kmsKey}/cryptoKeyVersions/1` },
        issuers: { a: { commonName: "A", kmsKeyVersion: `${kmsKey}/cryptoKeyVersions/2` } },
      }),
      ["issuers.a", "root"].map(
        (at) =>
          `stacks.cas.${at}.kmsKeyVersion: is given, but the tier "devops" signs with keys that Google makes only; write key, or tier: "enterprise"`,
      ),
    ],
  ])("%s", (_, given, lines) => expect(problemsOf(given)).toEqual(lines));

  test("and takes the rest", () => {
    expect(problemsOf(cas({ tier: "devops", publish: { caCertificate: true } }))).toEqual([]);
  });
});

describe("refuses lifetimes that would be cut, with the arithmetic", () => {
  test.each<Row>([
    [
      "a node group above the pool",
      trainers({ lifetime: "48h" }, { maximumLifetime: "24h" }),
      [
        `${trainersPath}.lifetime: is 2d (172800 s), more than maximumLifetime, 1d (86400 s), and the smaller of both applies; write at most 1d, or raise maximumLifetime`,
      ],
    ],
    [
      "a certificate above its template",
      certificate({ lifetime: "91d" }, { maximumLifetime: "100d" }),
      [
        `${gatewayPath}.lifetime: is 91d (7862400 s), more than the node group's lifetime, 90d (7776000 s), which is the most that its template signs for; write at most 90d, or raise the node group's`,
      ],
    ],
    [
      "a pool at its issuer",
      cas({ maximumLifetime: "30d", issuers: { a: { commonName: "A", lifetime: "30d" } } }),
      [
        "stacks.cas.issuers.a.lifetime: is 30d (2592000 s), and certificates may live as long as maximumLifetime, 30d (2592000 s): Google would cut them at the issuer's end; write more than 30d, or lower maximumLifetime below 30d",
      ],
    ],
    [
      "an issuer at the root",
      cas({
        root: { commonName: "Root", lifetime: "1095d" },
        issuers: { a: { commonName: "A" }, b: { commonName: "B", lifetime: "1094d" } },
      }),
      [
        "stacks.cas.issuers.a.lifetime: is 1095d (94608000 s), and the root that signs it lives 1095d (94608000 s); write less than 1095d, or raise root.lifetime above 1095d",
      ],
    ],
    [
      "a certificate under two applies, which is sent to the node",
      certificate({ lifetime: "13d" }),
      [
        `${gatewayPath}.lifetime: is 13d (1123200 s), less than two times applyEvery (2 x 7d = 1209600 s), so it could end before somebody applies; write at least 14d, apply more often, or let the node renew by itself: bootstrap in the node group`,
      ],
    ],
    [
      "backdating by more than Google does",
      cas({ backdate: "49h" }),
      ['stacks.cas.backdate: is "49h", and Google backdates by at most 48h; write less, such as "5m"'],
    ],
    [
      "backdating by a whole lifetime",
      cas({ backdate: "24h" }),
      [
        'stacks.cas.backdate: is 1d (86400 s), and certificates of 1d (86400 s) would have ended when they are made; write less, such as "5m"',
      ],
    ],
    [
      "renewing at no share of the lifetime",
      trainers({ bootstrap: {}, renewAt: 1.5 }),
      [`${trainersPath}.renewAt: is 1.5; write a share of the lifetime between 0 and 1, such as 0.66`],
    ],
    [
      "renewing in too little time",
      trainers({ bootstrap: {}, lifetime: "20m" }),
      [
        `${trainersPath}.renewAt: is 0.66, which leaves 407 seconds of 20m to renew in, at least 600 are needed; write a lifetime of at least 30m, or renewAt: 0.5`,
      ],
    ],
    [
      "a lifetime in which no share leaves time to renew",
      trainers({ bootstrap: {}, lifetime: "1m" }),
      [
        `${trainersPath}.renewAt: is 0.66, which leaves 20 seconds of 1m to renew in, at least 600 are needed; write a lifetime of at least 30m`,
      ],
    ],
    [
      "a share with which no lifetime does",
      trainers({ bootstrap: {}, renewAt: 0.1 }),
      [
        `${trainersPath}.renewAt: is 0.1, which makes a new certificate, which has 86100 seconds left when backdated by 0, due again at once or nearly; write renewAt: 0.21`,
      ],
    ],
    [
      "backdating by so much that a new certificate is due",
      trainers({ bootstrap: {}, lifetime: "12h" }, { backdate: "11h" }),
      [
        `${trainersPath}.renewAt: is 0.66, which makes a new certificate, which has 3300 seconds left when backdated by 39600, due again at once or nearly; write a lifetime of at least 1157m, or renewAt: 0.94, or backdate: "409m" or less`,
      ],
    ],
    [
      "backdating by more than a lifetime, of which the share is no cause",
      trainers({ bootstrap: {}, lifetime: "12h" }, { backdate: "13h" }),
      [
        'stacks.cas.backdate: is 13h (46800 s), and certificates of 12h (43200 s) would have ended when they are made; write less, such as "5m"',
      ],
    ],
    [
      "a pool above the root, of which an issuer that lives longer is no remedy",
      cas({
        maximumLifetime: "60d",
        root: { commonName: "Root", lifetime: "30d" },
        issuers: { a: { commonName: "A", lifetime: "20d" } },
      }),
      [
        "stacks.cas.issuers.a.lifetime: is 20d (1728000 s), and certificates may live as long as maximumLifetime, 60d (5184000 s): Google would cut them at the issuer's end; lower maximumLifetime below 20d",
      ],
    ],
    [
      "a lifetime that is none",
      cas({ maximumLifetime: "a day" }),
      [
        'stacks.cas.maximumLifetime: is "a day", which is no duration; write a whole number above 0 and s, m, h or d, such as "24h"',
      ],
    ],
  ])("%s", (_, given, lines) => expect(problemsOf(given)).toEqual(lines));

  test("and takes those at the edge", () => {
    const edges = [
      certificate({ lifetime: "14d" }),
      certificate({ lifetime: "90d" }),
      certificate({ lifetime: "2d" }, {}, { applyEvery: "1d" }),
      cas({ maximumLifetime: "24h", issuers: { a: { commonName: "A", lifetime: "25h" } } }),
      cas({ backdate: "23h" }),
      trainers({ lifetime: "24h" }, { maximumLifetime: "24h" }),
    ];
    for (const given of edges) expect(problemsOf(given)).toEqual([]);
  });

  test("and what is written in place of one, is taken, and less of it is not", () => {
    const share = fc.integer({ min: 22, max: 98 }).map((hundredths) => hundredths / 100);
    const issuers = { a: { commonName: "A", lifetime: "1094d" } };
    fc.assert(
      fc.property(
        share,
        fc.integer({ min: 1, max: 2_880 }),
        fc.integer({ min: 1, max: 2_000 }),
        (renewAt, back, minutes) => {
          const backdate = `${back}m`;
          const of = (lifetime: string, more: Fields = {}) =>
            problemsOf(
              trainers({ bootstrap: {}, lifetime, renewAt, ...more }, { backdate, maximumLifetime: "1000d", issuers }),
            );
          const [problem = ""] = of(`${minutes + back}m`);
          const [, lifetime] = /a lifetime of at least ([0-9]+[smhd])/.exec(problem) ?? [];
          if (lifetime !== undefined) {
            expect(of(lifetime)).toEqual([]);
            expect(of(`${(parseDuration(lifetime) ?? 0) - 60}s`)).not.toEqual([]);
          }
          const [, other] = /renewAt: ([0-9.]+)/.exec(problem.replace(/^[^;]*/, "")) ?? [];
          if (other !== undefined) expect(of(`${minutes + back}m`, { renewAt: Number(other) })).toEqual([]);
        },
      ),
      runs(25),
    );
  });

  test("a chain of lifetimes is taken where each is below the one above, and only there", () => {
    const lifetime = fc.integer({ min: 14, max: 60 });
    fc.assert(
      fc.property(lifetime, lifetime, lifetime, lifetime, lifetime, (leaf, template, pool, issuer, root) => {
        const given = certificate(
          { lifetime: `${leaf}d` },
          {
            root: { commonName: "Root", lifetime: `${root}d` },
            issuers: { a: { commonName: "A", lifetime: `${issuer}d` } },
            maximumLifetime: `${pool}d`,
            nodeGroups: {
              gateways: {
                ...group,
                lifetime: `${template}d`,
                certificates: { gateway: { ...gateway, lifetime: `${leaf}d` } },
              },
            },
          },
        );
        const fits = leaf <= template && template <= pool && pool < issuer && issuer < root;
        expect(problemsOf(given).length === 0).toBe(fits);
      }),
      runs(10),
    );
  });
});

describe("refuses names and members that would let in more than is meant", () => {
  test.each<Row>([
    [
      "a node group with no domain",
      trainers({ domains: [] }),
      [`${trainersPath}.domains: is empty; write at least one domain, or nodes could take any name`],
    ],
    [
      "a node group with no member",
      trainers({ members: [] }),
      [`${trainersPath}.members: is empty; write at least one IAM member, or nobody could ask`],
    ],
    [
      "a domain with a quote, which an expression would need to escape",
      trainers({ domains: ['a".example.com', "b'.example.com", "c\\.example.com"] }),
      ['a".example.com', "b'.example.com", "c\\.example.com"].map((domain) => {
        const odd = JSON.stringify(domain[1]);
        return `${trainersPath}.domains[${JSON.stringify(domain)}]: contains ${odd}; host names have letters, digits and hyphens only (RFC 1123)`;
      }),
    ],
    [
      "a wildcard as a domain",
      trainers({ domains: ["*.train.example.com"] }),
      [
        `${trainersPath}.domains["*.train.example.com"]: is a wildcard; write "train.example.com", which allows the names below it as well`,
      ],
    ],
    [
      "everybody",
      trainers({
        members: ["allUsers", "allAuthenticatedUsers", "domain:Gmail.com", "principalSet://goog/public:all"],
      }),
      [
        `${trainersPath}.members["allAuthenticatedUsers"]: gives everybody with a Google account the right to a certificate; ${give}`,
        `${trainersPath}.members["allUsers"]: gives everybody on the internet the right to a certificate; ${give}`,
        `${trainersPath}.members["domain:Gmail.com"]: gives everybody with a mailbox at Google the right to a certificate; ${give}`,
        `${trainersPath}.members["principalSet://goog/public:all"]: gives everybody on the internet the right to a certificate; ${give}`,
      ],
    ],
    [
      "members without a kind, of an unknown one, or without a name",
      trainers({ members: ["trainers@example.com", "deleted:user:x@example.com", "user:", "principal:x"] }),
      ["deleted:user:x@example.com", "principal:x", "trainers@example.com", "user:"].map(
        (one) => `${trainersPath}.members["${one}"]: is "${one}", ${members}`,
      ),
    ],
    [
      "a domain that an authority does not permit",
      cas({
        root: { commonName: "Root", permittedDomains: ["example.com"] },
        issuers: { a: { commonName: "A", permittedDomains: ["gpu.example.com"] } },
        nodeGroups: {
          other: { ...group, domains: ["example.org"] },
          trainers: { ...group, domains: ["x.gpu.example.com", "train.example.com"] },
        },
      }),
      [
        'stacks.cas.nodeGroups.other.domains["example.org"]: is not in what the root permits ("example.com"), so clients would refuse the certificates; use a domain below one of these, or add it to root.permittedDomains before the authority is made',
        `${trainersPath}.domains["train.example.com"]: is not in what the issuer a permits ("gpu.example.com"), so clients would refuse the certificates; use a domain below one of these, or add it to issuers.a.permittedDomains before the authority is made`,
      ],
    ],
  ])("%s", (_, given, lines) => expect(problemsOf(given)).toEqual(lines));

  test("and warns of a member of two groups, whose nodes can take the names of both", () => {
    const nodeGroups = { storage: { ...group, domains: ["storage.example.com"] }, trainers: group };
    expect([problemsOf(cas({ nodeGroups })), warningsOf(cas({ nodeGroups }))]).toEqual([
      [],
      [
        `${trainersPath}.members["${member}"]: is a member of the node group storage too, so its nodes can take names of both; give each group a service account of its own`,
      ],
    ]);
  });
});

describe("refuses requests", () => {
  const changedRequest = rsaRequest.replace("MIIC", "MIID");
  /** The request with one changed bit in its signed part. */
  const forged = (() => {
    const der = Buffer.from(request.replace(/-----.*-----/g, ""), "base64");
    const position = der.indexOf("gateway");
    der[position] = (der[position] ?? 0) ^ 1;
    return `-----BEGIN CERTIFICATE REQUEST-----\n${der.toString("base64")}\n-----END CERTIFICATE REQUEST-----\n`;
  })();
  const noRequest = `holds no certificate request (RFC 2986); ${remedy}`;

  test.each<readonly [what: string, csr: string, message: string]>([
    ["that are no PEM", "gateway.csr", `is no PEM; ${remedy}`],
    ["that are empty", "", `is no PEM; ${remedy}`],
    [
      "with two blocks",
      request + rsaRequest,
      `holds 2 PEM blocks (CERTIFICATE REQUEST, CERTIFICATE REQUEST); ${remedy}`,
    ],
    [
      "that are certificates",
      request.replaceAll("CERTIFICATE REQUEST", "CERTIFICATE"),
      `is a PEM block "CERTIFICATE", no certificate request; ${remedy}`,
    ],
    [
      "with text around the block",
      `Certificate Request:\n${request}`,
      `is no whole PEM block, or has text around it; ${remedy}`,
    ],
    ["cut short", request.slice(0, 200), `is no whole PEM block, or has text around it; ${remedy}`],
    ["of other bytes", request.replace(/\n[\s\S]*\n-/, "\naGVsbG8=\n-"), `is a PEM block, but ${noRequest}`],
    ["whose length is another", changedRequest, `is a PEM block, but ${noRequest}`],
    [
      "changed after they were signed",
      forged,
      "has a signature that is not of its own key, so it was changed or cut after it was made; make it again",
    ],
    [
      "signed with SHA-1",
      sha1Request,
      "is signed with an algorithm (1.2.840.113549.1.1.5) other than RSA or ECDSA with SHA-2; make it again with `openssl req -new -sha256`",
    ],
    [
      "of Ed25519 keys",
      edRequest,
      "is signed with an algorithm (1.3.101.112) other than RSA or ECDSA with SHA-2; make it again with `openssl req -new -sha256`",
    ],
    [
      "for authorities",
      authorityRequest,
      `asks to be an authority (basicConstraints CA:TRUE), which could sign for anybody; ${alone}`,
    ],
    [
      "with an extension that says nothing",
      leafRequest,
      `asks for basicConstraints besides names, which the template sets by itself; ${alone}`,
    ],
    [
      "with other extensions",
      usageRequest,
      `asks for keyUsage, 1.2.3.4 besides names, which the template sets by itself; ${alone}`,
    ],
    [
      "for names that are no DNS names",
      addressRequest,
      'asks for the IP address "10.0.0.1", the e-mail address "a@example.com", the URI "spiffe://x/y", and the template lets only DNS names through; make a request for these alone',
    ],
    [
      "for other names",
      p384Request,
      'asks for "a.train.example.com", "b.train.example.com", but names says "gateway.train.example.com"; make another request, or write its names',
    ],
    [
      "for a common name alone",
      namelessRequest,
      'asks for no name (a common name does not count: only subjectAltName does), but names says "gateway.train.example.com"; make a request for these',
    ],
    [
      "with a weak key",
      weakRequest,
      'has an RSA key of 1024 bits, which is too weak or not of a kind that is signed; make a key "ecdsa-p256", "ecdsa-p384" or "rsa-2048"',
    ],
    [
      "with a key of a kind that Google does not sign",
      p521Request,
      'has a key on the curve secp521r1, which is too weak or not of a kind that is signed; make a key "ecdsa-p256", "ecdsa-p384" or "rsa-2048"',
    ],
  ])("%s", (_, csr, message) => {
    const keys = ["rsa-2048", "ecdsa-p384", "ecdsa-p256"];
    expect(problemsOf(certificate({ csr }, { keys }))).toEqual([`${gatewayPath}.csr: ${message}`]);
  });

  test("with keys that the pool does not sign, and says how it would", () => {
    expect(problemsOf(certificate({ csr: rsaRequest }))).toEqual([
      `${gatewayPath}.csr: has an RSA key of 2048 bits, and the pool signs "ecdsa-p256" only; make such a key, or add "rsa-2048" to keys`,
    ]);
    expect(problemsOf(certificate({ csr: rsaRequest }, { keys: ["rsa-2048"] }))).toEqual([]);
    expect(problemsOf(cas({ keys: [] }))).toEqual([
      "stacks.cas.keys: is empty, so no key would do; write at least one kind or leave it out",
    ]);
  });

  test("whose names are none of the group's", () => {
    const given = certificate({ names: ["gateway.example.org"] });
    expect(problemsOf(given)).toEqual([
      `${gatewayPath}.csr: asks for "gateway.train.example.com", but names says "gateway.example.org"; make another request, or write its names`,
      `${gatewayPath}.names["gateway.example.org"]: is in none of the group's domains ("train.example.com"), so its template would refuse it; rename it, or add its domain`,
    ]);
    expect(problemsOf(certificate({ names: [] }))).toEqual([
      `${gatewayPath}.names: is empty; write the DNS names of the request`,
    ]);
  });

  test("with every mistake at once", () => {
    expect(problemsOf(certificate({ csr: authorityRequest, names: ["x.train.example.com"] }))).toHaveLength(2);
  });

  test("a private key in its place is not even shown", () => {
    const key = "-----BEGIN EC PRIVATE KEY-----\nMHcCAQEEIA==\n-----END EC PRIVATE KEY-----\n";
    const lines = problemsOf(certificate({ csr: `${request}${key}` }));
    expect(lines).toEqual([expect.stringContaining("looks like a private key")]);
    expect(lines.join()).not.toContain("MHcCAQ");
  });

  test("but not for their layout, the order or the case of their names, or a line that looks like a key", () => {
    const taken: readonly Fields[] = [
      certificate({ csr: request.replaceAll("\n", "\r\n") }),
      certificate({ csr: request.replaceAll("CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST") }),
      certificate({ csr: upperRequest }),
      certificate({ names: ["Gateway.Train.Example.COM."] }),
      certificate(
        { csr: p384Request, names: ["b.train.example.com", "a.train.example.com"] },
        { keys: ["ecdsa-p384"] },
      ),
      certificate({ csr: fortyRequest, names: ["ggggggggg.train.example.com"] }, { keys: ["rsa-2048"] }),
    ];
    for (const given of taken) expect([problemsOf(given), warningsOf(given)]).toEqual([[], []]);
  });

  test("with any bit changed", () => {
    const der = Buffer.from(request.replace(/-----.*-----/g, ""), "base64");
    const pemOf = (bytes: Buffer) =>
      `-----BEGIN CERTIFICATE REQUEST-----\n${bytes.toString("base64")}\n-----END CERTIFICATE REQUEST-----\n`;
    expect(parseRequest(pemOf(der))).toHaveProperty("request");
    fc.assert(
      fc.property(fc.integer({ min: 0, max: der.length * 8 - 1 }), (bit) => {
        const changed = Buffer.from(der);
        changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        expect(parseRequest(pemOf(changed))).toEqual({ mistake: expect.any(String) });
      }),
      runs(15),
    );
    expect(parseRequest(pemOf(Buffer.concat([der, Buffer.from([0])])))).toHaveProperty("mistake");
    expect(parseRequest(pemOf(der.subarray(0, -1)))).toHaveProperty("mistake");
  });
});

describe("phases", () => {
  const issuersWith = (of: Readonly<Record<string, Phase>>) =>
    Object.fromEntries(Object.entries(of).map(([name, phase]) => [name, { commonName: name, phase }]));

  /** Problems with phases, given the phases before. */
  function saidOf(now: Readonly<Record<string, Phase>>, before: Readonly<Record<string, Phase>>): readonly string[] {
    const given = cas({ issuers: issuersWith(now) });
    const report = newReport();
    const known = new Map(Object.entries(before).map(([name, phase]) => [`${name}-2026a`, phase] as const));
    checkPhases(completed(given), known, report.in("stacks", "cas", "issuers"));
    return report.problems.map(({ path, message }) => `${showPath(path, given)}: ${message}`);
  }

  const nothingSigns = (states: string) =>
    `stacks.cas.issuers: are all ${states}, so nothing signs; write phase: "enabled" for one of them`;
  const isNew =
    'stacks.cas.issuers.b.phase: is "disabled", but the issuer is new, and Google makes issuers staged or enabled only; write "staged" or "enabled", or leave the issuer out';

  test("of which none signs are refused", () => {
    expect(problemsOf(cas({ issuers: issuersWith({ a: "disabled", b: "disabled" }) }))).toEqual([
      nothingSigns("disabled"),
    ]);
    expect(problemsOf(cas({ issuers: issuersWith({ a: "staged" }) }))).toEqual([nothingSigns("staged")]);
    expect(problemsOf(cas({ issuers: issuersWith({ a: "disabled", b: "staged" }) }))).toEqual([
      nothingSigns("disabled or staged"),
    ]);
    expect(problemsOf(cas({ issuers: {} }))).toEqual(["stacks.cas.issuers: is empty; write at least one issuer"]);
  });

  test("that Google cannot reach from what was there are refused", () => {
    expect(saidOf({ a: "enabled", b: "disabled" }, { a: "enabled" })).toEqual([isNew]);
    expect(saidOf({ a: "enabled", b: "disabled" }, {})).toEqual([isNew]);
    for (const before of ["enabled", "disabled"] as const) {
      expect(saidOf({ a: "enabled", b: "staged" }, { a: "enabled", b: before })).toEqual([
        `stacks.cas.issuers.b.phase: is "staged", but the issuer was ${before} before, and only a new one is staged; write "enabled" or "disabled"`,
      ]);
    }
  });

  const type = "google_privateca_certificate_authority";
  const authority = (id: string, more: Fields) => ({ certificate_authority_id: id, ...more });
  /** Problems with a config, given the stack before. */
  const saidAgainst = (given: Fields, previous: PreviousStack | undefined) => {
    const report = newReport();
    checkAgainst(checkedConfig(given).config, new Map(previous && [["cas", previous]]), report, () => new Map());
    return report.problems.map(({ path, message }) => `${showPath(path, given)}: ${message}`);
  };

  test("of an issuer that is gone while it is protected: the provider would refuse in the middle of the apply", () => {
    const stackBefore = (deletion_protection: boolean): PreviousStack => ({
      from: "output",
      resources: {
        [`${type}.root`]: authority("root-2026a", { deletion_protection, desired_state: "ENABLED" }),
        [`${type}.issuer_a`]: authority("a-2026a", { deletion_protection, desired_state: "ENABLED" }),
        [`${type}.issuer_old`]: authority("old-2026a", { deletion_protection, desired_state: "DISABLED" }),
      },
    });
    expect(saidAgainst(cas(), stackBefore(true))).toEqual([
      'stacks.cas.issuers: lacks "old", which was there before and is protected, so the apply would end half-way; put it back, write protect: false, apply, and then take it out',
    ]);
    expect(saidAgainst(cas(), stackBefore(false))).toEqual([]);
  });

  test("are known from what was synthesized, from a state, where they are what really is, and of a new stack", () => {
    const given = cas({ issuers: issuersWith({ a: "enabled", b: "disabled", c: "staged" }) });
    const against = (previous: PreviousStack | undefined) => saidAgainst(given, previous);
    const output = {
      [`${type}.issuer_b`]: authority("b-2026a", { desired_state: "ENABLED" }),
      [`${type}.issuer_c`]: authority("c-2026a", { desired_state: "STAGED" }),
    };
    const state = {
      [`${type}.issuer_b`]: authority("b-2026a", { desired_state: "ENABLED", state: "DISABLED" }),
      [`${type}.issuer_c`]: authority("c-2026a", { desired_state: "STAGED", state: "ENABLED" }),
    };
    expect(against({ from: "output", resources: output })).toEqual([]);
    expect(against({ from: "state", resources: state })).toEqual([
      expect.stringMatching(/^stacks\.cas\.issuers\.c\.phase: is "staged", but the issuer was enabled before/),
    ]);
    expect(against({ from: "output", resources: {} })).toEqual([isNew]);
    expect(against(undefined)).toEqual([isNew]);
  });

  test("of a rotation are taken, one after the other, and back from disabled", () => {
    const steps: readonly Readonly<Record<string, Phase>>[] = [
      {},
      { a: "enabled" },
      { a: "enabled", b: "staged" },
      { a: "enabled", b: "enabled" },
      { a: "disabled", b: "enabled" },
      { a: "enabled", b: "enabled" },
      { b: "enabled" },
    ];
    for (const [index, now] of steps.entries()) {
      if (index > 0) expect(saidOf(now, steps[index - 1] ?? {})).toEqual([]);
    }
  });
});

describe("warns of", () => {
  const pool = "principalSet://iam.googleapis.com/projects/1234/locations/global/workloadIdentityPools/ci";
  const apart = { domains: ["other.example.com"], members: ["group:others@example.com"] };

  test.each<Row>([
    [
      "skipping a grace period that never begins",
      cas({ skipGracePeriod: true }),
      [
        "stacks.cas.skipGracePeriod: has no use while protect is true, which lets nothing be destroyed; leave it out until protect is false",
      ],
    ],
    [
      "authorities that one mistake ends for good",
      cas({ protect: false, skipGracePeriod: true }),
      [
        "stacks.cas.skipGracePeriod: is true, and protect is false: what destroys an authority ends it at once and for good, with no 30 days in which to take it back; write both only to take the stack down",
      ],
    ],
    ["authorities that a destroy can end, though not at once: nothing", cas({ protect: false }), []],
    [
      "every identity of a pool as a member",
      trainers({ members: [`${pool}/*`, `${pool}/attribute.team/ml`, `${pool}/group/ml`] }),
      [
        `${trainersPath}.members["${pool}/*"]: is every identity of the pool, whichever of its providers lets it in; name one by "/subject/", or some by "/group/" or "/attribute.<name>/"`,
      ],
    ],
    [
      "an issuer that may be new and disabled",
      cas({ issuers: { a: { commonName: "A" }, b: { commonName: "B", phase: "disabled" } } }),
      [
        'stacks.cas.issuers.b.phase: is "disabled", which is right only for an issuer that signed before: Google makes a new one staged or enabled, and refuses the plan; check --against what is deployed tells which it is',
      ],
    ],
    [
      "certificates that live for years",
      cas({
        maximumLifetime: "900d",
        nodeGroups: { trainers: { ...group, lifetime: "826d" }, others: { ...group, ...apart, lifetime: "825d" } },
      }),
      [
        `${trainersPath}.lifetime: is "826d": a key that leaks is good as long, and clients of Apple refuse more than 825d; write less`,
      ],
    ],
    [
      "a share for renewals that no bootstrap makes",
      trainers({ renewAt: 0.5 }),
      [`${trainersPath}.renewAt: has no use without bootstrap; write bootstrap: {} or leave it out`],
    ],
    [
      "node groups whose domains are one, or one within the other",
      cas({
        nodeGroups: {
          trainers: { ...group, domains: ["gpu.train.example.com", "train.example.com"] },
          storage: { ...group, domains: ["train.example.com"], members: ["group:storage@example.com"] },
        },
      }),
      [
        `${trainersPath}.domains["gpu.train.example.com"]: lies in "train.example.com" of the node group storage, whose nodes can take these names too; give each group a domain that is in no other's`,
        `${trainersPath}.domains["train.example.com"]: is a domain of the node group storage too, so nodes of each can take the other's names; give each group a domain of its own`,
      ],
    ],
    [
      "authorities of one name",
      cas({ issuers: { a: { commonName: "root" }, b: { commonName: "B" }, c: { commonName: "B " } } }),
      [
        'stacks.cas.issuers.a.commonName: is "root", as the root is called, and authorities of one name are taken for each other; write another, such as "root a"',
        'stacks.cas.issuers.c.commonName: is "B ", as the issuer b is called, and authorities of one name are taken for each other; write another, such as "B c"',
      ],
    ],
    [
      "service accounts of a domain that has none",
      trainers({
        members: [
          "serviceAccount:trainers@ai-training.iam.gserviceacount.com",
          "serviceAccount:1@developer.gserviceaccounts.com",
          "serviceAccount:x@example.com",
        ],
      }),
      [
        `${trainersPath}.members["serviceAccount:1@developer.gserviceaccounts.com"]: is in "developer.gserviceaccounts.com", which has no service accounts; did you mean "serviceAccount:1@developer.gserviceaccount.com"?`,
        `${trainersPath}.members["serviceAccount:trainers@ai-training.iam.gserviceacount.com"]: is in "ai-training.iam.gserviceacount.com", which has no service accounts; did you mean "serviceAccount:trainers@ai-training.iam.gserviceaccount.com"?`,
        `${trainersPath}.members["serviceAccount:x@example.com"]: is in "example.com", which has no service accounts; did you mean "serviceAccount:x@ai-training.iam.gserviceaccount.com"?`,
      ],
    ],
  ])("%s", (_, given, lines) => expect([problemsOf(given), warningsOf(given)]).toEqual([[], lines]));
});

test("service accounts of every kind there is are taken without a word", () => {
  const accounts = [
    "trainers@other-project.iam.gserviceaccount.com",
    "trainers@ai.example.com.iam.gserviceaccount.com",
    "123456789012-compute@developer.gserviceaccount.com",
    "ai-training@appspot.gserviceaccount.com",
    "123456789012@cloudservices.gserviceaccount.com",
    "ai-training.svc.id.goog[jobs/trainer]",
  ];
  expect(warningsOf(trainers({ members: accounts.map((one) => `serviceAccount:${one}`) }))).toEqual([]);
});
