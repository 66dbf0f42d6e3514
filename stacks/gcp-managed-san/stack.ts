import type { Construct } from "constructs";
import type { Settings } from "../../lib/config/settings";
import { awsProvider } from "../../lib/constructs/aws";
import { googleProvider } from "../../lib/constructs/google";
import { BaseStack } from "../../lib/synthesis/base-stack";
import { certificateMap, computeCertificateIds, googleEntry } from "./certificates";
import type { GcpManagedSanConfig } from "./config";
import { loadBalancer } from "./load-balancer";
import { googleRecords } from "./records";

/** Google-managed certificates for several names on a global load balancer. */
export class GcpManagedSanStack extends BaseStack {
  constructor(scope: Construct, name: string, settings: Settings, config: GcpManagedSanConfig) {
    super(scope, name, settings);
    const { dns, hosts } = config;
    googleProvider(this, config.project, this.labels);
    if (dns.in === "route53") {
      awsProvider(this, dns, this.labels);
    }
    const records = googleRecords(this, dns);
    const map = certificateMap(this, config, records);
    const addresses = loadBalancer(this, config, { map, compute: computeCertificateIds(this, config) });
    for (const host of hosts) {
      const entry = map?.entries.get(host.name);
      for (const { version, address, listener } of addresses) {
        // With a gate, records lead clients here only once the host's certificate is issued.
        const after = entry === undefined ? [listener] : [listener, entry];
        records.address(host, version === "ipv4" ? "A" : "AAAA", address, after);
      }
    }
    // While the mode changes, a host has two certificates.
    const both = config.certificates.length > 0;
    const certificates = [
      ...config.certificates.map((certificate) => [certificate.key, certificate] as const),
      ...config.computeCertificates.map((one) => [both ? `compute ${one.key}` : one.key, one] as const),
    ];
    this.output(
      "addresses",
      "IP addresses of the load balancer.",
      Object.fromEntries(addresses.map(({ version, address }) => [version, address])),
    );
    this.output(
      "certificate_names",
      "Name of each certificate at Google.",
      Object.fromEntries(certificates.map(([key, { name }]) => [key, name])),
    );
    this.output("dns_records", "DNS records that this stack does not make, and that must exist.", records.wanted);
    this.inventory(
      Object.fromEntries(certificates.map(([key, certificate]) => [key, googleEntry(certificate, config.lifetime)])),
    );
  }
}
