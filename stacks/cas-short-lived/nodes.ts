import { createHash } from "node:crypto";
import type { PrivatecaCaPool } from "@cdktf/provider-google/lib/privateca-ca-pool";
import { PrivatecaCaPoolIamMember } from "@cdktf/provider-google/lib/privateca-ca-pool-iam-member";
import { PrivatecaCertificate } from "@cdktf/provider-google/lib/privateca-certificate";
import { PrivatecaCertificateTemplate } from "@cdktf/provider-google/lib/privateca-certificate-template";
import { PrivatecaCertificateTemplateIamMember } from "@cdktf/provider-google/lib/privateca-certificate-template-iam-member";
import { Construct } from "constructs";
import { type Seconds, showDuration } from "../../lib/config/duration";
import { renewalWindow } from "../../lib/config/lifetimes";
import { ExpiryCheck } from "../../lib/constructs/check";
import type { InventoryEntry } from "../../lib/constructs/inventory";
import type { CasShortLivedConfig } from "./config";
import type { CertificateConfig, NodeGroupConfig } from "./config-nodes";
import { googleDuration, type Hierarchy, namesExpression } from "./hierarchy";

/** A node group as it was made. */
export interface NodeGroup {
  readonly group: NodeGroupConfig;
  readonly template: PrivatecaCertificateTemplate;
  readonly certificates: readonly SignedCertificate[];
}

/** A certificate from a request. */
interface SignedCertificate {
  /** Its group's name and its own. */
  readonly key: string;
  /** The certificate and its chain (PEM). */
  readonly chainPem: string;
  readonly entry: InventoryEntry;
}

/**
 * Makes a node group: a template for its names and lifetime, its members' right to use that template and no other, and
 * its certificates from requests.
 *
 * @param scope - the group's construct; its id is the start of the resources' names
 * @param applyEvery - how often an operator sees a plan
 */
export function makeNodeGroup(
  scope: Construct,
  group: NodeGroupConfig,
  config: CasShortLivedConfig,
  hierarchy: Hierarchy,
  applyEvery: Seconds,
): NodeGroup {
  const { project, location } = config;
  const template = new PrivatecaCertificateTemplate(scope, PrivatecaCertificateTemplate.tfResourceType, {
    project,
    location,
    name: group.templateId,
    maximumLifetime: googleDuration(group.lifetime),
    // Other extensions of a request are dropped. Extensions that the pool sets must be here, or every request fails.
    passthroughExtensions: { knownExtensions: ["CA_OPTIONS"] },
    predefinedValues: {
      // The pool sets it. Without this block every plan would remove what the provider reads back.
      caOptions: { nullCa: true },
      keyUsage: {
        // TLS 1.3, and TLS 1.2 with forward secrecy, need no other key usage.
        baseKeyUsage: { digitalSignature: true },
        extendedKeyUsage: {
          serverAuth: group.purpose !== "client",
          clientAuth: group.purpose !== "server",
        },
      },
    },
    identityConstraints: {
      allowSubjectPassthrough: false,
      allowSubjectAltNamesPassthrough: true,
      celExpression: namesExpression(group.domains),
    },
  });
  for (const member of group.members) {
    const own = new Construct(scope, `member_${memberKey(member)}`);
    new PrivatecaCertificateTemplateIamMember(own, PrivatecaCertificateTemplateIamMember.tfResourceType, {
      certificateTemplate: template.id,
      role: "roles/privateca.templateUser",
      member,
    });
    new PrivatecaCaPoolIamMember(own, PrivatecaCaPoolIamMember.tfResourceType, {
      caPool: hierarchy.issuingPool.id,
      role: "roles/privateca.certificateRequester",
      member,
      // Otherwise a member could ask without a template, and so for any name that the pool signs.
      condition: {
        title: `With the template ${group.templateId}`,
        expression: `api.getAttribute("privateca.googleapis.com/template", "") == "${project}/-/${group.templateId}"`,
      },
    });
  }
  const certificates = group.certificates.map((certificate) => {
    const own = new Construct(scope, certificate.name);
    return signedCertificate(own, certificate, group, template, config, hierarchy, applyEvery);
  });
  return { group, template, certificates };
}

function signedCertificate(
  scope: Construct,
  { name, id, request, names, lifetime }: CertificateConfig,
  group: NodeGroupConfig,
  template: PrivatecaCertificateTemplate,
  config: CasShortLivedConfig,
  { issuingPool, issuers }: Hierarchy,
  applyEvery: Seconds,
): SignedCertificate {
  const certificate = new PrivatecaCertificate(scope, PrivatecaCertificate.tfResourceType, {
    project: config.project,
    location: config.location,
    pool: issuingPool.name,
    name: id,
    certificateTemplate: template.id,
    lifetime: googleDuration(lifetime),
    pemCsr: request?.pem ?? "",
    // Destroying a certificate revokes it, so the next one, which has another id, is made first.
    lifecycle: { createBeforeDestroy: true },
    // A pool refuses requests until one of its issuers signs.
    dependsOn: issuers.flatMap(({ issuer, authority }) => (issuer.phase === "enabled" ? [authority] : [])),
  });
  const key = `${group.name}/${name}`;
  const notAfter = `${certificate.fqn}.certificate_description[0].subject_description[0].not_after_time`;
  new ExpiryCheck(scope, "expiry", {
    certificate: key,
    notAfter,
    // A later warning could come too late: an operator may see no plan for as long as applyEvery.
    before: Math.max(renewalWindow(lifetime), applyEvery),
    advice: "Nothing renews it by itself: raise its generation in the config and apply",
  });
  return {
    key,
    chainPem: `\${join("", concat([${certificate.fqn}.pem_certificate], ${certificate.fqn}.pem_certificate_chain))}`,
    entry: {
      names,
      issuer: `the pool ${config.issuingPoolId}`,
      lifetime: showDuration(lifetime),
      renewedBy: "an apply, once its generation is raised in the config",
      keyLocation: "where its request was made",
      keyInState: false,
      notAfter: `\${${notAfter}}`,
    },
  };
}

/** Lets every member read the pool. A member of several groups gets the right once. */
export function makePoolReaders(scope: Construct, pool: PrivatecaCaPool, groups: readonly NodeGroupConfig[]): void {
  for (const member of [...new Set(groups.flatMap(({ members }) => members))].sort()) {
    new PrivatecaCaPoolIamMember(scope, `reader_${memberKey(member)}`, {
      caPool: pool.id,
      role: "roles/privateca.poolReader",
      member,
    });
  }
}

/** A member's part of an address: the readable part of its name, and a digest that makes it unique. */
function memberKey(member: string): string {
  const [, name = ""] = /^\w+:(?:\/\/[^/]+\/)?([^@]+)/.exec(member) ?? [];
  const readable = name
    .replaceAll(/[^A-Za-z0-9]+/g, "-")
    .slice(-30)
    .replaceAll(/^-|-$/g, "");
  return `${readable}-${createHash("sha256").update(member).digest("hex").slice(0, 8)}`;
}
