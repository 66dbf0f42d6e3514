import { spawn, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { createServer } from "node:net";
import { delimiter, join } from "node:path";
import type { Need } from "./terraform";
import type { VaultServer } from "./vault-recorder";

/** A server on loopback that keeps everything in memory, and its end. */
export interface RunningVault extends VaultServer {
  /** What answers, for the record of a run. */
  readonly description: string;
  stop(): Promise<void>;
}

/** Seconds that a server has to become ready. */
const START_LIMIT = 30;

/** Vault, or OpenBao, which took up its last free version. */
function findVault(): string | undefined {
  const folders = (process.env.PATH ?? "").split(delimiter).filter(Boolean);
  return ["vault", "bao"]
    .flatMap((name) => folders.map((folder) => join(folder, name)))
    .find((path) => existsSync(path));
}

/** A Vault-compatible server as a need of a proof. */
export function vaultNeed(): Need {
  return { name: "vault", missing: findVault() === undefined ? "neither vault nor bao is on the PATH" : undefined };
}

/** A server of our own on a free port. */
export async function startVault(): Promise<RunningVault> {
  const program = findVault() ?? "bao";
  const port = await new Promise<number>((resolve, reject) => {
    const probe = createServer().on("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const found = probe.address();
      probe.close(() => resolve(typeof found === "object" && found !== null ? found.port : 0));
    });
  });
  const [token, listen] = ["root-of-a-test", `127.0.0.1:${port}`];
  const server = spawn(
    program,
    ["server", "-dev", "-dev-no-store-token", `-dev-root-token-id=${token}`, `-dev-listen-address=${listen}`],
    // Nothing of the machine's own Vault.
    { stdio: "ignore", env: { PATH: process.env.PATH, HOME: "/nonexistent" } },
  );
  const ended = new Promise<void>((resolve) => server.once("exit", () => resolve()));
  const address = `http://${listen}`;
  const stop = async () => {
    server.kill("SIGKILL");
    await ended;
  };
  const deadline = Date.now() + START_LIMIT * 1_000;
  // Mounts are there a moment after the port is.
  const ready = async () => {
    const answer = await fetch(`${address}/v1/sys/mounts`, { headers: { "X-Vault-Token": token } }).catch(
      () => undefined,
    );
    return answer?.ok === true;
  };
  while (!(await ready())) {
    if (server.exitCode !== null || Date.now() > deadline) {
      await stop();
      throw new Error(`${program} did not become ready within ${START_LIMIT} seconds`);
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  const { stdout } = spawnSync(program, ["version"], { encoding: "utf8" });
  return { address, token, description: stdout.trim().replace(/[ ,(].*?(v[0-9.]+).*/s, " $1"), stop };
}
