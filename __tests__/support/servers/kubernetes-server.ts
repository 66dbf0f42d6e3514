import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { generateKeyPairSync, randomBytes } from "node:crypto";
import { closeSync, existsSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { request as insecureRequest } from "node:http";
import { request } from "node:https";
import { createServer } from "node:net";
import { homedir } from "node:os";
import { delimiter, join, resolve } from "node:path";
import { removeFolder, temporaryFolder } from "../temporary";
import type { Json, Need } from "../terraform/terraform";

/** A cluster's API, and how Terraform reaches it. */
export interface Cluster {
  kubeconfig: string;
  /** The arguments that lead Terraform's provider here. */
  provider: Json;
  /** What answers, for the record of a run. */
  description: string;
  /** How other servers reach it, if this process started it. */
  access?: { url: string; certificate: string; token: string };
  /**
   * Makes or changes an object behind Terraform's back, or reads one. `undefined`: the API has none there.
   *
   * @param body - a text is YAML, which the server applies
   */
  call(
    method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE",
    path: string,
    body?: Json | string,
  ): Promise<Json | undefined>;
  /** Settles with a sentence if a server of ours ends by itself. */
  died: Promise<string>;
  /** Kills a server of ours, as a machine out of memory would. */
  kill(): void;
  stop(): Promise<void>;
}

/** Seconds that a server has to become ready. */
const START_LIMIT = 60;

/** A program of the Kubernetes test tools: in their folders, or on the PATH. */
export function findProgram(name: string): string | undefined {
  const { KUBEBUILDER_ASSETS: assets = "", PATH = "" } = process.env;
  const usual = ["/usr/local/kubebuilder/bin", join(homedir(), "kubebuilder", "bin")];
  const folders = [assets, ...usual, ...PATH.split(delimiter)].filter(Boolean);
  return folders.map((folder) => join(folder, name)).find((path) => existsSync(path));
}

/** A Kubernetes API as a need of a proof. */
export function kubernetesNeed(): Need {
  const programs = process.env.TLS_STACKS_KUBECONFIG ? ["kubectl"] : ["etcd", "kube-apiserver"];
  const absent = programs.filter((name) => findProgram(name) === undefined);
  const or = process.env.TLS_STACKS_KUBECONFIG ? "" : " (KUBEBUILDER_ASSETS), nor a cluster (TLS_STACKS_KUBECONFIG)";
  return { name: "kube-apiserver", missing: absent.length > 0 ? `no ${absent.join(" and ")} here${or}` : undefined };
}

/**
 * The cluster that `TLS_STACKS_KUBECONFIG` names, else an API server and etcd of our own on loopback.
 *
 * @param contexts what the kubeconfig of our own calls it: the names that configurations ask for
 */
export async function startCluster(contexts: readonly string[]): Promise<Cluster> {
  const named = process.env.TLS_STACKS_KUBECONFIG;
  return named ? existingCluster(resolve(named)) : startOwnCluster(contexts);
}

/** How often other ports are tried: between looking for free ones and taking them, somebody else may. */
const ATTEMPTS = 3;

/** An API server and etcd of our own, on other ports if somebody has taken those that were free. */
export async function startOwnCluster(
  contexts: readonly string[],
  ports: (count: number) => Promise<readonly number[]> = freePorts,
): Promise<Cluster> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await ownCluster(contexts, await ports(3));
    } catch (error) {
      if (attempt === ATTEMPTS || !/address already in use/.test(String(error))) throw error;
    }
  }
}

/** Somebody's cluster, whatever their kubeconfig needs to log in: kubectl passes calls on to it. */
async function existingCluster(kubeconfig: string): Promise<Cluster> {
  const kubectl = findProgram("kubectl") ?? "kubectl";
  const ask = [`--kubeconfig=${kubeconfig}`, "config", "current-context"];
  const { stdout, stderr, status } = spawnSync(kubectl, ask, { encoding: "utf8", timeout: 20_000 });
  if (status !== 0) throw new Error(`${kubeconfig} has no current context: ${stderr}`);
  const folder = temporaryFolder("proxy");
  const [port = 0] = await freePorts(1);
  const proxy = startServer(kubectl, [`--kubeconfig=${kubeconfig}`, "proxy", `--port=${port}`], folder);
  const cluster = {
    kubeconfig,
    // Its contexts are called otherwise than in the configurations under test.
    provider: { config_path: kubeconfig, config_context: stdout.trim() },
    description: `the cluster of context ${stdout.trim()}`,
    call: api({ port }),
    died: proxy.died,
    kill: () => proxy.kill(),
    stop: async () => {
      await proxy.stop();
      removeFolder(folder);
    },
  };
  return ready(cluster, [proxy]);
}

/**
 * An API server and etcd. Nothing runs in it; of the controllers that a cluster has, only the one that lets deleted
 * namespaces go is stood in for.
 */
async function ownCluster(
  contexts: readonly string[],
  [clients = 0, peers = 0, port = 0]: readonly number[],
): Promise<Cluster> {
  const folder = temporaryFolder("cluster");
  const store = `http://127.0.0.1:${clients}`;
  const token = randomBytes(16).toString("hex");
  const serviceAccounts = join(folder, "service-accounts.pem");
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "prime256v1" });
  writeFileSync(serviceAccounts, privateKey.export({ type: "sec1", format: "pem" }), { mode: 0o600 });
  writeFileSync(join(folder, "tokens.csv"), `${token},tests,tests,"system:masters"\n`, { mode: 0o600 });
  const etcd = startServer(
    findProgram("etcd") ?? "etcd",
    [
      `--data-dir=${join(folder, "etcd")}`,
      `--listen-client-urls=${store}`,
      `--advertise-client-urls=${store}`,
      `--listen-peer-urls=http://127.0.0.1:${peers}`,
    ],
    folder,
  );
  const server = startServer(
    findProgram("kube-apiserver") ?? "kube-apiserver",
    [
      `--etcd-servers=${store}`,
      "--bind-address=127.0.0.1",
      // Only ever written into an object: a loopback address is refused, and not every machine has another one.
      "--advertise-address=192.0.2.1",
      `--secure-port=${port}`,
      `--cert-dir=${join(folder, "certificates")}`,
      "--service-account-issuer=https://kubernetes.default.svc",
      `--service-account-key-file=${serviceAccounts}`,
      `--service-account-signing-key-file=${serviceAccounts}`,
      "--service-cluster-ip-range=10.0.0.0/24",
      `--token-auth-file=${join(folder, "tokens.csv")}`,
      "--authorization-mode=RBAC",
      "--disable-admission-plugins=ServiceAccount",
    ],
    folder,
  );
  const certificate = join(folder, "certificates", "apiserver.crt");
  const call = api({ port, token, certificate });
  let ending: Promise<void> | undefined;
  const finisher = setInterval(() => {
    ending ??= finishNamespaces(call)
      .catch(() => undefined)
      .finally(() => {
        ending = undefined;
      });
  }, 200);
  const kubeconfig = join(folder, "kubeconfig");
  const cluster = {
    kubeconfig,
    provider: { config_path: kubeconfig },
    description: "API server and etcd without controllers: objects, not traffic",
    access: { url: `https://127.0.0.1:${port}`, certificate, token },
    call,
    died: Promise.race([etcd.died, server.died]),
    kill: () => server.kill(),
    stop: async () => {
      clearInterval(finisher);
      await ending;
      await Promise.all([server.stop(), etcd.stop()]);
      removeFolder(folder);
    },
  };
  const name = "tests";
  const config = {
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name, cluster: { server: `https://127.0.0.1:${port}`, "certificate-authority": certificate } }],
    users: [{ name, user: { token } }],
    // None of them is current: who does not name one reaches nothing.
    contexts: contexts.map((context) => ({ name: context, context: { cluster: name, user: name } })),
  };
  // JSON is YAML.
  writeFileSync(kubeconfig, JSON.stringify(config), { mode: 0o600 });
  return ready(cluster, [etcd, server]);
}

/** Lets go of deleted namespaces that are empty, as the controller manager does once it has emptied them. */
async function finishNamespaces(call: Cluster["call"]): Promise<void> {
  const listed = (await call("GET", "/api/v1/namespaces")) as { items: Json[] } | undefined;
  for (const namespace of listed?.items ?? []) {
    const { name, deletionTimestamp } = namespace.metadata as { name: string; deletionTimestamp?: string };
    if (deletionTimestamp === undefined) continue;
    if ((await namespaceOf({ call }, name).objects()).length > 0) continue;
    await call("PUT", `/api/v1/namespaces/${name}/finalize`, { ...namespace, spec: { finalizers: [] } });
  }
}

/** One object of a namespace. */
export interface KubernetesObject {
  /** Such as `secrets/ingest`. */
  id: string;
  /** Changes whenever the object does. */
  version: string;
  labels: Record<string, string>;
}

/** The kinds of objects that a stack makes in a namespace, and where the API has them. */
const collections = {
  secrets: "/api/v1",
  services: "/api/v1",
  configmaps: "/api/v1",
  ingresses: "/apis/networking.k8s.io/v1",
} as const;
type Collection = keyof typeof collections;

/** A namespace, as the cluster's API tells it and lets anybody change it. */
export interface Namespace {
  read(kind: Collection, name: string): Promise<Json>;
  change(kind: Collection, name: string, change: (object: Json) => Json): Promise<void>;
  remove(kind: Collection, name: string): Promise<void>;
  /** Everything in it of the kinds that a stack makes, without what clusters put there themselves. */
  objects(): Promise<readonly KubernetesObject[]>;
  /** Changes the namespace's own labels and annotations, as another controller would. */
  mark(metadata: { labels?: Json; annotations?: Json }): Promise<void>;
  /** Makes it before the stack does, as whoever runs the cluster would. */
  make(): Promise<void>;
  /** `undefined`: there is no such namespace. */
  phase(): Promise<string | undefined>;
  end(): Promise<void>;
}

/** The namespace of that name, whether it is there or not. */
export function namespaceOf({ call }: Pick<Cluster, "call">, namespace: string): Namespace {
  const own = `/api/v1/namespaces/${namespace}`;
  const path = (kind: Collection) => `${collections[kind]}/namespaces/${namespace}/${kind}`;
  const read = async (kind: Collection, name: string) => {
    const object = await call("GET", `${path(kind)}/${name}`);
    if (object === undefined) throw new Error(`there is no ${kind}/${name} in ${namespace}`);
    return object;
  };
  return {
    read,
    change: async (kind, name, change) =>
      void (await call("PUT", `${path(kind)}/${name}`, change(await read(kind, name)))),
    remove: async (kind, name) => void (await call("DELETE", `${path(kind)}/${name}`)),
    objects: async () => {
      const kinds = Object.keys(collections) as Collection[];
      const found = await Promise.all(
        kinds.map(async (kind) => {
          const { items = [] } = ((await call("GET", path(kind))) ?? {}) as { items?: Json[] };
          return items.map(({ metadata }) => {
            const { name, resourceVersion, labels } = metadata as Record<string, string> & { labels?: object };
            return { id: `${kind}/${name}`, version: resourceVersion ?? "", labels: { ...labels } };
          });
        }),
      );
      return found.flat().filter(({ id }) => id !== "configmaps/kube-root-ca.crt");
    },
    mark: async (metadata) => void (await call("PATCH", own, { metadata })),
    make: async () => {
      await call("POST", "/api/v1/namespaces", {
        apiVersion: "v1",
        kind: "Namespace",
        metadata: { name: namespace },
      });
    },
    phase: async () => ((await call("GET", own))?.status as { phase: string } | undefined)?.phase,
    end: async () => void (await call("DELETE", own)),
  };
}

export interface Server {
  stop(): Promise<void>;
  /** Settles with a sentence if it ends by itself. */
  died: Promise<string>;
  /** Ends it without being asked to. */
  kill(): void;
  /** The end of what it printed. */
  said(): string;
}

/** Starts a server that ends with {@link Server.stop}, or when this process does, however that ends. */
export function startServer(program: string, args: string[], folder: string): Server {
  const file = join(folder, `${program.split("/").at(-1)}.log`);
  const log = openSync(file, "w", 0o600);
  // The shell's standard input closes with this process.
  const keeper = `
    exec 3<&0
    "$@" < /dev/null & server=$!
    (cat <&3 > /dev/null; kill -9 $server 2> /dev/null) & watcher=$!
    wait $server
    kill $watcher
  `;
  const child: ChildProcess = spawn("sh", ["-c", keeper, "sh", program, ...args], { stdio: ["pipe", log, log] });
  closeSync(log);
  const ended = new Promise<void>((done) => child.once("exit", () => done()));
  const said = () => readFileSync(file, "utf8").slice(-2_000);
  let stopping = false;
  const name = program.split("/").at(-1);
  return {
    stop: () => {
      stopping = true;
      child.stdin?.end();
      return ended;
    },
    // The keeper of its process kills it when this end is closed.
    kill: () => void child.stdin?.end(),
    died: new Promise((tell) => void ended.then(() => stopping || tell(`${name} ended by itself:\n${said()}`))),
    said,
  };
}

async function ready(cluster: Cluster, servers: Server[]): Promise<Cluster> {
  let lost: string | undefined;
  void cluster.died.then((sentence) => {
    lost = sentence;
  });
  for (const until = Date.now() + START_LIMIT * 1000; Date.now() < until; ) {
    // The last thing that a new API server makes itself.
    const answer = await cluster.call("GET", "/api/v1/namespaces/default").catch(() => undefined);
    if (answer !== undefined) {
      const { gitVersion } = (await cluster.call("GET", "/version")) as { gitVersion: string };
      return { ...cluster, description: `Kubernetes ${gitVersion}, ${cluster.description}` };
    }
    if (lost !== undefined) {
      await cluster.stop();
      throw new Error(lost);
    }
    await new Promise((done) => setTimeout(done, 100));
  }
  const said = servers.map((server) => server.said()).join("\n");
  await cluster.stop();
  throw new Error(`${cluster.description}: not ready after ${START_LIMIT} s\n${said}`);
}

/** Calls of the API at a port: over TLS with a token if there is a certificate to trust, else as they are. */
function api({ port, token, certificate }: { port: number; token?: string; certificate?: string }): Cluster["call"] {
  return (method, path, body) =>
    new Promise((done, failed) => {
      const text = typeof body === "string" ? body : body === undefined ? "" : JSON.stringify(body);
      const patch = typeof body === "string" ? "apply-patch+yaml" : "strategic-merge-patch+json";
      const authorization = token === undefined ? {} : { authorization: `Bearer ${token}` };
      const headers = {
        ...authorization,
        "content-type": method === "PATCH" ? `application/${patch}` : "application/json",
        "content-length": Buffer.byteLength(text),
      };
      const target = { host: "127.0.0.1", port, method, path, headers, timeout: 10_000 };
      const sent =
        certificate === undefined ? insecureRequest(target) : request({ ...target, ca: readFileSync(certificate) });
      sent.once("timeout", () => sent.destroy(new Error(`${method} ${path}: no answer in 10 s`)));
      sent.once("error", failed);
      sent.once("response", (answer) => {
        const chunks: Buffer[] = [];
        answer.on("data", (chunk: Buffer) => chunks.push(chunk));
        answer.once("error", failed);
        answer.once("end", () => {
          const said = Buffer.concat(chunks).toString();
          const { statusCode = 0 } = answer;
          if (statusCode === 404) done(undefined);
          else if (statusCode >= 300) failed(new Error(`${method} ${path}: ${statusCode} ${said}`));
          else done(JSON.parse(said) as Json);
        });
      });
      sent.end(text);
    });
}

/** Ports that nobody listens on, all different. */
export async function freePorts(count: number): Promise<readonly number[]> {
  const servers = Array.from({ length: count }, () => createServer());
  const ports = await Promise.all(
    servers.map(
      (server) =>
        new Promise<number>((done, failed) => {
          server.once("error", failed);
          server.listen(0, "127.0.0.1", () => done((server.address() as { port: number }).port));
        }),
    ),
  );
  await Promise.all(servers.map((server) => new Promise((done) => server.close(done))));
  return ports;
}
