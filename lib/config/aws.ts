import { patterned, text } from "./fields";
import { show } from "./report";

/** An AWS region by shape; there is no list to go stale. */
const regionPattern = "^[a-z]{2}(-[a-z]+){1,2}-[1-9]$";
/** A Route 53 hosted zone id. */
export const zoneIdPattern = "^Z[A-Z0-9]{1,31}$";

/** The schema of an AWS account. */
export const accountInput = (description: string) =>
  patterned({ description, examples: ["111122223333"], pattern: "^[0-9]{12}$" }, "the 12 digits of an AWS account");

/** The schema of an AWS region. */
export const regionInput = (description: string) =>
  patterned({ description, examples: ["eu-west-1"], pattern: regionPattern }, 'an AWS region, such as "eu-west-1"');

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
  return "aws";
}
