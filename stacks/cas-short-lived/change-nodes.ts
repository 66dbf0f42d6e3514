import { blockOf, namedOfType, ofType, type PreviousStack } from "../../lib/change/previous-stack";
import { isUnder } from "../../lib/config/dns-names";
import { showDuration } from "../../lib/config/duration";
import { type Place, show } from "../../lib/config/report";
import { nodesPrefix } from "./addresses";
import type { CasShortLivedConfig } from "./config";

/** Reports nodes that could no longer renew: they keep the template, names and account that they were made with. */
export function checkNodeGroups({ nodeGroups }: CasShortLivedConfig, previous: PreviousStack, place: Place): void {
  for (const { name, domains, members, lifetime } of knownGroups(previous)) {
    const end = lifetime === undefined ? "" : `, and their certificates end within ${showDuration(lifetime)}`;
    const group = nodeGroups.find((one) => one.name === name);
    if (group === undefined) {
      place.warning(
        `lacks ${show(name)}, whose nodes could no longer renew${end}; to rename it, add the other group beside it, make the nodes anew with its bootstrap, and take this one out then`,
      );
      continue;
    }
    for (const domain of domains.filter((one) => !group.domains.some((now) => isUnder(one, now)))) {
      place
        .in(name, "domains")
        .warning(
          `lacks ${show(domain)}, in which nodes have names now: they could no longer renew${end}; keep it beside the new one, make the nodes anew with the new bootstrap, and take it out then`,
        );
    }
    for (const member of members.filter((one) => !group.members.includes(one))) {
      place
        .in(name, "members")
        .warning(
          `lacks ${show(member)}: nodes that run as it could no longer renew${end}; keep it beside the new one, make the nodes anew with the new account, and take it out then`,
        );
    }
  }
}

/** Node groups as they were before. */
function knownGroups(previous: PreviousStack) {
  // The condition names the template both in outputs and in states.
  const rights = ofType(previous, "google_privateca_ca_pool_iam_member").map(({ member, condition }) => ({
    member,
    template: /\/-\/([^"]+)"$/.exec(String(blockOf(condition).expression))?.[1],
  }));
  return [...namedOfType(previous, "google_privateca_certificate_template", nodesPrefix)].map(([name, template]) => {
    const { expression } = blockOf(blockOf(template.identity_constraints).cel_expression);
    const lifetime = /^([0-9]+)s$/.exec(String(template.maximum_lifetime))?.[1];
    return {
      name,
      domains: [...String(expression).matchAll(/san\.value == "([^"]+)"/g)].map(([, domain = ""]) => domain),
      members: rights.flatMap((right) =>
        right.template === template.name && typeof right.member === "string" ? [right.member] : [],
      ),
      lifetime: lifetime === undefined ? undefined : Number(lifetime),
    };
  });
}
