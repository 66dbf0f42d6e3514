/** The id of the root, and what its address ends with. */
export const rootKey = "root";

/** The id of the pool of the issuers. */
export const issuingPoolKey = "issuing_pool";

/** What the ids of issuers start with; their keys follow. */
export const issuerPrefix = "issuer_";

/** What the ids of node groups start with; their keys follow. */
export const nodesPrefix = "nodes_";
