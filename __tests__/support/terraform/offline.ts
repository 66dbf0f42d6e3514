import type { ProviderName } from "../../../lib/config/providers";
import type { Json } from "./terraform";

/**
 * Per provider, what lets it configure itself without credentials and without asking anybody. Only its arguments are
 * replaced: blocks of the configuration, such as a role to assume, would still be used. Only tls asks nobody anyway.
 */
const offline: Readonly<Record<Exclude<ProviderName, "tls">, Json>> = {
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
  const overridden = blocks.flatMap(([name, given]) => {
    const settings = (offline as Readonly<Record<string, Json>>)[name];
    const replaced = (block: Json) => ({ ...(block.alias ? { alias: block.alias } : {}), ...settings });
    return settings === undefined ? [] : [[name, [given].flat().map(replaced)]];
  });
  return Object.fromEntries(overridden);
}
