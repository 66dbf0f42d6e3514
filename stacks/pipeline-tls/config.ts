import { readZones, type Zones, zoneOf, zonesInUse } from "../../lib/config/dns-hosts";
import {
  commonNameLimit,
  commonNameOf,
  type DnsName,
  isUnder,
  parseName,
  publicNameProblem,
  withoutWildcard,
} from "../../lib/config/dns-names";
import { hour, type Seconds } from "../../lib/config/duration";
import { keyProblem } from "../../lib/config/identifiers";
import type { KeyKind } from "../../lib/config/keys";
import {
  type IngressConfig,
  judgeNamespace,
  type KubernetesConfig,
  type NamespaceConfig,
  readIngress,
  selectorKeyProblem,
} from "../../lib/config/kubernetes";
import { renewalWindow } from "../../lib/config/lifetimes";
import { readNames } from "../../lib/config/names";
import { type Place, show } from "../../lib/config/report";
import { sortedEntries, sortedMap } from "../../lib/config/sorted-map";
import type { Around } from "../scenario";
import { caInput, type PipelineTlsInput } from "./input";

/** What the authority's resources are called, and so no service. */
export const authorityKey = "ca";

/** The longest DNS name, in octets (RFC 1035). */
const nameLimit = 253;

type ServiceInput = PipelineTlsInput["services"][string];
type DnsInput = NonNullable<PipelineTlsInput["dns"]>;

/** When and how a certificate ends. */
export interface Validity {
  readonly lifetime: Seconds;
  /** How long before its end an apply replaces it, in the provider's whole hours; 0 for never. */
  readonly renewBefore: Seconds;
}

/** One service, complete. */
export interface PipelineServiceConfig extends Pick<ServiceInput, "port" | "selector" | "client"> {
  readonly name: string;
  /** Every name of the certificate, sorted. */
  readonly names: readonly DnsName[];
  readonly commonName: DnsName;
  /** The names that lie outside the cluster, sorted. */
  readonly publicNames: readonly DnsName[];
  /** The name inside the cluster that is unique beyond it. */
  readonly clusterName: DnsName;
  readonly key: KeyKind;
  readonly validity: Validity;
  /** Whether the lifetime was written for this service; if not, it is the stack's. */
  readonly ownLifetime: boolean;
  readonly secret: string;
  readonly ingress: IngressConfig | undefined;
}

/** The stack's certificate authority, complete. */
export interface AuthorityConfig {
  readonly commonName: string;
  readonly organization: string;
  readonly key: KeyKind;
  readonly lifetime: Seconds;
}

/** Where public names lead, complete. */
export interface AliasConfig extends Pick<DnsInput, "account" | "region" | "target"> {
  /** Zones that records are written to. */
  readonly zones: Zones;
  /** Every public name with its zone, sorted by name. */
  readonly records: readonly { readonly name: DnsName; readonly zone: DnsName }[];
}

/** A stack of private TLS between services, complete. */
export interface PipelineTlsConfig {
  readonly kubernetes: KubernetesConfig;
  readonly namespace: NamespaceConfig;
  /** `undefined` in mode self-signed. */
  readonly authority: AuthorityConfig | undefined;
  readonly organization: string;
  readonly services: readonly PipelineServiceConfig[];
  readonly dns: AliasConfig | undefined;
}

/** Completes a stack: host names built, lifetimes and keys inherited, public names matched with their zone. */
export function read(input: PipelineTlsInput, around: Around, place: Place): PipelineTlsConfig {
  const { mode, kubernetes, namespace, ca, dns } = input;
  judgeNamespace(namespace, place.in("namespace"));
  if (mode === "self-signed" && ca !== undefined) {
    place.in("ca").problem('has no use in mode "self-signed"; leave it out, or use mode "local-ca"');
  }
  const entries = sortedEntries(input.services);
  if (entries.length === 0) place.in("services").problem("is empty; write at least one service");
  if (dns !== undefined && entries.every(([, { names }]) => names === undefined)) {
    place.in("dns").warning("leads nowhere, since no service has public names; write names, or leave it out");
  }
  // Whether there is an authority is not known where the mode was refused.
  const signed = mode === "local-ca" && !place.in("mode").refused;
  const organization = ca?.subject?.organization ?? around.project;
  const services = entries.map(([name, service]) => readService(name, service, input, place));
  return {
    kubernetes,
    namespace,
    authority: signed ? readAuthority(input, organization, around, place.in("ca", "subject", "commonName")) : undefined,
    organization,
    services,
    dns: dns && readAlias(dns, services, place),
  };
}

function readAuthority(
  { ca, key }: PipelineTlsInput,
  organization: string,
  { project, environment, stack }: Around,
  place: Place,
): AuthorityConfig {
  const commonName = ca?.subject?.commonName ?? `${project} ${environment} ${stack} CA`;
  const built = ca?.subject?.commonName === undefined && keyProblem(stack) === undefined;
  if (built && commonName.length > commonNameLimit) {
    place.problem(
      `would be ${show(commonName)}, ${commonName.length} characters of at most ${commonNameLimit} (RFC 5280); write a shorter one`,
    );
  }
  return {
    commonName,
    organization,
    key,
    lifetime: (ca ?? caInput.parse({})).lifetime,
  };
}

function readService(
  name: string,
  input: ServiceInput,
  stack: PipelineTlsInput,
  stackPlace: Place,
): PipelineServiceConfig {
  const place = stackPlace.in("services", name);
  const { selector, ingress } = input;
  const mistake = keyProblem(name, [authorityKey]);
  place.problem(mistake);
  for (const key of Object.keys(selector)) place.in("selector", key).problem(selectorKeyProblem(key));
  if (Object.keys(selector).length === 0) {
    place.in("selector").problem('is empty and would select no pod; write their labels, such as { "app": "ingest" }');
  }
  const namespace = stack.namespace.name;
  const clusterDomain = parseName(stack.clusterDomain).name ?? "cluster.local";
  const given = readNames(input.names ?? [], place.in("names"));
  const publicNames = given.filter((one) => !isInCluster(one, namespace, clusterDomain));
  checkPublicNames(publicNames, input, stack, place, stackPlace.in("dns"));
  const namespaced = `${name}.${namespace}`;
  const clusterName = `${namespaced}.svc.${clusterDomain}`;
  // Its parts were judged already; a cluster may have namespaces with labels that a public name could not have.
  if (mistake === undefined && clusterName.length > nameLimit) {
    place.problem(
      `would have a name of ${clusterName.length} octets in the cluster, ${show(clusterName)}; a DNS name has at most ${nameLimit} (RFC 1035): shorten its key, the namespace or clusterDomain`,
    );
  }
  const names = [...new Set([name, namespaced, `${namespaced}.svc`, clusterName, ...given])].sort();
  const lifetime = input.lifetime ?? stack.lifetime;
  return {
    name,
    names,
    commonName: commonNameOf(names) ?? name,
    publicNames,
    clusterName,
    port: input.port,
    selector: sortedMap(selector),
    client: input.client,
    key: input.key ?? stack.key,
    validity: { lifetime, renewBefore: renewalWindow(lifetime, hour) },
    ownLifetime: input.lifetime !== undefined,
    secret: input.secret ?? name,
    ingress: ingress && readIngress(ingress, place.in("ingress")),
  };
}

/** Whether the cluster's own DNS answers for a name, as for a Service or for pods by name: no record leads to it. */
function isInCluster(name: DnsName, namespace: string, clusterDomain: DnsName): boolean {
  const host = withoutWildcard(name);
  if (!host.includes(".") || isUnder(host, "svc") || isUnder(host, clusterDomain)) return true;
  // A namespace can be called like a top-level domain, such as "dev".
  return isUnder(host, namespace) && publicNameProblem(host, "") !== undefined;
}

function checkPublicNames(
  names: readonly DnsName[],
  input: ServiceInput,
  { dns }: PipelineTlsInput,
  place: Place,
  dnsPlace: Place,
): void {
  const namesPlace = place.in("names");
  if (dns === undefined && !dnsPlace.refused) {
    for (const member of names) {
      namesPlace
        .in({ member })
        .problem("is a public name, but the stack has no dns to point it anywhere; add dns or leave the name out");
    }
  }
  const none = names.length === 0 && !namesPlace.refused && !namesPlace.wrong;
  if (input.ingress !== undefined && none) {
    place.in("ingress").problem("has no name to serve; write the service's public names in names");
  }
}

function readAlias(
  { region, account, target, zones: given }: DnsInput,
  services: readonly PipelineServiceConfig[],
  place: Place,
): AliasConfig {
  const zones = readZones(given, place.in("dns"));
  const records = services.flatMap(({ name: service, publicNames }) =>
    publicNames.flatMap((name) => {
      const zone = zoneOf(name, zones, place.in("services", service, "names", { member: name }));
      return zone === undefined ? [] : [{ name, zone }];
    }),
  );
  return {
    account,
    region,
    zones: zonesInUse(zones, records),
    records: records.sort((one, other) => (one.name < other.name ? -1 : 1)),
    target: "name" in target ? target : { ...target, dnsName: parseName(target.dnsName).name ?? "" },
  };
}
