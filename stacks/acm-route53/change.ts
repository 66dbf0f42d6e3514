import {
  namedOfType,
  type PreviousResource,
  type PreviousStack,
  textOf,
  textsOf,
} from "../../lib/change/previous-stack";
import { type DnsName, wildcardOver, withoutWildcard } from "../../lib/config/dns-names";
import { type Place, show } from "../../lib/config/report";
import { type AcmCertificateConfig, type AcmRoute53Config, keyAlgorithms } from "./config";

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
export function change(config: AcmRoute53Config, before: PreviousStack | undefined, place: Place): void {
  if (before === undefined) return;
  if (checkPlace(config, before, place)) return;
  checkListeners(config, before, place);
  checkRecords(config, before, place.in("certificates"));
  for (const certificate of config.certificates) {
    const was = before.resources[`aws_acm_certificate.${certificate.name}`];
    if (was !== undefined) checkArn(certificate, was, place.in("certificates", certificate.name));
  }
}

/**
 * Under another region or account the same key names another certificate, and what there was stays with nothing that
 * manages it.
 *
 * @returns whether the whole stack is elsewhere
 */
function checkPlace(config: AcmRoute53Config, before: PreviousStack, place: Place): boolean {
  const known = [...namedOfType(before, "aws_acm_certificate")];
  const accounts = known.map(([, one]) => placeOf(before, one).account).filter((one) => one !== undefined);
  const was = accounts.find((one) => one !== config.account);
  if (config.account !== undefined && was !== undefined && !place.in("account").refused) {
    place
      .in("account")
      .problem(
        `is ${config.account}, was ${was}: everything would be made anew there, and what is in ${was} stays, in use, with nothing that manages it; go back, and make a second stack for ${config.account}`,
      );
    return true;
  }
  const moved = known.flatMap(([key, one]) => {
    const now = config.certificates.find(({ name }) => name === key);
    const region = placeOf(before, one).region;
    return now === undefined || now.region === "" || region === undefined || region === now.region
      ? []
      : [{ now, region }];
  });
  const stays = "stays, in use, with nothing that manages it";
  const home = moved.find(({ now }) => now.region === config.region);
  if (home !== undefined) {
    place
      .in("region")
      .problem(
        `is ${show(config.region)}, was ${show(home.region)}: everything would be made anew there, and what is in ${home.region} ${stays}; go back, and make a second stack in ${config.region}`,
      );
    return true;
  }
  for (const { now, region } of moved) {
    place
      .in("certificates", now.name, "attach")
      .problem(
        `needs the certificate in ${now.region}, was in ${region}: it would be made anew there, and AWS does not delete the one in ${region} while anything uses it; take that out again, and make a second certificate for it`,
      );
  }
  return false;
}

/** Where a certificate was: a state has its ARN, an output its provider. */
function placeOf({ resources }: PreviousStack, { arn, provider }: PreviousResource) {
  const [, , , region, account] = typeof arn === "string" ? arn.split(":") : [];
  const given = resources[`provider.${String(provider)}`] ?? resources["provider.aws"];
  return {
    region: region ?? textOf(given?.region),
    account: account ?? textsOf(given?.allowed_account_ids)[0],
  };
}

/**
 * A changed certificate is another one with another ARN. Listeners of the stack follow it; AWS deletes none that
 * something else uses, and the provider gives up after 20 minutes.
 */
function checkArn(now: AcmCertificateConfig, was: PreviousResource, place: Place): void {
  const [names, dropped] = [namesOf(was), namesOf(was).filter((name) => !now.names.includes(name))];
  const [inNames, inKey] = [place.in("names"), place.in("key")];
  if (place.refused || inNames.refused || inKey.refused) return;
  const changed = [
    ...(dropped.length > 0 || now.names.length !== names.length ? [inNames] : []),
    ...(was.key_algorithm === keyAlgorithms[now.key] ? [] : [inKey]),
  ];
  if (now.listeners.length > 0 && now.consumers.length === 0) return;
  const [at] = changed;
  if (at === undefined) return;
  const lost = dropped.length > 0 ? `, without ${dropped.map(show).join(", ")}` : "";
  const users = now.consumers.length > 0 ? now.consumers.map(show).join(" and ") : "whatever uses its ARN";
  const message = `changes the certificate, which AWS makes anew with another ARN${lost}: ${users} goes on with the old one, which AWS deletes only when nothing uses it, so the apply ends with an error after 20 minutes; add a certificate with a new key beside this one, lead ${users} over to it, and take this one out then`;
  if (now.consumers.length > 0) at.problem(message);
  else at.warning(message);
}

/** Whoever owns a record destroys it when it goes: every certificate of the account that has the name renews with it. */
function checkRecords({ certificates }: AcmRoute53Config, before: PreviousStack, place: Place): void {
  const idOf = (name: DnsName) => name.replaceAll(".", "_");
  const kept = new Set(certificates.flatMap(({ validations }) => validations.map(({ name }) => idOf(name))));
  const renews = new Map(
    certificates
      .filter(({ name, records }) => records === "existing" && !place.in(name, "records").refused)
      .flatMap(({ name: key, names }) => names.map((name) => [idOf(withoutWildcard(name)), key] as const))
      // Of several, the first is told.
      .reverse(),
  );
  for (const [name] of namedOfType(before, "aws_route53_record", "validation_")) {
    const key = renews.get(name);
    if (key === undefined || kept.has(name)) continue;
    place
      .in(key, "records")
      .problem(
        `is "existing", was "managed": the apply would destroy the validation record that this certificate renews with; first \`terraform state rm aws_route53_record.validation_${name}\`, which leaves it there, have its new owner take it over, and then compare with the state`,
      );
  }
}

/** What listeners serve must not leave them. */
function checkListeners({ certificates }: AcmRoute53Config, before: PreviousStack, place: Place): void {
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
  return namesOf(certificate).filter((name) => !served.includes(name) && !served.includes(wildcardOver(name)));
}

/** The names of a certificate as it was. */
function namesOf({ domain_name: first, subject_alternative_names: others }: PreviousResource): readonly DnsName[] {
  return [...new Set([String(first), ...textsOf(others)])];
}

/** Keys have no "_", which the rest of an attachment's address starts with. */
function attachmentsOf(previous: PreviousStack): readonly Attachment[] {
  return [...namedOfType(previous, "aws_lb_listener_certificate")].map(([name, { listener_arn: listener }]) => ({
    key: name.split("_")[0] ?? "",
    listener: String(listener),
  }));
}
