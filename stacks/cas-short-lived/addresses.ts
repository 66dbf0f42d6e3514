/** The root's id in the stack, and the start of its id in Google. */
export const rootKey = "root";

/** The issuing pool's id in the stack. */
export const issuingPoolKey = "issuing_pool";

/** An issuer's id in the stack starts with this; its key follows. */
export const issuerPrefix = "issuer_";

/** A node group's id in the stack starts with this; its key follows. */
export const nodesPrefix = "nodes_";
