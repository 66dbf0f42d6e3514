import { configWith } from "../support/configs";

export type Hosts = Readonly<
  Record<string, { readonly backend: string; readonly paths?: Readonly<Record<string, string>> }>
>;

/** Backends that hosts and paths can name. */
export const backends = ["web", "tenants", "embeddings"];

/** A config whose one stack, `lb`, has these hosts. */
export function routing(hosts: Hosts, defaultBackend: string): object {
  return configWith("lb", {
    scenario: "gcp-managed-san",
    project: "ml-serving-prod",
    dns: { in: "elsewhere" },
    hosts,
    defaultBackend,
    backends: Object.fromEntries(
      backends.map((name) => [name, { cloudRun: { region: "europe-west4", service: name } }]),
    ),
  });
}
