import type { KubernetesConfig } from "../../lib/config/kubernetes";
import { type Path, type Report, show } from "../../lib/config/report";
import type { Stack } from "..";
import { mayBeSame } from "./may-be-same";

type VaultCertificate = Stack<"vault-pki-k8s">["config"]["certificates"][number];

/** Every object of a cluster, and every public name, has one owner: the second one's apply would fail half-way. */
export function checkKubernetesOwnership(stacks: readonly Stack[], report: Report): void {
  const owners = new Map<string, { readonly owner: string; readonly kubeconfig: string | undefined }[]>();
  /** Takes a thing for an owner; if it has one already, says who that is. */
  const take = (thing: string, owner: string, kubeconfig?: string): string | undefined => {
    const known = owners.get(thing) ?? [];
    // One context's name can stand in two kubeconfig files for two clusters.
    const other = known.find((one) => mayBeSame(one.kubeconfig, kubeconfig));
    if (other === undefined) owners.set(thing, [...known, { owner, kubeconfig }]);
    return other?.owner;
  };
  for (const { name: stack, kind, config } of stacks) {
    if (!("kubernetes" in config)) continue;
    const path = ["stacks", stack];
    const { kubernetes, namespace } = config;
    const takeObject = (kind: string, name: string, owner: string) =>
      take(`${kind} ${kubernetes.context}/${name}`, owner, kubernetes.kubeconfig);
    const placed = isPlaced(kubernetes, namespace.name, path, report);
    const creator = placed && namespace.create ? takeObject("Namespace", namespace.name, stack) : undefined;
    if (creator !== undefined) {
      report.problem(
        [...path, "namespace", "create"],
        `is true, but stack ${creator} creates the namespace ${show(namespace.name)} already; leave it out here`,
      );
    }
    if (kind === "vault-pki-k8s") {
      if (!placed) continue;
      for (const certificate of config.certificates) {
        takeCertificate(certificate, stack, namespace.name, takeObject, report);
      }
      continue;
    }
    const { services, dns } = config;
    for (const service of services) {
      const at = [...path, "services", service.name];
      const owner = `service ${service.name} of stack ${stack}`;
      const twin = placed ? takeObject("Service", `${namespace.name}/${service.name}`, stack) : undefined;
      if (twin !== undefined) {
        report.problem(
          at,
          `is a Service of stack ${twin} already, in the same namespace; rename it, or give one of the stacks another namespace`,
        );
      }
      if (placed && service.ingress !== undefined) takeObject("Ingress", `${namespace.name}/${service.name}`, owner);
      const holder = placed ? takeObject("Secret", `${namespace.name}/${service.secret}`, owner) : undefined;
      const ownName = service.secret !== service.name;
      // A twin's new name gives its Secret a new one as well.
      if (holder !== undefined && (twin === undefined || ownName)) {
        report.problem(
          [...at, "secret"],
          `${ownName ? "is" : "would be"} ${show(service.secret)}, which is the Secret of ${holder}; write another name`,
        );
      }
      for (const name of dns === undefined ? [] : service.publicNames) {
        const other = take(`public name ${name}`, owner);
        if (other === undefined) continue;
        report.problem(
          [...at, "names", { member: name }],
          `is a public name of ${other} already, and leads to one place only; write another name`,
        );
      }
    }
  }
}

/** Takes the objects that a certificate from Vault becomes. */
function takeCertificate(
  certificate: VaultCertificate,
  stack: string,
  namespace: string,
  take: (kind: string, name: string, owner: string) => string | undefined,
  report: Report,
): void {
  const { name, secret, consumer } = certificate;
  const at = ["stacks", stack, "certificates", name];
  const owner = `certificate ${name} of stack ${stack}`;
  const holder = take("Secret", `${namespace}/${secret}`, owner);
  if (holder !== undefined) {
    report.problem(
      [...at, "secret"],
      `${secret === name ? "would be" : "is"} ${show(secret)}, which is the Secret of ${holder}; write another name`,
    );
    // A new name for the certificate would give its other objects new ones as well.
    if (secret === name) return;
  }
  takeMount(certificate, at, owner, namespace, take, report);
  const kinds = [
    ...(certificate.delivery === "cert-manager" ? ["Issuer"] : []),
    ...(consumer !== undefined && "ingress" in consumer ? ["Ingress"] : []),
  ];
  for (const kind of kinds) {
    const other = take(kind, `${namespace}/${name}`, owner);
    if (other === undefined) continue;
    report.problem(
      at,
      `would have the ${kind} ${show(name)}, which is that of ${other} in the same namespace; rename it`,
    );
  }
}

/** Of two patches with one mount path, or one volume, the second would put its Secret in the place of the first's. */
function takeMount(
  { name, consumer }: VaultCertificate,
  at: Path,
  owner: string,
  namespace: string,
  take: (kind: string, name: string, owner: string) => string | undefined,
  report: Report,
): void {
  if (consumer === undefined || !("deployment" in consumer)) return;
  const { name: deployment, container, mountPath } = consumer.deployment;
  const mounted = take("Mount", `${namespace}/${deployment}/${container}:${mountPath}`, owner);
  if (mounted !== undefined) {
    report.problem(
      [...at, "consumer", "deployment", "mountPath"],
      `would be ${show(mountPath)}, where the container ${show(container)} of the Deployment ${show(deployment)} has the Secret of ${mounted} already; write another mountPath for one of them`,
    );
  }
  const volume = take("Volume", `${namespace}/${deployment}:${name}`, owner);
  if (volume === undefined) return;
  report.problem(
    at,
    `would have the volume ${show(name)} in the Deployment ${show(deployment)}, which is that of ${volume}; rename it`,
  );
}

/** Whether it is known where the stack's objects would lie. */
function isPlaced(kubernetes: KubernetesConfig, namespace: string, path: Path, report: Report): boolean {
  const parts = [
    [...path, "kubernetes", "context"],
    [...path, "kubernetes", "kubeconfig"],
    [...path, "namespace", "name"],
  ];
  return kubernetes.context !== "" && namespace !== "" && !parts.some((part) => report.refused(part));
}
