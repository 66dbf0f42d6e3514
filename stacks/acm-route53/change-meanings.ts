import type { Meaning, Meanings, TypeMeaning } from "../../lib/change/meaning";

const ofCertificate = (name: string) => ["certificates", name.split("_")[0] ?? name];
const quiet = (because: string, ...field: readonly string[]): Meaning => ({ is: "quiet", field, because });
const quietAnew = (because: string, ...field: readonly string[]): Meaning => ({
  ...quiet(because, ...field),
  anew: true,
});

const byRule = "a rule of `change.ts` knows who uses the certificate";
const place = "a rule of `change.ts` compares regions and accounts";

const provider: TypeMeaning = {
  at: () => [],
  changed: {
    region: quiet(place, "region"),
    allowed_account_ids: quiet(place, "account"),
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
      domain_name: quietAnew(byRule, "names"),
      subject_alternative_names: quietAnew(byRule, "names"),
      key_algorithm: quietAnew(byRule, "key"),
      provider: quietAnew(place, "attach"),
      tags_all: quiet("tags are for people and their bills", "labels"),
    },
    gone: quiet(byRule),
  },
  aws_acm_certificate_validation: {
    at: ofCertificate,
    changed: {
      certificate_arn: quietAnew("it is nothing but the wait for the new certificate"),
      validation_record_fqdns: quietAnew("it is nothing but the wait, for other records"),
      timeouts: quiet("how long an apply waits", "validationTimeout"),
      provider: quietAnew("it goes where its certificate goes", "attach"),
    },
    gone: quiet("it is nothing but a wait"),
  },
  aws_cloudwatch_metric_alarm: {
    at: ofCertificate,
    changed: {
      alarm_name: quietAnew("it is made of the names of project and environment, whose change is told", "alarm"),
      tags_all: quiet("tags are for people and their bills", "labels"),
      alarm_actions: quiet("topics are the owner's own", "alarm", "topics"),
      alarm_description: quiet("a text for whom the alarm tells", "alarm"),
      dimensions: quiet("the alarm follows the new certificate"),
      threshold: quiet("days are the owner's own", "alarm", "before"),
      provider: quietAnew("the alarm goes where its certificate goes", "attach"),
    },
    gone: {
      is: "warned",
      field: ["alarm"],
      because: "nothing rings any more when the certificate is not renewed; see that something else does",
    },
  },
  aws_route53_record: {
    at: () => [],
    changed: {
      zone_id: {
        is: "warned",
        anew: true,
        field: ["dns", "zones"],
        because:
          "a validation record moves to another zone, and ACM renews only with what resolvers find; see that the new zone is delegated (dig NS) before you apply",
      },
      records: quiet("ACM gives an account one record per name, whichever certificate asks for it", "certificates"),
      name: quiet("Terraform ignores it: ACM gives an account one record per name", "certificates"),
    },
    gone: quiet("a rule of `change.ts` knows whether a certificate renews with it", "certificates"),
  },
  aws_lb_listener_certificate: {
    at: ofCertificate,
    changed: { certificate_arn: quietAnew("the new certificate is on the listener before the old one leaves it") },
    gone: quiet("a rule of `change.ts` knows which names the listener loses", "attach"),
  },
};
