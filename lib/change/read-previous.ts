import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { oneOf, printable, type Report, show } from "../config/report";
import type { Settings } from "../config/settings";
import type { PreviousResource, PreviousStack } from "./previous-stack";

type Json = Readonly<Record<string, unknown>>;

/** A stack as a file has it. */
interface Found {
  readonly name: string;
  readonly stack: PreviousStack;
}

/**
 * Reads what was deployed before: an output folder, a hand-off folder, the JSON of a stack, a folder of states, or a
 * state (`terraform state pull`).
 *
 * @param path - as the user named it
 * @param config - what is compared with it: a state without a stack's name must be of one of its stacks
 * @returns by stack; `undefined` if nothing can be compared, which was reported
 */
export function previousStacks(
  path: string,
  { settings, stacks }: { readonly settings: Settings; readonly stacks: readonly { readonly name: string }[] },
  report: Report,
): ReadonlyMap<string, PreviousStack> | undefined {
  const names = stacks.map(({ name }) => name);
  const found = new Map<string, { readonly file: string; readonly stack: PreviousStack }>();
  const place = report.in("against");
  const files = filesOf(path);
  if (typeof files === "string") {
    place.problem(files);
    return undefined;
  }
  for (const file of files) {
    const json = readJson(file);
    const other = json && belongsElsewhere(json, settings, report);
    if (other !== undefined) {
      place.problem(other);
      return undefined;
    }
    const known = json === undefined ? `is not JSON; ${expected}` : stackOf(json, file, names, file === path);
    if (typeof known === "string") {
      place.problem(`${printable(file)} ${known}`);
      continue;
    }
    const twin = found.get(known.name);
    if (twin !== undefined) {
      place.problem(
        `has the stack ${printable(known.name)} in ${printable(twin.file)} and in ${printable(file)}; name one of them`,
      );
      continue;
    }
    found.set(known.name, { file, stack: known.stack });
  }
  if (files.length === 0) {
    place.problem(
      `is ${show(path)}, where there is neither a cdk.tf.json nor a state; name an output folder, a hand-off folder or a state`,
    );
  }
  if (found.size === 0) return undefined;
  return new Map([...found].map(([name, { stack }]) => [name, stack]));
}

const expected = "name what synth or handoff wrote, or what `terraform state pull` prints";

/** The problem with an output or state of another project or environment: comparing it would prove nothing. */
function belongsElsewhere(json: Json, settings: Settings, report: Report): string | undefined {
  const labels = labelsIn(json);
  const what = isState(json) ? "state" : "output";
  for (const word of ["project", "environment"] as const) {
    const [is, was] = [settings[word], labels?.[word]];
    if (was === undefined || was === is || report.in(word).refused) continue;
    return `the earlier ${what} is of ${word} ${show(was)}, the config of ${show(is)}; name what was deployed of ${show(is)}`;
  }
  return undefined;
}

/** The labels that every stack puts on what it makes. */
interface OwnLabels {
  readonly project: string;
  readonly environment: string;
  readonly stack: string;
}

function labelsIn(value: unknown): OwnLabels | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { project, environment, stack, "managed-by": by } = value as Readonly<Record<string, unknown>>;
  if (by === "terraform" && [project, environment, stack].every((one) => typeof one === "string")) {
    return value as OwnLabels;
  }
  for (const inner of Object.values(value)) {
    const labels = labelsIn(inner);
    if (labels !== undefined) return labels;
  }
  return undefined;
}

/** The files that say what was before: outputs, or where there are none, states; or why they cannot be read. */
function filesOf(path: string): readonly string[] | string {
  try {
    return existsSync(path) ? filesAt(path) : [];
  } catch (error) {
    return `is ${show(path)}, which cannot be read (${(error as NodeJS.ErrnoException).code}); name what can`;
  }
}

function filesAt(path: string): readonly string[] | string {
  const stats = statSync(path);
  // A pipe is what `--against <(terraform state pull)` names.
  if (stats.isFile() || stats.isFIFO()) return [path];
  // A device such as /dev/zero may have no end.
  if (!stats.isDirectory()) return `is ${show(path)}, which is neither a file nor a folder; name one`;
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

/** Whether it is what `terraform state pull` prints. */
function isState({ version, resources }: Json): boolean {
  return typeof version === "number" && Array.isArray(resources);
}

/** The format that Terraform has written since 0.12, and OpenTofu writes. */
const knownVersion = 4;

/** Why what looks like a state is none that can be compared. */
function stateProblem({ version, resources }: Json): string | undefined {
  if (version !== knownVersion)
    return `is a Terraform state of version ${show(version)}, and only ${knownVersion} is known`;
  const whole = (resources as readonly unknown[]).every(
    (one) => isMap(one) && Array.isArray(one.instances ?? []) && [one.instances ?? []].flat().every(isMap),
  );
  return whole ? undefined : "is a damaged Terraform state: a resource or an instance in it is no map";
}

function isMap(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A map, and nothing where something else is. */
function mapOf(value: unknown): Json {
  return isMap(value) ? value : {};
}

/**
 * The stack that a file describes, or why it describes none.
 *
 * @param alone - whether the user named the file, which then need not be called after its stack
 */
function stackOf(json: Json, file: string, stacks: readonly string[], alone: boolean): Found | string {
  if (!isState(json)) {
    const name = mapOf(mapOf(json["//"]).metadata).stackName;
    return typeof name !== "string" ? `${otherKind(json)}; ${expected}` : { name, stack: synthesizedStack(json) };
  }
  const damage = stateProblem(json);
  if (damage !== undefined) return `${damage}; ${expected}`;
  const base = basename(file).replace(/\.(tfstate|json)$/, "");
  const only = stacks.length === 1 ? stacks[0] : undefined;
  const name = stacks.includes(base) ? base : (labelsIn(json)?.stack ?? (alone ? only : base));
  return name === undefined
    ? `is a Terraform state that does not say of which stack; call it ${oneOf(stacks.map((one) => `${one}.tfstate`))}`
    : { name, stack: { from: "state", ...saidIn(json.outputs), resources: recorded(json.resources) } };
}

/** What a file is that is neither a state nor a stack's JSON. */
function otherKind({ format_version: format, encrypted_data: encrypted }: Json): string {
  if (typeof encrypted === "string") return "is a state that OpenTofu has encrypted";
  return typeof format === "string"
    ? "is what `terraform show -json` prints, which other programs read"
    : "is no Terraform state, and no stack that was synthesized";
}

/** What the outputs of a configuration or of a state say, and the scenario among them. */
function saidIn(given: unknown): Pick<PreviousStack, "scenario" | "outputs"> {
  const outputs = Object.fromEntries(Object.entries(mapOf(given)).map(([name, one]) => [name, mapOf(one).value]));
  return typeof outputs.scenario === "string" ? { scenario: outputs.scenario, outputs } : { outputs };
}

/** The resources of a configuration by address, what it looks up, and its providers. */
function configured({ resource, data, provider }: Json): PreviousStack["resources"] {
  const byAddress = (blocks: unknown, prefix = "") =>
    Object.entries(mapOf(blocks)).flatMap(([type, named]) =>
      Object.entries(mapOf(named)).map(([name, block]) => [`${prefix}${type}.${name}`, mapOf(block)] as const),
    );
  const entries = [...byAddress(resource), ...byAddress(data, "data.")];
  const providers = Object.entries(mapOf(provider)).flatMap(([name, blocks]) =>
    [blocks].flat().map((block) => {
      const { alias, ...given } = mapOf(block);
      return [typeof alias === "string" ? `provider.${name}.${alias}` : `provider.${name}`, given] as const;
    }),
  );
  return Object.fromEntries([...entries, ...providers]);
}

/** A stack as it was synthesized, from its JSON. */
export function synthesizedStack(json: unknown): PreviousStack {
  const { output, terraform } = mapOf(json);
  const { backend, cloud } = mapOf(terraform);
  const [[type, given] = ["cloud", cloud]] = Object.entries(mapOf(backend));
  return {
    from: "output",
    ...saidIn(output),
    resources: configured(mapOf(json)),
    backend: { type, ...mapOf(given) },
  };
}

/** A resource in a state. */
interface RecordedResource {
  readonly mode?: string;
  readonly type?: string;
  readonly name?: string;
  readonly instances?: readonly { readonly deposed?: string; readonly attributes?: PreviousResource }[];
}

/** A state has the type of a value of any type (`manifest`) beside it. */
function withoutType(value: unknown): unknown {
  const typed = isMap(value) && Array.isArray(value.type) && Object.keys(value).sort().join() === "type,value";
  return typed ? value.value : value;
}

/** The resources of a state by address. */
function recorded(resources: unknown): PreviousStack["resources"] {
  const entries = (resources as readonly RecordedResource[]).flatMap(({ mode, type, name, instances = [] }) => {
    const current = instances.find(({ deposed }) => deposed === undefined);
    if (mode !== "managed" || !isMap(current?.attributes)) return [];
    const attributes = Object.entries(current.attributes).map(([key, value]) => [key, withoutType(value)] as const);
    return [[`${type}.${name}`, Object.fromEntries(attributes)] as const];
  });
  return Object.fromEntries(entries);
}
