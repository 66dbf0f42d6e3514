import type { Config } from "../config/config";
import type { Report } from "../config/report";
import { checkGoogleInterruptions } from "./google-interruptions";
import type { PreviousStack } from "./previous-resources";

/**
 * Asks of every stack what an apply over its previous form would interrupt. Synthesis has no memory, so what was before
 * is given.
 *
 * @param previous - by stack; one that is not there is new, and nothing can be interrupted
 */
export function checkAgainst(config: Config, previous: ReadonlyMap<string, PreviousStack>, report: Report): void {
  for (const { name, scenario } of config.stacks) {
    const before = previous.get(name);
    if (before === undefined) continue;
    const path = ["stacks", name];
    if (scenario.scenario === "gcp-managed-san") checkGoogleInterruptions(scenario, before, path, report);
  }
}
