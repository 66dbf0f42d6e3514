import { z } from "zod";
import { accountInput, type ListenerArn, parseListenerArn, parseTopicArn, regionInput } from "../../lib/config/aws";
import { route53Input } from "../../lib/config/dns-hosts";
import { day, secondsInput } from "../../lib/config/duration";
import { fields, formerly, mapOf, setOf, text, whole, word } from "../../lib/config/fields";
import { keyPattern } from "../../lib/config/identifiers";
import { keysOf, purposesOf } from "../../lib/config/issuers";
import { defaultKey, keyKinds, purposes } from "../../lib/config/keys";
import { namesInput } from "../../lib/config/names";
import { show } from "../../lib/config/report";

/** Names per certificate that ACM grants every account; more needs a raised quota. */
const defaultNamesPerCertificate = 10;
/** Names per certificate that ACM grants at most. */
export const mostNamesPerCertificate = 100;
/** How long an apply waits for ACM by default: records become visible within minutes, so longer means a mistake. */
const defaultValidationTimeout = "30m";

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
          const remedy = kind ? `write to: ${show(kind)}` : "copy it from the load balancer's Listeners page";
          return `is ${show(value)}, which is no ARN of a listener of ${what}; ${remedy}`;
        },
      ),
    },
    `The certificate is added to a listener of ${what}.`,
  );

const attachmentInput = z
  .discriminatedUnion("to", [
    listener("alb-listener", "app", "an Application Load Balancer"),
    listener("nlb-listener", "net", "a Network Load Balancer"),
    fields(
      { to: z.literal("cloudfront") },
      "For a CloudFront distribution: the certificate is made in us-east-1 and its ARN is an output.",
    ),
    fields(
      { to: z.literal("api-gateway") },
      "For a custom domain of API Gateway in the stack's region: the certificate's ARN is an output.",
    ),
  ])
  .meta({ description: "Something that uses the certificate.", examples: [{ to: "cloudfront" }] });

const alarmInput = z
  .union([
    z.literal(false),
    fields({
      before: secondsInput(
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
        "SNS topics that are told, in the certificate's region.",
      ).prefault([]),
    }),
  ])
  .meta({ description: "The alarm that rings when a certificate was not renewed; `false` for none." });

const certificateInput = fields({
  names: namesInput("DNS names the certificate is for, in any order: wildcards only as the whole leftmost label."),
  key: word(
    keyKinds,
    "The key's algorithm and size; ACM makes ecdsa-p256, ecdsa-p384 and rsa-2048.",
    {},
    keysOf("acm"),
  ).prefault(defaultKey),
  purpose: word(
    purposes,
    "What the certificate is shown for; a public authority signs for servers only.",
    {},
    purposesOf("acm"),
  ).prefault("server"),
  attach: setOf(attachmentInput, {
    description: "What uses the certificate.",
    examples: [[{ to: "cloudfront" }]],
  }).prefault([]),
  validationTimeout: secondsInput({
    description: "How long an apply waits for ACM to issue; the next apply goes on waiting.",
    example: "30m",
  }).prefault(defaultValidationTimeout),
  alarm: alarmInput.prefault({}),
  records: word(
    ["managed", "existing"],
    "Who owns the validation records: this stack, or another one of the same account. Each record has one owner: whoever destroys it ends the renewal of every certificate that uses it.",
  ).prefault("managed"),
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
      certificates: mapOf(certificateInput, "Certificates by key, which is part of their address.", keyPattern),
      quota: fields(
        {
          namesPerCertificate: whole(
            defaultNamesPerCertificate,
            mostNamesPerCertificate,
            "Names per certificate that ACM grants the account.",
          ).prefault(defaultNamesPerCertificate),
        },
        "Quotas that AWS raised for the account.",
      ).prefault({}),
    },
    "Public certificates from AWS Certificate Manager, proved through Route 53.",
  ),
  {
    zones: (zones) => ({
      now: { dns: { in: "route53", zones } },
      advice: 'is now dns: { in: "route53", zones: { ... } }; move it there',
    }),
  },
);

/** A stack of public certificates from ACM, as the user writes it. */
export type AcmRoute53Input = z.output<typeof acmRoute53Input>;
