import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { App } from "cdktf";
import type { Construct } from "constructs";
import { findingLines } from "../../commands/output";
import { synthesizeInto } from "../../commands/synthesize";
import type { Settings } from "../../lib/config/settings";
import { BaseStack } from "../../lib/synthesis/base-stack";
import { checkedConfig } from "../../stacks/check";

/** The arguments of something in Terraform's JSON. */
export type Block = Readonly<Record<string, unknown>>;

/** What is below a key of Terraform's JSON: things by their own kind (of a resource: its type) and name. */
export type Blocks = Readonly<Record<string, Readonly<Record<string, Block>>>>;

/** Terraform's JSON of a stack. */
export interface TerraformJson {
  readonly "//": { readonly metadata: Block };
  readonly terraform: {
    readonly required_version: string;
    readonly required_providers: Readonly<Record<string, { readonly source: string; readonly version: string }>>;
    readonly backend?: Readonly<Record<string, Block>>;
    readonly cloud?: Block;
  };
  readonly provider?: Readonly<Record<string, readonly Block[]>>;
  readonly resource?: Blocks;
  readonly data?: Blocks;
  readonly output?: Readonly<Record<string, Block>>;
  readonly variable?: Readonly<Record<string, Block>>;
  readonly check?: Readonly<Record<string, { readonly assert: Readonly<Record<string, string>> }>>;
}

/** The bytes that the product makes of a config without mistakes, by stack. */
export function synthesizedTexts(config: unknown): Readonly<Record<string, string>> {
  return synthesizedOf(config).texts;
}

/** The files for the cluster that the product makes of a config without mistakes, by path below `stacks/`. */
export function synthesizedManifests(config: unknown): Readonly<Record<string, string>> {
  return synthesizedOf(config).manifests;
}

type Texts = Readonly<Record<string, string>>;

/** What this test file has synthesized already: it takes long, and many tests compare with the same config. */
const known = new Map<string, { readonly texts: Texts; readonly manifests: Texts }>();

function synthesizedOf(config: unknown) {
  const written = JSON.stringify(config);
  const before = known.get(written);
  if (before !== undefined) return before;
  const { config: complete, report } = checkedConfig(config);
  if (report.problems.length > 0) throw new Error(findingLines(report.problems, config).join("\n"));
  const folder = mkdtempSync(join(tmpdir(), "tls-stacks-synthesis-"));
  try {
    synthesizeInto(complete, folder);
    const made = { texts: stackTexts(folder), manifests: manifestTexts(join(folder, "stacks")) };
    known.set(written, made);
    return made;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function manifestTexts(folder: string): Readonly<Record<string, string>> {
  const paths = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((path) => path.endsWith(".yaml"));
  return Object.fromEntries(paths.sort().map((path) => [path, readFileSync(join(folder, path), "utf8")]));
}

/** Terraform's JSON of one stack of a config without mistakes. */
export function synthesizedJson(config: unknown, stack: string): TerraformJson {
  return JSON.parse(synthesizedTexts(config)[stack] ?? "") as TerraformJson;
}

/** The bytes of every stack in an output folder. */
export function stackTexts(outdir: string): Readonly<Record<string, string>> {
  const names = readdirSync(join(outdir, "stacks")).sort();
  const text = (name: string) => readFileSync(join(outdir, "stacks", name, "cdk.tf.json"), "utf8");
  return Object.fromEntries(names.map((name) => [name, text(name)]));
}

/** Settings as every stack gets them, with some of them changed. */
export function settingsWith(changes: Partial<Settings> = {}): Settings {
  const { config } = checkedConfig({
    project: "ai-platform",
    environment: "test",
    backend: { type: "local" },
    stacks: {},
  });
  return { ...config.settings, ...changes };
}

/** Terraform's JSON of a stack made for one test, called `probe`. */
export function probeJson(build: (stack: Construct) => void, settings = settingsWith()): TerraformJson {
  class Probe extends BaseStack {
    constructor(scope: Construct) {
      super(scope, "probe", settings);
      build(this);
    }
  }
  const outdir = mkdtempSync(join(tmpdir(), "tls-stacks-probe-"));
  try {
    const app = new App({ outdir, stackTraces: false });
    new Probe(app);
    app.synth();
    return JSON.parse(stackTexts(outdir).probe ?? "") as TerraformJson;
  } finally {
    rmSync(outdir, { recursive: true, force: true });
  }
}

/** Everything in a stack that has an address, sorted. */
export function addresses({ resource = {}, data = {}, check = {}, output = {} }: TerraformJson): readonly string[] {
  const typed = (prefix: string, blocks: Blocks) =>
    Object.entries(blocks).flatMap(([type, named]) => Object.keys(named).map((name) => `${prefix}${type}.${name}`));
  return [
    ...typed("", resource),
    ...typed("data.", data),
    ...Object.keys(check).map((name) => `check.${name}`),
    ...Object.keys(output).map((name) => `output.${name}`),
  ].sort();
}

/** Every text in a value, keys aside. */
export function textsIn(value: unknown): readonly string[] {
  if (typeof value === "string") return [value];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(textsIn) : [];
}

const goldenFolder = join(__dirname, "..", "golden");

/**
 * Compares what was synthesized of a config with what stands in `__tests__/golden/<config>/<stack>/cdk.tf.json`, or with
 * `UPDATE_GOLDEN=1` writes it there.
 */
export function expectGolden(config: string, texts: Readonly<Record<string, string>>): void {
  const folder = join(goldenFolder, config);
  const file = (stack: string) => join(folder, stack, "cdk.tf.json");
  if (process.env.UPDATE_GOLDEN === "1") {
    for (const [stack, text] of Object.entries(texts)) {
      mkdirSync(dirname(file(stack)), { recursive: true });
      writeFileSync(file(stack), text);
    }
  }
  const stacks = existsSync(folder) ? readdirSync(folder).sort() : [];
  expect(Object.keys(texts)).toEqual(stacks);
  for (const [stack, text] of Object.entries(texts)) expect(text).toBe(readFileSync(file(stack), "utf8"));
}

/** Compares files for the cluster in the same way: with those in `__tests__/golden/<config>/`. */
export function expectGoldenManifests(config: string, texts: Readonly<Record<string, string>>): void {
  const folder = join(goldenFolder, config);
  if (process.env.UPDATE_GOLDEN === "1") {
    for (const [path, text] of Object.entries(texts)) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), text);
    }
  }
  expect(texts).toEqual(manifestTexts(folder));
}
