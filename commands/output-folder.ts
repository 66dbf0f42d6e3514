import {
  accessSync,
  constants,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { hostname } from "node:os";
import { dirname, join, resolve } from "node:path";
import { type Report, show } from "../lib/config/report";
import { backendAttributes } from "../lib/constructs/state-backend";
import { manifestsFolder } from "../lib/synthesis/base-stack";
import type { Config } from "../stacks/config";

/** The JSON of a stack, in its folder. */
const stackFile = "cdk.tf.json";

/** Files in a stack's folder that Terraform and this program write and can write again. */
const ownFiles = [".terraform", ".terraform.lock.hcl", manifestsFolder, stackFile];

/** What is at a path itself, links not followed; nothing too if something above it is a file. */
function kindAt(path: string): "nothing" | "folder" | "link" | "file" {
  try {
    const found = lstatSync(path);
    return found.isDirectory() ? "folder" : found.isSymbolicLink() ? "link" : "file";
  } catch (error) {
    if (!["ENOENT", "ENOTDIR"].includes((error as NodeJS.ErrnoException).code ?? "")) throw error;
    return "nothing";
  }
}

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

/** What was made in an output folder, or why nothing could be, as a sentence that follows the option. */
export type Written<Result> = { readonly result: Result } | { readonly problem: string };

/** A name that only this program gives: of what a run makes beside the output, and may leave when it is killed. */
const draftPrefix = ".synthesis-";

/**
 * Does work that replaces what is in an output folder, one run at a time. What killed runs have left is swept away.
 *
 * @param work - gets a new folder for drafts on the same file system, which is removed afterwards
 * @param patience - how long to wait for another run, in milliseconds
 */
export function writing<Result>(folder: string, work: (drafts: string) => Result, patience = 30_000): Written<Result> {
  const lock = join(folder, ".synthesis.lock");
  let first: string | undefined;
  let locked = false;
  try {
    first = mkdirSync(resolve(folder), { recursive: true });
    for (const until = Date.now() + patience; !locked; ) {
      locked = takeLock(lock);
      if (!locked && Date.now() >= until) {
        return {
          problem: `is ${show(folder)}, into which another run writes; wait for its end, or remove ${show(lock)}`,
        };
      }
      if (!locked) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);
    }
    for (const name of readdirSync(folder).filter((name) => name.startsWith(draftPrefix))) {
      rmSync(join(folder, name), { recursive: true });
    }
    const drafts = mkdtempSync(join(folder, draftPrefix));
    try {
      return { result: work(drafts) };
    } finally {
      rmSync(drafts, { recursive: true, force: true });
    }
  } catch (error) {
    const { code, syscall, path = folder } = error as NodeJS.ErrnoException;
    if (code === undefined || syscall === undefined) throw error;
    return {
      problem: `is ${show(folder)}, where ${show(path)} cannot be written (${code}); name another folder, or make room for it`,
    };
  } finally {
    if (locked) rmSync(lock, { force: true });
    if (first !== undefined) removeEmpty(resolve(folder), first);
  }
}

/** How long the run of another machine or container can last, in milliseconds: a synthesis takes seconds. */
const longestRun = 600_000;

/** Takes a lock that is free or was left by a run that is gone. */
function takeLock(lock: string): boolean {
  const own = `${hostname()} ${process.pid}`;
  try {
    writeFileSync(lock, own, { flag: "wx" });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
  const drafts = `${lock}.${process.pid}`;
  try {
    const holder = readFileSync(lock, "utf8");
    const age = Date.now() - lstatSync(lock).mtimeMs;
    // A run that was killed as it took the lock has written nothing into it.
    if (holder !== own && age < (holder === "" ? 1_000 : longestRun) && !isGone(holder)) return false;
    renameSync(lock, drafts);
    // Another run may have been quicker and hold it by now.
    if (readFileSync(drafts, "utf8") === holder) rmSync(drafts);
    else renameSync(drafts, lock);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
  return false;
}

/** Whether the process that wrote a lock has ended; of other machines and containers that is not known. */
function isGone(holder: string): boolean {
  const [host, pid] = holder.split(" ");
  if (host !== hostname()) return false;
  try {
    process.kill(Number(pid), 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ESRCH";
  }
}

/** Removes a new folder, and those above it that are new too, as long as there is nothing in them. */
function removeEmpty(folder: string, first: string): void {
  if (!existsSync(folder) || readdirSync(folder).length > 0) return;
  rmdirSync(folder);
  if (folder !== first) removeEmpty(dirname(folder), first);
}

/** A rename into place, before which what is there goes aside. */
interface Move {
  readonly from?: string;
  readonly to: string;
  readonly aside?: boolean;
}

/**
 * Puts drafts in their place. A folder that is new comes in one rename. Of one that is there only what differs is
 * replaced: a shell or Terraform may be at work in it. Everything is ready before the first rename, and an unwritable
 * place is found then. No system call replaces JSON and manifests at once: a run that is killed between their renames
 * leaves them apart, until the next run.
 *
 * @throws before it moves anything, if a folder has the name of a file
 */
export function publish(drafts: string, folder: string): void {
  const asides = mkdtempSync(`${drafts}-aside-`);
  for (const [index, { from, to, aside }] of movesInto(drafts, folder).entries()) {
    if (aside) renameSync(to, join(asides, String(index)));
    if (from !== undefined) renameSync(from, to);
  }
}

function movesInto(from: string, to: string): readonly Move[] {
  if (kindAt(to) === "nothing") return [{ from, to }];
  accessSync(to, constants.W_OK);
  const drafts = readdirSync(from, { withFileTypes: true });
  const manifests = join(to, manifestsFolder);
  // Applying manifests of an earlier synthesis would bring back objects that left the config.
  const isLeft = existsSync(join(from, stackFile)) && !existsSync(join(from, manifestsFolder));
  const left: readonly Move[] = isLeft && kindAt(manifests) !== "nothing" ? [{ to: manifests, aside: true }] : [];
  return drafts
    .flatMap((draft): readonly Move[] => {
      const [source, target] = [join(from, draft.name), join(to, draft.name)];
      const kind = kindAt(target);
      if (draft.isFile()) {
        if (kind === "folder") throw Object.assign(new Error(`${target} is a folder`), inTheWay, { path: target });
        return kind === "file" && sameBytes(source, target) ? [] : [{ from: source, to: target }];
      }
      if (draft.name !== manifestsFolder) return movesInto(source, target);
      if (kind === "nothing") return [{ from: source, to: target }];
      return kind === "folder" && sameFiles(source, target) ? [] : [{ from: source, to: target, aside: true }];
    })
    .concat(left);
}

/** What the system says when a file is to replace a folder. */
const inTheWay = { code: "EISDIR", syscall: "rename" };

const sameBytes = (one: string, other: string) => readFileSync(one).equals(readFileSync(other));

/** Whether two folders of files hold the same. */
function sameFiles(one: string, other: string): boolean {
  const names = readdirSync(one);
  return (
    names.join("/") === readdirSync(other).join("/") &&
    names.every((name) => kindAt(join(other, name)) === "file" && sameBytes(join(one, name), join(other, name)))
  );
}
