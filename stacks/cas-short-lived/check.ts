import { isUnder } from "../../lib/config/dns-names";
import { checkIssuer, checkKey } from "../../lib/config/issuers";
import { type Place, show } from "../../lib/config/report";
import type { Settings } from "../../lib/config/settings";
import { nearest } from "../../lib/config/structure";
import { checkLifetimes } from "./check-lifetimes";
import { checkRequests } from "./check-requests";
import type { CasShortLivedConfig } from "./config";

/** Would this be issued, and could nodes use it? */
export function check(config: CasShortLivedConfig, { applyEvery }: Settings, place: Place): void {
  checkIssuing(config, place);
  checkLifetimes(config, applyEvery, place);
  checkRequests(config, place);
  checkTier(config, place);
  checkPermittedDomains(config, place);
  checkMembers(config, place);
  checkAccounts(config, place);
  checkDomains(config, place);
  checkCommonNames(config, place);
  if (config.protect && config.skipGracePeriod) {
    place
      .in("skipGracePeriod")
      .warning(
        "has no use while protect is true, which lets nothing be destroyed; leave it out until protect is false",
      );
  } else if (config.skipGracePeriod) {
    place
      .in("skipGracePeriod")
      .warning(
        "is true, and protect is false: what destroys an authority ends it at once and for good, with no 30 days in which to take it back; write both only to take the stack down",
      );
  }
  checkPhases(config, place);
}

/** Google must make the keys of authorities, and sign the keys and purposes of certificates. */
function checkIssuing({ root, issuers, keys, nodeGroups }: CasShortLivedConfig, place: Place): void {
  const authorities = [
    { key: root.key, here: place.in("root") },
    ...issuers.map(({ name, key }) => ({ key, here: place.in("issuers", name) })),
  ];
  for (const { key, here } of authorities) if ("kind" in key) checkKey("cas", key.kind, here.in("key"));
  for (const member of keys) checkKey("cas", member, place.in("keys", { member }));
  for (const { name, purpose } of nodeGroups) checkIssuer("cas", { purpose }, place.in("nodeGroups", name));
}

/** The tier "devops" lacks some features ("Select the operation tiers" of Certificate Authority Service). */
function checkTier({ tier, publish, root, issuers, nodeGroups }: CasShortLivedConfig, place: Place): void {
  if (tier !== "devops") return;
  const authorities = [
    { version: place.in("root", "kmsKeyVersion"), key: root.key },
    ...issuers.map(({ name, key }) => ({ version: place.in("issuers", name, "kmsKeyVersion"), key })),
  ];
  for (const { version, key } of authorities) {
    if ("kind" in key) continue;
    version.problem(
      'is given, but the tier "devops" signs with keys that Google makes only; write key, or tier: "enterprise"',
    );
  }
  if (publish.crl) {
    place
      .in("publish", "crl")
      .problem(
        'is true, but the tier "devops" has no lists of revoked certificates; leave it out, or write tier: "enterprise"',
      );
  }
  for (const { name, certificates } of nodeGroups) {
    if (certificates.length === 0) continue;
    const those = certificates.map(({ name }) => show(name)).join(", ");
    place
      .in("nodeGroups", name, "certificates")
      .problem(
        `has ${those}, but the tier "devops" keeps no certificates, so Terraform could not read back what was signed and the apply would fail; let the nodes ask by themselves (bootstrap), or write tier: "enterprise"`,
      );
  }
}

/** Clients refuse a certificate if an authority above it does not permit one of its names. */
function checkPermittedDomains({ root, issuers, nodeGroups }: CasShortLivedConfig, place: Place): void {
  const authorities = [
    { path: "root", who: "the root", domains: root.permittedDomains },
    ...issuers.map(({ name, permittedDomains }) => ({
      path: `issuers.${name}`,
      who: `the issuer ${name}`,
      domains: permittedDomains,
    })),
  ].filter(({ domains }) => domains.length > 0);
  for (const group of nodeGroups) {
    for (const domain of group.domains) {
      const strict = authorities.find(({ domains }) => !domains.some((permitted) => isUnder(domain, permitted)));
      if (strict === undefined) continue;
      place
        .in("nodeGroups", group.name, "domains", { member: domain })
        .problem(
          `is not in what ${strict.who} permits (${strict.domains.map(show).join(", ")}), so clients would refuse the certificates; use a domain below one of these, or add it to ${strict.path}.permittedDomains before the authority is made`,
        );
    }
  }
}

/** Templates separate node groups only if the groups have different members. */
function checkMembers({ nodeGroups }: CasShortLivedConfig, place: Place): void {
  const groups = new Map<string, string>();
  for (const { name, members } of nodeGroups) {
    for (const member of members) {
      if (/\/workloadIdentityPools\/[^/]+\/\*$/.test(member)) {
        place
          .in("nodeGroups", name, "members", { member })
          .warning(
            'is every identity of the pool, whichever of its providers lets it in; name one by "/subject/", or some by "/group/" or "/attribute.<name>/"',
          );
      }
      const other = groups.get(member);
      if (other === undefined) groups.set(member, name);
      else {
        place
          .in("nodeGroups", name, "members", { member })
          .warning(
            `is a member of the node group ${other} too, so its nodes can take names of both; give each group a service account of its own`,
          );
      }
    }
  }
}

/** Other domains of service accounts than `<project>.iam...` ("Service accounts overview" of Google Cloud). */
const accountDomains = [
  "developer.gserviceaccount.com",
  "appspot.gserviceaccount.com",
  "cloudservices.gserviceaccount.com",
];

/** Google refuses an unknown account only during the apply, after the authorities are made. */
function checkAccounts({ nodeGroups, project }: CasShortLivedConfig, place: Place): void {
  for (const { name, members } of nodeGroups) {
    for (const member of members) {
      const [, account, domain] = /^serviceAccount:([^@]+)@(.+)$/.exec(member) ?? [];
      if (account === undefined || domain === undefined) continue;
      if (/^[a-z0-9.-]+\.iam\.gserviceaccount\.com$/.test(domain) || accountDomains.includes(domain)) continue;
      const projectDomain = `${project}.iam.gserviceaccount.com`;
      const likely =
        nearest(domain, [`${domain.split(".")[0]}.iam.gserviceaccount.com`, projectDomain, ...accountDomains]) ??
        projectDomain;
      place
        .in("nodeGroups", name, "members", { member })
        .warning(
          `is in ${show(domain)}, which has no service accounts; did you mean ${show(`serviceAccount:${account}@${likely}`)}?`,
        );
    }
  }
}

/** A group that may use a domain's names may also use the names below it. */
function checkDomains({ nodeGroups }: CasShortLivedConfig, place: Place): void {
  const all = nodeGroups.flatMap(({ name, domains }) => domains.map((domain) => ({ group: name, domain })));
  for (const [index, { group, domain }] of all.entries()) {
    for (const [position, other] of all.entries()) {
      if (other.group === group || !isUnder(domain, other.domain)) continue;
      const equal = domain === other.domain;
      // Of two equal domains, report the later one.
      if (equal && position > index) continue;
      place
        .in("nodeGroups", group, "domains", { member: domain })
        .warning(
          equal
            ? `is a domain of the node group ${other.group} too, so nodes of each can take the other's names; give each group a domain of its own`
            : `lies in ${show(other.domain)} of the node group ${other.group}, whose nodes can take these names too; give each group a domain that is in no other's`,
        );
    }
  }
}

/** People tell authorities apart by their names, and programs find an issuer by its name. */
function checkCommonNames({ root, issuers }: CasShortLivedConfig, place: Place): void {
  const plain = (text: string) => text.trim().replaceAll(/\s+/g, " ").toLowerCase();
  const owners = new Map([[plain(root.commonName), "the root"]]);
  for (const { name, commonName } of issuers) {
    const owner = owners.get(plain(commonName));
    if (owner === undefined) owners.set(plain(commonName), `the issuer ${name}`);
    else if (commonName !== "") {
      place
        .in("issuers", name, "commonName")
        .warning(
          `is ${show(commonName)}, as ${owner} is called, and authorities of one name are taken for each other; write another, such as ${show(`${commonName.trim()} ${name}`)}`,
        );
    }
  }
}

/** At least one issuer must sign, and none begins its life disabled. */
function checkPhases({ issuers }: CasShortLivedConfig, place: Place): void {
  for (const { name } of issuers.filter(({ phase }) => phase === "disabled")) {
    // Synthesis does not know what was there before: `check --against` does, and refuses a new one.
    place
      .in("issuers", name, "phase")
      .warning(
        'is "disabled", which is right only for an issuer that signed before: Google makes a new one staged or enabled, and refuses the plan; check --against what is deployed tells which it is',
      );
  }
  const unclear = issuers.some(({ name }) => place.in("issuers", name, "phase").refused);
  if (issuers.length === 0 || unclear || issuers.some(({ phase }) => phase === "enabled")) return;
  const states = [...new Set(issuers.map(({ phase }) => phase))].join(" or ");
  place.in("issuers").problem(`are all ${states}, so nothing signs; write phase: "enabled" for one of them`);
}
