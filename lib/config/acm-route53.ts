import { z } from "zod";
import { type Arn, accountInput, type ListenerArn, parseListenerArn, parseTopicArn, regionInput } from "./aws";
import { readZones, route53Input, type Zones, zoneOf, zonesInUse } from "./dns-hosts";
import { commonNameLimit, commonNameOf, type DnsName, withoutWildcard } from "./dns-names";
import { day, durationInput, parseDuration, type Seconds } from "./duration";
import { fields, formerly, mapOf, setOf, text, whole, word } from "./fields";
import { keyPattern, keyProblem } from "./identifiers";
import { defaultKey, type KeyKind, keyKinds } from "./keys";
import { namesInput, readNames } from "./names";
import { type Purpose, purposes } from "./purpose";
import { hasProblem, type Path, type Report, show } from "./report";
import { sortedEntries } from "./sorted-map";

/** Names per certificate that ACM grants every account; more needs a raised quota. */
const defaultNamesPerCertificate = 10;
/** Names per certificate that ACM grants at most. */
export const mostNamesPerCertificate = 100;
/** How long an apply waits for ACM by default: records become visible within minutes, so longer means a mistake. */
const defaultValidationTimeout = "30m";

/** The alarm rings by default at 15 % of the public lifetime, in whole days: well after ACM should have renewed. */
export function defaultAlarm(lifetime: Seconds): Seconds {
  return Math.floor((lifetime * 0.15) / day) * day;
}

const listener = <Kind extends ListenerArn["kind"]>(to: Kind, type: "app" | "net", what: string) =>
  fields(
    {
      to: z.literal(to),
      arn: text(
        {
          description: `ARN of a listener of ${what}, in the stack's account and region.`,
          examples: [
            `arn:aws:elasticloadbalancing:eu-west-1:111122223333:listener/${type}/api/1a2b3c4d5e6f7a8b/9c0d1e2f3a4b5c6d`,
          ],
        },
        (value) => {
          const kind = parseListenerArn(value)?.kind;
          if (kind === to) return undefined;
          const way =
            kind === undefined ? "copy it from the load balancer's Listeners page" : `write to: ${show(kind)}`;
          return `is ${show(value)}, which is no ARN of a listener of ${what}; ${way}`;
        },
      ),
    },
    { description: `The certificate is added to a listener of ${what}.` },
  );

const attachmentInput = z
  .discriminatedUnion("to", [
    listener("alb-listener", "app", "an Application Load Balancer"),
    listener("nlb-listener", "net", "a Network Load Balancer"),
    fields(
      { to: z.literal("cloudfront") },
      { description: "For a CloudFront distribution: the certificate is made in us-east-1 and its ARN is an output." },
    ),
    fields(
      { to: z.literal("api-gateway") },
      { description: "For a custom domain of API Gateway in the stack's region: the certificate's ARN is an output." },
    ),
  ])
  .meta({ description: "Something that uses the certificate.", examples: [{ to: "cloudfront" }] });

const alarmInput = z
  .union([
    z.literal(false),
    fields({
      before: durationInput(
        {
          description: "How long before the certificate's end the alarm rings, in whole days.",
          example: "30d",
          default: "15 % of the public lifetime valid at the horizon (30d before 2027-03-15)",
        },
        (seconds, value) =>
          seconds % day === 0 ? undefined : `is ${show(value)}; write whole days, which is how ACM counts`,
      ).optional(),
      topics: setOf(
        text(
          { description: "ARN of a topic.", examples: ["arn:aws:sns:eu-west-1:111122223333:certificates"] },
          (value) =>
            parseTopicArn(value) === undefined
              ? `is ${show(value)}, which is no ARN of a standard SNS topic; write one such as "arn:aws:sns:eu-west-1:111122223333:certificates"`
              : undefined,
        ),
        { description: "SNS topics that are told, in the certificate's region.", default: [] },
      ).optional(),
    }),
  ])
  .meta({ description: "The alarm that rings when a certificate was not renewed; `false` for none.", default: {} });

const certificateInput = fields({
  names: namesInput("DNS names the certificate is for, in any order: wildcards only as the whole leftmost label."),
  key: word(keyKinds, {
    description: "The key's algorithm and size; ACM makes ecdsa-p256, ecdsa-p384 and rsa-2048.",
    default: defaultKey,
  }).optional(),
  purpose: word(purposes, {
    description: "What the certificate is shown for; a public authority signs for servers only.",
    default: "server",
  }).optional(),
  attach: setOf(attachmentInput, {
    description: "What uses the certificate.",
    examples: [[{ to: "cloudfront" }]],
    default: [],
  }).optional(),
  validationTimeout: durationInput({
    description: "How long an apply waits for ACM to issue; the next apply goes on waiting.",
    example: "30m",
    default: defaultValidationTimeout,
  }).optional(),
  alarm: alarmInput.optional(),
  records: word(["managed", "existing"], {
    description:
      "Who owns the validation records: this stack, or another one of the same account. Each record has one owner: whoever destroys it ends the renewal of every certificate that uses it.",
    default: "managed",
  }).optional(),
});

/** A stack of public certificates from ACM, as the user writes it. */
export const acmRoute53Input = formerly(
  fields(
    {
      scenario: z.literal("acm-route53"),
      account: accountInput("The AWS account; an apply with credentials of another one stops at once.").optional(),
      region: regionInput("The AWS region."),
      dns: z.discriminatedUnion("in", [route53Input({})]).meta({
        description: "Where names are proved.",
        examples: [{ in: "route53", zones: { "example.com": "Z0123456789ABCDEFGHIJ" } }],
      }),
      certificates: mapOf(
        certificateInput,
        { description: "Certificates by key, which is part of their address." },
        keyPattern,
      ),
      quota: fields(
        {
          namesPerCertificate: whole(defaultNamesPerCertificate, mostNamesPerCertificate, {
            description: "Names per certificate that ACM grants the account.",
            default: defaultNamesPerCertificate,
          }).optional(),
        },
        { description: "Quotas that AWS raised for the account." },
      ).optional(),
    },
    { description: "Public certificates from AWS Certificate Manager, proved through Route 53." },
  ),
  {
    zones: (zones) => ({
      now: { dns: { in: "route53", zones } },
      advice: 'is now dns: { in: "route53", zones: { ... } }; move it there',
    }),
  },
);

/** A stack of public certificates from ACM, as the user writes it. */
export type AcmRoute53Input = z.infer<typeof acmRoute53Input>;
type CertificateInput = AcmRoute53Input["certificates"][string];

/** One validation record that a certificate needs. */
export interface ValidationConfig {
  /** The name that is proved: no wildcard, so a name and its wildcard share one. */
  readonly name: DnsName;
  /** The certificate's name that ACM lists the record under. */
  readonly domain: DnsName;
  /** The zone that the record belongs to. */
  readonly zone: DnsName;
}

/** What rings when a certificate was not renewed. */
export interface ExpiryAlarmConfig {
  readonly before: Seconds;
  /** SNS topics, sorted by ARN. */
  readonly topics: readonly Arn[];
}

/** One certificate, complete. */
export interface AcmCertificateConfig {
  readonly name: string;
  readonly commonName: DnsName;
  readonly names: readonly DnsName[];
  readonly key: KeyKind;
  readonly purpose: Purpose;
  /** Where the certificate lives: the stack's region, or us-east-1 for CloudFront. */
  readonly region: string;
  /** Listeners the certificate is added to, sorted by ARN. */
  readonly listeners: readonly ListenerArn[];
  readonly consumers: readonly ("cloudfront" | "api-gateway")[];
  readonly validationTimeout: Seconds;
  readonly alarm: ExpiryAlarmConfig | undefined;
  /** Records of this stack; empty when another stack owns them. */
  readonly validations: readonly ValidationConfig[];
  readonly records: "managed" | "existing";
}

/** A stack of public certificates from ACM, complete. */
export interface AcmRoute53Config {
  readonly account: string | undefined;
  readonly region: string;
  /** Zones that records are written to. */
  readonly zones: Zones;
  readonly certificates: readonly AcmCertificateConfig[];
  /** The longest lifetime of a public certificate at the horizon. */
  readonly lifetime: Seconds;
  readonly namesPerCertificate: number;
}

/**
 * Completes a stack: names normalised and sorted, each with its zone, defaults filled in. Reports what keeps a
 * certificate from having its parts; judging the parts is left to the checks.
 */
export function readAcmRoute53(
  input: AcmRoute53Input,
  lifetime: Seconds,
  path: Path,
  report: Report,
): AcmRoute53Config {
  const zones = readZones(input.dns.zones, [...path, "dns"], report);
  const entries = sortedEntries(input.certificates);
  if (entries.length === 0 && !hasProblem(report, [...path, "certificates"])) {
    report.problem([...path, "certificates"], "is empty; write at least one certificate");
  }
  const around = { region: input.region, zones, lifetime };
  const certificates = entries.map(([name, certificate]) => {
    const at = [...path, "certificates", name];
    const problem = keyProblem(name);
    if (problem !== undefined) report.problem(at, problem);
    return readCertificate(name, certificate, around, at, report);
  });
  return {
    account: input.account || undefined,
    region: input.region,
    zones: zonesInUse(
      zones,
      certificates.flatMap(({ validations }) => validations.map(({ zone }) => zone)),
    ),
    certificates,
    lifetime,
    namesPerCertificate: report.refused([...path, "quota", "namesPerCertificate"])
      ? mostNamesPerCertificate
      : (input.quota?.namesPerCertificate ?? defaultNamesPerCertificate),
  };
}

/** What a certificate takes from its stack. */
interface CertificateContext {
  readonly region: string;
  /** `undefined` where they could not be read. */
  readonly zones: Zones | undefined;
  readonly lifetime: Seconds;
}

function readCertificate(
  name: string,
  input: CertificateInput,
  { region, zones, lifetime }: CertificateContext,
  path: Path,
  report: Report,
): AcmCertificateConfig {
  const at = [...path, "names"];
  const names = readNames(input.names, at, report);
  if (input.names.length === 0) report.problem(at, "is empty; write at least one DNS name");
  const commonName = commonNameOf(names);
  if (names.length > 0 && commonName === undefined && !hasProblem(report, at)) {
    report.problem(
      at,
      `has no name of at most ${commonNameLimit} characters, which the common name needs (RFC 5280); add a shorter name`,
    );
  }
  const issuable = names.filter((name) => withoutWildcard(name).includes("."));
  for (const name of names.filter((name) => !issuable.includes(name))) {
    const member = [...at, { member: name }];
    report.problem(member, "has one label, and ACM issues for domain names of two or more; write the whole name");
  }
  const attach = input.attach ?? [];
  const consumers = (["cloudfront", "api-gateway"] as const).filter((to) => attach.some((one) => one.to === to));
  const records = report.refused([...path, "records"]) ? "existing" : (input.records ?? "managed");
  // A consumer that could not be read may need another region.
  const unclear =
    report.refused([...path, "attach"]) || attach.some((_, index) => report.refused([...path, "attach", index]));
  return {
    name,
    commonName: commonName ?? names[0] ?? "",
    names,
    key: input.key ?? defaultKey,
    purpose: input.purpose ?? "server",
    region: consumers.includes("cloudfront") ? "us-east-1" : unclear ? "" : region,
    listeners: readListeners(attach),
    consumers,
    validationTimeout: parseDuration(input.validationTimeout ?? defaultValidationTimeout) ?? 0,
    alarm: readAlarm(input.alarm, lifetime),
    validations: records === "managed" ? readValidations(issuable, zones, at, report) : [],
    records,
  };
}

function readListeners(attach: NonNullable<CertificateInput["attach"]>): readonly ListenerArn[] {
  return sortedArns(attach.map((one) => ("arn" in one ? parseListenerArn(one.arn) : undefined)));
}

function readAlarm(input: CertificateInput["alarm"], lifetime: Seconds): ExpiryAlarmConfig | undefined {
  if (input === false) return undefined;
  return {
    before: parseDuration(input?.before ?? "") ?? defaultAlarm(lifetime),
    topics: sortedArns((input?.topics ?? []).map(parseTopicArn)),
  };
}

function sortedArns<Kind extends Arn>(arns: readonly (Kind | undefined)[]): readonly Kind[] {
  const known = new Map(arns.flatMap((one) => (one === undefined ? [] : [[one.arn, one] as const])));
  return [...known.values()].sort((one, other) => (one.arn < other.arn ? -1 : 1));
}

function readValidations(
  names: readonly DnsName[],
  zones: Zones | undefined,
  path: Path,
  report: Report,
): readonly ValidationConfig[] {
  const proved = [...new Set(names.map(withoutWildcard))].sort();
  return proved.flatMap((name) => {
    // ACM lists the record under the certificate's own spelling of the name, wildcard included.
    const domain = names.includes(name) ? name : `*.${name}`;
    const zone = zoneOf(name, zones, [...path, { member: domain }], report);
    return zone === undefined ? [] : [{ name, domain, zone }];
  });
}
