import { readFileSync } from "node:fs";
import { parseAllDocuments } from "yaml";
import { certificatesIn } from "../support/handshake";
import { certManagerNeed, startCertManager } from "../support/servers/cert-manager";
import { namespaceOf, type Server } from "../support/servers/kubernetes-server";
import { evidence, proofsOf, synthesizedFiles } from "../support/terraform/proofs";
import { type Json, needsOf, type Workspace, workspace } from "../support/terraform/terraform";
import { configWith, inference, ownPki, STACK } from "./lifecycle";
import { expectServes, leafOf, listOf, pkiMounts, secret, serverNeeds, servers, stopServers } from "./servers";

/** What the product writes, for a Vault at this address. */
const filesFor = (address: string, names: readonly string[] = inference.names) =>
  synthesizedFiles(
    configWith(
      {
        pki: { ...ownPki, protect: false, urls: { address } },
        certificates: {
          inference: {
            ...inference,
            names: [...names],
            delivery: "cert-manager",
            lifetime: "1d",
            secret: "inference-tls",
            consumer: { deployment: { name: "inference", container: "server", mountPath: "/tls" } },
          },
        },
      },
      { privateKeys: "never" },
    ),
  )[STACK] ?? {};

/** Lists that are due for a new one after five seconds. */
const shortLists = {
  resource: {
    vault_pki_secret_backend_crl_config: {
      intermediate: { expiry: "600s", auto_rebuild_grace_period: "595s" },
      root: { expiry: "600s", auto_rebuild_grace_period: "595s" },
    },
  },
};

const collections: Readonly<Record<string, string>> = {
  ServiceAccount: "/api/v1/namespaces/serving/serviceaccounts",
  Role: "/apis/rbac.authorization.k8s.io/v1/namespaces/serving/roles",
  RoleBinding: "/apis/rbac.authorization.k8s.io/v1/namespaces/serving/rolebindings",
  Issuer: "/apis/cert-manager.io/v1/namespaces/serving/issuers",
  Certificate: "/apis/cert-manager.io/v1/namespaces/serving/certificates",
};

interface Manifest extends Json {
  kind: string;
  metadata: { name: string; resourceVersion?: string };
  status?: { conditions?: readonly { type: string; status: string; message?: string }[] };
}

const manifestsIn = (files: Readonly<Record<string, string>>) =>
  parseAllDocuments(files["kubernetes/manifests.yaml"] ?? "").map((one) => one.toJS() as Manifest);

/** Asks again and again until the answer is one, for at most a minute and a half. */
async function eventually<Answer>(what: string, ask: () => Promise<Answer | undefined>): Promise<Answer> {
  for (const until = Date.now() + 90_000; Date.now() < until; ) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    await new Promise((done) => setTimeout(done, 250));
  }
  throw new Error(`${what}: not within 90 s\n${controller?.said()}`);
}

let controller: Server | undefined;

afterAll(async () => {
  await controller?.stop();
  await stopServers();
}, 60_000);

const committed = filesFor("https://vault.example.com:8200")["cdk.tf.json"] ?? "";
const row = `${STACK} (cert-manager's controller)`;

proofsOf(row, [...needsOf(JSON.parse(committed) as Json), ...serverNeeds, certManagerNeed()], (prove) => {
  let run: Workspace;
  afterAll(() => run?.remove());

  prove("apply", "makes what a controller needs", async () => {
    const { cluster, vault } = await servers();
    const { url = "", certificate = "", token = "" } = cluster.access ?? {};
    await vault.call("POST", "auth/kubernetes/config", {
      kubernetes_host: url,
      kubernetes_ca_cert: readFileSync(certificate, "utf8"),
      token_reviewer_jwt: token,
    });
    controller = await startCertManager(cluster);
    // A controller reaches the Vault of the test where it is.
    const json = filesFor(vault.address)["cdk.tf.json"] ?? "";
    const overrides = { provider: { kubernetes: cluster.provider, vault: vault.provider }, ...shortLists };
    run = workspace(json, { overrides, died: cluster.died });
    evidence(row, committed, [vault.description, cluster.description, "cert-manager's controller"]);
    await run.init();
    await run.apply();
    expect((await run.plan()).exitCode).toBe(0);
  });

  prove("outputs", "the controller finds Issuer and Certificate good", async () => {
    const { cluster, vault } = await servers();
    for (const manifest of manifestsIn(filesFor(vault.address))) {
      await cluster.call("POST", `${collections[manifest.kind]}?fieldValidation=Strict`, manifest);
    }
    for (const kind of ["Issuer", "Certificate"]) {
      await eventually(`${kind} ready`, async () => {
        const { status } = (await cluster.call("GET", `${collections[kind]}/inference`)) as Manifest;
        return status?.conditions?.find(({ type, status }) => type === "Ready" && status === "True");
      });
    }
  });

  prove("handshake", "its Secret serves by strict rules, and `ca.crt` in it is the root", async () => {
    const shown = await secret("inference-tls");
    expect(certificatesIn(shown.chain).map(({ subject }) => subject)).toEqual([
      "CN=inference.example.com",
      `CN=${ownPki.intermediate.commonName}`,
    ]);
    expect(certificatesIn(shown.trust).map(({ subject }) => subject)).toEqual([`CN=${ownPki.root.commonName}`]);
    expect(shown.trust.trim()).toBe(String((await run.output()).ca_bundle).trim());
    await expectServes(shown, inference.names);
  });

  prove("change", "a name is added: the controller requests anew, with another key", async () => {
    const { cluster, vault } = await servers();
    const before = await secret("inference-tls");
    const names = [...inference.names, "infer.example.com"];
    const files = filesFor(vault.address, names);
    run.replace(files["cdk.tf.json"] ?? "");
    await run.apply();
    for (const { kind, metadata, spec } of manifestsIn(files).filter(({ kind }) => kind === "Certificate")) {
      const path = `${collections[kind]}/${metadata.name}`;
      await cluster.call("PUT", path, { ...(await cluster.call("GET", path)), spec });
    }
    const after = await eventually("another certificate", async () => {
      const shown = await secret("inference-tls");
      return leafOf(shown).serialNumber === leafOf(before).serialNumber ? undefined : shown;
    });
    expect(after.uid).toBe(before.uid);
    expect(after.key).not.toBe(before.key);
    expect(after.trust).toBe(before.trust);
    await expectServes(after, names);
  });

  prove("outputs", "Vault makes a new revocation list before the last one ends, with nothing revoked", async () => {
    const mounts = ["pki_root", "pki_int"];
    const all = await Promise.all(mounts.map(async (mount) => ({ mount, first: await listOf(mount) })));
    for (const { mount, first } of all) {
      expect(first.to - first.from).toBe(600_000);
      const next = await eventually(`another list of ${mount}`, async () => {
        const list = await listOf(mount);
        return list.number > first.number ? list : undefined;
      });
      expect(next.from).toBeLessThan(first.to);
    }
  });

  prove("destroy", "leaves nothing", async () => {
    const { cluster } = await servers();
    // Nothing in this cluster empties a namespace that goes.
    await cluster.call("DELETE", `${collections.Certificate}/inference`);
    await namespaceOf(cluster, "serving").remove("secrets", "inference-tls");
    await run.destroy();
    expect(await pkiMounts()).toEqual([]);
  });
});
