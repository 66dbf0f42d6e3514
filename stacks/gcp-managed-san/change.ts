import { ofType, type PreviousStack } from "../../lib/change/previous-stack";
import { wildcardOver } from "../../lib/config/dns-names";
import { type Place, show } from "../../lib/config/report";
import { type Before, checkCertificates, checkUnnamed, namesBefore, readBefore } from "./change-certificates";
import { checkRecords } from "./change-records";
import { checkRoutes } from "./change-routes";
import { checkGoneBackends, checkServers } from "./change-servers";
import type { GcpManagedSanConfig } from "./config";

/** What is served must stay served at every moment of the apply, and by what the config says. */
export function change(stack: GcpManagedSanConfig, previous: PreviousStack | undefined, place: Place): void {
  if (previous === undefined) return;
  const before = readBefore(previous);
  if (before === undefined) return;
  checkProject(stack, previous, place.in("project"));
  checkCertificates(stack, before, place);
  checkUnnamed(stack, before, place.in("defaultCertificate"));
  checkRecords(stack, previous, place);
  checkHosts(stack, before, place.in("hosts"));
  checkRoutes(stack, previous, new Set(namesBefore(before)), place);
  checkServers(stack, previous, place.in("backends"));
  checkGoneBackends(stack, previous, place.in("backends"));
  checkClosings(stack, previous, place);
}

/** The provider leaves everything in the project where it was made (run), and makes what is new in the other one. */
function checkProject({ project }: GcpManagedSanConfig, previous: PreviousStack, place: Place): void {
  const [proxy] = ofType(previous, "google_compute_target_https_proxy");
  const was = previous.resources["provider.google"]?.project ?? proxy?.project;
  if (typeof was !== "string" || was === project || place.refused) return;
  place.problem(
    `is ${show(project)}, was ${show(was)}: what is there stays in ${show(was)}, and whatever is made from now on, such as the next host's certificate, is made in ${show(project)}, where the load balancer cannot use it; go back, make a second stack, and lead the names over once it serves`,
  );
}

/** A host that is taken out is no longer served, unless its wildcard was there before and stays. */
function checkHosts({ hosts, acceptOutage }: GcpManagedSanConfig, before: Before, place: Place): void {
  const had = namesBefore(before);
  const names = hosts.map(({ name }) => name);
  for (const host of new Set(had.filter((name) => !names.includes(name)))) {
    if (acceptOutage.includes(host) || place.in(host).refused) continue;
    const wildcard = wildcardOver(host);
    if (had.includes(wildcard) && names.includes(wildcard)) {
      place.warning(
        `lacks ${show(host)}, which is served now: ${show(wildcard)} serves it from then on, with its backend; see that this is meant`,
      );
    } else {
      place.problem(
        `lacks ${show(host)}, which is served now: nobody could reach it; put it back, beside a new name if it is to have one, or if nobody uses it name it in acceptOutage`,
      );
    }
  }
}

/** Warns of what closes on purpose, and for some clients only. */
function checkClosings(stack: GcpManagedSanConfig, previous: PreviousStack, place: Place): void {
  const addresses = ofType(previous, "google_compute_global_address");
  if (!stack.ipv6 && addresses.some(({ ip_version }) => ip_version === "IPV6")) {
    place
      .in("ipv6")
      .warning(
        "is false: the IPv6 address is given back for good, and clients that still have it from DNS fail for some minutes",
      );
  }
  if (!stack.redirectHttp && ofType(previous, "google_compute_target_http_proxy").length > 0) {
    place.in("redirectHttp").warning("is false: port 80, which sends clients to HTTPS now, closes");
  }
  checkTls(stack.sslPolicy, previous, place.in("sslPolicy"));
}

/** From what the most clients may use to what the fewest may. */
const profiles = ["COMPATIBLE", "MODERN", "RESTRICTED"];

function checkTls({ profile, minimum }: GcpManagedSanConfig["sslPolicy"], previous: PreviousStack, place: Place): void {
  const [policy] = ofType(previous, "google_compute_ssl_policy");
  const [had, oldest] = [
    String(policy?.profile),
    String(policy?.min_tls_version).replace("TLS_", "").replace("_", "."),
  ];
  if (profiles.includes(had) && profiles.indexOf(had) < profiles.indexOf(profile)) {
    place
      .in("profile")
      .warning(
        `is ${show(profile)}, was ${show(had)}: clients with none but older cipher suites can no longer connect`,
      );
  }
  if (/^1\.[0-2]$/.test(oldest) && oldest < minimum) {
    place
      .in("minimum")
      .warning(`is ${show(minimum)}, was ${show(oldest)}: clients with nothing newer can no longer connect`);
  }
}
