import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseAllDocuments } from "yaml";
import { certificatesIn } from "../support/handshake";
import type { Cluster } from "../support/servers/kubernetes-server";
import { lifecycleOf } from "../support/terraform/lifecycle";
import { evidence, type Prove, proofsOf, synthesizedFiles } from "../support/terraform/proofs";
import { type Json, type Need, needsOf, type Workspace, workspace } from "../support/terraform/terraform";
import {
  type Changes,
  configWith,
  inference,
  jsonWith,
  lifecycle,
  ownPki,
  STACK,
  type VaultPkiK8sInput,
} from "./lifecycle";
import {
  collections,
  days,
  expectServes,
  isRevoked,
  leafOf,
  letVaultReview,
  manifestsIn,
  pkiMounts,
  runningServers,
  secret,
  serverNeeds,
  servers,
  stopServers,
} from "./servers";

afterAll(stopServers, 60_000);

lifecycleOf(lifecycle);

function proofs(run: string, json: string, define: (prove: Prove) => void, more: Need[] = []): void {
  proofsOf(`${STACK} (${run})`, [...needsOf(JSON.parse(json) as Json), ...serverNeeds, ...more], define);
}

async function inServers(run: string, json: string): Promise<Workspace> {
  const { cluster, vault } = await servers();
  const made = workspace(json, {
    overrides: { provider: { kubernetes: cluster.provider, vault: vault.provider } },
  });
  evidence(`${STACK} (${run})`, json, [vault.description, cluster.description]);
  await made.init();
  return made;
}

/** Makes a PKI outside Terraform. @returns its root (PEM) */
async function otherPki(name: string, imported: "certificate" | "bundle"): Promise<string> {
  const { vault } = await servers();
  const call = async (path: string, body: Json) => {
    const { status, body: said } = await vault.call("POST", path, body);
    if (status >= 300) throw new Error(`${path}: ${status} ${JSON.stringify(said)}`);
    return (said.data ?? {}) as Record<string, string>;
  };
  const [root, int] = [`${name}_root`, `${name}_int`];
  for (const mount of [root, int]) {
    await call(`sys/mounts/${mount}`, { type: "pki", config: { max_lease_ttl: "87600h" } });
  }
  const { certificate = "" } = await call(`${root}/root/generate/internal`, {
    common_name: "Other Root",
    key_type: "ec",
    ttl: "80000h",
  });
  const { csr = "" } = await call(`${int}/intermediate/generate/internal`, { common_name: "Other CA", key_type: "ec" });
  const signed = await call(`${root}/root/sign-intermediate`, { common_name: "Other CA", csr, ttl: "40000h" });
  const text = imported === "bundle" ? `${signed.certificate}\n${certificate}` : (signed.certificate ?? "");
  await call(`${int}/intermediate/set-signed`, { certificate: text });
  return `${certificate.trim()}\n`;
}

async function removeOtherPki(name: string): Promise<void> {
  const running = await runningServers();
  for (const mount of [`${name}_root`, `${name}_int`]) await running?.vault.call("DELETE", `sys/mounts/${mount}`);
}

const trainer = { names: ["trainer.training.svc"], serviceAccounts: [{ name: "trainer" }] };
const onExisting = (pki: VaultPkiK8sInput["pki"], certificate: Json = trainer, settings: Json = {}) =>
  jsonWith(
    {
      pki,
      namespace: { name: "training", create: true },
      authPath: "kubernetes-training",
      certificates: { trainer: certificate as typeof trainer },
    },
    settings,
  );

proofs("existing", onExisting({ existing: "other_int" }), (prove) => {
  let run: Workspace;
  let root = "";
  afterAll(async () => {
    run?.remove();
    await removeOtherPki("other");
  });

  prove(
    "apply",
    "makes a role, a policy, a login and certificates on a PKI that exists, and nothing else",
    async () => {
      root = await otherPki("other", "bundle");
      const json = onExisting({ existing: "other_int", caBundle: root });
      run = await inServers("existing", json);
      await run.validate();
      const { added, warnings } = await run.apply();
      expect({ added, warnings }).toEqual({ added: 7, warnings: [] });
    },
  );

  prove("empty plan", "right after", async () => expect((await run.plan()).exitCode).toBe(0));

  prove(
    "handshake",
    "the Secret serves by strict rules; the root is what clients trust, not part of the chain",
    async () => {
      const shown = await secret("trainer", "training");
      expect(shown.trust).toBe(root);
      expect(certificatesIn(shown.chain).map(({ subject }) => subject)).toEqual([
        "CN=trainer.training.svc",
        "CN=Other CA",
      ]);
      await expectServes(shown, trainer.names);
    },
  );

  prove("change", "without a root in the config, clients get the one that the mount knows", async () => {
    run.replace(onExisting({ existing: "other_int" }));
    await run.apply();
    const shown = await secret("trainer", "training");
    expect(shown.trust).toBe(root);
    await expectServes(shown, trainer.names);
    expect((await run.plan()).exitCode).toBe(0);
  });

  prove("destroy", "leaves the PKI as it was", async () => {
    const { vault } = await servers();
    await run.destroy();
    expect(await pkiMounts()).toEqual(expect.arrayContaining(["other_int", "other_root"]));
    expect((await vault.call("LIST", "other_int/roles")).status).toBe(404);
    expect((await vault.call("GET", "other_int/ca/pem")).status).toBe(200);
  });
});

const shortLived = { ...trainer, lifetime: "60s" };
const often = { applyEvery: "10s" };

proofs("renewal", onExisting({ existing: "short_int" }, shortLived, often), (prove) => {
  let run: Workspace;
  afterAll(async () => {
    run?.remove();
    await removeOtherPki("short");
  });

  prove("apply", "makes a certificate of a minute, which a plan leaves alone", async () => {
    const caBundle = await otherPki("short", "certificate");
    const json = onExisting({ existing: "short_int", caBundle }, shortLived, often);
    run = await inServers("renewal", json);
    await run.apply();
    expect((await run.plan()).exitCode).toBe(0);
  });

  prove("change", "in its last third, an apply replaces it and updates the Secret, once", async () => {
    const old = await secret("trainer", "training");
    const left = Date.parse(leafOf(old).validTo) - Date.now();
    await new Promise((done) => setTimeout(done, left - 19_000));
    const plan = await run.plan();
    expect(plan.actions).toEqual({
      "kubernetes_secret_v1.trainer": ["update"],
      "vault_pki_secret_backend_cert.trainer": ["create", "delete"],
    });
    // The check that tells an operator.
    expect(plan.warnings.map(({ summary }) => summary)).toEqual([expect.stringMatching(/^Check block assertion/)]);
    await run.apply(plan);
    const shown = await secret("trainer", "training");
    expect(shown.uid).toBe(old.uid);
    expect(shown.key).not.toBe(old.key);
    expect(await isRevoked(leafOf(old), "short_int")).toBe(false);
    expect(Date.parse(leafOf(old).validTo)).toBeGreaterThan(Date.now());
    await expectServes(shown, trainer.names);
    expect((await run.plan()).exitCode).toBe(0);
  });

  prove("destroy", "ends it", async () => void (await run.destroy()));
});

const byController: Changes = {
  pki: { ...ownPki, protect: false },
  certificates: {
    inference: {
      ...inference,
      delivery: "cert-manager",
      lifetime: "1d",
      secret: "inference-tls",
      consumer: { deployment: { name: "inference", container: "server", mountPath: "/tls" } },
    },
  },
};
const noKeys = { privateKeys: "never" };
const controllerFiles = synthesizedFiles(configWith(byController, noKeys))[STACK] ?? {};
const controllerJson = controllerFiles["cdk.tf.json"] ?? "";

/** A foreign cluster cannot reach a Vault of these tests, nor the other way round. */
const loginNeed: Need = {
  name: "kube-apiserver",
  missing:
    process.env.TLS_STACKS_KUBECONFIG || process.env.VAULT_ADDR
      ? "Vault and the cluster are somebody else's, and may not reach each other"
      : undefined,
};

const certManagerKinds = { Issuer: "issuers", Certificate: "certificates" } as const;

/** The kinds of cert-manager, without its controller and without schemas. */
async function installKinds({ call }: Cluster): Promise<void> {
  for (const [kind, plural] of Object.entries(certManagerKinds)) {
    const name = `${plural}.cert-manager.io`;
    await call("POST", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", {
      apiVersion: "apiextensions.k8s.io/v1",
      kind: "CustomResourceDefinition",
      metadata: { name },
      spec: {
        group: "cert-manager.io",
        scope: "Namespaced",
        names: { kind, plural, singular: kind.toLowerCase() },
        versions: [
          {
            name: "v1",
            served: true,
            storage: true,
            schema: { openAPIV3Schema: { type: "object", "x-kubernetes-preserve-unknown-fields": true } },
          },
        ],
      },
    });
    for (const until = Date.now() + 20_000; Date.now() < until; ) {
      if (await call("GET", `/apis/cert-manager.io/v1/${plural}`).catch(() => undefined)) break;
      await new Promise((done) => setTimeout(done, 100));
    }
  }
}

const manifests = () => manifestsIn(controllerFiles);

proofs(
  "cert-manager",
  controllerJson,
  (prove) => {
    let run: Workspace;
    afterAll(() => run?.remove());

    prove("apply", "makes PKI, role, policy and login; no key is in the state", async () => {
      const { cluster, vault } = await servers();
      await installKinds(cluster);
      await letVaultReview(cluster, vault);
      run = await inServers("cert-manager", controllerJson);
      const { added, warnings } = await run.apply();
      expect({ added, warnings }).toEqual({ added: 20, warnings: [] });
      expect(JSON.stringify(run.state())).not.toContain("PRIVATE KEY");
      expect((await run.plan()).exitCode).toBe(0);
    });

    prove("change", "what a state lost comes back by the ids of docs/recovery.md, or is written again", async () => {
      const whole = run.state();
      const { imported, writtenAgain } = recoveryOf(whole);
      // What is neither is an authority's: its key, its certificate, its place on the mount.
      expect(
        Object.keys(whole)
          .filter((one) => one.startsWith("vault_") && !(one in imported))
          .sort(),
      ).toEqual([
        "vault_pki_secret_backend_config_ca.intermediate",
        "vault_pki_secret_backend_intermediate_cert_request.intermediate",
        "vault_pki_secret_backend_intermediate_set_signed.intermediate",
        "vault_pki_secret_backend_root_cert.root",
        "vault_pki_secret_backend_root_sign_intermediate.intermediate",
      ]);
      const unknown = ["vault_pki_secret_backend_config_ca.intermediate"];
      lose(run, [...Object.keys(imported), ...unknown]);
      run.put("recover.tf.json", JSON.stringify({ import: Object.entries(imported).map(([to, id]) => ({ to, id })) }));
      const plan = await run.plan();
      expect(plan.actions).toEqual(Object.fromEntries(unknown.map((address) => [address, ["create"]])));
      await run.apply(plan);
      run.put("recover.tf.json", undefined);
      expect(Object.keys(run.state()).sort()).toEqual(Object.keys(whole).sort());
      expect((await run.plan()).exitCode).toBe(0);
      // Without a word of where it is.
      lose(run, writtenAgain);
      const { added, changed, destroyed } = await run.apply();
      expect({ added, changed, destroyed }).toEqual({ added: writtenAgain.length, changed: 0, destroyed: 0 });
      expect((await run.plan()).exitCode).toBe(0);
    });

    prove("outputs", "the files are objects that the cluster takes as they are", async () => {
      const { cluster } = await servers();
      for (const manifest of manifests()) {
        await cluster.call("POST", `${collections[manifest.kind]}?fieldValidation=Strict`, manifest);
      }
      expect(manifests().map(({ kind }) => kind)).toEqual(Object.keys(collections));
    });

    prove(
      "outputs",
      "the patch mounts Secret and trust, in place of the Secret alone of an earlier release",
      async () => {
        const { cluster } = await servers();
        const path = "/apis/apps/v1/namespaces/serving/deployments";
        const labels = { app: "inference" };
        await cluster.call("POST", path, {
          metadata: { name: "inference" },
          spec: {
            selector: { matchLabels: labels },
            template: {
              metadata: { labels },
              spec: {
                volumes: [{ name: "inference", secret: { secretName: "inference-tls" } }],
                containers: [
                  {
                    name: "server",
                    image: "server",
                    volumeMounts: [{ name: "inference", mountPath: "/tls", readOnly: true }],
                  },
                ],
              },
            },
          },
        });
        const patch = parseAllDocuments(controllerFiles["kubernetes/patch-inference.yaml"] ?? "")[0]?.toJS() as Json;
        await cluster.call("PATCH", `${path}/inference?fieldValidation=Strict`, patch);
        const { spec } = (await cluster.call("GET", `${path}/inference`)) as {
          spec: { template: { spec: { containers: Json[]; volumes: Json[] } } };
        };
        expect(spec.template.spec.containers).toMatchObject([
          { name: "server", image: "server", volumeMounts: [{ name: "inference", mountPath: "/tls", readOnly: true }] },
        ]);
        const [volume, ...others] = spec.template.spec.volumes;
        expect(others).toEqual([]);
        expect(volume).not.toHaveProperty("secret");
        expect(volume?.projected).toMatchObject({
          sources: [{ secret: { name: "inference-tls" } }, { configMap: { name: `${STACK}-trust` } }],
        });
        await cluster.call("DELETE", `${path}/inference`);
      },
    );

    prove("refusal", "cert-manager may make tokens for the one service account, and nobody else may", async () => {
      const { cluster } = await servers();
      const may = async (user: string, name: string) => {
        const { status } = ((await cluster.call("POST", "/apis/authorization.k8s.io/v1/subjectaccessreviews", {
          spec: {
            user,
            resourceAttributes: {
              namespace: "serving",
              verb: "create",
              resource: "serviceaccounts",
              subresource: "token",
              name,
            },
          },
        })) ?? {}) as { status?: { allowed: boolean } };
        return status?.allowed;
      };
      expect(await may("system:serviceaccount:cert-manager:cert-manager", "inference")).toBe(true);
      expect(await may("system:serviceaccount:cert-manager:cert-manager", "default")).toBe(false);
      expect(await may("system:serviceaccount:serving:inference", "inference")).toBe(false);
    });

    prove(
      "handshake",
      "what cert-manager asks for with these objects is issued, and serves by strict rules",
      async () => {
        const { vault } = await servers();
        const specOf = (kind: string) => manifests().find((one) => one.kind === kind)?.spec ?? {};
        const { vault: issuer } = specOf("Issuer") as {
          vault: { path: string; auth: { kubernetes: { mountPath: string; role: string } } };
        };
        const { path, auth } = issuer;
        const { commonName, dnsNames, duration } = specOf("Certificate") as {
          commonName: string;
          dnsNames: string[];
          duration: string;
        };
        const login = async (audience: string, account = "inference") => {
          const jwt = await accountToken(account, audience);
          const { status, body } = await vault.call("POST", `${auth.kubernetes.mountPath.slice("/v1/".length)}/login`, {
            role: auth.kubernetes.role,
            jwt,
          });
          return { status, token: (body.auth as { client_token: string } | undefined)?.client_token ?? "" };
        };
        expect((await login("https://kubernetes.default.svc")).status).toBeGreaterThanOrEqual(400);
        expect((await login("vault://serving/other")).status).toBeGreaterThanOrEqual(400);
        expect((await login("vault://serving/inference", "stranger")).status).toBeGreaterThanOrEqual(400);
        const { status, token } = await login("vault://serving/inference");
        expect(status).toBe(200);
        // A CSR can contain more names than the request, and they must not be signed.
        const { key, csr } = signingRequest(commonName, [...dnsNames, "other.example.com"]);
        const ask = (names: string[]) =>
          vault.call(
            "POST",
            path,
            { common_name: commonName, alt_names: names.join(","), ttl: duration, csr, exclude_cn_from_sans: "true" },
            token,
          );
        expect((await ask([...dnsNames, "other.example.com"])).status).toBe(400);
        const { body } = await ask(dnsNames);
        const signed = body.data as { certificate: string; ca_chain: string[] };
        const chain = [signed.certificate, ...signed.ca_chain].map((pem) => `${pem.trim()}\n`).join("");
        const trust = String((await run.output()).ca_bundle);
        await expectServes({ chain, key, trust }, inference.names);
        expect(days(leafOf({ chain, key }))).toBe(1);
      },
    );

    prove("change", 'manifests: "apply" lets Terraform make the same objects', async () => {
      const { cluster } = await servers();
      for (const { kind, metadata } of manifests())
        await cluster.call("DELETE", `${collections[kind]}/${metadata.name}`);
      run.replace(jsonWith({ ...byController, manifests: "apply", crdsInstalled: true }, noKeys));
      const { added } = await run.apply();
      expect(added).toBe(5);
      for (const { kind, metadata, spec } of manifests()) {
        expect(await cluster.call("GET", `${collections[kind]}/${metadata.name}`)).toMatchObject(spec ? { spec } : {});
      }
      expect((await run.plan()).exitCode).toBe(0);
    });

    prove("change", "over what somebody patched with kubectl, the config's word holds", async () => {
      const { cluster } = await servers();
      const path = `${collections.Certificate}/inference`;
      const certificate = (await cluster.call("GET", path)) as { spec: Json };
      // Kubernetes remembers who wrote a field last, and refuses others unless they insist.
      const patched = { ...certificate, spec: { ...certificate.spec, duration: "5h" } };
      await cluster.call("PUT", `${path}?fieldManager=kubectl-patch`, patched);
      const { inference: asked } = byController.certificates ?? {};
      const longer = { ...byController, certificates: { inference: { ...asked, lifetime: "2d" } } } as Changes;
      run.replace(jsonWith({ ...longer, manifests: "apply", crdsInstalled: true }, noKeys));
      await run.apply();
      expect(await cluster.call("GET", path)).toMatchObject({ spec: { duration: "48h" } });
      expect((await run.plan()).exitCode).toBe(0);
    });

    prove("destroy", "leaves nothing", async () => {
      await run.destroy();
      expect(await pkiMounts()).toEqual([]);
    });
  },
  [loginNeed],
);

/** What docs/recovery.md says of Vault's objects in a state: ids to import by, and what an apply writes again without. */
function recoveryOf(state: Readonly<Record<string, Json>>) {
  const rows = readFileSync(join(__dirname, "../../docs/recovery.md"), "utf8")
    .split("\n")
    .filter((line) => line.startsWith("| `vault_"))
    .map((line) => line.split("|").map((cell) => cell.trim()));
  const imported: Record<string, string> = {};
  const writtenAgain: string[] = [];
  for (const [address, { id }] of Object.entries(state)) {
    const words = (cell = "") => [...cell.matchAll(/`([^`]+)`/g)].map(([, word = ""]) => word);
    const isOf = (word: string) => address.startsWith(word.replace(/\*$/, ""));
    const row = rows.find(([, addresses]) => words(addresses).some(isOf));
    if (!address.startsWith("vault_")) continue;
    if (row === undefined) throw new Error(`docs/recovery.md has no row for ${address}`);
    const [, addresses, ids = "", otherwise = ""] = row;
    // "The same" is what the row above it says, and only one of Vault's says so in full.
    if (/^the same( object is written again)?$/.test(otherwise)) writtenAgain.push(address);
    if (ids.startsWith("cannot")) continue;
    // Of several addresses, each has the id in its own place.
    const form = words(ids)[words(addresses).findIndex(isOf)] ?? "";
    const fits = new RegExp(`^${form.replace(/<[a-z]+>/gi, "[^/]+")}$`);
    if (form.includes("<")) expect([address, id]).toEqual([address, expect.stringMatching(fits)]);
    imported[address] = String(id);
  }
  return { imported, writtenAgain: writtenAgain.sort() };
}

/** Takes resources out of a state, as an apply that was cut off leaves it. */
function lose(run: Workspace, addresses: readonly string[]): void {
  const file = join(run.folder, "terraform.tfstate");
  const state = JSON.parse(readFileSync(file, "utf8")) as {
    serial: number;
    resources: { type: string; name: string }[];
  };
  const resources = state.resources.filter(({ type, name }) => !addresses.includes(`${type}.${name}`));
  run.put("terraform.tfstate", JSON.stringify({ ...state, serial: state.serial + 1, resources }));
}

/** A token of a service account, as cert-manager makes one. */
async function accountToken(account: string, audience: string): Promise<string> {
  const { cluster } = await servers();
  const path = collections.ServiceAccount as string;
  if ((await cluster.call("GET", `${path}/${account}`)) === undefined) {
    await cluster.call("POST", path, { metadata: { name: account } });
  }
  const { status } = ((await cluster.call("POST", `${path}/${account}/token`, {
    spec: { audiences: [audience], expirationSeconds: 600 },
  })) ?? {}) as { status?: { token: string } };
  return status?.token ?? "";
}

/** A key and a request for a certificate (PEM). */
function signingRequest(commonName: string, names: readonly string[]): { key: string; csr: string } {
  const folder = mkdtempSync(join(tmpdir(), "tls-stacks-csr-"));
  try {
    const [key, csr] = [join(folder, "key.pem"), join(folder, "csr.pem")];
    const kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
    const subject = ["-subj", `/CN=${commonName}`, "-addext", `subjectAltName=${names.map((one) => `DNS:${one}`)}`];
    const made = spawnSync("openssl", ["req", "-new", ...kind, ...subject, "-keyout", key, "-out", csr]);
    if (made.status !== 0) throw new Error(made.stderr.toString());
    return { key: readFileSync(key, "utf8"), csr: readFileSync(csr, "utf8") };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
