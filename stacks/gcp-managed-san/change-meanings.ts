import type { Meaning, Meanings } from "../../lib/change/meaning";
import { show } from "../../lib/config/report";

const quiet = (because: string, ...field: readonly string[]): Meaning => ({ is: "quiet", field, because });
const quietAnew = (because: string, ...field: readonly string[]): Meaning => ({
  ...quiet(because, ...field),
  anew: true,
});
const warned = (because: string, ...field: readonly string[]): Meaning => ({ is: "warned", field, because });

const byRule = (what: string) => `a rule of \`change.ts\` knows ${what}`;
const certificates = byRule("which host would be without an issued certificate");
const records = byRule("who is led here, and who renews, with a record");
const routes = byRule("which requests get another backend");
const servers = byRule("which servers a backend has, and whether any of them stays");

const name = quietAnew("it is made of the names of project, environment and stack, which lead to another state");
const order = quiet("it says what an apply waits for");
const follows = (what: string) => quiet(`it follows ${what}, the new one before the old one goes`);
const labels = { effective_labels: quiet("labels are for people and their bills") };

/** Of a backend, whose name has no "_" and is the second part of the address. */
const ofBackend = (address: string) => ["backends", address.split("_")[1] ?? address];
const stack = () => [];

/** What the load balancer asks servers: all of them are judged anew by it, at the same moment. */
const healthCheck = (was: unknown, is: unknown): Meaning =>
  was === undefined || is === undefined
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
      project: quiet(byRule("that everything would be made anew in another project"), "project"),
      default_labels: quiet("labels are for people and their bills"),
    },
    gone: quiet("a stack always has it"),
  },
  "provider.aws": {
    at: stack,
    changed: {
      region: quiet("records in Route 53 are in no region: it says only which address is called", "dns", "region"),
      allowed_account_ids: quiet(byRule("that records stay behind in another account"), "dns", "account"),
      default_tags: quiet("tags are for people and their bills, and records have none"),
    },
    gone: quiet(records, "dns"),
  },
  google_certificate_manager_dns_authorization: {
    at: stack,
    changed: { name, lifecycle: order, ...labels },
    gone: quiet(certificates, "hosts"),
  },
  google_certificate_manager_certificate: {
    at: stack,
    changed: {
      name,
      managed: quietAnew(certificates, "hosts"),
      depends_on: order,
      lifecycle: quiet("a gate stops an apply, and changes nothing that serves", "gate"),
      ...labels,
    },
    gone: quiet(certificates, "hosts"),
  },
  google_certificate_manager_certificate_map: {
    at: stack,
    changed: { name, lifecycle: order, ...labels },
    gone: quiet(certificates, "mode"),
  },
  google_certificate_manager_certificate_map_entry: {
    at: stack,
    changed: {
      name,
      map: quietAnew("it goes with its map"),
      certificates: quiet(certificates, "hosts"),
      ...labels,
    },
    gone: quiet(certificates, "hosts"),
  },
  google_compute_managed_ssl_certificate: {
    at: stack,
    changed: { name, managed: quietAnew(certificates, "hosts"), lifecycle: order },
    gone: quiet(certificates, "hosts"),
  },
  google_compute_global_address: {
    at: stack,
    changed: {
      name: {
        is: "refused",
        anew: true,
        field: [],
        because:
          "the address that clients have from DNS is given back for good, and another one is made; go back to the names of project, environment and stack with which it was made",
      },
      lifecycle: order,
      ...labels,
    },
    gone: quiet(byRule("that the IPv6 address goes"), "ipv6"),
  },
  google_compute_global_forwarding_rule: {
    at: stack,
    changed: {
      name,
      ip_address: quietAnew("it follows the address, whose change is told"),
      target: follows("its proxy"),
      ...labels,
    },
    gone: quiet(byRule("that port 80 or the IPv6 address closes")),
  },
  google_compute_target_https_proxy: {
    at: stack,
    changed: {
      name: quietAnew("a proxy of another keep-alive has another name, and the listener changes over to it"),
      http_keep_alive_timeout_sec: quietAnew("it ends idle connections only, and clients open others", "keepAlive"),
      url_map: follows("the routes"),
      ssl_policy: follows("the policy"),
      certificate_map: quiet(certificates, "mode"),
      ssl_certificates: quiet(certificates, "hosts"),
      quic_override: quiet("clients fall back to HTTP/2 by themselves", "quic"),
      depends_on: order,
      lifecycle: order,
    },
    gone: quiet("a stack always has it"),
  },
  google_compute_target_http_proxy: {
    at: stack,
    changed: { name, url_map: follows("the redirect"), lifecycle: order },
    gone: quiet(byRule("that port 80 closes"), "redirectHttp"),
  },
  google_compute_ssl_policy: {
    at: stack,
    changed: {
      name,
      profile: quiet(byRule("which clients can no longer connect"), "sslPolicy", "profile"),
      min_tls_version: quiet(byRule("which clients can no longer connect"), "sslPolicy", "minimum"),
      lifecycle: order,
    },
    gone: quiet("a stack always has it"),
  },
  google_compute_url_map: {
    at: stack,
    changed: {
      name,
      default_service: quiet(routes, "defaultBackend"),
      host_rule: quiet(routes, "hosts"),
      path_matcher: quiet(routes, "hosts"),
      lifecycle: order,
    },
    gone: quiet(byRule("that port 80 closes"), "redirectHttp"),
  },
  google_compute_backend_service: {
    at: ofBackend,
    changed: {
      name: quietAnew(servers),
      backend: quiet(servers),
      protocol: (was, is) =>
        was === undefined || is === undefined
          ? quiet(servers)
          : warned(
              `the load balancer speaks ${show(is)} with all its servers at once, ${show(was)} until now, and clients get an error from one that does not; see that each of them speaks both before you apply, or lead hosts to a second backend`,
              "protocol",
            ),
      port_name: (was, is) =>
        was === undefined || is === undefined
          ? quiet(servers)
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
      depends_on: order,
      lifecycle: order,
    },
    gone: quiet(routes),
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
    gone: quiet(servers),
  },
  google_compute_region_network_endpoint_group: {
    at: ofBackend,
    changed: {
      name: quietAnew("a group of another place or service has another name"),
      region: quietAnew("the group of the new region serves before the old one goes", "cloudRun", "region"),
      cloud_run: quietAnew(servers, "cloudRun", "service"),
      lifecycle: order,
    },
    gone: quiet(servers),
  },
  google_compute_network_endpoint_group: {
    at: ofBackend,
    changed: {
      name: quietAnew("a group of another place has another name"),
      zone: quietAnew(servers, "zonalNeg", "zone"),
      network: quietAnew(servers, "zonalNeg", "network"),
      subnetwork: quietAnew(servers, "zonalNeg", "subnetwork"),
      lifecycle: order,
    },
    gone: quiet(servers),
  },
  google_compute_network_endpoint: {
    at: ofBackend,
    changed: {
      network_endpoint_group: quietAnew(servers),
      zone: quietAnew(servers, "zonalNeg", "zone"),
      instance: quietAnew(servers, "zonalNeg", "endpoints"),
      ip_address: quietAnew(servers, "zonalNeg", "endpoints"),
      port: quietAnew(servers, "zonalNeg", "endpoints"),
      lifecycle: order,
    },
    gone: quiet(servers),
  },
  google_dns_record_set: {
    at: stack,
    changed: {
      project: quietAnew(records, "dns"),
      managed_zone: quietAnew(records, "dns"),
      name: quietAnew("it is the name of the host or of its authorization, whose change is told"),
      rrdatas: quiet("it follows the address or the authorization, whose change is told"),
      depends_on: order,
    },
    gone: quiet(records, "dns"),
  },
  aws_route53_record: {
    at: stack,
    changed: {
      zone_id: quietAnew(records, "dns"),
      name: quietAnew("it is the name of the host or of its authorization, whose change is told"),
      records: quiet("it follows the address or the authorization, whose change is told"),
      depends_on: order,
    },
    gone: quiet(records, "dns"),
  },
};
