import { advised, patterned, text } from "./fields";
import { unknownRegion } from "./regions";
import { show } from "./report";

/** An AWS region by shape, which one that is opened tomorrow has too. */
const regionPattern = "^([a-z]{2}|eusc)(-[a-z]+){1,2}-[1-9]$";
/** Known regions: those of provider aws 5.100.0, and what AWS announced since ("AWS Regions"). */
const regions: readonly string[] = [
  ..."af-south-1 ap-east-1 ap-east-2 ap-northeast-1 ap-northeast-2 ap-northeast-3 ap-south-1 ap-south-2".split(" "),
  ..."ap-southeast-1 ap-southeast-2 ap-southeast-3 ap-southeast-4 ap-southeast-5 ap-southeast-6 ap-southeast-7".split(
    " ",
  ),
  ..."ca-central-1 ca-west-1 cn-north-1 cn-northwest-1 eu-central-1 eu-central-2 eu-isoe-west-1 eu-north-1".split(" "),
  ..."eu-south-1 eu-south-2 eu-west-1 eu-west-2 eu-west-3 eusc-de-east-1 il-central-1 me-central-1 me-south-1".split(
    " ",
  ),
  ..."mx-central-1 sa-east-1 us-east-1 us-east-2 us-gov-east-1 us-gov-west-1 us-iso-east-1 us-iso-west-1".split(" "),
  ..."us-isob-east-1 us-isob-west-1 us-isof-east-1 us-isof-south-1 us-west-1 us-west-2".split(" "),
];
/** A Route 53 hosted zone id. */
export const zoneIdPattern = "^Z[A-Z0-9]{1,31}$";

/** The schema of an AWS account. */
export const accountInput = (description: string) =>
  patterned({ description, examples: ["111122223333"], pattern: "^[0-9]{12}$" }, "the 12 digits of an AWS account");

/** The schema of an AWS region. */
export const regionInput = (description: string) =>
  advised(
    patterned({ description, examples: ["eu-west-1"], pattern: regionPattern }, 'an AWS region, such as "eu-west-1"'),
    (value) => unknownRegion(value, regions, "AWS"),
  );

/** Why the text is no Route 53 zone id, if it is none. */
export function zoneIdProblem(value: string): string | undefined {
  if (new RegExp(zoneIdPattern).test(value)) return undefined;
  return `is ${show(value)}, which is no id of a Route 53 hosted zone; write "Z" and up to 31 of A-Z and 0-9, such as "Z0123456789ABCDEFGHIJ"`;
}

/** The schema of the id of a Route 53 hosted zone. */
export const zoneIdInput = (description: string, example: string) =>
  text({ description, examples: [example], pattern: zoneIdPattern }, zoneIdProblem);

/** The parts of an Amazon resource name that decide where it can be used. */
export interface Arn {
  /** The whole name. */
  readonly arn: string;
  readonly partition: string;
  readonly region: string;
  readonly account: string;
}

/** The parts of an ARN of a service's regional resource, or `undefined` if the text is none. */
function parseArn(text: string, service: string): (Arn & { readonly resource: string }) | undefined {
  const form = new RegExp(`^arn:(aws[a-z-]*):${service}:([a-z0-9-]+):([0-9]{12}):(\\S+)$`);
  const [arn, partition, region, account, resource] = form.exec(text) ?? [];
  if (!arn || !partition || !region || !account || !resource) return undefined;
  return new RegExp(regionPattern).test(region) ? { arn, partition, region, account, resource } : undefined;
}

/** A load balancer's listener, as its ARN names it. */
export interface ListenerArn extends Arn {
  readonly kind: "alb-listener" | "nlb-listener";
  readonly loadBalancer: string;
  readonly listener: string;
}

/** Reads the ARN of an Application or Network Load Balancer's listener; `undefined` if the text is none. */
export function parseListenerArn(text: string): ListenerArn | undefined {
  const arn = parseArn(text, "elasticloadbalancing");
  const [, type, loadBalancer, listener] =
    /^listener\/(app|net)\/([A-Za-z0-9-]{1,32})\/[0-9a-f]{16}\/([0-9a-f]{16})$/.exec(arn?.resource ?? "") ?? [];
  if (arn === undefined || !loadBalancer || !listener) return undefined;
  return { ...arn, kind: type === "app" ? "alb-listener" : "nlb-listener", loadBalancer, listener };
}

/** Reads the ARN of a standard SNS topic, the only kind an alarm can notify; `undefined` if the text is none. */
export function parseTopicArn(text: string): Arn | undefined {
  const arn = parseArn(text, "sns");
  return arn && /^[A-Za-z0-9_-]{1,256}$/.test(arn.resource) ? arn : undefined;
}

/** The partition a region belongs to: nothing in one partition can use a thing of another. */
export function partitionOf(region: string): string {
  if (region.startsWith("cn-")) return "aws-cn";
  if (region.startsWith("us-gov-")) return "aws-us-gov";
  if (region.startsWith("eusc-")) return "aws-eusc";
  // Partitions of their own for secrets of states: us-iso- is aws-iso, us-isob- is aws-iso-b, eu-isoe- is aws-iso-e.
  const [, isolated] = /^[a-z]{2}-iso([a-z]?)-/.exec(region) ?? [];
  if (isolated !== undefined) return isolated === "" ? "aws-iso" : `aws-iso-${isolated}`;
  return "aws";
}
