import type { StackConfig } from "../config/config";
import { type Path, type Report, show } from "../config/report";

/** Every object of a cluster has one owner: two would overwrite each other's keys at every apply. */
export function checkKubernetesOwnership(stacks: readonly StackConfig[], report: Report): void {
  const owners = new Map<string, string>();
  const claim = (kind: string, name: string, where: string, path: Path, owner: string) => {
    const object = `${kind} ${where}/${name}`;
    const other = owners.get(object);
    if (other === undefined) owners.set(object, owner);
    else report.problem(path, `would have the ${kind} ${show(name)} that ${other} has; give it another name`);
  };
  for (const { name: stack, scenario } of stacks) {
    if (scenario.scenario !== "pipeline-tls") continue;
    const { context } = scenario.kubernetes;
    const { name: namespace, create } = scenario.namespace;
    const path = ["stacks", stack];
    if (create) claim("namespace", namespace, context, [...path, "namespace", "name"], `stack ${stack}`);
    for (const service of scenario.services) {
      const at = [...path, "services", service.name];
      const owner = `service ${service.name} of stack ${stack}`;
      claim("Secret", service.secret, `${context}/${namespace}`, [...at, "secret"], owner);
      claim("Service", service.name, `${context}/${namespace}`, at, owner);
      for (const name of service.publicNames) {
        claim("alias", name, "", [...at, "names", { member: name }], owner);
      }
    }
  }
}
