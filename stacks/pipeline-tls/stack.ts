import { TlsProvider } from "@cdktf/provider-tls/lib/provider";
import { Construct } from "constructs";
import type { Settings } from "../../lib/config/settings";
import { awsProvider } from "../../lib/constructs/aws";
import { placementIn, trustConfigMap } from "../../lib/constructs/kubernetes";
import { BaseStack } from "../../lib/synthesis/base-stack";
import { route53Aliases } from "./alias";
import { issueCertificate, makeAuthority } from "./certificate";
import { authorityKey, type PipelineTlsConfig } from "./config";
import { deliverService } from "./service";

/** Private TLS between the services of a pipeline on Kubernetes. */
export class PipelineTlsStack extends BaseStack {
  constructor(scope: Construct, name: string, settings: Settings, config: PipelineTlsConfig) {
    super(scope, name, settings);
    const { organization, dns } = config;
    new TlsProvider(this, "provider_tls");
    const placement = placementIn(this, config, this.labels);
    const longest = Math.max(...config.services.map(({ validity }) => validity.lifetime));
    const authority = config.authority && makeAuthority(new Construct(this, authorityKey), config.authority, longest);
    const services = config.services.map((service) => {
      const scope = new Construct(this, service.name);
      const certificate = issueCertificate(scope, service, organization, authority);
      deliverService(scope, service, certificate, placement);
      return { service, certificate };
    });
    const trust = authority?.certificatePem ?? services.map(({ certificate }) => certificate.certificatePem).join("");
    trustConfigMap(this, trust, placement);
    const entries = [
      ...(authority ? [[authorityKey, authority.entry] as const] : []),
      ...services.map(({ service, certificate }) => {
        const secret = `${config.namespace.name}/${service.secret}`;
        return [service.name, { ...certificate.entry, secret }] as const;
      }),
    ];
    this.output(
      "service_endpoints",
      "Addresses inside the cluster by service.",
      Object.fromEntries(config.services.map(({ name, clusterName }) => [name, `https://${clusterName}`])),
    );
    this.output(
      "ca_bundle",
      "Trust bundle of clients (PEM). For this pipeline only: never put it into a system's trust store.",
      trust,
    );
    this.output(
      "certificate_not_after",
      "When each certificate expires.",
      Object.fromEntries(entries.map(([key, { notAfter }]) => [key, notAfter])),
    );
    this.output(
      "certificate_fingerprints",
      "SHA-1 fingerprint of each certificate, as `openssl x509 -fingerprint` prints it without colons.",
      Object.fromEntries(services.map(({ service, certificate }) => [service.name, certificate.fingerprint])),
    );
    if (dns !== undefined) {
      awsProvider(this, dns, this.labels);
      this.output("domain_names", "Public names that lead to the load balancer.", route53Aliases(this, dns));
    }
    this.inventory(Object.fromEntries(entries));
  }
}
