import { type Phase, phases } from "../config/cas-short-lived";
import type { Config } from "../config/config";
import type { Report } from "../config/report";
import { checkCasInterruptions, signs } from "./cas-interruptions";
import { checkCasPhaseChanges, checkCasRemovals } from "./cas-phases";
import { checkGoogleInterruptions } from "./google-interruptions";
import { ofType, type PreviousStack } from "./previous-resources";
import { checkVaultInterruptions } from "./vault-interruptions";

/**
 * Asks of every stack what an apply over its previous form would interrupt. Synthesis has no memory, so what was before
 * is given.
 *
 * @param previous - by stack; one that is not there is new, and nothing can be interrupted
 */
export function checkAgainst(config: Config, previous: ReadonlyMap<string, PreviousStack>, report: Report): void {
  for (const { name, scenario } of config.stacks) {
    const before = previous.get(name);
    const path = ["stacks", name];
    if (scenario.scenario === "cas-short-lived") {
      // Of a new stack every issuer is new.
      checkCasPhaseChanges(scenario, knownPhases(before), path, report);
      checkCasRemovals(scenario, protectedIssuers(before), path, report);
    }
    if (before === undefined) continue;
    if (scenario.scenario === "cas-short-lived") checkCasInterruptions(scenario, before, path, report);
    if (scenario.scenario === "gcp-managed-san") checkGoogleInterruptions(scenario, before, path, report);
    if (scenario.scenario === "vault-pki-k8s") checkVaultInterruptions(scenario, before, path, report);
  }
}

/** Phases of issuers by id: what they are, or where only an output is known, what they were to be. */
function knownPhases(previous: PreviousStack | undefined): ReadonlyMap<string, Phase> {
  const authorities = previous === undefined ? [] : ofType(previous, "google_privateca_certificate_authority");
  return new Map(
    authorities.flatMap(({ certificate_authority_id: id, state, desired_state: desired }) => {
      const known = [state, desired].map((text) => phases.find((phase) => phase === String(text).toLowerCase()));
      const phase = known.find((one) => one !== undefined);
      return phase === undefined ? [] : [[String(id), phase] as const];
    }),
  );
}

/** Keys of issuers that the provider would not destroy; those that sign have a rule of their own. */
function protectedIssuers(previous: PreviousStack | undefined): readonly string[] {
  return Object.entries(previous?.resources ?? {}).flatMap(([address, one]) => {
    const [, key] = /^google_privateca_certificate_authority\.issuer_(.+)$/.exec(address) ?? [];
    return key !== undefined && one.deletion_protection !== false && !signs(one) ? [key] : [];
  });
}
