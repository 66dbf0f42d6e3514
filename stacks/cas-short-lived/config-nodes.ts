import { createHash } from "node:crypto";
import { parseRequest, type SigningRequest } from "../../lib/config/csr";
import { type DnsName, parseName } from "../../lib/config/dns-names";
import { type Seconds, showDuration } from "../../lib/config/duration";
import { parseMember } from "../../lib/config/google";
import { keyProblem } from "../../lib/config/identifiers";
import { readNames } from "../../lib/config/names";
import { type Place, show } from "../../lib/config/report";
import { sortedEntries } from "../../lib/config/sorted-map";
import { type CasShortLivedInput, defaultRenewAt } from "./input";

type NodeGroupInput = CasShortLivedInput["nodeGroups"][string];

/** A certificate that Terraform orders with a signing request, complete. */
export interface CertificateConfig {
  readonly name: string;
  /** Its id in the pool. It changes with everything that makes Google sign again. */
  readonly id: string;
  /** `undefined` if the request was refused. */
  readonly request: SigningRequest | undefined;
  readonly names: readonly DnsName[];
  readonly lifetime: Seconds;
}

/** What the bootstrap of a node group needs, complete. */
export type BootstrapConfig = Readonly<NonNullable<NodeGroupInput["bootstrap"]>> & { readonly path: string };

/** A group of nodes, complete. */
export interface NodeGroupConfig extends Readonly<Pick<NodeGroupInput, "lifetime" | "purpose">> {
  readonly name: string;
  /** The id of its certificate template. */
  readonly templateId: string;
  readonly domains: readonly DnsName[];
  /** Sorted. */
  readonly members: readonly string[];
  /** The share of its lifetime after which a certificate is renewed. */
  readonly renewAt: number;
  readonly bootstrap: BootstrapConfig | undefined;
  readonly certificates: readonly CertificateConfig[];
}

/** The longest id that Google takes. */
const idLimit = 63;

/** Why Google would not take the id, or the provider would cut it; `undefined` if it is sent whole. */
export function idProblem(id: string): string | undefined {
  // The suffix is empty if it was refused. Google takes underscores, but the provider cuts an issuer's id there.
  if (id.endsWith("-") || /^[a-zA-Z0-9-]{1,63}$/.test(id)) return undefined;
  return id.length > idLimit
    ? `would have the id ${show(id)} of ${id.length} characters, Google takes ${idLimit}; shorten the key, the stack's or environment's name, or the suffix`
    : `would have the id ${show(id)}; write letters, digits and "-" (of an id with "_" the provider sends only a part)`;
}

/**
 * A certificate's id, with a digest of everything whose change makes Google sign again. So the new certificate can be
 * made before the old one is revoked, and no id is used twice.
 */
function certificateId(name: string, parts: readonly string[]): string {
  const digest = createHash("sha256")
    .update(JSON.stringify([name, ...parts]))
    .digest("hex")
    .slice(0, 12);
  return `${name.slice(0, idLimit - digest.length - 1)}-${digest}`;
}

/** Reads domains into normal form. A wildcard is refused: a domain includes the names below it. */
export function readDomains(input: readonly string[], place: Place): readonly DnsName[] {
  for (const given of input) {
    const { name } = parseName(given);
    if (name?.startsWith("*.")) {
      place
        .in({ member: given })
        .problem(`is a wildcard; write ${show(name.slice(2))}, which allows the names below it as well`);
    }
  }
  return readNames(input, place).filter((name) => !name.startsWith("*."));
}

/** Completes a node group. */
export function readNodeGroup(
  name: string,
  input: NodeGroupInput,
  ids: { readonly prefix: string; readonly suffix: string; readonly pool: string },
  place: Place,
): NodeGroupConfig {
  const templateId = `${ids.prefix}-${name}-${ids.suffix}`;
  const { lifetime, purpose, bootstrap } = input;
  const domains = place.in("domains");
  place.problem(keyProblem(name) ?? idProblem(templateId));
  if (input.domains.length === 0) {
    domains.problem("is empty; write at least one domain, or nodes could take any name");
  }
  if (input.members.length === 0) {
    place.in("members").problem("is empty; write at least one IAM member, or nobody could ask");
  }
  const certificates = sortedEntries(input.certificates).map(([key, certificate]) =>
    readCertificate(key, certificate, { name, templateId, lifetime }, ids.pool, place.in("certificates", key)),
  );
  if (input.renewAt !== undefined && bootstrap === undefined) {
    place.in("renewAt").warning("has no use without bootstrap; write bootstrap: {} or leave it out");
  }
  return {
    name,
    templateId,
    domains: readDomains(input.domains, domains),
    members: [...new Set(input.members.flatMap((member) => parseMember(member).member ?? []))].sort(),
    lifetime,
    purpose,
    renewAt: input.renewAt ?? defaultRenewAt,
    // No other program uses the default folder.
    bootstrap: bootstrap && { ...bootstrap, path: bootstrap.path ?? `/var/lib/ai-tls-stacks/${name}` },
    certificates,
  };
}

function readCertificate(
  name: string,
  input: NodeGroupInput["certificates"][string],
  group: Pick<NodeGroupConfig, "name" | "templateId" | "lifetime">,
  pool: string,
  place: Place,
): CertificateConfig {
  place.problem(keyProblem(name));
  const parsed = parseRequest(input.csr);
  const request = "request" in parsed ? parsed.request : undefined;
  if ("mistake" in parsed) place.in("csr").refuse(parsed.mistake);
  const lifetime = input.lifetime ?? group.lifetime;
  return {
    name,
    id: certificateId(`${group.name}-${name}`, [
      request?.pem ?? "",
      showDuration(lifetime),
      group.templateId,
      pool,
      String(input.generation),
    ]),
    request,
    names: readNames(input.names, place.in("names")),
    lifetime,
  };
}
