import { existsSync, readdirSync } from "node:fs";
import { basename, join } from "node:path";
import { addressesOf, created } from "../support/terraform/lifecycle";
import { offlineProviders } from "../support/terraform/offline";
import { expectInventory, inventoryOf } from "../support/terraform/plan-inventory";
import { evidence, proofsOf, synthesized } from "../support/terraform/proofs";
import { type Json, needsOf, type Workspace, workspace } from "../support/terraform/terraform";

const MAIN = "config/example.ts";
const EXAMPLES = "config/examples";
/** Examples that look something up: a plan reads it, refresh or not, so they need their servers to plan. */
const ONLINE = join(EXAMPLES, "online");

function files(folder: string): string[] {
  if (!existsSync(folder)) return [];
  const entries = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) =>
    /\.(ts|json)$/.test(name),
  );
  return entries.map((name) => join(folder, name)).sort();
}

/** Configs with every optional field, some of which look something up. */
const EVERYTHING = "__tests__/golden";
const everything = readdirSync(EVERYTHING)
  .filter((name) => name.endsWith(".json"))
  .map((name) => join(EVERYTHING, name));

const examples = [MAIN, ...files(EXAMPLES), ...everything].map((file) => ({ file, stacks: synthesized(file) }));

for (const { file, stacks } of examples) {
  for (const [stack, json] of Object.entries(stacks)) {
    const configuration = JSON.parse(json) as Json;
    const row = file === MAIN ? stack : `${stack} (${basename(file).replace(/\..*$/, "")})`;
    proofsOf(row, needsOf(configuration), (prove) => {
      let run: Workspace | undefined;
      afterAll(() => run?.remove());

      prove("validate", "no diagnostic at all, not even a warning", async () => {
        evidence(row, json);
        run = workspace(json, { overrides: { provider: offlineProviders(configuration) } });
        await run.init();
        await run.validate();
      });

      if (file.startsWith(ONLINE) || file.startsWith(EVERYTHING)) return;
      prove("plan", "offline, creates every resource once and warns of its check blocks alone", async () => {
        if (run === undefined) throw new Error("there is nothing to plan");
        const plan = await run.plan({ refresh: false });
        expect(addressesOf(json).length).toBeGreaterThan(0);
        expect(plan.actions).toEqual(created(json));
        // The operator's page counts these.
        const warned = Object.keys((configuration.check ?? {}) as Json).map(
          () => "Check block assertion known after apply",
        );
        expect(plan.warnings.map(({ summary }) => summary)).toEqual(warned);
        expectInventory(basename(file).replace(/\..*$/, ""), stack, await inventoryOf(plan, json));
      });
    });
  }
}
