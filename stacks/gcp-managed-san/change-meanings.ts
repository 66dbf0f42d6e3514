import { anew, kept, type Meaning, type Meanings, quiet, refused, ruled, warned } from "../../lib/change/meaning";
import { show } from "../../lib/config/report";

/** What rules ask. */
const certificates = "which host would be without an issued certificate";
const records = "who is led here, and who renews, with a record";
const routes = "which requests get another backend";
const servers = "which servers a backend has, and whether any of them stays";
const clients = "which clients can no longer connect";
const closing = "that port 80 or the IPv6 address closes";

const name = anew(quiet("it is made of the names of project, environment and stack, which lead to another state"));
const order = quiet("it says what an apply waits for");
const follows = (what: string) => quiet(`it follows ${what}, the new one before the old one goes`);
const labels = { effective_labels: quiet("labels are for people and their bills") };

/** Of a backend, whose name has no "_" and is the second part of the address. */
const ofBackend = (address: string) => ["backends", address.split("_")[1] ?? address];
const stack = () => [];

/** What the load balancer asks servers: all of them are judged anew by it, at the same moment. */
const healthCheck = (was: unknown, is: unknown): Meaning =>
  // A state has an empty list for each kind that is not this one.
  [was].flat()[0] === undefined || is === undefined
    ? quiet("it speaks what the backend speaks, whose change is told", "protocol")
    : warned(
        "a server that does not answer the new health check with 200 gets no requests any more, and all are asked at once; see that each of them answers it before you apply",
        "healthCheck",
      );

/** What a change of anything that this scenario makes means to those who use it. */
export const meanings: Meanings = {
  "provider.google": {
    at: stack,
    changed: {
      project: ruled("that new things would be made in another project", "project"),
      default_labels: quiet("labels are for people and their bills"),
    },
    gone: quiet("a stack always has it"),
  },
  "provider.aws": {
    at: stack,
    changed: {
      region: quiet("records in Route 53 are in no region: it says only which address is called", "dns", "region"),
      allowed_account_ids: ruled("that records stay behind in another account", "dns", "account"),
      default_tags: quiet("tags are for people and their bills, and records have none"),
    },
    gone: ruled(records, "dns"),
  },
  "data.aws_route53_zone": {
    at: stack,
    changed: {},
    gone: quiet("a look-up makes nothing, and whether records move is told", "dns"),
  },
  google_certificate_manager_dns_authorization: {
    at: stack,
    changed: { name, lifecycle: order, ...labels },
    gone: ruled(certificates, "hosts"),
  },
  google_certificate_manager_certificate: {
    at: stack,
    changed: {
      name,
      managed: anew(ruled(certificates, "hosts")),
      lifecycle: quiet("a gate stops an apply, and changes nothing that serves", "gate"),
      ...labels,
    },
    gone: ruled(certificates, "hosts"),
  },
  google_certificate_manager_certificate_map: {
    at: stack,
    changed: { name, lifecycle: order, ...labels },
    gone: ruled(certificates, "mode"),
  },
  google_certificate_manager_certificate_map_entry: {
    at: stack,
    changed: {
      name,
      map: anew(quiet("it goes with its map")),
      certificates: ruled(certificates, "hosts"),
      ...labels,
    },
    gone: ruled(certificates, "hosts"),
  },
  google_compute_managed_ssl_certificate: {
    at: stack,
    changed: { name, managed: anew(ruled(certificates, "hosts")), lifecycle: order },
    gone: ruled(certificates, "hosts"),
  },
  google_compute_global_address: {
    at: stack,
    changed: {
      name: anew(
        refused(
          "the address that clients have from DNS is given back for good, and another one is made; go back to the names of project, environment and stack with which it was made",
        ),
      ),
      lifecycle: order,
      ...labels,
    },
    gone: ruled(closing, "ipv6"),
  },
  google_compute_global_forwarding_rule: {
    at: stack,
    changed: {
      name,
      ip_address: anew(quiet("it follows the address, whose change is told")),
      target: follows("its proxy"),
      ...labels,
    },
    gone: ruled(closing),
  },
  google_compute_target_https_proxy: {
    at: stack,
    changed: {
      name: anew(quiet("a proxy of another keep-alive has another name, and the listener changes over to it")),
      http_keep_alive_timeout_sec: anew(quiet("it ends idle connections only, and clients open others", "keepAlive")),
      url_map: follows("the routes"),
      ssl_policy: follows("the policy"),
      certificate_map: ruled(certificates, "mode"),
      ssl_certificates: ruled(certificates, "hosts"),
      quic_override: quiet("clients fall back to HTTP/2 by themselves", "quic"),
      lifecycle: order,
    },
    gone: quiet("a stack always has it"),
  },
  google_compute_target_http_proxy: {
    at: stack,
    changed: { name, url_map: follows("the redirect"), lifecycle: order },
    gone: ruled(closing, "redirectHttp"),
  },
  google_compute_ssl_policy: {
    at: stack,
    changed: {
      name,
      profile: ruled(clients, "sslPolicy", "profile"),
      min_tls_version: ruled(clients, "sslPolicy", "minimum"),
      lifecycle: order,
    },
    gone: quiet("a stack always has it"),
  },
  google_compute_url_map: {
    at: stack,
    changed: {
      name,
      default_service: ruled(routes, "defaultBackend"),
      host_rule: ruled(routes, "hosts"),
      path_matcher: ruled(routes, "hosts"),
      lifecycle: order,
    },
    gone: ruled(closing, "redirectHttp"),
  },
  google_compute_backend_service: {
    at: ofBackend,
    changed: {
      name: anew(ruled(servers)),
      backend: ruled(servers),
      protocol: (was, is) =>
        was === undefined || is === undefined
          ? ruled(servers)
          : warned(
              `the load balancer speaks ${show(is)} with all its servers at once, ${show(was)} until now, and clients get an error from one that does not; see that each of them speaks both before you apply, or lead hosts to a second backend`,
              "protocol",
            ),
      port_name: (was, is) =>
        was === undefined || is === undefined
          ? ruled(servers)
          : warned(
              `requests go to the named port ${show(is)} of its groups at once, and a group without it serves nothing; give it to every group before you apply (\`gcloud compute instance-groups set-named-ports\`), beside ${show(was)}`,
              "port",
            ),
      timeout_sec: (was, is) =>
        typeof was === "number" && typeof is === "number" && is < was
          ? warned("answers that take longer than the new timeout are cut off; see that no model's do", "timeout")
          : quiet("no answer is cut off that was not before", "timeout"),
      session_affinity: (was) =>
        was === undefined || was === "NONE"
          ? quiet("clients stay at the server that they get next", "affinity")
          : warned(
              "clients that stay at one server are spread anew, and what it holds for them, such as a cache, stays behind; see that servers can do without",
              "affinity",
            ),
      log_config: quiet("logs are the owner's own", "logging"),
      health_checks: quiet("it names the backend's own health check, whose change is told", "healthCheck"),
      lifecycle: order,
    },
    gone: ruled(routes),
  },
  google_compute_health_check: {
    at: ofBackend,
    changed: {
      name,
      http_health_check: healthCheck,
      https_health_check: healthCheck,
      http2_health_check: healthCheck,
      lifecycle: order,
    },
    gone: ruled(servers),
  },
  google_compute_region_network_endpoint_group: {
    at: ofBackend,
    changed: {
      name: anew(quiet("a group of another place or service has another name")),
      region: anew(quiet("the group of the new region serves before the old one goes", "cloudRun", "region")),
      cloud_run: anew(ruled(servers, "cloudRun", "service")),
      lifecycle: order,
    },
    gone: ruled(servers),
  },
  google_compute_network_endpoint_group: {
    at: ofBackend,
    changed: {
      name: anew(quiet("a group of another place has another name")),
      zone: anew(ruled(servers, "zonalNeg", "zone")),
      network: anew(ruled(servers, "zonalNeg", "network")),
      subnetwork: anew(ruled(servers, "zonalNeg", "subnetwork")),
      lifecycle: order,
    },
    gone: ruled(servers),
  },
  google_compute_network_endpoint: {
    at: ofBackend,
    changed: {
      network_endpoint_group: anew(ruled(servers)),
      zone: anew(ruled(servers, "zonalNeg", "zone")),
      instance: anew(ruled(servers, "zonalNeg", "endpoints")),
      ip_address: anew(ruled(servers, "zonalNeg", "endpoints")),
      port: anew(ruled(servers, "zonalNeg", "endpoints")),
      lifecycle: order,
    },
    gone: ruled(servers),
  },
  google_dns_record_set: {
    at: stack,
    changed: {
      project: (_, is) =>
        is === undefined ? kept("the provider leaves a record in its project") : anew(ruled(records, "dns")),
      managed_zone: anew(ruled(records, "dns")),
      name: anew(quiet("it is the name of the host or of its authorization, whose change is told")),
      rrdatas: quiet("it follows the address or the authorization, whose change is told"),
    },
    gone: ruled(records, "dns"),
  },
  aws_route53_record: {
    at: stack,
    changed: {
      zone_id: anew(ruled(records, "dns")),
      name: anew(quiet("it is the name of the host or of its authorization, whose change is told")),
      records: quiet("it follows the address or the authorization, whose change is told"),
    },
    gone: ruled(records, "dns"),
  },
};
