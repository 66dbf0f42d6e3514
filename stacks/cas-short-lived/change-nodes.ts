import { blockOf, ofType, type PreviousStack } from "../../lib/change/previous-stack";
import { type DnsName, isUnder } from "../../lib/config/dns-names";
import { type Seconds, showDuration } from "../../lib/config/duration";
import { type Path, type Report, show } from "../../lib/config/report";
import type { CasShortLivedConfig } from "./config";

const templateType = "google_privateca_certificate_template";

/** A node group as it was before. */
interface KnownGroup {
  readonly name: string;
  readonly domains: readonly DnsName[];
  readonly members: readonly string[];
  readonly lifetime: Seconds | undefined;
}

/** Nodes renew with the template, the names and the service account that they have. */
export function checkNodeGroups(stack: CasShortLivedConfig, previous: PreviousStack, path: Path, report: Report): void {
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
