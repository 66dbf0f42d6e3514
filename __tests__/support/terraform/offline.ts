import type { Json } from "./terraform";

/**
 * Per provider, what lets it configure itself without credentials and without asking anybody. Only its arguments are
 * replaced: blocks of the configuration, such as a role to assume, would still be used.
 */
export const offline: Record<string, Json> = {
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
export function offlineProviders(configuration: Json): Json {
  const blocks = Object.entries((configuration.provider ?? {}) as Record<string, Json | Json[]>);
  const overridden = blocks.filter(([name]) => offline[name] !== undefined);
  const replaced = (name: string, block: Json) => ({
    ...(block.alias ? { alias: block.alias } : {}),
    ...offline[name],
  });
  return Object.fromEntries(overridden.map(([name, given]) => [name, [given].flat().map((b) => replaced(name, b))]));
}
