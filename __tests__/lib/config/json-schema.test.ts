import { configJsonSchema, configReference } from "../../../lib/config/json-schema";
import { configInput } from "../../../stacks/config";

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
