import { blockOf, namedOfType, ofType, type PreviousResource, type PreviousStack } from "../change/previous-stack";
import type { PipelineTlsConfig } from "../config/pipeline-tls";
import { type Path, type Report, show } from "../config/report";

/** Clients know a service by its name and namespace, and pods its certificate by the name of its Secret. */
export function checkPipelineInterruptions(
  stack: PipelineTlsConfig,
  previous: PreviousStack,
  path: Path,
  report: Report,
): void {
  if (checkNamespace(stack, previous, path, report)) return;
  const { services } = stack;
  const at = [...path, "services"];
  const before = namedOfType(previous, "kubernetes_service_v1");
  for (const [name, service] of before) {
    if (services.some((one) => one.name === name) || report.refused([...at, name])) continue;
    const pods = selectorText(blockOf(service.spec).selector);
    const next = services.find((one) => !before.has(one.name) && selectorText(one.selector) === pods);
    if (next === undefined) {
      report.warning(
        at,
        `lacks ${show(name)}, which was there before: its Service and its Secret go; see that no client uses it and no pod mounts it`,
      );
    } else {
      report.problem(
        at,
        `lacks ${show(name)}, and ${show(next.name)} selects its pods: clients under the old name, and pods that mount its Secret, would fail; put it back beside the new one, apply, change them over, then take it out and apply again`,
      );
    }
  }
  const secrets = namedOfType(previous, "kubernetes_secret_v1");
  for (const { name, secret } of services) {
    const was = blockOf(secrets.get(name)?.metadata).name;
    if (typeof was !== "string" || was === secret || report.refused([...at, name, "secret"])) continue;
    report.problem(
      [...at, name, "secret"],
      `is ${show(secret)}, was ${show(was)}: the old one would be deleted, and no pod that mounts it could start; put it back, or make a service with the new one beside it and change the pods over first`,
    );
  }
}

/** @returns whether everything would move, of which more need not be said */
function checkNamespace(
  { namespace }: PipelineTlsConfig,
  previous: PreviousStack,
  path: Path,
  report: Report,
): boolean {
  const at = [...path, "namespace"];
  if (report.refused(at) || report.refused([...at, "name"])) return true;
  const [made] = ofType(previous, "kubernetes_namespace_v1");
  const was = blockOf(made?.metadata).name ?? literal(ofType(previous, "kubernetes_config_map_v1"));
  if (typeof was !== "string") return false;
  const deleted = made === undefined ? "" : ", and the old namespace be deleted with all that is in it";
  if (was !== namespace.name) {
    report.problem(
      [...at, "name"],
      `is ${show(namespace.name)}, was ${show(was)}: every Service and Secret would leave for where no client looks and no pod is${deleted}; make a second stack there, change clients and pods over, and then take this one out`,
    );
    return true;
  }
  if (made !== undefined && !namespace.create) {
    report.problem(
      [...at, "create"],
      `is false, was true: the namespace would be deleted with all that is in it; first let go of it with \`terraform state rm kubernetes_namespace_v1.namespace_${was}\``,
    );
  }
  return false;
}

/** The namespace that objects are in, where it is no reference. */
function literal(objects: readonly PreviousResource[]): string | undefined {
  const { namespace } = blockOf(objects[0]?.metadata);
  return typeof namespace === "string" && !namespace.startsWith("${") ? namespace : undefined;
}

function selectorText(selector: unknown): string {
  return JSON.stringify(Object.entries(selector ?? {}).sort(([one], [other]) => (one < other ? -1 : 1)));
}
