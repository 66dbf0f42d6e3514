import { blockOf, type PreviousResource, type PreviousStack, textOf, textsOf } from "../../lib/change/previous-stack";
import { showDuration } from "../../lib/config/duration";
import { type Place, show } from "../../lib/config/report";
import { issuerPrefix, issuingPoolKey, rootKey } from "./addresses";
import { checkCertificates } from "./change-certificates";
import {
  authorityType,
  checkPhases,
  checkProtection,
  checkRemovals,
  checkSigning,
  knownPhases,
} from "./change-issuers";
import { checkNodeGroups, knownGroups, secondsOf } from "./change-nodes";
import { checkPool } from "./change-pool";
import { type AuthorityConfig, authorityAlgorithms, type CasShortLivedConfig } from "./config";

/** Reports what an apply over an earlier release would interrupt or destroy, and what Google would refuse. */
export function change(config: CasShortLivedConfig, before: PreviousStack | undefined, place: Place): void {
  const root = before?.resources[`${authorityType}.${rootKey}`];
  // If the whole stack is replaced, the rest needs no comparison. Without a root there was no such stack before.
  if (before !== undefined && root !== undefined && checkReplaced(config, before, root, place)) return;
  // In a new stack every issuer is new.
  checkPhases(config, before === undefined ? new Map() : knownPhases(before), place.in("issuers"));
  if (before === undefined) return;
  checkRemovals(config, before, place.in("issuers"));
  if (root !== undefined) checkInterruptions(config, before, root, place);
}

/** An argument whose change makes the provider replace an authority or a pool. */
interface Replacing {
  readonly place: Place;
  readonly now: string | readonly string[];
  /** `undefined` if unknown. */
  readonly was: string | readonly string[] | undefined;
}

/**
 * Reports what would no longer be signed, and which nodes could no longer renew. An issuer must sign at every moment.
 * Nodes keep what they were made with until they are made anew.
 */
function checkInterruptions(
  config: CasShortLivedConfig,
  previous: PreviousStack,
  root: PreviousResource,
  place: Place,
): void {
  const groups = knownGroups(previous);
  checkSigning(config, previous, place.in("issuers"));
  checkProtection(config, root, place.in("protect"));
  checkNodeGroups(config, groups, place.in("nodeGroups"));
  checkCertificates(config, previous, place.in("nodeGroups"));
  checkPool(config, previous.resources[`google_privateca_ca_pool.${issuingPoolKey}`], groups, place);
}

/**
 * Reports what would be replaced. An authority cannot be changed (in the provider's schema every argument but state,
 * protection and labels replaces it) and cannot be made again, since Google takes no id twice.
 *
 * @returns whether the whole stack would be
 */
function checkReplaced(
  config: CasShortLivedConfig,
  previous: PreviousStack,
  root: PreviousResource,
  place: Place,
): boolean {
  const pool = previous.resources[`google_privateca_ca_pool.${issuingPoolKey}`];
  const suffixOf = (rootId: string) => rootId.slice(`${rootKey}-`.length);
  const fateOf = (before: PreviousResource) => fate(config.protect, before.deletion_protection !== false);
  const hierarchy =
    "make the other one a second stack, move the nodes over, and take this one down then (docs/cas-short-lived.md)";
  const allReplaced = `pools and authorities would be replaced, ${fateOf(root)}; go back, and ${hierarchy}`;
  const elsewhere = reportReplacing(
    [
      { place: place.in("project"), now: config.project, was: textOf(root.project) },
      { place: place.in("location"), now: config.location, was: textOf(root.location) },
      {
        place: place.in("suffix"),
        now: suffixOf(config.root.id),
        was: suffixOf(textOf(root.certificate_authority_id) ?? "") || undefined,
      },
      { place: place.in("tier"), now: config.tier, was: textOf(pool?.tier)?.toLowerCase() },
    ],
    () => allReplaced,
  );
  const poolId = textOf(pool?.name);
  const renamed = !elsewhere && poolId !== undefined && poolId !== config.issuingPoolId;
  if (renamed) {
    // The id is made from environment, stack and suffix; only the environment can differ here.
    place
      .elsewhere("environment")
      .problem(`gives the pool ${show(config.issuingPoolId)}, was ${show(poolId)}: ${allReplaced}`);
  }
  reportReplacing(
    [
      ...authorityArguments(config.root, root, place.in("root")),
      {
        place: place.in("root", "organization"),
        now: config.root.organization,
        was: subjectOf(root).organization,
      },
    ],
    (was) => `the root would be replaced, ${fateOf(root)}; go back to ${was}, and ${hierarchy}`,
  );
  if (elsewhere || renamed) return true;
  for (const issuer of config.issuers) {
    const before = previous.resources[`${authorityType}.${issuerPrefix}${issuer.name}`];
    if (before === undefined) continue;
    reportReplacing(
      authorityArguments(issuer, before, place.in("issuers", issuer.name)),
      (was) =>
        `the issuer would be replaced, ${fateOf(before)}; go back to ${was}, and make a new issuer beside this one, with phase: "staged" (docs/cas-short-lived.md, "Another issuer")`,
    );
  }
  return false;
}

/**
 * Reports arguments whose value changed.
 *
 * @param consequence - says what follows and what to do, given the value before
 * @returns whether any value changed
 */
function reportReplacing(all: readonly Replacing[], consequence: (was: string) => string): boolean {
  const changed = all.filter(({ now, was }) => was !== undefined && JSON.stringify(now) !== JSON.stringify(was));
  for (const { place, now, was } of changed) {
    place.problem(`is ${show(now)}, was ${show(was)}: ${consequence(show(was))}`);
  }
  return changed.length > 0;
}

/** The result of an apply that replaces something, as part of a sentence. */
function fate(protect: boolean, wasProtected: boolean): string {
  if (protect) return "which the plan refuses (protect)";
  return wasProtected
    ? "and the apply would end half-way, since what is there is still protected"
    : "and the apply would destroy what nodes trust or are signed by, with an id that Google never takes again";
}

/** Arguments that replace an authority, besides those of the whole stack. */
function authorityArguments(authority: AuthorityConfig, before: PreviousResource, place: Place): readonly Replacing[] {
  const key = blockOf(before.key_spec);
  const algorithm = textOf(key.algorithm);
  const kind = Object.entries(authorityAlgorithms).find(([, name]) => name === algorithm)?.[0];
  const lifetime = secondsOf(before.lifetime);
  const constraints = blockOf(blockOf(blockOf(before.config).x509_config).name_constraints);
  return [
    { place: place.in("commonName"), now: authority.commonName, was: subjectOf(before).commonName },
    {
      place: place.in("lifetime"),
      now: showDuration(authority.lifetime),
      was: lifetime === undefined ? undefined : showDuration(lifetime),
    },
    {
      place: place.in("kind" in authority.key ? "key" : "kmsKeyVersion"),
      now: "kind" in authority.key ? authority.key.kind : authority.key.kmsKeyVersion,
      was: textOf(key.cloud_kms_key_version) ?? kind ?? algorithm,
    },
    {
      place: place.in("permittedDomains"),
      now: authority.permittedDomains,
      was: [...textsOf(constraints.permitted_dns_names)].sort(),
    },
  ];
}

function subjectOf(authority: PreviousResource): { readonly commonName?: string; readonly organization?: string } {
  const subject = blockOf(blockOf(blockOf(authority.config).subject_config).subject);
  return { commonName: textOf(subject.common_name), organization: textOf(subject.organization) };
}
