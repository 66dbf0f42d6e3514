import { parseRequest, type SigningRequest } from "../../lib/config/csr";
import { type DnsName, parseName } from "../../lib/config/dns-names";
import { type Seconds, showDuration } from "../../lib/config/duration";
import { parseMember } from "../../lib/config/google";
import { keyProblem } from "../../lib/config/identifiers";
import { readNames } from "../../lib/config/names";
import type { Purpose } from "../../lib/config/purpose";
import { type Place, show } from "../../lib/config/report";
import { sortedEntries } from "../../lib/config/sorted-map";
import { certificateId, checkId } from "./config-ids";
import { type CasShortLivedInput, defaultRenewAt } from "./input";
import { defaultBootstrapPath } from "./input-bootstrap";

type NodeGroupInput = CasShortLivedInput["nodeGroups"][string];
type CertificateInput = NonNullable<NodeGroupInput["certificates"]>[string];

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
export interface BootstrapConfig {
  readonly user: string | undefined;
  readonly reload: string | undefined;
  readonly path: string;
}

/** A group of nodes, complete. */
export interface NodeGroupConfig {
  readonly name: string;
  /** The id of its certificate template. */
  readonly templateId: string;
  readonly domains: readonly DnsName[];
  /** Sorted. */
  readonly members: readonly string[];
  readonly lifetime: Seconds;
  readonly purpose: Purpose;
  /** The share of its lifetime after which a certificate is renewed. */
  readonly renewAt: number;
  readonly bootstrap: BootstrapConfig | undefined;
  readonly certificates: readonly CertificateConfig[];
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
  const mistake = keyProblem(name);
  const templateId = `${ids.prefix}-${name}-${ids.suffix}`;
  if (mistake !== undefined) place.problem(mistake);
  else checkId(templateId, place);
  for (const part of ["domains", "members"] as const) {
    if (input[part].length > 0 || place.in(part).refused) continue;
    const what = part === "domains" ? "domain, or nodes could take any name" : "IAM member, or nobody could ask";
    place.in(part).problem(`is empty; write at least one ${what}`);
  }
  const lifetime = input.lifetime;
  const certificates = sortedEntries(input.certificates).map(([key, certificate]) => {
    const around = { group: name, templateId, pool: ids.pool, lifetime };
    return readCertificate(key, certificate, around, place.in("certificates", key));
  });
  if (input.renewAt !== undefined && input.bootstrap === undefined) {
    place.in("renewAt").warning("has no use without bootstrap; write bootstrap: {} or leave it out");
  }
  return {
    name,
    templateId,
    domains: readDomains(input.domains, place.in("domains")),
    members: readMembers(input.members),
    lifetime,
    purpose: input.purpose,
    renewAt: input.renewAt ?? defaultRenewAt,
    bootstrap: input.bootstrap && {
      user: input.bootstrap.user,
      reload: input.bootstrap.reload,
      path: input.bootstrap.path ?? defaultBootstrapPath(name),
    },
    certificates,
  };
}

function readMembers(input: readonly string[]): readonly string[] {
  const members = input.flatMap((given) => {
    const parsed = parseMember(given);
    return "member" in parsed ? [parsed.member] : [];
  });
  return [...new Set(members)].sort();
}

function readCertificate(
  name: string,
  input: CertificateInput,
  around: { readonly group: string; readonly templateId: string; readonly pool: string; readonly lifetime: Seconds },
  place: Place,
): CertificateConfig {
  const mistake = keyProblem(name);
  if (mistake !== undefined) place.problem(mistake);
  const request = readRequest(input.csr, place.in("csr"));
  const lifetime = input.lifetime ?? around.lifetime;
  const names = place.in("names");
  return {
    name,
    id: certificateId(`${around.group}-${name}`, [
      request?.pem ?? "",
      showDuration(lifetime),
      around.templateId,
      around.pool,
      String(input.generation),
    ]),
    request,
    names: readNames(input.names, names),
    lifetime,
  };
}

function readRequest(text: string, place: Place): SigningRequest | undefined {
  const parsed = parseRequest(text);
  if ("request" in parsed) return parsed.request;
  place.refuse(parsed.mistake);
  return undefined;
}
