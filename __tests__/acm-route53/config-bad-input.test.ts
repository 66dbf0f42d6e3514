import { account, albListener, type Changes, changed, nlbListener, problemsOf, topic } from "../support/configs";

const web = "stacks.web";
const api = "stacks.web.certificates.api";
const elsewhere = albListener.replace("eu-west-1", "eu-north-1");
const foreign = albListener.replace(account, "444455556666").replace("9c0d", "8c0d");

/** What is changed in the good config, and every line that its owner reads. */
type Row = readonly [title: string, changes: Changes, lines: readonly string[]];

describe("fields of earlier releases", () => {
  const moved = `${web}.zones: is now dns: { in: "route53", zones: { ... } }; move it there`;
  const old = { "web/dns": undefined, "web/zones": { "example.com": "Z0123456789ABCDEFGHIJ" } };

  test.each<Row>([
    ["zones of a stack, of which nothing else is wrong", old, [moved]],
    ["zones beside dns, which is what counts", { "web/zones": { "example.org": "Z1" } }, [moved]],
    [
      "zones with mistakes, which are told where they must be mended",
      { ...old, "web/zones": { "example.com": "x", "*.example.org": "Z2" }, "api/names": ["api.example.net"] },
      [
        `${api}.names["api.example.net"]: no zone covers it; add "example.net" to dns.zones`,
        `${web}.dns.zones["*.example.org"]: is a wildcard; write the zone's own name`,
        `${web}.dns.zones["example.com"]: is "x", which is no id of a Route 53 hosted zone; write "Z" and up to 31 of A-Z and 0-9, such as "Z0123456789ABCDEFGHIJ", or "lookup"`,
        moved,
      ],
    ],
  ])("%s", (_, changes, lines) => expect(problemsOf(changed(changes))).toEqual(lines));
});

describe("zones", () => {
  test.each<Row>([
    [
      "two zones with one id",
      { "web/dns/zones": { "example.com": "Z1", "example.org": "Z1" } },
      [`${web}.dns.zones["example.org"]: has the id of "example.com"; every zone has its own, copy it again`],
    ],
    [
      "with a host that has none here, of which nothing else is said",
      { "web/dns": { in: "cloud-dns", zones: { "example.com": "example-com" } } },
      [`${web}.dns.in: is "cloud-dns"; write "route53"`],
    ],
    ["with no host", { "web/dns/in": undefined }, [`${web}.dns.in: is missing; write "route53"`]],
    [
      "two spellings of one zone",
      { "web/dns/zones": { "example.com": "Z1", "Example.com.": "Z2" } },
      [`${web}.dns.zones["Example.com."]: is "example.com" a second time; write each zone once`],
    ],
    [
      "a wildcard",
      { "web/dns/zones": { "*.example.com": "Z1" } },
      [`${web}.dns.zones["*.example.com"]: is a wildcard; write the zone's own name`],
    ],
    [
      "a URL",
      { "web/dns/zones": { "https://example.com": "Z1" } },
      [`${web}.dns.zones["https://example.com"]: is a URL; write only its host name`],
    ],
    [
      "a mistake in one zone hides none in another",
      { "web/dns/zones": { "a_b.example.net": "Z1", "example.org": "Z2" } },
      [
        `${api}.names["api.example.com"]: no zone covers it; add "example.com" to dns.zones`,
        `${web}.dns.zones["a_b.example.net"]: contains "_"; host names have letters, digits and hyphens only (RFC 1123)`,
      ],
    ],
    [
      "a malformed id",
      { "web/dns/zones": { "example.com": "/hostedzone/Z1" } },
      [
        `${web}.dns.zones["example.com"]: is "/hostedzone/Z1", which is no id of a Route 53 hosted zone; write "Z" and up to 31 of A-Z and 0-9, such as "Z0123456789ABCDEFGHIJ", or "lookup"`,
      ],
    ],
    [
      "an id that is too long",
      { "web/dns/zones": { "example.com": `Z${"1".repeat(32)}` } },
      [
        `${web}.dns.zones["example.com"]: is "Z${"1".repeat(32)}", which is no id of a Route 53 hosted zone; write "Z" and up to 31 of A-Z and 0-9, such as "Z0123456789ABCDEFGHIJ", or "lookup"`,
      ],
    ],
    [
      "no id",
      { "web/dns/zones": { "example.com": null } },
      [
        `${web}.dns.zones["example.com"]: is null; write a string, such as "Z0123456789ABCDEFGHIJ" (Id of the public hosted zone, or "lookup" to find it by name)`,
      ],
    ],
    [
      "a list",
      { "web/dns/zones": ["example.com"] },
      [
        `${web}.dns.zones: is ["example.com"]; write a map, such as {"example.com":"Z0123456789ABCDEFGHIJ"} (Existing public zones by name; a name's records go to the zone with the longest name that covers it)`,
      ],
    ],
  ])("%s", (_, changes, lines) => expect(problemsOf(changed(changes))).toEqual(lines));
});

describe("places at AWS", () => {
  test.each<Row>([
    [
      "a malformed account",
      { "web/account": "1111-2222-3333", "api/attach": [{ to: "alb-listener", arn: albListener }] },
      [`${web}.account: is "1111-2222-3333"; write the 12 digits of an AWS account`],
    ],
    [
      "a malformed region",
      {
        "web/region": "EU-WEST-1",
        "api/attach": [{ to: "alb-listener", arn: albListener }],
        "api/alarm": { topics: [topic] },
      },
      [`${web}.region: is "EU-WEST-1"; write an AWS region, such as "eu-west-1"`],
    ],
    [
      "an availability zone",
      { "web/region": "eu-west-1a" },
      [`${web}.region: is "eu-west-1a"; write an AWS region, such as "eu-west-1"`],
    ],
    [
      "a missing region",
      { "web/region": undefined, "api/attach": [{ to: "alb-listener", arn: albListener }, { to: "cloudfront" }] },
      [`${web}.region: is missing; write a string, such as "eu-west-1" (The AWS region)`],
    ],
    [
      "a malformed listener",
      { "api/attach": [{ to: "nlb-listener", arn: nlbListener.slice(0, -1) }] },
      [
        `${api}.attach["${nlbListener.slice(0, -1)}"].arn: is "${nlbListener.slice(0, -1)}", which is no ARN of a listener of a Network Load Balancer; copy it from the load balancer's Listeners page`,
      ],
    ],
    [
      "a load balancer for its listener",
      {
        "api/attach": [
          {
            to: "alb-listener",
            arn: `arn:aws:elasticloadbalancing:eu-west-1:${account}:loadbalancer/app/api/1a2b3c4d5e6f7a8b`,
          },
        ],
      },
      [
        `${api}.attach["arn:aws:elasticloadbalancing:eu-west-1:${account}:loadbalancer/app/api/1a2b3c4d5e6f7a8b"].arn: is "arn:aws:elasticloadbalancing:eu-west-1:${account}:loadbalancer/app/api/1a2b3c4d5e6f7a8b", which is no ARN of a listener of an Application Load Balancer; copy it from the load balancer's Listeners page`,
      ],
    ],
    [
      "an ALB's listener as an NLB's",
      { "api/attach": [{ to: "nlb-listener", arn: albListener }] },
      [
        `${api}.attach["${albListener}"].arn: is "${albListener}", which is no ARN of a listener of a Network Load Balancer; write to: "alb-listener"`,
      ],
    ],
    [
      "a malformed topic",
      { "api/alarm": { topics: ["certificates"] } },
      [
        `${api}.alarm.topics["certificates"]: is "certificates", which is no ARN of a standard SNS topic; write one such as "${topic}"`,
      ],
    ],
    [
      "a topic of no region, and a queue",
      { "api/alarm": { topics: [topic.replace("eu-west-1", "europe"), topic.replace("sns", "sqs")] } },
      [topic.replace("eu-west-1", "europe"), topic.replace("sns", "sqs")].map(
        (arn) =>
          `${api}.alarm.topics["${arn}"]: is "${arn}", which is no ARN of a standard SNS topic; write one such as "${topic}"`,
      ),
    ],
    [
      "a topic that alarms cannot notify",
      { "api/alarm": { topics: [`${topic}.fifo`] } },
      [
        `${api}.alarm.topics["${topic}.fifo"]: is "${topic}.fifo", which is no ARN of a standard SNS topic; write one such as "${topic}"`,
      ],
    ],
    [
      "a listener in another region",
      { "api/attach": [{ to: "alb-listener", arn: elsewhere }] },
      [
        `${api}.attach["${elsewhere}"]: is in eu-north-1, the certificate in eu-west-1; name a listener in eu-west-1 or make a stack for eu-north-1`,
      ],
    ],
    [
      "a listener of another account",
      { "api/attach": [{ to: "alb-listener", arn: foreign }] },
      [
        `${api}.attach["${foreign}"]: is of account 444455556666, the stack of ${account}; make a stack for each account`,
      ],
    ],
    [
      "listeners of two accounts, none of them stated",
      {
        "web/account": undefined,
        "api/attach": [
          { to: "alb-listener", arn: albListener },
          { to: "alb-listener", arn: foreign },
        ],
      },
      [
        `${api}.attach["${foreign}"]: is of account 444455556666, the stack of ${account}; make a stack for each account`,
      ],
    ],
    [
      "a listener of another partition",
      { "api/attach": [{ to: "alb-listener", arn: albListener.replace("arn:aws:", "arn:aws-cn:") }] },
      [
        `${api}.attach["${albListener.replace("arn:aws:", "arn:aws-cn:")}"]: is of the partition aws-cn, but eu-west-1 is of aws; copy it again`,
      ],
    ],
  ])("%s", (_, changes, lines) => expect(problemsOf(changed(changes))).toEqual(lines));

  test("two listeners of one load balancer are told apart", () => {
    const other = `${albListener.slice(0, -1)}e`;
    const config = changed({
      "web/region": "eu-north-1",
      "api/attach": [
        { to: "alb-listener", arn: albListener },
        { to: "alb-listener", arn: other },
      ],
    });
    expect(problemsOf(config)).toEqual([
      `${api}.attach["${albListener}"]: is in eu-west-1, the certificate in eu-north-1; name a listener in eu-north-1 or make a stack for eu-west-1`,
      `${api}.attach["${other}"]: is in eu-west-1, the certificate in eu-north-1; name a listener in eu-north-1 or make a stack for eu-west-1`,
    ]);
  });
});
