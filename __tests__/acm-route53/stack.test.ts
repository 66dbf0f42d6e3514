import * as fc from "fast-check";
import loadBalancers from "../../config/examples/acm-load-balancers";
import { keysOf } from "../../lib/config/issuers";
import { configWith, everything, type Fields } from "../support/configs";
import { runs } from "../support/runs";
import { expectGoldenOf, expectSameInAnyOrder, resources, synthesizedStacks } from "../support/stack-test";
import {
  addresses,
  type Block,
  synthesizedJson,
  synthesizedTexts,
  type TerraformJson,
  textsIn,
} from "../support/synthesis";

/** A config that has every optional field of this scenario, with a stack in the region of CloudFront besides. */
const full = everything("acm-everything") as { readonly stacks: Readonly<Record<string, Scenario>> };
const { texts, stack } = synthesizedStacks(full);
const json = stack("public");
const cdnOnly = stack("cdn-only");

interface Scenario {
  readonly scenario: "acm-route53";
  readonly account?: string;
  readonly region: string;
  readonly dns: { readonly zones: Readonly<Record<string, string>> };
  readonly certificates: Readonly<Record<string, { readonly names: readonly string[] }>>;
}

/** A resource's arguments. */
const argumentsOf = (json: TerraformJson, type: string, name: string): Block => resources(json, type)[name] ?? {};

/** A config with one stack, `web`. */
function configOf(stack: Omit<Scenario, "scenario">, more: Fields = {}): object {
  return configWith("web", { scenario: "acm-route53", ...stack }, more);
}

const zones = { "example.com": "Z0123456789ABCDEFGHIJ", "example.org": "Z0987654321ZYXWVUTSR" };
const onRoute53 = (zones: Readonly<Record<string, string>>) => ({ in: "route53", zones });
const region = "eu-west-1";

/** The only stack of a config with these certificates. */
function withCertificates(certificates: Scenario["certificates"], more: Fields = {}): TerraformJson {
  return synthesizedJson(configOf({ region, dns: onRoute53(zones), certificates }, more), "web");
}

test("operations receive exactly the bytes in golden/", () => {
  expectGoldenOf("acm-load-balancers", loadBalancers);
});

test("addresses are frozen: a changed line here is destroy-and-create in production", () => {
  expect(addresses(json)).toEqual([
    "aws_acm_certificate.api",
    "aws_acm_certificate.cdn",
    "aws_acm_certificate.elsewhere",
    "aws_acm_certificate.gateway",
    "aws_acm_certificate.idn",
    "aws_acm_certificate.many",
    "aws_acm_certificate.wildcard",
    "aws_acm_certificate_validation.api",
    "aws_acm_certificate_validation.cdn",
    "aws_acm_certificate_validation.elsewhere",
    "aws_acm_certificate_validation.gateway",
    "aws_acm_certificate_validation.idn",
    "aws_acm_certificate_validation.many",
    "aws_acm_certificate_validation.wildcard",
    "aws_cloudwatch_metric_alarm.api",
    "aws_cloudwatch_metric_alarm.cdn",
    "aws_cloudwatch_metric_alarm.elsewhere",
    "aws_cloudwatch_metric_alarm.gateway",
    "aws_cloudwatch_metric_alarm.idn",
    "aws_cloudwatch_metric_alarm.many",
    "aws_lb_listener_certificate.api_api_9c0d1e2f3a4b5c6d",
    "aws_lb_listener_certificate.api_grpc_0a1b2c3d4e5f6a7b",
    "aws_route53_record.validation_api_example_com",
    "aws_route53_record.validation_api_ml_example_com",
    "aws_route53_record.validation_cdn_example_com",
    "aws_route53_record.validation_gateway_example_org",
    "aws_route53_record.validation_m01_ml_example_com",
    "aws_route53_record.validation_m02_ml_example_com",
    "aws_route53_record.validation_m03_ml_example_com",
    "aws_route53_record.validation_m04_ml_example_com",
    "aws_route53_record.validation_m05_ml_example_com",
    "aws_route53_record.validation_m06_ml_example_com",
    "aws_route53_record.validation_m07_ml_example_com",
    "aws_route53_record.validation_m08_ml_example_com",
    "aws_route53_record.validation_m09_ml_example_com",
    "aws_route53_record.validation_t_ml_example_com",
    "aws_route53_record.validation_tenants_example_com",
    "aws_route53_record.validation_xn--bcher-kva_example",
    "aws_route53_record.validation_z_ml_example_com",
    "check.api_expiry",
    "check.cdn_expiry",
    "check.elsewhere_expiry",
    "check.gateway_expiry",
    "check.idn_expiry",
    "check.many_expiry",
    "data.aws_route53_zone.zone_xn--bcher-kva_example",
    "output.certificate_arns",
    "output.certificate_inventory",
    "output.certificate_issued_at",
    "output.scenario",
    "output.validation_record_fqdns",
  ]);
});

describe("validation records", () => {
  test("certificates that share a name share its record, over regions too, and a wildcard has the name's own", () => {
    const { certificates } = full.stacks.public as Scenario;
    const { elsewhere: _, ...own } = certificates;
    const names = Object.values(own).flatMap(({ names }) => names.map((name) => name.replace("*.", "").toLowerCase()));
    const ascii = names.map((name) => new URL(`https://${name}`).hostname.replace(/\.$/, ""));
    expect(Object.keys(resources(json, "aws_route53_record"))).toHaveLength(new Set(ascii).size);
    expect(argumentsOf(json, "aws_acm_certificate_validation", "cdn").validation_record_fqdns).toEqual([
      "${aws_route53_record.validation_api_example_com.fqdn}",
      "${aws_route53_record.validation_cdn_example_com.fqdn}",
    ]);
  });

  test("survive a changed certificate: its name is ignored, its type written, so nothing forces a replacement", () => {
    expect(argumentsOf(json, "aws_route53_record", "validation_tenants_example_com")).toEqual({
      zone_id: "Z0123456789ABCDEFGHIJ",
      name: '${one([for o in aws_acm_certificate.wildcard.domain_validation_options : o.resource_record_name if o.domain_name == "*.tenants.example.com"])}',
      type: "CNAME",
      ttl: 300,
      records: [
        '${one([for o in aws_acm_certificate.wildcard.domain_validation_options : o.resource_record_value if o.domain_name == "*.tenants.example.com"])}',
      ],
      // ACM gives an account one record per name: another certificate of it may have made it.
      allow_overwrite: true,
      lifecycle: { ignore_changes: ["name"] },
    });
    for (const record of Object.values(resources(json, "aws_route53_record"))) {
      expect(record).toMatchObject({ type: "CNAME", allow_overwrite: true, lifecycle: { ignore_changes: ["name"] } });
      expect(record.lifecycle).toEqual({ ignore_changes: ["name"] });
    }
  });

  test("pick their values by name, from an option that the certificate has", () => {
    const picks = Object.values(resources(json, "aws_route53_record")).flatMap((record) =>
      textsIn([record.name, record.records]),
    );
    for (const pick of picks) {
      const [, certificate = "", domain] =
        /^\$\{one\(\[for o in aws_acm_certificate\.([\w-]+)\.domain_validation_options : o\.resource_record_(?:name|value) if o\.domain_name == "([^"]+)"\]\)\}$/.exec(
          pick,
        ) ?? [];
      const { domain_name, subject_alternative_names } = argumentsOf(json, "aws_acm_certificate", certificate);
      expect([domain_name, ...((subject_alternative_names as string[]) ?? [])]).toContain(domain);
    }
    expect(picks).toHaveLength(2 * Object.keys(resources(json, "aws_route53_record")).length);
  });

  test("are never made by for_each or count, whose keys and numbers a first plan does not know", () => {
    for (const text of Object.values(texts)) {
      expect(text).not.toMatch(/for_each|"count"|"dynamic"|\[\d+\]|\[\*\]|element\(|tolist\(/);
    }
  });

  test("lie in the zone with the longest name that covers them, looked up only where the config says so", () => {
    const zoneOf = (name: string) => argumentsOf(json, "aws_route53_record", `validation_${name}`).zone_id;
    expect(zoneOf("api_example_com")).toBe("Z0123456789ABCDEFGHIJ");
    expect(zoneOf("api_ml_example_com")).toBe("Z00000000000000000001");
    expect(zoneOf("gateway_example_org")).toBe("Z0987654321ZYXWVUTSR");
    expect(zoneOf("xn--bcher-kva_example")).toBe("${data.aws_route53_zone.zone_xn--bcher-kva_example.zone_id}");
    // A zone that nothing uses may not exist yet, and a private one of the same name proves nothing to ACM.
    expect(json.data).toEqual({
      aws_route53_zone: {
        "zone_xn--bcher-kva_example": expect.objectContaining({ name: "xn--bcher-kva.example", private_zone: false }),
      },
    });
  });

  test("that another stack owns are neither made nor waited for by name", () => {
    expect(addresses(json).filter((address) => address.includes("shared_example_net"))).toEqual([]);
    expect(argumentsOf(json, "aws_acm_certificate_validation", "elsewhere")).toEqual({
      provider: "aws",
      certificate_arn: "${aws_acm_certificate.elsewhere.arn}",
      timeouts: { create: "30m" },
      lifecycle: { create_before_destroy: true },
    });
  });
});

describe("certificates", () => {
  test("are what the config asks for, with the first name that is no wildcard as the common name", () => {
    expect(argumentsOf(json, "aws_acm_certificate", "api")).toEqual({
      provider: "aws",
      domain_name: "api.example.com",
      subject_alternative_names: ["*.api.ml.example.com", "api.ml.example.com"],
      validation_method: "DNS",
      key_algorithm: "EC_secp384r1",
      lifecycle: { create_before_destroy: true },
    });
    expect(argumentsOf(json, "aws_acm_certificate", "cdn").key_algorithm).toBe("RSA_2048");
    expect(argumentsOf(json, "aws_acm_certificate", "gateway").key_algorithm).toBe("EC_prime256v1");
    expect(argumentsOf(json, "aws_acm_certificate", "wildcard").domain_name).toBe("*.tenants.example.com");
    expect(argumentsOf(json, "aws_acm_certificate", "idn")).toMatchObject({
      domain_name: "xn--bcher-kva.example",
      subject_alternative_names: ["*.xn--bcher-kva.example"],
    });
  });

  test("are replaced without a gap: whatever names a certificate is made before the old one goes", () => {
    const types = ["aws_acm_certificate", "aws_acm_certificate_validation", "aws_lb_listener_certificate"];
    for (const type of types) {
      const all = Object.values(resources(json, type));
      expect(all.length).toBeGreaterThan(0);
      for (const { lifecycle } of all) expect(lifecycle).toEqual({ create_before_destroy: true });
    }
  });

  test("are used only once issued: consumers name the validation, never the certificate", () => {
    const { resource = {}, output } = json;
    const {
      aws_acm_certificate: _,
      aws_acm_certificate_validation: validations,
      aws_route53_record: records,
      ...rest
    } = resource;
    expect(textsIn([rest, output]).filter((text) => /aws_acm_certificate\./.test(text))).toEqual([]);
    const issued = (name: string) => `\${aws_acm_certificate_validation.${name}.certificate_arn}`;
    expect(argumentsOf(json, "aws_lb_listener_certificate", "api_grpc_0a1b2c3d4e5f6a7b")).toMatchObject({
      listener_arn:
        "arn:aws:elasticloadbalancing:eu-west-1:111122223333:listener/net/grpc/1a2b3c4d5e6f7a8b/0a1b2c3d4e5f6a7b",
      certificate_arn: issued("api"),
    });
    expect(argumentsOf(json, "aws_cloudwatch_metric_alarm", "api").dimensions).toEqual({
      CertificateArn: issued("api"),
    });
    const names = Object.keys(validations ?? {});
    expect(json.output?.certificate_arns?.value).toEqual(Object.fromEntries(names.map((name) => [name, issued(name)])));
    // Records come first: the certificate is issued because of them.
    expect(textsIn(records).filter((text) => /aws_acm_certificate_validation/.test(text))).toEqual([]);
  });

  test("wait as long as the config says, in units that Go knows", () => {
    const timeout = (name: string) => argumentsOf(json, "aws_acm_certificate_validation", name).timeouts;
    expect([timeout("gateway"), timeout("api"), timeout("many"), timeout("cdn")]).toEqual([
      { create: "48h" },
      { create: "45m" },
      { create: "90s" },
      { create: "30m" },
    ]);
  });

  test("may have the name of anything that a stack has of its own", () => {
    const keys = ["aws", "backend", "expiry", "provider", "state-backend", "us-east-1", "validation", "zone"];
    const attach = [{ to: "cloudfront" }];
    const certificates = Object.fromEntries(keys.map((key) => [key, { names: [`${key}.example.com`], attach }]));
    const made = withCertificates(certificates);
    expect(Object.keys(resources(made, "aws_acm_certificate")).sort()).toEqual(keys);
    expect(Object.keys(resources(made, "aws_route53_record"))).toHaveLength(keys.length);
  });
});

test("every key that ACM makes has ACM's name for it: without one ACM would make an RSA key", () => {
  const certificates = Object.fromEntries(
    keysOf("acm").map((key) => [key, { names: [`${key}.example.com`], key, alarm: false }]),
  );
  const made = Object.values(resources(withCertificates(certificates), "aws_acm_certificate"));
  expect(made.map(({ key_algorithm: name }) => name)).toEqual(keysOf("acm").map(() => expect.any(String)));
});

describe("providers", () => {
  const common = {
    allowed_account_ids: ["111122223333"],
    default_tags: [
      {
        tags: {
          "cost-center": "4711",
          environment: "everything",
          "managed-by": "terraform",
          project: "ai-platform",
          stack: "public",
          team: "ml-platform",
        },
      },
    ],
  };

  test("refuse another account, and tag everything with where it comes from", () => {
    expect(json.provider).toEqual({
      aws: [
        { region: "eu-west-1", ...common },
        { region: "us-east-1", alias: "us-east-1", ...common },
      ],
    });
    const untagged = Object.values(json.resource ?? {}).flatMap((named) => Object.values(named));
    for (const resource of untagged) expect(resource).not.toHaveProperty("tags");
  });

  test("are one per region that is needed, and only what belongs to CloudFront uses the second", () => {
    expect(cdnOnly.provider?.aws).toEqual([
      { region: "us-east-1", default_tags: [{ tags: expect.objectContaining({ stack: "cdn-only" }) }] },
    ]);
    const elsewhere = Object.entries(json.resource ?? {}).flatMap(([type, named]) =>
      Object.entries(named).flatMap(([name, { provider }]) =>
        provider === "aws.us-east-1" ? [`${type}.${name}`] : [],
      ),
    );
    expect(elsewhere).toEqual([
      "aws_acm_certificate.cdn",
      "aws_acm_certificate_validation.cdn",
      "aws_cloudwatch_metric_alarm.cdn",
    ]);
  });

  test("are given only arguments that version 5.100 has too", () => {
    // https://github.com/hashicorp/terraform-provider-aws/tree/v5.100.0/website/docs; 6.x adds region to all of them,
    // and export to a certificate's options.
    const known: Readonly<Record<string, readonly string[]>> = {
      aws_acm_certificate: ["domain_name", "key_algorithm", "subject_alternative_names", "validation_method"],
      aws_acm_certificate_validation: ["certificate_arn", "timeouts", "validation_record_fqdns"],
      aws_cloudwatch_metric_alarm: [
        ...["alarm_actions", "alarm_description", "alarm_name", "comparison_operator", "dimensions"],
        ...["evaluation_periods", "metric_name", "namespace", "period", "statistic", "threshold", "treat_missing_data"],
      ],
      aws_lb_listener_certificate: ["certificate_arn", "listener_arn"],
      aws_route53_record: ["allow_overwrite", "name", "records", "ttl", "type", "zone_id"],
      aws_route53_zone: ["name", "private_zone"],
    };
    for (const [type, named] of Object.entries({ ...json.resource, ...json.data })) {
      const used = new Set(Object.values(named).flatMap((block) => Object.keys(block)));
      for (const meta of ["//", "lifecycle", "provider"]) used.delete(meta);
      expect([...used].sort()).toEqual(known[type]);
    }
    expect(json.terraform.required_providers).toEqual({ aws: { source: "hashicorp/aws", version: "5.100.0" } });
  });
});

describe("what tells of an expiry", () => {
  test("is an alarm below ACM's own renewal, in the certificate's region, that stays when a certificate has ended", () => {
    expect(argumentsOf(json, "aws_cloudwatch_metric_alarm", "cdn")).toEqual({
      provider: "aws.us-east-1",
      alarm_name: "ai-platform-everything-public-cdn-expiry",
      alarm_description: expect.any(String),
      namespace: "AWS/CertificateManager",
      metric_name: "DaysToExpiry",
      dimensions: { CertificateArn: "${aws_acm_certificate_validation.cdn.certificate_arn}" },
      statistic: "Minimum",
      comparison_operator: "LessThanOrEqualToThreshold",
      threshold: 12,
      period: 86_400,
      evaluation_periods: 1,
      treat_missing_data: "ignore",
      alarm_actions: ["arn:aws:sns:us-east-1:111122223333:certificates", "arn:aws:sns:us-east-1:111122223333:on-call"],
    });
    // 15 % of the 100 days that the config's horizon allows.
    expect(argumentsOf(json, "aws_cloudwatch_metric_alarm", "api").threshold).toBe(15);
    expect(argumentsOf(json, "aws_cloudwatch_metric_alarm", "api")).not.toHaveProperty("alarm_actions");
  });

  test("is a check that every plan makes, with the alarm's threshold and no service", () => {
    const { condition = "", error_message = "" } = json.check?.cdn_expiry?.assert ?? {};
    // A certificate that is not issued yet has no end: nothing to warn of.
    expect(condition).toBe(
      '${try(timecmp(aws_acm_certificate.cdn.not_after, timeadd(plantimestamp(), "288h")) > 0, true)}',
    );
    expect(error_message).toMatch(/^Certificate cdn expires on \$\{aws_acm_certificate\.cdn\.not_after\}\. /);
  });

  test("can be left out for a certificate", () => {
    expect(addresses(json).filter((address) => /\.wildcard(_expiry)?$/.test(address))).toEqual([
      "aws_acm_certificate.wildcard",
      "aws_acm_certificate_validation.wildcard",
    ]);
  });
});

describe("outputs", () => {
  test("have nothing that changes after an apply, or no second plan would be empty", () => {
    for (const text of textsIn(json.output)) {
      const reference = /^\$\{([\w-]+)\.([\w-]+)\.(\w+)\}$/.exec(text);
      if (!text.includes("${") || text === "${null}") continue;
      expect([
        "aws_acm_certificate_validation.certificate_arn",
        "aws_acm_certificate_validation.id",
        "aws_route53_record.fqdn",
      ]).toContain(`${reference?.[1]}.${reference?.[3]}`);
    }
  });

  test("name every certificate, and every record by the name it proves", () => {
    expect(json.output?.validation_record_fqdns?.value).toMatchObject({
      "api.example.com": "${aws_route53_record.validation_api_example_com.fqdn}",
      "tenants.example.com": "${aws_route53_record.validation_tenants_example_com.fqdn}",
    });
    const inventory = json.output?.certificate_inventory?.value as Record<string, Block>;
    expect(Object.keys(inventory)).toEqual(Object.keys(resources(json, "aws_acm_certificate")));
    expect(inventory.idn).toEqual({
      names: ["*.xn--bcher-kva.example", "xn--bcher-kva.example"],
      issuer: "AWS Certificate Manager",
      lifetime: "100d",
      renewed_by: expect.stringMatching(/^AWS Certificate Manager/),
      key_location: expect.stringMatching(/^AWS Certificate Manager/),
      key_in_state: false,
      issued_at: "${aws_acm_certificate_validation.idn.id}",
      not_after: "${null}",
      arn: "${aws_acm_certificate_validation.idn.certificate_arn}",
      secret: "${null}",
    });
  });
});

describe("of any config", () => {
  // Labels that a careless address would fold into each other, or take for something else.
  const label = fc.constantFrom("a", "b", "ab", "a-b", "b-a", "zone", "validation", "xn--bcher-kva", "1", "z9");
  const host = fc
    .tuple(fc.array(label, { maxLength: 3 }), fc.constantFrom("example.com", "example.org", "b.example.com"))
    .map(([labels, zone]) => [...labels, zone].join("."));
  const name = fc.tuple(fc.boolean(), host).map(([wildcard, host]) => (wildcard ? `*.${host}` : host));
  const names = fc.uniqueArray(name, { minLength: 1, maxLength: 8 });
  const key = fc.constantFrom("a", "a-b", "b", "validation", "z");
  const certificates = fc.dictionary(key, fc.record({ names }), { minKeys: 1, maxKeys: 3 });
  const allZones = { ...zones, "b.example.com": "Z00000000000000000001" };
  const some = runs(4);

  test("a re-ordered one changes no byte: names, certificates, zones, listeners, topics, labels, stacks", () => {
    expectSameInAnyOrder(full, 3);
    fc.assert(
      fc.property(certificates, (certificates) => {
        const backwards = Object.fromEntries(
          Object.entries(certificates)
            .reverse()
            .map(([key, { names }]) => [key, { names: [...names].reverse() }]),
        );
        const turned = Object.fromEntries(Object.entries(allZones).reverse());
        expect(synthesizedTexts(configOf({ region, dns: onRoute53(turned), certificates: backwards }))).toEqual(
          synthesizedTexts(configOf({ region, dns: onRoute53(allZones), certificates })),
        );
      }),
      some,
    );
  });

  test("no two names lose a resource: there is a record for each", () => {
    fc.assert(
      fc.property(certificates, (certificates) => {
        const made = synthesizedJson(configOf({ region, dns: onRoute53(allZones), certificates }), "web");
        const proved = new Set(
          Object.values(certificates).flatMap(({ names }) => names.map((one) => one.replace("*.", ""))),
        );
        expect(Object.keys(resources(made, "aws_route53_record"))).toHaveLength(proved.size);
        expect(Object.keys(made.output?.validation_record_fqdns?.value as Block)).toEqual([...proved].sort());
        expect(Object.keys(resources(made, "aws_acm_certificate"))).toEqual(Object.keys(certificates).sort());
      }),
      some,
    );
  });

  test("a name added adds its record and changes its own certificate: no other resource is touched", () => {
    fc.assert(
      fc.property(certificates, fc.constantFrom("*.", ""), label, fc.nat(), (certificates, wildcard, label, which) => {
        const keys = Object.keys(certificates).sort();
        const grown = keys[which % keys.length] ?? "";
        const added = `${label}.new.example.org`;
        const more = {
          ...certificates,
          [grown]: { names: [`${wildcard}${added}`, ...(certificates[grown]?.names ?? [])] },
        };
        const [before, after] = [certificates, more].map(
          (some) =>
            synthesizedJson(configOf({ region, dns: onRoute53(allZones), certificates: some }), "web").resource ?? {},
        ) as [NonNullable<TerraformJson["resource"]>, NonNullable<TerraformJson["resource"]>];
        const { [`validation_${added.replaceAll(".", "_")}`]: record, ...records } = after.aws_route53_record ?? {};
        expect(record).toBeDefined();
        expect(records).toEqual(before.aws_route53_record);
        const own = (block: Block | undefined, ...names: string[]) => ({
          ...block,
          ...Object.fromEntries(names.map((one) => [one, null])),
        });
        const apart = (all: typeof before) => ({
          ...all,
          aws_route53_record: {},
          aws_acm_certificate: {
            ...all.aws_acm_certificate,
            [grown]: own(all.aws_acm_certificate?.[grown], "domain_name", "subject_alternative_names"),
          },
          aws_acm_certificate_validation: {
            ...all.aws_acm_certificate_validation,
            [grown]: own(all.aws_acm_certificate_validation?.[grown], "validation_record_fqdns"),
          },
        });
        expect(apart(after)).toEqual(apart(before));
      }),
      some,
    );
  });
});
