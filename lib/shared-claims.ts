import type { KubernetesConfig, NamespaceConfig } from "./config/kubernetes";
import { type Place, show } from "./config/report";
import type { Claim } from "./ownership";

/** Where a stack's objects lie in Kubernetes. */
interface Home {
  readonly kubernetes: KubernetesConfig;
  readonly namespace: NamespaceConfig;
}

/** Whether it is known where the objects of the stack at the place would lie. */
export function isPlaced({ kubernetes, namespace }: Home, place: Place): boolean {
  const parts = [
    place.in("kubernetes", "context"),
    place.in("kubernetes", "kubeconfig"),
    place.in("namespace", "name"),
  ];
  return kubernetes.context !== "" && namespace.name !== "" && !parts.some(({ refused }) => refused);
}

/** What tells an object of the stack's namespace from all others. */
export function objectIn({ kubernetes, namespace }: Home, kind: string, name: string) {
  // One context's name can stand in two kubeconfig files for two clusters.
  return { kind, id: `${kubernetes.context}/${namespace.name}/${name}`, within: kubernetes.kubeconfig };
}

/** An object that is called like the part that it is for. */
export function objectClaim(home: Home, kind: string, name: string, part: string, place: Place): Claim {
  return {
    ...objectIn(home, kind, name),
    part,
    place,
    taken: (by) => `would have the ${kind} ${show(name)}, which is that of ${by.name} in the same namespace; rename it`,
  };
}

/** The namespace, if the stack at the place creates it. */
export function namespaceClaims({ kubernetes, namespace }: Home, place: Place): readonly Claim[] {
  if (!namespace.create) return [];
  return [
    {
      kind: "Namespace",
      id: `${kubernetes.context}/${namespace.name}`,
      within: kubernetes.kubeconfig,
      place: place.in("namespace", "create"),
      taken: ({ name }) =>
        `is true, but ${name} creates the namespace ${show(namespace.name)} already; leave it out here`,
    },
  ];
}

/** The Secret of something that it is called like, unless it has a name of its own. */
export function secretClaim(home: Home, part: string, owner: { name: string; secret: string }, place: Place): Claim {
  const { name, secret } = owner;
  return {
    ...objectIn(home, "Secret", secret),
    part,
    place: place.in("secret"),
    taken: (by) =>
      `${secret === name ? "would be" : "is"} ${show(secret)}, which is the Secret of ${by.name}; write another name`,
  };
}

/**
 * The record that leads a name to an address: to one, wherever it is written.
 *
 * @param part - what in the stack the name leads to, where the stack has more than one address
 */
export function addressClaims(name: string, place: Place, part?: string): readonly Claim[] {
  const record: Claim = {
    kind: "address record",
    id: name,
    part,
    place,
    taken: ({ stack, claim }) =>
      // Two parts are told apart by the claim below.
      part !== undefined && claim.part !== undefined
        ? undefined
        : `has an address record of stack ${stack} already, and leads to one place only; leave it out of one of them`,
  };
  if (part === undefined) return [record];
  const ofPart: Claim = {
    ...record,
    kind: "public name of a part",
    taken: (by) => `is a public name of ${by.name} already, and leads to one place only; write another name`,
  };
  return [record, ofPart];
}
