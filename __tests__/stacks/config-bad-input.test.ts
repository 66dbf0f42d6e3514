import fc from "fast-check";
import { plainData } from "../../lib/config/plain-data";
import { newReport, oneOf, type Path, showPath } from "../../lib/config/report";
import { checkedConfig } from "../../stacks/check";
import { configInput } from "../../stacks/config";
import {
  albListener,
  type Changes,
  changed,
  fullConfig,
  goodConfig,
  nlbListener,
  problemsOf,
  saidOf,
  topic,
  warningsOf,
} from "../support/configs";
import { runs } from "../support/runs";

const web = "stacks.web";
const api = "stacks.web.certificates.api";
const key = '1-63 of a-z, 0-9 and "-", starting with a letter and ending with a letter or digit';
const shortKey = key.replace("63", "32");
const duration = (example: string) =>
  `which is no duration; write a whole number above 0 and s, m, h or d, such as "${example}"`;
const plain = "a config is plain data: strings, numbers, true, false, lists and maps";
const machinery = 'a key may not be "__proto__", "constructor" or "prototype"; choose another name';
const scenarios = oneOf(configInput.shape.stacks.valueType.options.map(({ shape }) => shape.scenario.value));
const names = (count: number) => Array.from({ length: count }, (_, index) => `n${index}.example.com`);

/** What is changed in the good config, and every line that its owner reads. */
type Row = readonly [title: string, changes: Changes, lines: readonly string[]];

/** A name that is refused, and why. */
const refusedName = (name: string, why: string): Row => [
  `the name ${JSON.stringify(name).slice(0, 40)}`,
  { "api/names": [name] },
  [`${api}.names[${JSON.stringify(name)}]: ${why}`],
];

describe("fields", () => {
  test.each<Row>([
    ["an unknown field, at the top", { projekt: "x" }, ['projekt: is an unknown field; did you mean "project"?']],
    ["of a stack", { "web/quotas": {} }, [`${web}.quotas: is an unknown field; did you mean "quota"?`]],
    ["of a DNS host", { "web/dns/zone": {} }, [`${web}.dns.zone: is an unknown field; did you mean "zones"?`]],
    [
      "of a stack, like no other",
      { "web/nameservers": [] },
      [`${web}.nameservers: is an unknown field; known here: account, certificates, dns, quota, region, scenario`],
    ],
    ["of a certificate", { "api/Name": "x" }, [`${api}.Name: is an unknown field; did you mean "names"?`]],
    [
      "of a quota",
      { "web/quota": { namePerCertificate: 20 } },
      [`${web}.quota.namePerCertificate: is an unknown field; did you mean "namesPerCertificate"?`],
    ],
    [
      "of a provider",
      { providers: { gcp: {} } },
      ["providers.gcp: is an unknown field; known here: aws, google, kubernetes, tls, vault"],
    ],
    [
      "of the kind of backend that was chosen",
      { "backend/bucket": "x" },
      ["backend.bucket: is an unknown field; known here: type"],
    ],
    [
      "of the kind of attachment that was chosen",
      { "api/attach": [{ to: "cloudfront", arn: albListener }] },
      [`${api}.attach["${albListener}"].arn: is an unknown field; known here: to`],
    ],
    [
      "too short to resemble anything",
      { "api/attach": [{ to: "cloudfront", x: 1 }] },
      [`${api}.attach["cloudfront"].x: is an unknown field; known here: to`],
    ],
    [
      "of an alarm, which may be a word too",
      { "api/alarm": { befor: "9d" } },
      [`${api}.alarm.befor: is an unknown field; did you mean "before"?`],
    ],
    [
      "of an alarm with other mistakes",
      { "api/alarm": { befor: "9d", topics: 5 } },
      [
        `${api}.alarm.befor: is an unknown field; did you mean "before"?`,
        `${api}.alarm.topics: is 5; write a list (SNS topics that are told, in the certificate's region)`,
      ],
    ],
    [
      "a required field with a slip in its name is not missing as well",
      { "web/region": undefined, "web/regoin": "eu-west-1", "web/dns/zones": undefined, "web/dns/zone": {} },
      [
        `${web}.dns.zone: is an unknown field; did you mean "zones"?`,
        `${web}.regoin: is an unknown field; did you mean "region"?`,
      ],
    ],
    [
      "an unknown field beside the one it resembles",
      { "api/name": "x", "api/names": [] },
      [
        `${api}.name: is an unknown field; did you mean "names"?`,
        `${api}.names: is empty; write at least one DNS name`,
      ],
    ],
    [
      "required fields that are missing",
      { project: undefined, environment: undefined, backend: undefined, stacks: undefined },
      [
        'backend: is missing; write a map, such as {"type":"s3","bucket":"ai-platform-state","region":"eu-west-1"} (Where Terraform keeps the state of every stack; the key is `<project>/<environment>/<stack>`)',
        'environment: is missing; write a string, such as "prod" (Name of the environment, part of every state key and label)',
        'project: is missing; write a string, such as "ai-platform" (Name of the project, part of every state key and label)',
        "stacks: is missing; write a map (Stacks by deploy name, which is part of the state key)",
      ],
    ],
    [
      "required fields of a stack that are missing",
      { "web/region": undefined, "web/dns": undefined, "web/certificates": undefined },
      [
        `${web}.certificates: is missing; write a map (Certificates by key, which is part of their address)`,
        `${web}.dns: is missing; write a map, such as {"in":"route53","zones":{"example.com":"Z0123456789ABCDEFGHIJ"}} (Where names are proved)`,
        `${web}.region: is missing; write a string, such as "eu-west-1" (The AWS region)`,
      ],
    ],
    [
      "required fields of a DNS host that are missing",
      { "web/dns/zones": undefined },
      [
        `${web}.dns.zones: is missing; write a map, such as {"example.com":"Z0123456789ABCDEFGHIJ"} (Existing public zones by name; a name's records go to the zone with the longest name that covers it)`,
      ],
    ],
    [
      "a listener without its ARN",
      { "api/attach": [{ to: "alb-listener" }] },
      [
        `${api}.attach["alb-listener"].arn: is missing; write a string, such as "${albListener}" (ARN of a listener of an Application Load Balancer, in the stack's account and region)`,
      ],
    ],
  ])("%s", (_, changes, lines) => expect(problemsOf(changed(changes))).toEqual(lines));
});

describe("types", () => {
  class Custom {
    readonly project = "x";
  }
  const cycle: Record<string, unknown> = {};
  cycle.self = cycle;
  const deep = Array.from({ length: 30 }).reduce<unknown>((inner) => [inner], "x");

  test.each<Row>([
    [
      "null for a string",
      { project: null },
      [
        'project: is null; write a string, such as "ai-platform" (Name of the project, part of every state key and label)',
      ],
    ],
    [
      "a list for a map",
      { labels: ["x"] },
      ['labels: is ["x"]; write a map (Labels that everything made gets: AWS tags, Google labels, Kubernetes labels)'],
    ],
    ["a list for a stack", { web: [] }, [`${web}: is []; write a map`]],
    [
      "null for a certificate",
      { api: null },
      [`${api}: is null; write a map, such as {"names":["api.example.com","*.api.example.com"]}`],
    ],
    [
      "a number for a string",
      { "web/account": 111122223333 },
      [
        `${web}.account: is 111122223333; write a string, such as "111122223333" (The AWS account; an apply with credentials of another one stops at once)`,
      ],
    ],
    [
      "a string for a list",
      { "api/names": "api.example.com" },
      [
        `${api}.names: is "api.example.com"; write a list, such as ["api.example.com","*.api.example.com"] (DNS names the certificate is for, in any order: wildcards only as the whole leftmost label)`,
      ],
    ],
    [
      "other things than names in a list of names",
      { "api/names": ["api.example.com", null, 5, {}, ["x"]] },
      [
        `${api}.names[1]: is null; write a string, such as "api.example.com" (A DNS name)`,
        `${api}.names[2]: is 5; write a string, such as "api.example.com" (A DNS name)`,
        `${api}.names[3]: is {}; write a string, such as "api.example.com" (A DNS name)`,
        `${api}.names[4]: is ["x"]; write a string, such as "api.example.com" (A DNS name)`,
      ],
    ],
    [
      "a word for a map",
      { backend: "local" },
      [
        'backend: is "local"; write a map, such as {"type":"s3","bucket":"ai-platform-state","region":"eu-west-1"} (Where Terraform keeps the state of every stack; the key is `<project>/<environment>/<stack>`)',
      ],
    ],
    [
      "a map for a list",
      { "api/attach": { to: "cloudfront" } },
      [
        `${api}.attach: is {"to":"cloudfront"}; write a list, such as [{"to":"cloudfront"}] (What uses the certificate)`,
      ],
    ],
    [
      "words for maps in a list",
      { "api/attach": ["cloudfront"] },
      [
        `${api}.attach["cloudfront"]: is "cloudfront"; write a map, such as {"to":"cloudfront"} (Something that uses the certificate)`,
      ],
    ],
    [
      "true for an alarm",
      { "api/alarm": true },
      [
        `${api}.alarm: is true; write false or a map (The alarm that rings when a certificate was not renewed; \`false\` for none)`,
      ],
    ],
    [
      "a word for a flag",
      { backend: { type: "kubernetes", namespace: "x", encryptedAtRest: "yes" } },
      [
        'backend.encryptedAtRest: is "yes"; write true or false (States that the cluster encrypts Secrets at rest; without it no private key may be in the state)',
      ],
    ],
    [
      "a Date",
      { horizon: new Date(0) },
      [`horizon: is no plain map, but an instance of a class or a map with the key __proto__; ${plain}`],
    ],
    [
      "a Map",
      { labels: new Map() },
      [`labels: is no plain map, but an instance of a class or a map with the key __proto__; ${plain}`],
    ],
    [
      "an instance of a class",
      { web: new Custom() },
      [`${web}: is no plain map, but an instance of a class or a map with the key __proto__; ${plain}`],
    ],
    ["a function", { "api/names": [() => "x"] }, [`${api}.names[0]: is a function; ${plain}`]],
    ["a class", { labels: Custom }, [`labels: is a function; ${plain}`]],
    [
      "not a number",
      { "web/quota": { namesPerCertificate: Number.NaN } },
      [`${web}.quota.namesPerCertificate: is NaN; ${plain}`],
    ],
    [
      "infinity",
      { "web/quota": { namesPerCertificate: Number.POSITIVE_INFINITY } },
      [`${web}.quota.namesPerCertificate: is Infinity; ${plain}`],
    ],
    [
      "a big number, a symbol and a gap",
      { project: 5n, environment: Symbol("x"), "api/names": ["api.example.com", undefined] },
      [
        `environment: is a symbol; ${plain}`,
        `project: is a bigint; ${plain}`,
        `${api}.names[1]: is undefined; ${plain}`,
      ],
    ],
    ["a cycle", { labels: cycle }, ["labels.self: contains itself; write out what is meant"]],
    [
      "more levels than the stack could take",
      { "labels/a": deep },
      [
        `labels.a${"[0]".repeat(19)}: is nested more than 20 levels deep; no config is`,
        `labels.a: is ${"[".repeat(19)}null${"]".repeat(19)}; write a string, such as "ml-platform" (A label's value)`,
      ].sort(),
    ],
  ])("%s", (_, changes, lines) => expect(problemsOf(changed(changes))).toEqual(lines));

  test("a config that is no map", () => {
    for (const config of [null, 5, "x", true, []])
      expect(problemsOf(config)).toEqual([`the config: is ${JSON.stringify(config)}; write a map`]);
    expect(problemsOf(undefined)).toEqual([`the config: is undefined; ${plain}`]);
    expect(problemsOf(() => goodConfig())).toEqual([`the config: is a function; ${plain}`]);
  });

  test("a map without a prototype is a map", () => {
    expect(problemsOf(Object.assign(Object.create(null), goodConfig()))).toEqual([]);
  });

  test("a field that is undefined is a field left out", () => {
    expect(problemsOf({ ...goodConfig(), labels: undefined })).toEqual([]);
  });
});

describe("kinds", () => {
  test.each<Row>([
    [
      "an unknown scenario",
      { "web/scenario": "acm-rout53" },
      [`${web}.scenario: is "acm-rout53"; write ${scenarios}; did you mean "acm-route53"?`],
    ],
    ["a scenario like no other", { "web/scenario": "x" }, [`${web}.scenario: is "x"; write ${scenarios}`]],
    ["no scenario", { "web/scenario": undefined }, [`${web}.scenario: is missing; write ${scenarios}`]],
    [
      "a scenario like no other hides nothing in its stack",
      { "web/scenario": "aws", "api/names": ["x..y"], "web/colour": 1 },
      [
        `${api}.names["x..y"]: has an empty label; write one "." between labels and none in front`,
        `${web}.colour: is an unknown field; known here: account, certificates, dns, quota, region, scenario`,
        `${web}.scenario: is "aws"; write ${scenarios}`,
      ],
    ],
    [
      "nor does one that is no plain text",
      { "web/scenario": "$" + "{var.x}", "api/names": ["x..y"] },
      [
        `${api}.names["x..y"]: has an empty label; write one "." between labels and none in front`,
        `${web}.scenario: contains "$\{", which Terraform would evaluate; write the value itself`,
      ],
    ],
    [
      "a scenario that cannot be guessed",
      { web: { scenario: "aws", dns: {}, colour: 1 } },
      [`${web}.scenario: is "aws"; write ${scenarios}`],
    ],
    [
      "a DNS host that is no plain text",
      { "web/dns": { in: "$" + "{var.x}", zone: 1 } },
      [`${web}.dns.in: contains "$\{", which Terraform would evaluate; write the value itself`],
    ],
    ["no stacks", { stacks: {} }, ["stacks: is empty; write at least one stack"]],
    ["no certificates", { "web/certificates": {} }, [`${web}.certificates: is empty; write at least one certificate`]],
    ["no names", { "api/names": [] }, [`${api}.names: is empty; write at least one DNS name`]],
    [
      "an unknown consumer hides nothing in the same list",
      { "api/attach": [{ to: "cloudfrnt" }, { to: "alb-listener", arn: "x" }, {}] },
      [
        `${api}.attach["cloudfrnt"].to: is "cloudfrnt"; write "alb-listener", "nlb-listener", "cloudfront" or "api-gateway"; did you mean "cloudfront"?`,
        `${api}.attach["x"].arn: is "x", which is no ARN of a listener of an Application Load Balancer; copy it from the load balancer's Listeners page`,
        `${api}.attach[2].to: is missing; write "alb-listener", "nlb-listener", "cloudfront" or "api-gateway"`,
      ],
    ],
    [
      "a consumer that could not be read may have meant another region",
      { "api/attach": [{ to: "cloudfrnt" }], "api/alarm": { topics: [topic.replace("eu-west-1", "us-east-1")] } },
      [
        `${api}.attach["cloudfrnt"].to: is "cloudfrnt"; write "alb-listener", "nlb-listener", "cloudfront" or "api-gateway"; did you mean "cloudfront"?`,
      ],
    ],
    [
      "an unknown key",
      { "api/key": "ecdsa-256" },
      [`${api}.key: is "ecdsa-256"; write "ecdsa-p256", "ecdsa-p384" or "rsa-2048"; did you mean "ecdsa-p256"?`],
    ],
    [
      "an unknown key policy",
      { privateKeys: "no" },
      ['privateKeys: is "no"; write "never", "encrypted-backend" or "allowed"'],
    ],
    [
      "an unknown owner of records, where the right one would need no zone",
      { "api/records": "existng", "web/dns/zones": {} },
      [`${api}.records: is "existng"; write "managed" or "existing"; did you mean "existing"?`],
    ],
  ])("%s", (_, changes, lines) => expect(problemsOf(changed(changes))).toEqual(lines));
});

describe("keys", () => {
  const { web: stack } = goodConfig().stacks;
  const zone = { "example.com": "Z0123456789ABCDEFGHIJ" };

  test.each<Row>([
    ["of a stack", { web: undefined, "stacks/Web": stack }, [`stacks.Web: is no valid key; write ${key}`]],
    [
      "of a stack, too long",
      { web: undefined, [`stacks/${"a".repeat(64)}`]: stack },
      [`stacks.${"a".repeat(64)}: is no valid key; write ${key}`],
    ],
    [
      "of a certificate",
      { "web/certificates/-api": { names: ["x.example.com"] } },
      [`${web}.certificates["-api"]: is no valid key; write ${key}`],
    ],
    [
      "of a certificate, with a space",
      { "web/certificates/a b": { names: ["x.example.com"] } },
      [`${web}.certificates["a b"]: is no valid key; write ${key}`],
    ],
    [
      "of a certificate, with a dash at the end",
      { "web/certificates/api-": { names: ["x.example.com"] } },
      [`${web}.certificates.api-: is no valid key; write ${key}`],
    ],
    ["project", { project: "AI" }, [`project: is "AI"; write ${shortKey}`]],
    ["project, too long", { project: "a".repeat(33) }, [`project: is "${"a".repeat(33)}"; write ${shortKey}`]],
    ["environment", { environment: "1st" }, [`environment: is "1st"; write ${shortKey}`]],
    ["environment, empty", { environment: "" }, [`environment: is ""; write ${shortKey}`]],
    [
      "a label's key",
      { labels: { Team: "x" } },
      [
        'labels.Team: is no label key; write 1-63 of a-z, 0-9, "_" and "-", starting with a letter and ending with a letter or digit',
      ],
    ],
    [
      "a label's key that every stack sets",
      { labels: { "managed-by": "x" } },
      ["labels.managed-by: is set by every stack itself; choose another key"],
    ],
    [
      "a label's value",
      { labels: { team: "a b" } },
      [
        'labels.team: is "a b"; write 1-63 letters, digits, ".", "_" and "-", starting and ending with a letter or digit (Kubernetes takes no more)',
      ],
    ],
    [
      "__proto__ as a key of its own",
      { "web/dns/zones": JSON.parse(`{"__proto__": "x", "example.com": "Z1"}`) },
      [`${web}.dns.zones.__proto__: ${machinery}`],
    ],
    [
      "__proto__ as the only key",
      { "web/certificates": JSON.parse('{"__proto__": {}}') },
      [`${web}.certificates.__proto__: ${machinery}`],
    ],
    [
      "__proto__ as a prototype",
      { "web/dns/zones": { __proto__: zone } },
      [`${web}.dns.zones: is no plain map, but an instance of a class or a map with the key __proto__; ${plain}`],
    ],
    [
      "a prototype without a prototype",
      { "web/dns/zones": Object.create(Object.assign(Object.create(null), zone)) },
      [`${web}.dns.zones: is no plain map, but an instance of a class or a map with the key __proto__; ${plain}`],
    ],
    [
      "constructor and prototype",
      { "stacks/constructor": {}, "labels/prototype": "x" },
      [`labels.prototype: ${machinery}`, `stacks.constructor: ${machinery}`],
    ],
  ])("%s", (_, changes, lines) => expect(problemsOf(changed(changes))).toEqual(lines));

  test("keys at their longest", () => {
    const long = "a".repeat(63);
    const config = changed({
      project: "a".repeat(32),
      web: undefined,
      [`stacks/${long}`]: { ...stack, certificates: { [long]: { names: ["x.example.com"] } } },
    });
    expect(problemsOf(config)).toEqual([]);
  });
});

describe("names", () => {
  const long = `${"a".repeat(61)}.`.repeat(4);

  test.each<Row>([
    refusedName(`${long}ab.com`, "has 254 octets, a DNS name at most 253 (RFC 1035); write a shorter one"),
    refusedName(`*.${long}info`, "has 254 octets, a DNS name at most 253 (RFC 1035); write a shorter one"),
    refusedName(
      `${"a".repeat(64)}.example.com`,
      "has a label of 64 octets, at most 63 fit (RFC 1035); write a shorter one",
    ),
    refusedName("a..b", 'has an empty label; write one "." between labels and none in front'),
    refusedName(".example.com", 'has an empty label; write one "." between labels and none in front'),
    refusedName("api.example.com..", 'has an empty label; write one "." between labels and none in front'),
    refusedName(".", 'has an empty label; write one "." between labels and none in front'),
    refusedName("", "is empty; write a DNS name or leave it out"),
    refusedName("-a.example.com", 'has the label "-a"; a label neither starts nor ends with "-" (RFC 1123)'),
    refusedName("a-.example.com", 'has the label "a-"; a label neither starts nor ends with "-" (RFC 1123)'),
    refusedName(
      "ab--c.example.com",
      'has the label "ab--c"; "--" in third and fourth place is reserved for encoded names (RFC 5891)',
    ),
    refusedName(
      "xn--a.example.com",
      "is no valid internationalised name (UTS #46); check its letters and their direction",
    ),
    refusedName(
      "api.*.example.com",
      'has its wildcard in the wrong place; "*" must be the whole leftmost label (RFC 6125)',
    ),
    refusedName(
      "a*.example.com",
      'has its wildcard in the wrong place; "*" must be the whole leftmost label (RFC 6125)',
    ),
    refusedName(
      "*.*.example.com",
      "has more than one wildcard; one, as the leftmost label, is all a certificate can have (RFC 6125)",
    ),
    refusedName("*", 'is a wildcard with no domain; write "*." and the domain it covers'),
    refusedName("*.", 'is a wildcard with no domain; write "*." and the domain it covers'),
    refusedName("192.0.2.1", "is an IP address; write a DNS name"),
    refusedName("2001:db8::1", "is an IP address; write a DNS name"),
    refusedName("[2001:db8::1]", "is an IP address; write a DNS name"),
    refusedName("192.0.2.1.", "ends in a number, as an IP address would; write a DNS name"),
    refusedName("api.1", "ends in a number, as an IP address would; write a DNS name"),
    refusedName("0x7f.1", "ends in a number, as an IP address would; write a DNS name"),
    refusedName("api.0x7F", "ends in a number, as an IP address would; write a DNS name"),
    refusedName("https://api.example.com", "is a URL; write only its host name"),
    refusedName("api.example.com/v1", "is a URL; write only its host name"),
    refusedName("me@example.com", "is an e-mail address; write a DNS name"),
    refusedName("api.example.com:8443", "contains a port; write only the host name"),
    refusedName("_acme.example.com", 'contains "_"; host names have letters, digits and hyphens only (RFC 1123)'),
    refusedName("a%62.example.com", 'contains "%"; host names have letters, digits and hyphens only (RFC 1123)'),
    refusedName("api example.com", "contains white space; write the DNS name alone"),
    refusedName(" api.example.com", "contains white space; write the DNS name alone"),
    [
      "a joiner without anything to join",
      { "api/names": ["a\u200cb.example.com"] },
      [
        `${api}.names["a\\u200cb.example.com"]: contains the invisible character U+200C; write it without, and a DNS name that needs it in ASCII (xn--...)`,
      ],
    ],
    refusedName(
      "א1a.example.com",
      "is no valid internationalised name (UTS #46); check its letters and their direction",
    ),
    [
      "a name that is refused is no missing name and no missing common name",
      { "api/names": ["a_b.example.com", `${"a".repeat(60)}.example.com`] },
      [`${api}.names["a_b.example.com"]: contains "_"; host names have letters, digits and hyphens only (RFC 1123)`],
    ],
    [
      "no name is short enough for the common name",
      { "api/names": [`${"a".repeat(60)}.example.com`] },
      [
        `${api}.names: has no name of at most 64 characters, which the common name needs (RFC 5280); add a shorter name`,
      ],
    ],
    [
      "a name that only looks like one of the zone",
      { "api/names": ["notexample.com"] },
      [`${api}.names["notexample.com"]: no zone covers it; add "notexample.com" to dns.zones`],
    ],
    [
      "a name of a registry with two labels",
      { "api/names": ["API.Example.co.uk"] },
      [`${api}.names["api.example.co.uk"]: no zone covers it; add "example.co.uk" to dns.zones`],
    ],
    [
      "names of one label, and wildcards of a whole top level",
      { "api/names": ["localhost", "*.com", "api.example.com"], "web/dns/zones": { "example.com": "Z1", com: "Z2" } },
      [
        `${api}.names["*.com"]: has one label, and ACM issues for domain names of two or more; write the whole name`,
        `${api}.names["localhost"]: has one label, and ACM issues for domain names of two or more; write the whole name`,
      ],
    ],
    [
      "a wildcard that no zone covers",
      { "api/names": ["*.example.net"] },
      [`${api}.names["*.example.net"]: no zone covers it; add "example.net" to dns.zones`],
    ],
    [
      "an encoded name that no zone covers",
      { "api/names": ["bücher.example"] },
      [`${api}.names["xn--bcher-kva.example"]: no zone covers it; add "xn--bcher-kva.example" to dns.zones`],
    ],
    [
      "names that no public authority issues for, whatever zones there are",
      {
        "api/names": ["api.example.com", "vllm.svc.cluster.local", "*.ray.internal", "api.corp", "*.co.uk", "a.co.uk"],
        "web/dns/zones": { "example.com": "Z1", "a.co.uk": "Z2", local: "Z3" },
      },
      [
        `${api}.names["*.co.uk"]: is "*.co.uk": below "co.uk" anybody registers names, and ACM issues for registered ones only; write the whole name`,
        ...["*.ray.internal", "api.corp", "vllm.svc.cluster.local"].map(
          (name) =>
            `${api}.names["${name}"]: ends in "${name.split(".").at(-1)}", which is no public top-level domain, and ACM issues for public names only; write one, or let a private authority sign: pipeline-tls, vault-pki-k8s or cas-short-lived`,
        ),
      ],
    ],
    [
      "more names than every account may have",
      { "api/names": names(11) },
      [
        `${api}.names: has 11 names, ACM grants 10 per certificate; split it, or have the quota raised by AWS and state it in quota.namesPerCertificate`,
      ],
    ],
    [
      "more names than the quota",
      { "api/names": names(21), "web/quota/namesPerCertificate": 20 },
      [
        `${api}.names: has 21 names, ACM grants 20 per certificate; split it, or have the quota raised by AWS and state it in quota.namesPerCertificate`,
      ],
    ],
    [
      "more names than any account may have",
      { "api/names": names(101) },
      [`${api}.names: has 101 names, ACM grants 10 per certificate; split it: ACM never grants more than 100`],
    ],
    [
      "a quota below what everybody has",
      { "api/names": names(11), "web/quota/namesPerCertificate": 9 },
      [`${web}.quota.namesPerCertificate: is 9; write a whole number from 10 to 100`],
    ],
    [
      "a quota above what anybody has",
      { "web/quota/namesPerCertificate": 101 },
      [`${web}.quota.namesPerCertificate: is 101; write a whole number from 10 to 100`],
    ],
    [
      "a quota with a fraction",
      { "api/names": names(11), "web/quota/namesPerCertificate": 10.5 },
      [`${web}.quota.namesPerCertificate: is 10.5; write a whole number from 10 to 100`],
    ],
    [
      "a quota as a string",
      { "api/names": names(11), "web/quota/namesPerCertificate": "50" },
      [`${web}.quota.namesPerCertificate: is "50"; write a number (Names per certificate that ACM grants the account)`],
    ],
  ])("%s", (_, changes, lines) => expect(problemsOf(changed(changes))).toEqual(lines));

  test.each<[title: string, changes: Changes]>([
    ["253 octets", { "api/names": ["api.example.com", `${`${"a".repeat(59)}.`.repeat(4)}a.example.com`] }],
    ["a trailing dot", { "api/names": ["api.example.com."] }],
    ["upper case", { "api/names": ["API.Example.COM"] }],
    ["a wildcard", { "api/names": ["*.example.com"] }],
    [
      "letters beyond ASCII, and their encoded form",
      { "api/names": ["bücher.example", "xn--bcher-kva.example"], "web/dns/zones": { "Bücher.example": "Z1" } },
    ],
    ["the zone's own name", { "api/names": ["example.com"] }],
    ["a zone with a trailing dot", { "web/dns/zones": { "EXAMPLE.com.": "lookup" } }],
    ["the least quota", { "web/quota/namesPerCertificate": 10 }],
    ["100 names with a raised quota", { "api/names": names(100), "web/quota/namesPerCertificate": 100 }],
    [
      "11 spellings of one name",
      { "api/names": Array.from("example.com", (letter) => `api.example.com`.replace(letter, letter.toUpperCase())) },
    ],
    ["no zone, where the records are another stack's", { "api/records": "existing", "web/dns/zones": {} }],
  ])("accepted: %s", (_, changes) => expect(problemsOf(changed(changes))).toEqual([]));

  test("mixed scripts are advice", () => {
    const config = changed({ "api/names": ["pаypal.example.com", "пример.example.com", "日本語カナabc.example.com"] });
    expect(problemsOf(config)).toEqual([]);
    expect(warningsOf(config)).toEqual([
      `${api}.names["pаypal.example.com"]: mixes Latin and Cyrillic letters in one label, which can look like another name; check that it is meant`,
    ]);
  });
});

describe("lengths of time", () => {
  test.each<Row>([
    ...["90", "0d", "-1h", "1.5d", "", "1w", "1 d", "1D", "007d", "1e3d"].map(
      (text): Row => [
        `the duration ${JSON.stringify(text)}`,
        { "api/validationTimeout": text, applyEvery: text },
        [
          `applyEvery: is ${JSON.stringify(text)}, ${duration("7d")}`,
          `${api}.validationTimeout: is ${JSON.stringify(text)}, ${duration("30m")}`,
        ],
      ],
    ),
    [
      "a number",
      { "api/validationTimeout": 90 },
      [
        `${api}.validationTimeout: is 90; write a string, such as "30m" (How long an apply waits for ACM to issue; the next apply goes on waiting)`,
      ],
    ],
    [
      "more than 100 years",
      { applyEvery: "36501d" },
      ['applyEvery: is "36501d", more than 100 years; write a shorter duration'],
    ],
    [
      "more than any number",
      { applyEvery: `${"9".repeat(30)}d` },
      [`applyEvery: is "${"9".repeat(30)}d", more than 100 years; write a shorter duration`],
    ],
    [
      "an alarm that is no duration",
      { "api/alarm": { before: "0d" } },
      [`${api}.alarm.before: is "0d", ${duration("30d")}`],
    ],
    [
      "an alarm as a number",
      { "api/alarm": { before: 30 } },
      [
        `${api}.alarm.before: is 30; write a string, such as "30d" (How long before the certificate's end the alarm rings, in whole days)`,
      ],
    ],
    [
      "an alarm not in whole days",
      { "api/alarm": { before: "36h" } },
      [`${api}.alarm.before: is "36h"; write whole days, which is how ACM counts`],
    ],
    ...["2027", "2027-02-30", "2027-13-01", "15.3.2027", "2027-03-15T00:00:00Z", "tomorrow", ""].map(
      (text): Row => [
        `the horizon ${JSON.stringify(text)}`,
        { horizon: text, "api/alarm": { before: "44d", topics: [topic] } },
        [`horizon: is ${JSON.stringify(text)}, which is no date; write one such as "2027-03-15"`],
      ],
    ),
    [
      "a year for a horizon",
      { horizon: 2027 },
      [
        'horizon: is 2027; write a string, such as "2027-03-15" (The date for which the lifetimes of public certificates are judged. The clock is never asked)',
      ],
    ],
  ])("%s", (_, changes, lines) => {
    expect(problemsOf(changed(changes))).toEqual(lines);
    expect(warningsOf(changed(changes))).toEqual([]);
  });

  test.each(["36500d", "876000h", "1s", "1440m"])("accepted: %s", (text) => {
    expect(problemsOf(changed({ applyEvery: text }))).toEqual([]);
  });

  test("an alarm in hours that make whole days", () => {
    expect(problemsOf(changed({ "api/alarm": { before: "240h" } }))).toEqual([]);
  });
});

describe("backends and providers", () => {
  const noAddress = "is no plain http(s) address; write scheme, host and path, with no credentials, query or fragment";

  test.each<Row>([
    [
      "an unknown backend",
      { backend: { type: "s4", bucket: "ai-platform-state" } },
      [
        'backend.region: is missing; write a string, such as "eu-west-1" (The bucket\'s region)',
        'backend.type: is "s4"; write "local", "s3", "gcs", "azurerm", "http", "kubernetes" or "cloud"; did you mean "s3"?',
      ],
    ],
    [
      "a backend without a type",
      { backend: { bucket: "x" } },
      ['backend.type: is missing; write "local", "s3", "gcs", "azurerm", "http", "kubernetes" or "cloud"'],
    ],
    [
      "s3 without its fields",
      { backend: { type: "s3" } },
      [
        'backend.bucket: is missing; write a string, such as "ai-platform-state" (The bucket\'s name)',
        'backend.region: is missing; write a string, such as "eu-west-1" (The bucket\'s region)',
      ],
    ],
    [
      "s3",
      { backend: { type: "s3", bucket: "A_b", region: "x", kmsKeyId: "a b", keyPrefix: "/x" } },
      [
        'backend.bucket: is "A_b"; write the bucket\'s name: 3-63 of a-z, 0-9, single "." and "-", and no IP address, such as "ai-platform-state"',
        'backend.keyPrefix: is "/x"; write letters, digits, ".", "_" and "-", with "/" between parts and none at the ends',
        'backend.kmsKeyId: is "a b"; write the id, alias or ARN of a KMS key: letters, digits, ":", "/", "_" and "-", such as "alias/state"',
        'backend.region: is "x"; write an AWS region, such as "eu-west-1"',
      ],
    ],
    [
      "gcs",
      { backend: { type: "gcs", bucket: "x", prefix: "x/", kmsKey: "x" } },
      [
        'backend.bucket: is "x"; write the bucket\'s name: 3-222 of a-z, 0-9, "_", "-" and single "." between them, and no IP address, such as "ai-platform-state"',
        'backend.kmsKey: is "x"; write the full name of a Cloud KMS key: project, location, key ring and key, such as "projects/p/locations/europe-west1/keyRings/state/cryptoKeys/terraform"',
        'backend.prefix: is "x/"; write letters, digits, ".", "_" and "-", with "/" between parts and none at the ends',
      ],
    ],
    ...["a..b", "192.168.5.4", "xn--state", "sthree-state"].map(
      (bucket): Row => [
        `the bucket ${bucket} of S3`,
        { backend: { type: "s3", bucket, region: "eu-west-1" } },
        [
          `backend.bucket: is "${bucket}"; write the bucket's name: 3-63 of a-z, 0-9, single "." and "-", and no IP address, such as "ai-platform-state"`,
        ],
      ],
    ),
    ...["a..b", "a.-b", "a-.b", "192.168.5.4", "google-state", "a".repeat(64)].map(
      (bucket): Row => [
        `the bucket ${bucket} of Cloud Storage`,
        { backend: { type: "gcs", bucket } },
        [
          `backend.bucket: is "${bucket}"; write the bucket's name: 3-222 of a-z, 0-9, "_", "-" and single "." between them, and no IP address, such as "ai-platform-state"`,
        ],
      ],
    ),
    [
      "azurerm",
      { backend: { type: "azurerm", resourceGroup: "x.", storageAccount: "A-b", container: "a--b" } },
      [
        'backend.container: is "a--b"; write the blob container: 3-63 of a-z, 0-9 and single "-", such as "tfstate"',
        'backend.resourceGroup: is "x."; write the resource group: at most 90 letters, digits, "_", "-", "(", ")" and ".", not ending with ".", such as "state"',
        'backend.storageAccount: is "A-b"; write the storage account: 3-24 of a-z and 0-9, such as "aiplatformstate"',
      ],
    ],
    [
      "kubernetes",
      { backend: { type: "kubernetes", namespace: "A" } },
      ['backend.namespace: is "A"; write the namespace: 1-63 of a-z, 0-9 and "-", such as "terraform"'],
    ],
    [
      "cloud",
      { backend: { type: "cloud", organization: "a b", project: "a/b" } },
      [
        'backend.organization: is "a b"; write the organization: 1-40 letters, digits, "_" and "-", such as "example"',
        'backend.project: is "a/b"; write the project: 1-40 letters, digits, spaces, "_" and "-", such as "ai-platform"',
      ],
    ],
    [
      "http with credentials in its address, which are not repeated",
      {
        backend: { type: "http", address: "https://me:s3cret@state.example.com/tls", lockAddress: "https://s3cret@x" },
      },
      [`backend.address: ${noAddress}`, `backend.lockAddress: ${noAddress}`],
    ],
    [
      "http with a token in its address",
      { backend: { type: "http", address: "https://state.example.com/tls?token=s3cret" } },
      [`backend.address: ${noAddress}`],
    ],
    [
      "http without a scheme",
      { backend: { type: "http", address: "state.example.com" } },
      [`backend.address: ${noAddress}`],
    ],
    ...["latest", "", "~> 6.", "6.x", ">= 6.25 < 7", "v6.25", "1.2.3.4"].map(
      (text): Row => [
        `the version ${JSON.stringify(text)}`,
        { providers: { aws: { version: text } } },
        [
          `providers.aws.version: is ${JSON.stringify(text)}, which is no version constraint; write one such as "~> 6.25" or ">= 6.25, < 7"`,
        ],
      ],
    ),
    [
      "a version where the provider's map belongs",
      { providers: { aws: "6.25" } },
      ['providers.aws: is "6.25"; write a map, such as {"version":"~> 6.25"} (What is asked of the provider)'],
    ],
  ])("%s", (_, changes, lines) => expect(problemsOf(changed(changes))).toEqual(lines));

  test.each(["~> 6.25", "5.100.0", ">= 6.25, < 7", "!= 6.1.0", "=6.0.0-beta1", "~>6"])("accepted: %s", (version) => {
    expect(problemsOf(changed({ providers: { aws: { version } } }))).toEqual([]);
  });

  test.each([
    { type: "s3", bucket: "ai.platform-state", region: "us-gov-west-1", keyPrefix: "a/b.c" },
    {
      type: "gcs",
      bucket: "a_b.c",
      prefix: "tls",
      kmsKey: "projects/p1/locations/global/keyRings/Ring-1/cryptoKeys/Key-1",
    },
    {
      type: "azurerm",
      resourceGroup: "State (prod)".replace(" ", "-"),
      storageAccount: "state1",
      container: "tf-state",
    },
    { type: "http", address: "http://localhost:8080/state", lockAddress: "https://state.example.com" },
    { type: "kubernetes", namespace: "terraform", encryptedAtRest: true },
    { type: "cloud", organization: "example", project: "AI platform" },
  ])("accepted: $type", (backend) => expect(problemsOf(changed({ backend }))).toEqual([]));
});

describe("texts", () => {
  const expression = (start: string) => `contains "${start}", which Terraform would evaluate; write the value itself`;

  test.each<Row>([
    [
      "a Terraform expression",
      { "api/names": ["${var.host}.example.com"] },
      [`${api}.names["\${var.host}.example.com"]: ${expression("${")}`],
    ],
    ["an escaped expression, which is one still", { project: "$${x}" }, [`project: ${expression("${")}`]],
    [
      "a Terraform directive",
      { "web/dns/zones": { "example.com": "%{ if true }Z1%{ endif }" } },
      [`${web}.dns.zones["example.com"]: ${expression("%{")}`],
    ],
    ["an expression as a key", { "labels/${x}": "x" }, [`labels["\${x}"]: ${expression("${")}`]],
    [
      "a line break",
      { project: "a\nb" },
      ["project: contains a line break; write it on one line without control characters"],
    ],
    [
      "a line break at the end, which patterns overlook",
      { environment: "test\n" },
      ["environment: contains a line break; write it on one line without control characters"],
    ],
    [
      "a line break in a key",
      { "labels/a\nb": "x" },
      ['labels["a\\nb"]: contains a line break; write it on one line without control characters'],
    ],
    [
      "NUL",
      { "api/names": ["api\0.example.com"] },
      [
        `${api}.names["api\\u0000.example.com"]: contains the control character U+0000; write it on one line without control characters`,
      ],
    ],
    [
      "NUL in a key",
      { "web/dns/zones": { "example.com": "Z1", "a\0": "Z2" } },
      [
        `${web}.dns.zones["a\\u0000"]: contains the control character U+0000; write it on one line without control characters`,
      ],
    ],
    [
      "NUL in an unknown field",
      { "api/x\0": 1 },
      [`${api}["x\\u0000"]: contains the control character U+0000; write it on one line without control characters`],
    ],
    [
      "a terminal's control sequence, which is not repeated",
      { "labels/a\u009b31m": "\u001b[31m" },
      ['labels["a\\u009b31m"]: contains the control character U+009B; write it on one line without control characters'],
    ],
    [
      "a direction mark, which is shown",
      { "api/names": ["a\u202eb.example.com"] },
      [`${api}.names["a\\u202eb.example.com"]: contains the invisible character U+202E; write it without`],
    ],
    [
      "what has no width, in a key",
      { "labels/a\u200bb": "x" },
      ['labels["a\\u200bb"]: contains the invisible character U+200B; write it without'],
    ],
    [
      "a line end of Unicode",
      { project: "a\u2028b" },
      ["project: contains the invisible character U+2028; write it without"],
    ],
    [
      "half a surrogate pair",
      { project: "a\ud800" },
      ["project: contains U+D800, which is no character; write it without"],
    ],
    [
      "a noncharacter",
      { project: "a\u{1fffe}" },
      ["project: contains U+1FFFE, which is no character; write it without"],
    ],
  ])("%s", (_, changes, lines) => expect(problemsOf(changed(changes))).toEqual(lines));

  // In lists and as keys the framework gives them another meaning, and in numbers and texts it looks them up.
  test.each<[string, unknown, string]>([
    ["a reference to a list", "x #{TfToken[TOKEN.1]}", 'contains "#{TfToken["'],
    ["a reference to a map", "&{TfToken[TOKEN.1]}", 'contains "&{TfToken["'],
    ["a reference to a text", "${TfToken[TOKEN.1]}", 'contains "${"'],
    ["what stands for a map", "Any Map Token Value", 'contains "Any Map Token Value"'],
    ["a reference to a number, as text", "v-8.109562212591379e+298", 'contains "-8.109562212591379e+298"'],
    ["a reference to a number", -8.109562212591379e298, "is -8.109562212591379e+298"],
    ["a reference to a list of numbers", -1.8881545897087503e289, "is -1.8881545897087503e+289"],
    ["the number that stands for a map", -123456789, "is -123456789"],
  ])("%s of the framework's own", (_, value, said) => {
    const report = newReport();
    plainData({ deep: [{ reload: value }], ...(typeof value === "string" ? { [value]: "x" } : {}) }, report);
    const paths = [["deep", 0, "reload"], ...(typeof value === "string" ? [[value]] : [])];
    expect(report.problems.map(({ path }) => path)).toEqual(paths);
    for (const { message } of report.problems) expect(message.startsWith(said)).toBe(true);
  });

  test("numbers and words that only look alike are none", () => {
    const report = newReport();
    const plain = ["-1e289", "TfToken[TOKEN.1]", "a map token value", "1e400", "e-e.e", -1e300, -12345678, 1.9e289];
    expect(plainData({ plain }, report)).toEqual({ plain });
    expect(report.problems).toEqual([]);
  });

  test("line breaks belong into PEM", () => {
    const pem = "-----BEGIN CERTIFICATE REQUEST-----\r\nMIIB\n-----END CERTIFICATE REQUEST-----\n";
    const report = newReport();
    expect(
      plainData({ csr: pem, caBundle: pem, note: pem, deep: { csr: `${pem}\0` }, list: [{ csr: pem }] }, report),
    ).toEqual({
      csr: pem,
      caBundle: pem,
      note: "",
      deep: { csr: "" },
      list: [{ csr: pem }],
    });
    expect(report.problems.map(({ path }) => path)).toEqual([["note"], ["deep", "csr"]]);
  });
});

describe("secrets", () => {
  const mixed = (length: number) => "a1B2c3D4e5".repeat(length).slice(0, length);
  const pem = (label: string) => `-----BEGIN ${label}-----\nMIIEowIBAAKCAQEA\n-----END ${label}-----\n`;

  const kinds: readonly (readonly [what: string, secret: string])[] = [
    ["a private key", pem("PRIVATE KEY")],
    ["a private key", pem("RSA PRIVATE KEY")],
    ["a private key", pem("ENCRYPTED PRIVATE KEY").replaceAll("\n", " ")],
    ["a private key", pem("PGP PRIVATE KEY BLOCK")],
    ["an AWS access key id", `AKIA${"ABCDEFG2".repeat(2)}`],
    ["an AWS access key id", `ASIA${"Q3EGRIQZ".repeat(2)}`],
    ["an AWS secret access key", mixed(40)],
    ["an AWS secret access key", `${mixed(10)}/${mixed(12)}+${mixed(16)}`],
    ["a Vault token", `hvs.${mixed(24)}`],
    ["a Vault token", `hvs.${mixed(36)}`],
    ["a Vault token", `hvs.${mixed(40)}`],
    ["a Vault token", `s.${mixed(40)}`],
    ["a Vault token", `hvb.${mixed(30)}_-${mixed(30)}`],
    ["a Vault token", `s.${mixed(24)}`],
    ["a GitHub token", `ghp_${mixed(36)}`],
    ["a GitHub token", `github_pat_${mixed(22)}_${mixed(59)}`],
    ["a Google API key", `AIza${mixed(35)}`],
    ["a Google access token", `ya29.${mixed(50)}`],
    ["an HCP Terraform token", `${mixed(14)}.atlasv1.${mixed(67)}`],
    ["the key of an Azure storage account", `${mixed(86)}==`],
    ["a signed token", ["eyJhbGciOiJIUzI1NiJ9", "eyJzdWIiOiIxMjM0NTY3ODkwIn0", mixed(43)].join(".")],
    ["a signed token", ["eyJhbGciOiJIUzI1NiJ9", "eyJzdWIiOiIxMjM0NTY3ODkwIn0", mixed(40)].join(".")],
  ];

  test.each(kinds)("%s is refused wherever it was pasted, and repeated nowhere", (what, secret) => {
    const line = `looks like ${what}; a config holds no secrets: revoke it, and give credentials to the provider through its own environment`;
    const places: readonly (readonly [Changes, string])[] = [
      [{ project: secret }, "project"],
      [{ "labels/note": `key=${secret}` }, "labels.note"],
      [{ "api/names": ["api.example.com", secret] }, `${api}.names["(withheld)"]`],
      [{ "api/attach": [{ to: "alb-listener", arn: secret }] }, `${api}.attach["(withheld)"].arn`],
      [{ "api/attach": [secret] }, `${api}.attach["(withheld)"]`],
      [{ "api/alarm": secret }, `${api}.alarm`],
      [{ "web/quota": { namesPerCertificate: secret } }, `${web}.quota.namesPerCertificate`],
      [{ labels: { [secret]: "x" } }, 'labels["(withheld)"]'],
      [{ stacks: { ...goodConfig().stacks, [secret]: {} } }, 'stacks["(withheld)"]'],
      [{ token: secret }, "token"],
      [{ labels: { team: secret, note: "x" } }, "labels.team"],
    ];
    for (const [changes, place] of places) expect(saidOf(changed(changes))).toEqual([`${place}: ${line}`]);
    expect(saidOf(changed({ vault: { deep: [{ token: secret }] } }))).toEqual([
      `vault.deep[0].token: ${line}`,
      expect.stringMatching(/^vault: is an unknown field; known here: /),
    ]);
    expect(saidOf({ ...changed({}), [secret]: "x" })).toEqual([`["(withheld)"]: ${line}`]);
  });

  test.each([
    [
      "a listener with a long name",
      "api/attach",
      [{ to: "alb-listener", arn: albListener.replace("app/api", "app/ProductionLoadBalancerNumber0001") }],
    ],
    ["a topic with a long name", "api/alarm", { topics: [topic.replace("certificates", mixed(40))] }],
    [
      "names with long labels",
      "api/names",
      ["api.example.com", `${mixed(40).toLowerCase()}.example.com`, `s.${"abcdefgh".repeat(4)}.example.com`],
    ],
  ])("%s is none", (_, place, value) => expect(problemsOf(changed({ [place]: value }))).toEqual([]));
});

describe("all at once", () => {
  test("more than twenty mistakes are as many lines", () => {
    const config = changed({
      project: "AI",
      environment: undefined,
      labels: { Team: "x", owner: "a b" },
      "backend/typ": "s3",
      privateKeys: "maybe",
      applyEvery: "weekly",
      horizon: "2027-02-30",
      providers: { aws: { version: "latest" } },
      "web/account": 1,
      "web/region": undefined,
      "web/dns/zones": { "example.com": "x", "https://example.net": "Z1" },
      "web/quota": { namesPerCertificate: 1000 },
      api: {
        names: ["api_1.example.com"],
        key: "rsa-4096",
        attach: [{ to: "alb" }, { to: "alb-listener", arn: "x" }, { to: "nlb-listener", arn: nlbListener }],
        validationTimeout: 30,
        alarm: { before: "36h", topics: [topic] },
        records: "none",
      },
      "web/certificates/Edge": { names: ["edge.example.org", ...names(11)] },
    });
    expect(problemsOf(config)).toEqual([
      'applyEvery: is "weekly", which is no duration; write a whole number above 0 and s, m, h or d, such as "7d"',
      'backend.typ: is an unknown field; did you mean "type"?',
      'environment: is missing; write a string, such as "prod" (Name of the environment, part of every state key and label)',
      'horizon: is "2027-02-30", which is no date; write one such as "2027-03-15"',
      'labels.Team: is no label key; write 1-63 of a-z, 0-9, "_" and "-", starting with a letter and ending with a letter or digit',
      'labels.owner: is "a b"; write 1-63 letters, digits, ".", "_" and "-", starting and ending with a letter or digit (Kubernetes takes no more)',
      'privateKeys: is "maybe"; write "never", "encrypted-backend" or "allowed"',
      `project: is "AI"; write ${shortKey}`,
      'providers.aws.version: is "latest", which is no version constraint; write one such as "~> 6.25" or ">= 6.25, < 7"',
      `${web}.account: is 1; write a string, such as "111122223333" (The AWS account; an apply with credentials of another one stops at once)`,
      `${web}.certificates.Edge.names["edge.example.org"]: no zone covers it; add "example.org" to dns.zones`,
      `${web}.certificates.Edge: is no valid key; write ${key}`,
      `${api}.alarm.before: is "36h"; write whole days, which is how ACM counts`,
      `${api}.attach["alb"].to: is "alb"; write "alb-listener", "nlb-listener", "cloudfront" or "api-gateway"`,
      `${api}.attach["x"].arn: is "x", which is no ARN of a listener of an Application Load Balancer; copy it from the load balancer's Listeners page`,
      `${api}.key: is "rsa-4096", which ACM does not make; write "ecdsa-p256", "ecdsa-p384" or "rsa-2048"`,
      `${api}.names["api_1.example.com"]: contains "_"; host names have letters, digits and hyphens only (RFC 1123)`,
      `${api}.records: is "none"; write "managed" or "existing"`,
      `${api}.validationTimeout: is 30; write a string, such as "30m" (How long an apply waits for ACM to issue; the next apply goes on waiting)`,
      `${web}.dns.zones["example.com"]: is "x", which is no id of a Route 53 hosted zone; write "Z" and up to 31 of A-Z and 0-9, such as "Z0123456789ABCDEFGHIJ", or "lookup"`,
      `${web}.dns.zones["https://example.net"]: is a URL; write only its host name`,
      `${web}.quota.namesPerCertificate: is 1000; write a whole number from 10 to 100`,
      `${web}.region: is missing; write a string, such as "eu-west-1" (The AWS region)`,
    ]);
  });

  test("a wrong value is reported where it stands and nowhere else", () => {
    for (const { path, lines, place } of mistakes()) {
      expect(lines).not.toEqual([]);
      expect(lines.filter((line) => path.length > 0 && !line.startsWith(place))).toEqual([]);
    }
  });

  test("two mistakes in different places are reported as each is alone", () => {
    // Nothing is said of the rest of a thing that does not say its kind.
    const alone = mistakes().filter(({ path }) => !["scenario", "type", "to", "in"].includes(String(path.at(-1))));
    const mistake = fc.constantFrom(...alone);
    fc.assert(
      fc.property(mistake, mistake, (one, other) => {
        fc.pre(!isInside(one.path, other.path) && !isInside(other.path, one.path));
        const both = replaced(replaced(fullConfig(), one.path, one.wrong), other.path, other.wrong);
        expect(problemsOf(both)).toEqual([...new Set([...one.lines, ...other.lines])].sort());
      }),
      runs(10),
    );
  });

  test("a slip in the name of a field is one line", () => {
    const chosen = ["labels", "stacks", "zones", "certificates"];
    for (const { path } of placesOf(fullConfig())) {
      const [field, around] = [path.at(-1), path.at(-2)];
      if (typeof field !== "string" || chosen.includes(String(around))) continue;
      const slip = `${field}x`;
      const map = path
        .slice(0, -1)
        .reduce((inner, part) => inner[String(part)] as Json, fullConfig() as unknown as Json);
      const config = replaced(
        fullConfig(),
        path.slice(0, -1),
        Object.fromEntries(Object.entries(map).map(([name, value]) => [name === field ? slip : name, value])),
      );
      // What does not say its kind has no fields that could be known.
      const says = ["scenario", "type", "to", "in"].includes(field);
      const place = showPath([...path.slice(0, -1), says ? field : slip], config);
      expect(problemsOf(config)).toEqual([
        expect.stringContaining(
          says ? `${place}: is missing` : `${place}: is an unknown field; did you mean "${field}"?`,
        ),
      ]);
    }
  });
});

describe("whatever is given", () => {
  const places = placesOf(fullConfig()).map(({ path }) => path);
  const value = fc.oneof(
    fc.jsonValue({ maxDepth: 2 }),
    fc.constantFrom("", "lookup", "1d", "*.example.com", "example.com.", "Z1", "us-east-1", topic, albListener, false),
    fc.constantFrom<unknown>({}, [], { to: "cloudfront" }, { type: "local" }, Number.NaN, undefined, new Date(0)),
    fc.string({ maxLength: 6 }),
    fc.constantFrom("\0", "\ud800", "a\u202eb", "ü.example.com", "${x}", "a\nb"),
  );
  const change = fc.record({ path: fc.constantFrom(...places), value, asKey: fc.boolean() });

  /** The full config with other values, or with new keys, in some places. */
  const mutated = (changes: readonly { path: Path; value: unknown; asKey: boolean }[]) =>
    changes.reduce<unknown>((config, { path, value, asKey }) => {
      const there = path.reduce<unknown>((inner, part) => (inner as Json | undefined | null)?.[String(part)], config);
      if (there === undefined || there === null) return config;
      if (!asKey || typeof there !== "object" || Array.isArray(there)) return replaced(config, path, value);
      return replaced(config, path, { ...there, [String(value)]: value });
    }, fullConfig());

  test("any JSON is read, and none of it is a config by chance", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (config) => expect(problemsOf(config)).not.toEqual([])),
      runs(10),
    );
  });

  test("a config changed anywhere is either refused or complete", () => {
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), (changes) => {
        const { config, report } = checkedConfig(mutated(changes));
        if (report.problems.length > 0) return;
        const optional = ["account", "horizon", "id", "alarm"];
        const missing = placesOf(config).filter(
          ({ path, value }) =>
            value === "" ||
            value === null ||
            value === 0 ||
            Number.isNaN(value) ||
            (value === undefined && !optional.includes(String(path.at(-1)))),
        );
        expect(missing).toEqual([]);
      }),
      runs(10),
    );
  });

  test("a version of very many spaces takes no longer than its length", () => {
    const config = changed({ providers: { aws: { version: `${" ".repeat(100_000)}x` } } });
    const before = process.cpuUsage();
    expect(checkedConfig(config).report.problems).toHaveLength(1);
    // It took the square: ten seconds.
    expect(process.cpuUsage(before).user).toBeLessThan(2_000_000);
  });

  test("a secret that was pasted anywhere stands in no line", () => {
    const secrets = [
      `hvs.${"a1B2c3D4".repeat(4)}`,
      "-----BEGIN PRIVATE KEY-----\nMIIEowIBAAKCAQEA\n-----END PRIVATE KEY-----",
    ];
    const pasted = fc
      .constantFrom(...secrets)
      .chain((secret) =>
        fc.constantFrom<unknown>(
          secret,
          `token ${secret}`,
          [secret],
          { name: secret },
          { to: secret },
          { [secret]: secret },
        ),
      );
    const paste = fc.record({ path: fc.constantFrom(...places), value: pasted, asKey: fc.boolean() });
    fc.assert(
      fc.property(paste, fc.array(change, { maxLength: 2 }), (secret, changes) => {
        const config = mutated([...changes, secret]);
        const lines = saidOf(config).join("\n");
        for (const text of ["a1B2c3D4", "MIIEowIB"]) expect(lines).not.toContain(text);
      }),
      runs(10),
    );
  });
});

/** Every place of the full config with wrong kinds of values, and what its owner reads. */
const mistakes = once(() =>
  placesOf(fullConfig())
    .filter(({ path }) => !path.some((part) => typeof part === "number" && part > 0))
    .flatMap(({ path, value }) =>
      // No text of the config may be "?".
      [null, "?", Array.isArray(value) ? {} : []].map((wrong) => {
        const config = replaced(fullConfig(), path, wrong);
        return { path, wrong, place: showPath(path, config), lines: problemsOf(config) };
      }),
    ),
);

function once<Value>(make: () => Value): () => Value {
  let made: { readonly value: Value } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

const isInside = (inner: Path, outer: Path) => outer.every((part, index) => inner[index] === part);

type Json = Record<string, unknown>;

/** Every place of a config, with what stands there. */
function placesOf(value: unknown, path: Path = []): readonly { path: Path; value: unknown }[] {
  const inside =
    typeof value === "object" && value !== null
      ? Object.entries(value).flatMap(([name, inner]) =>
          placesOf(inner, [...path, Array.isArray(value) ? Number(name) : name]),
        )
      : [];
  return [{ path, value }, ...inside];
}

/** The value with another one at a place in it. */
function replaced(value: unknown, [first, ...rest]: Path, other: unknown): unknown {
  if (first === undefined) return other;
  const inner = (value as Json)[String(first)];
  if (Array.isArray(value))
    return value.map((member, index) => (index === first ? replaced(inner, rest, other) : member));
  return { ...(value as Json), [String(first)]: replaced(inner, rest, other) };
}
