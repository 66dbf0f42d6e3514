import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmdirSync, rmSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import type { Config } from "../lib/config/config";
import type { Report } from "../lib/config/report";
import { backendAttributes } from "../lib/constructs/state-backend";

/** What Terraform and this program make in a stack's folder, and may be made again. */
const ownFiles = ["cdk.tf.json", ".terraform", ".terraform.lock.hcl"];

/**
 * Refuses to write into folders that Terraform has initialised for another environment: it would offer to move one
 * environment's state into the other's place.
 *
 * @param folderOf - the folder of a stack
 */
export function refuseOtherEnvironments(config: Config, folderOf: (stack: string) => string, report: Report): void {
  const { project, environment, backend } = config.settings;
  for (const { name } of config.stacks) {
    const folder = folderOf(name);
    const found = recordedStateKey(join(folder, ".terraform", "terraform.tfstate"));
    if (found === undefined) continue;
    const wanted = stateKeyOf(backend.type, backendAttributes(backend, { project, environment, stack: name }));
    // A local state's path has no project; what both name must agree.
    const length = Math.min(found.length, wanted.length);
    if (found.slice(-length).join("/") === wanted.slice(-length).join("/")) continue;
    report.problem(
      ["stacks", name],
      `${folder} is initialised for the state ${found.join("/")}, this config has ${wanted.join("/")}; give each environment a folder of its own with CDKTF_OUTDIR`,
    );
  }
}

/** The state key in what `terraform init` wrote down of the backend. */
function recordedStateKey(file: string): readonly string[] | undefined {
  if (!existsSync(file)) return undefined;
  const { backend } = JSON.parse(readFileSync(file, "utf8")) as { backend?: RecordedBackend };
  return backend && stateKeyOf(backend.type, backend.config);
}

interface RecordedBackend {
  readonly type: string;
  readonly config: Readonly<Record<string, unknown>>;
}

/** Project (where the backend has it), environment and stack, from the arguments that a backend was given. */
function stateKeyOf(type: string, attributes: Readonly<Record<string, unknown>>): readonly string[] {
  const text = (name: string) => String(attributes[name] ?? "");
  switch (type) {
    case "local":
      return text("path")
        .replace(/\.tfstate$/, "")
        .split("/")
        .slice(-2);
    case "s3":
    case "azurerm":
      return text("key").split("/").slice(-3);
    case "gcs":
      return text("prefix").split("/").slice(-3);
    case "http":
      return text("address").split("/").slice(-3);
    case "kubernetes":
      return text("secret_suffix").split(".").slice(-3);
    case "cloud": {
      // Terraform records blocks as lists of one.
      const workspaces = [attributes.workspaces].flat()[0] as { name?: unknown } | undefined;
      return String(workspaces?.name ?? "")
        .split("_")
        .slice(-3);
    }
    default:
      return [];
  }
}

/** Whether a folder holds state, however it came there. `.terraform/terraform.tfstate` only says where state is. */
function holdsState(folder: string): boolean {
  return readdirSync(folder, { recursive: true, encoding: "utf8" }).some(
    (path) => path.includes(".tfstate") && path !== join(".terraform", "terraform.tfstate"),
  );
}

/**
 * Takes the generated files out of the folders of stacks that left the config, and the folders with them. A folder with
 * state is left as it is.
 *
 * @returns the folders that were left because of their state
 */
export function removeLeftStacks(stacksFolder: string, present: readonly string[]): readonly string[] {
  if (!existsSync(stacksFolder)) return [];
  const kept: string[] = [];
  for (const entry of readdirSync(stacksFolder, { withFileTypes: true })) {
    const folder = join(stacksFolder, entry.name);
    // Only what a synthesis made is ever removed.
    if (!entry.isDirectory() || present.includes(entry.name) || !existsSync(join(folder, "cdk.tf.json"))) continue;
    if (holdsState(folder)) {
      kept.push(folder);
      continue;
    }
    for (const name of ownFiles) rmSync(join(folder, name), { recursive: true, force: true });
    if (readdirSync(folder).length === 0) rmdirSync(folder);
  }
  return kept;
}

/** Moves every file below one folder to the same place below another, replacing each whole and touching nothing else. */
export function moveInto(from: string, to: string): void {
  for (const entry of readdirSync(from, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const file = join(entry.parentPath, entry.name);
    const target = join(to, relative(from, file));
    mkdirSync(dirname(target), { recursive: true });
    renameSync(file, target);
  }
}
