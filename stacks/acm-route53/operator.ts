import { showDuration } from "../../lib/config/duration";
import { joined, type Markdown, markdown } from "../../lib/config/quoting";
import { asCode, enumerated, nounFor } from "../../lib/config/wording";
import type { OperatorNotes } from "../scenario";
import type { AcmCertificateConfig, AcmRoute53Config } from "./config";

/** What puts a certificate to use by its ARN, as an operator knows it. */
const users: Readonly<Record<AcmCertificateConfig["consumers"][number], Markdown>> = {
  cloudfront: markdown`CloudFront distributions`,
  "api-gateway": markdown`API Gateway domains`,
};

/** What the page of a handed-off folder says of this scenario. */
export function operatorNotes(config: AcmRoute53Config): OperatorNotes {
  const { certificates } = config;
  const guard =
    config.account === undefined
      ? markdown`The config names no account, so nothing stops an apply in the wrong one: look with \`aws sts get-caller-identity\` first.`
      : markdown`An apply with credentials of another account stops at once.`;
  const account = config.account === undefined ? markdown`the account` : markdown`account ${config.account}`;
  const longest = Math.max(...certificates.map(({ validationTimeout }) => validationTimeout));
  const zones = Object.keys(config.zones);
  const provedByOthers = certificates.flatMap(({ name, records }) => (records === "existing" ? [asCode(name)] : []));
  const used = new Set(certificates.flatMap(({ consumers }) => consumers));
  const consumers = (["cloudfront", "api-gateway"] as const).filter((to) => used.has(to)).map((to) => users[to]);
  const rights = enumerated([
    markdown`ACM`,
    zones.length > 0 && markdown`the zones' records`,
    certificates.some(({ alarm }) => alarm) && markdown`CloudWatch alarms`,
    certificates.some(({ listeners }) => listeners.length > 0) && markdown`the load balancers' listeners`,
  ]);
  return {
    purpose: markdown`Public certificates from AWS Certificate Manager, proved through records in Route 53.`,
    needs: [
      markdown`AWS credentials for ${account} from the usual chain (environment, profile, role): ${rights}. ${guard}`,
      zones.length > 0 &&
        markdown`The public ${nounFor("zone", zones.map(asCode))}, delegated: ACM looks the records up from outside.`,
      provedByOthers.length > 0 &&
        markdown`The validation records of the ${nounFor("certificate", provedByOthers)}, which others make: without them ACM issues nothing.`,
    ],
    expect: [
      markdown`An apply waits until ACM has issued, minutes as a rule, ${showDuration(longest)} at most; if it ends there, look at the zones' delegation and CAA records and apply again.`,
      consumers.length > 0 &&
        markdown`Put the ARNs of \`terraform output certificate_arns\` into the ${joined(consumers, " and ")}: ACM does not renew what nothing uses.`,
      markdown`ACM renews by itself while the records stand and something uses the certificate. Never delete the records.`,
      markdown`A job that looks for drift runs \`terraform plan -detailed-exitcode\`. With \`-refresh-only\` it would report every issue and renewal as a change.`,
      markdown`A changed name makes a new certificate beside the old one${zones.length > 0 ? "; existing records stay as they are, though the plan lists them as updated in place" : ""}.`,
    ],
  };
}
