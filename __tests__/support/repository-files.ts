import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";

/**
 * The files of a repository, as paths below its root: what git knows, or outside git what `.gitignore` does not name.
 * Configs that users write beside the examples are theirs: no rule of the repository is about them.
 */
export function repositoryFiles(root: string): readonly string[] {
  return (filesOfGit(root) ?? filesBelow(root))
    .filter((path) => !/^config\/(?!example\.ts$|examples\/)/.test(path))
    .toSorted();
}

/** The files that git knows and that are there, or nothing if the root is not the top of a git work tree. */
function filesOfGit(root: string): readonly string[] | undefined {
  // Hooks of git set variables that would lead to another repository.
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("GIT_")));
  const git = (...args: readonly string[]) => spawnSync("git", args, { cwd: root, env, encoding: "utf8" });
  if (git("rev-parse", "--show-prefix").stdout !== "\n") return undefined;
  const left = (path: string) => path !== "";
  const removed = git("ls-files", "-z", "--deleted").stdout.split("\0").filter(left);
  return git("ls-files", "-z", "--cached")
    .stdout.split("\0")
    .filter((path) => left(path) && !removed.includes(path));
}

/** Files that no line of `.gitignore` names; its lines are names with `*`, and a `/` at the end of folders. */
function filesBelow(root: string): readonly string[] {
  const lines = readFileSync(join(root, ".gitignore"), "utf8").split("\n");
  const patterns = [".git", ...lines.map((line) => line.replace(/\/$/, "")).filter((line) => line !== "")];
  const source = patterns.map((pattern) => pattern.replace(/[.+?^${}()|[\]\\]/g, "\\$&").replaceAll("*", ".*"));
  const ignored = new RegExp(`^(${source.join("|")})$`);
  const below = (folder: string): readonly string[] =>
    readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
      if (ignored.test(entry.name)) return [];
      const path = join(folder, entry.name);
      if (entry.isDirectory()) return below(path);
      return entry.isFile() ? [relative(root, path)] : [];
    });
  return below(root);
}
