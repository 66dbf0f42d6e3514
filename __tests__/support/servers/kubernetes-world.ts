import { createPrivateKey } from "node:crypto";
import { certificatesIn } from "../handshake";
import type { World } from "../terraform/lifecycle";
import { type Cluster, type Namespace, namespaceOf, startCluster } from "./kubernetes-server";

/** A cluster as a stack meets it that keeps to one namespace. */
export interface KubernetesWorld extends World {
  namespace: Namespace;
  /** Kills the cluster's API. */
  kill(): void;
}

/** A cluster of the harness's own, in which nobody has the namespace yet. */
export async function startKubernetes(context: string, name: string): Promise<KubernetesWorld> {
  return worldOf(await startCluster([context]), name);
}

/** A namespace of a cluster as the world of one stack. */
export function worldOf({ call, provider, description, died, kill, stop }: Cluster, name: string): KubernetesWorld {
  const namespace = namespaceOf({ call }, name);
  return {
    namespace,
    servers: [description],
    overrides: () => ({ provider: { kubernetes: provider } }),
    objects: async () => {
      const phase = await namespace.phase();
      const objects = (await namespace.objects()).map(({ id, labels }) => {
        const said = Object.entries(labels).map(([key, value]) => `${key}=${value}`);
        return [id, ...said.sort()].join(" ");
      });
      return [...(phase === undefined ? [] : [`namespaces/${name} ${phase}`]), ...objects.sort()];
    },
    died,
    kill,
    stop,
  };
}

/**
 * What pods mount of a Secret: certificates, key, and whom they trust (PEM); and its id, which stays the same while it is
 * only updated.
 */
export async function mounted(
  namespace: Namespace,
  secret: string,
): Promise<{ chain: string; key: string; trust: string; uid: string }> {
  const { data, type, metadata } = (await namespace.read("secrets", secret)) as {
    data: Record<string, string>;
    type: string;
    metadata: { uid: string };
  };
  expect(type).toBe("kubernetes.io/tls");
  expect(Object.keys(data).sort()).toEqual(["ca.crt", "tls.crt", "tls.key"]);
  const pem = (name: string) => Buffer.from(data[name] ?? "", "base64").toString();
  return { chain: pem("tls.crt"), key: pem("tls.key"), trust: pem("ca.crt"), uid: metadata.uid };
}

/** What is wrong with what pods mount of a Secret, if anything: another certificate's key, or a chain that breaks off. */
export function faultIn(
  secret: string,
  { chain, key, trust }: Awaited<ReturnType<typeof mounted>>,
): string | undefined {
  const [leaf, ...issuers] = [...certificatesIn(chain), ...certificatesIn(trust).slice(0, 1)];
  if (leaf === undefined || issuers.length === 0) return `the Secret of ${secret} holds no certificate`;
  if (!leaf.checkPrivateKey(createPrivateKey(key)))
    return `the Secret of ${secret} holds the key of another certificate`;
  const signed = issuers.every((issuer, place) => [leaf, ...issuers][place]?.verify(issuer.publicKey));
  return signed ? undefined : `the certificate of ${secret} is of an authority that nobody trusts`;
}

/** What a stack's ConfigMap tells everybody to trust (PEM). */
export async function trustIn(namespace: Namespace, stack: string): Promise<string> {
  const { data } = (await namespace.read("configmaps", `${stack}-trust`)) as { data: Record<string, string> };
  expect(Object.keys(data)).toEqual(["ca.crt"]);
  return data["ca.crt"] ?? "";
}

/** Ids and versions of everything in the namespace: what a change left alone keeps its version. */
export const versionsIn = async (namespace: Namespace): Promise<Readonly<Record<string, string>>> =>
  Object.fromEntries((await namespace.objects()).map(({ id, version }) => [id, version]));

/** Where the API has what a type of resource makes. */
const collections: Readonly<Record<string, string>> = {
  kubernetes_secret_v1: "secrets",
  kubernetes_service_v1: "services",
  kubernetes_config_map_v1: "configmaps",
  kubernetes_ingress_v1: "ingresses",
};

/** Import ids, by address, of what a configuration names and the namespace holds, itself included. */
export async function importIdsIn(
  namespace: Namespace,
  name: string,
  json: string,
): Promise<Readonly<Record<string, string>>> {
  const { resource } = JSON.parse(json) as { resource: Record<string, Record<string, { metadata: { name: string } }>> };
  const present = new Set((await namespace.objects()).map(({ id }) => id));
  const own = Object.keys(resource.kubernetes_namespace_v1 ?? {}).map((id) => [`kubernetes_namespace_v1.${id}`, name]);
  const objects = Object.entries(collections).flatMap(([type, collection]) =>
    Object.entries(resource[type] ?? {})
      .filter(([, { metadata }]) => present.has(`${collection}/${metadata.name}`))
      .map(([id, { metadata }]) => [`${type}.${id}`, `${name}/${metadata.name}`]),
  );
  return Object.fromEntries([...((await namespace.phase()) === undefined ? [] : own), ...objects]);
}
