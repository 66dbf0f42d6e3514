import { anew, type Meanings, quiet, ruled, type TypeMeaning, warned } from "../../lib/change/meaning";

const ofCertificate = (name: string) => ["certificates", name.split("_")[0] ?? name];
const byRule = "who uses the certificate";
const place = "regions and accounts";

const provider: TypeMeaning = {
  at: () => [],
  changed: {
    region: ruled(place, "region"),
    allowed_account_ids: ruled(place, "account"),
    default_tags: quiet("tags are for people and their bills", "labels"),
  },
  gone: quiet("a provider goes with the last certificate in its region", "certificates"),
};

/** What a change of anything that this scenario makes means to those who use it. */
export const meanings: Meanings = {
  "provider.aws": provider,
  aws_acm_certificate: {
    at: ofCertificate,
    changed: {
      domain_name: anew(ruled(byRule, "names")),
      subject_alternative_names: anew(ruled(byRule, "names")),
      key_algorithm: anew(ruled(byRule, "key")),
      provider: anew(ruled(place, "attach")),
      tags_all: quiet("tags are for people and their bills", "labels"),
    },
    gone: ruled(byRule),
  },
  aws_acm_certificate_validation: {
    at: ofCertificate,
    changed: {
      certificate_arn: anew(quiet("it is nothing but the wait for the new certificate")),
      validation_record_fqdns: anew(quiet("it is nothing but the wait, for other records")),
      timeouts: quiet("how long an apply waits", "validationTimeout"),
      provider: anew(quiet("it goes where its certificate goes", "attach")),
    },
    gone: quiet("it is nothing but a wait"),
  },
  aws_cloudwatch_metric_alarm: {
    at: ofCertificate,
    changed: {
      alarm_name: anew(quiet("it is made of the names of project and environment, whose change is told", "alarm")),
      tags_all: quiet("tags are for people and their bills", "labels"),
      alarm_actions: quiet("topics are the owner's own", "alarm", "topics"),
      alarm_description: quiet("a text for whom the alarm tells", "alarm"),
      dimensions: quiet("the alarm follows the new certificate"),
      threshold: quiet("days are the owner's own", "alarm", "before"),
      provider: anew(quiet("the alarm goes where its certificate goes", "attach")),
    },
    gone: warned("nothing rings any more when the certificate is not renewed; see that something else does", "alarm"),
  },
  aws_route53_record: {
    at: () => [],
    changed: {
      zone_id: anew(
        warned(
          "a validation record moves to another zone, and ACM renews only with what resolvers find; see that the new zone is delegated (dig NS) before you apply",
          "dns",
          "zones",
        ),
      ),
      records: quiet("ACM gives an account one record per name, whichever certificate asks for it", "certificates"),
      name: quiet("Terraform ignores it: ACM gives an account one record per name", "certificates"),
    },
    gone: ruled("which certificate renews with it", "certificates"),
  },
  aws_lb_listener_certificate: {
    at: ofCertificate,
    changed: { certificate_arn: anew(quiet("the new certificate is on the listener before the old one leaves it")) },
    gone: ruled("which names the listener loses", "attach"),
  },
};
