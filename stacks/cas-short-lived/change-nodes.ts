import {
  blockOf,
  namedOfType,
  ofType,
  type PreviousResource,
  type PreviousStack,
} from "../../lib/change/previous-stack";
import { isUnder } from "../../lib/config/dns-names";
import { type Seconds, showDuration } from "../../lib/config/duration";
import { type Place, show } from "../../lib/config/report";
import { certificateOf, nodesPrefix } from "./addresses";
import type { CasShortLivedConfig } from "./config";
import type { NodeGroupConfig } from "./config-nodes";

/** A node group as it was before. */
export interface KnownGroup {
  readonly name: string;
  readonly domains: readonly string[];
  readonly members: readonly string[];
  /** `undefined` if unknown. */
  readonly lifetime: Seconds | undefined;
  readonly usages: readonly Usage[];
  /** Keys of its certificates from requests. */
  readonly certificates: readonly string[];
}

type Usage = "server" | "client";

/** What a node carries, no other release of its group changes: one of two domains is in its requests like both. */
const anotherGroup =
  "go back, add a group with the new one beside this one, make the nodes anew with its bootstrap, and take this one out then";

/**
 * Reports nodes that could no longer renew: they keep the template, names, account, lifetime and purpose that they were
 * made with, and their script refuses an answer that is not what it was promised.
 */
export function checkNodeGroups({ nodeGroups }: CasShortLivedConfig, known: readonly KnownGroup[], place: Place): void {
  for (const before of known) {
    const { name, domains, members, certificates } = before;
    const end =
      before.lifetime === undefined ? "" : `, and their certificates end within ${showDuration(before.lifetime)}`;
    const group = nodeGroups.find((one) => one.name === name);
    if (group === undefined) {
      const revoked = certificates.length === 0 ? "" : `, with ${certificates.map(show).join(", ")} revoked at once`;
      place.warning(
        `lacks ${show(name)}, whose nodes could no longer renew${end}${revoked}; to rename it, add the other group beside it, make the nodes anew with its bootstrap, and take this one out then`,
      );
      continue;
    }
    for (const domain of domains.filter((one) => !group.domains.some((now) => isUnder(one, now)))) {
      place
        .in(name, "domains")
        .warning(
          `lacks ${show(domain)}, in which nodes have names now: they could no longer renew${end}; ${anotherGroup}`,
        );
    }
    for (const member of members.filter((one) => !group.members.some((now) => sameMember(one, now)))) {
      place
        .in(name, "members")
        .warning(
          `lacks ${show(member)}: nodes that run as it could no longer renew${end}; keep it beside the new one, make the nodes anew with the new account, and take it out then`,
        );
    }
    checkPromises(group, before, place.in(name));
  }
}

/** What a node's bootstrap carries of its group and no apply changes: the lifetime that it asks for, and its purpose. */
function checkPromises(group: NodeGroupConfig, before: KnownGroup, place: Place): void {
  const { lifetime, usages } = before;
  const end = lifetime === undefined ? "" : `, within ${showDuration(lifetime)}`;
  const lost = usages.filter((usage) => group.purpose !== usage && group.purpose !== "mutual");
  if (lost.length > 0) {
    const was = usages.length > 1 ? "mutual" : usages[0];
    place
      .in("purpose")
      .warning(
        `is ${show(group.purpose)}, was ${show(was)}: what is signed from now on is good for no ${lost[0]}, and nodes made with the earlier bootstrap refuse it (their script ends with 31) until what they have ends${end}; ${anotherGroup}`,
      );
  }
  if (lifetime !== undefined && group.lifetime < lifetime) {
    const asked = showDuration(lifetime);
    place
      .in("lifetime")
      .warning(
        `is ${show(showDuration(group.lifetime))}, was ${show(asked)}: nodes made with the earlier bootstrap go on asking for ${asked}, which the pool refuses (their script ends with 21) or cuts (34 or 51), until what they have ends${end}; ${anotherGroup}`,
      );
  }
}

/** Whether two texts name the same member: Google writes addresses of accounts in lower case, others as they are. */
export function sameMember(one: string, other: string): boolean {
  const plain = (member: string) => (member.startsWith("principal") ? member : member.toLowerCase());
  return plain(one) === plain(other);
}

/** Node groups as they were before. */
export function knownGroups(previous: PreviousStack): readonly KnownGroup[] {
  // The condition names the template both in outputs and in states.
  const rights = ofType(previous, "google_privateca_ca_pool_iam_member").map(({ member, condition }) => ({
    member,
    template: /\/-\/([^"]+)"$/.exec(String(blockOf(condition).expression))?.[1],
  }));
  const signed = [...namedOfType(previous, "google_privateca_certificate", nodesPrefix).keys()].map((name) =>
    certificateOf(`${nodesPrefix}${name}`),
  );
  return [...namedOfType(previous, "google_privateca_certificate_template", nodesPrefix)].map(([name, template]) => {
    const { expression } = blockOf(blockOf(template.identity_constraints).cel_expression);
    return {
      name,
      domains: [...String(expression).matchAll(/san\.value == "([^"]+)"/g)].map(([, domain = ""]) => domain),
      members: rights.flatMap((right) =>
        right.template === template.name && typeof right.member === "string" ? [right.member] : [],
      ),
      lifetime: secondsOf(template.maximum_lifetime),
      usages: usagesOf(template),
      certificates: signed.flatMap(({ group, certificate }) => (group === name ? [certificate] : [])),
    };
  });
}

/** A duration as Google has it; `undefined` if it is none. */
export function secondsOf(text: unknown): Seconds | undefined {
  const seconds = /^([0-9]+)s$/.exec(String(text))?.[1];
  return seconds === undefined ? undefined : Number(seconds);
}

function usagesOf({ predefined_values: values }: PreviousResource): readonly Usage[] {
  const { server_auth: server, client_auth: client } = blockOf(blockOf(blockOf(values).key_usage).extended_key_usage);
  return [...(server === true ? ["server" as const] : []), ...(client === true ? ["client" as const] : [])];
}
