import type { CasShortLivedConfig, Phase } from "../config/cas-short-lived";
import { type Path, type Report, show } from "../config/report";

/** Something must sign. */
export function checkCasPhases({ issuers }: CasShortLivedConfig, path: Path, report: Report): void {
  const at = [...path, "issuers"];
  const unclear = issuers.some(({ name }) => report.refused([...at, name, "phase"]));
  if (issuers.length === 0 || unclear || issuers.some(({ phase }) => phase === "enabled")) return;
  const states = [...new Set(issuers.map(({ phase }) => phase))].join(" or ");
  report.problem(at, `are all ${states}, so nothing signs; write phase: "enabled" for one of them`);
}

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
