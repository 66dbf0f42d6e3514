import { change, changeOfState, fine, inOwnFolders } from "../support/check-command";
import { albListener, nlbListener } from "../support/configs";

inOwnFolders();

type Fields = Readonly<Record<string, unknown>>;

const alb = { attach: [{ to: "alb-listener", arn: albListener }] };
const nlb = { attach: [{ to: "nlb-listener", arn: nlbListener }] };
const api = { names: ["api.example.com"] };

function acm(certificates: Fields): Fields {
  const dns = { in: "route53", zones: { "example.com": "Z0123456789ABCDEFGHIJ" } };
  return { scenario: "acm-route53", account: "111122223333", region: "eu-west-1", dns, certificates };
}

describe("a certificate on a listener", () => {
  const on = { ...api, ...alb };
  const lacks = (key: string, names: string) =>
    `stacks.web.certificates: lacks "${key}", which a listener serves for ${names}: it would be taken off, and what is new is issued only later; to rename it, put it back beside the new key, apply, then take it out and apply again; to end it, first take its attach out`;
  const leaves = (names: string) =>
    `stacks.web.certificates.api: would no longer be on a listener for ${names}, which it serves there now; see that nobody uses it`;

  test.each<[what: string, before: Fields, after: Fields]>([
    ["nothing", { api: on }, { api: on }],
    [
      "another name, key or listener added",
      { api: on },
      { api: { ...on, names: ["api.example.com", "b.example.com"] } },
    ],
    ["the new key beside the old one", { old: on }, { old: on, api: on }],
    ["the old key taken out once the new one is there", { old: on, api: on }, { api: on }],
    [
      "one taken out whose names a wildcard there covers",
      { old: on, api: { ...on, names: ["*.example.com"] } },
      { api: { ...on, names: ["*.example.com"] } },
    ],
  ])("is not interrupted by %s", (_, before, after) => {
    expect(change(acm(before), acm(after))).toEqual(fine);
  });

  test.each<[what: string, before: Fields, after: Fields, ...problems: readonly string[]]>([
    ["a new key", { old: on }, { api: on }, lacks("old", '"api.example.com"')],
    ["none at all", { old: on, api }, { api }, lacks("old", '"api.example.com"')],
    [
      "the old key taken out where the new one is on another listener",
      { old: on, api: { ...api, ...nlb } },
      { api: { ...api, ...nlb } },
      lacks("old", '"api.example.com"'),
    ],
    [
      "another that has not all its names",
      { old: { ...on, names: ["a.b.example.com", "api.example.com"] }, api: { ...on, names: ["*.example.com"] } },
      { api: { ...on, names: ["*.example.com"] } },
      lacks("old", '"a.b.example.com"'),
    ],
  ])("is refused to be interrupted by %s", (_, before, after, ...problems) => {
    expect(change(acm(before), acm(after))).toEqual({ problems, warnings: [] });
  });

  test("is warned of where it is taken off, or its names, on purpose", () => {
    expect(change(acm({ api: on }), acm({ api }))).toEqual({ problems: [], warnings: [leaves('"api.example.com"')] });
    const both = { ...on, names: ["api.example.com", "b.example.com"] };
    expect(change(acm({ api: both }), acm({ api: on }))).toEqual({
      problems: [],
      warnings: [leaves('"b.example.com"')],
    });
    expect(change(acm({ old: api, api }), acm({ api }))).toEqual({
      problems: [],
      warnings: [
        'stacks.web.certificates: lacks "old", which was there before: AWS deletes no certificate that something uses, and the apply would end there; see that nothing uses its ARN',
      ],
    });
  });

  test("is known from a state", () => {
    const resource = (type: string, attributes: Fields) => ({
      mode: "managed",
      type,
      name: "old",
      instances: [{ attributes }],
    });
    const resources = [
      resource("aws_acm_certificate", {
        domain_name: "api.example.com",
        subject_alternative_names: ["api.example.com"],
      }),
      { ...resource("aws_lb_listener_certificate", { listener_arn: albListener }), name: "old_api_9c0d1e2f3a4b5c6d" },
    ];
    expect(changeOfState(resources, acm({ api: on }))).toEqual({
      problems: [lacks("old", '"api.example.com"')],
      warnings: [],
    });
  });
});

describe("a certificate's ARN", () => {
  const cloudfront = { ...api, attach: [{ to: "cloudfront" }] };
  const anew = (users: string, lost = "") =>
    `changes the certificate, which AWS makes anew with another ARN${lost}: ${users} goes on with the old one, which AWS deletes only when nothing uses it, so the apply ends with an error after 20 minutes; add a certificate with a new key beside this one, lead ${users} over to it, and take this one out then`;

  test("cannot change while something outside the stack uses it, and may have users where nothing is said of them", () => {
    expect(change(acm({ api: cloudfront }), acm({ api: { ...cloudfront, key: "rsa-2048" } }))).toEqual({
      problems: [`stacks.web.certificates.api.key: ${anew('"cloudfront"')}`],
      warnings: [],
    });
    expect(change(acm({ api: { names: ["a.example.com", "b.example.com"] } }), acm({ api }))).toEqual({
      problems: [],
      warnings: [
        `stacks.web.certificates.api.names: ${anew("whatever uses its ARN", ', without "a.example.com", "b.example.com"')}`,
      ],
    });
  });

  test("changes on listeners without anybody's doing", () => {
    expect(change(acm({ api: { ...api, ...alb } }), acm({ api: { ...api, ...alb, key: "ecdsa-p384" } }))).toEqual(fine);
  });
});

describe("a certificate elsewhere", () => {
  const stays = "stays, in use, with nothing that manages it";
  const state = (arn: string) => [
    {
      mode: "managed",
      type: "aws_acm_certificate",
      name: "api",
      instances: [{ attributes: { arn, domain_name: "api.example.com", key_algorithm: "EC_prime256v1" } }],
    },
  ];

  test("is another one: the region, judged from an output and from a state", () => {
    const problems = [
      `stacks.web.region: is "eu-central-1", was "eu-west-1": everything would be made anew there, and what is in eu-west-1 ${stays}; go back, and make a second stack in eu-central-1`,
    ];
    const moved = { ...acm({ api }), region: "eu-central-1" };
    expect(change(acm({ api }), moved)).toEqual({ problems, warnings: [] });
    expect(changeOfState(state("arn:aws:acm:eu-west-1:111122223333:certificate/a"), moved)).toEqual({
      problems,
      warnings: [],
    });
  });

  test("is another one: the account; stating it for the first time changes nothing", () => {
    const problems = [
      `stacks.web.account: is 444455556666, was 111122223333: everything would be made anew there, and what is in 111122223333 ${stays}; go back, and make a second stack for 444455556666`,
    ];
    const other = { ...acm({ api }), account: "444455556666" };
    const { account, ...without } = acm({ api });
    expect(change(acm({ api }), other)).toEqual({ problems, warnings: [] });
    expect(change(without, acm({ api }))).toEqual(fine);
    expect(changeOfState(state(`arn:aws:acm:eu-west-1:${String(account)}:certificate/a`), other)).toEqual({
      problems,
      warnings: [],
    });
  });

  test("is another one: CloudFront, which takes it from us-east-1 only", () => {
    expect(change(acm({ api }), acm({ api: { ...api, attach: [{ to: "cloudfront" }] } }))).toEqual({
      problems: [
        "stacks.web.certificates.api.attach: needs the certificate in us-east-1, was in eu-west-1: it would be made anew there, and AWS does not delete the one in eu-west-1 while anything uses it; take that out again, and make a second certificate for it",
      ],
      warnings: [],
    });
  });
});

describe("a validation record", () => {
  test("stays with a certificate that renews with it", () => {
    expect(change(acm({ api }), acm({ api: { ...api, records: "existing" } }))).toEqual({
      problems: [
        'stacks.web.certificates.api.records: is "existing", was "managed": the apply would destroy the validation record that this certificate renews with; first `terraform state rm aws_route53_record.validation_api_example_com`, which leaves it there, have its new owner take it over, and then compare with the state',
      ],
      warnings: [],
    });
    const both = { api, more: { names: ["*.api.example.com"] } };
    expect(change(acm(both), acm({ ...both, api: { ...api, records: "existing" } }))).toEqual(fine);
  });

  test("may move to a zone of its own, if that is delegated", () => {
    const finer = { ...acm({ api }), dns: { in: "route53", zones: { "api.example.com": "Z1123456789ABCDEFGHIJ" } } };
    expect(change(acm({ api }), finer)).toEqual({
      problems: [],
      warnings: [
        "stacks.web.dns.zones: changes: a validation record moves to another zone, and ACM renews only with what resolvers find; see that the new zone is delegated (dig NS) before you apply",
      ],
    });
  });
});

test("an alarm that goes is told, what it watches for is the owner's own", () => {
  expect(change(acm({ api }), acm({ api: { ...api, alarm: false } }))).toEqual({
    problems: [],
    warnings: [
      "stacks.web.certificates.api.alarm: no longer has aws_cloudwatch_metric_alarm.api: nothing rings any more when the certificate is not renewed; see that something else does",
    ],
  });
  expect(change(acm({ api }), acm({ api: { ...api, alarm: { before: "20d" } } }))).toEqual(fine);
});
