import { ofType, type PreviousResource, type PreviousStack } from "../../lib/change/previous-stack";
import { showDuration } from "../../lib/config/duration";
import { type Path, type Report, show } from "../../lib/config/report";
import type { CasShortLivedConfig } from "./config";
import { type Phase, phases } from "./input";

/** The resource type of root and issuers. */
export const authorityType = "google_privateca_certificate_authority";

/** A text that is there and not empty. */
export const textOf = (value: unknown) => (typeof value === "string" && value !== "" ? value : undefined);

/**
 * Phases must be ones that Google can reach, or a plan is refused: a new issuer starts staged or enabled, and none goes
 * back to staged.
 *
 * @param known - phases as they were before, by issuer id; one that is not there is new
 */
export function checkCasPhaseChanges(
  { issuers }: CasShortLivedConfig,
  known: ReadonlyMap<string, Phase>,
  path: Path,
  report: Report,
): void {
  for (const { name, id, phase } of issuers) {
    const at = [...path, "issuers", name, "phase"];
    const before = known.get(id);
    if (phase === "disabled" && before === undefined) {
      report.problem(
        at,
        'is "disabled", but the issuer is new, and Google makes issuers staged or enabled only; write "staged" or "enabled", or leave the issuer out',
      );
    }
    if (phase === "staged" && before !== undefined && before !== "staged") {
      report.problem(
        at,
        `is "staged", but the issuer was ${before} before, and only a new one is staged; write "enabled" or "disabled"`,
      );
    }
  }
}

/**
 * An issuer that is taken out of the config loses Terraform's own protection with it, so only the provider's is left,
 * which ends the apply half-way.
 *
 * @param known - keys of issuers that were protected before
 */
export function checkCasRemovals(
  { issuers }: CasShortLivedConfig,
  known: readonly string[],
  path: Path,
  report: Report,
): void {
  for (const gone of known.filter((key) => !issuers.some(({ name }) => name === key))) {
    report.problem(
      [...path, "issuers"],
      `lacks ${show(gone)}, which was there before and is protected, so the apply would end half-way; put it back, write protect: false, apply, and then take it out`,
    );
  }
}

/** Whether an authority signed before: as it was, or where only an output is known, as it was to be. */
function signs({ state, desired_state: desired }: PreviousResource): boolean {
  return (textOf(state) ?? desired) === "ENABLED";
}

/** Something that signs now must go on, so that nodes get certificates while another begins, or fails to. */
export function checkSigning(stack: CasShortLivedConfig, previous: PreviousStack, path: Path, report: Report): void {
  const signing = Object.entries(previous.resources).flatMap(([address, one]) => {
    const [, name] = address.startsWith(`${authorityType}.issuer_`) ? address.split(".issuer_") : [];
    return name !== undefined && signs(one) ? [name] : [];
  });
  const gone = signing.filter((key) => !stack.issuers.some(({ name }) => name === key));
  for (const key of gone) {
    report.problem(
      [...path, "issuers"],
      `lacks ${show(key)}, which signs now (of a new name it would be another issuer); put it back, with phase: "disabled" once another one is enabled, and take it out when the last certificate that it signed has ended, ${showDuration(stack.maximumLifetime)} later (docs/cas-short-lived.md, "Another issuer")`,
    );
  }
  const stays = stack.issuers.some(({ name, phase }) => phase === "enabled" && signing.includes(name));
  const next = stack.issuers.find(({ phase }) => phase === "enabled");
  if (gone.length > 0 || signing.length === 0 || stays || next === undefined) return;
  for (const { name } of stack.issuers.filter(({ phase }) => phase === "disabled")) {
    if (!signing.includes(name)) continue;
    report.problem(
      [...path, "issuers", name, "phase"],
      `is "disabled" in the same apply in which ${show(next.name)} begins to sign, so for a while, or when that fails, nothing signs; one apply for each step: enable ${show(next.name)} first, and disable ${show(name)} in the next apply`,
    );
  }
}

/** Phases of issuers by id: what they are, or where only an output is known, what they were to be. */
export function knownPhases(previous: PreviousStack | undefined): ReadonlyMap<string, Phase> {
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
export function protectedIssuers(previous: PreviousStack | undefined): readonly string[] {
  return Object.entries(previous?.resources ?? {}).flatMap(([address, one]) => {
    const [, key] = /^google_privateca_certificate_authority\.issuer_(.+)$/.exec(address) ?? [];
    return key !== undefined && one.deletion_protection !== false && !signs(one) ? [key] : [];
  });
}
