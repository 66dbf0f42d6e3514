import { type IssueLimits, simulateRole } from "../../../lib/vault-role/simulate";
import { unjudgedFields } from "../../../lib/vault-role/unjudged";
import type { Recorded } from "../record/vault-recorder";

/** How many lines of a recording the simulator agrees with, and where it does not. */
export interface Agreement {
  readonly verdicts: number;
  /** Of which the simulator says that it does not know; they are not compared. */
  readonly unjudged: number;
  readonly issued: number;
  /** DNS names, addresses and the rest of what an issued certificate holds. */
  readonly names: number;
  readonly lifetimes: number;
  readonly warnings: number;
  readonly refused: number;
  /** The refusal's words, moments aside. */
  readonly words: number;
  readonly differences: readonly string[];
}

/** Compares what a server answered with what the simulator says. */
export function agreementWith(lines: readonly Recorded[], limits: IssueLimits): Agreement {
  const counts = { verdicts: 0, unjudged: 0, issued: 0, names: 0, lifetimes: 0, warnings: 0, refused: 0, words: 0 };
  const differences: string[] = [];
  const text = (lists: readonly (readonly string[] | undefined)[]) => JSON.stringify(lists.map((list) => list ?? []));
  for (const line of lines) {
    if (unjudgedFields(line.role, line.request).length > 0) {
      counts.unjudged++;
      continue;
    }
    const { issued, errors, warnings, dns, email, ip, uri, ttl } = simulateRole(line.role, line.request, limits);
    const compare = (what: keyof typeof counts, same: boolean) => {
      if (same) counts[what]++;
      else differences.push(`${what}: ${JSON.stringify({ line, simulated: { issued, errors, dns, ip, uri, ttl } })}`);
    };
    compare("verdicts", issued === line.issued);
    if (line.issued) {
      counts.issued++;
      const sorted = (list: readonly string[] | undefined) => [...(list ?? [])].sort();
      const found = [sorted(line.dns), sorted(line.email), line.ip, line.uri];
      compare("names", text([sorted(dns), sorted(email), ip, uri]) === text(found));
      compare("lifetimes", Math.abs(ttl - (line.ttl ?? 0)) <= 2);
      compare("warnings", text([warnings]) === text([line.warnings]));
    } else {
      counts.refused++;
      compare("words", timeless(errors) === timeless(line.errors ?? []));
    }
  }
  return { ...counts, differences };
}

/** Sentences without moments, which a server gives as dates, and without the frame of several errors at once. */
function timeless(sentences: readonly string[]): string {
  return sentences
    .map((sentence) => sentence.replace(/^1 error occurred:\n\t\* (.*)\n\n$/s, "$1"))
    .map((sentence) => sentence.replace(/\d{4}-\d\d-\d\dT[\d:.]+Z|now \+ \S+/g, "(a moment)"))
    .join("\n");
}
