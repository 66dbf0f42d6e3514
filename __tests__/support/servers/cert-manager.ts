import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { parse } from "yaml";
import { removeFolder, temporaryFolder } from "../temporary";
import type { Json, Need } from "../terraform/terraform";
import { type Cluster, findProgram, freePorts, type Server, startServer } from "./kubernetes-server";

const PROGRAM = "cert-manager-controller";

/** Seconds that a cluster has to serve a new kind. */
const KIND_LIMIT = 30;

/** cert-manager's controller, and the definitions of its kinds in the folder `cert-manager-crds` beside its own. */
function findCertManager(): { program: string; kinds: string } | undefined {
  const program = findProgram(PROGRAM);
  if (program === undefined) return undefined;
  const kinds = join(dirname(dirname(program)), "cert-manager-crds");
  return existsSync(kinds) ? { program, kinds } : undefined;
}

/** cert-manager as a need of a proof: its controller works on objects of a cluster that a test has started. */
export function certManagerNeed(): Need {
  const foreign = process.env.TLS_STACKS_KUBECONFIG || process.env.VAULT_ADDR;
  const absent = findCertManager() === undefined ? `no ${PROGRAM} with its cert-manager-crds here` : undefined;
  return {
    name: PROGRAM,
    missing: foreign ? "Vault and the cluster are somebody else's, and may not reach each other" : absent,
  };
}

/** The controller at work in a cluster, without its webhook: objects are judged by their schemas alone. */
export async function startCertManager({ access, call }: Cluster): Promise<Server> {
  const { program, kinds } = findCertManager() ?? { program: PROGRAM, kinds: "" };
  const { url, certificate, token } = access ?? { url: "", certificate: "", token: "" };
  for (const file of readdirSync(kinds)) {
    const definition = parse(readFileSync(join(kinds, file), "utf8")) as Json & { metadata: { name: string } };
    await call("POST", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", definition);
    await served(definition, call);
  }
  const folder = temporaryFolder("cert-manager");
  const kubeconfig = join(folder, "kubeconfig");
  const name = "tests";
  const config = {
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name, cluster: { server: url, "certificate-authority": certificate } }],
    users: [{ name, user: { token } }],
    contexts: [{ name, context: { cluster: name, user: name } }],
    "current-context": name,
  };
  // JSON is YAML.
  writeFileSync(kubeconfig, JSON.stringify(config), { mode: 0o600 });
  const [metrics, health] = await freePorts(2);
  const server = startServer(
    program,
    [
      `--kubeconfig=${kubeconfig}`,
      "--leader-elect=false",
      `--metrics-listen-address=127.0.0.1:${metrics}`,
      `--internal-healthz-listen-address=127.0.0.1:${health}`,
    ],
    folder,
  );
  return {
    ...server,
    stop: async () => {
      await server.stop();
      removeFolder(folder);
    },
  };
}

/** Waits until the cluster lists objects of a new kind. */
async function served({ spec }: Json, call: Cluster["call"]): Promise<void> {
  const { group, names, versions } = spec as {
    group: string;
    names: { plural: string };
    versions: readonly { name: string }[];
  };
  const path = `/apis/${group}/${versions[0]?.name}/${names.plural}`;
  for (const until = Date.now() + KIND_LIMIT * 1000; Date.now() < until; ) {
    if (await call("GET", path).catch(() => undefined)) return;
    await new Promise((done) => setTimeout(done, 100));
  }
  throw new Error(`${path}: not served after ${KIND_LIMIT} s`);
}
