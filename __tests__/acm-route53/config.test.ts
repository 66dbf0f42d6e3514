import { day } from "../../lib/config/duration";
import { publicLifetime } from "../../lib/config/lifetimes";
import { defaultAlarm } from "../../stacks/acm-route53/config";
import { checkedConfig } from "../../stacks/check";
import { certificateOf, goodConfig, stackOf, topic } from "../support/configs";

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
    const stack = stackOf({ horizon, "api/alarm": {} });
    expect(stack.lifetime).toBe(lifetime * day);
    expect(stack.certificates[0]?.alarm).toMatchObject({ before: alarm * day, topics: [] });
    expect(publicLifetime(horizon)).toBe(lifetime * day);
    expect(defaultAlarm(lifetime * day)).toBe(alarm * day);
  });

  test("an alarm that says only whom to tell, an empty one and none", () => {
    expect(certificateOf({ "api/alarm": { topics: [topic] } }).alarm).toMatchObject({ before: 30 * day });
    expect(certificateOf({ "api/alarm": {} }).alarm).toEqual({
      name: "ai-platform-test-web-api-expiry",
      before: 30 * day,
      topics: [],
    });
    expect(certificateOf({ "api/alarm": false }).alarm).toBeUndefined();
  });

  test("the clock is never asked", () => {
    const before = JSON.stringify(checkedConfig(goodConfig()));
    jest.useFakeTimers();
    try {
      jest.setSystemTime(new Date("2031-01-01"));
      expect(JSON.stringify(checkedConfig(goodConfig()))).toBe(before);
    } finally {
      jest.useRealTimers();
    }
  });
});
