import { showDuration } from "../../lib/config/duration";
import type { OperatorNotes } from "../scenario";
import type { AcmRoute53Config } from "./config";

/** What the page of a handed-off folder says of this scenario. */
export function operatorNotes(config: AcmRoute53Config): OperatorNotes {
  const guard =
    config.account === undefined
      ? "The config names no account, so nothing stops an apply in the wrong one: look with `aws sts get-caller-identity` first."
      : "An apply with credentials of another account stops at once.";
  const account = config.account === undefined ? "the account" : `account ${config.account}`;
  const longest = Math.max(...config.certificates.map(({ validationTimeout }) => validationTimeout));
  return {
    purpose: "Public certificates from AWS Certificate Manager, proved through records in Route 53.",
    needs: [
      `AWS credentials for ${account} from the usual chain (environment, profile, role): ACM, the zones' records${config.certificates.some(({ alarm }) => alarm) ? ", CloudWatch alarms" : ""}${config.certificates.some(({ listeners }) => listeners.length > 0) ? ", the load balancers' listeners" : ""}. ${guard}`,
      `The public zones ${Object.keys(config.zones)
        .map((name) => `\`${name}\``)
        .join(", ")}, delegated: ACM looks the records up from outside.`,
    ],
    expect: [
      `An apply waits until ACM has issued, minutes as a rule, ${showDuration(longest)} at most; if it ends there, look at the zones' delegation and CAA records and apply again.`,
      config.certificates.some(({ consumers }) => consumers.length > 0) &&
        "Put the ARNs of `terraform output certificate_arns` into the CloudFront distributions and API Gateway domains: ACM does not renew what nothing uses.",
      "ACM renews by itself while the records stand and something uses the certificate. Never delete the records.",
      "A job that looks for drift runs `terraform plan -detailed-exitcode`. With `-refresh-only` it would report every issue and renewal as a change.",
      "A changed name makes a new certificate beside the old one; existing records stay as they are, though the plan lists them as updated in place.",
    ],
  };
}
