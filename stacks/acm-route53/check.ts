import { type Arn, partitionOf } from "../../lib/config/aws";
import { checkIssuer, keysOf } from "../../lib/config/issuers";
import type { KeyKind } from "../../lib/config/keys";
import { oneOf, type Place, show } from "../../lib/config/report";
import type { Settings } from "../../lib/config/settings";
import { checkAlarm, warnOfDefaults } from "./check-alarm";
import type { AcmCertificateConfig, AcmRoute53Config } from "./config";
import { mostNamesPerCertificate } from "./input";

/** Keys of ACM certificates that CloudFront takes ("Requirements for using SSL/TLS certificates with CloudFront"). */
const cloudFrontKeys: readonly KeyKind[] = ["ecdsa-p256", "rsa-2048"];

/** A certificate must be one that ACM issues, that renews, and that everything it is attached to can use. */
export function check(stack: AcmRoute53Config, { horizon }: Settings, place: Place): void {
  // Without a stated account the first ARN speaks for all: one apply has the credentials of one account.
  const account = stack.account ?? stack.certificates.flatMap(arnsOf)[0]?.account;
  for (const certificate of stack.certificates) {
    const here = place.in("certificates", certificate.name);
    checkIssuer("acm", certificate, here);
    checkCloudFrontKey(certificate, here.in("key"));
    checkRegion(certificate, stack.region, here.in("attach", { member: "cloudfront" }));
    checkCount(certificate.names.length, stack.namesPerCertificate, here.in("names"));
    checkArns(certificate, account, stack.region, here);
    checkAlarm(certificate.alarm, stack.lifetime, horizon, here.in("alarm", "before"));
  }
  warnOfDefaults(stack, horizon, place.in("certificates"));
}

function checkCount(count: number, granted: number, place: Place): void {
  if (count <= granted) return;
  const remedy =
    count > mostNamesPerCertificate
      ? `split it: ACM never grants more than ${mostNamesPerCertificate}`
      : "split it, or have the quota raised by AWS and state it in quota.namesPerCertificate";
  place.problem(`has ${count} names, ACM grants ${granted} per certificate; ${remedy}`);
}

function checkCloudFrontKey({ key, consumers }: AcmCertificateConfig, place: Place): void {
  // A key that ACM does not make is refused already.
  if (!consumers.includes("cloudfront") || cloudFrontKeys.includes(key) || !keysOf("acm").includes(key)) return;
  place.problem(`is ${show(key)}, which CloudFront does not take; write ${oneOf(cloudFrontKeys)}`);
}

function checkRegion({ listeners, consumers, region }: AcmCertificateConfig, home: string, place: Place): void {
  if (!consumers.includes("cloudfront") || home === "" || home === region) return;
  if (partitionOf(home) !== partitionOf(region)) {
    place.problem(`needs a certificate in us-east-1, which accounts of ${home} cannot reach; leave it out`);
  }
  const regional = [...listeners.map(({ arn }) => arn), ...consumers.filter((consumer) => consumer !== "cloudfront")];
  if (regional.length === 0) return;
  const others = regional.map(show).join(", ");
  place.problem(`needs the certificate in us-east-1, but ${others} needs it in ${home}; make two certificates`);
}

/** Every ARN of a stack must lie in its account, and in the region (or partition) of the certificate that uses it. */
function checkArns(certificate: AcmCertificateConfig, account: string | undefined, home: string, place: Place): void {
  for (const arn of certificate.listeners) {
    const remedy = `name a listener in ${home} or make a stack for ${arn.region}`;
    checkArn(arn, account, home, remedy, place.in("attach", { member: arn.arn }));
  }
  for (const arn of certificate.alarm?.topics ?? []) {
    const remedy = `name a topic in ${certificate.region}, where the alarm is`;
    checkArn(arn, account, certificate.region, remedy, place.in("alarm", "topics", { member: arn.arn }));
  }
}

/**
 * @param home - the region that it must lie in; empty where that is not known
 * @param remedy - what to do where it lies in another
 */
function checkArn(arn: Arn, account: string | undefined, home: string, remedy: string, place: Place): void {
  if (account !== undefined && arn.account !== account) {
    place.problem(`is of account ${arn.account}, the stack of ${account}; make a stack for each account`);
  }
  if (home === "") return;
  if (arn.region !== home) {
    place.problem(`is in ${arn.region}, the certificate in ${home}; ${remedy}`);
  } else if (arn.partition !== partitionOf(home)) {
    place.problem(`is of the partition ${arn.partition}, but ${home} is of ${partitionOf(home)}; copy it again`);
  }
}

const arnsOf = ({ listeners, alarm }: AcmCertificateConfig) => [...listeners, ...(alarm?.topics ?? [])];
