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
  writeFileSync,
} from "node:fs";
import { hostname } from "node:os";
import { dirname, join, resolve } from "node:path";
import { show } from "../lib/config/report";
import { manifestsFolder } from "../lib/synthesis/base-stack";

/** The JSON of a stack, in its folder. */
export const stackFile = "cdk.tf.json";

/** What is at a path itself, links not followed; nothing too if something above it is a file. */
export function kindAt(path: string): "nothing" | "folder" | "link" | "file" {
  try {
    const found = lstatSync(path);
    return found.isDirectory() ? "folder" : found.isSymbolicLink() ? "link" : "file";
  } catch (error) {
    if (!["ENOENT", "ENOTDIR"].includes((error as NodeJS.ErrnoException).code ?? "")) throw error;
    return "nothing";
  }
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

/** A rename into place, or away from it. */
type Move = { readonly from: string; readonly to: string } | { readonly away: string };

/**
 * Puts drafts in their place. A folder that is new comes in one rename. Of one that is there only what differs is
 * replaced: a shell or Terraform may be at work in it. Everything is ready before the first rename, and an unwritable
 * place is found then. No system call replaces JSON and manifests at once, so the manifests go first and come last: a run
 * that is killed between these renames leaves none until the next run, and never those of another config.
 *
 * @throws before it moves anything, if a folder has the name of a file
 */
export function publish(drafts: string, folder: string): void {
  const asides = mkdtempSync(`${drafts}-aside-`);
  for (const [index, move] of movesInto(drafts, folder).entries()) {
    if ("away" in move) renameSync(move.away, join(asides, String(index)));
    else renameSync(move.from, move.to);
  }
}

function movesInto(from: string, to: string): readonly Move[] {
  if (kindAt(to) === "nothing") return [{ from, to }];
  accessSync(to, constants.W_OK);
  const drafts = readdirSync(from, { withFileTypes: true });
  const manifests = manifestMoves(join(from, manifestsFolder), join(to, manifestsFolder));
  const files = drafts
    .filter((draft) => draft.isFile())
    .map(({ name }) => ({ from: join(from, name), to: join(to, name) }))
    .filter((move) => {
      const kind = kindAt(move.to);
      if (kind === "folder") throw Object.assign(new Error(`${move.to} is a folder`), inTheWay, { path: move.to });
      return kind !== "file" || !sameBytes(move.from, move.to);
    });
  const folders = drafts.filter((draft) => draft.isDirectory() && draft.name !== manifestsFolder);
  return [
    ...(existsSync(join(from, stackFile)) ? manifests.away : []),
    ...files,
    ...folders.flatMap(({ name }) => movesInto(join(from, name), join(to, name))),
    ...manifests.into,
  ];
}

/** How the manifests of a stack are replaced. Those of an earlier synthesis would bring back objects that left the config. */
function manifestMoves(from: string, to: string): { readonly away: readonly Move[]; readonly into: readonly Move[] } {
  const [drafts, there] = [kindAt(from), kindAt(to)];
  if (drafts === "folder" && there === "folder" && sameFiles(from, to)) return { away: [], into: [] };
  return { away: there === "nothing" ? [] : [{ away: to }], into: drafts === "nothing" ? [] : [{ from, to }] };
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
