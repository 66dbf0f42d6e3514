import type { SigningRequest } from "../../lib/config/csr";
import { type DnsName, isUnder } from "../../lib/config/dns-names";
import type { KeyKind } from "../../lib/config/keys";
import { oneOf, type Path, type Report, show } from "../../lib/config/report";
import type { CasCertificateConfig, CasShortLivedConfig, NodeGroupConfig } from "./config";

/**
 * A signing request must ask for what the config says and for nothing else: the provider sends any text, and Google
 * drops or overrules what does not suit the template, so the certificate would be another than was meant.
 */
export function checkCasRequests(stack: CasShortLivedConfig, path: Path, report: Report): void {
  for (const group of stack.nodeGroups) {
    for (const certificate of group.certificates) {
      const at = [...path, "nodeGroups", group.name, "certificates", certificate.name];
      checkNames(certificate, group, at, report);
      if (certificate.request === undefined) continue;
      checkContent(certificate.request, [...at, "csr"], report);
      // What the pool allows is not known then.
      if (!report.refused([...path, "keys"])) checkKey(certificate.request, stack.keys, [...at, "csr"], report);
    }
  }
}

function checkNames(
  { names, request }: CasCertificateConfig,
  group: NodeGroupConfig,
  path: Path,
  report: Report,
): void {
  const at = [...path, "names"];
  if (report.refused(at)) return;
  if (names.length === 0) {
    report.problem(at, "is empty; write the DNS names of the request");
    return;
  }
  for (const name of names) {
    if (group.domains.length === 0 || group.domains.some((domain) => isUnder(name, domain))) continue;
    report.problem(
      [...at, { member: name }],
      `is in none of the group's domains (${list(group.domains)}), so its template would refuse it; rename it, or add its domain`,
    );
  }
  if (request === undefined || same(names, request.names)) return;
  report.problem(
    [...path, "csr"],
    request.names.length === 0
      ? `asks for no name (a common name does not count: only subjectAltName does), but names says ${list(names)}; make a request for these`
      : `asks for ${list(request.names)}, but names says ${list(names)}; make another request, or write its names`,
  );
}

function checkContent(request: SigningRequest, at: Path, report: Report): void {
  if (request.authority) {
    report.problem(
      at,
      "asks to be an authority (basicConstraints CA:TRUE), which could sign for anybody; make a request for names alone",
    );
  }
  const others = request.extensions.filter((extension) => !(request.authority && extension === "basicConstraints"));
  if (others.length > 0) {
    report.problem(
      at,
      `asks for ${others.join(", ")} besides names, which the template sets by itself; make a request for names alone`,
    );
  }
  if (request.otherNames.length > 0) {
    report.problem(
      at,
      `asks for ${request.otherNames.join(", ")}, and the template lets only DNS names through; make a request for these alone`,
    );
  }
}

function checkKey({ key, keyText }: SigningRequest, keys: readonly KeyKind[], at: Path, report: Report): void {
  if (key === undefined) {
    report.problem(at, `has ${keyText}, which is too weak or not of a kind that is signed; make a key ${oneOf(keys)}`);
  } else if (keys.length > 0 && !keys.includes(key)) {
    report.problem(
      at,
      `has ${keyText}, and the pool signs ${list(keys)} only; make such a key, or add ${show(key)} to keys`,
    );
  }
}

const list = (values: readonly (DnsName | KeyKind)[]) => values.map(show).join(", ");
const same = (one: readonly string[], other: readonly string[]) => JSON.stringify(one) === JSON.stringify(other);
