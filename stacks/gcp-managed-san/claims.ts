import type { Place } from "../../lib/config/report";
import type { Claim } from "../../lib/ownership";
import { addressClaims } from "../../lib/shared-claims";
import type { GcpManagedSanConfig } from "./config";

/** A host leads to one load balancer, and its address records have one owner. */
export function claims({ owner, dns, hosts }: GcpManagedSanConfig, place: Place): readonly Claim[] {
  const elsewhere = dns.in === "elsewhere";
  return hosts.flatMap(({ name }) => {
    const here = place.in("hosts", name);
    const host: Claim = {
      kind: "host of a load balancer",
      id: name,
      // Only records that are written elsewhere are compared as hosts: they can lead to one of two stacks, and the other
      // serves no client. If a stack writes the records, the records are compared; if it says that it does not do so yet,
      // the host is about to move.
      within: elsewhere ? undefined : owner.stack,
      place: here,
      advice: true,
      taken: (by) =>
        `is a host of ${by.name} too, and its records can lead to one of them only; leave it out of the other`,
    };
    return [host, ...(elsewhere || !dns.addressRecords ? [] : addressClaims(name, here))];
  });
}
