import { ServiceV1 } from "@cdktf/provider-kubernetes/lib/service-v1";
import type { Construct } from "constructs";
import { type Placement, tlsIngress, tlsSecret } from "../../lib/constructs/kubernetes";
import type { IssuedCertificate } from "./certificate";
import type { PipelineServiceConfig } from "./config";

/** The port that clients of a service use. */
const httpsPort = 443;

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
  placement: Placement,
): void {
  const { namespace, labels } = placement;
  const secret = tlsSecret(scope, service.secret, certificate, placement);
  const made = new ServiceV1(scope, ServiceV1.tfResourceType, {
    metadata: { name: service.name, namespace, labels: { ...labels } },
    spec: {
      selector: { ...service.selector },
      port: [{ name: "https", port: httpsPort, targetPort: String(service.port), protocol: "TCP" }],
    },
  });
  if (service.ingress === undefined) return;
  tlsIngress(
    scope,
    {
      ...service.ingress,
      name: service.name,
      hosts: service.publicNames,
      secretName: secret.metadata.name,
      service: made.metadata.name,
      port: httpsPort,
    },
    placement,
  );
}
