import { randomBytes } from "node:crypto";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { request } from "node:http";
import { request as secureRequest } from "node:https";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { freePorts, startServer } from "./kubernetes-server";
import type { Json, Need } from "./terraform";

/** An answer of Vault's API. */
export interface Answer {
  status: number;
  /** What it has to say; empty where it says nothing. */
  body: Json;
}

/** A server with Vault's API, and how Terraform reaches it. */
export interface VaultServer {
  /** The arguments that lead Terraform's provider here. */
  provider: Json;
  address: string;
  /** What answers, for the record of a run. */
  description: string;
  /** Asks below `/v1/`, by default as whoever may do anything. */
  call(method: "GET" | "POST" | "DELETE" | "LIST", path: string, body?: Json, token?: string): Promise<Answer>;
  stop(): Promise<void>;
}

/** Seconds that a server has to become ready. */
const START_LIMIT = 60;

/** A version of Vault that has everything OpenBao has: the provider goes by numbers, and OpenBao counts anew. */
const OPENBAO_AS = "1.17.0";

function findProgram(): string | undefined {
  const folders = (process.env.PATH ?? "").split(delimiter).filter(Boolean);
  const paths = ["vault", "bao"].flatMap((name) => folders.map((folder) => join(folder, name)));
  return paths.find((path) => existsSync(path));
}

const named = () => ({ address: process.env.VAULT_ADDR, token: process.env.VAULT_TOKEN });

/** Vault's API as a need of a proof. */
export function vaultNeed(): Need {
  const { address, token } = named();
  const there = (address && token) || findProgram() !== undefined;
  return {
    name: "vault-server",
    missing: there ? undefined : "no vault or bao is on the PATH, and no VAULT_ADDR with VAULT_TOKEN names a server",
  };
}

/** The server that `VAULT_ADDR` and `VAULT_TOKEN` name, else one of our own on loopback that keeps nothing. */
export async function startVault(): Promise<VaultServer> {
  const { address, token } = named();
  return address && token ? ready(address.replace(/\/+$/, ""), token, async () => undefined) : ownVault();
}

async function ownVault(): Promise<VaultServer> {
  const folder = mkdtempSync(join(tmpdir(), "tls-stacks-vault-"));
  const [port = 0] = await freePorts(1);
  const token = `test-${randomBytes(12).toString("hex")}`;
  const server = startServer(
    findProgram() ?? "vault",
    ["server", "-dev", "-dev-no-store-token", `-dev-root-token-id=${token}`, `-dev-listen-address=127.0.0.1:${port}`],
    folder,
  );
  const stop = async () => {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    return await ready(`http://127.0.0.1:${port}`, token, stop);
  } catch (error) {
    const said = server.said();
    await stop();
    throw new Error(`${String(error)}\n${said}`);
  }
}

async function ready(address: string, token: string, stop: () => Promise<void>): Promise<VaultServer> {
  for (const until = Date.now() + START_LIMIT * 1000; Date.now() < until; ) {
    const health = await ask(address, token, "GET", "sys/health").catch(() => undefined);
    if (health?.status === 200) {
      const version = String(health.body.version);
      // Vault has never had a version 2.
      const isOpenBao = version.startsWith("2.");
      return {
        address,
        provider: { address, token, ...(isOpenBao ? { vault_version_override: OPENBAO_AS } : {}) },
        description: `${isOpenBao ? "OpenBao" : "Vault"} ${version}`,
        call: (method, path, body, as = token) => ask(address, as, method, path, body),
        stop,
      };
    }
    await new Promise((done) => setTimeout(done, 100));
  }
  throw new Error(`${address}: not ready after ${START_LIMIT} s`);
}

function ask(address: string, token: string, method: string, path: string, body?: Json): Promise<Answer> {
  return new Promise((done, failed) => {
    const text = body === undefined ? "" : JSON.stringify(body);
    const send = address.startsWith("https:") ? secureRequest : request;
    const headers = { "x-vault-token": token, "content-length": Buffer.byteLength(text) };
    const sent = send(`${address}/v1/${path}`, { method, headers, timeout: 10_000 });
    sent.once("timeout", () => sent.destroy(new Error(`${method} ${path}: no answer in 10 s`)));
    sent.once("error", failed);
    sent.once("response", (answer) => {
      const chunks: Buffer[] = [];
      answer.on("data", (chunk: Buffer) => chunks.push(chunk));
      answer.once("error", failed);
      answer.once("end", () => {
        const said = Buffer.concat(chunks).toString();
        done({ status: answer.statusCode ?? 0, body: said === "" ? {} : (JSON.parse(said) as Json) });
      });
    });
    sent.end(text);
  });
}
