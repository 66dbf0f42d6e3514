import { namedOfType, type PreviousResource, type PreviousStack, textOf } from "../../lib/change/previous-stack";
import { parseRequest } from "../../lib/config/csr";
import { type Place, show } from "../../lib/config/report";
import { certificateOf, nodesPrefix } from "./addresses";
import { secondsOf } from "./change-nodes";
import type { CasShortLivedConfig } from "./config";
import type { CertificateConfig } from "./config-nodes";

/** Reports certificates from requests that an apply revokes: at once, and whoever shows them learns nothing of it. */
export function checkCertificates({ nodeGroups }: CasShortLivedConfig, previous: PreviousStack, place: Place): void {
  for (const [name, before] of namedOfType(previous, "google_privateca_certificate", nodesPrefix)) {
    const { group: groupName, certificate: key } = certificateOf(`${nodesPrefix}${name}`);
    const group = nodeGroups.find((one) => one.name === groupName);
    // What goes with its group is said of the group.
    if (group === undefined) continue;
    const here = place.in(groupName, "certificates");
    const now = group.certificates.find((one) => one.name === key);
    if (now === undefined) {
      here.warning(
        `lacks ${show(key)}, which is revoked at once; see that nobody shows it; to rename it, add the other one beside it, install that, and take this one out then`,
      );
    } else if (textOf(before.name) !== now.id) {
      checkSignedAnew(now, before, here.in(key));
    }
  }
}

/** The field says what was changed: its request, its lifetime (or its group's), or nothing but its generation. */
function checkSignedAnew(now: CertificateConfig, before: PreviousResource, place: Place): void {
  const parsed = parseRequest(textOf(before.pem_csr) ?? "");
  const was = "request" in parsed ? parsed.request : undefined;
  const dropped = (was?.names ?? []).filter((one) => !now.names.includes(one));
  const lost = dropped.length > 0 ? `, without ${dropped.map(show).join(", ")}` : "";
  const field =
    was?.pem !== now.request?.pem ? "csr" : secondsOf(before.lifetime) !== now.lifetime ? "lifetime" : "generation";
  place
    .in(field)
    .warning(
      `has it signed anew${lost}, and the certificate before is revoked at once; install the new one from the output certificate_chains right after the apply, or go back, add this one under a new key, install it, and take the other one out then`,
    );
}
