import { spawnSync } from "node:child_process";
import type { X509Certificate } from "node:crypto";
import example from "../../config/example";
import type { ConfigInput } from "../../stacks/config";
import { certificatesIn, extensionsOf, shakeHands } from "../support/handshake";
import { faultIn, type KubernetesWorld, worldOf } from "../support/servers/kubernetes-world";
import type { RunningVault } from "../support/servers/vault-server";
import type { Actions, Change, Claim, Lifecycle } from "../support/terraform/lifecycle";
import { synthesized } from "../support/terraform/proofs";
import { type Json, needsOf, TerraformError } from "../support/terraform/terraform";
import { days, expectServes, isRevoked, leafOf, listOf, pkiMounts, secret, serverNeeds, servers } from "./servers";

/** A stack of this scenario, as a user writes it. */
export type VaultPkiK8sInput = Extract<ConfigInput["stacks"][string], { readonly scenario: "vault-pki-k8s" }>;

/** Fields of the stack that are not as in the example. */
export type Changes = Partial<VaultPkiK8sInput>;

export const STACK = "vault-pki-k8s";
const exampleStack = example.stacks[STACK] as VaultPkiK8sInput;
const json = synthesized("config/example.ts")[STACK] as string;

/** The example config with some fields of the stack and some settings changed. */
export const configWith = (changes: Changes, settings: Json = {}) => ({
  ...example,
  ...settings,
  stacks: { [STACK]: { ...exampleStack, ...changes } },
});

/** The synthesized JSON of the example's stack, with some fields changed. */
export const jsonWith = (changes: Changes, settings: Json = {}) =>
  synthesized(configWith(changes, settings))[STACK] as string;

const { certificates, pki } = exampleStack;
if (!certificates.inference || !certificates.gateway || !("root" in pki)) throw new Error("other example");
/** The example's authorities. */
export const ownPki = pki;
/** The example's certificate of a service. */
export const { inference } = certificates;
const { gateway } = certificates;

const roleName = (certificate: string) => `ai-platform-example-${STACK}-${certificate}`;

/** A cluster and a Vault as this stack meets them. */
interface VaultWorld extends KubernetesWorld {
  vault: RunningVault;
  /** PKI mounts that were there before the stack. */
  before: readonly string[];
}

async function start(): Promise<VaultWorld> {
  const { cluster, vault } = await servers();
  const kubernetes = worldOf(cluster, "serving");
  const made = async () => [...(await kubernetes.objects()), ...(await objectsIn(vault))];
  expect(await made()).toEqual([]);
  return {
    ...kubernetes,
    vault,
    before: await pkiMounts(),
    servers: [vault.description, cluster.description],
    overrides: () => ({ provider: { kubernetes: cluster.provider, vault: vault.provider } }),
    objects: async () => [...(await pkiMounts()).map((path) => `mount ${path}`), ...(await made())],
    // The other stacks of this scenario are applied to the same servers.
    stop: async () => undefined,
  };
}

/** Policies, logins and roles of the stack, with everything that they say. */
async function objectsIn({ call }: RunningVault): Promise<string[]> {
  const folders = ["sys/policies/acl", "auth/kubernetes/role", "pki_int/roles"];
  const all = folders.map(async (folder) => {
    const { keys = [] } = ((await call("LIST", folder)).body.data ?? {}) as { keys?: string[] };
    const own = keys.filter((name) => folder !== "sys/policies/acl" || name.includes(STACK));
    // When and how often a policy was written is another matter.
    const lasting = (key: string, value: unknown) => (["modified", "version"].includes(key) ? undefined : value);
    const said = async (path: string) => `${path} ${JSON.stringify((await call("GET", path)).body.data, lasting)}`;
    return Promise.all(own.map((name) => said(`${folder}/${name}`)));
  });
  return (await Promise.all(all)).flat().sort();
}

function textOf(certificate: X509Certificate | undefined): string {
  return spawnSync("openssl", ["x509", "-noout", "-text"], { input: String(certificate), encoding: "utf8" }).stdout;
}

type Shown = Record<"inference" | "gateway", Awaited<ReturnType<typeof secret>>>;
const shownNow = async (): Promise<Shown> => ({
  inference: await secret("inference"),
  gateway: await secret("gateway"),
});
/** Secrets before a change. */
let shown: Shown;

/** Secrets before and after a change. */
async function changed(): Promise<{ old: Shown; now: Shown }> {
  const old = shown;
  shown = await shownNow();
  return { old, now: shown };
}

/** A certificate is replaced without a gap: the new one is there before the old one goes. */
const renewed: Actions = {
  "kubernetes_secret_v1.inference": ["update"],
  "vault_pki_secret_backend_cert.inference": ["create", "delete"],
};
const withRole: Actions = { ...renewed, "vault_pki_secret_backend_role.inference": ["update"] };
const moreNames = [...inference.names, "infer.example.com"];
const withNames = (more: Json = {}): Changes => ({
  certificates: { gateway, inference: { ...inference, names: moreNames, ...more } },
});

/** A change of the one certificate that issues it anew at once. */
const anew = (sentence: string, more: Json, look: (leaf: X509Certificate) => void): Change<VaultWorld> => ({
  sentence: `${sentence} issues anew at once`,
  json: jsonWith(withNames(more)),
  actions: withRole,
  holds: async () => {
    const { now } = await changed();
    look(leafOf(now.inference));
    await expectServes(now.inference, moreNames);
  },
});

const changes: Change<VaultWorld>[] = [
  {
    sentence: "a name is added without a gap: the old certificate stays valid, the Secret is updated",
    json: jsonWith(withNames()),
    actions: withRole,
    holds: async () => {
      const { old, now } = await changed();
      expect(now.inference.uid).toBe(old.inference.uid);
      await expectServes(now.inference, moreNames);
      // A pod that has not reloaded still serves the old certificate, and every client must accept it.
      expect(await isRevoked(leafOf(old.inference))).toBe(false);
      await expectServes({ ...old.inference, trust: now.inference.trust }, inference.names);
      expect(now.inference.trust).toBe(old.inference.trust);
    },
  },
  anew("another lifetime", { lifetime: "45d" }, (leaf) => expect(days(leaf)).toBe(45)),
  anew("another key", { lifetime: "45d", key: "ecdsa-p384" }, ({ publicKey }) =>
    expect(publicKey.asymmetricKeyDetails?.namedCurve).toBe("secp384r1"),
  ),
  anew("another purpose", { lifetime: "45d", key: "rsa-2048", purpose: "mutual" }, (leaf) =>
    expect(extensionsOf(String(leaf))).toMatchObject({
      "Key Usage": "critical, Digital Signature, Key Encipherment",
      "Extended Key Usage": "TLS Web Server Authentication, TLS Web Client Authentication",
    }),
  ),
  {
    sentence: "the intermediate is signed again for another lifetime; what it signed before stays valid",
    json: jsonWith({
      ...withNames(),
      pki: { ...ownPki, intermediate: { ...ownPki.intermediate, lifetime: "2000d" } },
    }),
    actions: {
      ...withRole,
      "vault_mount.intermediate": ["update"],
      "vault_pki_secret_backend_config_issuers.intermediate": ["update"],
      "vault_pki_secret_backend_intermediate_set_signed.intermediate": ["create", "delete"],
      "vault_pki_secret_backend_issuer.intermediate": ["create", "delete"],
      "vault_pki_secret_backend_root_sign_intermediate.intermediate": ["create", "delete"],
    },
    holds: async () => {
      const { old, now } = await changed();
      // The new intermediate issued it in the same apply.
      const [, between] = certificatesIn(now.inference.chain);
      expect(between && days(between)).toBe(2000);
      await expectServes(now.inference, moreNames);
      expect(await isRevoked(leafOf(old.gateway))).toBe(false);
      await expectServes(now.gateway, gateway.names, now.inference.trust);
    },
  },
];

const refusals: Claim<VaultWorld>[] = [
  {
    sentence: "a role issues its certificate's names and nothing else",
    holds: async ({ world: { vault } }) => {
      const ask = async (common_name: string, more: Json = {}) =>
        (await vault.call("POST", `pki_int/issue/${roleName("inference")}`, { common_name, ...more })).status;
      expect(await ask("inference.example.com", { alt_names: "inference.serving.svc" })).toBe(200);
      for (const name of ["example.com", "x.inference.example.com", "*.inference.example.com", "localhost"]) {
        expect([name, await ask(name)]).toEqual([name, 400]);
      }
      expect(await ask("inference.example.com", { ip_sans: "127.0.0.1" })).toBe(400);
      expect(await ask("inference.example.com", { uri_sans: "spiffe://example.com/x" })).toBe(400);
    },
  },
  {
    sentence: "a policy opens its own request and nothing else",
    holds: async ({ world: { vault } }) => {
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
    },
  },
  {
    sentence: "nothing destroys the authorities while they are protected",
    holds: async ({ world, stack }) => {
      const { trust } = await secret("gateway");
      await expect(stack.destroy()).rejects.toThrow(/Instance cannot be destroyed/);
      // A rename would destroy as well.
      stack.replace(jsonWith({ pki: { ...ownPki, root: { ...ownPki.root, commonName: "Renamed" } } }));
      await expect(stack.plan()).rejects.toThrow(TerraformError);
      expect(await pkiMounts()).toEqual([...world.before, "pki_int", "pki_root"].sort());
      await expectServes(await secret("gateway"), gateway.names, trust);
    },
  },
];

/** What the stack says of itself. */
export const lifecycle: Lifecycle<VaultWorld> = {
  stack: STACK,
  json,
  needs: [...needsOf(JSON.parse(json) as Json), ...serverNeeds],
  start,
  applied: async ({ world }, { warnings, log }) => {
    expect(warnings).toEqual([]);
    expect(log).not.toContain("PRIVATE KEY");
    expect(await pkiMounts()).toEqual([...world.before, "pki_int", "pki_root"].sort());
    shown = await shownNow();
  },
  outputs: [
    {
      sentence: "a certificate is the leaf, then the intermediate; both carry the addresses of Vault",
      holds: async () => {
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
      },
    },
    {
      sentence: "each mount renews its revocation list before that ends, and tidies what has ended",
      holds: async ({ world: { vault } }) => {
        for (const mount of ["pki_root", "pki_int"]) {
          const said = async (what: string) => (await vault.call("GET", `${mount}/config/${what}`)).body.data;
          expect(await said("crl")).toMatchObject({
            auto_rebuild: true,
            auto_rebuild_grace_period: "48h",
            disable: false,
            expiry: "72h",
            ocsp_disable: false,
            ocsp_expiry: "12h",
          });
          expect(await said("auto-tidy")).toMatchObject({
            enabled: true,
            interval_duration: 43_200,
            safety_buffer: 259_200,
            tidy_cert_store: true,
            tidy_expired_issuers: false,
            tidy_revoked_certs: true,
          });
          const { from, to } = await listOf(mount);
          expect(from).toBeLessThanOrEqual(Date.now());
          // The first list already has the stack's own lifetime.
          expect(Math.round((to - from) / 3_600_000)).toBe(72);
        }
      },
    },
    {
      sentence: "say where secrets are, and when what ends; keys are in the state where the inventory says so",
      holds: async ({ stack }) => {
        const { chain, key, trust } = await secret("gateway");
        const output = (await stack.output()) as Record<string, Record<string, unknown>>;
        expect(output.secret_names).toEqual({ gateway: "serving/gateway", inference: "serving/inference" });
        expect(output.ca_bundle).toBe(trust);
        expect(output.request_paths?.gateway).toBe(`pki_int/issue/${roleName("gateway")}`);
        expect(Date.parse(String(output.certificate_not_after?.gateway))).toBe(
          Date.parse(leafOf({ chain, key }).validTo),
        );
        expect(JSON.stringify(output)).not.toContain("PRIVATE KEY");
        const holders = Object.entries(stack.state()).filter(([, attributes]) =>
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
    },
  ],
  handshakes: [
    {
      sentence: "each Secret serves each of its names, by strict rules, from leaf to root",
      holds: async () => {
        await expectServes(shown.inference, inference.names);
        await expectServes(shown.gateway, gateway.names);
      },
    },
    {
      sentence: "a certificate for both sides opens mutual TLS, one for servers does not",
      holds: async () => {
        const { inference: server, gateway: client } = shown;
        const mutual = { server, trust: server.trust, clientTrust: server.trust, name: "inference.example.com" };
        expect((await shakeHands({ ...mutual, client })).verdict).toBe("accepted");
        expect((await shakeHands({ ...mutual, client: server })).verdict).toBe("refused by server: INVALID_PURPOSE");
      },
    },
  ],
  refusals,
  served: async () => {
    const faults = Object.entries(await shownNow()).map(([name, mounted]) => faultIn(name, mounted));
    return faults.find((fault) => fault !== undefined);
  },
  changes,
  drifts: [
    {
      sentence: "a wider role, a changed policy, a lost Secret and lists that nothing renews",
      happens: async ({ namespace, vault }) => {
        const role = `pki_int/roles/${roleName("inference")}`;
        const { body } = await vault.call("GET", role);
        await vault.call("POST", role, { ...(body.data as Json), allow_any_name: true });
        const policy = 'path "pki_int/*" { capabilities = ["update"] }';
        await vault.call("POST", `sys/policies/acl/${roleName("gateway")}`, { policy });
        await namespace.remove("secrets", "gateway");
        await vault.call("POST", "pki_int/config/crl", { auto_rebuild: false });
        await vault.call("POST", "pki_root/config/auto-tidy", { enabled: false });
      },
      actions: {
        "kubernetes_secret_v1.gateway": ["create"],
        "vault_pki_secret_backend_config_auto_tidy.root": ["update"],
        "vault_pki_secret_backend_crl_config.intermediate": ["update"],
        "vault_pki_secret_backend_role.inference": ["update"],
        "vault_policy.gateway": ["update"],
      },
      holds: async () => expectServes(await secret("gateway"), gateway.names),
    },
  ],
  ending: { unprotected: jsonWith({ pki: { ...ownPki, protect: false } }) },
};
