import fc from "fast-check";
import { partitionOf } from "../../../lib/config/aws";
import { day, goDuration, parseDuration, showDuration } from "../../../lib/config/duration";
import { isDate, laterLifetimes } from "../../../lib/config/lifetimes";
import { albListener, certificateOf, changed, warningsOf } from "../../support/configs";
import { runs } from "../../support/runs";

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
      runs(100),
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
    ["us-iso-west-1", "aws-iso"],
    ["us-isob-east-1", "aws-iso-b"],
    ["us-isof-south-1", "aws-iso-f"],
    ["eu-isoe-west-1", "aws-iso-e"],
    ["eusc-de-east-1", "aws-eusc"],
    ["us-east-1", "aws"],
  ])("%s is in the partition %s", (region, partition) => expect(partitionOf(region)).toBe(partition));

  test("in every partition, a listener belongs where its stack is", () => {
    for (const [region, partition] of [
      ["cn-north-1", "aws-cn"],
      ["us-gov-west-1", "aws-us-gov"],
      ["us-iso-east-1", "aws-iso"],
      ["eusc-de-east-1", "aws-eusc"],
    ] as const) {
      const arn = albListener.replace("arn:aws:", `arn:${partition}:`).replace("eu-west-1", region);
      const changes = { "web/region": region, "api/attach": [{ to: "alb-listener", arn }] };
      expect(certificateOf(changes).listeners).toHaveLength(1);
      expect(warningsOf(changed(changes))).toEqual([]);
    }
  });

  test("a region that is not known is advised about, wherever one is written", () => {
    const route53 = { in: "route53", zones: { "example.com": "lookup" }, region: "eu-wst-1" };
    const cloudRun = { cloudRun: { region: "mars-west1", service: "llama" } };
    const endpoints = { "llama-0": { address: "10.0.0.5", port: 8000 } };
    const zonalNeg = { zone: "europe-west5-b", network: "n", subnetwork: "s", endpoints, maxRatePerEndpoint: 1 };
    const serving = {
      scenario: "gcp-managed-san",
      project: "ml-serving",
      hosts: { "chat.example.com": { backend: "a" } },
    };
    const given = changed({
      backend: { type: "s3", bucket: "state", region: "xx-nowhere-9" },
      "web/region": "us-wast-2",
      "stacks/lb": { ...serving, dns: route53, defaultBackend: "b", backends: { a: cloudRun, b: { zonalNeg } } },
    });
    const wrong = (cloud: string, got: string, meant: string) =>
      `is "${got}", and ${cloud} has no such region that is known here; ${meant}`;
    expect(warningsOf(given)).toEqual([
      `backend.region: ${wrong("AWS", "xx-nowhere-9", "see the list of regions of AWS")}`,
      `stacks.lb.backends.a.cloudRun.region: ${wrong("Google Cloud", "mars-west1", 'did you mean "me-west1"?')}`,
      `stacks.lb.backends.b.zonalNeg.zone: is "europe-west5-b", whose region ${wrong("Google Cloud", "europe-west5", 'did you mean "europe-west1-b"?')}`,
      `stacks.lb.dns.region: ${wrong("AWS", "eu-wst-1", 'did you mean "eu-west-1"?')}`,
      `stacks.web.region: ${wrong("AWS", "us-wast-2", 'did you mean "us-east-2"?')}`,
    ]);
  });
});
