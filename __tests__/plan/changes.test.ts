import { scenarios } from "../../stacks";
import type { Lifecycle, World } from "../support/terraform/lifecycle";
import { offlineActions, plannedOffline, settle } from "../support/terraform/planned-state";
import { proofsOf } from "../support/terraform/proofs";
import { type Json, needsOf, type Workspace } from "../support/terraform/terraform";

type Declared = Pick<Lifecycle<World>, "stack" | "json" | "changes" | "computed">;

/** Every stack whose changes are declared: the one of its scenario, or some. */
const lifecycles = Object.keys(scenarios).flatMap((kind) => {
  const { lifecycle, lifecycles } = require(`../${kind}/lifecycle`) as {
    readonly lifecycle?: Declared;
    readonly lifecycles?: readonly Declared[];
  };
  if (lifecycles !== undefined) return lifecycles;
  if (lifecycle === undefined) throw new Error(`__tests__/${kind}/lifecycle.ts declares no lifecycle`);
  return [lifecycle];
});

for (const { stack: row, json, changes = [], computed = {} } of lifecycles) {
  if (changes.length === 0) continue;
  proofsOf(row, needsOf(JSON.parse(json) as Json), (prove) => {
    let stack: Workspace;
    afterAll(() => stack?.remove());

    prove("plan", "over a state made from its first plan there is nothing to do", async () => {
      stack = await plannedOffline(json, computed);
    });

    let present = json;
    for (const change of changes) {
      if ("error" in change) {
        // What the apply alone refuses needs a server.
        if (change.calls !== undefined) continue;
        const before = present;
        prove("plan", `without a server, ${change.sentence}`, async () => {
          stack.replace(change.json);
          await expect(stack.plan({ refresh: false })).rejects.toThrow(change.error);
          stack.replace(before);
        });
        continue;
      }
      const { sentence, json: next, actions } = change;
      present = next;
      prove("plan", `without a server, ${sentence}`, async () => {
        stack.replace(next);
        const plan = await stack.plan({ refresh: false });
        expect(await offlineActions(plan)).toEqual(actions);
        await settle(stack, next, computed, plan);
      });
    }
  });
}
