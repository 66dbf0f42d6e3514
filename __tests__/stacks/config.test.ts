import fc from "fast-check";
import { day } from "../../lib/config/duration";
import { checkedConfig } from "../../stacks/check";
import {
  account,
  albListener,
  certificateOf,
  changed,
  completed,
  fullConfig,
  goodConfig,
  nlbListener,
  problemsOf,
  topic,
} from "../support/configs";
import { runs } from "../support/runs";

/** The value with the entries of every map and the members of every list in another order. */
function shuffled(value: unknown, next: () => number): unknown {
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).map(([key, inner]) => [key, shuffled(inner, next)] as const);
  const inOrder = entries.map((entry) => ({ entry, place: next() })).sort((one, other) => one.place - other.place);
  return Array.isArray(value)
    ? inOrder.map(({ entry: [, inner] }) => inner)
    : Object.fromEntries(inOrder.map(({ entry }) => entry));
}

function frozen<Value>(value: Value): Value {
  if (typeof value === "object" && value !== null) for (const inner of Object.values(value)) frozen(inner);
  return Object.freeze(value);
}

/** Numbers from a seed, for one order out of many. */
function numbersFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
    return state;
  };
}

describe("a complete config", () => {
  test("the least that can be said, with every default", () => {
    expect(completed(changed({ "api/alarm": undefined }))).toEqual({
      settings: {
        project: "ai-platform",
        environment: "test",
        labels: {},
        backend: { type: "local" },
        privateKeys: "encrypted-backend",
        applyEvery: 7 * day,
        horizon: undefined,
        providers: {},
      },
      stacks: [
        {
          name: "web",
          kind: "acm-route53",
          config: {
            account,
            region: "eu-west-1",
            zones: { "example.com": "Z0123456789ABCDEFGHIJ" },
            certificates: [
              {
                name: "api",
                commonName: "api.example.com",
                names: ["api.example.com"],
                key: "ecdsa-p256",
                purpose: "server",
                region: "eu-west-1",
                listeners: [],
                consumers: [],
                validationTimeout: 1_800,
                alarm: { name: "ai-platform-test-web-api-expiry", before: 30 * day, topics: [] },
                validations: [{ name: "api.example.com", domain: "api.example.com", zone: "example.com" }],
                records: "managed",
              },
            ],
            lifetime: 200 * day,
            namesPerCertificate: 10,
          },
        },
      ],
    });
  });

  test("everything that can be said", () => {
    const { settings, stacks } = completed(fullConfig());
    expect(settings).toMatchObject({
      labels: { "cost-center": "4711", team: "ml-platform" },
      privateKeys: "never",
      applyEvery: 3 * day,
      horizon: "2027-03-15",
      providers: { aws: "~> 6.25" },
    });
    expect(Object.keys(settings.labels)).toEqual(["cost-center", "team"]);
    expect(stacks.map(({ name }) => name)).toEqual(["second", "web"]);
    expect(stacks[1]?.config).toMatchObject({
      namesPerCertificate: 50,
      lifetime: 100 * day,
      zones: { "example.com": "Z0123456789ABCDEFGHIJ", "example.org": "lookup" },
      certificates: [
        {
          name: "api",
          key: "ecdsa-p384",
          region: "eu-west-1",
          consumers: ["api-gateway"],
          listeners: [
            { arn: albListener, kind: "alb-listener", account, region: "eu-west-1", loadBalancer: "api" },
            { arn: nlbListener, kind: "nlb-listener", listener: "9c0d1e2f3a4b5c6d", loadBalancer: "tcp" },
          ],
          validationTimeout: 3_600,
          alarm: { before: 9 * day, topics: [{ arn: topic, partition: "aws" }] },
        },
        { name: "edge", region: "us-east-1", consumers: ["cloudfront"], alarm: { before: 15 * day } },
        { name: "quiet", alarm: undefined },
      ],
    });
    expect(stacks[0]?.config).toMatchObject({ certificates: [{ records: "existing", validations: [] }] });
    expect(stacks[0]?.config).toHaveProperty("zones", {});
  });

  test("the order in which a config is written changes nothing", () => {
    const config = fullConfig();
    const expected = JSON.stringify(checkedConfig(config).config);
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        expect(JSON.stringify(checkedConfig(shuffled(config, numbersFrom(seed))).config)).toBe(expected);
      }),
      runs(8),
    );
  });

  test("nor does it change what is wrong with it", () => {
    const config = {
      ...changed({
        "api/names": ["a_b.example.com", "*.example.net", "api.example.com", "x..y"],
        "api/attach": [{ to: "cloudfront" }, { to: "alb-listener", arn: albListener }, { to: "elb" }],
        "api/alarm": { topics: [topic, `${topic}2`] },
        "web/colour": "blue",
        second: {},
      }),
    };
    const expected = problemsOf(config);
    expect(expected).toHaveLength(9);
    fc.assert(
      fc.property(fc.integer(), (seed) => expect(problemsOf(shuffled(config, numbersFrom(seed)))).toEqual(expected)),
      runs(8),
    );
  });

  test("spellings of one thing are one thing", () => {
    const arn = [albListener, albListener].map((arn) => ({ to: "alb-listener", arn }));
    const certificate = certificateOf({
      "api/names": ["API.example.com.", "api.example.com", "*.EXAMPLE.com", "*.example.com."],
      "api/attach": [...arn, { to: "api-gateway" }, { to: "api-gateway" }],
      "api/alarm": { topics: [topic, topic] },
      "web/dns/zones": { "Example.COM.": "Z1" },
    });
    expect(certificate.names).toEqual(["*.example.com", "api.example.com"]);
    expect(certificate.listeners.map((listener) => listener.arn)).toEqual([albListener]);
    expect(certificate.consumers).toEqual(["api-gateway"]);
    expect(certificate.alarm?.topics.map(({ arn }) => arn)).toEqual([topic]);
  });

  test("a config is left as it was given", () => {
    for (const config of [
      fullConfig(),
      goodConfig(),
      changed({ "api/names": ["X..Y"], "web/region": 5, colour: {} }),
    ]) {
      const before = JSON.stringify(config);
      checkedConfig(frozen(config));
      expect(JSON.stringify(config)).toBe(before);
    }
  });
});

test("config and checks load nothing of the framework", () => {
  for (const name of ["cdktf", "constructs", "@cdktf/provider-aws"]) {
    expect(() => require(name)).toThrow("config and checks load the framework");
  }
});
