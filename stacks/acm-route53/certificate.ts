import { AcmCertificate } from "@cdktf/provider-aws/lib/acm-certificate";
import { AcmCertificateValidation } from "@cdktf/provider-aws/lib/acm-certificate-validation";
import { CloudwatchMetricAlarm } from "@cdktf/provider-aws/lib/cloudwatch-metric-alarm";
import { LbListenerCertificate } from "@cdktf/provider-aws/lib/lb-listener-certificate";
import type { TerraformProvider } from "cdktf";
import { Construct } from "constructs";
import { day, goDuration, type Seconds, showDuration } from "../../lib/config/duration";
import { ExpiryCheck } from "../../lib/constructs/check";
import type { InventoryEntry } from "../../lib/constructs/inventory";
import { type AcmCertificateConfig, keyAlgorithms } from "./config";
import type { ValidationRecords } from "./validation-records";

/** What a certificate needs besides its config. */
interface CertificateProps {
  /** Records of the stack, shared by its certificates. */
  readonly records: ValidationRecords;
  /** The provider of the certificate's region. */
  readonly provider: TerraformProvider;
  /** The longest that ACM may let one certificate live. */
  readonly lifetime: Seconds;
}

/** Has ACM issue a certificate, proved through records it shares with every other one of the stack. @returns its entry */
export function issueCertificate(
  stack: Construct,
  certificate: AcmCertificateConfig,
  { records, provider, lifetime }: CertificateProps,
): InventoryEntry {
  const scope = new Construct(stack, certificate.name);
  const requested = new AcmCertificate(scope, AcmCertificate.tfResourceType, {
    provider,
    domainName: certificate.commonName,
    subjectAlternativeNames: certificate.names.filter((name) => name !== certificate.commonName),
    validationMethod: "DNS",
    keyAlgorithm: keyAlgorithms[certificate.key],
    lifecycle: { createBeforeDestroy: true },
  });
  const fqdns = certificate.validations.map((validation) => records.fqdn(validation, requested));
  const issued = new AcmCertificateValidation(scope, AcmCertificateValidation.tfResourceType, {
    provider,
    certificateArn: requested.arn,
    // Records that another stack owns are not known here; ACM finds them, and the wait is the same.
    validationRecordFqdns: certificate.records === "managed" ? fqdns : undefined,
    timeouts: { create: goDuration(certificate.validationTimeout) },
    lifecycle: { createBeforeDestroy: true },
  });
  // Known only once ACM has issued the certificate, so consumers wait for it.
  const certificateArn = issued.certificateArn;
  for (const { arn, loadBalancer, listener } of certificate.listeners) {
    new LbListenerCertificate(scope, `${loadBalancer}_${listener}`, {
      provider,
      listenerArn: arn,
      certificateArn,
      // The listener serves the old certificate until it has the new one.
      lifecycle: { createBeforeDestroy: true },
    });
  }
  if (certificate.alarm !== undefined) {
    const { name: alarmName, before, topics } = certificate.alarm;
    new CloudwatchMetricAlarm(scope, CloudwatchMetricAlarm.tfResourceType, {
      provider,
      alarmName,
      alarmDescription: "ACM should have renewed this certificate by now; its validation records may be gone.",
      namespace: "AWS/CertificateManager",
      metricName: "DaysToExpiry",
      dimensions: { CertificateArn: certificateArn },
      statistic: "Minimum",
      comparisonOperator: "LessThanOrEqualToThreshold",
      threshold: before / day,
      period: day,
      evaluationPeriods: 1,
      // ACM stops counting when a certificate has ended: the alarm must stay, not turn green.
      treatMissingData: "ignore",
      alarmActions: topics.length > 0 ? topics.map(({ arn }) => arn) : undefined,
    });
    new ExpiryCheck(scope, "expiry", {
      certificate: certificate.name,
      notAfter: `${requested.fqn}.not_after`,
      before,
      advice: "ACM should have renewed it by now: look for its validation records, and whether anything uses it",
    });
  }
  return {
    names: certificate.names,
    issuer: "AWS Certificate Manager",
    lifetime: showDuration(lifetime),
    renewedBy: "AWS Certificate Manager, while the validation records stand and something uses the certificate",
    keyLocation: "AWS Certificate Manager, which never shows it",
    keyInState: false,
    issuedAt: issued.id,
    arn: certificateArn,
  };
}
