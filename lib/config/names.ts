import { type DnsName, parseName } from "./dns-names";
import { setOf, text } from "./fields";
import { type Path, type Report, show } from "./report";
import { sortedEntries } from "./sorted-map";

/** The schema of a list of DNS names. */
export const namesInput = (description: string) =>
  setOf(
    text({ description: "A DNS name.", examples: ["api.example.com"] }, (value) => {
      const parsed = parseName(value);
      return "mistake" in parsed ? parsed.mistake : undefined;
    }),
    { description, examples: [["api.example.com", "*.api.example.com"]] },
  );

/** A list of names in normal form, without duplicates, sorted; what is no name is left to the field's own rule. */
export function readNames(input: readonly string[], path: Path, report: Report): readonly DnsName[] {
  const names = input.flatMap((given, index) => {
    const parsed = parseName(given);
    if ("mistake" in parsed) return [];
    if (parsed.advice !== undefined) report.warning([...path, index], parsed.advice);
    return [parsed.name];
  });
  return [...new Set(names)].sort();
}

/** Zone names in normal form with what the config says of each; two spellings of one zone are a mistake. */
export function readZones<Value>(
  input: Readonly<Record<string, Value>>,
  path: Path,
  report: Report,
): ReadonlyMap<DnsName, Value> {
  const zones = new Map<DnsName, Value>();
  for (const [given, value] of Object.entries(input)) {
    const parsed = parseName(given);
    if ("mistake" in parsed) {
      report.problem([...path, given], parsed.mistake);
    } else if (parsed.name.startsWith("*.")) {
      report.problem([...path, given], "is a wildcard; write the zone's own name");
    } else if (zones.has(parsed.name)) {
      report.problem([...path, given], `is ${show(parsed.name)} a second time; write each zone once`);
    } else {
      zones.set(parsed.name, value);
    }
  }
  return new Map(sortedEntries(Object.fromEntries(zones)));
}

/** Two zones with one id would put the records of one into the other, where nobody looks for them. */
export function reportSharedIds(zones: ReadonlyMap<DnsName, string>, path: Path, report: Report): void {
  const owners = new Map<string, DnsName>();
  for (const [name, id] of zones) {
    const other = owners.get(id);
    if (other !== undefined) {
      report.problem([...path, name], `has the id of ${show(other)}; every zone has its own, copy it again`);
    } else if (id !== "lookup" && id !== "") {
      owners.set(id, name);
    }
  }
}
