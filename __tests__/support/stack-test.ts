import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type Block, synthesizedTexts, type TerraformJson } from "./synthesis";

/** Fields of a config. */
export type Fields = Readonly<Record<string, unknown>>;

/** A config that has every optional field of a scenario: `__tests__/golden/<name>.json`. */
export function everything(name: string): object {
  return JSON.parse(readFileSync(join(__dirname, "..", "golden", `${name}.json`), "utf8")) as object;
}

/** What the product makes of a config without mistakes: bytes and JSON, by stack. */
export function synthesizedStacks(config: object) {
  const texts = synthesizedTexts(config);
  const stacks = Object.fromEntries(
    Object.entries(texts).map(([name, text]) => [name, JSON.parse(text) as TerraformJson]),
  );
  /** The JSON of a stack. @throws if there is none of that name */
  const stack = (name: string): TerraformJson => {
    const json = stacks[name];
    if (json === undefined) throw new Error(`no stack ${name}`);
    return json;
  };
  return { texts, stacks, stack };
}

/** A config with one stack, which may keep keys wherever it likes. */
export function configWith(name: string, stack: Fields, more: Fields = {}): object {
  const settings = { project: "ai-platform", environment: "test", backend: { type: "local" }, privateKeys: "allowed" };
  return { ...settings, ...more, stacks: { [name]: stack } };
}

/** Resources of a type by name, without the framework's note of where they come from. */
export function resources({ resource }: TerraformJson, type: string): Readonly<Record<string, Block>> {
  return Object.fromEntries(
    Object.entries(resource?.[type] ?? {}).map(([name, { "//": _, ...block }]) => [name, block]),
  );
}

/** The value of an output that is a map. */
export const output = ({ output }: TerraformJson, name: string) => output?.[name]?.value as Fields;
