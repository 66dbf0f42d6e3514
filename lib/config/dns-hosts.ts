import { z } from "zod";
import { zoneIdPattern, zoneIdProblem } from "./aws";
import { closestZone, type DnsName, hostProblem, parseName, registrableDomain } from "./dns-names";
import { fields, mapOf, text } from "./fields";
import { computeNamePattern, computeNameProblem, projectIdInput } from "./google";
import { type Place, show } from "./report";
import { sortedEntries } from "./sorted-map";

/** Written in place of a Route 53 zone id, it lets Terraform find the zone by its name. */
export const lookup = "lookup";

/** Id of the data source that finds a zone by its name. */
export function lookupId(zone: DnsName): string {
  return `zone_${zone}`;
}

const zonesInput = (zone: z.ZodType<string, string>, example: string) =>
  mapOf(zone, {
    description: "Existing public zones by name; a name's records go to the zone with the longest name that covers it.",
    examples: [{ "example.com": example }],
  });

/** Zones in Route 53, with the fields that a scenario has besides. */
export const route53Input = <More extends z.ZodRawShape>(more: More) =>
  fields(
    {
      in: z.literal("route53"),
      zones: zonesInput(
        text(
          {
            description: `Id of the public hosted zone, or "${lookup}" to find it by name.`,
            examples: ["Z0123456789ABCDEFGHIJ", lookup],
            pattern: `${zoneIdPattern}|^${lookup}$`,
          },
          (value) => {
            const problem = value === lookup ? undefined : zoneIdProblem(value);
            return problem && `${problem}, or "${lookup}"`;
          },
        ),
        "Z0123456789ABCDEFGHIJ",
      ),
      ...more,
    },
    "Records in Route 53.",
  );

/** Zones in Cloud DNS, with the fields that a scenario has besides. */
export const cloudDnsInput = <More extends z.ZodRawShape>(more: More) =>
  fields(
    {
      in: z.literal("cloud-dns"),
      project: projectIdInput({
        description: "The zones' Google Cloud project.",
        examples: ["shared-dns"],
        default: "the stack's",
      }).optional(),
      zones: zonesInput(
        text(
          { description: "Name of the managed zone.", examples: ["example-com"], pattern: computeNamePattern },
          (value) => computeNameProblem(value, "a managed zone's name"),
        ),
        "example-com",
      ),
      ...more,
    },
    "Records in Cloud DNS.",
  );

/** A DNS host that no stack writes to. */
export const elsewhereInput = fields(
  { in: z.literal("elsewhere") },
  "Records with another DNS host: the output `dns_records` says which.",
);

/** Zones by name, sorted, each with what its host knows it by: an id, `lookup`, or a managed zone's name. */
export type Zones = Readonly<Record<DnsName, string>>;

/**
 * Zones with their names in normal form. Two spellings of one zone are a mistake, and so is an id that two zones have.
 *
 * @param place - of `dns`
 * @returns `undefined` where none could be read, which says nothing of the names that they may cover
 */
export function readZones(input: Readonly<Record<string, string>>, place: Place): Zones | undefined {
  const here = place.in("zones");
  const zones = new Map<DnsName, string>();
  for (const [given, id] of Object.entries(input)) {
    const { name = "" } = parseName(given);
    const again = zones.has(name) ? `is ${show(name)} a second time; write each zone once` : undefined;
    const mistake = hostProblem(given, "the zone's own name") ?? again;
    here.in(given).problem(mistake);
    if (mistake === undefined) zones.set(name, id);
  }
  const sorted = sortedEntries(Object.fromEntries(zones));
  reportSharedIds(sorted, here);
  return here.refused || (zones.size === 0 && here.wrong) ? undefined : Object.fromEntries(sorted);
}

/** Two zones with one id would put the records of one zone into the other, where no resolver looks for them. */
function reportSharedIds(zones: readonly (readonly [DnsName, string])[], place: Place): void {
  const owners = new Map<string, DnsName>();
  for (const [name, id] of zones) {
    const other = owners.get(id);
    if (other !== undefined) {
      place.in(name).problem(`has the id of ${show(other)}; every zone has its own, copy it again`);
    } else if (id !== lookup && id !== "") {
      owners.set(id, name);
    }
  }
}

/** The zone that a name's records go to; a name that no zone covers is a mistake. */
export function zoneOf(name: DnsName, zones: Zones | undefined, place: Place): DnsName | undefined {
  if (zones === undefined) return undefined;
  const zone = closestZone(name, Object.keys(zones));
  if (zone === undefined) {
    place.problem(`no zone covers it; add ${show(registrableDomain(name) ?? name)} to dns.zones`);
  }
  return zone;
}

/** The zones that hold records: one that holds none needs no look-up. */
export function zonesInUse(zones: Zones | undefined, records: readonly { readonly zone: DnsName }[]): Zones {
  return Object.fromEntries(Object.entries(zones ?? {}).filter(([name]) => records.some(({ zone }) => zone === name)));
}
