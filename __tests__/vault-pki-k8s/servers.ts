import { spawnSync } from "node:child_process";
import { createPrivateKey, type X509Certificate } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { certificatesIn, type Identity, opensslNeed, opensslVerdict, shakeHands } from "../support/handshake";
import { type Cluster, kubernetesNeed, namespaceOf, startCluster } from "../support/servers/kubernetes-server";
import { mounted } from "../support/servers/kubernetes-world";
import { type RunningVault, startVault, vaultNeed } from "../support/servers/vault-server";

const DAY = 86_400_000;
const AUTH_MOUNTS = ["kubernetes", "kubernetes-training"];

/** What every stack of this scenario is applied to. */
export const serverNeeds = [kubernetesNeed(), vaultNeed(), opensslNeed()];

interface Servers {
  cluster: Cluster;
  vault: RunningVault;
}

let started: Promise<Servers> | undefined;

/** One cluster and one Vault for the whole file; each run has its own mounts and namespace, or cleans up. */
export function servers(): Promise<Servers> {
  started ??= (async () => {
    const [cluster, vault] = await Promise.all([startCluster(["kind-serving"]), startVault()]);
    // The stack expects auth mounts that exist.
    for (const path of AUTH_MOUNTS) await vault.call("POST", `sys/auth/${path}`, { type: "kubernetes" });
    return { cluster, vault };
  })();
  return started;
}

/** What {@link servers} started, if anything did. */
export const runningServers = () => started?.catch(() => undefined);

/** Ends what {@link servers} started. */
export async function stopServers(): Promise<void> {
  const running = await runningServers();
  for (const path of AUTH_MOUNTS) await running?.vault.call("DELETE", `sys/auth/${path}`);
  await Promise.all([running?.cluster.stop(), running?.vault.stop()]);
}

/** A Secret with a certificate, as pods read it. */
export async function secret(name: string, namespace = "serving"): ReturnType<typeof mounted> {
  const { cluster } = await servers();
  return mounted(namespaceOf(cluster, namespace), name);
}

/** The certificate that a server of this chain shows first. */
export const leafOf = ({ chain }: Identity) => certificatesIn(chain)[0] as X509Certificate;
const namesIn = (leaf: X509Certificate) =>
  leaf.subjectAltName
    ?.split(", ")
    .map((name) => name.replace(/^DNS:/, ""))
    .sort();
/** A certificate's lifetime. */
export const days = (certificate: X509Certificate) =>
  Math.round((Date.parse(certificate.validTo) - Date.parse(certificate.validFrom)) / DAY);
const asked = (name: string) => name.replace("*", "any");

/** Asserts that strict OpenSSL and TLS clients accept the chain from certificate to root, for each name. */
export async function expectServes(
  shown: Identity & { readonly trust: string },
  names: readonly string[],
  trust = shown.trust,
): Promise<void> {
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
export async function isRevoked(certificate: X509Certificate, mount = "pki_int"): Promise<boolean> {
  const { vault } = await servers();
  const serial = (certificate.serialNumber.match(/../g) ?? []).join(":").toLowerCase();
  const { status, body } = await vault.call("GET", `${mount}/cert/${serial}`);
  expect(status).toBe(200);
  return (body.data as { revocation_time: number }).revocation_time !== 0;
}

/** From when to when the revocation list of a mount's default issuer is good, and which one of its lists it is. */
export async function listOf(mount: string): Promise<{ from: number; to: number; number: number }> {
  const { vault } = await servers();
  const answer = await fetch(`${vault.address}/v1/${mount}/crl/pem`);
  const ask = ["crl", "-noout", "-lastupdate", "-nextupdate", "-crlnumber"];
  const { stdout } = spawnSync("openssl", ask, { input: await answer.text(), encoding: "utf8" });
  const said = (what: string) => new RegExp(`^${what}=(.*)$`, "m").exec(stdout)?.[1] ?? "";
  return {
    from: Date.parse(said("lastUpdate")),
    to: Date.parse(said("nextUpdate")),
    number: Number.parseInt(said("crlNumber"), 16),
  };
}

/** Paths of the PKI mounts in Vault. */
export async function pkiMounts(): Promise<string[]> {
  const { vault } = await servers();
  const { data } = (await vault.call("GET", "sys/mounts")).body as { data: Record<string, { type: string }> };
  return Object.entries(data)
    .filter(([, { type }]) => type === "pki")
    .map(([path]) => path.replace(/\/$/, ""))
    .sort();
}
