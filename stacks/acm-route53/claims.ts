import { type Place, show } from "../../lib/config/report";
import type { Claim } from "../../lib/ownership";
import type { AcmCertificateConfig, AcmRoute53Config } from "./config";

/** Validation records and alarms, of which an account has one per name: a second owner takes it from the first. */
export function claims({ account, certificates }: AcmRoute53Config, place: Place): readonly Claim[] {
  // What the account was meant to be is not known.
  if (place.in("account").refused) return [];
  return certificates.flatMap((certificate) => {
    const here = place.in("certificates", certificate.name);
    return [...recordClaims(certificate, account, here.in("names")), ...alarmClaims(certificate, account, here)];
  });
}

/**
 * ACM gives an account one validation record per name, whatever certificate it is for. Of two stacks that own it, the
 * first that is destroyed ends the renewal of the other's certificates, months later. The certificates of one stack
 * share it.
 */
function recordClaims(
  { validations }: AcmCertificateConfig,
  account: string | undefined,
  names: Place,
): readonly Claim[] {
  return validations.map(({ name, domain }) => ({
    kind: "validation record",
    id: name,
    within: account,
    place: names.in({ member: domain }),
    taken: ({ name, claim }) =>
      `${name} owns its validation record already; write records: "existing" on one of them${orState(account, claim)}`,
  }));
}

/** The keys of stack and certificate stand together in the name, and both can hold the hyphen that joins them. */
function alarmClaims(
  { name, region, alarm }: AcmCertificateConfig,
  account: string | undefined,
  place: Place,
): readonly Claim[] {
  if (alarm === undefined || region === "" || place.in("alarm").refused) return [];
  return [
    {
      kind: "alarm",
      id: `${region}/${alarm.name}`,
      within: account,
      part: `certificate ${name}`,
      place,
      taken: (by) =>
        `would have the alarm ${show(alarm.name)}, which is that of ${by.name}; rename one of them${orState(account, by.claim)}`,
    },
  ];
}

/** The end of the advice where the accounts may be two. */
function orState(account: string | undefined, { within }: Claim): string {
  return account === undefined || within === undefined ? ", or state the account of both if they differ" : "";
}
