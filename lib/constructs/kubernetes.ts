import { ConfigMapV1 } from "@cdktf/provider-kubernetes/lib/config-map-v1";
import { IngressV1 } from "@cdktf/provider-kubernetes/lib/ingress-v1";
import { NamespaceV1 } from "@cdktf/provider-kubernetes/lib/namespace-v1";
import { KubernetesProvider } from "@cdktf/provider-kubernetes/lib/provider";
import { SecretV1 } from "@cdktf/provider-kubernetes/lib/secret-v1";
import type { ITerraformDependable } from "cdktf";
import type { Construct } from "constructs";
import type { KubernetesConfig, NamespaceConfig } from "../config/kubernetes";

/** What every object of a stack has. */
export interface Placement {
  /** The namespace's name; of one that the stack makes, an expression, so that it is made first. */
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
  /** The namespace itself if the stack makes it, for what cannot wait for an expression. */
  readonly ready: ITerraformDependable[];
}

/** Where a stack's objects live: its cluster, and a namespace, made if the config says so. */
export function placementIn(
  scope: Construct,
  { kubernetes, namespace: { name, create } }: { kubernetes: KubernetesConfig; namespace: NamespaceConfig },
  labels: Placement["labels"],
): Placement {
  new KubernetesProvider(scope, "provider_kubernetes", {
    configPath: kubernetes.kubeconfig,
    configContext: kubernetes.context,
    // What other controllers write on the stack's objects is theirs: without this every plan takes it off again, and an
    // apply turns an injected sidecar off. The stack's own keys are still repaired.
    ignoreAnnotations: [".*"],
    ignoreLabels: [".*"],
  });
  if (!create) return { namespace: name, labels, ready: [] };
  const made = new NamespaceV1(scope, `namespace_${name}`, { metadata: { name, labels: { ...labels } } });
  return { namespace: made.metadata.name, labels, ready: [made] };
}

/** The name of a stack's {@link trustConfigMap}. */
export const trustName = (stack: Construct) => `${stack.node.id}-trust`;

/** The certificates that clients of a stack must trust, for pods to mount. */
export function trustConfigMap(stack: Construct, pem: string, { namespace, labels }: Placement): void {
  new ConfigMapV1(stack, "trust_bundle", {
    metadata: { name: trustName(stack), namespace, labels: { ...labels } },
    data: { "ca.crt": pem },
  });
}

/** What a Secret with a certificate holds (PEM). */
export interface TlsFiles {
  /** The certificate, then what signed it. */
  readonly chainPem: string;
  readonly keyPem: string;
  /** What verifies it. */
  readonly trustPem: string;
}

/** A Secret with a certificate and its key, as pods and Ingresses take it. */
export function tlsSecret(
  scope: Construct,
  name: string,
  { chainPem, keyPem, trustPem }: TlsFiles,
  { namespace, labels }: Placement,
): SecretV1 {
  return new SecretV1(scope, SecretV1.tfResourceType, {
    metadata: { name, namespace, labels: { ...labels } },
    type: "kubernetes.io/tls",
    // The provider encodes; what stands here is PEM.
    data: { "tls.crt": chainPem, "tls.key": keyPem, "ca.crt": trustPem },
  });
}

/** What an Ingress serves. */
export interface IngressProps {
  readonly name: string;
  readonly className?: string | undefined;
  readonly annotations: Readonly<Record<string, string>>;
  readonly hosts: readonly string[];
  /** The Secret with the certificate. */
  readonly secretName: string;
  /** The Service behind it. */
  readonly service: string;
  readonly port: number;
}

/** An Ingress that serves hosts with a certificate. */
export function tlsIngress(scope: Construct, props: IngressProps, { namespace, labels }: Placement): void {
  const { name, className, annotations, hosts, secretName, service, port } = props;
  const backend = { service: { name: service, port: { number: port } } };
  new IngressV1(scope, IngressV1.tfResourceType, {
    metadata: { name, namespace, labels: { ...labels }, annotations: escaped(annotations) },
    spec: {
      ingressClassName: className,
      tls: [{ hosts: [...hosts], secretName }],
      rule: hosts.map((host) => ({
        host,
        http: { path: [{ path: "/", pathType: "Prefix", backend }] },
      })),
    },
  });
}

/** Texts in which Terraform evaluates nothing. */
function escaped(texts: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(texts).map(([key, text]) => [key, text.replace(/[$%](?=\{)/g, "$&$&")]));
}
