import { type Path, type Report, show } from "../../lib/config/report";
import type { Stack } from "..";
import { mayBeSame } from "./may-be-same";

/** Who has made something in a Vault. */
interface Owner {
  readonly what: string;
  readonly path: string;
  /** The Vault's address; `undefined`: any. */
  readonly address: string | undefined;
}

/**
 * Mounts and roles have one owner. A second mount on a path fails half-way through an apply; a second role of one name
 * does not: Vault takes it, and each apply undoes what the other wrote.
 */
export function checkVaultOwnership(stacks: readonly Stack[], report: Report): void {
  const mounts: Owner[] = [];
  const roles: Owner[] = [];
  for (const { name: stack, kind, config } of stacks) {
    if (kind !== "vault-pki-k8s") continue;
    const path = ["stacks", stack];
    for (const { what, mount, at } of ownMounts(config, stack, path)) {
      if (mount === "" || report.refused(at)) continue;
      const { address } = config.pki;
      const other = mounts.find((one) => mayBeSame(one.address, address) && isNested(one.path, mount));
      if (other === undefined) {
        mounts.push({ what, path: mount, address });
      } else {
        const how = other.path === mount ? "is the mount" : `lies inside or around ${show(other.path)}, the mount`;
        report.problem(at, `is ${show(mount)}, which ${how} of ${other.what} already; write another path`);
      }
    }
    for (const { name, role } of config.certificates) {
      const what = `certificate ${name} of stack ${stack}`;
      const other = roles.find((one) => mayBeSame(one.address, config.pki.address) && one.path === role.name);
      if (other === undefined) {
        roles.push({ what, path: role.name, address: config.pki.address });
      } else {
        report.problem(
          [...path, "certificates", name],
          `would have the role ${show(role.name)}, which is that of ${other.what}; rename one of them`,
        );
      }
    }
  }
}

function ownMounts({ pki }: Stack<"vault-pki-k8s">["config"], stack: string, path: Path) {
  if (!pki.own) return [];
  return (["root", "intermediate"] as const).map((authority) => ({
    what: `the ${authority} of stack ${stack}`,
    mount: pki[authority].mount,
    at: [...path, "pki", authority, "mount"],
  }));
}

/** Whether two mounts are one, or one would lie inside the other, which Vault refuses as well. */
function isNested(one: string, other: string): boolean {
  return `${one}/`.startsWith(`${other}/`) || `${other}/`.startsWith(`${one}/`);
}
