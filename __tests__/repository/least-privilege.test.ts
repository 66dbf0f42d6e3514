import { readFileSync } from "node:fs";

interface Statement {
  readonly Effect: "Allow" | "Deny";
  readonly Action: string | readonly string[];
  readonly Resource: string | readonly string[];
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>;
}

const [, text = ""] =
  /^## Least privilege for `acm-route53`.*?^```json\n(.*?)^```/ms.exec(readFileSync("docs/threats.md", "utf8")) ?? [];
const { Statement: statements } = JSON.parse(text) as { readonly Statement: readonly Statement[] };

const listed = (given: string | readonly string[]) => (typeof given === "string" ? [given] : given);
const like = (pattern: string, value: string) =>
  new RegExp(
    `^${pattern
      .replace(/[.+^${}()|[\]\\]/g, "\\$&")
      .replaceAll("*", ".*")
      .replaceAll("?", ".")}$`,
  ).test(value);

/** Whether a condition of the policy holds, by IAM's rules for keys of many values. */
function holds(operator: string, wanted: string | readonly string[], got: readonly string[] | undefined): boolean {
  if (operator === "Null") return String(got === undefined) === wanted;
  const [quantity, comparison = quantity] = operator.split(":");
  const fits = (value: string) =>
    listed(wanted).some((one) => (comparison === "StringLike" ? like(one, value) : one === value));
  return quantity === "ForAllValues" ? (got ?? []).every(fits) : (got ?? []).some(fits);
}

/** Whether the policy lets the role do something. */
function allowed(action: string, resource: string, keys: Readonly<Record<string, readonly string[]>> = {}): boolean {
  const fitting = statements.filter(
    ({ Action, Resource, Condition = {} }) =>
      listed(Action).includes(action) &&
      listed(Resource).some((one) => like(one, resource)) &&
      Object.entries(Condition).every(([operator, tests]) =>
        Object.entries(tests).every(([key, wanted]) => holds(operator, wanted, keys[key])),
      ),
  );
  return fitting.length > 0 && fitting.every(({ Effect }) => Effect === "Allow");
}

const zone = "arn:aws:route53:::hostedzone/Z0123456789ABCDEFGHIJ";
const changes = (names: readonly string[], type = "CNAME", where = zone) =>
  allowed("route53:ChangeResourceRecordSets", where, {
    "route53:ChangeResourceRecordSetsNormalizedRecordNames": names,
    "route53:ChangeResourceRecordSetsRecordTypes": [type],
    "route53:ChangeResourceRecordSetsActions": ["UPSERT"],
  });

describe("the least that a role of acm-route53 needs", () => {
  test("are its validation records", () => {
    expect(changes(["_3639ac514e785e898d2646601fa951d5.api.example.com"])).toBe(true);
    expect(changes(["_3639ac514e785e898d2646601fa951d5.api.example.org"])).toBe(true);
    expect(allowed("route53:ChangeResourceRecordSets", zone)).toBe(false);
  });

  test.each([
    "_acme-challenge.api.example.com",
    "_ujmmovf2vn55tgye._acme-challenge.api.example.com",
    "_validation-persist.api.example.com",
    "_dnsauth.api.example.com",
    "_3639ac514e785e898d2646601fa951d5.www.example.com",
    "api.example.com",
  ])("are not %s, alone or beside another", (name) => {
    expect(changes([name])).toBe(false);
    expect(changes(["_3639ac514e785e898d2646601fa951d5.api.example.com", name])).toBe(false);
  });

  test("are no other types, no other zones", () => {
    expect(changes(["_a.api.example.com"], "TXT")).toBe(false);
    expect(changes(["_a.api.example.com"], "CNAME", `${zone}X`)).toBe(false);
  });

  test("are certificates for its names", () => {
    const asks = (...names: readonly string[]) =>
      allowed("acm:RequestCertificate", "*", { "acm:DomainNames": names, "acm:ValidationMethod": ["DNS"] });
    expect(asks("api.example.com", "*.api.example.com", "api.example.org")).toBe(true);
    expect(asks("api.example.com", "www.example.com")).toBe(false);
    expect(asks("*.example.com")).toBe(false);
    expect(allowed("acm:RequestCertificate", "*")).toBe(false);
  });

  test("are its alarms and its listener, as the README's config has them", () => {
    const readme = readFileSync("README.md", "utf8");
    const [listener = ""] = /arn:aws:elasticloadbalancing[^"]+/.exec(readme) ?? [];
    expect(allowed("elasticloadbalancing:AddListenerCertificates", listener)).toBe(true);
    expect(allowed("elasticloadbalancing:RemoveListenerCertificates", listener.replace("app/api", "app/web"))).toBe(
      false,
    );
    const alarm = (name: string) =>
      allowed("cloudwatch:PutMetricAlarm", `arn:aws:cloudwatch:eu-west-1:111122223333:alarm:${name}`);
    expect(alarm("ai-platform-prod-acm-route53-inference-api-expiry")).toBe(true);
    expect(alarm("billing")).toBe(false);
    for (const id of readme.match(/Z0[0-9A-Z]{19}/g) ?? []) {
      expect(changes(["_a.api.example.com"], "CNAME", `arn:aws:route53:::hostedzone/${id}`)).toBe(true);
    }
  });
});
