import type { Path, Report } from "../../lib/config/report";
import type { Stack } from "..";

/** A name leads to one place: the second owner's apply would fail, or take the record from the first. */
export function checkHostOwnership(stacks: readonly Stack[], report: Report): void {
  warnOfHostsElsewhere(stacks, report);
  const owners = new Map<string, Stack>();
  for (const stack of stacks) {
    for (const { name, at } of ownedNames(stack)) {
      const other = owners.get(name);
      if (other === undefined) owners.set(name, stack);
      // Services of pipelines are told apart with the rest of what they own.
      else if ([stack, other].some(({ kind }) => kind === "gcp-managed-san")) {
        report.problem(
          at,
          `has an address record of stack ${other.name} already, and leads to one place only; leave it out of one of them`,
        );
      }
    }
  }
}

/**
 * A host of two load balancers whose records nobody here writes for both: it leads to one of them, and the other serves
 * nobody. A stack that is to write its address records later is on its way and says so.
 */
function warnOfHostsElsewhere(stacks: readonly Stack[], report: Report): void {
  const first = new Map<string, { readonly stack: string; readonly elsewhere: boolean }>();
  for (const { name: stack, kind, config } of stacks) {
    if (kind !== "gcp-managed-san") continue;
    const elsewhere = config.dns.in === "elsewhere";
    for (const { name } of config.hosts) {
      const other = first.get(name);
      if (other === undefined) first.set(name, { stack, elsewhere });
      else if (elsewhere || other.elsewhere) {
        report.warning(
          ["stacks", stack, "hosts", name],
          `is a host of stack ${other.stack} too, and its records can lead to one of them only; leave it out of the other`,
        );
      }
    }
  }
}

/** The names for which a stack writes address records. */
function ownedNames({ name: stack, kind, config }: Stack): readonly { readonly name: string; readonly at: Path }[] {
  const path = ["stacks", stack];
  switch (kind) {
    case "acm-route53":
    case "cas-short-lived":
    case "vault-pki-k8s":
      return [];
    case "gcp-managed-san":
      if (config.dns.in === "elsewhere" || !config.dns.addressRecords) return [];
      return config.hosts.map(({ name }) => ({ name, at: [...path, "hosts", name] }));
    case "pipeline-tls":
      if (config.dns === undefined) return [];
      return config.services.flatMap(({ name: service, publicNames }) =>
        publicNames.map((name) => ({ name, at: [...path, "services", service, "names", { member: name }] })),
      );
  }
}
