/** The entries of a map in the order of their keys, which is no locale's: output is the same everywhere. */
export function sortedEntries<Value>(map: Readonly<Record<string, Value>>): [string, Value][] {
  return Object.entries(map).sort(([one], [other]) => (one < other ? -1 : 1));
}

/** The map with its keys in order. */
export function sortedMap<Value>(map: Readonly<Record<string, Value>>): Readonly<Record<string, Value>> {
  return Object.fromEntries(sortedEntries(map));
}
