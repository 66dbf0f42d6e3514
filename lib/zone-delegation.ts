import type { DnsName } from "./config/dns-names";
import { type Place, show } from "./config/report";

/** A name for which a stack writes records, and the zone that it writes them to. */
export interface ZonedName {
  readonly name: DnsName;
  readonly zone: DnsName;
  /** Where the config has the name. */
  readonly place: Place;
}

/** The names of a stack. */
export interface ZonedStack {
  /** Deploy name. */
  readonly name: string;
  readonly names: readonly ZonedName[];
}

/**
 * Advises about records in a zone of which another stack has a part as a zone of its own: where that part is delegated,
 * resolvers ask there, and never see the record. Within a stack the longest zone has every record already.
 */
export function checkDelegation(stacks: readonly ZonedStack[]): void {
  const owners = new Map(stacks.flatMap(({ name, names }) => names.map(({ zone }) => [zone, name] as const)));
  if (owners.size < 2) return;
  for (const { name, zone, place } of stacks.flatMap(({ names }) => names)) {
    const closest = closestOf(name, owners);
    if (closest === undefined || closest === zone) continue;
    place.warning(
      `has its record in the zone ${show(zone)}, and stack ${owners.get(closest)} has ${show(closest)} as a zone of its own: where that is delegated, nobody sees the record; add it to dns.zones`,
    );
  }
}

/** The longest of the zones that the name lies in: looked for from the name up, since there can be many zones. */
function closestOf(name: DnsName, zones: ReadonlyMap<DnsName, string>): DnsName | undefined {
  const labels = name.split(".");
  return labels.map((_, position) => labels.slice(position).join(".")).find((zone) => zones.has(zone));
}
