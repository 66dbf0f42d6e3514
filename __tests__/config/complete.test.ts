import fc from "fast-check";
import { partitionOf } from "../../lib/config/aws";
import { day, goDuration, parseDuration, showDuration } from "../../lib/config/duration";
import { configJsonSchema, configReference } from "../../lib/config/json-schema";
import { isDate, laterLifetimes, publicLifetime } from "../../lib/config/lifetimes";
import { type AcmCertificateConfig, type AcmRoute53Config, defaultAlarm } from "../../stacks/acm-route53/config";
import { checkedConfig } from "../../stacks/check";
import { type Config, configInput } from "../../stacks/config";
import {
  account,
  albListener,
  type Changes,
  changed,
  fullConfig,
  goodConfig,
  nlbListener,
  problemsOf,
  topic,
} from "../support/configs";

/** What a config becomes, which has to be without a mistake. */
function completed(given: unknown): Config {
  const { config, report } = checkedConfig(given);
  expect(report.problems).toEqual([]);
  return config;
}

/** What the stack `web` of a changed good config becomes. */
function stackOf(changes: Changes): AcmRoute53Config {
  const stack = completed(changed(changes)).stacks.find(({ name }) => name === "web");
  if (stack?.kind !== "acm-route53") throw new Error("no such stack");
  return stack.config;
}

/** What its certificate `api` becomes. */
function certificateOf(changes: Changes): AcmCertificateConfig {
  const certificate = stackOf(changes).certificates.find(({ name }) => name === "api");
  if (certificate === undefined) throw new Error("no such certificate");
  return certificate;
}

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
    expect(completed(goodConfig())).toEqual({
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
                alarm: { before: 30 * day, topics: [] },
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
          alarm: { before: 9 * day, topics: [{ arn: topic, partition: "aws", service: "sns" }] },
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
      { numRuns: 20 },
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
      { numRuns: 20 },
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

describe("certificates", () => {
  test.each([
    ["a name and its wildcard", ["*.example.com", "example.com"], [["example.com", "example.com"]]],
    ["a wildcard alone", ["*.example.com"], [["example.com", "*.example.com"]]],
    [
      "a wildcard one level down",
      ["*.api.example.com", "example.com"],
      [
        ["api.example.com", "*.api.example.com"],
        ["example.com", "example.com"],
      ],
    ],
    [
      "two spellings",
      ["bücher.example.com", "XN--BCHER-KVA.example.com"],
      [["xn--bcher-kva.example.com", "xn--bcher-kva.example.com"]],
    ],
  ])("%s: one record each, under the spelling that ACM lists", (_, names, expected) => {
    const { validations } = certificateOf({ "api/names": names });
    expect(validations.map(({ name, domain }) => [name, domain])).toEqual(expected);
  });

  test("a record belongs to the zone with the longest name, and zones that hold none are left out", () => {
    const { zones, certificates } = stackOf({
      "api/names": ["a.b.example.com", "*.b.example.com", "c.example.com"],
      "web/dns/zones": { "example.com": "Z1", "b.example.com": "Z2", "example.org": "Z3", com: "lookup" },
    });
    expect(certificates[0]?.validations.map(({ name, zone }) => [name, zone])).toEqual([
      ["a.b.example.com", "b.example.com"],
      ["b.example.com", "b.example.com"],
      ["c.example.com", "example.com"],
    ]);
    expect(Object.entries(zones)).toEqual([
      ["b.example.com", "Z2"],
      ["example.com", "Z1"],
    ]);
  });

  test("CloudFront takes a certificate to us-east-1, and nothing else does", () => {
    expect(certificateOf({ "api/attach": [{ to: "cloudfront" }] })).toMatchObject({ region: "us-east-1" });
    expect(certificateOf({ "api/attach": [{ to: "api-gateway" }] })).toMatchObject({ region: "eu-west-1" });
  });

  test.each([
    [undefined, 200, 30],
    ["2026-03-14", 200, 30],
    ["2027-03-14", 200, 30],
    ["2027-03-15", 100, 15],
    ["2029-03-14", 100, 15],
    ["2029-03-15", 47, 7],
    ["2099-01-01", 47, 7],
  ])("at the horizon %s certificates live %s days and the alarm rings %s days before", (horizon, lifetime, alarm) => {
    const stack = stackOf({ horizon });
    expect(stack.lifetime).toBe(lifetime * day);
    expect(stack.certificates[0]?.alarm).toEqual({ before: alarm * day, topics: [] });
    expect(publicLifetime(horizon)).toBe(lifetime * day);
    expect(defaultAlarm(lifetime * day)).toBe(alarm * day);
  });

  test("an alarm that says only whom to tell, an empty one and none", () => {
    expect(certificateOf({ "api/alarm": { topics: [topic] } }).alarm).toMatchObject({ before: 30 * day });
    expect(certificateOf({ "api/alarm": {} }).alarm).toEqual({ before: 30 * day, topics: [] });
    expect(certificateOf({ "api/alarm": false }).alarm).toBeUndefined();
  });

  test("the clock is never asked", () => {
    const before = JSON.stringify(checkedConfig(goodConfig()));
    jest.useFakeTimers({ now: new Date("2031-01-01") });
    try {
      expect(JSON.stringify(checkedConfig(goodConfig()))).toBe(before);
    } finally {
      jest.useRealTimers();
    }
  });
});

describe("times and places", () => {
  test.each([
    ["30s", 30, "30s"],
    ["15m", 900, "15m"],
    ["90m", 5_400, "90m"],
    ["24h", day, "24h"],
    ["90d", 90 * day, "2160h"],
    ["36500d", 36_500 * day, "876000h"],
  ])("%s is %s seconds, and %s to programs in Go", (text, seconds, go) => {
    expect(parseDuration(text)).toBe(seconds);
    expect(goDuration(seconds)).toBe(go);
  });

  test("a duration is shown in the largest unit that divides it, and read back the same", () => {
    expect([1, 60, 3_600, 5_400, day, 36 * 3_600, 90 * day].map(showDuration)).toEqual([
      "1s",
      "1m",
      "1h",
      "90m",
      "1d",
      "36h",
      "90d",
    ]);
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 36_500 * day }), (seconds) => {
        expect(parseDuration(showDuration(seconds))).toBe(seconds);
      }),
      { numRuns: 100 },
    );
  });

  test("lifetimes that come after the horizon", () => {
    const later = (horizon?: string) => laterLifetimes(horizon).map(({ from }) => from);
    expect(later()).toEqual(["2027-03-15", "2029-03-15"]);
    expect(later("2027-03-14")).toEqual(["2027-03-15", "2029-03-15"]);
    expect(later("2027-03-15")).toEqual(["2029-03-15"]);
    expect(later("2029-03-15")).toEqual([]);
  });

  test("dates are those of the calendar", () => {
    for (const date of ["2028-02-29", "2027-12-31", "0001-01-01"]) expect(isDate(date)).toBe(true);
    for (const text of ["2027-02-29", "2027-00-10", "2027-1-1", "+002027-01-01", "20270101"])
      expect(isDate(text)).toBe(false);
  });

  test.each([
    ["eu-west-1", "aws"],
    ["cn-north-1", "aws-cn"],
    ["us-gov-west-1", "aws-us-gov"],
    ["us-east-1", "aws"],
  ])("%s is in the partition %s", (region, partition) => expect(partitionOf(region)).toBe(partition));

  test("in China and in GovCloud too, a listener belongs where its stack is", () => {
    for (const [region, partition] of [
      ["cn-north-1", "aws-cn"],
      ["us-gov-west-1", "aws-us-gov"],
    ] as const) {
      const arn = albListener.replace("arn:aws:", `arn:${partition}:`).replace("eu-west-1", region);
      expect(
        certificateOf({ "web/region": region, "api/attach": [{ to: "alb-listener", arn }] }).listeners,
      ).toHaveLength(1);
    }
  });
});

describe("the JSON Schema", () => {
  type Schema = Readonly<Record<string, unknown>> & {
    readonly properties: Readonly<Record<string, Schema>>;
    readonly additionalProperties: Schema;
    readonly oneOf: readonly Schema[];
    readonly anyOf: readonly Schema[];
    readonly items: Schema;
  };
  const schema = configJsonSchema(configInput) as Schema;
  const { properties } = schema;
  const kind = (schemas: readonly Schema[] | undefined, field: string, value: string) =>
    schemas?.find((one) => one.properties[field]?.const === value) as Schema;
  const stack = kind(properties.stacks?.additionalProperties.oneOf, "scenario", "acm-route53");
  const certificate = stack.properties.certificates?.additionalProperties as Schema;

  /** Every schema inside the schema. */
  function partsOf(part: unknown): readonly Schema[] {
    if (typeof part !== "object" || part === null) return [];
    return [...("type" in part || "oneOf" in part ? [part as Schema] : []), ...Object.values(part).flatMap(partsOf)];
  }

  test("is JSON, says which draft it follows, and requires what the reader requires", () => {
    expect(JSON.parse(JSON.stringify(schema))).toEqual(schema);
    expect(schema.$schema).toBe("https://json-schema.org/draft/2020-12/schema");
    expect(schema.required).toEqual(["project", "environment", "backend", "stacks"]);
    expect(stack.required).toEqual(["scenario", "region", "dns", "certificates"]);
    expect(certificate.required).toEqual(["names"]);
  });

  test("takes no unknown field anywhere, and keys that follow their pattern in maps", () => {
    const maps = partsOf(schema).filter(({ type, properties }) => type === "object" && properties !== undefined);
    expect(maps.length).toBeGreaterThan(15);
    for (const map of maps) expect(map.additionalProperties).toBe(false);
    expect(properties.stacks?.additionalProperties.oneOf.length).toBeGreaterThan(0);
    expect(properties.labels?.additionalProperties).toMatchObject({ type: "string" });
    const keys = "^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$";
    expect([properties.stacks, stack.properties.certificates]).toMatchObject([
      { propertyNames: { pattern: keys } },
      { propertyNames: { pattern: keys } },
    ]);
  });

  test("declares patterns, words, limits and defaults", () => {
    expect(properties.project?.pattern).toBe("^[a-z]([a-z0-9-]{0,30}[a-z0-9])?$");
    expect(properties.applyEvery).toMatchObject({ pattern: "^[1-9][0-9]*[smhd]$", default: "7d" });
    expect(properties.privateKeys).toMatchObject({
      enum: ["never", "encrypted-backend", "allowed"],
      default: "encrypted-backend",
    });
    expect(stack.properties.account?.pattern).toBe("^[0-9]{12}$");
    const route53 = kind(stack.properties.dns?.oneOf, "in", "route53");
    expect(route53.properties.zones?.additionalProperties.pattern).toBe("^Z[A-Z0-9]{1,31}$|^lookup$");
    expect(stack.properties.quota?.properties.namesPerCertificate).toMatchObject({
      type: "integer",
      minimum: 10,
      maximum: 100,
      default: 10,
    });
    expect(certificate.properties.key).toMatchObject({ default: "ecdsa-p256" });
    expect(certificate.properties.validationTimeout).toMatchObject({ default: "30m" });
    expect(certificate.properties.alarm?.anyOf[0]).toEqual({ type: "boolean", const: false });
    expect(certificate.properties.attach?.items.oneOf.map(({ properties }) => properties.to?.const)).toEqual([
      "alb-listener",
      "nlb-listener",
      "cloudfront",
      "api-gateway",
    ]);
    expect(kind(properties.backend?.oneOf, "type", "s3").required).toEqual(["type", "bucket", "region"]);
  });

  test("its patterns compile, and take its own examples", () => {
    const patterned = partsOf(schema).filter(({ pattern }) => typeof pattern === "string");
    expect(patterned.length).toBeGreaterThan(10);
    for (const { pattern, examples } of patterned) {
      for (const example of (examples ?? []) as readonly string[])
        expect(example).toMatch(new RegExp(String(pattern), "u"));
    }
  });

  test("its defaults are values that a config can have; others are told in words", () => {
    for (const { pattern, default: value, type } of partsOf(schema)) {
      if (value === undefined) continue;
      if (pattern !== undefined) expect(value).toMatch(new RegExp(String(pattern), "u"));
      if (type === undefined) continue;
      expect(Array.isArray(value) ? "array" : Number.isInteger(value) ? "integer" : typeof value).toBe(type);
    }
    expect(properties.horizon).not.toHaveProperty("default");
    expect(properties.horizon?.description).toMatch(/ Default: the rule of 200 days, in force until 2027-03-15\.$/);
    expect(configReference(configInput)).toContain("| the rule of 200 days, in force until 2027-03-15 |");
  });

  test("describes every field", () => {
    const named = partsOf(schema).flatMap(({ properties }) => Object.entries(properties ?? {}));
    const silent = named.filter(([, field]) => field.description === undefined && field.const === undefined);
    expect(silent.map(([name]) => name)).toEqual([]);
  });

  test("the reference has a row for every field", () => {
    const reference = configReference(configInput);
    for (const field of ["project", "labels", "backend", "horizon", "providers.aws.version", "stacks"]) {
      expect(reference).toContain(`| \`${field}\` |`);
    }
    for (const row of reference.split("\n").filter((line) => line.startsWith("|"))) {
      expect(row.replaceAll("\\|", "").match(/\|/g)).toHaveLength(5);
    }
  });
});

test("config and checks load nothing of the framework", () => {
  for (const name of ["cdktf", "constructs", "@cdktf/provider-aws"]) {
    expect(() => jest.requireActual(name)).toThrow("config and checks load the framework");
  }
});
