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
