import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { App } from "cdktf";
import { withoutTokenStackTraces } from "../lib/synthesis/token-stack-traces";
import { buildStack } from "../stacks";
import type { Config } from "../stacks/config";

/**
 * Builds every stack of a config and writes it with its provider lock into a folder: `manifest.json`, and `stacks` with
 * a folder for each.
 */
export function synthesizeInto(config: Config, folder: string): void {
  withoutTokenStackTraces(() => {
    const app = new App({ outdir: folder, stackTraces: false });
    const stacks = config.stacks.map((stack) => buildStack(app, config.settings, stack));
    app.synth();
    for (const { node, files } of stacks) {
      const ofStack = join(folder, "stacks", node.id);
      for (const [path, text] of files) {
        mkdirSync(dirname(join(ofStack, path)), { recursive: true });
        writeFileSync(join(ofStack, path), text);
      }
      // The stack's committed provider lock: the environment's own, or one for all.
      const lock = `${node.id}.terraform.lock.hcl`;
      const found = [join("locks", config.settings.environment, lock), join("locks", lock)].find(existsSync);
      if (found !== undefined) copyFileSync(found, join(ofStack, ".terraform.lock.hcl"));
    }
  });
}

/** What a stack's JSON says of itself. */
export interface TerraformJson {
  readonly terraform: {
    readonly required_version: string;
    readonly required_providers: Readonly<Record<string, { readonly source: string; readonly version: string }>>;
    readonly backend?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
    readonly cloud?: Readonly<Record<string, unknown>>;
  };
  readonly resource?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  /** Check blocks by name. */
  readonly check?: Readonly<Record<string, unknown>>;
}

/** The JSON that was written into a stack's folder. */
export function terraformJson(folder: string): TerraformJson {
  return JSON.parse(readFileSync(join(folder, "cdk.tf.json"), "utf8")) as TerraformJson;
}

/** How many resources of each type a stack makes. */
export function resourceCounts({ resource = {} }: TerraformJson): readonly (readonly [type: string, count: number])[] {
  return Object.entries(resource).map(([type, byName]) => [type, Object.keys(byName).length]);
}

/** How many resources a stack makes. */
export function resourceTotal(json: TerraformJson): number {
  return resourceCounts(json).reduce((sum, [, count]) => sum + count, 0);
}
