import { X509Certificate } from "node:crypto";
import example from "../../config/example";
import type { ConfigInput } from "../../stacks/config";
import { shakeHands } from "../support/handshake";
import { kubernetesNeed } from "../support/servers/kubernetes-server";
import {
  faultIn,
  importIdsIn,
  type KubernetesWorld,
  mounted,
  startKubernetes,
  trustIn,
  versionsIn,
} from "../support/servers/kubernetes-world";
import type { Actions, Change, Drift, Lifecycle, Recovery } from "../support/terraform/lifecycle";
import { synthesized } from "../support/terraform/proofs";
import { type Json, needsOf } from "../support/terraform/terraform";

/** A stack of this scenario, as a user writes it. */
type PipelineTlsInput = Extract<ConfigInput["stacks"][string], { readonly scenario: "pipeline-tls" }>;

const STACK = "pipeline-tls";
const NAMESPACE = "pipeline";
const scenario = example.stacks[STACK] as PipelineTlsInput;
const json = synthesized("config/example.ts")[STACK] as string;

/** The example with other services, as the product synthesizes it. */
function withServices(changed: PipelineTlsInput["services"]): string {
  const stack = { ...scenario, services: { ...scenario.services, ...changed } };
  return synthesized({ ...example, stacks: { [STACK]: stack } })[STACK] as string;
}

/** Every name of a service inside the cluster, by the rules of Kubernetes. */
const namesOf = (service: string) => [
  service,
  ...["", ".svc", ".svc.cluster.local"].map((rest) => `${service}.${NAMESPACE}${rest}`),
];

const each = (types: readonly string[], service: string, action: string[]): Actions =>
  Object.fromEntries(types.map((type) => [`${type}.${service}`, action]));
const ownTypes = [
  "tls_private_key",
  "tls_cert_request",
  "tls_locally_signed_cert",
  "kubernetes_secret_v1",
  "kubernetes_service_v1",
];
const embedder = { port: 8443, selector: { app: "embedder" } };
const trainer = { port: 9443, selector: { app: "trainer" }, client: true };
/** Versions before a change; what it must leave alone keeps them. */
let before: Readonly<Record<string, string>> = {};

async function untouched({ namespace }: KubernetesWorld, but: readonly string[]): Promise<void> {
  const now = await versionsIn(namespace);
  const rest = (all: typeof now) => Object.fromEntries(Object.entries(all).filter(([id]) => !but.includes(id)));
  expect(rest(now)).toEqual(rest(before));
  before = now;
}

const changes: Change<KubernetesWorld>[] = [
  {
    sentence: "a service added touches nothing of the others",
    json: withServices({ embedder }),
    actions: each(ownTypes, "embedder", ["create"]),
    holds: ({ world }) => untouched(world, ["secrets/embedder", "services/embedder"]),
  },
  {
    sentence: "a service removed takes its own objects and nothing else",
    json,
    actions: each(ownTypes, "embedder", ["delete"]),
    holds: ({ world }) => untouched(world, ["secrets/embedder", "services/embedder"]),
  },
  {
    sentence: "another port touches the Service alone",
    json: withServices({ trainer }),
    actions: { "kubernetes_service_v1.trainer": ["update"] },
    holds: ({ world }) => untouched(world, ["services/trainer"]),
  },
  {
    sentence: "another key touches its own certificate and Secret alone",
    json: withServices({ trainer: { ...trainer, key: "ecdsa-p384" } }),
    actions: {
      ...each(["tls_private_key", "tls_cert_request", "tls_locally_signed_cert"], "trainer", ["delete", "create"]),
      "kubernetes_secret_v1.trainer": ["update"],
    },
    holds: async ({ world }) => {
      await untouched(world, ["secrets/trainer"]);
      const { chain } = await mounted(world.namespace, "trainer");
      expect(new X509Certificate(chain).publicKey.asymmetricKeyDetails?.namedCurve).toBe("secp384r1");
    },
  },
];

const drifts: Drift<KubernetesWorld>[] = [
  {
    sentence: "a Secret deleted",
    happens: ({ namespace }) => namespace.remove("secrets", "ingest"),
    actions: { "kubernetes_secret_v1.ingest": ["create"] },
  },
  {
    sentence: "another certificate in a Secret",
    happens: async ({ namespace }) => {
      const another = Buffer.from((await mounted(namespace, "ingest")).chain).toString("base64");
      const change = (secret: Json) => ({ ...secret, data: { ...(secret.data as Json), "tls.crt": another } });
      await namespace.change("secrets", "trainer", change);
    },
    actions: { "kubernetes_secret_v1.trainer": ["update"] },
  },
  {
    sentence: "nobody left to trust",
    happens: ({ namespace }) =>
      namespace.change("configmaps", `${STACK}-trust`, (object) => ({ ...object, data: { "ca.crt": "" } })),
    actions: { "kubernetes_config_map_v1.trust_bundle": ["update"] },
  },
  {
    sentence: "a Service that selects other pods",
    happens: ({ namespace }) =>
      namespace.change("services", "trainer", (object) => ({
        ...object,
        spec: { ...(object.spec as Json), selector: { app: "elsewhere" } },
      })),
    actions: { "kubernetes_service_v1.trainer": ["update"] },
  },
  {
    sentence: "a label changed",
    happens: ({ namespace }) =>
      namespace.change("secrets", "ingest", (object) => {
        const metadata = object.metadata as { labels: Json };
        return { ...object, metadata: { ...metadata, labels: { ...metadata.labels, team: "elsewhere" } } };
      }),
    actions: { "kubernetes_secret_v1.ingest": ["update"] },
  },
  {
    sentence: "nothing, where other controllers wrote labels and annotations of their own",
    happens: async ({ namespace }) => {
      await namespace.mark({
        labels: { "istio-injection": "enabled" },
        annotations: { "field.cattle.io/projectId": "c-1:p-1" },
      });
      const annotations = { "cloud.google.com/neg-status": "{}" };
      for (const [kind, name] of [
        ["services", "trainer"],
        ["secrets", "ingest"],
        ["configmaps", `${STACK}-trust`],
      ] as const) {
        await namespace.change(kind, name, (object) => ({
          ...object,
          metadata: { ...(object.metadata as Json), annotations },
        }));
      }
    },
    actions: {},
  },
];

/** What the stack says of itself. */
export const lifecycle: Lifecycle<KubernetesWorld> & { start(): Promise<KubernetesWorld> } = {
  stack: STACK,
  json,
  needs: [...needsOf(JSON.parse(json) as Json), kubernetesNeed()],
  start: () => startKubernetes(scenario.kubernetes.context, NAMESPACE),
  outputs: [
    {
      sentence: "namespace, Secrets, Services and trust are made, and labelled",
      holds: async ({ world: { namespace }, stack }) => {
        const labels = {
          team: "ml-platform",
          project: "ai-platform",
          environment: "example",
          stack: STACK,
          "managed-by": "terraform",
        };
        const objects = await namespace.objects();
        const made = Object.keys(scenario.services).flatMap((name) => [`secrets/${name}`, `services/${name}`]);
        expect(objects.map(({ id }) => id).sort()).toEqual([`configmaps/${STACK}-trust`, ...made].sort());
        for (const object of objects) expect(object.labels).toEqual(labels);
        expect((await namespace.read("services", "ingest")).spec).toMatchObject({
          type: "ClusterIP",
          selector: { app: "ingest" },
          ports: [{ port: 443, targetPort: 8443, protocol: "TCP" }],
        });
        // The namespace comes first and goes last, whoever wins a race.
        for (const [address, dependencies] of Object.entries(stack.dependencies())) {
          if (!/^kubernetes_(?!namespace)/.test(address)) continue;
          expect(dependencies).toContain(`kubernetes_namespace_v1.namespace_${NAMESPACE}`);
        }
        before = await versionsIn(namespace);
      },
    },
    {
      sentence: "the certificates that the cluster has are named, and no key",
      holds: async ({ world: { namespace }, stack }) => {
        const outputs = await stack.output();
        expect(outputs.ca_bundle).toBe(await trustIn(namespace, STACK));
        expect(JSON.stringify(outputs)).not.toContain("PRIVATE KEY");
        const inventory = outputs.certificate_inventory as Record<string, { secret: string | null; not_after: string }>;
        expect(Object.keys(inventory).sort()).toEqual(["ca", ...Object.keys(scenario.services)]);
        for (const name of Object.keys(scenario.services)) {
          const certificate = new X509Certificate((await mounted(namespace, name)).chain);
          const { secret, not_after: end } = inventory[name] ?? {};
          expect(secret).toBe(`${NAMESPACE}/${name}`);
          expect(Math.floor(Date.parse(end ?? "") / 1000)).toBe(Date.parse(certificate.validTo) / 1000);
        }
      },
    },
  ],
  handshakes: [
    {
      sentence: "what the cluster gives to pods opens, in both directions and by every name",
      holds: async ({ world: { namespace } }) => {
        const trust = await trustIn(namespace, STACK);
        const [ingest, client] = await Promise.all([mounted(namespace, "ingest"), mounted(namespace, "trainer")]);
        expect([ingest.trust, client.trust]).toEqual([trust, trust]);
        for (const name of namesOf("ingest")) {
          const mutual = { server: ingest, trust, name, clientTrust: trust };
          expect((await shakeHands({ ...mutual, client })).verdict).toBe("accepted");
          expect((await shakeHands(mutual)).verdict).toMatch(/^refused by server/);
        }
        for (const name of namesOf("trainer")) {
          const mutual = { server: client, trust, name, clientTrust: trust, client: ingest };
          expect((await shakeHands(mutual)).verdict).toBe("refused by server: INVALID_PURPOSE");
        }
      },
    },
  ],
  served: async ({ namespace }) => {
    for (const name of Object.keys(scenario.services)) {
      const fault = faultIn(name, await mounted(namespace, name));
      if (fault !== undefined) return fault;
    }
    return undefined;
  },
  changes,
  drifts,
};

/** What an operator imports after an apply that was cut off: what the cluster has and the state has not. */
export const recovery: Recovery<KubernetesWorld> = {
  kept: /^kubernetes_/,
  importIds: ({ namespace }) => importIdsIn(namespace, NAMESPACE, json),
};
