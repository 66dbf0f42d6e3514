import { blockOf, ofType, type PreviousResource, type PreviousStack, textsOf } from "../change/previous-stack";
import {
  authorityAlgorithms,
  type CasAuthorityConfig,
  type CasShortLivedConfig,
  type Phase,
  phases,
} from "../config/cas-short-lived";
import { type DnsName, isUnder } from "../config/dns-names";
import { type Seconds, showDuration } from "../config/duration";
import { type Path, type Report, show } from "../config/report";

const authorityType = "google_privateca_certificate_authority";
const templateType = "google_privateca_certificate_template";

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
export function checkCasInterruptions(
  stack: CasShortLivedConfig,
  previous: PreviousStack,
  path: Path,
  report: Report,
): void {
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

const textOf = (value: unknown) => (typeof value === "string" && value !== "" ? value : undefined);

const changed = (some: readonly Replacing[]) =>
  some.filter(({ now, was }) => was !== undefined && JSON.stringify(now) !== JSON.stringify(was));

/** Whether an authority signed before: as it was, or where only an output is known, as it was to be. */
function signs({ state, desired_state: desired }: PreviousResource): boolean {
  return (textOf(state) ?? desired) === "ENABLED";
}

/** Something that signs now must go on, so that nodes get certificates while another begins, or fails to. */
function checkSigning(stack: CasShortLivedConfig, previous: PreviousStack, path: Path, report: Report): void {
  const signing = Object.entries(previous.resources).flatMap(([address, one]) => {
    const [, name] = address.startsWith(`${authorityType}.issuer_`) ? address.split(".issuer_") : [];
    return name !== undefined && signs(one) ? [name] : [];
  });
  const gone = signing.filter((key) => !stack.issuers.some(({ name }) => name === key));
  for (const key of gone) {
    report.problem(
      [...path, "issuers"],
      `lacks ${show(key)}, which signs now (of a new name it would be another issuer); put it back, with phase: "disabled" once another one is enabled, and take it out when the last certificate that it signed has ended, ${showDuration(stack.maximumLifetime)} later (docs/cas-short-lived.md, "Another issuer")`,
    );
  }
  const stays = stack.issuers.some(({ name, phase }) => phase === "enabled" && signing.includes(name));
  const next = stack.issuers.find(({ phase }) => phase === "enabled");
  if (gone.length > 0 || signing.length === 0 || stays || next === undefined) return;
  for (const { name } of stack.issuers.filter(({ phase }) => phase === "disabled")) {
    if (!signing.includes(name)) continue;
    report.problem(
      [...path, "issuers", name, "phase"],
      `is "disabled" in the same apply in which ${show(next.name)} begins to sign, so for a while, or when that fails, nothing signs; one apply for each step: enable ${show(next.name)} first, and disable ${show(name)} in the next apply`,
    );
  }
}

/** A node group as it was before. */
interface KnownGroup {
  readonly name: string;
  readonly domains: readonly DnsName[];
  readonly members: readonly string[];
  readonly lifetime: Seconds | undefined;
}

/** Nodes renew with the template, the names and the service account that they have. */
function checkNodeGroups(stack: CasShortLivedConfig, previous: PreviousStack, path: Path, report: Report): void {
  for (const before of knownGroups(previous)) {
    const { name } = before;
    const end =
      before.lifetime === undefined ? "" : `, and their certificates end within ${showDuration(before.lifetime)}`;
    const at = [...path, "nodeGroups"];
    const group = stack.nodeGroups.find((one) => one.name === name);
    if (group === undefined) {
      report.warning(
        at,
        `lacks ${show(name)}, whose nodes could no longer renew${end}; to rename it, add the other group beside it, make the nodes anew with its bootstrap, and take this one out then`,
      );
      continue;
    }
    for (const domain of before.domains.filter((one) => !group.domains.some((now) => isUnder(one, now)))) {
      report.warning(
        [...at, name, "domains"],
        `lacks ${show(domain)}, in which nodes have names now: they could no longer renew${end}; keep it beside the new one, make the nodes anew with the new bootstrap, and take it out then`,
      );
    }
    for (const member of before.members.filter((one) => !group.members.includes(one))) {
      report.warning(
        [...at, name, "members"],
        `lacks ${show(member)}: nodes that run as it could no longer renew${end}; keep it beside the new one, make the nodes anew with the new account, and take it out then`,
      );
    }
  }
}

function knownGroups(previous: PreviousStack): readonly KnownGroup[] {
  // The condition names the template in outputs and states alike.
  const rights = ofType(previous, "google_privateca_ca_pool_iam_member").map(({ member, condition }) => ({
    member,
    template: /\/-\/([^"]+)"$/.exec(String(blockOf(condition).expression))?.[1],
  }));
  return Object.entries(previous.resources).flatMap(([address, resource]) => {
    const [, name] = address.startsWith(`${templateType}.nodes_`) ? address.split(".nodes_") : [];
    if (name === undefined) return [];
    const { expression } = blockOf(blockOf(resource.identity_constraints).cel_expression);
    const lifetime = /^([0-9]+)s$/.exec(String(resource.maximum_lifetime))?.[1];
    return [
      {
        name,
        domains: [...String(expression).matchAll(/san\.value == "([^"]+)"/g)].map(([, domain = ""]) => domain),
        members: rights.flatMap(({ member, template }) =>
          template === resource.name && typeof member === "string" ? [member] : [],
        ),
        lifetime: lifetime === undefined ? undefined : Number(lifetime),
      },
    ];
  });
}

/** Phases of issuers by id: what they are, or where only an output is known, what they were to be. */
export function knownPhases(previous: PreviousStack | undefined): ReadonlyMap<string, Phase> {
  const authorities = previous === undefined ? [] : ofType(previous, "google_privateca_certificate_authority");
  return new Map(
    authorities.flatMap(({ certificate_authority_id: id, state, desired_state: desired }) => {
      const known = [state, desired].map((text) => phases.find((phase) => phase === String(text).toLowerCase()));
      const phase = known.find((one) => one !== undefined);
      return phase === undefined ? [] : [[String(id), phase] as const];
    }),
  );
}

/** Keys of issuers that the provider would not destroy; those that sign have a rule of their own. */
export function protectedIssuers(previous: PreviousStack | undefined): readonly string[] {
  return Object.entries(previous?.resources ?? {}).flatMap(([address, one]) => {
    const [, key] = /^google_privateca_certificate_authority\.issuer_(.+)$/.exec(address) ?? [];
    return key !== undefined && one.deletion_protection !== false && !signs(one) ? [key] : [];
  });
}
