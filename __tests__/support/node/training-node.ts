import { execFileSync, spawn, spawnSync } from "node:child_process";
import { createPrivateKey, X509Certificate } from "node:crypto";
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { parse } from "yaml";
import type { BootstrapConfig, NodeGroupConfig } from "../../../stacks/cas-short-lived/config-nodes";
import { nodeBootstrap } from "../../../stacks/cas-short-lived/node-bootstrap";

const isRoot = userInfo().uid === 0;
/** A test that gives files to another user, which root alone can. */
export const asRoot = isRoot ? test : test.skip;
/** What the title of such a test says where it cannot run. */
export const needsRoot = isRoot ? "" : " [skipped: needs root]";

/** The expression for what those nodes trust. */
export const trustAnchor = "google_privateca_certificate_authority.root.pem_ca_certificates[0]";

/** User data of a group of training nodes, with what a user says of their bootstrap. */
export function trainersData(said: Partial<BootstrapConfig> = {}, anchor = trustAnchor): string {
  const bootstrap = { user: undefined, reload: undefined, path: "/var/lib/ai-tls-stacks/trainers", ...said };
  const group: NodeGroupConfig = {
    name: "trainers",
    templateId: "trainers",
    domains: ["ring.example.internal", "train.example.internal"],
    members: [],
    lifetime: 86_400,
    renewAt: 0.66,
    purpose: "mutual",
    bootstrap,
    certificates: [],
  };
  const pool = { project: "acme-training", location: "us-central1", issuingPoolId: "issuing", backdate: 0 };
  return nodeBootstrap(group, bootstrap, { ...pool, keys: ["ecdsa-p256"] }, anchor);
}

/** The names that those nodes have when they are called node-7. */
export const trainerNames = ["node-7.ring.example.internal", "node-7.train.example.internal"];

/** What cloud-init is told. */
export interface CloudConfig {
  write_files: { path: string; permissions: string; content: string }[];
  runcmd: string[][];
}

/** Reads user data as cloud-init does. */
export function cloudConfig(text: string): CloudConfig {
  if (!text.startsWith("#cloud-config\n")) throw new Error("no cloud-config");
  return parse(text) as CloudConfig;
}

/** What Terraform makes of a template without expressions; a proof with the real one stands beside the unit's tests. */
const evaluated = (template: string) => template.replaceAll("$${", "${").replaceAll("%%{", "%{");

/** The file that user data puts at a path. */
export function fileAt(config: CloudConfig, path: string): string {
  const file = config.write_files.find((one) => one.path === path);
  if (file === undefined) throw new Error(`no ${path}`);
  return evaluated(file.content);
}

/** Shells that a node may have as `sh`, of those that are here. */
export const shells: Readonly<Record<string, readonly string[]>> = Object.fromEntries(
  Object.entries({ dash: ["dash"], bash: ["bash", "--posix"], busybox: ["busybox", "sh"] }).filter(
    ([, [program = "", ...rest]]) => spawnSync(program, [...rest, "-c", "true"]).status === 0,
  ),
);

/** The shells that are not here, for the name of what is skipped. */
export const missingShells = ["dash", "bash", "busybox"].filter((shell) => !(shell in shells));

const openssl = (folder: string, ...args: string[]) =>
  execFileSync("openssl", args, { cwd: folder, stdio: ["ignore", "pipe", "ignore"] });

/** A root, an issuing CA below it, a stranger with the name of the root, and one with a name of its own. */
export function newPool(): string {
  const pool = mkdtempSync(join(tmpdir(), "tls-stacks-pool-"));
  chmodSync(pool, 0o755);
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
  for (const [name, subject] of Object.entries({ root: "root", stranger: "root", foreign: "foreign" })) {
    openssl(pool, "req", "-x509", ...key, "-keyout", `${name}.key`, "-out", `${name}.pem`, "-subj", `/CN=${subject}`);
  }
  const extensions = "basicConstraints = critical, CA:TRUE\nkeyUsage = critical, keyCertSign, cRLSign\n";
  writeFileSync(join(pool, "issuing.ext"), extensions);
  openssl(pool, "req", ...key, "-keyout", "issuing.key", "-out", "issuing.csr", "-subj", "/CN=issuing");
  const signed = ["-CA", "root.pem", "-CAkey", "root.key", "-CAcreateserial", "-extfile", "issuing.ext", "-days", "20"];
  openssl(pool, "x509", "-req", "-in", "issuing.csr", "-out", "issuing.pem", ...signed);
  openssl(pool, "req", ...key, "-keyout", "other.key", "-out", "other.csr", "-subj", "/CN=other");
  writeFileSync(
    join(pool, "ca.cnf"),
    [
      "[ca]\ndefault_ca = this\n[this]\nnew_certs_dir = .\ndatabase = index.txt\nrand_serial = yes\ndefault_md = sha256",
      "policy = any\nunique_subject = no\nx509_extensions = leaf\n[any]\ncommonName = optional\n[leaf]",
      "basicConstraints = critical, CA:FALSE\nkeyUsage = critical, digitalSignature\n",
    ].join("\n"),
  );
  for (const file of readdirSync(pool)) chmodSync(join(pool, file), 0o644);
  return pool;
}

/** How a run ended, and what the journal got. */
export interface Ran {
  code: number | null;
  log: string;
}

/** A disk that takes files of so many blocks of 1024 bytes: a write beyond fails, as on a full one. */
export function fullAfter(blocks: number): readonly string[] {
  return ["bash", "-c", `trap "" XFSZ; ulimit -S -f ${blocks}; exec "$@"`, "full"];
}

/** A user who is not root, as services of a node have one. */
export const serviceUser = 65_534;

/** For the shell: waits while a file exists, and not for ever after a test that failed. */
export const liveWhile = (file: string): string =>
  `turns=0; while [ -e ${file} ] && [ $turns -lt 3000 ]; do sleep 0.02; turns=$((turns + 1)); done`;

/** How gcloud behaves in a run, and what else is different. */
export interface Circumstances {
  answer?: string;
  /** Seconds to the end of what gcloud gives. */
  left?: number;
  /** gcloud answers when this file is gone. */
  gate?: string;
  /** A command of which the script's own is the end. */
  through?: readonly string[];
  args?: string[];
  env?: NodeJS.ProcessEnv;
  uid?: number;
  signal?: AbortSignal;
}

/** Pairs made once and copied from then on, by where they lie. */
const installed = new Map<string, Promise<void>>();

/** A machine that user data has been put on, as far as the script can tell. */
export class TrainingNode {
  readonly home = mkdtempSync(join(tmpdir(), "tls-stacks-node-"));
  readonly folder = join(this.home, "pairs");
  readonly conf = join(this.home, "trainers.conf");
  readonly script = join(this.home, "node-bootstrap.sh");
  readonly anchor = join(this.home, "trainers.root.pem");
  readonly calls = join(this.home, "calls", "log");
  readonly bin = join(this.home, "bin");
  readonly #pool: string;
  readonly #shell: readonly string[];

  constructor(pool: string, shell: readonly string[] = ["sh"], said: Partial<BootstrapConfig> = {}) {
    this.#pool = pool;
    this.#shell = shell;
    const config = cloudConfig(trainersData(said));
    chmodSync(this.home, 0o755);
    for (const folder of [this.bin, join(this.home, "calls"), join(this.home, "tmp")]) mkdirSync(folder);
    writeFileSync(this.conf, fileAt(config, "/etc/ai-tls-stacks/trainers.conf"));
    this.set({ FOLDER: this.folder, TRUST_ANCHOR: this.anchor });
    writeFileSync(this.script, fileAt(config, "/usr/local/lib/ai-tls-stacks/node-bootstrap.sh"), { mode: 0o755 });
    copyFileSync(join(pool, "root.pem"), this.anchor);
    copyFileSync(join(__dirname, "fake-gcloud.sh"), join(this.bin, "gcloud"));
    chmodSync(join(this.bin, "gcloud"), 0o755);
    writeFileSync(join(this.bin, "uname"), "#!/bin/sh\necho Node-7.c.acme-training.internal\n", { mode: 0o755 });
  }

  /** Changes settings, which the script reads anew in each run. */
  set(values: Readonly<Record<string, string>>): void {
    const lines = readFileSync(this.conf, "utf8").split("\n");
    const changed = lines.map((line) => {
      const [name = ""] = line.split("=");
      return values[name] === undefined ? line : `${name}='${values[name].replaceAll("'", "'\\''")}'`;
    });
    writeFileSync(this.conf, changed.join("\n"));
  }

  /** Runs the script as its unit does. */
  run(given: Circumstances = {}): Promise<Ran> {
    const { answer = "good", left = 86_400, gate = "", through = [], args = [], env = {}, uid, signal } = given;
    const [program = "", ...rest] = [...through, ...this.#shell, this.script, this.conf, ...args];
    return new Promise((done, failed) => {
      const child = spawn(program, rest, {
        stdio: ["ignore", "pipe", "pipe"],
        ...(uid === undefined ? {} : { uid, gid: uid }),
        env: {
          PATH: `${this.bin}:/usr/local/bin:/usr/bin:/bin`,
          TMPDIR: join(this.home, "tmp"),
          FAKE_POOL: this.#pool,
          FAKE_CALLS: this.calls,
          FAKE_ANSWER: answer,
          FAKE_LEFT: String(left),
          FAKE_GATE: gate,
          ...env,
        },
      });
      let log = "";
      child.stdout.on("data", (data: Buffer) => (log += data));
      child.stderr.on("data", (data: Buffer) => (log += data));
      child.on("error", failed);
      child.on("exit", (code, by) => {
        // Not "close": what a killed script leaves running keeps its pipes.
        setImmediate(() => done({ code: by === null ? code : null, log }));
      });
      signal?.addEventListener("abort", () => child.kill("SIGKILL"));
    });
  }

  /** Runs the script, and does something before the pool answers, if the pool is asked. */
  async runWhile(action: () => void): Promise<Ran> {
    const gate = join(this.home, "gate");
    writeFileSync(gate, "");
    let ended = false;
    const run = this.run({ gate }).finally(() => (ended = true));
    while (!ended && !existsSync(`${gate}.reached`)) await new Promise((tick) => setTimeout(tick, 10));
    if (!ended) action();
    rmSync(gate);
    return run;
  }

  /** Runs the script with a program that kills it at its first call, and lives as long as this machine. */
  async runKilledBy(program: string): Promise<Ran> {
    const file = join(this.bin, program);
    const text = `#!/bin/sh\nkill -9 $PPID\n${liveWhile(this.conf)}\n`;
    writeFileSync(file, text, { mode: 0o755 });
    const ran = await this.run();
    rmSync(file);
    return ran;
  }

  /** Runs a command line in the home of this machine, as another user or as who runs this. */
  sh(command: string, uid?: number): void {
    const as = uid === undefined ? {} : { uid, gid: uid };
    const { status, stderr } = spawnSync("sh", ["-ec", command], { cwd: this.home, encoding: "utf8", ...as });
    if (status !== 0) throw new Error(stderr);
  }

  /** Puts a pair in place that ends in so many seconds: made by the script on another node, and copied from there. */
  async install(left = 86_400): Promise<string> {
    const made = join(this.#pool, `pairs-${left}`);
    const making = installed.get(made) ?? this.#make(left, made);
    installed.set(made, making);
    await making;
    execFileSync("cp", ["-a", made, this.folder]);
    return this.pair();
  }

  async #make(left: number, made: string): Promise<void> {
    const other = new TrainingNode(this.#pool);
    other.set({ LEAST: "0" });
    const { code, log } = await other.run({ left });
    if (code !== 0) throw new Error(`install: ${code}\n${log}`);
    execFileSync("cp", ["-a", other.folder, made]);
    other.remove();
  }

  /**
   * The installed pair, as whoever uses it would see it: its serial number, or "none". Whatever else lies there is an
   * error, since no run may leave it.
   */
  pair(now = new Date()): string {
    const current = join(this.folder, "current");
    if (!existsSync(current)) return "none";
    const folder = realpathSync(current);
    const [leaf, ...above] = certificatesIn(readFileSync(join(folder, "tls.crt"), "utf8"));
    const root = new X509Certificate(readFileSync(join(this.#pool, "root.pem")));
    if (leaf === undefined) throw new Error("no certificate");
    const key = createPrivateKey(readFileSync(join(folder, "tls.key")));
    if (!leaf.checkPrivateKey(key)) throw new Error("key and certificate do not belong together");
    const chain = [leaf, ...above, root];
    for (const [at, one] of chain.slice(0, -1).entries()) {
      const issuer = chain[at + 1];
      if (issuer === undefined || !one.checkIssued(issuer) || !one.verify(issuer.publicKey))
        throw new Error("no chain");
    }
    if (above.length !== 1) throw new Error(`${above.length} certificates above the leaf`);
    if (now < new Date(leaf.validFrom) || now > new Date(leaf.validTo)) throw new Error("not valid now");
    const names = leaf.subjectAltName?.split(", ").sort().join();
    if (names !== trainerNames.map((name) => `DNS:${name}`).join()) throw new Error(`names: ${names}`);
    if (!readFileSync(join(folder, "ca.crt")).equals(readFileSync(join(this.#pool, "root.pem"))))
      throw new Error("root");
    return leaf.serialNumber;
  }

  /** Everything in the folder: versions by number, and what a run should have removed. */
  leftovers(): string[] {
    const versions = readdirSync(join(this.folder, "versions"));
    const current = readlinkSync(join(this.folder, "current")).replace("versions/", "");
    const beside = readdirSync(this.folder).filter((name) => !["versions", "current", ".lock"].includes(name));
    const inside = versions.flatMap((name) => readdirSync(join(this.folder, "versions", name)).map(String));
    const strange = inside.filter((name) => !["tls.key", "tls.crt", "ca.crt", ".told"].includes(name));
    return [...beside, ...strange, ...versions.filter((name) => name > current)];
  }

  /** Modes of what is in use, as octal digits. */
  modes(): Record<string, string> {
    const folder = realpathSync(join(this.folder, "current"));
    const mode = (path: string) => (statSync(path).mode & 0o7777).toString(8);
    return Object.fromEntries(
      ["", "tls.key", "tls.crt", "ca.crt"].map((name) => [name || "folder", mode(join(folder, name))]),
    );
  }

  /** How often gcloud was asked. */
  asked(): number {
    return existsSync(this.calls) ? readFileSync(this.calls, "utf8").trimEnd().split("\n").length : 0;
  }

  remove(): void {
    rmSync(this.home, { recursive: true, force: true });
  }
}

function certificatesIn(text: string): X509Certificate[] {
  const found = text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  return found.map((pem) => new X509Certificate(pem));
}
