/** The root's id in the stack, and the start of its id in Google. */
export const rootKey = "root";

/** The issuing pool's id in the stack. */
export const issuingPoolKey = "issuing_pool";

/** An issuer's id in the stack starts with this; its key follows. */
export const issuerPrefix = "issuer_";

/** A node group's id in the stack starts with this; its key follows. */
export const nodesPrefix = "nodes_";

/** The node group, and its certificate or a part of it, in the name of what was made for them: keys have no "_". */
export function certificateOf(name: string): { readonly group: string; readonly certificate: string } {
  const [group = "", certificate = ""] = name.slice(nodesPrefix.length).split("_");
  return { group, certificate };
}
