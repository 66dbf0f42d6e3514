import { ComputeBackendService } from "@cdktf/provider-google/lib/compute-backend-service";
import { ComputeGlobalAddress } from "@cdktf/provider-google/lib/compute-global-address";
import { ComputeGlobalForwardingRule } from "@cdktf/provider-google/lib/compute-global-forwarding-rule";
import { ComputeHealthCheck } from "@cdktf/provider-google/lib/compute-health-check";
import { ComputeNetworkEndpoint } from "@cdktf/provider-google/lib/compute-network-endpoint";
import { ComputeNetworkEndpointGroup } from "@cdktf/provider-google/lib/compute-network-endpoint-group";
import { ComputeRegionNetworkEndpointGroup } from "@cdktf/provider-google/lib/compute-region-network-endpoint-group";
import { ComputeSslPolicy } from "@cdktf/provider-google/lib/compute-ssl-policy";
import { ComputeTargetHttpProxy } from "@cdktf/provider-google/lib/compute-target-http-proxy";
import { ComputeTargetHttpsProxy } from "@cdktf/provider-google/lib/compute-target-https-proxy";
import { ComputeUrlMap } from "@cdktf/provider-google/lib/compute-url-map";
import type { ITerraformDependable } from "cdktf";
import type { Construct } from "constructs";
import { googleName, type NameScope } from "../../lib/config/google";
import { type CertificateMap, referenced } from "./certificates";
import type { GcpManagedSanConfig, GoogleHostConfig } from "./config";
import type { BackendTarget, GoogleBackendConfig, ServersConfig } from "./config-backends";

/** The current kind of load balancer. The provider's default is the classic one. */
const scheme = "EXTERNAL_MANAGED";

/** The certificates that a load balancer shows its clients. */
export interface ShownCertificates {
  /** If there is one, the proxy ignores the others. */
  readonly map: CertificateMap | undefined;
  /** Ids of Compute's certificates, in order. */
  readonly compute: readonly string[];
}

/** An address for clients, and the listener that must exist before records lead them to it. */
export interface ReachableAddress {
  readonly version: "ipv4" | "ipv6";
  readonly address: string;
  readonly listener: ITerraformDependable;
}

/** A load balancer with everything it needs: backends, routes, proxies, addresses. */
export function loadBalancer(
  stack: Construct,
  config: GcpManagedSanConfig,
  certificates: ShownCertificates,
): readonly ReachableAddress[] {
  const { owner } = config;
  const services = new Map(config.backends.map((backend) => [backend.name, backendService(stack, owner, backend)]));
  const proxy = httpsProxy(stack, config, hostRoutes(stack, config, services), certificates);
  const redirect = config.redirectHttp ? redirectProxy(stack, owner) : undefined;
  return (config.ipv6 ? (["ipv4", "ipv6"] as const) : (["ipv4"] as const)).map((version) => {
    // IPv4 is the default of both resources, and Google leaves it out of its answers.
    const ipVersion = version === "ipv6" ? "IPV6" : undefined;
    const { address } = new ComputeGlobalAddress(stack, version, {
      name: googleName(owner, version, [ipVersion]),
      ipVersion,
      lifecycle: referenced,
    });
    const rule = (id: string, port: number, target: string) =>
      new ComputeGlobalForwardingRule(stack, `${id}_${version}`, {
        name: googleName(owner, `${id}-${version}`),
        ipAddress: address,
        ipVersion,
        portRange: String(port),
        loadBalancingScheme: scheme,
        target,
      });
    if (redirect !== undefined) rule("http", 80, redirect.id);
    return { version, address, listener: rule("https", 443, proxy.id) };
  });
}

function httpsProxy(
  stack: Construct,
  { owner, sslPolicy, keepAlive, quic }: GcpManagedSanConfig,
  routes: ComputeUrlMap,
  { map, compute }: ShownCertificates,
): ComputeTargetHttpsProxy {
  const policy = new ComputeSslPolicy(stack, "tls", {
    name: googleName(owner, "tls"),
    profile: sslPolicy.profile,
    minTlsVersion: `TLS_${sslPolicy.minimum.replace(".", "_")}`,
    lifecycle: referenced,
  });
  return new ComputeTargetHttpsProxy(stack, "https", {
    name: googleName(owner, "https", [keepAlive ?? null]),
    urlMap: routes.id,
    sslPolicy: policy.id,
    certificateMap: map?.uri,
    sslCertificates: compute.length > 0 ? [...compute] : undefined,
    quicOverride: quic === undefined ? "NONE" : quic ? "ENABLE" : "DISABLE",
    httpKeepAliveTimeoutSec: keepAlive,
    // A map without entries serves no host.
    dependsOn: map && [...map.entries.values()],
    lifecycle: referenced,
  });
}

function redirectProxy(stack: Construct, owner: NameScope): ComputeTargetHttpProxy {
  const everything = new ComputeUrlMap(stack, "redirect", {
    name: googleName(owner, "redirect"),
    // 308: the client repeats a POST as a POST.
    defaultUrlRedirect: { httpsRedirect: true, stripQuery: false, redirectResponseCode: "PERMANENT_REDIRECT" },
    lifecycle: referenced,
  });
  return new ComputeTargetHttpProxy(stack, "http", {
    name: googleName(owner, "http"),
    urlMap: everything.id,
    lifecycle: referenced,
  });
}

/** Routes from hosts and paths to backends. */
function hostRoutes(
  stack: Construct,
  { owner, hosts, defaultBackend }: GcpManagedSanConfig,
  services: ReadonlyMap<string, string>,
): ComputeUrlMap {
  const service = (name: string) => services.get(name) ?? "";
  const routed = hosts.filter(({ routed }) => routed);
  // The name has a hash of the host: without dots "a.b-c.example.com" and "a-b.c.example.com" are the same text.
  const matcher = ({ name }: GoogleHostConfig) => googleName(owner, name, ["matcher"]);
  return new ComputeUrlMap(stack, "routes", {
    name: googleName(owner, "routes"),
    defaultService: service(defaultBackend),
    hostRule: routed.map((host) => ({ hosts: [host.name], pathMatcher: matcher(host) })),
    pathMatcher: routed.map((host) => ({
      name: matcher(host),
      defaultService: service(host.backend),
      pathRule: host.paths.map(({ path, backend }) => ({ paths: [path], service: service(backend) })),
    })),
    lifecycle: referenced,
  });
}

/** Id of the backend service that routes refer to. */
function backendService(stack: Construct, owner: NameScope, backend: GoogleBackendConfig): string {
  const { name, target, servers, logging } = backend;
  if (target.kind === "service") return target.link;
  const { groups, after } = backendGroups(stack, owner, name, target);
  const service = new ComputeBackendService(stack, `backend_${name}`, {
    // A service with groups of one kind does not accept groups of another kind later.
    name: googleName(owner, name, [target.kind]),
    loadBalancingScheme: scheme,
    protocol: servers?.protocol,
    portName: target.kind === "instance-groups" ? target.port : undefined,
    timeoutSec: servers?.timeout,
    healthChecks: servers && [healthCheck(stack, owner, name, servers)],
    sessionAffinity: servers?.affinity,
    logConfig: { enable: logging },
    backend: groups.map((group) => ({ group, ...balancing(target) })),
    dependsOn: after.length > 0 ? [...after] : undefined,
    lifecycle: referenced,
  });
  return service.id;
}

function balancing(target: BackendTarget) {
  switch (target.kind) {
    case "zonal-neg":
      return { balancingMode: "RATE", maxRatePerEndpoint: target.maxRatePerEndpoint };
    case "instance-groups":
      return { balancingMode: "UTILIZATION" };
    default:
      return {};
  }
}

/** The groups of a backend, and the endpoints that must be in them before they serve. */
function backendGroups(
  stack: Construct,
  owner: NameScope,
  name: string,
  target: BackendTarget,
): { readonly groups: readonly string[]; readonly after: readonly ITerraformDependable[] } {
  switch (target.kind) {
    case "service":
      return { groups: [], after: [] };
    case "instance-groups":
      return { groups: target.groups, after: [] };
    case "cloud-run": {
      const { region, service } = target;
      const group = new ComputeRegionNetworkEndpointGroup(stack, `group_${name}`, {
        name: googleName(owner, name, [region, service]),
        region,
        networkEndpointType: "SERVERLESS",
        cloudRun: { service },
        lifecycle: referenced,
      });
      return { groups: [group.id], after: [] };
    }
    case "zonal-neg": {
      const { zone, network, subnetwork, endpoints } = target;
      const group = new ComputeNetworkEndpointGroup(stack, `group_${name}`, {
        name: googleName(owner, name, [zone, network, subnetwork]),
        zone,
        network,
        subnetwork,
        networkEndpointType: "GCE_VM_IP_PORT",
        lifecycle: referenced,
      });
      // One resource for each endpoint: the resource for all of them removes the old ones before it adds the new ones.
      const after = endpoints.map(
        ({ instance, address, port }) =>
          new ComputeNetworkEndpoint(stack, `endpoint_${name}_${instance}`, {
            zone,
            networkEndpointGroup: group.name,
            instance,
            ipAddress: address,
            port,
            lifecycle: referenced,
          }),
      );
      return { groups: [group.id], after };
    }
  }
}

function healthCheck(stack: Construct, owner: NameScope, name: string, servers: ServersConfig): string {
  const { protocol, healthCheck: asked } = servers;
  const probe = {
    requestPath: asked.path,
    port: asked.port,
    portSpecification: asked.port === undefined ? "USE_SERVING_PORT" : "USE_FIXED_PORT",
  };
  const check = new ComputeHealthCheck(stack, `health_${name}`, {
    name: googleName(owner, name),
    httpHealthCheck: protocol === "HTTP" || protocol === "H2C" ? probe : undefined,
    httpsHealthCheck: protocol === "HTTPS" ? probe : undefined,
    http2HealthCheck: protocol === "HTTP2" ? probe : undefined,
    lifecycle: referenced,
  });
  return check.id;
}
