import * as acmRoute53 from "../acm-route53/lifecycle";
import * as pipelineTls from "../pipeline-tls/lifecycle";
import type { Lifecycle, World } from "../support/terraform/lifecycle";
import { offlineActions, plannedOffline, settle } from "../support/terraform/planned-state";
import { proofsOf } from "../support/terraform/proofs";
import { type Json, needsOf, type Workspace } from "../support/terraform/terraform";
import * as vaultPkiK8s from "../vault-pki-k8s/lifecycle";

/** Every stack whose changes are declared. */
const lifecycles = [acmRoute53.lifecycle, pipelineTls.lifecycle, vaultPkiK8s.lifecycle] as readonly Pick<
  Lifecycle<World>,
  "stack" | "json" | "changes" | "computed"
>[];

for (const { stack: row, json, changes = [], computed = {} } of lifecycles) {
  proofsOf(row, needsOf(JSON.parse(json) as Json), (prove) => {
    let stack: Workspace;
    afterAll(() => stack?.remove());

    prove("plan", "over a state made from its first plan there is nothing to do", async () => {
      stack = await plannedOffline(json, computed);
    });

    for (const { sentence, json: next, actions } of changes) {
      prove("plan", `without a server, ${sentence}`, async () => {
        stack.replace(next);
        const plan = await stack.plan({ refresh: false });
        expect(await offlineActions(plan)).toEqual(actions);
        await settle(stack, next, computed, plan);
      });
    }
  });
}
