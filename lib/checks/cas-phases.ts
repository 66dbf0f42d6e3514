import type { CasShortLivedConfig, Phase } from "../config/cas-short-lived";
import type { Path, Report } from "../config/report";

/**
 * Phases must be ones that Google can reach, or a plan is refused: something signs; a new issuer starts staged or
 * enabled; and none goes back to staged.
 *
 * @param known - phases by issuer id as they were before; `undefined` where nothing is known of that
 */
export function checkCasPhases(
  { issuers }: CasShortLivedConfig,
  known: ReadonlyMap<string, Phase> | undefined,
  path: Path,
  report: Report,
): void {
  const at = [...path, "issuers"];
  const unclear = issuers.some(({ name }) => report.refused([...at, name, "phase"]));
  if (issuers.length > 0 && !unclear && issuers.every(({ phase }) => phase !== "enabled")) {
    const states = [...new Set(issuers.map(({ phase }) => phase))].join(" or ");
    report.problem(at, `are all ${states}, so nothing signs; write phase: "enabled" for one of them`);
  }
  if (known === undefined) return;
  for (const { name, id, phase } of issuers) {
    const before = known.get(id);
    if (phase === "disabled" && before === undefined) {
      report.problem(
        [...at, name, "phase"],
        'is "disabled", but the issuer is new, and Google makes issuers staged or enabled only; write "staged" or "enabled", or leave the issuer out',
      );
    }
    if (phase === "staged" && before !== undefined && before !== "staged") {
      report.problem(
        [...at, name, "phase"],
        `is "staged", but the issuer was ${before} before, and only a new one is staged; write "enabled" or "disabled"`,
      );
    }
  }
}
