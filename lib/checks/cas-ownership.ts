import type { StackConfig } from "../config/config";
import { type Report, show } from "../config/report";

/** Pools and templates of one project and region have one owner each: the second one's apply would fail half-way. */
export function checkCasOwnership(stacks: readonly StackConfig[], report: Report): void {
  const owners = new Map<string, string>();
  for (const { name: stack, scenario } of stacks) {
    if (scenario.scenario !== "cas-short-lived") continue;
    const { project, location, rootPoolId, issuingPoolId, nodeGroups } = scenario;
    const path = ["stacks", stack];
    // Where it would be is not known then.
    if ([project, location].includes("") || report.refused([...path, "suffix"])) continue;
    const things = [
      ...[rootPoolId, issuingPoolId].map((id) => ({ id, kind: "pool", at: [...path, "suffix"] })),
      ...nodeGroups.map(({ name, templateId }) => ({
        id: templateId,
        kind: "template",
        at: [...path, "nodeGroups", name],
      })),
    ];
    for (const { id, kind, at } of things) {
      const place = `${project}/${location}/${kind}/${id}`;
      const other = owners.get(place);
      if (other === undefined) owners.set(place, stack);
      else {
        const same = other === stack ? "this stack" : `stack ${other}`;
        report.problem(
          at,
          `would make the ${kind} ${show(id)}, which is of ${same} already; write another suffix or name`,
        );
      }
    }
  }
}
