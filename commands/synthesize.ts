import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { App } from "cdktf";
import type { Config } from "../lib/config/config";
import { withoutTokenStackTraces } from "../lib/linear-synthesis";
import { buildStack } from "../stacks";

/**
 * Builds every stack of a config and writes what Terraform needs to a folder of its own, beside the output folder so
 * that renaming from one into the other is a single step.
 *
 * @param use - called with the folder, which is gone afterwards
 */
export function synthesized<Result>(config: Config, outdir: string, use: (folder: string) => Result): Result {
  mkdirSync(dirname(resolve(outdir)), { recursive: true });
  const folder = mkdtempSync(`${resolve(outdir)}.`);
  try {
    withoutTokenStackTraces(() => {
      const app = new App({ outdir: folder, stackTraces: false });
      for (const stack of config.stacks) buildStack(app, config.settings, stack);
      app.synth();
    });
    return use(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Resources of a stack by address. */
export function resourceAddresses(folder: string, stack: string): readonly string[] {
  const json = JSON.parse(readFileSync(join(folder, "stacks", stack, "cdk.tf.json"), "utf8")) as {
    resource?: Record<string, Record<string, unknown>>;
  };
  return Object.entries(json.resource ?? {}).flatMap(([type, byName]) =>
    Object.keys(byName).map((name) => `${type}.${name}`),
  );
}

/** Puts a stack's committed provider lock beside its JSON, if there is one. */
export function copyLock(locks: string, stack: string, folder: string): void {
  const lock = join(locks, `${stack}.terraform.lock.hcl`);
  if (existsSync(lock)) copyFileSync(lock, join(folder, ".terraform.lock.hcl"));
}
