import { AcmCertificate } from "@cdktf/provider-aws/lib/acm-certificate";
import { AcmCertificateValidation } from "@cdktf/provider-aws/lib/acm-certificate-validation";
import { CloudwatchMetricAlarm } from "@cdktf/provider-aws/lib/cloudwatch-metric-alarm";
import { LbListenerCertificate } from "@cdktf/provider-aws/lib/lb-listener-certificate";
import type { TerraformProvider } from "cdktf";
import { Construct } from "constructs";
import { day, goDuration, type Seconds, showDuration } from "../../lib/config/duration";
import type { KeyKind } from "../../lib/config/keys";
import { ExpiryCheck } from "../../lib/constructs/check";
import type { InventoryEntry } from "../../lib/constructs/inventory";
import type { AcmCertificateConfig, ExpiryAlarmConfig } from "./config";
import type { AcmValidationRecords } from "./validation-records";

/** ACM's names for keys. */
const keyAlgorithms: Readonly<Partial<Record<KeyKind, string>>> = {
  "ecdsa-p256": "EC_prime256v1",
  "ecdsa-p384": "EC_secp384r1",
  "rsa-2048": "RSA_2048",
};

/** What an ACM certificate needs besides its config. */
export interface AcmDnsCertificateProps {
  readonly certificate: AcmCertificateConfig;
  /** Records of the stack, shared by its certificates. */
  readonly records: AcmValidationRecords;
  /** The provider of the certificate's region. */
  readonly provider: TerraformProvider;
  /** Starts the names of alarms, which an account has one of per region and name. */
  readonly alarmPrefix: string;
  /** The longest that ACM may let one certificate live. */
  readonly lifetime: Seconds;
}

/** A certificate from ACM, proved through records it shares with every other certificate of the stack. */
export class AcmDnsCertificate extends Construct {
  /** Known only once ACM has issued the certificate, so consumers wait for it. */
  readonly issuedArn: string;
  /** What the inventory says of it. */
  readonly entry: InventoryEntry;

  constructor(scope: Construct, id: string, props: AcmDnsCertificateProps) {
    super(scope, id);
    const { certificate, provider } = props;
    const requested = new AcmCertificate(this, AcmCertificate.tfResourceType, {
      provider,
      domainName: certificate.commonName,
      subjectAlternativeNames: certificate.names.filter((name) => name !== certificate.commonName),
      validationMethod: "DNS",
      keyAlgorithm: keyAlgorithms[certificate.key],
      lifecycle: { createBeforeDestroy: true },
    });
    const fqdns = certificate.validations.map((validation) => props.records.fqdn(validation, requested));
    const issued = new AcmCertificateValidation(this, AcmCertificateValidation.tfResourceType, {
      provider,
      certificateArn: requested.arn,
      // Records that another stack owns are not known here; ACM finds them, and the wait is the same.
      validationRecordFqdns: certificate.records === "managed" ? fqdns : undefined,
      timeouts: { create: goDuration(certificate.validationTimeout) },
      lifecycle: { createBeforeDestroy: true },
    });
    this.issuedArn = issued.certificateArn;
    for (const { arn, loadBalancer, listener } of certificate.listeners) {
      new LbListenerCertificate(this, `${loadBalancer}_${listener}`, {
        provider,
        listenerArn: arn,
        certificateArn: this.issuedArn,
        // The listener serves the old certificate until it has the new one.
        lifecycle: { createBeforeDestroy: true },
      });
    }
    if (certificate.alarm !== undefined) {
      this.#alarm(`${props.alarmPrefix}-${id}-expiry`, certificate.alarm, provider);
      new ExpiryCheck(this, "expiry", {
        certificate: id,
        notAfter: `${requested.fqn}.not_after`,
        before: certificate.alarm.before,
        advice: "ACM should have renewed it by now: look for its validation records, and whether anything uses it",
      });
    }
    this.entry = {
      names: certificate.names,
      issuer: "AWS Certificate Manager",
      lifetime: showDuration(props.lifetime),
      renewedBy: "AWS Certificate Manager, while the validation records stand and something uses the certificate",
      keyLocation: "AWS Certificate Manager, which never shows it",
      keyInState: false,
      issuedAt: issued.id,
      arn: this.issuedArn,
    };
  }

  #alarm(alarmName: string, alarm: ExpiryAlarmConfig, provider: TerraformProvider): void {
    new CloudwatchMetricAlarm(this, CloudwatchMetricAlarm.tfResourceType, {
      provider,
      alarmName,
      alarmDescription: "ACM should have renewed this certificate by now; its validation records may be gone.",
      namespace: "AWS/CertificateManager",
      metricName: "DaysToExpiry",
      dimensions: { CertificateArn: this.issuedArn },
      statistic: "Minimum",
      comparisonOperator: "LessThanOrEqualToThreshold",
      threshold: alarm.before / day,
      period: day,
      evaluationPeriods: 1,
      // ACM stops counting when a certificate has ended: the alarm must stay, not turn green.
      treatMissingData: "ignore",
      alarmActions: alarm.topics.length > 0 ? alarm.topics.map(({ arn }) => arn) : undefined,
    });
  }
}
