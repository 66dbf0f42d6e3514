import { type Place, show } from "../../lib/config/report";
import type { Claim } from "../../lib/ownership";
import type { CasShortLivedConfig } from "./config";

/** Pools and templates have one owner each in a project and region: the second one's apply would fail half-way. */
export function claims(config: CasShortLivedConfig, place: Place): readonly Claim[] {
  const { project, location, rootPoolId, issuingPoolId, nodeGroups } = config;
  const suffix = place.in("suffix");
  // Where they would be, or what they would be called, is not known.
  if (project === "" || location === "" || suffix.refused) return [];
  const claim = (what: string, id: string, place: Place, remedy: string): Claim => ({
    kind: `CAS ${what}`,
    id,
    within: `${project}/${location}`,
    place,
    taken: (by) => `would make the ${what} ${show(id)}, which is of ${by.name} already; ${remedy}`,
  });
  const rootPool = claim("pool", rootPoolId, suffix, "write another suffix");
  return [
    rootPool,
    { ...claim("pool", issuingPoolId, suffix, "write another suffix"), after: rootPool },
    ...nodeGroups.map(({ name, templateId }) =>
      claim("template", templateId, place.in("nodeGroups", name), "rename it, or write another suffix"),
    ),
  ];
}
