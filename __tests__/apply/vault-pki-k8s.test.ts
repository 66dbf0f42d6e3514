import type { VaultPkiK8sInput } from "../../lib/config/vault-pki-k8s";
import { type Cluster, kubernetesNeed, type Namespace, namespaceOf, startCluster } from "../support/kubernetes-server";
import { evidence, type Prove, proofsOf, synthesized } from "../support/proofs";
import { type Json, needsOf, type Workspace, workspace } from "../support/terraform";
import { startVault, type VaultServer, vaultNeed } from "../support/vault-server";

const STACK = "vault-pki-k8s";
const CONTEXT = "kind-serving";

/** The product's JSON of one stack. */
function json(stack: Partial<VaultPkiK8sInput>, settings: Json = {}): string {
  const made = synthesized({
    project: "ai-platform",
    environment: "test",
    backend: { type: "local" },
    privateKeys: "allowed",
    ...settings,
    stacks: {
      [STACK]: { scenario: STACK, kubernetes: { context: CONTEXT }, namespace: { name: "serving" }, ...stack },
    },
  });
  return made[STACK] ?? "";
}

const address = "https://vault.example.com:8200";
const own = {
  root: { commonName: "Test Root CA", key: "ecdsa-p384" },
  intermediate: { commonName: "Test Serving CA", permittedDomains: ["example.com", "svc"] },
  urls: { address },
  protect: false,
} as const satisfies VaultPkiK8sInput["pki"];

const first = json({ pki: own, certificates: { inference: { names: ["api.example.com", "*.models.example.com"] } } });

let cluster: Cluster;
let vault: VaultServer;

proofsOf("probe", [...needsOf(JSON.parse(first) as Json), kubernetesNeed(), vaultNeed()], (prove) => {
  let run: Workspace;
  beforeAll(async () => {
    cluster = await startCluster([CONTEXT]);
    vault = await startVault();
    await vault.call("POST", "sys/auth/kubernetes", { type: "kubernetes" });
    await namespaceOf(cluster, "serving").make();
    run = workspace(first, { overrides: { provider: { kubernetes: cluster.provider, vault: vault.provider } } });
  }, 120_000);
  afterAll(async () => {
    await Promise.all([cluster?.stop(), vault?.stop()]);
    run?.remove();
  });
  prove("apply", "x", async () => {
    await run.init();
    const a = await run.apply();
    console.log(a.added, a.seconds, a.warnings);
    const p = await run.plan();
    console.log(JSON.stringify(p.actions), p.exitCode, p.outputs);
    console.log(JSON.stringify(await run.output(), null, 1));
    console.log(JSON.stringify(run.state()["vault_pki_secret_backend_cert.inference"], null, 1));
    const d = await run.destroy();
    console.log(d.destroyed, JSON.stringify((await vault.call("GET", "sys/mounts")).body.data));
  });
});
