import { synthesizedTexts } from "../support/synthesis";

export type Fields = Readonly<Record<string, unknown>>;

export const llama = { backend: "llama" };
export const api = "api.example.com";
export const chat = "chat.example.com";
export const two = { [api]: llama, [chat]: llama };
export const three = { ...two, "new.example.com": llama };

/** A config with one stack, `lb` unless told otherwise, with some fields changed. */
export function config(changes: Fields = {}, stack = "lb"): object {
  const lb = {
    scenario: "gcp-managed-san",
    project: "ml-serving-prod",
    dns: { in: "elsewhere" },
    hosts: two,
    defaultBackend: "llama",
    defaultCertificate: api,
    backends: { llama: { cloudRun: { region: "europe-west4", service: "llama" } } },
    ...changes,
  };
  return { project: "ai-platform", environment: "test", backend: { type: "local" }, stacks: { [stack]: lb } };
}

const path = (kind: string, name: unknown) => `projects/ml-serving-prod/global/${kind}/${String(name)}`;

/**
 * The state of a stack, in the parts that the comparison reads.
 *
 * @param expireTime - of Compute's certificates; an empty text means that they are not issued
 */
export function stateOf(changes: Fields, expireTime: string): string {
  const { resource } = JSON.parse(synthesizedTexts(config(changes)).lb ?? "") as {
    resource: Record<string, Record<string, Fields>>;
  };
  const known = (block: Fields) =>
    JSON.parse(
      JSON.stringify(block).replace(/\$\{(\w+)\.([\w-]+)\.id\}/g, (_, type: string, name: string) =>
        path(type, resource[type]?.[name]?.name),
      ),
    ) as Fields;
  const attributes = (block: Fields) => ({
    ...known(block),
    managed: block.managed && [known(block.managed as Fields)],
    expire_time: expireTime,
  });
  const resources = Object.entries(resource).flatMap(([type, blocks]) =>
    Object.entries(blocks).map(([name, block]) => ({
      mode: "managed",
      type,
      name,
      instances: [{ deposed: "0a1b2c3d", attributes: {} }, { attributes: attributes(block) }],
    })),
  );
  return JSON.stringify({ version: 4, resources });
}

/** A config with several stacks. Each but the first has a host of its own. */
export function withStacks(stacks: Readonly<Record<string, Fields>>): object {
  const entries = Object.entries(stacks).map(([name, changes], index) => {
    const { stacks: made } = config(changes, name) as { stacks: Record<string, { hosts: Fields }> };
    const { hosts = {}, ...stack } = made[name] ?? {};
    if (index === 0) return [name, { ...stack, hosts }] as const;
    const host = `${name}.example.com`;
    return [name, { ...stack, hosts: { [host]: llama }, defaultCertificate: host }] as const;
  });
  return { ...config(), stacks: Object.fromEntries(entries) };
}

export const compute = { mode: "compute" };
