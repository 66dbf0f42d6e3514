import { createHash } from "node:crypto";
import { parseRequest, type SigningRequest } from "../../lib/config/csr";
import { type DnsName, parseName } from "../../lib/config/dns-names";
import { parseDuration, type Seconds, showDuration } from "../../lib/config/duration";
import { parseMember } from "../../lib/config/google";
import { keyProblem } from "../../lib/config/identifiers";
import { defaultKey, type KeyKind, keyKinds } from "../../lib/config/keys";
import { readNames } from "../../lib/config/names";
import type { Purpose } from "../../lib/config/purpose";
import { type Path, type Report, show } from "../../lib/config/report";
import { sortedEntries } from "../../lib/config/sorted-map";
import type { Around } from "../scenario";
import {
  type CasShortLivedInput,
  defaultIssuerLifetime,
  defaultRenewAt,
  defaultRootLifetime,
  type Phase,
} from "./input";
import { defaultBootstrapPath } from "./input-bootstrap";

/** The longest id that the service takes. */
const idLimit = 63;
/** What the service takes as an id and the provider sends whole: it cuts an issuer's id at an underscore. */
const idPattern = "^[a-zA-Z0-9-]{1,63}$";

/** What the root's resources are called. */
export const rootKey = "root";

/** What Google calls keys of authorities (CertificateAuthority.SignHashAlgorithm). */
export const authorityAlgorithms: Readonly<Record<KeyKind, string>> = {
  "ecdsa-p256": "EC_P256_SHA256",
  "ecdsa-p384": "EC_P384_SHA384",
  "rsa-2048": "RSA_PKCS1_2048_SHA256",
  "rsa-3072": "RSA_PKCS1_3072_SHA256",
  "rsa-4096": "RSA_PKCS1_4096_SHA256",
};

type NodeGroupInput = CasShortLivedInput["nodeGroups"][string];
type CertificateInput = NonNullable<NodeGroupInput["certificates"]>[string];

/** A certificate authority, complete. */
export interface CasAuthorityConfig {
  /** Its id in its pool. */
  readonly id: string;
  readonly commonName: string;
  readonly organization: string;
  readonly lifetime: Seconds;
  readonly key: { readonly kind: KeyKind } | { readonly kmsKeyVersion: string };
  /** Empty: any. Sorted. */
  readonly permittedDomains: readonly DnsName[];
}

/** An issuing authority, complete. */
export interface CasIssuerConfig extends CasAuthorityConfig {
  readonly name: string;
  readonly phase: Phase;
}

/** A certificate that Terraform has signed, complete. */
export interface CasCertificateConfig {
  readonly name: string;
  /** Its id in the pool: another for whatever makes Google sign again. */
  readonly id: string;
  /** `undefined` where the request was refused. */
  readonly request: SigningRequest | undefined;
  readonly names: readonly DnsName[];
  readonly lifetime: Seconds;
}

/** How nodes get certificates, complete. */
interface BootstrapConfig {
  readonly user: string | undefined;
  readonly reload: string | undefined;
  readonly path: string;
}

/** A group of nodes, complete. */
export interface NodeGroupConfig {
  readonly name: string;
  /** Id of its certificate template. */
  readonly templateId: string;
  readonly domains: readonly DnsName[];
  /** Sorted. */
  readonly members: readonly string[];
  readonly lifetime: Seconds;
  readonly purpose: Purpose;
  /** Share of the lifetime. */
  readonly renewAt: number;
  readonly bootstrap: BootstrapConfig | undefined;
  readonly certificates: readonly CasCertificateConfig[];
}

/** A stack of a private certificate authority for training clusters, complete. */
export interface CasShortLivedConfig {
  readonly project: string;
  readonly location: string;
  readonly tier: "enterprise" | "devops";
  readonly protect: boolean;
  readonly skipGracePeriod: boolean;
  /** 0 for not at all. */
  readonly backdate: Seconds;
  readonly publish: { readonly caCertificate: boolean; readonly crl: boolean };
  /** In the order of {@link keyKinds}. */
  readonly keys: readonly KeyKind[];
  readonly rootPoolId: string;
  readonly issuingPoolId: string;
  readonly root: CasAuthorityConfig;
  readonly issuers: readonly CasIssuerConfig[];
  readonly maximumLifetime: Seconds;
  readonly nodeGroups: readonly NodeGroupConfig[];
}

/** Completes a stack: ids built, lifetimes inherited, requests read. */
export function readCasShortLived(
  input: CasShortLivedInput,
  around: Around,
  path: Path,
  report: Report,
): CasShortLivedConfig {
  const prefix = `${around.environment}-${around.stack}`;
  const organization = input.root.organization ?? around.project;
  const issuingPoolId = `${prefix}-${input.suffix}`;
  const rootPoolId = `${prefix}-root-${input.suffix}`;
  // The longer of both.
  readId(rootPoolId, path, report);
  for (const part of ["issuers", "nodeGroups"] as const) {
    if (Object.keys(input[part]).length === 0 && !report.refused([...path, part])) {
      report.problem([...path, part], `is empty; write at least one ${part === "issuers" ? "issuer" : "node group"}`);
    }
  }
  return {
    project: input.project,
    location: input.location,
    tier: input.tier ?? "enterprise",
    protect: input.protect ?? true,
    skipGracePeriod: input.skipGracePeriod ?? false,
    backdate: parseDuration(input.backdate ?? "") ?? 0,
    publish: { caCertificate: input.publish?.caCertificate ?? false, crl: input.publish?.crl ?? false },
    keys: readKeys(input.keys, [...path, "keys"], report),
    rootPoolId,
    issuingPoolId,
    root: {
      ...readAuthority(input.root, input.location, [...path, "root"], report),
      id: `${rootKey}-${input.suffix}`,
      organization,
      lifetime: parseDuration(input.root.lifetime ?? defaultRootLifetime) ?? 0,
    },
    issuers: sortedEntries(input.issuers).map(([name, issuer]) => {
      const at = [...path, "issuers", name];
      const id = `${name}-${input.suffix}`;
      readId(id, at, report);
      return {
        ...readAuthority(issuer, input.location, at, report),
        name,
        id,
        organization,
        lifetime: parseDuration(issuer.lifetime ?? defaultIssuerLifetime) ?? 0,
        phase: issuer.phase ?? "enabled",
      };
    }),
    maximumLifetime: parseDuration(input.maximumLifetime) ?? 0,
    nodeGroups: sortedEntries(input.nodeGroups).map(([name, group]) =>
      readNodeGroup(name, group, { prefix, suffix: input.suffix, pool: issuingPoolId }, path, report),
    ),
  };
}

/** An id must be one that the service takes and the provider sends whole. */
function readId(id: string, path: Path, report: Report): void {
  // A suffix that was refused is empty.
  if (id.endsWith("-") || new RegExp(idPattern).test(id)) return;
  report.problem(
    path,
    id.length > idLimit
      ? `would have the id ${show(id)} of ${id.length} characters, Google takes ${idLimit}; shorten the key, the stack's or environment's name, or the suffix`
      : `would have the id ${show(id)}; write letters, digits and "-" (of an id with "_" the provider sends only a part)`,
  );
}

function readKeys(input: readonly KeyKind[] | undefined, path: Path, report: Report): readonly KeyKind[] {
  if (input?.length === 0)
    report.problem(path, "is empty, so no key would do; write at least one kind or leave it out");
  const given = input ?? [defaultKey];
  return keyKinds.filter((kind) => given.includes(kind));
}

function readAuthority(
  input: CasShortLivedInput["root"] | CasShortLivedInput["issuers"][string],
  location: string,
  path: Path,
  report: Report,
): Pick<CasAuthorityConfig, "commonName" | "key" | "permittedDomains"> {
  const { kmsKeyVersion } = input;
  if (input.key !== undefined && kmsKeyVersion !== undefined) {
    report.problem([...path, "key"], "has no use beside kmsKeyVersion, which is a key already; leave one of them out");
  }
  const [, place] = /\/locations\/([^/]+)\//.exec(kmsKeyVersion ?? "") ?? [];
  if (place !== undefined && location !== "" && place !== location) {
    report.problem(
      [...path, "kmsKeyVersion"],
      `is in ${place}, the stack in ${location}, and an authority signs with keys of its own region only; write a key in ${location}`,
    );
  }
  return {
    commonName: input.commonName,
    key: kmsKeyVersion === undefined ? { kind: input.key ?? defaultKey } : { kmsKeyVersion },
    permittedDomains: readDomains(input.permittedDomains ?? [], [...path, "permittedDomains"], report),
  };
}

/** Domains in normal form; a wildcard is no domain. */
function readDomains(input: readonly string[], path: Path, report: Report): readonly DnsName[] {
  for (const given of input) {
    const parsed = parseName(given);
    if ("name" in parsed && parsed.name.startsWith("*.")) {
      report.problem(
        [...path, { member: given }],
        `is a wildcard; write ${show(parsed.name.slice(2))}, which allows the names below it as well`,
      );
    }
  }
  return readNames(input, path, report).filter((name) => !name.startsWith("*."));
}

function readNodeGroup(
  name: string,
  input: NodeGroupInput,
  ids: { readonly prefix: string; readonly suffix: string; readonly pool: string },
  stackPath: Path,
  report: Report,
): NodeGroupConfig {
  const path = [...stackPath, "nodeGroups", name];
  const mistake = keyProblem(name);
  if (mistake !== undefined) report.problem(path, mistake);
  const templateId = `${ids.prefix}-${name}-${ids.suffix}`;
  if (mistake === undefined) readId(templateId, path, report);
  for (const part of ["domains", "members"] as const) {
    if (input[part].length > 0 || report.refused([...path, part])) continue;
    const what = part === "domains" ? "domain, or nodes could take any name" : "IAM member, or nobody could ask";
    report.problem([...path, part], `is empty; write at least one ${what}`);
  }
  const lifetime = parseDuration(input.lifetime) ?? 0;
  const certificates = sortedEntries(input.certificates ?? {}).map(([key, certificate]) =>
    readCertificate(key, certificate, { group: name, templateId, pool: ids.pool, lifetime }, path, report),
  );
  if (input.renewAt !== undefined && input.bootstrap === undefined) {
    report.warning([...path, "renewAt"], "has no use without bootstrap; write bootstrap: {} or leave it out");
  }
  return {
    name,
    templateId,
    domains: readDomains(input.domains, [...path, "domains"], report),
    members: readMembers(input.members),
    lifetime,
    purpose: input.purpose ?? "mutual",
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
  groupPath: Path,
  report: Report,
): CasCertificateConfig {
  const path = [...groupPath, "certificates", name];
  const mistake = keyProblem(name);
  if (mistake !== undefined) report.problem(path, mistake);
  const parsed = report.refused([...path, "csr"]) ? undefined : parseRequest(input.csr);
  if (parsed !== undefined && "mistake" in parsed) report.refuse([...path, "csr"], parsed.mistake);
  const request = parsed !== undefined && "request" in parsed ? parsed.request : undefined;
  const lifetime = input.lifetime === undefined ? around.lifetime : (parseDuration(input.lifetime) ?? 0);
  const names = readNames(input.names, [...path, "names"], report);
  return {
    name,
    id: certificateId(`${around.group}-${name}`, [
      request?.pem ?? "",
      showDuration(lifetime),
      around.templateId,
      around.pool,
      String(input.generation ?? 1),
    ]),
    request,
    names,
    lifetime,
  };
}

/**
 * A certificate's id: a digest of everything that makes Google sign again, so that the new certificate can be made
 * before the old one is revoked, and no id is used twice.
 */
function certificateId(name: string, parts: readonly string[]): string {
  const digest = createHash("sha256")
    .update(JSON.stringify([name, ...parts]))
    .digest("hex")
    .slice(0, 12);
  return `${name.slice(0, idLimit - digest.length - 1)}-${digest}`;
}
