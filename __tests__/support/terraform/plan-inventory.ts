import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Json, Plan } from "./terraform";

const FOLDER = "__tests__/inventories";
/** What Terraform itself takes out of a resource, and no provider sees. */
const META = ["depends_on", "lifecycle", "provider", "timeouts"];

/** What a reviewer reads of a first plan. */
interface PlanInventory {
  counts: Record<string, number>;
  /** By address, what the provider makes of what the configuration says; the rest is the provider's own business. */
  values: Record<string, Json>;
}

/** What a first plan would make. */
export async function inventoryOf(plan: Plan, json: string): Promise<PlanInventory> {
  const { resource = {} } = JSON.parse(json) as { resource?: Record<string, Record<string, Json>> };
  const made = (await plan.json()).resource_changes ?? [];
  const planned = new Map(made.map(({ address, change }) => [address, change]));
  const named = Object.entries(resource).flatMap(([type, all]) =>
    Object.entries(all).map(([name, given]) => ({ address: `${type}.${name}`, given })),
  );
  const values = named
    .sort((a, b) => (a.address < b.address ? -1 : 1))
    .map(({ address, given }): [string, Json] => {
      const { after, after_unknown: unknown } = planned.get(address) ?? {};
      const said = Object.keys(given).filter((key) => !META.includes(key) && given[key] !== undefined);
      const value = (key: string) => (unknown?.[key] === true ? "(known after apply)" : after?.[key]);
      return [address, Object.fromEntries(said.sort().map((key) => [key, value(key)]))];
    });
  const counts = Object.entries(resource).map(([type, all]): [string, number] => [type, Object.keys(all).length]);
  return { counts: Object.fromEntries(counts.sort()), values: Object.fromEntries(values) };
}

/** Compares with the committed file, or writes it where `UPDATE_GOLDEN=1` says that it shall be as it is now. */
export function expectInventory(config: string, stack: string, inventory: PlanInventory): void {
  const file = join(FOLDER, config, `${stack}.json`);
  if (process.env.UPDATE_GOLDEN === "1") {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, `${JSON.stringify(inventory, null, 2)}\n`);
  }
  const committed = existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as PlanInventory) : undefined;
  expect(JSON.parse(JSON.stringify(inventory))).toEqual(committed);
}
