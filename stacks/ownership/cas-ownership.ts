import { type Report, show } from "../../lib/config/report";
import type { Stack } from "..";

/** Pools and templates of one project and region have one owner each: the second one's apply would fail half-way. */
export function checkCasOwnership(stacks: readonly Stack[], report: Report): void {
  const owners = new Map<string, string>();
  for (const { name: stack, kind, config } of stacks) {
    if (kind !== "cas-short-lived") continue;
    const { project, location, rootPoolId, issuingPoolId, nodeGroups } = config;
    const path = ["stacks", stack];
    // Where it would be is not known then.
    if ([project, location].includes("") || report.refused([...path, "suffix"])) continue;
    /** Takes an id; if it is taken, says by which stack. */
    const take = (kind: string, id: string): string | undefined => {
      const place = `${project}/${location}/${kind}/${id}`;
      const owner = owners.get(place);
      if (owner === undefined) owners.set(place, stack);
      return owner === undefined ? undefined : `would make the ${kind} ${show(id)}, which is of stack ${owner} already`;
    };
    const pools = [rootPoolId, issuingPoolId].flatMap((id) => take("pool", id) ?? []);
    // Another suffix gives both other ids.
    if (pools[0] !== undefined) report.problem([...path, "suffix"], `${pools[0]}; write another suffix`);
    for (const { name, templateId } of nodeGroups) {
      const taken = take("template", templateId);
      if (taken !== undefined)
        report.problem([...path, "nodeGroups", name], `${taken}; rename it, or write another suffix`);
    }
  }
}
