import { computeNameProblem } from "../../lib/config/google";
import { keyProblem } from "../../lib/config/identifiers";
import { type Place, show } from "../../lib/config/report";
import { sortedEntries } from "../../lib/config/sorted-map";
import type { GcpManagedSanInput } from "./input";

type BackendInput = GcpManagedSanInput["backends"][string];
type NegInput = Extract<BackendInput, { readonly zonalNeg: object }>;

/** A machine of a network endpoint group. */
type EndpointConfig = Readonly<NegInput["zonalNeg"]["endpoints"][string]> & { readonly instance: string };

/** The servers of a backend, complete. */
export type BackendTarget =
  | { readonly kind: "service"; readonly link: string }
  | { readonly kind: "instance-groups"; readonly groups: readonly string[]; readonly port: string }
  | (Readonly<Omit<NegInput["zonalNeg"], "endpoints">> & {
      readonly kind: "zonal-neg";
      readonly endpoints: readonly EndpointConfig[];
    })
  | { readonly kind: "cloud-run"; readonly region: string; readonly service: string };

/** How the load balancer treats servers that it reaches itself. */
export type ServersConfig = Readonly<Pick<NegInput, "protocol" | "timeout" | "healthCheck" | "affinity">>;

/** A backend, complete. */
export interface GoogleBackendConfig {
  readonly name: string;
  readonly target: BackendTarget;
  /** `undefined` for a service by link and for Cloud Run, which have settings of their own. */
  readonly servers: ServersConfig | undefined;
  readonly logging: boolean;
}

/** Completes backends, sorted by name. */
export function readBackends(input: GcpManagedSanInput["backends"], place: Place): readonly GoogleBackendConfig[] {
  return sortedEntries(input).map(([name, backend]) => {
    const here = place.in(name);
    here.problem(keyProblem(name));
    return {
      name,
      target: readTarget(backend, here),
      servers: "service" in backend || "cloudRun" in backend ? undefined : readServers(backend),
      logging: ("logging" in backend && backend.logging) || false,
    };
  });
}

function readTarget(input: BackendInput, place: Place): BackendTarget {
  if ("service" in input) return { kind: "service", link: input.service };
  if ("cloudRun" in input) return { kind: "cloud-run", ...input.cloudRun };
  if ("instanceGroups" in input) {
    if (input.instanceGroups.length === 0) {
      place.in("instanceGroups").problem("is empty; write at least one instance group");
    }
    return { kind: "instance-groups", groups: [...new Set(input.instanceGroups)].sort(), port: input.port };
  }
  const { endpoints, ...rest } = input.zonalNeg;
  const here = place.in("zonalNeg", "endpoints");
  if (Object.keys(endpoints).length === 0) here.problem("is empty; write at least one machine");
  const owners = new Map<string, string>();
  for (const [instance, { address, port }] of sortedEntries(endpoints)) {
    here.in(instance).problem(computeNameProblem(instance, "a virtual machine's name"));
    // An address that was refused cannot be compared.
    if (address === "") continue;
    const other = owners.get(`${address}:${port}`);
    if (other !== undefined) {
      here.in(instance).problem(`has the address and port of ${show(other)}; write each endpoint once`);
    }
    owners.set(`${address}:${port}`, instance);
  }
  return {
    kind: "zonal-neg",
    ...rest,
    endpoints: sortedEntries(endpoints).map(([instance, endpoint]) => ({ instance, ...endpoint })),
  };
}

function readServers({ protocol, timeout, healthCheck, affinity }: ServersConfig): ServersConfig {
  return { protocol, timeout, healthCheck, affinity };
}
