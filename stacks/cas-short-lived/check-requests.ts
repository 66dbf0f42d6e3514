import type { SigningRequest } from "../../lib/config/csr";
import { type DnsName, isUnder } from "../../lib/config/dns-names";
import type { KeyKind } from "../../lib/config/keys";
import { oneOf, type Place, show } from "../../lib/config/report";
import type { CasShortLivedConfig } from "./config";
import type { CertificateConfig, NodeGroupConfig } from "./config-nodes";

/**
 * A signing request must ask for exactly what the config says. The provider sends any text, and Google drops or
 * overrides what does not fit the template, so the certificate would differ from the config.
 */
export function checkRequests(config: CasShortLivedConfig, place: Place): void {
  for (const group of config.nodeGroups) {
    for (const certificate of group.certificates) {
      const certificatePlace = place.in("nodeGroups", group.name, "certificates", certificate.name);
      checkNames(certificate, group, certificatePlace);
      if (certificate.request === undefined) continue;
      checkContent(certificate.request, certificatePlace.in("csr"));
      // Without valid keys it is unknown which ones the pool allows.
      if (!place.in("keys").refused) checkKey(certificate.request, config.keys, certificatePlace.in("csr"));
    }
  }
}

function checkNames({ names, request }: CertificateConfig, group: NodeGroupConfig, place: Place): void {
  if (names.length === 0) {
    place.in("names").problem("is empty; write the DNS names of the request");
    return;
  }
  for (const name of names) {
    if (group.domains.length === 0 || group.domains.some((domain) => isUnder(name, domain))) continue;
    place
      .in("names", { member: name })
      .problem(
        `is in none of the group's domains (${list(group.domains)}), so its template would refuse it; rename it, or add its domain`,
      );
  }
  if (request === undefined || same(names, request.names)) return;
  place
    .in("csr")
    .problem(
      request.names.length === 0
        ? `asks for no name (a common name does not count: only subjectAltName does), but names says ${list(names)}; make a request for these`
        : `asks for ${list(request.names)}, but names says ${list(names)}; make another request, or write its names`,
    );
}

function checkContent(request: SigningRequest, place: Place): void {
  if (request.authority) {
    place.problem(
      "asks to be an authority (basicConstraints CA:TRUE), which could sign for anybody; make a request for names alone",
    );
  }
  const others = request.extensions.filter((extension) => !(request.authority && extension === "basicConstraints"));
  if (others.length > 0) {
    place.problem(
      `asks for ${others.join(", ")} besides names, which the template sets by itself; make a request for names alone`,
    );
  }
  if (request.otherNames.length > 0) {
    place.problem(
      `asks for ${request.otherNames.join(", ")}, and the template lets only DNS names through; make a request for these alone`,
    );
  }
}

function checkKey({ key, keyText }: SigningRequest, keys: readonly KeyKind[], place: Place): void {
  if (key === undefined) {
    place.problem(`has ${keyText}, which is too weak or not of a kind that is signed; make a key ${oneOf(keys)}`);
  } else if (keys.length > 0 && !keys.includes(key)) {
    place.problem(
      `has ${keyText}, and the pool signs ${list(keys)} only; make such a key, or add ${show(key)} to keys`,
    );
  }
}

const list = (values: readonly (DnsName | KeyKind)[]) => values.map(show).join(", ");
const same = (one: readonly string[], other: readonly string[]) => JSON.stringify(one) === JSON.stringify(other);
