import { ConfigMapV1 } from "@cdktf/provider-kubernetes/lib/config-map-v1";
import { IngressV1 } from "@cdktf/provider-kubernetes/lib/ingress-v1";
import { NamespaceV1 } from "@cdktf/provider-kubernetes/lib/namespace-v1";
import { SecretV1 } from "@cdktf/provider-kubernetes/lib/secret-v1";
import { ServiceV1 } from "@cdktf/provider-kubernetes/lib/service-v1";
import type { Construct } from "constructs";
import type { PipelineServiceConfig } from "../config/pipeline-tls";
import type { IssuedCertificate } from "./tls";

/** The port that clients of a service use. */
const httpsPort = 443;

/** What every object of a stack has. */
export interface Placement {
  /** The namespace's name; of one that the stack makes, an expression, so that it is made first. */
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** The name of the namespace that a stack's objects live in, made if the config says so. */
export function namespaceName(
  scope: Construct,
  { name, create }: { readonly name: string; readonly create: boolean },
  labels: Placement["labels"],
): string {
  return create
    ? new NamespaceV1(scope, `namespace_${name}`, { metadata: { name, labels: { ...labels } } }).metadata.name
    : name;
}

/** The certificates that clients must trust, for pods to mount. */
export function trustConfigMap(
  scope: Construct,
  id: string,
  name: string,
  pem: string,
  { namespace, labels }: Placement,
): void {
  new ConfigMapV1(scope, id, {
    metadata: { name, namespace, labels: { ...labels } },
    data: { "ca.crt": pem },
  });
}

/**
 * Puts a service into the cluster: the Secret with its certificate, the Service in front of its pods, and an Ingress if
 * it is to have one.
 *
 * @param scope - the service's construct, whose id names the resources
 */
export function deliverService(
  scope: Construct,
  service: PipelineServiceConfig,
  certificate: IssuedCertificate,
  { namespace, labels }: Placement,
): void {
  const metadata = (name: string) => ({ name, namespace, labels: { ...labels } });
  const secret = new SecretV1(scope, SecretV1.tfResourceType, {
    metadata: metadata(service.secret),
    type: "kubernetes.io/tls",
    // The provider encodes; what stands here is PEM.
    data: { "tls.crt": certificate.chainPem, "tls.key": certificate.keyPem, "ca.crt": certificate.trustPem },
  });
  const made = new ServiceV1(scope, ServiceV1.tfResourceType, {
    metadata: metadata(service.name),
    spec: {
      selector: { ...service.selector },
      port: [{ name: "https", port: httpsPort, targetPort: String(service.port), protocol: "TCP" }],
    },
  });
  if (service.ingress === undefined) return;
  const backend = { service: { name: made.metadata.name, port: { number: httpsPort } } };
  new IngressV1(scope, IngressV1.tfResourceType, {
    metadata: { ...metadata(service.name), annotations: { ...service.ingress.annotations } },
    spec: {
      ingressClassName: service.ingress.className,
      tls: [{ hosts: [...service.publicNames], secretName: secret.metadata.name }],
      rule: service.publicNames.map((host) => ({
        host,
        http: { path: [{ path: "/", pathType: "Prefix", backend }] },
      })),
    },
  });
}
