import { Construct } from "constructs";
import { showDuration } from "../../lib/config/duration";
import type { Settings } from "../../lib/config/settings";
import { googleProvider } from "../../lib/constructs/google";
import type { InventoryEntry } from "../../lib/constructs/inventory";
import { BaseStack } from "../../lib/synthesis/base-stack";
import { nodesPrefix, rootKey } from "./addresses";
import type { CasShortLivedConfig } from "./config";
import type { NodeGroupConfig } from "./config-nodes";
import { makeHierarchy } from "./hierarchy";
import { nodeBootstrap } from "./node-bootstrap";
import { makeNodeGroup, makePoolReaders } from "./nodes";

/** A private certificate authority for training clusters, on Google Certificate Authority Service. */
export class CasShortLivedStack extends BaseStack {
  constructor(scope: Construct, name: string, settings: Settings, config: CasShortLivedConfig) {
    super(scope, name, settings);
    googleProvider(this, config.project, this.labels);
    const hierarchy = makeHierarchy(this, config);
    const { issuingPool, rootPool, root, issuers, trustAnchor } = hierarchy;
    const groups = config.nodeGroups.map((group) => {
      const scope = new Construct(this, `${nodesPrefix}${group.name}`);
      return makeNodeGroup(scope, group, config, hierarchy, settings.applyEvery);
    });
    makePoolReaders(this, issuingPool, config.nodeGroups);
    this.output("pool_ids", "The pools of the root and of the issuers.", {
      root: rootPool.id,
      issuing: issuingPool.id,
    });
    this.output("certificate_authorities", "Names of the authorities by key.", {
      [rootKey]: root.name,
      ...Object.fromEntries(issuers.map(({ issuer, authority }) => [`issuer ${issuer.name}`, authority.name])),
    });
    this.output(
      "certificate_templates",
      "Templates by node group, which nodes name in their requests.",
      Object.fromEntries(groups.map(({ group, template }) => [group.name, template.id])),
    );
    this.output(
      "trust_bundle",
      "Trust bundle of the cluster's clients and servers (PEM): the root.",
      `\${${trustAnchor}}`,
    );
    const bootstraps = config.nodeGroups.flatMap((group) =>
      group.bootstrap ? [[group.name, nodeBootstrap(group, group.bootstrap, config, trustAnchor)] as const] : [],
    );
    if (bootstraps.length > 0) {
      this.output(
        "bootstrap",
        "Cloud-init user data by node group, with which nodes get and renew their certificates. It holds no secret.",
        Object.fromEntries(bootstraps),
      );
    }
    const chains = groups.flatMap(({ certificates }) =>
      certificates.map(({ key, chainPem }) => [key, chainPem] as const),
    );
    if (chains.length > 0) {
      this.output(
        "certificate_chains",
        "Certificates from requests, each followed by its issuers (PEM), by node group and key.",
        Object.fromEntries(chains),
      );
    }
    this.inventory({
      ...hierarchy.entries,
      ...Object.fromEntries(
        groups.flatMap(({ group, certificates }) => [
          [`nodes ${group.name}`, nodesEntry(group, config)] as const,
          ...certificates.map(({ key, entry }) => [key, entry] as const),
        ]),
      ),
    });
  }
}

/** The inventory entry for certificates that nodes get themselves, none of which Terraform sees. */
function nodesEntry(
  { domains, lifetime, bootstrap }: NodeGroupConfig,
  { issuingPoolId }: CasShortLivedConfig,
): InventoryEntry {
  return {
    names: domains,
    issuer: `the pool ${issuingPoolId}`,
    lifetime: showDuration(lifetime),
    renewedBy: bootstrap === undefined ? "the node, by its own means" : "the node, with its bootstrap",
    keyLocation: bootstrap === undefined ? "the node" : `the node, ${bootstrap.path}`,
    keyInState: false,
  };
}
