import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import type { VaultServer } from "../record/vault-recorder";
import { removeFolder, temporaryFolder } from "../temporary";
import type { Json, Need } from "../terraform/terraform";
import { freePorts, startServer } from "./kubernetes-server";

/** What Vault's API answered. */
export interface VaultAnswer {
  status: number;
  /** Empty where it has nothing to say. */
  body: Json;
}

/** A server with Vault's API, how Terraform reaches it, and its end. */
export interface RunningVault extends VaultServer {
  /** The arguments that lead Terraform's provider here. */
  readonly provider: Json;
  /** What answers, for the record of a run. */
  readonly description: string;
  /** Asks below `/v1/`, as whoever may do anything unless a token is given. */
  call(method: "GET" | "POST" | "DELETE" | "LIST", path: string, body?: Json, token?: string): Promise<VaultAnswer>;
  stop(): Promise<void>;
}

/** Seconds that a server has to become ready. */
const START_LIMIT = 60;

/** A version of Vault that has everything OpenBao has: the provider goes by numbers, and OpenBao counts anew. */
const OPENBAO_AS = "1.17.0";

/** Vault, or OpenBao, which took up its last free version. */
function findVault(): string | undefined {
  const folders = (process.env.PATH ?? "").split(delimiter).filter(Boolean);
  return ["vault", "bao"]
    .flatMap((name) => folders.map((folder) => join(folder, name)))
    .find((path) => existsSync(path));
}

/** The server that somebody named, with a token for everything. */
function namedVault(): VaultServer | undefined {
  const { VAULT_ADDR: address, VAULT_TOKEN: token } = process.env;
  return address && token ? { address: address.replace(/\/+$/, ""), token } : undefined;
}

/** A Vault-compatible server as a need of a proof. */
export function vaultNeed(): Need {
  const there = namedVault() !== undefined || findVault() !== undefined;
  const missing = "neither vault nor bao is on the PATH, and VAULT_ADDR with VAULT_TOKEN names no server";
  return { name: "vault-server", missing: there ? undefined : missing };
}

/** The server that `VAULT_ADDR` and `VAULT_TOKEN` name, else one of our own on loopback that keeps nothing. */
export async function startVault(): Promise<RunningVault> {
  const named = namedVault();
  if (named !== undefined) return ready(named, async () => undefined);
  const folder = temporaryFolder("vault");
  const [port = 0] = await freePorts(1);
  const [token, listen] = [`test-${randomBytes(12).toString("hex")}`, `127.0.0.1:${port}`];
  const server = startServer(
    findVault() ?? "vault",
    ["server", "-dev", "-dev-no-store-token", `-dev-root-token-id=${token}`, `-dev-listen-address=${listen}`],
    folder,
  );
  const stop = async () => {
    await server.stop();
    removeFolder(folder);
  };
  try {
    return await ready({ address: `http://${listen}`, token }, stop);
  } catch (error) {
    const said = server.said();
    await stop();
    throw new Error(`${String(error)}\n${said}`);
  }
}

async function ready({ address, token }: VaultServer, stop: () => Promise<void>): Promise<RunningVault> {
  const call: RunningVault["call"] = async (method, path, body, as = token) => {
    const answer = await fetch(`${address}/v1/${path}`, {
      method,
      headers: { "X-Vault-Token": as },
      signal: AbortSignal.timeout(10_000),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    // Some paths answer in PEM.
    return { status: answer.status, body: text.startsWith("{") ? (JSON.parse(text) as Json) : {} };
  };
  for (const until = Date.now() + START_LIMIT * 1000; Date.now() < until; ) {
    // Mounts are there a moment after the port is.
    const mounts = await call("GET", "sys/mounts").catch(() => undefined);
    if (mounts?.status === 200) {
      const version = String((await call("GET", "sys/health")).body.version);
      // Vault has never had a version 2.
      const isOpenBao = version.startsWith("2.");
      const provider = { address, token, ...(isOpenBao ? { vault_version_override: OPENBAO_AS } : {}) };
      return { address, token, provider, description: `${isOpenBao ? "OpenBao" : "Vault"} ${version}`, call, stop };
    }
    await new Promise((done) => setTimeout(done, 100));
  }
  throw new Error(`${address}: not ready after ${START_LIMIT} s`);
}
