import { showDuration } from "../../lib/config/duration";
import { type Place, show } from "../../lib/config/report";
import type { Before, KnownAuthority } from "./change-before";
import { type ExistingPkiConfig, type OwnPkiConfig, renewsItself, type VaultPkiK8sConfig } from "./config";
import { pemBlocks } from "./input-fields";

/** Compares what clients trust, where the mount stays. */
export function checkTrust(stack: VaultPkiK8sConfig, pki: ExistingPkiConfig, before: Before, place: Place): void {
  if (place.refused) return;
  const { trust: was, trustConfigMap: configMap } = before;
  const { caBundle: is } = pki;
  if (configMap === undefined) return;
  if (is === undefined) {
    if (stack.certificates.every(renewsItself)) {
      place.problem(
        `is missing, and without a certificate that Terraform requests the ConfigMap ${show(configMap)} goes, so that what mounts it cannot start again; write the root of the mount (PEM)`,
      );
    } else if (before.trustGiven) {
      place.warning(
        "is taken out, and clients get the last certificate of the mount's chain to trust, which need not be a root; see that it verifies what is served, or write the root's PEM again",
      );
    }
    return;
  }
  if (was === undefined) {
    place.warning(
      "is what clients are to trust, and was the last certificate of the mount's chain, which is not known here; see that caBundle has that as well",
    );
    return;
  }
  const [had, has] = [pemBlocks(was), pemBlocks(is)].map(normal);
  const lost = (had ?? []).filter((one) => !has?.includes(one)).length;
  if (lost === 0) return;
  if (lost === had?.length) {
    place.problem(
      "has nothing of what clients trust now, and they refuse what was issued before; write the old certificates and the new ones, apply, and take the old ones out once everything was issued under the new ones and loaded",
    );
  } else {
    place.warning(
      `lacks ${lost === 1 ? "a certificate" : `${lost} certificates`} that clients trust now; see that nothing is served any more that was issued under ${lost === 1 ? "it" : "them"}`,
    );
  }
}

/** PEM, whatever its line ends. */
const normal = (blocks: readonly string[]) => blocks.map((one) => one.replace(/\s/g, ""));

/** Compares how long authorities live: Vault makes none anew for it. */
export function checkAuthorityLifetimes(
  { root, intermediate }: OwnPkiConfig,
  before: { readonly root: KnownAuthority; readonly intermediate: KnownAuthority },
  place: Place,
): void {
  const [was, inRoot] = [before.root.lifetime, place.in("root", "lifetime")];
  if (was === undefined || was === root.lifetime || inRoot.refused) return;
  const outlived = root.lifetime > was ? ", past which an intermediate may then be signed" : "";
  inRoot.warning(
    `is ${show(showDuration(root.lifetime))}, was ${show(showDuration(was))}: the provider only writes it down, and the root's certificate keeps its end${outlived}; write ${show(showDuration(was))} again, or make a second stack with another root, have it trusted beside this one, and lead the consumers over`,
  );
  const signedAnew = before.intermediate.lifetime !== intermediate.lifetime;
  if (!signedAnew || intermediate.lifetime < was || place.in("intermediate", "lifetime").refused) return;
  place
    .in("intermediate", "lifetime")
    .problem(
      `is ${show(showDuration(intermediate.lifetime))}, and the root's certificate was made for ${show(showDuration(was))} and keeps its end: the intermediate would be signed past it, and clients refuse all that it signs from that end on; write less`,
    );
}

/** Compares where cert-manager reaches Vault, and by what it trusts it there. */
export function checkServer({ pki, applyManifests }: VaultPkiK8sConfig, { server: was }: Before, place: Place): void {
  if (was === undefined || !applyManifests) return;
  const around = pki.own ? place.in("urls") : place;
  if (
    !pki.own &&
    !place.in("address").refused &&
    was.address !== undefined &&
    pki.address !== undefined &&
    was.address !== pki.address
  ) {
    around
      .in("address")
      .warning(
        `is ${show(pki.address)}, was ${show(was.address)}: cert-manager requests there from the apply on; see that the same Vault answers there before you apply`,
      );
  }
  const has = normal(pemBlocks(pki.serverCaBundle ?? ""));
  const trusted = normal(pemBlocks(was.trust ?? ""));
  // Without any, cert-manager trusts what its image does.
  const kept = trusted.length === 0 ? has.length === 0 : trusted.every((one) => has.includes(one));
  if (kept || around.in("serverCaBundle").refused) return;
  around
    .in("serverCaBundle")
    .warning(
      `${has.length === 0 ? "is taken out, and cert-manager trusts Vault's listener by what its image trusts" : "is all that cert-manager trusts Vault's listener by"} from the apply on, and renews nothing where that does not verify it; see that it does before you apply`,
    );
}
