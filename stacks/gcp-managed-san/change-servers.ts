import { namedOfType, type PreviousResource, type PreviousStack } from "../../lib/change/previous-stack";
import { type Place, show } from "../../lib/config/report";
import { blocksOf, shortLink, usedBefore } from "./change-routes";
import type { GcpManagedSanConfig } from "./config";
import type { BackendTarget } from "./config-backends";

/** What Google does with servers that are new in a backend (Health checks overview: "unhealthy" until probed). */
const unwell = "and Google sends nothing to them until it found them well: clients get an error meanwhile";
const healthy = "when `gcloud compute backend-services get-health` says HEALTHY";
const second = `make a second backend, give it a path of a host first, and lead the others there ${healthy}`;
const beside = `add them first, beside those that serve, and take those out ${healthy}`;

/** A backend that serves must have a server that is known to be well at every moment of the apply. */
export function checkServers({ backends }: GcpManagedSanConfig, previous: PreviousStack, place: Place): void {
  const used = usedBefore(previous);
  for (const { name, target } of backends) {
    const service = previous.resources[`google_compute_backend_service.backend_${name}`];
    const here = place.in(name);
    if (service === undefined || target.kind === "service" || !used.has(name) || here.wrong) continue;
    const group = previous.resources[`google_compute_network_endpoint_group.group_${name}`];
    const serverless = previous.resources[`google_compute_region_network_endpoint_group.group_${name}`];
    const was = group === undefined ? (serverless === undefined ? "instance-groups" : "cloud-run") : "zonal-neg";
    if (target.kind === "cloud-run") checkService(target, serverless, here);
    else if (target.kind !== was) {
      here.warning(`makes another backend service, of which every server is new, ${unwell}; ${second}`);
    } else if (target.kind === "instance-groups") checkGroups(target, service, here);
    else checkEndpoints(target, group ?? {}, endpointsBefore(previous, name), here);
  }
}

/** Backends that leave the config; what served with them is told elsewhere. */
export function checkGoneBackends({ backends }: GcpManagedSanConfig, previous: PreviousStack, place: Place): void {
  const names = backends.map(({ name }) => name);
  for (const [name] of namedOfType(previous, "google_compute_backend_service", "backend_")) {
    if (names.includes(name) || place.in(name).refused) continue;
    place.warning(
      `lacks ${show(name)}, which was there before: Google deletes no backend service that something outside this stack leads to, and the apply would end there; see that no other URL map names it`,
    );
  }
}

type Target<Kind extends BackendTarget["kind"]> = Extract<BackendTarget, { readonly kind: Kind }>;

/** Google looks at no server of Cloud Run: requests go to what is named there. */
function checkService({ region, service }: Target<"cloud-run">, was: PreviousResource | undefined, place: Place): void {
  const [before] = was === undefined ? [] : blocksOf([was.cloud_run].flat());
  if (before?.service === service) return;
  const field = before === undefined ? place : place.in("cloudRun", "service");
  field.warning(
    `leads to the Cloud Run service ${show(service)} in ${region} from one moment to the next; see that it serves what its clients ask for`,
  );
}

function checkGroups({ groups }: Target<"instance-groups">, service: PreviousResource, place: Place): void {
  const had = blocksOf(service.backend).map(({ group }) => shortLink(String(group)));
  if (groups.some((link) => had.includes(shortLink(link)))) return;
  place.in("instanceGroups").warning(`has none of the groups that serve now, ${unwell}; ${beside}`);
}

function checkEndpoints(
  target: Target<"zonal-neg">,
  group: PreviousResource,
  had: readonly PreviousResource[],
  place: Place,
): void {
  const here = place.in("zonalNeg");
  // A state has links.
  const nameIn = (value: unknown) => String(value).split("/").at(-1);
  const moved = (["zone", "network", "subnetwork"] as const).find((field) => nameIn(group[field]) !== target[field]);
  if (moved !== undefined) {
    here.in(moved).warning(`makes another group, of which every endpoint is new, ${unwell}; ${second}`);
    return;
  }
  const stays = target.endpoints.some(({ instance, address, port }) =>
    had.some((one) => nameIn(one.instance) === instance && one.ip_address === address && Number(one.port) === port),
  );
  if (!stays) here.in("endpoints").warning(`has none of the endpoints that serve now, ${unwell}; ${beside}`);
}

/** The endpoints of a backend. */
function endpointsBefore(previous: PreviousStack, backend: string): readonly PreviousResource[] {
  return [...namedOfType(previous, "google_compute_network_endpoint", `endpoint_${backend}_`).values()];
}
