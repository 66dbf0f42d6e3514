import type { Construct } from "constructs";
import type { Settings } from "../../lib/config/settings";
import { awsProvider } from "../../lib/constructs/aws";
import { BaseStack } from "../../lib/synthesis/base-stack";
import { AcmDnsCertificate } from "./certificate";
import type { AcmRoute53Config } from "./config";
import { AcmValidationRecords } from "./validation-records";

/** Public certificates from ACM, proved through Route 53 zones that already exist. */
export class AcmRoute53Stack extends BaseStack {
  constructor(scope: Construct, name: string, settings: Settings, config: AcmRoute53Config) {
    super(scope, name, settings);
    const { account } = config;
    const aws = awsProvider(this, config, this.labels);
    const records = new AcmValidationRecords(this, config.zones);
    const inRegion = new Map([[config.region, aws]]);
    const certificates = config.certificates.map((certificate) => {
      const { region } = certificate;
      const provider = inRegion.get(region) ?? awsProvider(this, { region, account }, this.labels, region);
      inRegion.set(region, provider);
      return new AcmDnsCertificate(this, certificate.name, {
        certificate,
        records,
        provider,
        alarmPrefix: `${settings.project}-${settings.environment}-${name}`,
        lifetime: config.lifetime,
      });
    });
    const byName = <Value>(value: (certificate: AcmDnsCertificate) => Value) =>
      Object.fromEntries(certificates.map((certificate) => [certificate.node.id, value(certificate)]));
    this.output(
      "certificate_arns",
      "ARNs by certificate, known once each was issued.",
      byName(({ issuedArn }) => issuedArn),
    );
    this.output(
      "certificate_issued_at",
      "When ACM issued each certificate.",
      byName(({ entry }) => entry.issuedAt),
    );
    this.output("validation_record_fqdns", "Validation records by the name they prove.", records.fqdns);
    this.inventory(byName(({ entry }) => entry));
  }
}
