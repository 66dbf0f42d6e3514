import { spawnSync } from "node:child_process";
import { createPrivateKey, type X509Certificate } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseAllDocuments } from "yaml";
import example from "../../config/example";
import type { ConfigInput } from "../../stacks/config";
import {
  certificatesIn,
  extensionsOf,
  type Identity,
  opensslNeed,
  opensslVerdict,
  shakeHands,
} from "../support/handshake";
import { type Cluster, kubernetesNeed, namespaceOf, startCluster } from "../support/servers/kubernetes-server";
import { type RunningVault, startVault, vaultNeed } from "../support/servers/vault-server";
import { evidence, type Prove, proofsOf, synthesized, synthesizedFiles } from "../support/terraform/proofs";
import {
  type Json,
  type Need,
  needsOf,
  TerraformError,
  type Workspace,
  workspace,
} from "../support/terraform/terraform";

/** A stack of this scenario, as a user writes it. */
type VaultPkiK8sInput = Extract<ConfigInput["stacks"][string], { readonly scenario: "vault-pki-k8s" }>;

const STACK = "vault-pki-k8s";
const CONTEXT = "kind-serving";
const DAY = 86_400_000;

/** Actions of a plan that replaces a certificate without a gap. */
const renewed = ["create", "delete"];

type Changes = Partial<VaultPkiK8sInput>;
const exampleStack = example.stacks[STACK] as VaultPkiK8sInput;

/** The example config with some fields of the stack and some settings changed. */
const configWith = (changes: Changes, settings: Json = {}) => ({
  ...example,
  ...settings,
  stacks: { [STACK]: { ...exampleStack, ...changes } },
});

/** The synthesized JSON of the example's stack, with some fields changed. */
const jsonWith = (changes: Changes, settings: Json = {}) => synthesized(configWith(changes, settings))[STACK] as string;

const exampleJson = synthesized("config/example.ts")[STACK] as string;
const { inference, gateway } = exampleStack.certificates;
if (inference === undefined || gateway === undefined || !("root" in exampleStack.pki)) throw new Error("other example");
const ownPki = exampleStack.pki;

interface Servers {
  cluster: Cluster;
  vault: RunningVault;
}

let started: Promise<Servers> | undefined;

/** One cluster and one Vault for the whole file; each run has its own mounts and namespace, or cleans up. */
function servers(): Promise<Servers> {
  started ??= (async () => {
    const [cluster, vault] = await Promise.all([startCluster([CONTEXT]), startVault()]);
    // The stack expects auth mounts that exist.
    for (const path of ["kubernetes", "kubernetes-training"]) {
      await vault.call("POST", `sys/auth/${path}`, { type: "kubernetes" });
    }
    return { cluster, vault };
  })();
  return started;
}

afterAll(async () => {
  const running = await started?.catch(() => undefined);
  for (const path of ["kubernetes", "kubernetes-training"]) await running?.vault.call("DELETE", `sys/auth/${path}`);
  await Promise.all([running?.cluster.stop(), running?.vault.stop()]);
}, 60_000);

const serverNeeds = [kubernetesNeed(), vaultNeed(), opensslNeed()];

function proofs(run: string, json: string, define: (prove: Prove) => void, more: Need[] = []): void {
  proofsOf(
    run === "" ? STACK : `${STACK} (${run})`,
    [...needsOf(JSON.parse(json) as Json), ...serverNeeds, ...more],
    define,
  );
}

async function inServers(run: string, json: string): Promise<Workspace> {
  const { cluster, vault } = await servers();
  const made = workspace(json, {
    overrides: { provider: { kubernetes: cluster.provider, vault: vault.provider } },
  });
  evidence(run === "" ? STACK : `${STACK} (${run})`, json, [vault.description, cluster.description]);
  await made.init();
  return made;
}

/** A Secret with a certificate, as pods read it. */
interface MountedSecret extends Identity {
  trust: string;
  type: string;
  /** Stays the same while the Secret is only updated. */
  uid: string;
}

async function secret(name: string, namespace = "serving"): Promise<MountedSecret> {
  const { cluster } = await servers();
  const { data, type, metadata } = await namespaceOf(cluster, namespace).read("secrets", name);
  const texts = Object.fromEntries(
    Object.entries(data as Record<string, string>).map(([key, value]) => [
      key,
      Buffer.from(value, "base64").toString(),
    ]),
  );
  expect(Object.keys(texts).sort()).toEqual(["ca.crt", "tls.crt", "tls.key"]);
  return {
    chain: texts["tls.crt"] ?? "",
    key: texts["tls.key"] ?? "",
    trust: texts["ca.crt"] ?? "",
    type: String(type),
    uid: (metadata as { uid: string }).uid,
  };
}

const leafOf = ({ chain }: Identity) => certificatesIn(chain)[0] as X509Certificate;
const namesIn = (leaf: X509Certificate) =>
  leaf.subjectAltName
    ?.split(", ")
    .map((name) => name.replace(/^DNS:/, ""))
    .sort();
const days = (certificate: X509Certificate) =>
  Math.round((Date.parse(certificate.validTo) - Date.parse(certificate.validFrom)) / DAY);
const asked = (name: string) => name.replace("*", "any");

/** Asserts that strict OpenSSL and TLS clients accept the chain from certificate to root, for each name. */
async function expectServes(shown: MountedSecret, names: readonly string[], trust = shown.trust): Promise<void> {
  expect(shown.type).toBe("kubernetes.io/tls");
  const leaf = leafOf(shown);
  expect(namesIn(leaf)).toEqual([...names].sort());
  expect(leaf.checkPrivateKey(createPrivateKey(shown.key))).toBe(true);
  const [anchor, ...others] = certificatesIn(trust);
  expect(others).toEqual([]);
  expect(anchor?.checkIssued(anchor)).toBe(true);
  for (const name of names.map(asked)) {
    expect(strictVerdict(shown.chain, trust, name)).toBe("OK");
    expect(opensslVerdict(String(leaf), trust, { purpose: "sslserver", name })).toBe(
      "unable to get local issuer certificate",
    );
    for (const protocol of ["TLSv1.2", "TLSv1.3"] as const) {
      expect((await shakeHands({ server: shown, trust, name, protocol })).verdict).toBe("accepted");
    }
  }
  expect((await shakeHands({ server: shown, trust, name: "other.example.com" })).verdict).toBe(
    "refused by client: ERR_TLS_CERT_ALTNAME_INVALID",
  );
}

/** OpenSSL's strict verdict (`-x509_strict`) on a leaf with its intermediates. */
function strictVerdict(chain: string, trust: string, name: string): string {
  const [leaf, ...between] = certificatesIn(chain).map(String);
  const folder = mkdtempSync(join(tmpdir(), "tls-stacks-chain-"));
  try {
    const file = (title: string, text: string) => {
      writeFileSync(join(folder, title), text);
      return join(folder, title);
    };
    const args = ["verify", "-x509_strict", "-purpose", "sslserver", "-no-CApath", "-verify_hostname", name];
    args.push("-CAfile", file("root.pem", trust), "-untrusted", file("between.pem", between.join("")));
    const { status, stdout, stderr } = spawnSync("openssl", [...args, file("leaf.pem", leaf ?? "")], {
      encoding: "utf8",
      timeout: 20_000,
    });
    return status === 0 ? "OK" : `${stdout}${stderr}`;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Whether Vault has revoked a certificate. */
async function isRevoked(certificate: X509Certificate, mount = "pki_int"): Promise<boolean> {
  const { vault } = await servers();
  const serial = (certificate.serialNumber.match(/../g) ?? []).join(":").toLowerCase();
  const { status, body } = await vault.call("GET", `${mount}/cert/${serial}`);
  expect(status).toBe(200);
  return (body.data as { revocation_time: number }).revocation_time !== 0;
}

/** Paths of the PKI mounts in Vault. */
async function pkiMounts(): Promise<string[]> {
  const { vault } = await servers();
  const { data } = (await vault.call("GET", "sys/mounts")).body as { data: Record<string, { type: string }> };
  return Object.entries(data)
    .filter(([, { type }]) => type === "pki")
    .map(([path]) => path.replace(/\/$/, ""))
    .sort();
}

const roleName = (certificate: string) => `ai-platform-example-${STACK}-${certificate}`;

proofs("", exampleJson, (prove) => {
  let run: Workspace;
  let before: string[];
  afterAll(() => run?.remove());

  prove("validate", "no diagnostic at all, not even a warning", async () => {
    before = await pkiMounts();
    run = await inServers("", exampleJson);
    await run.validate();
  });

  prove("apply", "makes the PKI, its roles and certificates, and says nothing of keys", async () => {
    const { added, changed, destroyed, warnings, log } = await run.apply();
    expect({ added, changed, destroyed, warnings }).toEqual({ added: 22, changed: 0, destroyed: 0, warnings: [] });
    expect(log).not.toContain("PRIVATE KEY");
    expect(await pkiMounts()).toEqual([...before, "pki_int", "pki_root"].sort());
  });

  prove("empty plan", "right after", async () => {
    expect(await run.plan()).toMatchObject({ exitCode: 0, warnings: [] });
  });

  prove("handshake", "each Secret serves each of its names, by strict rules, from leaf to root", async () => {
    await expectServes(await secret("inference"), inference.names);
    await expectServes(await secret("gateway"), gateway.names);
  });

  prove("handshake", "a certificate for both sides opens mutual TLS, one for servers does not", async () => {
    const [server, client] = [await secret("inference"), await secret("gateway")];
    const mutual = { server, trust: server.trust, clientTrust: server.trust, name: "inference.example.com" };
    expect((await shakeHands({ ...mutual, client })).verdict).toBe("accepted");
    expect((await shakeHands({ ...mutual, client: server })).verdict).toBe("refused by server: INVALID_PURPOSE");
  });

  prove("outputs", "a certificate is the leaf, then the intermediate; both carry the addresses of Vault", async () => {
    const { chain, trust } = await secret("inference");
    const [leaf, intermediate, ...more] = certificatesIn(chain);
    expect(more).toEqual([]);
    expect(certificatesIn(trust)).toHaveLength(1);
    const vaultAt = (mount: string) => `https://vault.example.com:8200/v1/${mount}`;
    for (const [certificate, mount] of [
      [leaf, "pki_int"],
      [intermediate, "pki_root"],
    ] as const) {
      expect(certificate?.infoAccess?.trim()).toBe(
        `OCSP - URI:${vaultAt(mount)}/ocsp\nCA Issuers - URI:${vaultAt(mount)}/ca`,
      );
      expect(textOf(certificate)).toContain(`URI:${vaultAt(mount)}/crl`);
    }
    expect(extensionsOf(String(leaf))).toMatchObject({
      "Key Usage": "critical, Digital Signature",
      "Extended Key Usage": "TLS Web Server Authentication",
    });
    expect(extensionsOf(String(intermediate))).toMatchObject({
      "Basic Constraints": "critical, CA:TRUE, pathlen:0",
      "Key Usage": "critical, Certificate Sign, CRL Sign",
      "Name Constraints": "critical, Permitted:, DNS:example.com, DNS:svc",
    });
    expect([leaf, intermediate, ...certificatesIn(trust)].map((one) => one && days(one))).toEqual([90, 1825, 3650]);
  });

  prove(
    "outputs",
    "say where secrets are, and when what ends; keys are in the state where the inventory says so",
    async () => {
      const { chain, key, trust } = await secret("gateway");
      const output = (await run.output()) as Record<string, Record<string, unknown>>;
      expect(output.secret_names).toEqual({ gateway: "serving/gateway", inference: "serving/inference" });
      expect(output.ca_bundle).toBe(trust);
      expect(output.request_paths?.gateway).toBe(`pki_int/issue/${roleName("gateway")}`);
      expect(Date.parse(String(output.certificate_not_after?.gateway))).toBe(
        Date.parse(leafOf({ chain, key }).validTo),
      );
      expect(JSON.stringify(output)).not.toContain("PRIVATE KEY");
      const holders = Object.entries(run.state()).filter(([, attributes]) =>
        /PRIVATE KEY/.test(JSON.stringify(attributes)),
      );
      const names = ["gateway", "inference"];
      expect(holders.map(([address]) => address).sort()).toEqual([
        ...names.map((name) => `kubernetes_secret_v1.${name}`),
        ...names.map((name) => `vault_pki_secret_backend_cert.${name}`),
      ]);
      const inventory = output.certificate_inventory as Record<string, { key_in_state: boolean }>;
      expect(Object.entries(inventory).map(([name, entry]) => [name, entry.key_in_state])).toEqual([
        ["gateway", true],
        ["inference", true],
        ["intermediate", false],
        ["root", false],
      ]);
    },
  );

  prove("refusal", "a role issues its certificate's names and nothing else", async () => {
    const { vault } = await servers();
    const ask = async (common_name: string, more: Json = {}) =>
      (await vault.call("POST", `pki_int/issue/${roleName("inference")}`, { common_name, ...more })).status;
    expect(await ask("inference.example.com", { alt_names: "inference.serving.svc" })).toBe(200);
    for (const name of ["example.com", "x.inference.example.com", "*.inference.example.com", "localhost"]) {
      expect([name, await ask(name)]).toEqual([name, 400]);
    }
    expect(await ask("inference.example.com", { ip_sans: "127.0.0.1" })).toBe(400);
    expect(await ask("inference.example.com", { uri_sans: "spiffe://example.com/x" })).toBe(400);
  });

  prove("refusal", "a policy opens its own request and nothing else", async () => {
    const { vault } = await servers();
    const made = await vault.call("POST", "auth/token/create", { policies: [roleName("inference")], ttl: "5m" });
    const { client_token: token } = made.body.auth as { client_token: string };
    const ask = async (path: string) =>
      (await vault.call("POST", path, { common_name: "inference.example.com" }, token)).status;
    expect(await ask(`pki_int/issue/${roleName("inference")}`)).toBe(200);
    for (const path of [
      `pki_int/issue/${roleName("gateway")}`,
      `pki_int/sign/${roleName("inference")}`,
      `pki_int/sign-verbatim/${roleName("inference")}`,
      `pki_int/roles/${roleName("inference")}`,
      "pki_int/root/sign-intermediate",
      "pki_root/root/sign-intermediate",
    ]) {
      expect([path, await ask(path)]).toEqual([path, 403]);
    }
  });

  const withNames = (names: string[], more: Json = {}) => ({
    certificates: { gateway, inference: { ...inference, names, ...more } },
  });
  const moreNames = [...inference.names, "infer.example.com"];

  prove("change", "a name is added without a gap: the old certificate stays valid, the Secret is updated", async () => {
    const old = await secret("inference");
    run.replace(jsonWith(withNames(moreNames)));
    const plan = await run.plan();
    expect(plan.actions).toEqual({
      "kubernetes_secret_v1.inference": ["update"],
      "vault_pki_secret_backend_cert.inference": renewed,
      "vault_pki_secret_backend_role.inference": ["update"],
    });
    await run.apply(plan);
    const shown = await secret("inference");
    expect(shown.uid).toBe(old.uid);
    await expectServes(shown, moreNames);
    // A pod that has not reloaded still serves the old certificate, and every client must accept it.
    expect(await isRevoked(leafOf(old))).toBe(false);
    await expectServes({ ...old, trust: shown.trust }, inference.names);
    expect(shown.trust).toBe(old.trust);
    expect((await run.plan()).exitCode).toBe(0);
  });

  prove("change", "another lifetime, key or purpose issues anew at once", async () => {
    for (const [more, look] of [
      [{ lifetime: "45d" }, (leaf: X509Certificate) => expect(days(leaf)).toBe(45)],
      [
        { lifetime: "45d", key: "ecdsa-p384" },
        (leaf: X509Certificate) => expect(leaf.publicKey.asymmetricKeyDetails?.namedCurve).toBe("secp384r1"),
      ],
      [
        { lifetime: "45d", key: "rsa-2048", purpose: "mutual" },
        (leaf: X509Certificate) =>
          expect(extensionsOf(String(leaf))).toMatchObject({
            "Key Usage": "critical, Digital Signature, Key Encipherment",
            "Extended Key Usage": "TLS Web Server Authentication, TLS Web Client Authentication",
          }),
      ],
    ] as const) {
      run.replace(jsonWith(withNames(moreNames, more)));
      const plan = await run.plan();
      expect(plan.actions["vault_pki_secret_backend_cert.inference"]).toEqual(renewed);
      expect(plan.actions["vault_pki_secret_backend_cert.gateway"]).toBeUndefined();
      await run.apply(plan);
      const shown = await secret("inference");
      look(leafOf(shown));
      await expectServes(shown, moreNames);
      expect((await run.plan()).exitCode).toBe(0);
    }
  });

  prove(
    "change",
    "the intermediate is signed again for another lifetime; what it signed before stays valid",
    async () => {
      const old = await secret("gateway");
      const { certificates } = withNames(moreNames);
      const intermediate = { ...ownPki.intermediate, lifetime: "2000d" };
      run.replace(jsonWith({ pki: { ...ownPki, intermediate }, certificates }));
      const plan = await run.plan();
      expect(plan.actions["vault_pki_secret_backend_cert.gateway"]).toBeUndefined();
      await run.apply(plan);
      // The new intermediate issued it in the same apply.
      const shown = await secret("inference");
      const [, between] = certificatesIn(shown.chain);
      expect(between && days(between)).toBe(2000);
      await expectServes(shown, moreNames);
      expect(await isRevoked(leafOf(old))).toBe(false);
      await expectServes(await secret("gateway"), gateway.names, shown.trust);
      expect(await run.plan()).toMatchObject({ exitCode: 0, actions: {} });
    },
  );

  prove("drift", "a wider role, a changed policy and a lost Secret are named and repaired", async () => {
    const { cluster, vault } = await servers();
    const role = `pki_int/roles/${roleName("inference")}`;
    const { body } = await vault.call("GET", role);
    await vault.call("POST", role, { ...(body.data as Json), allow_any_name: true });
    const policy = 'path "pki_int/*" { capabilities = ["update"] }';
    await vault.call("POST", `sys/policies/acl/${roleName("gateway")}`, { policy });
    await namespaceOf(cluster, "serving").remove("secrets", "gateway");
    const plan = await run.plan();
    expect(plan.actions).toEqual({
      "kubernetes_secret_v1.gateway": ["create"],
      "vault_pki_secret_backend_role.inference": ["update"],
      "vault_policy.gateway": ["update"],
    });
    await run.apply(plan);
    await expectServes(await secret("gateway"), gateway.names);
    expect((await run.plan()).exitCode).toBe(0);
  });

  prove("refusal", "nothing destroys the authorities while they are protected", async () => {
    const { trust } = await secret("gateway");
    await expect(run.destroy()).rejects.toThrow(/Instance cannot be destroyed/);
    // A rename would destroy as well.
    run.replace(jsonWith({ pki: { ...ownPki, root: { ...ownPki.root, commonName: "Renamed" } } }));
    await expect(run.plan()).rejects.toThrow(TerraformError);
    expect(await pkiMounts()).toEqual([...before, "pki_int", "pki_root"].sort());
    await expectServes(await secret("gateway"), gateway.names, trust);
  });

  prove("destroy", "without protection leaves no mount, role, policy or namespace", async () => {
    const { cluster, vault } = await servers();
    run.replace(jsonWith({ pki: { ...ownPki, protect: false } }));
    await run.apply();
    await run.destroy();
    expect(await pkiMounts()).toEqual(before);
    const { body } = await vault.call("LIST", "sys/policies/acl");
    expect((body.data as { keys: string[] }).keys.filter((name) => name.includes(STACK))).toEqual([]);
    expect((await vault.call("LIST", "auth/kubernetes/role")).status).toBe(404);
    expect(await namespaceOf(cluster, "serving").phase()).toBeUndefined();
  });
});

function textOf(certificate: X509Certificate | undefined): string {
  return spawnSync("openssl", ["x509", "-noout", "-text"], { input: String(certificate), encoding: "utf8" }).stdout;
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
  const { vault } = await servers();
  for (const mount of [`${name}_root`, `${name}_int`]) await vault.call("DELETE", `sys/mounts/${mount}`);
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
    if (started) await removeOtherPki("other");
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
    if (started) await removeOtherPki("short");
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
      "vault_pki_secret_backend_cert.trainer": renewed,
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

const collections: Readonly<Record<string, string>> = {
  ServiceAccount: "/api/v1/namespaces/serving/serviceaccounts",
  Role: "/apis/rbac.authorization.k8s.io/v1/namespaces/serving/roles",
  RoleBinding: "/apis/rbac.authorization.k8s.io/v1/namespaces/serving/rolebindings",
  Issuer: "/apis/cert-manager.io/v1/namespaces/serving/issuers",
  Certificate: "/apis/cert-manager.io/v1/namespaces/serving/certificates",
};

interface KubernetesManifest extends Json {
  kind: string;
  metadata: { name: string };
}

const manifests = () =>
  parseAllDocuments(controllerFiles["kubernetes/manifests.yaml"] ?? "").map((one) => one.toJS() as KubernetesManifest);

proofs(
  "cert-manager",
  controllerJson,
  (prove) => {
    let run: Workspace;
    afterAll(() => run?.remove());

    prove("apply", "makes PKI, role, policy and login; no key is in the state", async () => {
      const { cluster, vault } = await servers();
      await installKinds(cluster);
      const { url, certificate, token } = cluster.access ?? { url: "", certificate: "", token: "" };
      const configured = await vault.call("POST", "auth/kubernetes/config", {
        kubernetes_host: url,
        kubernetes_ca_cert: readFileSync(certificate, "utf8"),
        token_reviewer_jwt: token,
      });
      expect(configured.status).toBe(204);
      run = await inServers("cert-manager", controllerJson);
      const { added, warnings } = await run.apply();
      expect({ added, warnings }).toEqual({ added: 15, warnings: [] });
      expect(JSON.stringify(run.state())).not.toContain("PRIVATE KEY");
      expect((await run.plan()).exitCode).toBe(0);
    });

    prove("outputs", "the files are objects that the cluster takes as they are", async () => {
      const { cluster } = await servers();
      for (const manifest of manifests()) {
        await cluster.call("POST", `${collections[manifest.kind]}?fieldValidation=Strict`, manifest);
      }
      expect(manifests().map(({ kind }) => kind)).toEqual(Object.keys(collections));
    });

    prove("outputs", "the patch mounts the Secret into the Deployment", async () => {
      const { cluster } = await servers();
      const path = "/apis/apps/v1/namespaces/serving/deployments";
      const labels = { app: "inference" };
      await cluster.call("POST", path, {
        metadata: { name: "inference" },
        spec: {
          selector: { matchLabels: labels },
          template: { metadata: { labels }, spec: { containers: [{ name: "server", image: "server" }] } },
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
      expect(spec.template.spec.volumes).toMatchObject([{ secret: { secretName: "inference-tls" } }]);
      await cluster.call("DELETE", `${path}/inference`);
    });

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
        await expectServes({ chain, key, trust, type: "kubernetes.io/tls", uid: "" }, inference.names);
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

    prove("destroy", "leaves nothing", async () => {
      await run.destroy();
      expect(await pkiMounts()).toEqual([]);
    });
  },
  [loginNeed],
);

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
