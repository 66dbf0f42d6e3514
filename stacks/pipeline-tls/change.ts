import { checkCluster } from "../../lib/change/cluster";
import { blockOf, namedOfType, ofType, type PreviousStack, textsOf } from "../../lib/change/previous-stack";
import { type Place, show } from "../../lib/config/report";
import { sortedEntries } from "../../lib/config/sorted-map";
import { authorityKey, type PipelineServiceConfig, type PipelineTlsConfig } from "./config";

/** Clients know a service by its name and namespace, and pods its certificate by the name of its Secret. */
export function change(stack: PipelineTlsConfig, before: PreviousStack | undefined, place: Place): void {
  if (before === undefined) return;
  checkCluster(stack.kubernetes, before, place.in("kubernetes", "context"));
  if (namespaceChanges(stack, before, place.in("namespace"))) return;
  if (checkMode(stack, before, place.in("mode"))) return;
  checkServices(stack, before, place.in("services"));
  checkSecrets(stack, before, place.in("services"));
  if (checkDomain(stack, before, place.in("clusterDomain"))) return;
  for (const service of stack.services) checkCertificate(service, before, place.in("services", service.name));
  checkAccount(stack, before, place.in("dns", "account"));
}

/** What clients trust: one authority, or every certificate by itself. @returns whether that changes */
function checkMode({ authority }: PipelineTlsConfig, before: PreviousStack, place: Place): boolean {
  const had = before.resources[`tls_private_key.${authorityKey}`] !== undefined;
  if (place.refused || had === (authority !== undefined) || namedOfType(before, "tls_private_key").size === 0)
    return false;
  const [is, was] = had ? ["self-signed", "local-ca"] : ["local-ca", "self-signed"];
  place.problem(
    `is ${show(is)}, was ${show(was)}: every certificate would be made anew, and clients refuse all of them until they have the new bundle; go back, make a second stack in the other mode, have clients trust both bundles, lead them over, and take this one out last`,
  );
  return true;
}

/** The full name of every service in its cluster. @returns whether it changes */
function checkDomain({ services, namespace }: PipelineTlsConfig, before: PreviousStack, place: Place): boolean {
  const lost = services.flatMap(({ name, names }) => {
    const request = before.resources[`tls_cert_request.${name}`] ?? before.resources[`tls_self_signed_cert.${name}`];
    const full = `${name}.${namespace.name}.svc.`;
    return textsOf(request?.dns_names).filter((one) => one.startsWith(full) && !names.includes(one));
  });
  if (lost.length === 0 || place.refused) return false;
  place.problem(
    `takes ${lost.map(show).join(", ")} from the certificates: clients that ask for them refuse the service; go back, and give services the names of the other domain in names as well, until no client asks for the old ones`,
  );
  return true;
}

/** What a certificate was good for: names that clients ask for, and being shown by a client. */
function checkCertificate(service: PipelineServiceConfig, before: PreviousStack, place: Place): void {
  const request = before.resources[`tls_cert_request.${service.name}`];
  const signed = before.resources[`tls_locally_signed_cert.${service.name}`];
  const lost = textsOf(request?.dns_names).filter((name) => !name.includes("${") && !service.names.includes(name));
  if (lost.length > 0 && !place.in("names").refused) {
    place
      .in("names")
      .warning(
        `lacks ${lost.map(show).join(", ")}, which the certificate has now; see that no client asks for ${lost.length === 1 ? "it" : "them"}`,
      );
  }
  if (!service.client && textsOf(signed?.allowed_uses).includes("client_auth") && !place.in("client").refused) {
    place
      .in("client")
      .warning("is false, was true: servers that ask for its certificate refuse it from then on; see that none does");
  }
}

/** Records in another account are others, and the old ones stay. */
function checkAccount({ dns }: PipelineTlsConfig, before: PreviousStack, place: Place): void {
  const [was] = textsOf(before.resources["provider.aws"]?.allowed_account_ids);
  if (dns?.account === undefined || was === undefined || was === dns.account || place.refused) return;
  place.problem(
    `is ${dns.account}, was ${was}: records would be made in zones of ${dns.account}, and those in ${was} stay, with nothing that manages them; go back, or take dns out, apply, and add it again`,
  );
}

function checkServices({ services }: PipelineTlsConfig, before: PreviousStack, place: Place): void {
  const earlier = namedOfType(before, "kubernetes_service_v1");
  for (const [name, service] of earlier) {
    if (services.some((one) => one.name === name) || place.in(name).refused) continue;
    const pods = selectorText(blockOf(service.spec).selector);
    const next = services.find((one) => !earlier.has(one.name) && selectorText(one.selector) === pods);
    if (next === undefined) {
      place.warning(
        `lacks ${show(name)}, which was there before: its Service and its Secret go; see that no client uses it and no pod mounts it`,
      );
    } else {
      place.problem(
        `lacks ${show(name)}, and ${show(next.name)} selects its pods: clients under the old name, and pods that mount its Secret, would fail; put it back beside the new one, apply, change them over, then take it out and apply again`,
      );
    }
  }
}

function checkSecrets({ services }: PipelineTlsConfig, before: PreviousStack, place: Place): void {
  const earlier = namedOfType(before, "kubernetes_secret_v1");
  for (const { name, secret } of services) {
    const was = blockOf(earlier.get(name)?.metadata).name;
    const secretPlace = place.in(name, "secret");
    if (typeof was !== "string" || was === secret || secretPlace.refused) continue;
    secretPlace.problem(
      `is ${show(secret)}, was ${show(was)}: the old one would be deleted, and no pod that mounts it could start; put it back, or make a service with the new one beside it and change the pods over first`,
    );
  }
}

/** Tells of a namespace that changes. @returns whether everything would move, of which more need not be said */
function namespaceChanges({ namespace }: PipelineTlsConfig, before: PreviousStack, place: Place): boolean {
  const inName = place.in("name");
  if (inName.refused) return true;
  const [made] = ofType(before, "kubernetes_namespace_v1");
  const [object] = ofType(before, "kubernetes_config_map_v1");
  const was = blockOf(made?.metadata).name ?? blockOf(object?.metadata).namespace;
  // Where the objects refer to their namespace, its name is not known.
  if (typeof was !== "string" || was.startsWith("${")) return false;
  if (was !== namespace.name) {
    const deleted = made === undefined ? "" : ", and the old namespace be deleted with all that is in it";
    inName.problem(
      `is ${show(namespace.name)}, was ${show(was)}: every Service and Secret would leave for where no client looks and no pod is${deleted}; make a second stack there, change clients and pods over, and then take this one out`,
    );
    return true;
  }
  if (made !== undefined && !namespace.create) {
    place
      .in("create")
      .problem(
        `is false, was true: the namespace would be deleted with all that is in it; first let go of it with \`terraform state rm kubernetes_namespace_v1.namespace_${was}\``,
      );
  }
  return false;
}

function selectorText(selector: unknown): string {
  return JSON.stringify(sortedEntries((selector ?? {}) as Readonly<Record<string, unknown>>));
}
