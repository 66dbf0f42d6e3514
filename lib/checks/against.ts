import { type Phase, phases } from "../config/cas-short-lived";
import type { Config, StackConfig } from "../config/config";
import { type Path, type Report, show } from "../config/report";
import { checkAcmInterruptions } from "./acm-interruptions";
import { checkCasInterruptions, signs } from "./cas-interruptions";
import { checkCasPhaseChanges, checkCasRemovals } from "./cas-phases";
import { checkGoogleInterruptions } from "./google-interruptions";
import { checkPipelineInterruptions } from "./pipeline-interruptions";
import { ofType, type PreviousStack } from "./previous-resources";
import { checkVaultInterruptions } from "./vault-interruptions";

/**
 * Asks of every stack what an apply over its previous form would interrupt. Synthesis has no memory, so what was before
 * is given.
 *
 * @param previous - by stack; one that is not there is new, and nothing can be interrupted
 */
export function checkAgainst(config: Config, previous: ReadonlyMap<string, PreviousStack>, report: Report): void {
  if (checkGoneStacks(config, [...previous.keys()], report)) return;
  for (const { name, scenario } of config.stacks) {
    const before = previous.get(name);
    const path = ["stacks", name];
    if (scenario.scenario === "cas-short-lived") {
      // Of a new stack every issuer is new.
      checkCasPhaseChanges(scenario, knownPhases(before), path, report);
      checkCasRemovals(scenario, protectedIssuers(before), path, report);
    }
    if (before === undefined || scenarioChanged(scenario.scenario, before, path, report)) continue;
    if (scenario.scenario === "acm-route53") checkAcmInterruptions(scenario, before, path, report);
    if (scenario.scenario === "cas-short-lived") checkCasInterruptions(scenario, before, path, report);
    if (scenario.scenario === "gcp-managed-san") checkGoogleInterruptions(scenario, before, path, report);
    if (scenario.scenario === "pipeline-tls") checkPipelineInterruptions(scenario, before, path, report);
    if (scenario.scenario === "vault-pki-k8s") checkVaultInterruptions(scenario, before, path, report);
  }
}

/**
 * A stack that is not in the config any more is nobody's.
 *
 * @param known - stacks that were there before
 * @returns whether that is true of all there were, so that there is nothing to compare
 */
function checkGoneStacks({ stacks }: Config, known: readonly string[], report: Report): boolean {
  const names = stacks.map(({ name }) => name);
  const gone = known.filter((name) => !names.includes(name) && !report.refused(["stacks", name])).sort();
  if (names.length > 0 && gone.length > 0 && gone.length === known.length) {
    report.problem(
      ["against"],
      `has ${gone.join(", ")} and no stack of the config (${names.join(", ")}), so nothing was compared; name what was deployed of this config, and a state as <stack>.tfstate`,
    );
    return true;
  }
  for (const name of gone) {
    report.warning(
      ["stacks"],
      `lacks ${show(name)}, which was there before: its state stays, and nothing manages what it made; put it back, or destroy it from its earlier output (under a new name a stack has a new state and makes everything anew, and \`moved\` does not lead from one state to another)`,
    );
  }
  return false;
}

/** A type of resource that a scenario's stacks always make and no other's do. */
const markers: Readonly<Record<StackConfig["scenario"]["scenario"], string>> = {
  "acm-route53": "aws_acm_certificate",
  "cas-short-lived": "google_privateca_ca_pool",
  "gcp-managed-san": "google_compute_target_https_proxy",
  "pipeline-tls": "tls_private_key",
  "vault-pki-k8s": "vault_pki_secret_backend_role",
};

/** A stack that becomes another one destroys all that it made. */
function scenarioChanged(scenario: keyof typeof markers, before: PreviousStack, path: Path, report: Report): boolean {
  const was = Object.entries(markers).find(([, type]) => ofType(before, type).length > 0)?.[0];
  if (was === undefined || was === scenario || report.refused([...path, "scenario"])) return false;
  report.problem(
    [...path, "scenario"],
    `is ${show(scenario)}, was ${show(was)}: everything that it made would be destroyed; make a second stack, lead clients there, and then take this one out`,
  );
  return true;
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
