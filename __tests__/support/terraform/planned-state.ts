import { isDeepStrictEqual } from "node:util";
import { computed } from "./computed";
import { offlineProviders } from "./offline";
import { type Json, type Plan, type Workspace, workspace } from "./terraform";

/** The parts of `terraform show -json <plan>` that a state is made from. */
interface Planned {
  planned_values: {
    root_module: {
      resources?: {
        address: string;
        mode: "managed" | "data";
        type: string;
        name: string;
        provider_name: string;
        schema_version: number;
        values: Json;
      }[];
    };
  };
  resource_changes: {
    address: string;
    change: { before: Json | null; after: Json | null; after_unknown: Json; after_sensitive: Json };
  }[];
  terraform_version: string;
}

/** More rounds than the longest chain of references in any stack. */
const ROUNDS = 6;

/** A folder in which a configuration counts as applied, without a server: later releases of it can be planned there. */
export async function plannedOffline(json: string): Promise<Workspace> {
  const overrides = { provider: offlineProviders(JSON.parse(json) as Json) };
  const stack = workspace(json, { overrides });
  try {
    await stack.init();
    await settle(stack, json, await stack.plan({ refresh: false }));
    return stack;
  } catch (error) {
    stack.remove();
    throw error;
  }
}

/**
 * The changes of a plan over such a state. Which parts of a value are secret is not in what a plan shows, so a resource
 * may seem to change in nothing but that.
 */
export async function offlineActions(plan: Plan): Promise<Plan["actions"]> {
  const { resource_changes: all = [] } = plan.exitCode === 0 ? {} : await plan.json();
  const same = all.filter(({ change: { before, after, after_unknown: unknown } }) => {
    return isDeepStrictEqual(before, after) && !JSON.stringify(unknown).includes("true");
  });
  const actions = { ...plan.actions };
  for (const { address } of same) delete actions[address];
  return actions;
}

/**
 * Makes the state as if the plan had been applied. What a provider would only have told then becomes a text of ours;
 * what is made from such texts is planned with them again, until nothing is left to do.
 */
export async function settle(stack: Workspace, json: string, first: Plan): Promise<void> {
  let plan = first;
  for (let round = 0; round < ROUNDS; round += 1) {
    stack.put("terraform.tfstate", stateAfter((await plan.json()) as unknown as Planned, json));
    plan = await stack.plan({ refresh: false });
    if (Object.keys(await offlineActions(plan)).length === 0) return;
  }
  const left = ((await plan.json()) as unknown as Planned).resource_changes
    .filter(({ address }) => plan.actions[address] !== undefined)
    .map(({ address, change: { before, after, after_unknown: unknown } }) => {
      const differs = (key: string) => JSON.stringify(before?.[key]) !== JSON.stringify(after?.[key]);
      const keys = [...new Set([...Object.keys(after ?? {}).filter(differs), ...Object.keys(unknown).filter(differs)])];
      return `${address}: ${keys.join(", ")}`;
    });
  throw new Error(`after ${ROUNDS} rounds there is still something to do; tell more in computed:\n${left.join("\n")}`);
}

function stateAfter(plan: Planned, json: string): string {
  const changes = new Map(plan.resource_changes.map(({ address, change }) => [address, change]));
  const resources = (plan.planned_values.root_module.resources ?? []).filter(({ mode }) => mode === "managed");
  return JSON.stringify({
    version: 4,
    terraform_version: plan.terraform_version,
    serial: 1,
    lineage: "00000000-0000-0000-0000-000000000000",
    outputs: {},
    resources: resources.map(({ address, type, name, provider_name: provider, schema_version, values }) => {
      const { after_unknown: unknown = {}, after_sensitive: sensitive = {} } = changes.get(address) ?? {};
      const told = Object.entries(unknown).flatMap(([attribute, whole]) =>
        whole === true && (attribute === "id" || json.includes(`${address}.${attribute}`))
          ? [[attribute, `${address}.${attribute}`]]
          : [],
      );
      const attributes = { ...values, ...Object.fromEntries(told), ...computed[type]?.(values, address) };
      const secret = Object.keys(sensitive).filter((attribute) => sensitive[attribute] === true);
      const paths = secret.map((attribute) => [{ type: "get_attr", value: attribute }]);
      const instances = [{ schema_version, attributes, sensitive_attributes: paths }];
      return { mode: "managed", type, name, provider: `provider["${provider}"]`, instances };
    }),
  });
}
