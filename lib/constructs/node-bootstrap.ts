import type { DnsName } from "../config/dns-names";
import type { Seconds } from "../config/duration";
import type { KeyKind } from "../config/keys";
import type { Purpose } from "../config/purpose";

/** What the nodes of a group need to know. */
export interface NodeBootstrapProps {
  /** Google Cloud project of pool and template. */
  readonly project: string;
  /** Location of pool and template, such as `us-central1`. */
  readonly location: string;
  /** Id of the issuing pool. */
  readonly pool: string;
  /** Id of the group's certificate template. */
  readonly template: string;
  /** Name of the node group: names the files and units on the node. */
  readonly nodeGroup: string;
  /** The group's domains: a node is named `<hostname>.<domain>` in each. */
  readonly domains: readonly DnsName[];
  readonly lifetime: Seconds;
  /** Share of the lifetime after which a certificate is due, between 0 and 1. */
  readonly renewAt: number;
  /** How far the pool backdates what it issues, which shortens what is left. @default 0 */
  readonly backdate?: Seconds;
  readonly key: KeyKind;
  readonly purpose: Purpose;
  /** The user whose primary group may read the key. @default only root may */
  readonly user?: string;
  /** Command line, for `sh`, that makes a service read the new pair. @default nothing is told */
  readonly reload?: string;
  /** Folder of the certificates on the node. @default `defaultBootstrapPath(nodeGroup)` */
  readonly path?: string;
  /** PEM text of the root certificates, as a Terraform expression without braces. */
  readonly trustAnchor: string;
}

/**
 * The cloud-init user data (`#cloud-config`) with which a node gets and renews its own certificate, as a Terraform
 * template: everything but the trust anchor is escaped. It holds no secret.
 *
 * @throws if a value could not be written into the node's files; the config refuses it earlier, in better words
 */
export function nodeBootstrap(props: NodeBootstrapProps): string {
  return `#cloud-config\n# ${props.nodeGroup}\n`;
}
