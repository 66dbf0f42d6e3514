import {
  namedOfType,
  ofType,
  type PreviousResource,
  type PreviousStack,
  textOf,
} from "../../lib/change/previous-stack";
import { showDuration } from "../../lib/config/duration";
import { type Place, show } from "../../lib/config/report";
import { issuerPrefix } from "./addresses";
import type { CasShortLivedConfig } from "./config";
import { type Phase, phases } from "./input";

/** The resource type of the root and of issuers. */
export const authorityType = "google_privateca_certificate_authority";

/**
 * Reports phases that Google cannot reach, for which a plan is refused: a new issuer starts staged or enabled, and no
 * issuer goes back to staged.
 *
 * @param known - phases before, by issuer id; an issuer that is missing here is new
 */
export function checkPhases({ issuers }: CasShortLivedConfig, known: ReadonlyMap<string, Phase>, place: Place): void {
  for (const { name, id, phase } of issuers) {
    const before = known.get(id);
    const phasePlace = place.in(name, "phase");
    if (phase === "disabled" && before === undefined) {
      phasePlace.problem(
        'is "disabled", but the issuer is new, and Google makes issuers staged or enabled only; write "staged" or "enabled", or leave the issuer out',
      );
    }
    if (phase === "staged" && before !== undefined && before !== "staged") {
      phasePlace.problem(
        `is "staged", but the issuer was ${before} before, and only a new one is staged; write "enabled" or "disabled"`,
      );
    }
  }
}

/** Phases of issuers by id: the real ones from a state, the desired ones from an output. */
export function knownPhases(previous: PreviousStack): ReadonlyMap<string, Phase> {
  return new Map(
    ofType(previous, authorityType).flatMap(({ certificate_authority_id: id, state, desired_state: desired }) => {
      const known = [state, desired].map((text) => phases.find((phase) => phase === String(text).toLowerCase()));
      const phase = known.find((one) => one !== undefined);
      return phase === undefined ? [] : [[String(id), phase] as const];
    }),
  );
}

/**
 * Reports issuers that the config no longer has, unless they sign: those have a rule of their own. Terraform's own
 * protection is part of the config and goes with them; the provider's protection then stops the apply half-way.
 */
export function checkRemovals(config: CasShortLivedConfig, previous: PreviousStack, place: Place): void {
  for (const [key, before] of issuersOf(previous)) {
    if (signs(before) || config.issuers.some(({ name }) => name === key)) continue;
    if (before.deletion_protection === false) {
      const last = showDuration(config.maximumLifetime);
      const signed = `; what it signed stays good until it ends, and nobody can revoke it any more: take it out when the last of it has ended, ${last} after it was disabled`;
      place.warning(
        `lacks ${show(key)}, which is destroyed, and Google never takes its id again${stateOf(before) === "STAGED" ? "" : signed}`,
      );
      continue;
    }
    place.problem(
      `lacks ${show(key)}, which was there before and is protected, so the apply would end half-way; put it back, write protect: false, apply, and then take it out`,
    );
  }
}

/** Says that authorities are no longer protected, which is right for as long as one is taken out. */
export function checkProtection({ protect }: CasShortLivedConfig, root: PreviousResource, place: Place): void {
  if (protect || root.deletion_protection === false) return;
  place.warning(
    "is false, was true: from now on nothing refuses a plan that destroys an authority, whose id Google never takes again; apply this alone, take out what is to go, and write true again then",
  );
}

/** An issuer that signs now must go on signing, so that nodes get certificates while another starts, or fails to. */
export function checkSigning(config: CasShortLivedConfig, previous: PreviousStack, place: Place): void {
  const signing = [...issuersOf(previous)].flatMap(([key, one]) => (signs(one) ? [key] : []));
  const gone = signing.filter((key) => !config.issuers.some(({ name }) => name === key));
  for (const key of gone) {
    place.problem(
      `lacks ${show(key)}, which signs now (of a new name it would be another issuer); put it back, with phase: "disabled" once another one is enabled, and take it out when the last certificate that it signed has ended, ${showDuration(config.maximumLifetime)} later (docs/cas-short-lived.md, "Another issuer")`,
    );
  }
  const enabled = config.issuers.filter(({ phase }) => phase === "enabled");
  const [next] = enabled;
  const stays = enabled.some(({ name }) => signing.includes(name));
  if (gone.length > 0 || stays || next === undefined) return;
  for (const { name, phase } of config.issuers) {
    if (phase !== "disabled" || !signing.includes(name)) continue;
    place
      .in(name, "phase")
      .problem(
        `is "disabled" in the same apply in which ${show(next.name)} begins to sign, so for a while, or when that fails, nothing signs; one apply for each step: enable ${show(next.name)} first, and disable ${show(name)} in the next apply`,
      );
  }
}

const issuersOf = (previous: PreviousStack) => namedOfType(previous, authorityType, issuerPrefix);

/** Whether an authority signed before. */
const signs = (before: PreviousResource) => stateOf(before) === "ENABLED";

/** What an authority's state was: its real one from a state, its desired one from an output. */
const stateOf = ({ state, desired_state: desired }: PreviousResource) => textOf(state) ?? desired;
