import type { Construct } from "constructs";
import type { Settings } from "../../lib/config/settings";
import { awsProvider } from "../../lib/constructs/aws";
import { BaseStack } from "../../lib/synthesis/base-stack";
import { issueCertificate } from "./certificate";
import type { AcmRoute53Config } from "./config";
import { validationRecords } from "./validation-records";

/** Public certificates from ACM, proved through Route 53 zones that already exist. */
export class AcmRoute53Stack extends BaseStack {
  constructor(scope: Construct, name: string, settings: Settings, config: AcmRoute53Config) {
    super(scope, name, settings);
    const { account } = config;
    const aws = awsProvider(this, config, this.labels);
    const records = validationRecords(this, config.zones);
    const inRegion = new Map([[config.region, aws]]);
    const entries = config.certificates.map((certificate) => {
      const { region } = certificate;
      const provider = inRegion.get(region) ?? awsProvider(this, { region, account }, this.labels, region);
      inRegion.set(region, provider);
      const props = { records, provider, lifetime: config.lifetime };
      return [certificate.name, issueCertificate(this, certificate, props)] as const;
    });
    const byName = (field: "arn" | "issuedAt") =>
      Object.fromEntries(entries.map(([key, entry]) => [key, entry[field]]));
    this.output("certificate_arns", "ARNs by certificate, known once each was issued.", byName("arn"));
    this.output("certificate_issued_at", "When ACM issued each certificate.", byName("issuedAt"));
    this.output("validation_record_fqdns", "Validation records by the name they prove.", records.fqdns());
    this.inventory(Object.fromEntries(entries));
  }
}
