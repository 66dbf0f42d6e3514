import { blockOf, namedOfType, ofType, type PreviousStack } from "../../lib/change/previous-stack";
import { type Place, show } from "../../lib/config/report";
import { sortedEntries } from "../../lib/config/sorted-map";
import type { PipelineTlsConfig } from "./config";

/** Clients know a service by its name and namespace, and pods its certificate by the name of its Secret. */
export function change(stack: PipelineTlsConfig, before: PreviousStack | undefined, place: Place): void {
  if (before === undefined || namespaceChanges(stack, before, place.in("namespace"))) return;
  checkServices(stack, before, place.in("services"));
  checkSecrets(stack, before, place.in("services"));
}

function checkServices({ services }: PipelineTlsConfig, before: PreviousStack, place: Place): void {
  const earlier = namedOfType(before, "kubernetes_service_v1");
  for (const [name, service] of earlier) {
    if (services.some((one) => one.name === name) || place.in(name).refused) continue;
    const pods = selectorText(blockOf(service.spec).selector);
    const next = services.find((one) => !earlier.has(one.name) && selectorText(one.selector) === pods);
    if (next === undefined) {
      place.warning(
        `lacks ${show(name)}, which was there before: its Service and its Secret go; see that no client uses it and no pod mounts it`,
      );
    } else {
      place.problem(
        `lacks ${show(name)}, and ${show(next.name)} selects its pods: clients under the old name, and pods that mount its Secret, would fail; put it back beside the new one, apply, change them over, then take it out and apply again`,
      );
    }
  }
}

function checkSecrets({ services }: PipelineTlsConfig, before: PreviousStack, place: Place): void {
  const earlier = namedOfType(before, "kubernetes_secret_v1");
  for (const { name, secret } of services) {
    const was = blockOf(earlier.get(name)?.metadata).name;
    const secretPlace = place.in(name, "secret");
    if (typeof was !== "string" || was === secret || secretPlace.refused) continue;
    secretPlace.problem(
      `is ${show(secret)}, was ${show(was)}: the old one would be deleted, and no pod that mounts it could start; put it back, or make a service with the new one beside it and change the pods over first`,
    );
  }
}

/** Tells of a namespace that changes. @returns whether everything would move, of which more need not be said */
function namespaceChanges({ namespace }: PipelineTlsConfig, before: PreviousStack, place: Place): boolean {
  const inName = place.in("name");
  if (inName.refused) return true;
  const [made] = ofType(before, "kubernetes_namespace_v1");
  const [object] = ofType(before, "kubernetes_config_map_v1");
  const was = blockOf(made?.metadata).name ?? blockOf(object?.metadata).namespace;
  // Where the objects refer to their namespace, its name is not known.
  if (typeof was !== "string" || was.startsWith("${")) return false;
  if (was !== namespace.name) {
    const deleted = made === undefined ? "" : ", and the old namespace be deleted with all that is in it";
    inName.problem(
      `is ${show(namespace.name)}, was ${show(was)}: every Service and Secret would leave for where no client looks and no pod is${deleted}; make a second stack there, change clients and pods over, and then take this one out`,
    );
    return true;
  }
  if (made !== undefined && !namespace.create) {
    place
      .in("create")
      .problem(
        `is false, was true: the namespace would be deleted with all that is in it; first let go of it with \`terraform state rm kubernetes_namespace_v1.namespace_${was}\``,
      );
  }
  return false;
}

function selectorText(selector: unknown): string {
  return JSON.stringify(sortedEntries((selector ?? {}) as Readonly<Record<string, unknown>>));
}
