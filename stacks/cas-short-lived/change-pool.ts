import { blockOf, type PreviousResource } from "../../lib/change/previous-stack";
import { showDuration } from "../../lib/config/duration";
import { type KeyKind, keyKinds } from "../../lib/config/keys";
import { type Place, show } from "../../lib/config/report";
import { type KnownGroup, secondsOf } from "./change-nodes";
import type { CasShortLivedConfig } from "./config";
import { renewalTimes } from "./config-renewal";

/** Reports nodes whose requests the issuing pool would refuse, or answer with less than their script was promised. */
export function checkPool(
  config: CasShortLivedConfig,
  pool: PreviousResource | undefined,
  groups: readonly KnownGroup[],
  place: Place,
): void {
  const policy = blockOf(pool?.issuance_policy);
  checkKeys(config, keysOf(policy), place.in("keys"));
  if (pool !== undefined) checkBackdate(config, secondsOf(policy.backdate_duration) ?? 0, groups, place.in("backdate"));
}

/** Nodes make keys of the first kind, and there is no other way for them to learn of another than their settings. */
function checkKeys({ keys }: CasShortLivedConfig, before: readonly KeyKind[], place: Place): void {
  const [first] = before;
  for (const kind of before.filter((one) => !keys.includes(one))) {
    place.warning(
      kind === first
        ? `lacks ${show(kind)}, which nodes made with the earlier bootstrap make their keys of: the pool refuses their next request (their script ends with 21); put it back beside ${show(keys[0])}, write KEY='${keys[0]}' into /etc/ai-tls-stacks/<group>.conf on every node, and take it out then`
        : `lacks ${show(kind)}: the pool refuses the next request for such a key; see that nothing that asks by other means than the bootstrap makes one`,
    );
  }
}

/** The end of a certificate is counted from its begin, which the pool backdates; a node's script counts from the answer. */
function checkBackdate(
  { backdate, nodeGroups }: CasShortLivedConfig,
  before: number,
  groups: readonly KnownGroup[],
  place: Place,
): void {
  const said = `is ${backdate === 0 ? "left out" : show(showDuration(backdate))}, was ${before === 0 ? "left out" : show(showDuration(before))}`;
  if (backdate < before) {
    place.warning(
      `${said}: nodes whose clocks are late by more than that refuse what is new until it has begun; see that their clocks are right (chronyc tracking) before you apply`,
    );
  }
  if (backdate <= before) return;
  const surprised = groups.filter(({ name, lifetime }) => {
    const group = nodeGroups.find((one) => one.name === name);
    // How soon they renew is of no matter here.
    const least = renewalTimes(lifetime ?? 0, 1, before).least;
    return group?.bootstrap !== undefined && lifetime !== undefined && lifetime - backdate < least;
  });
  if (surprised.length === 0) return;
  place.warning(
    `${said}: what nodes of ${surprised.map(({ name }) => show(name)).join(", ")} get ends sooner than the earlier bootstrap was promised, so that their script installs it and ends with 51 at every renewal, as a failure; make them anew with the new bootstrap after the apply`,
  );
}

/** Kinds of keys that a pool signed for, in the order of {@link keyKinds}. */
function keysOf({ allowed_key_types: types }: PreviousResource): readonly KeyKind[] {
  const all = (Array.isArray(types) ? types : []).map((type: unknown) => {
    const { elliptic_curve: curve, rsa } = blockOf(type);
    const algorithm = blockOf(curve).signature_algorithm;
    return typeof algorithm === "string"
      ? algorithm.toLowerCase().replace("_", "-")
      : `rsa-${String(blockOf(rsa).min_modulus_size)}`;
  });
  return keyKinds.filter((kind) => all.includes(kind));
}
