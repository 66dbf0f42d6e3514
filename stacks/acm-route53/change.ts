import { namedOfType, type PreviousResource, type PreviousStack, textsOf } from "../../lib/change/previous-stack";
import type { DnsName } from "../../lib/config/dns-names";
import { type Place, show } from "../../lib/config/report";
import type { AcmCertificateConfig, AcmRoute53Config } from "./config";

/** A certificate on a listener, as it was before. */
interface Attachment {
  /** The certificate's key. */
  readonly key: string;
  readonly listener: string;
}

/**
 * What listeners serve must not leave them, and a key is what tells one certificate from another: under a new one it is
 * taken off before the next is issued.
 */
export function change({ certificates }: AcmRoute53Config, before: PreviousStack | undefined, place: Place): void {
  if (before === undefined) return;
  const attachments = attachmentsOf(before);
  const staying = attachments.filter(({ key, listener }) => {
    const now = certificates.find(({ name }) => name === key);
    return now?.listeners.some(({ arn }) => arn === listener);
  });
  const inCertificates = place.in("certificates");
  for (const [key, certificate] of namedOfType(before, "aws_acm_certificate")) {
    const here = inCertificates.in(key);
    if (here.refused || here.in("attach").refused) continue;
    const had = attachments.filter((one) => one.key === key);
    const lost = new Set(had.flatMap(({ listener }) => lostNames(certificate, listener, staying, certificates)));
    const names = [...lost].map(show).join(", ");
    if (certificates.some(({ name }) => name === key)) {
      if (lost.size === 0 || here.in("names").refused) continue;
      here.warning(`would no longer be on a listener for ${names}, which it serves there now; see that nobody uses it`);
    } else if (lost.size > 0) {
      inCertificates.problem(
        `lacks ${show(key)}, which a listener serves for ${names}: it would be taken off, and what is new is issued only later; to rename it, put it back beside the new key, apply, then take it out and apply again; to end it, first take its attach out`,
      );
    } else if (had.length === 0) {
      inCertificates.warning(
        `lacks ${show(key)}, which was there before: AWS deletes no certificate that something uses, and the apply would end there; see that nothing uses its ARN`,
      );
    }
  }
}

/** Names of a certificate that nothing on the listener will serve: what stays there is there before it leaves. */
function lostNames(
  certificate: PreviousResource,
  listener: string,
  staying: readonly Attachment[],
  certificates: readonly AcmCertificateConfig[],
): readonly DnsName[] {
  const keys = staying.filter((one) => one.listener === listener).map(({ key }) => key);
  const served = certificates.filter(({ name }) => keys.includes(name)).flatMap(({ names }) => names);
  const { domain_name: first, subject_alternative_names: others } = certificate;
  return [...new Set([String(first), ...textsOf(others)])].filter(
    (name) => !served.includes(name) && !served.includes(name.replace(/^[^.]*/, "*")),
  );
}

/** Keys have no "_", which the rest of an attachment's address starts with. */
function attachmentsOf(previous: PreviousStack): readonly Attachment[] {
  return [...namedOfType(previous, "aws_lb_listener_certificate")].map(([name, { listener_arn: listener }]) => ({
    key: name.split("_")[0] ?? "",
    listener: String(listener),
  }));
}
