import { type ChildProcess, type SpawnOptions, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

/**
 * Ends what this process started and removes what it wrote, once it has gone, however it went: its standard input
 * closes then. Lines on it are process groups, `+` for started and `-` for ended.
 */
const KEEPER = `
trap "" INT TERM HUP
groups=" "
while read -r sign group; do
  case $sign in
    +) groups="$groups$group " ;;
    -) groups="\${groups%% $group *} \${groups#* $group }" ;;
  esac
done
for group in $groups; do kill -9 "-$group" 2>/dev/null; done
[ -n "$KEEP" ] || rm -rf "$1"
`;

let kept: { root: string; keeper: ChildProcess } | undefined;

function guard(): { root: string; keeper: ChildProcess } {
  if (kept !== undefined) return kept;
  const root = mkdtempSync(join(tmpdir(), "tls-stacks-"));
  const options: SpawnOptions = { stdio: ["pipe", "ignore", "ignore"], detached: true };
  const keeper = spawn("sh", ["-c", KEEPER, "keeper", root], options);
  keeper.unref();
  // Without it a keeper that was killed would take the tests with it.
  keeper.stdin?.on("error", () => undefined);
  (keeper.stdin as unknown as { unref?(): void } | null)?.unref?.();
  kept = { root, keeper };
  return kept;
}

/** A new folder, gone when this process is, unless `KEEP=1` asks to look at it. */
export function temporaryFolder(name: string): string {
  const folder = mkdtempSync(join(guard().root, `${name}-`));
  if (process.env.KEEP) process.stderr.write(`kept: ${folder}\n`);
  return folder;
}

/** Removes a folder of {@link temporaryFolder} early, unless `KEEP=1` asks to look at it. */
export function removeFolder(folder: string): void {
  if (!process.env.KEEP) rmSync(folder, { recursive: true, force: true });
}

/** Sees to it that no process of the group outlives this process. Call what it returns when the group has ended. */
export function guardGroup(group: number): () => void {
  const { keeper } = guard();
  keeper.stdin?.write(`+ ${group}\n`);
  return () => void keeper.stdin?.write(`- ${group}\n`);
}

/** Writes files below a folder, and the folders around them. */
export function writeFiles(folder: string, files: Readonly<Record<string, string>>): void {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content);
  }
}
