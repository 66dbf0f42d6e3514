import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import type { PreviousResource, PreviousStack } from "../lib/checks/previous-resources";
import { oneOf, type Report, show } from "../lib/config/report";

type Json = Readonly<Record<string, unknown>>;

/**
 * Reads what was deployed before: an output folder, a hand-off folder, the JSON of a stack, a folder of states, or a
 * state (`terraform state pull`).
 *
 * @param path - as the user named it
 * @param stacks - the config's, one of which a state without a stack's name must be of
 * @returns by stack
 */
export function previousStacks(
  path: string,
  stacks: readonly string[],
  report: Report,
): ReadonlyMap<string, PreviousStack> {
  const found = new Map<string, { readonly file: string; readonly stack: PreviousStack }>();
  const files = filesOf(path);
  for (const file of files) {
    const json = readJson(file);
    const known = json && stackOf(json, file, stacks);
    if (known === undefined) {
      report.problem(
        ["against"],
        json === undefined
          ? `${file} is not JSON; name what synth or handoff wrote, or a state`
          : `${file} is the state of no stack that is known by its name; call it ${oneOf(stacks.map((name) => `${name}.tfstate`))}`,
      );
      continue;
    }
    const other = found.get(known.name);
    if (other !== undefined) {
      report.problem(["against"], `has the stack ${known.name} in ${other.file} and in ${file}; name one of them`);
      continue;
    }
    found.set(known.name, { file, stack: known.stack });
  }
  if (files.length === 0) {
    report.problem(
      ["against"],
      `is ${show(path)}, where there is neither a cdk.tf.json nor a state; name an output folder, a hand-off folder or a state`,
    );
  }
  return new Map([...found].map(([name, { stack }]) => [name, stack]));
}

/** The files that say what was before: outputs, or where there are none, states. */
function filesOf(path: string): readonly string[] {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats === undefined) return [];
  if (stats.isFile()) return [path];
  const outputs = outputsBelow(path, 3);
  if (outputs.length > 0) return outputs;
  return readdirSync(path)
    .filter((name) => name.endsWith(".tfstate"))
    .sort()
    .map((name) => join(path, name));
}

/** `<folder>/cdk.tf.json`, or those below it: an output has them in `stacks/<stack>`, a hand-off in `<environment>/<stack>`. */
function outputsBelow(folder: string, levels: number): readonly string[] {
  const file = join(folder, "cdk.tf.json");
  if (existsSync(file)) return [file];
  if (levels === 0) return [];
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith("."))
    .map(({ name }) => name)
    .sort()
    .flatMap((name) => outputsBelow(join(folder, name), levels - 1));
}

function readJson(file: string): Json | undefined {
  try {
    const json: unknown = JSON.parse(readFileSync(file, "utf8"));
    return typeof json === "object" && json !== null ? (json as Json) : undefined;
  } catch {
    return undefined;
  }
}

function stackOf(
  json: Json,
  file: string,
  stacks: readonly string[],
): { readonly name: string; readonly stack: PreviousStack } | undefined {
  if (!Array.isArray(json.resources)) {
    const { metadata } = (json["//"] ?? {}) as { readonly metadata?: { readonly stackName?: string } };
    const name = metadata?.stackName;
    return name === undefined ? undefined : { name, stack: { from: "output", resources: configured(json) } };
  }
  const base = basename(file).replace(/\.(tfstate|json)$/, "");
  const name = stacks.includes(base) ? base : stacks.length === 1 ? stacks[0] : undefined;
  return name === undefined ? undefined : { name, stack: { from: "state", resources: recorded(json.resources) } };
}

/** The resources of a configuration by address, and its providers. */
function configured({ resource = {}, provider = {} }: Json): PreviousStack["resources"] {
  const entries = Object.entries(resource as Record<string, Record<string, PreviousResource>>).flatMap(
    ([type, named]) => Object.entries(named).map(([name, block]) => [`${type}.${name}`, block] as const),
  );
  const providers = Object.entries(provider as Record<string, readonly PreviousResource[]>).map(
    ([name, blocks]) => [`provider.${name}`, [blocks].flat()[0] ?? {}] as const,
  );
  return Object.fromEntries([...entries, ...providers]);
}

/** The resources of a state by address. */
function recorded(resources: readonly unknown[]): PreviousStack["resources"] {
  const entries = resources.flatMap((one) => {
    const {
      mode,
      type,
      name,
      instances = [],
    } = one as {
      readonly mode?: string;
      readonly type?: string;
      readonly name?: string;
      readonly instances?: readonly { readonly deposed?: string; readonly attributes?: PreviousResource }[];
    };
    const current = instances.find(({ deposed }) => deposed === undefined);
    return mode === "managed" && current?.attributes ? [[`${type}.${name}`, current.attributes] as const] : [];
  });
  return Object.fromEntries(entries);
}
