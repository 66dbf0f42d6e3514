import type { AcmCertificate } from "@cdktf/provider-aws/lib/acm-certificate";
import { Route53Record } from "@cdktf/provider-aws/lib/route53-record";
import type { Construct } from "constructs";
import type { Zones } from "../../lib/config/dns-hosts";
import { route53ZoneIds } from "../../lib/constructs/aws";
import type { ValidationConfig } from "./config";

/** Time to live of validation records, in seconds: short, since an apply waits for them. */
const recordTtl = 300;

/**
 * The records that prove names to ACM. It gives an account one record per name, the same for every certificate, so the
 * certificates of a stack share them.
 *
 * @param scope - the stack: certificates have keys without "_", so no id of these is a certificate's
 */
export function validationRecords(scope: Construct, zones: Zones) {
  const zoneIds = route53ZoneIds(scope, zones);
  const records = new Map<string, Route53Record>();
  const record = ({ name, domain, zone }: ValidationConfig, certificate: AcmCertificate) =>
    new Route53Record(scope, `validation_${name}`, {
      zoneId: zoneIds.get(zone) ?? "",
      name: validationOption(certificate, domain, "resource_record_name"),
      type: "CNAME",
      ttl: recordTtl,
      records: [validationOption(certificate, domain, "resource_record_value")],
      allowOverwrite: true,
      // A changed certificate makes its options unknown at plan time. With the name ignored and the type written, the
      // record is updated to the value it has; otherwise each would be destroyed while the old certificate needs it.
      lifecycle: { ignoreChanges: ["name"] },
    });
  return {
    /** The full name of the record that proves a name, made from the first certificate that asks for it. */
    fqdn(validation: ValidationConfig, certificate: AcmCertificate): string {
      const shared = records.get(validation.name) ?? record(validation, certificate);
      records.set(validation.name, shared);
      return shared.fqdn;
    },
    /** Full names of the records by the name they prove. */
    fqdns: () => Object.fromEntries([...records].sort().map(([name, { fqdn }]) => [name, fqdn])),
  };
}

/** The records that prove a stack's names to ACM. */
export type ValidationRecords = ReturnType<typeof validationRecords>;

/** `domain_validation_options` is a set: pick by name. Names are known at synthesis, so addresses are static. */
function validationOption(certificate: AcmCertificate, domain: string, attribute: string): string {
  return `\${one([for o in ${certificate.fqn}.domain_validation_options : o.${attribute} if o.domain_name == "${domain}"])}`;
}
