import { isUnder } from "../../lib/config/dns-names";
import type { Seconds } from "../../lib/config/duration";
import { type Path, type Report, show } from "../../lib/config/report";
import { nearest } from "../../lib/config/structure";
import { checkCasLifetimes } from "./check-lifetimes";
import { checkCasRequests } from "./check-requests";
import type { CasShortLivedConfig } from "./config";

/** Would this be issued, and could nodes use it? */
export function checkCas(stack: CasShortLivedConfig, applyEvery: Seconds, path: Path, report: Report): void {
  checkCasLifetimes(stack, applyEvery, path, report);
  checkCasRequests(stack, path, report);
  checkCasFit(stack, path, report);
  checkCasPhases(stack, path, report);
}

/** What is asked for must be what tier, name constraints and members can give. */
function checkCasFit(stack: CasShortLivedConfig, path: Path, report: Report): void {
  checkTier(stack, path, report);
  checkPermittedDomains(stack, path, report);
  checkMembers(stack, path, report);
  checkAccounts(stack, path, report);
  checkDomains(stack, path, report);
  checkCommonNames(stack, path, report);
  if (stack.protect && stack.skipGracePeriod) {
    report.warning(
      [...path, "skipGracePeriod"],
      "has no use while protect is true, which lets nothing be destroyed; leave it out until protect is false",
    );
  }
}

/** What the tiers can do: "Select the operation tiers" of Certificate Authority Service. */
function checkTier(stack: CasShortLivedConfig, path: Path, report: Report): void {
  const { tier, publish, root, issuers, nodeGroups } = stack;
  if (tier !== "devops") return;
  const authorities = [
    { at: [...path, "root"], key: root.key },
    ...issuers.map(({ name, key }) => ({ at: [...path, "issuers", name], key })),
  ];
  for (const { at, key } of authorities) {
    if ("kind" in key) continue;
    report.problem(
      [...at, "kmsKeyVersion"],
      'is given, but the tier "devops" signs with keys that Google makes only; write key, or tier: "enterprise"',
    );
  }
  if (publish.crl) {
    report.problem(
      [...path, "publish", "crl"],
      'is true, but the tier "devops" has no lists of revoked certificates; leave it out, or write tier: "enterprise"',
    );
  }
  for (const { name, certificates } of nodeGroups) {
    if (certificates.length === 0) continue;
    const those = certificates.map(({ name }) => show(name)).join(", ");
    report.problem(
      [...path, "nodeGroups", name, "certificates"],
      `has ${those}, but the tier "devops" keeps no certificates, so Terraform could not read back what was signed and the apply would fail; let the nodes ask by themselves (bootstrap), or write tier: "enterprise"`,
    );
  }
}

/** Clients refuse a certificate with a name that an authority above it does not permit. */
function checkPermittedDomains({ root, issuers, nodeGroups }: CasShortLivedConfig, path: Path, report: Report): void {
  const authorities = [
    { at: "root", who: "the root", domains: root.permittedDomains },
    ...issuers.map(({ name, permittedDomains }) => ({
      at: `issuers.${name}`,
      who: `the issuer ${name}`,
      domains: permittedDomains,
    })),
  ].filter(({ domains }) => domains.length > 0);
  for (const group of nodeGroups) {
    for (const domain of group.domains) {
      const strict = authorities.find(({ domains }) => !domains.some((permitted) => isUnder(domain, permitted)));
      if (strict === undefined) continue;
      report.problem(
        [...path, "nodeGroups", group.name, "domains", { member: domain }],
        `is not in what ${strict.who} permits (${strict.domains.map(show).join(", ")}), so clients would refuse the certificates; use a domain below one of these, or add it to ${strict.at}.permittedDomains before the authority is made`,
      );
    }
  }
}

/** A template keeps groups apart only as far as their members are apart. */
function checkMembers({ nodeGroups }: CasShortLivedConfig, path: Path, report: Report): void {
  const groups = new Map<string, string>();
  for (const { name, members } of nodeGroups) {
    for (const member of members) {
      const other = groups.get(member);
      if (other === undefined) groups.set(member, name);
      else {
        report.warning(
          [...path, "nodeGroups", name, "members", { member }],
          `is a member of the node group ${other} too, so its nodes can take names of both; give each group a service account of its own`,
        );
      }
    }
  }
}

/** Domains of service accounts besides those of projects: "Service accounts overview" of Google Cloud. */
const accountDomains = [
  "developer.gserviceaccount.com",
  "appspot.gserviceaccount.com",
  "cloudservices.gserviceaccount.com",
];

/** Google refuses an account that there is none of only in the apply, when the authorities are made already. */
function checkAccounts({ nodeGroups, project }: CasShortLivedConfig, path: Path, report: Report): void {
  const at = (group: string, member: string) => [...path, "nodeGroups", group, "members", { member }];
  for (const { name, members } of nodeGroups) {
    for (const member of members) {
      const [, account, domain] = /^serviceAccount:([^@]+)@(.+)$/.exec(member) ?? [];
      if (account === undefined || domain === undefined) continue;
      if (/^[a-z0-9.-]+\.iam\.gserviceaccount\.com$/.test(domain) || accountDomains.includes(domain)) continue;
      const own = `${project}.iam.gserviceaccount.com`;
      const meant = nearest(domain, [`${domain.split(".")[0]}.iam.gserviceaccount.com`, own, ...accountDomains]) ?? own;
      report.warning(
        at(name, member),
        `is in ${show(domain)}, which has no service accounts; did you mean ${show(`serviceAccount:${account}@${meant}`)}?`,
      );
    }
  }
}

/** Whoever may take names of a domain may take those below it too. */
function checkDomains({ nodeGroups }: CasShortLivedConfig, path: Path, report: Report): void {
  const all = nodeGroups.flatMap(({ name, domains }) => domains.map((domain) => ({ group: name, domain })));
  for (const [index, { group, domain }] of all.entries()) {
    for (const [position, other] of all.entries()) {
      if (other.group === group || !isUnder(domain, other.domain)) continue;
      const equal = domain === other.domain;
      // Of two equal ones the later is told of.
      if (equal && position > index) continue;
      report.warning(
        [...path, "nodeGroups", group, "domains", { member: domain }],
        equal
          ? `is a domain of the node group ${other.group} too, so nodes of each can take the other's names; give each group a domain of its own`
          : `lies in ${show(other.domain)} of the node group ${other.group}, whose nodes can take these names too; give each group a domain that is in no other's`,
      );
    }
  }
}

/** Who looks at a chain knows authorities by their names, and programs look an issuer up by its name. */
function checkCommonNames({ root, issuers }: CasShortLivedConfig, path: Path, report: Report): void {
  const plain = (text: string) => text.trim().replaceAll(/\s+/g, " ").toLowerCase();
  const owners = new Map([[plain(root.commonName), "the root"]]);
  for (const { name, commonName } of issuers) {
    const owner = owners.get(plain(commonName));
    if (owner === undefined) owners.set(plain(commonName), `the issuer ${name}`);
    else if (commonName !== "") {
      report.warning(
        [...path, "issuers", name, "commonName"],
        `is ${show(commonName)}, as ${owner} is called, and authorities of one name are taken for each other; write another, such as ${show(`${commonName.trim()} ${name}`)}`,
      );
    }
  }
}

/** Something must sign. */
function checkCasPhases({ issuers }: CasShortLivedConfig, path: Path, report: Report): void {
  const at = [...path, "issuers"];
  const unclear = issuers.some(({ name }) => report.refused([...at, name, "phase"]));
  if (issuers.length === 0 || unclear || issuers.some(({ phase }) => phase === "enabled")) return;
  const states = [...new Set(issuers.map(({ phase }) => phase))].join(" or ");
  report.problem(at, `are all ${states}, so nothing signs; write phase: "enabled" for one of them`);
}
