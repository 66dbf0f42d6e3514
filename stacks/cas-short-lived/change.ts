import { blockOf, type PreviousResource, type PreviousStack, textsOf } from "../../lib/change/previous-stack";
import { showDuration } from "../../lib/config/duration";
import { type Path, type Report, show } from "../../lib/config/report";
import {
  authorityType,
  checkCasPhaseChanges,
  checkCasRemovals,
  checkSigning,
  knownPhases,
  protectedIssuers,
  textOf,
} from "./change-issuers";
import { checkNodeGroups } from "./change-nodes";
import { authorityAlgorithms, type CasAuthorityConfig, type CasShortLivedConfig } from "./config";

/** Reports what an apply over an earlier release would interrupt, take away, or be refused. */
export function checkCasChange(
  stack: CasShortLivedConfig,
  before: PreviousStack | undefined,
  path: Path,
  report: Report,
): void {
  // Of a new stack every issuer is new.
  checkCasPhaseChanges(stack, knownPhases(before), path, report);
  checkCasRemovals(stack, protectedIssuers(before), path, report);
  if (before !== undefined) checkInterruptions(stack, before, path, report);
}

/** An argument for which the provider replaces an authority or a pool. */
interface Replacing {
  readonly at: Path;
  readonly now: string | readonly string[];
  /** `undefined` where it is not known. */
  readonly was: string | readonly string[] | undefined;
}

/**
 * What an apply would destroy or leave without a right. Nothing about an authority can be changed later (the provider's
 * schema: every argument but state, protection and labels replaces it), and none can be made again, since Google takes no
 * id twice. Something must sign at every moment, and nodes keep the names, the account and the template that they were
 * made with until they are made anew.
 */
function checkInterruptions(stack: CasShortLivedConfig, previous: PreviousStack, path: Path, report: Report): void {
  const root = previous.resources[`${authorityType}.root`];
  // What was there was something else.
  if (root === undefined) return;
  const replaced = checkReplaced(stack, previous, root, path, report);
  // Everything is another then.
  if (replaced) return;
  checkSigning(stack, previous, path, report);
  checkNodeGroups(stack, previous, path, report);
}

/** Tells of what would be replaced, and whether that is everything. */
function checkReplaced(
  stack: CasShortLivedConfig,
  previous: PreviousStack,
  root: PreviousResource,
  path: Path,
  report: Report,
): boolean {
  const pool = previous.resources["google_privateca_ca_pool.issuing_pool"];
  const suffix = stack.root.id.slice("root-".length);
  const everything: readonly Replacing[] = [
    { at: [...path, "project"], now: stack.project, was: textOf(root.project) },
    { at: [...path, "location"], now: stack.location, was: textOf(root.location) },
    { at: [...path, "suffix"], now: suffix, was: textOf(root.certificate_authority_id)?.slice("root-".length) },
    { at: [...path, "tier"], now: stack.tier, was: textOf(pool?.tier)?.toLowerCase() },
  ];
  const elsewhere = changed(everything);
  const name = textOf(pool?.name);
  if (elsewhere.length === 0 && name !== undefined && name !== stack.issuingPoolId) {
    // Stack and suffix are the same, so it is the environment.
    elsewhere.push({ at: ["environment"], now: stack.issuingPoolId, was: name });
  }
  const hierarchy =
    "make the other one a second stack, move the nodes over, and take this one down then (docs/cas-short-lived.md)";
  const kept = (one: PreviousResource) => one.deletion_protection !== false;
  for (const { at, now, was } of elsewhere) {
    const what =
      at.length === 1 ? `gives the pool ${show(now)}, was ${show(was)}` : `is ${show(now)}, was ${show(was)}`;
    report.problem(
      at,
      `${what}: pools and authorities would be replaced, ${fate(stack.protect, kept(root))}; go back, and ${hierarchy}`,
    );
  }
  const rootChanges = changed([
    ...authorityArguments(stack.root, root, [...path, "root"]),
    { at: [...path, "root", "organization"], now: stack.root.organization, was: subjectOf(root).organization },
  ]);
  for (const { at, now, was } of rootChanges) {
    report.problem(
      at,
      `is ${show(now)}, was ${show(was)}: the root would be replaced, ${fate(stack.protect, kept(root))}; go back to ${show(was)}, and ${hierarchy}`,
    );
  }
  for (const issuer of stack.issuers) {
    const before = previous.resources[`${authorityType}.issuer_${issuer.name}`];
    if (before === undefined || elsewhere.length > 0) continue;
    for (const { at, now, was } of changed(authorityArguments(issuer, before, [...path, "issuers", issuer.name]))) {
      report.problem(
        at,
        `is ${show(now)}, was ${show(was)}: the issuer would be replaced, ${fate(stack.protect, kept(before))}; go back to ${show(was)}, and make a new issuer beside this one, with phase: "staged" (docs/cas-short-lived.md, "Another issuer")`,
      );
    }
  }
  return elsewhere.length > 0;
}

/** What comes of a replacement. */
function fate(protect: boolean, wasProtected: boolean): string {
  if (protect) return "which the plan refuses (protect)";
  return wasProtected
    ? "and the apply would end half-way, since what is there is still protected"
    : "and the apply would destroy what nodes trust or are signed by, with an id that Google never takes again";
}

/** What replaces an authority, whatever signs it, the place it is in aside. */
function authorityArguments(authority: CasAuthorityConfig, before: PreviousResource, at: Path): readonly Replacing[] {
  const key = blockOf(before.key_spec);
  const algorithm = textOf(key.algorithm);
  const kind = Object.entries(authorityAlgorithms).find(([, name]) => name === algorithm)?.[0];
  const isKind = "kind" in authority.key;
  const lifetime = /^([0-9]+)s$/.exec(String(before.lifetime))?.[1];
  const constraints = blockOf(blockOf(blockOf(before.config).x509_config).name_constraints);
  return [
    { at: [...at, "commonName"], now: authority.commonName, was: subjectOf(before).commonName },
    {
      at: [...at, "lifetime"],
      now: showDuration(authority.lifetime),
      was: lifetime === undefined ? undefined : showDuration(Number(lifetime)),
    },
    {
      at: [...at, isKind ? "key" : "kmsKeyVersion"],
      now: "kind" in authority.key ? authority.key.kind : authority.key.kmsKeyVersion,
      was: textOf(key.cloud_kms_key_version) ?? kind ?? algorithm,
    },
    {
      at: [...at, "permittedDomains"],
      now: authority.permittedDomains,
      was: [...textsOf(constraints.permitted_dns_names)].sort(),
    },
  ];
}

function subjectOf(authority: PreviousResource): { readonly commonName?: string; readonly organization?: string } {
  const subject = blockOf(blockOf(blockOf(authority.config).subject_config).subject);
  return { commonName: textOf(subject.common_name), organization: textOf(subject.organization) };
}

const changed = (some: readonly Replacing[]) =>
  some.filter(({ now, was }) => was !== undefined && JSON.stringify(now) !== JSON.stringify(was));
