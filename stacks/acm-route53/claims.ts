import type { Place } from "../../lib/config/report";
import type { Claim } from "../../lib/ownership";
import type { AcmRoute53Config } from "./config";

/**
 * ACM gives an account one validation record per name, whatever certificate it is for. Two stacks that own it would take
 * it from each other: the first that is destroyed ends the renewal of the other's certificates, months later. The
 * certificates of one stack share it.
 */
export function claims({ account, certificates }: AcmRoute53Config, place: Place): readonly Claim[] {
  // What the account was meant to be is not known.
  if (place.in("account").refused) return [];
  return certificates.flatMap((certificate) =>
    certificate.validations.map(({ name, domain }) => ({
      kind: "validation record",
      id: name,
      within: account,
      place: place.in("certificates", certificate.name, "names", { member: domain }),
      taken({ name, claim }) {
        const unstated = account === undefined || claim.within === undefined;
        const orState = unstated ? ", or state the account of both if they differ" : "";
        return `${name} owns its validation record already; write records: "existing" on one of them${orState}`;
      },
    })),
  );
}
