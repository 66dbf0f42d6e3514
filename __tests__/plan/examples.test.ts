import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { evidence, proofsOf, synthesized } from "../support/proofs";
import { type Json, needsOf, requiredProviders, type Workspace, workspace } from "../support/terraform";

const MAIN = "config/example.ts";
const EXAMPLES = "config/examples";
/** Examples that look something up: a plan reads it, refresh or not, so they need their servers to plan. */
const ONLINE = join(EXAMPLES, "online");

/**
 * Per provider, what lets it configure itself without credentials and without asking anybody. Only its arguments are
 * replaced: blocks of the configuration, such as a role to assume, would still be used.
 */
const offline: Record<string, Json> = {
  aws: {
    access_key: "test",
    secret_key: "test",
    skip_credentials_validation: true,
    skip_metadata_api_check: "true",
    skip_region_validation: true,
    skip_requesting_account_id: true,
    // Without the account nothing can be compared with it.
    allowed_account_ids: [],
  },
  google: { access_token: "test", project: "test-project", region: "europe-west1" },
  kubernetes: { host: "https://127.0.0.1:1", token: "test", config_path: null, config_context: null },
  vault: { address: "http://127.0.0.1:1", token: "test", skip_child_token: true, vault_version_override: "1.20.0" },
};

/** One override per provider block, told apart by alias as Terraform does. */
function offlineProviders(configuration: Json): Json {
  const blocks = Object.entries((configuration.provider ?? {}) as Record<string, Json | Json[]>);
  const overridden = blocks.filter(([name]) => offline[name] !== undefined);
  const replaced = (name: string, block: Json) => ({
    ...(block.alias ? { alias: block.alias } : {}),
    ...offline[name],
  });
  return Object.fromEntries(overridden.map(([name, given]) => [name, [given].flat().map((b) => replaced(name, b))]));
}

function files(folder: string): string[] {
  if (!existsSync(folder)) return [];
  const entries = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) =>
    /\.(ts|json)$/.test(name),
  );
  return entries.map((name) => join(folder, name)).sort();
}

const examples = [MAIN, ...files(EXAMPLES)].map((file) => ({ file, stacks: synthesized(file) }));

for (const { file, stacks } of examples) {
  for (const [stack, json] of Object.entries(stacks)) {
    const configuration = JSON.parse(json) as Json;
    const row = file === MAIN ? stack : `${stack} (${file})`;
    proofsOf(row, needsOf(configuration), (prove) => {
      let run: Workspace | undefined;
      afterAll(() => run?.remove());

      prove("validate", "no diagnostic at all, not even a warning", async () => {
        evidence(row, json);
        run = workspace(json, { overrides: { provider: offlineProviders(configuration) } });
        await run.init();
        await run.validate();
      });

      if (file.startsWith(ONLINE)) return;
      prove("plan", "offline, creates every resource once and warns of nothing", async () => {
        const plan = await run?.plan({ refresh: false });
        const resources = (configuration.resource ?? {}) as Record<string, Json>;
        const addresses = Object.entries(resources).flatMap(([type, named]) =>
          Object.keys(named).map((name) => [`${type}.${name}`, ["create"]]),
        );
        expect(addresses.length).toBeGreaterThan(0);
        expect(plan?.actions).toEqual(Object.fromEntries(addresses));
        const said = plan?.warnings.filter(({ summary }) => !/^Check block assertion known after apply$/.test(summary));
        expect(said).toEqual([]);
      });
    });
  }
}

test("every provider of the examples can be run offline", () => {
  const used = examples
    .flatMap(({ stacks }) => Object.values(stacks))
    .flatMap((json) => Object.keys(requiredProviders(JSON.parse(json) as Json)));
  const unknown = used.filter((name) => offline[name] === undefined && name !== "tls");
  expect(unknown).toEqual([]);
});
