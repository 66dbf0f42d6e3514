import { spawnSync } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { connect, createServer, type DetailedPeerCertificate, type TLSSocket } from "node:tls";
import Table from "cli-table3";
import { removeFolder, temporaryFolder } from "./temporary";
import type { Need } from "./terraform/terraform";

/** What a server or client shows, as the Secret has it (PEM). */
export interface Identity {
  /** The certificate, then what signed it. */
  chain: string;
  key: string;
}

/** One connection between two services. */
export interface Connection {
  server: Identity;
  /** Whom the client trusts (PEM). */
  trust: string;
  /** The name that the client asks for. */
  name: string;
  /** Given: the server demands a certificate that this verifies (PEM). */
  clientTrust?: string;
  client?: Identity | undefined;
  /** Whether the client judges what it is shown. @default true */
  judged?: boolean;
  /** @default the newest that both speak */
  protocol?: "TLSv1.2" | "TLSv1.3";
}

/** How a connection went. */
export interface Handshake {
  /** `accepted` once both sides have sent and read data, else `refused by client: <code>` or `... server: <code>`. */
  verdict: string;
  /** What the client was shown, leaf first; a judging client completes it from what it trusts. */
  chain: readonly X509Certificate[];
}

/** Seconds that a connection has. */
const LIMIT = 60;

/** A TLS connection over loopback, by Node's own server and client with their own rules. */
export async function shakeHands(connection: Connection): Promise<Handshake> {
  const { server: shown, trust, name, clientTrust, client, judged = true, protocol } = connection;
  const versions = protocol === undefined ? {} : { minVersion: protocol, maxVersion: protocol };
  const mutual = clientTrust === undefined ? {} : { requestCert: true, rejectUnauthorized: true, ca: clientTrust };
  const own = { cert: shown.chain, key: shown.key, handshakeTimeout: LIMIT * 1000 };
  const server = createServer({ ...own, ...mutual, ...versions });
  const atServer = new Promise<string | undefined>((done) => {
    server.once("secureConnection", (socket) => {
      socket.on("error", () => undefined);
      // Echoed: with TLS 1.3 a client is done before the server has looked at its certificate.
      socket.pipe(socket);
      done(undefined);
    });
    server.once("tlsClientError", (error: NodeJS.ErrnoException, socket: TLSSocket) => {
      // Node sets the code there, as a string; its types say otherwise.
      const reason = socket.authorizationError as unknown as string | undefined;
      done(reason ?? error.code ?? error.message);
    });
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address() as AddressInfo;
  const identity = client === undefined ? {} : { cert: client.chain, key: client.key };
  const chain: X509Certificate[] = [];
  let socket: TLSSocket | undefined;
  try {
    const target = { host: "127.0.0.1", port, servername: name, ca: trust, rejectUnauthorized: judged };
    const atClient = await new Promise<string | undefined>((done) => {
      const made = connect({ ...target, ...identity, ...versions });
      socket = made;
      made.setTimeout(LIMIT * 1000, () => done(`nothing in ${LIMIT} s`));
      made.on("error", (error: NodeJS.ErrnoException) => done(error.code ?? error.message));
      made.once("close", () => done("closed"));
      made.once("secureConnect", () => {
        chain.push(...peerChain(made.getPeerCertificate(true)));
        made.write("ping");
      });
      made.once("data", (data) => done(data.toString() === "ping" ? undefined : "other data"));
    });
    if (atClient === undefined) return { verdict: "accepted", chain };
    // The server's refusal reaches the client as an alert or as the end of the connection.
    const isEcho = /^(ECONNRESET|EPIPE|closed)$|ALERT/.test(atClient);
    return { verdict: isEcho ? `refused by server: ${await atServer}` : `refused by client: ${atClient}`, chain };
  } finally {
    socket?.destroy();
    server.close();
  }
}

function peerChain(leaf: DetailedPeerCertificate): X509Certificate[] {
  const chain: X509Certificate[] = [];
  for (let next = leaf; next?.raw !== undefined; next = next.issuerCertificate) {
    const certificate = new X509Certificate(next.raw);
    // A certificate that signed itself is its own issuer there.
    if (chain.at(-1)?.fingerprint256 === certificate.fingerprint256) break;
    chain.push(certificate);
  }
  return chain;
}

/** Connections that were tried, and what came of them. */
export interface Trials {
  /** Tries a connection under each name, with each version of TLS. */
  tried(trial: Omit<Trial, "got" | "count">, connection: Omit<Connection, "name">, names: string[]): Promise<void>;
  /** What went otherwise than it must, one line for each. */
  surprises(stack: string): string[];
  /** All of it: pairs with the same outcome in one row, and any other outcome in a row of its own. */
  table(): string;
}

interface Trial {
  stack: string;
  /** Such as `ingest -> trainer`. */
  pair: string;
  handshake: string;
  expected: string;
  got: string;
  count: number;
}

/** A record of connections. */
export function trials(): Trials {
  const all: Trial[] = [];
  return {
    tried: async (trial, connection, names) => {
      const verdicts: string[] = [];
      for (const name of names) {
        for (const protocol of ["TLSv1.2", "TLSv1.3"] as const) {
          verdicts.push((await shakeHands({ ...connection, name, protocol })).verdict);
        }
      }
      all.push({ ...trial, got: [...new Set(verdicts)].sort().join(", "), count: verdicts.length });
    },
    surprises: (stack) =>
      all
        .filter((trial) => trial.stack === stack && trial.got !== trial.expected)
        .map(({ pair, handshake, expected, got }) => `${pair}, ${handshake}: ${got}, not ${expected}`),
    table: () => {
      const groups = new Map<string, { trial: Trial; pairs: number; count: number }>();
      for (const trial of all.toSorted((one, other) => one.stack.localeCompare(other.stack))) {
        const key = [trial.stack, trial.handshake, trial.expected, trial.got].join("|");
        const { pairs, count } = groups.get(key) ?? { pairs: 0, count: 0 };
        groups.set(key, { trial, pairs: pairs + 1, count: count + trial.count });
      }
      const table = plainTable(["stack", "handshake", "expected", "got", "pairs", "connections"]);
      for (const { trial, pairs, count } of groups.values()) {
        const { stack, handshake, expected, got } = trial;
        table.push([stack, handshake, expected, got === expected ? "as expected" : got, pairs, count]);
      }
      return table.toString();
    },
  };
}

/** A table without colours, with lines only around it. */
export function plainTable(head: string[]): Table.Table {
  const chars = { mid: "", "left-mid": "", "mid-mid": "", "right-mid": "" };
  return new Table({ head, style: { head: [], border: [] }, chars });
}

/** The certificates of a PEM text, in its order. */
export function certificatesIn(pem: string): readonly X509Certificate[] {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----\n/g) ?? [];
  if (blocks.join("") !== pem) throw new Error("there is something else between the certificates, or no newline");
  return blocks.map((block) => new X509Certificate(block));
}

/** OpenSSL's command as a need of a proof. LibreSSL has other flags. */
export function opensslNeed(): Need {
  const { stdout = "" } = spawnSync("openssl", ["version"], { encoding: "utf8", timeout: 20_000 });
  const missing = /^OpenSSL ([3-9]|1\.1\.1)/.test(stdout) ? undefined : "no OpenSSL 1.1.1 or newer is on the PATH";
  return { name: "openssl", missing };
}

/** What OpenSSL says of a certificate when it keeps to the letter of the standards: `OK`, or the reason. */
export function opensslVerdict(
  certificate: string,
  trust: string,
  options: { purpose: "sslserver" | "sslclient"; name?: string; at?: Date },
): string {
  const { purpose, name, at } = options;
  return withFiles({ certificate, trust }, (files) => {
    const flags = ["-x509_strict", "-purpose", purpose, "-no-CApath", "-CAfile", files.trust];
    if (name !== undefined) flags.push("-verify_hostname", name);
    if (at !== undefined) flags.push("-attime", String(Math.floor(at.getTime() / 1000)));
    const said = openssl(["verify", ...flags, files.certificate]);
    return said.status === 0 ? "OK" : (/^error \d+ at \d+ depth lookup: (.*)$/m.exec(said.output)?.[1] ?? said.output);
  });
}

/** A certificate's extensions as OpenSSL prints them, by name: `critical` first where they are. */
export function extensionsOf(certificate: string): Readonly<Record<string, string>> {
  const names =
    "keyUsage,extendedKeyUsage,basicConstraints,subjectKeyIdentifier,authorityKeyIdentifier,subjectAltName,nameConstraints";
  const { output } = withFiles({ certificate }, (files) =>
    openssl(["x509", "-noout", "-in", files.certificate, "-ext", names]),
  );
  const entries = [...output.matchAll(/^X509v3 ([^:]+): ?(critical)?\s*\n((?: {4,}.*\n?)+)/gm)];
  return Object.fromEntries(
    entries.map(([, name = "", critical, lines = ""]) => {
      const value = lines.trim().replace(/\s*\n\s*/g, ", ");
      return [name, critical ? `critical, ${value}` : value];
    }),
  );
}

function openssl(args: string[]): { status: number | null; output: string } {
  const { status, stdout, stderr } = spawnSync("openssl", args, { encoding: "utf8", timeout: 20_000 });
  return { status, output: `${stdout}${stderr}` };
}

function withFiles<Name extends string, Result>(
  texts: Readonly<Record<Name, string>>,
  use: (files: Readonly<Record<Name, string>>) => Result,
): Result {
  const folder = temporaryFolder("pem");
  try {
    const entries = Object.entries<string>(texts).map(([name, text]) => {
      const file = join(folder, `${name}.pem`);
      writeFileSync(file, text, { mode: 0o600 });
      return [name, file];
    });
    return use(Object.fromEntries(entries) as Readonly<Record<Name, string>>);
  } finally {
    removeFolder(folder);
  }
}
