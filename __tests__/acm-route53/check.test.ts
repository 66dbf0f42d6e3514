import { day, showDuration } from "../../lib/config/duration";
import { publicLifetime } from "../../lib/config/lifetimes";
import { renewalPoint } from "../../stacks/acm-route53/check-alarm";
import { defaultAlarm } from "../../stacks/acm-route53/config";
import {
  account,
  albListener,
  type Changes,
  changed,
  goodConfig,
  nlbListener,
  problemsOf,
  topic,
  warningsOf,
} from "../support/configs";

const api = "stacks.web.certificates.api";
const inVirginia = (arn: string) => arn.replace("eu-west-1", "us-east-1");

/** What is changed in the good config, and every line that its owner reads. */
type Row = readonly [title: string, changes: Changes, lines: readonly string[]];

describe("what ACM and its consumers take", () => {
  const acmKeys = '"ecdsa-p256", "ecdsa-p384" or "rsa-2048"';

  test.each<Row>([
    [
      "an RSA key of 4096 bits",
      { "api/key": "rsa-4096" },
      [`${api}.key: is "rsa-4096", which ACM does not make; write ${acmKeys}`],
    ],
    [
      "an RSA key of 3072 bits",
      { "api/key": "rsa-3072" },
      [`${api}.key: is "rsa-3072", which ACM does not make; write ${acmKeys}`],
    ],
    [
      "a key that ACM does not make, for CloudFront: one line",
      { "api/key": "rsa-4096", "api/attach": [{ to: "cloudfront" }] },
      [`${api}.key: is "rsa-4096", which ACM does not make; write ${acmKeys}`],
    ],
    [
      "CloudFront and P-384",
      { "api/key": "ecdsa-p384", "api/attach": [{ to: "cloudfront" }] },
      [`${api}.key: is "ecdsa-p384", which CloudFront does not take; write "ecdsa-p256" or "rsa-2048"`],
    ],
    [
      "CloudFront and a listener elsewhere",
      { "api/attach": [{ to: "cloudfront" }, { to: "alb-listener", arn: albListener }] },
      [
        `${api}.attach["cloudfront"]: needs the certificate in us-east-1, but "${albListener}" needs it in eu-west-1; make two certificates`,
      ],
    ],
    [
      "CloudFront and API Gateway elsewhere",
      { "api/attach": [{ to: "api-gateway" }, { to: "cloudfront" }] },
      [
        `${api}.attach["cloudfront"]: needs the certificate in us-east-1, but "api-gateway" needs it in eu-west-1; make two certificates`,
      ],
    ],
    [
      "CloudFront from China",
      { "web/region": "cn-north-1", "api/attach": [{ to: "cloudfront" }] },
      [
        `${api}.attach["cloudfront"]: needs a certificate in us-east-1, which accounts of cn-north-1 cannot reach; leave it out`,
      ],
    ],
    [
      "two listeners with one id",
      {
        "api/attach": [
          { to: "alb-listener", arn: albListener },
          { to: "alb-listener", arn: albListener.replace("/1a2b", "/1a2c") },
        ],
      },
      [
        `${api}.attach["${albListener.replace("/1a2b", "/1a2c")}"]: has the id of "${albListener}", and AWS gives every listener its own; copy it again`,
      ],
    ],
    [
      "a topic of CloudFront's certificate in the stack's region",
      { "api/attach": [{ to: "cloudfront" }], "api/alarm": { topics: [topic] } },
      [
        `${api}.alarm.topics["${topic}"]: is in eu-west-1, the certificate in us-east-1; name a topic in us-east-1, where the alarm is`,
      ],
    ],
    [
      "a topic of another account",
      { "api/alarm": { topics: [topic.replace(account, "444455556666")] } },
      [
        `${api}.alarm.topics["${topic.replace(account, "444455556666")}"]: is of account 444455556666, the stack of ${account}; make a stack for each account`,
      ],
    ],
    [
      "a certificate for clients",
      { "api/purpose": "mutual" },
      [
        `${api}.purpose: is "mutual", but ACM is a public authority and signs for servers only; let a private one sign: pipeline-tls, vault-pki-k8s or cas-short-lived`,
      ],
    ],
  ])("%s", (_, changes, lines) => expect(problemsOf(changed(changes))).toEqual(lines));

  test.each<[title: string, changes: Changes]>([
    [
      "P-384 on load balancers",
      {
        "api/key": "ecdsa-p384",
        "api/attach": [
          { to: "alb-listener", arn: albListener },
          { to: "nlb-listener", arn: nlbListener },
        ],
      },
    ],
    ["RSA on CloudFront", { "api/key": "rsa-2048", "api/attach": [{ to: "cloudfront" }] }],
    [
      "a topic in us-east-1 for CloudFront",
      { "api/attach": [{ to: "cloudfront" }], "api/alarm": { topics: [inVirginia(topic)] } },
    ],
    [
      "everything together in us-east-1",
      {
        "web/region": "us-east-1",
        "api/attach": [
          { to: "cloudfront" },
          { to: "api-gateway" },
          { to: "alb-listener", arn: inVirginia(albListener) },
        ],
        "api/alarm": { topics: [inVirginia(topic)] },
      },
    ],
    [
      "ARNs of one account that is not stated",
      {
        "web/account": undefined,
        "api/attach": [{ to: "alb-listener", arn: albListener }],
        "api/alarm": { topics: [topic] },
      },
    ],
  ])("fits: %s", (_, changes) => expect(problemsOf(changed(changes))).toEqual([]));
});

describe("alarms and renewal", () => {
  const alarm = (before: string, horizon?: string) => changed({ "api/alarm": { before, topics: [topic] }, horizon });

  test.each([
    [undefined, "45d", "44d", "30d"],
    ["2027-03-14", "45d", "44d", "30d"],
    ["2027-03-15", "22d", "21d", "15d"],
    ["2029-03-14", "22d", "21d", "15d"],
    ["2029-03-15", "10d", "9d", "7d"],
  ])(
    "at the horizon %s an alarm %s before the end rings each time, %s before does not",
    (horizon, at, below, advised) => {
      expect(problemsOf(alarm(at, horizon))).toEqual([
        `${api}.alarm.before: is "${at}", but ACM renews ${at} before the end, so it would ring each time; write less, such as "${advised}"`,
      ]);
      expect(problemsOf(alarm("199d", horizon))).toHaveLength(1);
      expect(problemsOf(alarm(below, horizon))).toEqual([]);
      expect(problemsOf(alarm(advised, horizon))).toEqual([]);
      // What is advised in its place raises no question, but of the horizon.
      expect(warningsOf(alarm(advised, horizon))).toEqual(
        horizon?.startsWith("2027-03-15") || horizon?.startsWith("2029")
          ? []
          : [expect.stringContaining("set horizon to")],
      );
    },
  );

  test.each([
    [undefined, "44d", "2027-03-15", "100d", "22d"],
    [undefined, "22d", "2027-03-15", "100d", "22d"],
    [undefined, "21d", "2029-03-15", "47d", "10d"],
    ["2027-03-15", "10d", "2029-03-15", "47d", "10d"],
  ])("at the horizon %s an alarm %s before the end is fine until %s", (horizon, before, from, lifetime, point) => {
    expect(problemsOf(alarm(before, horizon))).toEqual([]);
    expect(warningsOf(alarm(before, horizon))).toEqual([
      `${api}.alarm.before: is "${before}", but from ${from} certificates live ${lifetime} and ACM renews them ${point} before the end, so it would ring each time; write less than ${point}, or set horizon to "${from}" and leave it out`,
    ]);
  });

  test.each([
    [undefined, "9d"],
    ["2027-03-15", "9d"],
    ["2029-03-15", "9d"],
  ])("at the horizon %s an alarm %s before the end is fine for good", (horizon, before) => {
    expect([...problemsOf(alarm(before, horizon)), ...warningsOf(alarm(before, horizon))]).toEqual([]);
  });

  test("following the advice of a warning ends it", () => {
    for (const before of ["44d", "22d", "21d", "10d"]) {
      const [, point, date] =
        /write less than (\w+), or set horizon to "(.+)"/.exec(warningsOf(alarm(before))[0] ?? "") ?? [];
      expect(warningsOf(changed({ horizon: date }))).toEqual([]);
      const less = `${Number.parseInt(point ?? "", 10) - 1}d`;
      expect(warningsOf(alarm(less)).filter((line) => line.includes(`from ${date}`))).toEqual([]);
    }
  });

  describe("told once for a stack", () => {
    const certificates = (alarm?: unknown) => ({
      "web/certificates": Object.fromEntries(["a", "b", "c"].map((key) => [key, { names: ["a.example.com"], alarm }])),
    });
    const told = (horizon: string | undefined, alarm?: unknown) =>
      warningsOf(changed({ ...certificates(alarm), horizon }));
    const ring =
      'stacks.web.certificates: have alarms that ring 30d before the end (a and 2 more): from 2027-03-15 certificates live 100d and ACM renews them 22d before the end, so they would ring each time; set horizon to "2027-03-15", with which the default is 15d';
    const silent =
      "stacks.web.certificates: have alarms that tell nobody (a and 2 more): they ring in CloudWatch alone; write topics for them, or alarm: false";

    test("the default alarm rings in every cycle from 2027-03-15 on, where the horizon lies before that", () => {
      expect(told(undefined, { topics: [topic] })).toEqual([ring]);
      expect(told("2027-03-14", { topics: [topic] })).toEqual([ring]);
      expect(told("2027-03-15", { topics: [topic] })).toEqual([]);
      expect(told(undefined, { topics: [topic], before: "9d" })).toEqual([]);
      expect(told("tomorrow", { topics: [topic] })).toEqual([]);
    });

    test("an alarm without a topic tells nobody", () => {
      expect(told("2027-03-15", {})).toEqual([silent]);
      expect(told(undefined, {})).toEqual([ring, silent]);
      expect(told(undefined, false)).toEqual([]);
      expect(told("2027-03-15", { topics: ["none"] })).toEqual([]);
    });
  });

  test("no alarm has nothing to ring", () => {
    expect(problemsOf(changed({ "api/alarm": false }))).toEqual([]);
  });

  test("the default always lies below the point of renewal, and leaves days to act", () => {
    for (const horizon of [undefined, "2027-03-15", "2029-03-15"]) {
      const lifetime = publicLifetime(horizon);
      expect(defaultAlarm(lifetime)).toBeLessThan(renewalPoint(lifetime));
      expect(defaultAlarm(lifetime)).toBeGreaterThanOrEqual(7 * day);
      expect(problemsOf(alarm(showDuration(defaultAlarm(lifetime)), horizon))).toEqual([]);
    }
  });
});

describe("one owner for each record", () => {
  const { web } = goodConfig().stacks;
  const owns = (changes: Changes): Record<string, unknown> => ({ ...web, ...changes });
  const second = (changes: Changes) => ({ stacks: { one: owns({}), two: owns(changes) } });
  const line = (stack: string, name: string, other: string, more = "") =>
    `stacks.${stack}.certificates.api.names["${name}"]: stack ${other} owns its validation record already; write records: "existing" on one of them${more}`;
  const unstated = ", or state the account of both if they differ";
  const names = (...given: readonly string[]) => ({ api: { names: given } });

  test.each<Row>([
    ["two stacks of one account", second({ region: "us-east-1" }), [line("two", "api.example.com", "one")]],
    ["one account not stated", second({ account: undefined }), [line("two", "api.example.com", "one", unstated)]],
    [
      "the other account not stated",
      { stacks: { one: owns({ account: undefined }), two: owns({}) } },
      [line("two", "api.example.com", "one", unstated)],
    ],
    [
      "both accounts not stated",
      { stacks: { one: owns({ account: undefined }), two: owns({ account: undefined }) } },
      [line("two", "api.example.com", "one", unstated)],
    ],
    [
      "two spellings of the name",
      second({ certificates: names("API.example.com.") }),
      [line("two", "api.example.com", "one")],
    ],
    [
      "a name and its wildcard, which share a record",
      second({ certificates: names("*.api.example.com") }),
      [line("two", "*.api.example.com", "one")],
    ],
    [
      "one of several names",
      second({ certificates: names("b.example.com", "api.example.com", "c.example.com") }),
      [line("two", "api.example.com", "one")],
    ],
    [
      "three stacks",
      { stacks: { one: owns({}), three: owns({}), two: owns({}) } },
      [line("three", "api.example.com", "one"), line("two", "api.example.com", "one")],
    ],
    [
      "three stacks of two accounts",
      { stacks: { one: owns({}), three: owns({}), two: owns({ account: "444455556666" }) } },
      [line("three", "api.example.com", "one")],
    ],
    [
      "an account that is not stated meets two that are",
      { stacks: { one: owns({}), three: owns({ account: "444455556666" }), two: owns({ account: undefined }) } },
      [line("two", "api.example.com", "one", unstated)],
    ],
    [
      "an account that is malformed may be another one",
      second({ account: "1" }),
      ['stacks.two.account: is "1"; write the 12 digits of an AWS account'],
    ],
  ])("%s", (_, changes, lines) => expect(problemsOf(changed(changes))).toEqual(lines));

  test.each<[title: string, changes: Changes]>([
    ["two accounts", second({ account: "444455556666" })],
    ["another stack's records", second({ certificates: { api: { names: ["api.example.com"], records: "existing" } } })],
    ["other names", second({ certificates: names("b.example.com", "notapi.example.com", "*.example.com") })],
    [
      "certificates of one stack share",
      { "web/certificates/other": { names: ["api.example.com", "*.api.example.com"] } },
    ],
  ])("fine: %s", (_, changes) => expect(problemsOf(changed(changes))).toEqual([]));
});

describe("alarms of one name", () => {
  const alarmed = (one: Record<string, unknown>, other: Record<string, unknown>) => {
    const config = goodConfig() as unknown as { stacks: Record<string, Record<string, unknown>> };
    const { web } = config.stacks;
    const certificate = (key: string, name: string) => ({
      certificates: { [key]: { names: [`${name}.example.com`] } },
    });
    config.stacks = {
      web: { ...web, ...certificate("b-api", "one"), ...one },
      "web-b": { ...web, ...certificate("api", "two"), ...other },
    };
    return problemsOf(config);
  };
  const told =
    'stacks.web-b.certificates.api: would have the alarm "ai-platform-test-web-b-api-expiry", which is that of certificate b-api of stack web; rename one of them';
  const orState = ", or state the account of both if they differ";

  test("are refused, since each apply would take the alarm from the other", () => {
    expect(alarmed({}, {})).toEqual([told]);
    expect(alarmed({ account: undefined }, {})).toEqual([told + orState]);
  });

  test("are two in two regions or accounts, and none where one is left out", () => {
    expect(alarmed({ region: "eu-central-1" }, {})).toEqual([]);
    expect(alarmed({ account: "444455556666" }, {})).toEqual([]);
    const silent = { api: { names: ["two.example.com"], alarm: false } };
    expect(alarmed({}, { certificates: silent })).toEqual([]);
  });

  test("are those of one region, wherever CloudFront takes them", () => {
    const edge = (key: string, name: string) => ({
      certificates: { [key]: { names: [`${name}.example.com`], attach: [{ to: "cloudfront" }] } },
    });
    expect(alarmed({ region: "eu-central-1", ...edge("b-api", "one") }, edge("api", "two"))).toEqual([told]);
  });
});
