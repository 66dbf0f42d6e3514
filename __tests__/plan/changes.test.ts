import * as acmRoute53 from "../acm-route53/lifecycle";
import * as casShortLived from "../cas-short-lived/lifecycle";
import * as gcpManagedSan from "../gcp-managed-san/lifecycle";
import * as pipelineTls from "../pipeline-tls/lifecycle";
import type { Lifecycle, World } from "../support/terraform/lifecycle";
import { offlineActions, plannedOffline, settle } from "../support/terraform/planned-state";
import { proofsOf } from "../support/terraform/proofs";
import { type Json, needsOf, type Workspace } from "../support/terraform/terraform";
import * as vaultPkiK8s from "../vault-pki-k8s/lifecycle";

/** Every stack whose changes are declared. */
const lifecycles = [
  acmRoute53.lifecycle,
  ...casShortLived.lifecycles,
  ...gcpManagedSan.lifecycles,
  pipelineTls.lifecycle,
  vaultPkiK8s.lifecycle,
] as readonly Pick<Lifecycle<World>, "stack" | "json" | "changes">[];

for (const { stack: row, json, changes = [] } of lifecycles) {
  if (changes.length === 0) continue;
  proofsOf(row, needsOf(JSON.parse(json) as Json), (prove) => {
    let stack: Workspace;
    afterAll(() => stack?.remove());

    prove("plan", "over a state made from its first plan there is nothing to do", async () => {
      stack = await plannedOffline(json);
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
        await settle(stack, next, plan);
      });
    }
  });
}
