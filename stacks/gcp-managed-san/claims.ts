import type { Place } from "../../lib/config/place";
import type { Claim } from "../../lib/ownership";
import { addressClaims } from "../../lib/shared-claims";
import type { GcpManagedSanConfig } from "./config";

/** A host leads to one load balancer, and its address records have one owner. */
export function claims({ owner, dns, hosts }: GcpManagedSanConfig, place: Place): readonly Claim[] {
  const elsewhere = dns.in === "elsewhere";
  return hosts.flatMap(({ name }) => {
    const at = place.in("hosts", name);
    const host: Claim = {
      kind: "host of a load balancer",
      id: name,
      // Records of two stacks are compared as records. A stack that is to write its own later is on its way and says so;
      // records that are written elsewhere can lead to one of the two, and the other serves nobody.
      within: elsewhere ? undefined : owner.stack,
      place: at,
      advice: true,
      taken: (by) =>
        `is a host of ${by.name} too, and its records can lead to one of them only; leave it out of the other`,
    };
    return [host, ...(elsewhere || !dns.addressRecords ? [] : addressClaims(name, at))];
  });
}
