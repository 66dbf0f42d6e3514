import { existsSync, mkdtempSync, readdirSync, readFileSync, renameSync, statSync } from "node:fs";
import { join } from "node:path";
import { type Report, show } from "../lib/config/report";
import { backendAttributes } from "../lib/constructs/state-backend";
import { manifestsFolder } from "../lib/synthesis/base-stack";
import type { Config } from "../stacks/config";
import { kindAt, stackFile } from "./publish";

/** Files in a stack's folder that Terraform and this program write and can write again. */
const ownFiles = [".terraform", ".terraform.lock.hcl", manifestsFolder, stackFile];

/** Refuses an output folder that is a file. */
export function refuseNoFolder(option: string, folder: string, report: Report): void {
  // A link to a folder is one: the output may be a volume.
  if (!existsSync(folder) || statSync(folder).isDirectory()) return;
  report.in(option).problem(`is ${show(folder)}, which is no folder; name another`);
}

/**
 * Refuses folders below the output folder that are links or files: what is written or removed there would be elsewhere.
 *
 * @param stacksFolder - the folder of the stacks' folders
 */
export function refuseLinks(config: Config, stacksFolder: string, report: Report): void {
  for (const name of ["", ...config.stacks.map((stack) => stack.name)]) {
    const folder = join(stacksFolder, name);
    const kind = kindAt(folder);
    if (kind !== "link" && kind !== "file") continue;
    report
      .in("stacks", ...(name === "" ? [] : [name]))
      .problem(`${show(folder)} is a ${kind}, no folder; move it away`);
  }
}

/**
 * Refuses to write into folders that Terraform has initialised for another environment: Terraform would offer to move
 * the state of one environment to the place of the other.
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
    // The path of a local state has no project: compare the parts that both have.
    const length = Math.min(found.length, wanted.length);
    if (found.slice(-length).join("/") === wanted.slice(-length).join("/")) continue;
    report
      .in("stacks", name)
      .problem(
        `${folder} is initialised for the state ${found.join("/")}, this config has ${wanted.join("/")}; give each environment a folder of its own with CDKTF_OUTDIR (npx cdktf: --output)`,
      );
  }
}

/** The state key that `terraform init` recorded. */
function recordedStateKey(file: string): readonly string[] | undefined {
  if (!existsSync(file)) return undefined;
  let record: { readonly backend?: RecordedBackend } | null;
  try {
    record = JSON.parse(readFileSync(file, "utf8")) as typeof record;
  } catch {
    // Terraform itself refuses a damaged record, so no state can go to the wrong place.
    return undefined;
  }
  return record?.backend && stateKeyOf(record.backend.type, record.backend.config);
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
      const workspaces = attributes.workspaces as { name?: unknown } | null | undefined;
      return String(workspaces?.name ?? "")
        .split("_")
        .slice(-3);
    }
    default:
      return [`(backend ${type})`];
  }
}

/** Whether a folder holds a state file. `.terraform/terraform.tfstate` is none: it says where the state is. */
function holdsState(folder: string): boolean {
  return readdirSync(folder, { recursive: true, encoding: "utf8" }).some(
    (path) => path.includes(".tfstate") && path !== join(".terraform", "terraform.tfstate"),
  );
}

/** Whether a folder has the JSON of a stack of ours. Other CDKTF projects may have stacks in the same output folder. */
function isOurs(folder: string): boolean {
  try {
    const { output } = JSON.parse(readFileSync(join(folder, stackFile), "utf8")) as { output?: object };
    return output !== undefined && "certificate_inventory" in output;
  } catch {
    return false;
  }
}

/**
 * Removes the generated files of stacks that left the config, and their folders if nothing else is in them. Keeps a
 * folder that holds state, and one that Terraform has initialised for another environment.
 *
 * @param drafts - on the same file system, where what is removed goes in one step
 * @returns the folders that were kept because they hold state
 */
export function removeLeftStacks(config: Config, stacksFolder: string, drafts: string): readonly string[] {
  if (!existsSync(stacksFolder)) return [];
  const present = config.stacks.map(({ name }) => name);
  const kept: string[] = [];
  for (const entry of readdirSync(stacksFolder, { withFileTypes: true })) {
    const folder = join(stacksFolder, entry.name);
    if (!entry.isDirectory() || present.includes(entry.name) || !isOurs(folder)) continue;
    const [environment] = recordedStateKey(join(folder, ".terraform", "terraform.tfstate"))?.slice(-2) ?? [];
    if (environment !== undefined && environment !== config.settings.environment) continue;
    if (holdsState(folder)) {
      kept.push(folder);
      continue;
    }
    const aside = mkdtempSync(join(drafts, "left-"));
    const names = readdirSync(folder);
    if (names.every((name) => ownFiles.includes(name))) {
      renameSync(folder, join(aside, entry.name));
      continue;
    }
    // The JSON goes last: by it a run after one that was killed knows the folder.
    for (const name of ownFiles.filter((one) => names.includes(one))) renameSync(join(folder, name), join(aside, name));
  }
  return kept;
}
