import { readFileSync } from "node:fs";
import { join } from "node:path";
import { alone, lifecycleOf } from "../support/terraform/lifecycle";
import { proofsOf } from "../support/terraform/proofs";
import type { Json } from "../support/terraform/terraform";
import { issuerPath, lifecycles, nodes, object, protectedError, rootPool, STACK, stateWarning } from "./lifecycle";

for (const lifecycle of lifecycles) lifecycleOf(lifecycle);

const { json, start } = nodes;
const needs = [...nodes.needs];

proofsOf(`${STACK} (half-failed activation)`, needs, (prove) => {
  prove(
    "faults",
    "a refused signature leaves an issuer that waits and no plan replaces; untaint and an apply activate it",
    async () => {
      const world = await start();
      await alone(world, json, async ({ stack }) => {
        world.api.fail((method, path) => method === "POST" && path.endsWith(`${rootPool}/certificates`), 403);
        await expect(stack.apply()).rejects.toThrow(/Error activating subordinate CA/);
        world.api.fail(undefined);
        expect(object(world, "certificateAuthorities/a-2026a").state).toBe("AWAITING_USER_ACTIVATION");
        await world.beginLog?.();
        await expect(stack.plan()).rejects.toThrow(protectedError);
        expect(world.calls()).toEqual([]);
        await stack.untaint("google_privateca_certificate_authority.issuer_a");
        await stack.apply();
        const order = ["fetch a-2026a", `sign an authority's by root-2026a in ${rootPool}`, "activate a-2026a"];
        expect(world.calls().filter((call) => order.includes(call))).toEqual(order);
        // A plan says that it does not sign until it is enabled.
        const { actions, warnings } = await stack.plan();
        expect(actions).toEqual({});
        expect(warnings.map(({ detail }) => detail)).toEqual([expect.stringMatching(stateWarning("STAGED"))]);
        // This is the call of `gcloud privateca subordinates enable`.
        world.api.put(issuerPath, { state: "ENABLED" });
        expect(await stack.plan()).toMatchObject({ exitCode: 0, actions: {}, warnings: [] });
      });
    },
  );
});

/** What synth refuses, made all the same, and the error of its apply. */
const mistakes: Readonly<Record<string, readonly [text: string, error: RegExp]>> = (() => {
  const { resource, ...rest } = JSON.parse(json) as { resource: Record<string, Record<string, Json>> };
  const authorities = resource.google_privateca_certificate_authority as Record<string, Json>;
  Object.assign(authorities.root as Json, { pool: "${google_privateca_ca_pool.issuing_pool.name}" });
  const requests = readFileSync(join(__dirname, "../golden/cas-requests", STACK, "cdk.tf.json"), "utf8");
  return {
    "one pool for root and issuers, whose policy does not sign authorities": [
      JSON.stringify({ ...rest, resource }),
      /lifetime 94608000s is more than the 86400s allowed/,
    ],
    "a certificate that Terraform reads back from a pool of the tier devops": [
      requests.replaceAll('"ENTERPRISE"', '"DEVOPS"'),
      /was present, but now absent/,
    ],
    "the same extension in pool and template": [
      requests.replace(/"base_key_usage": \{\s*\}/, '"base_key_usage": { "digital_signature": true }'),
      /pool and template both set BASE_KEY_USAGE/,
    ],
  };
})();

proofsOf(`${STACK} (what synth refuses)`, needs, (prove) => {
  for (const [mistake, [text, error]] of Object.entries(mistakes)) {
    prove("refusal", `would fail in the apply: ${mistake}`, async () => {
      await alone(await start(), text, async ({ stack }) => {
        await expect(stack.apply()).rejects.toThrow(error);
      });
    });
  }
});
