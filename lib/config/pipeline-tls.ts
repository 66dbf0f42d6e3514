import { z } from "zod";
import { accountInput, regionInput, zoneIdPattern, zoneIdProblem } from "./aws";
import { lookup, readZones, route53Input, type Zones, zoneOf, zonesInUse } from "./dns-hosts";
import { commonNameLimit, commonNameOf, type DnsName, parseName } from "./dns-names";
import { durationInput, parseDuration, type Seconds } from "./duration";
import { fields, flag, formerly, mapOf, text, whole, word } from "./fields";
import { keyProblem } from "./identifiers";
import { defaultKey, type KeyKind, keyKinds } from "./keys";
import {
  ingressFields,
  judgeAnnotations,
  type KubernetesConfig,
  kubernetesInput,
  type NamespaceConfig,
  namespaceInput,
  readNamespace,
  secretNameProblem,
  selectorKeyProblem,
  selectorValueProblem,
  subdomainNamePattern,
} from "./kubernetes";
import { renewalShare } from "./lifetimes";
import { namesInput, readNames } from "./names";
import { hasProblem, type Path, type Report, show } from "./report";
import { sortedMap } from "./sorted-map";

/** How long a service's certificate lives by default. */
const defaultLeafLifetime = "90d";
/** How long the authority lives by default: nothing replaces it by itself. */
const defaultAuthorityLifetime = "3650d";
/** What the authority's resources are called, and so no service. */
export const authorityKey = "ca";

const hour: Seconds = 3_600;
/** The longest DNS name, in octets (RFC 1035). */
const nameLimit = 253;

const lifetimeInput = (description: string, fallback: string) =>
  durationInput({ description, example: "90d", default: fallback }, (seconds, value) =>
    seconds % hour === 0 ? undefined : `is ${show(value)}; write whole hours, which is how the tls provider counts`,
  );

const oneLine = (description: string, example: string) =>
  text({ description, examples: [example] }, (value) =>
    value.trim() !== "" && value.length <= commonNameLimit
      ? undefined
      : `is ${show(value)}; write 1-${commonNameLimit} characters (RFC 5280)`,
  );

/** Why the text is no DNS name of one thing, if it is none. */
function hostProblem(value: string, wanted: string): string | undefined {
  const parsed = parseName(value);
  if ("mistake" in parsed) return parsed.mistake;
  return parsed.name.startsWith("*.") ? `is a wildcard; write ${wanted}` : undefined;
}

const keyInput = (description: string) => word(keyKinds, { description, default: defaultKey });

const ingressInput = fields(ingressFields, {
  description: "An Ingress for the service's public names, with the service's certificate.",
});

const serviceInput = fields({
  port: whole(1, 65_535, { description: "The port that the pods listen on; clients use 443.", examples: [8443] }),
  selector: mapOf(text({ description: "A label's value.", examples: ["ingest"] }, selectorValueProblem), {
    description: "Labels of the pods.",
    examples: [{ app: "ingest" }],
  }),
  names: namesInput("Public names beyond the cluster's own, in the zones of `dns`.").optional(),
  client: flag({
    description: "Whether the certificate also serves as a client's (mutual TLS).",
    default: false,
  }).optional(),
  key: keyInput("The key's algorithm and size, in place of the stack's.").optional(),
  lifetime: lifetimeInput("How long the certificate lives, in place of the stack's.", "the stack's").optional(),
  secret: text(
    {
      description: "Name of the Secret.",
      examples: ["ingest"],
      default: "the service's key",
      pattern: subdomainNamePattern,
    },
    secretNameProblem,
  ).optional(),
  ingress: ingressInput.optional(),
});

const targetInput = z
  .union([
    fields({
      name: text(
        { description: "Name of an Application or Network Load Balancer, looked up.", examples: ["pipeline"] },
        (value) =>
          /^[A-Za-z0-9]([A-Za-z0-9-]{0,30}[A-Za-z0-9])?$/.test(value)
            ? undefined
            : `is ${show(value)}; write the name of a load balancer: 1-32 letters, digits and "-"`,
      ),
    }),
    fields({
      dnsName: text(
        { description: "DNS name of the target.", examples: ["pipeline-1234567890.eu-west-1.elb.amazonaws.com"] },
        (value) => hostProblem(value, "the target's own name"),
      ),
      zoneId: text(
        {
          description: "Zone id of the target, which AWS tells of it.",
          examples: ["Z32O12XQLNTSW2"],
          pattern: zoneIdPattern,
        },
        zoneIdProblem,
      ),
    }),
  ])
  .meta({ description: "Where public names lead: a load balancer by name, or a target's DNS name with its zone id." });

const dnsInput = formerly(
  z
    .discriminatedUnion("in", [
      route53Input({
        account: accountInput("The zones' AWS account.").optional(),
        region: regionInput("The load balancer's AWS region."),
        target: targetInput,
      }),
    ])
    .meta({ description: "Where the services' public names are, and where they lead." }),
  {
    zone: (zone, { zoneId = lookup }) => {
      const zones = { [String(zone)]: zoneId };
      return {
        now: { in: "route53", zones },
        advice: `is now in: "route53", zones: ${show(zones)}; write that in its place`,
      };
    },
    zoneId: () => ({ now: { in: "route53" }, advice: "is now the zone's value in zones; write it there" }),
    loadBalancer: (target) => ({ now: { in: "route53", target }, advice: "is now target; rename it" }),
  },
);

/** A stack of private TLS between services, as the user writes it. */
export const pipelineTlsInput = fields(
  {
    scenario: z.literal("pipeline-tls"),
    mode: word(["local-ca", "self-signed"], {
      description: "Whether one authority of the stack signs all certificates, or each signs itself.",
      default: "local-ca",
    }).optional(),
    kubernetes: kubernetesInput,
    namespace: namespaceInput,
    clusterDomain: text(
      { description: "The domain of the cluster's services.", examples: ["cluster.local"], default: "cluster.local" },
      (value) => hostProblem(value, "the cluster's own domain"),
    ).optional(),
    key: keyInput("The keys' algorithm and size.").optional(),
    lifetime: lifetimeInput("How long a certificate lives.", defaultLeafLifetime).optional(),
    ca: fields(
      {
        lifetime: lifetimeInput(
          "How long the authority lives: at least twice as long as any certificate.",
          defaultAuthorityLifetime,
        ).optional(),
        subject: fields(
          {
            commonName: oneLine("Its common name.", "ai-platform pipeline CA").optional(),
            organization: oneLine("Its organization.", "ai-platform").optional(),
          },
          { description: "Whom it names; by default project, environment and stack." },
        ).optional(),
      },
      { description: "The stack's certificate authority (mode local-ca)." },
    ).optional(),
    services: mapOf(serviceInput, {
      description: "Services by name, which is part of their host names and addresses.",
    }),
    dns: dnsInput.optional(),
  },
  { description: "Private TLS between the services of a pipeline on Kubernetes." },
);

/** A stack of private TLS between services, as the user writes it. */
export type PipelineTlsInput = z.infer<typeof pipelineTlsInput>;
type ServiceInput = PipelineTlsInput["services"][string];

/** When and how a certificate ends. */
export interface Validity {
  readonly lifetime: Seconds;
  /** How long before its end an apply replaces it; 0 for never. */
  readonly renewBefore: Seconds;
}

/** One service, complete. */
export interface PipelineServiceConfig {
  readonly name: string;
  /** Every name of the certificate, sorted. */
  readonly names: readonly DnsName[];
  readonly commonName: DnsName;
  /** The names that lie outside the cluster, sorted. */
  readonly publicNames: readonly DnsName[];
  /** The name inside the cluster that is unique beyond it. */
  readonly clusterName: DnsName;
  readonly port: number;
  readonly selector: Readonly<Record<string, string>>;
  readonly client: boolean;
  readonly key: KeyKind;
  readonly validity: Validity;
  /** Whether the lifetime was written for this service; if not, it is the stack's. */
  readonly ownLifetime: boolean;
  readonly secret: string;
  readonly ingress:
    | { readonly className: string | undefined; readonly annotations: Readonly<Record<string, string>> }
    | undefined;
}

/** The stack's certificate authority, complete. */
export interface AuthorityConfig {
  readonly commonName: string;
  readonly organization: string;
  readonly key: KeyKind;
  readonly lifetime: Seconds;
}

/** Where public names lead, complete. */
export interface AliasConfig {
  readonly account: string | undefined;
  readonly region: string;
  /** Zones that records are written to. */
  readonly zones: Zones;
  /** Every public name with its zone, sorted by name. */
  readonly records: readonly { readonly name: DnsName; readonly zone: DnsName }[];
  readonly target: { readonly name: string } | { readonly dnsName: DnsName; readonly zoneId: string };
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

/** What a stack takes from around it. */
export interface PipelineContext {
  readonly project: string;
  readonly environment: string;
  readonly stack: string;
}

/** Completes a stack: host names built, lifetimes and keys inherited, public names matched with their zone. */
export function readPipelineTls(
  input: PipelineTlsInput,
  around: PipelineContext,
  path: Path,
  report: Report,
): PipelineTlsConfig {
  const namespace = readNamespace(input.namespace, [...path, "namespace"], report);
  const mode = input.mode ?? "local-ca";
  if (mode === "self-signed" && input.ca !== undefined) {
    report.problem([...path, "ca"], 'has no use in mode "self-signed"; leave it out, or use mode "local-ca"');
  }
  const names = Object.keys(input.services).sort();
  if (names.length === 0) report.problem([...path, "services"], "is empty; write at least one service");
  if (input.dns !== undefined && Object.values(input.services).every(({ names }) => names === undefined)) {
    report.warning([...path, "dns"], "leads nowhere, since no service has public names; write names, or leave it out");
  }
  // Whether there is an authority is not known where the mode was refused.
  const signed = mode === "local-ca" && !report.refused([...path, "mode"]);
  const organization = input.ca?.subject?.organization ?? around.project;
  const services = names.flatMap((name) => {
    const service = input.services[name];
    return service === undefined ? [] : [readService(name, service, input, path, report)];
  });
  return {
    kubernetes: { context: input.kubernetes.context, kubeconfig: input.kubernetes.kubeconfig },
    namespace,
    authority: signed ? readAuthority(input, organization, around, path, report) : undefined,
    organization,
    services,
    dns: input.dns && readAlias(input.dns, services, path, report),
  };
}

function readAuthority(
  { ca, key }: PipelineTlsInput,
  organization: string,
  { project, environment, stack }: PipelineContext,
  path: Path,
  report: Report,
): AuthorityConfig {
  const commonName = ca?.subject?.commonName ?? `${project} ${environment} ${stack} CA`;
  const built = ca?.subject?.commonName === undefined && keyProblem(stack) === undefined;
  if (built && commonName.length > commonNameLimit) {
    report.problem(
      [...path, "ca", "subject", "commonName"],
      `would be ${show(commonName)}, ${commonName.length} characters of at most ${commonNameLimit} (RFC 5280); write a shorter one`,
    );
  }
  return {
    commonName,
    organization,
    key: key ?? defaultKey,
    lifetime: parseDuration(ca?.lifetime ?? defaultAuthorityLifetime) ?? 0,
  };
}

function readService(
  name: string,
  input: ServiceInput,
  stack: PipelineTlsInput,
  stackPath: Path,
  report: Report,
): PipelineServiceConfig {
  const path = [...stackPath, "services", name];
  const mistake =
    name === authorityKey ? `is what the authority's own resources are called; choose another name` : keyProblem(name);
  if (mistake !== undefined) report.problem(path, mistake);
  for (const key of Object.keys(input.selector)) {
    const problem = selectorKeyProblem(key);
    if (problem !== undefined) report.problem([...path, "selector", key], problem);
  }
  judgeAnnotations(input.ingress?.annotations, [...path, "ingress"], report);
  if (Object.keys(input.selector).length === 0) {
    report.problem(
      [...path, "selector"],
      'is empty and would select no pod; write their labels, such as { "app": "ingest" }',
    );
  }
  const publicNames = readPublicNames(input, stack, path, stackPath, report);
  const clusterName = `${name}.${stack.namespace.name}.svc.${clusterDomainOf(stack)}`;
  // Its parts were judged already; a cluster may have namespaces with labels that a public name could not have.
  if (mistake === undefined && clusterName.length > nameLimit) {
    report.problem(
      path,
      `would have a name of ${clusterName.length} octets in the cluster, ${show(clusterName)}; a DNS name has at most ${nameLimit} (RFC 1035): shorten its key, the namespace or clusterDomain`,
    );
  }
  const names = [
    ...new Set([
      name,
      `${name}.${stack.namespace.name}`,
      `${name}.${stack.namespace.name}.svc`,
      clusterName,
      ...publicNames,
    ]),
  ].sort();
  const lifetime = parseDuration(input.lifetime ?? stack.lifetime ?? defaultLeafLifetime) ?? 0;
  return {
    name,
    names,
    commonName: commonNameOf(names) ?? name,
    publicNames,
    clusterName,
    port: input.port,
    selector: sortedMap(input.selector),
    client: input.client ?? false,
    key: input.key ?? stack.key ?? defaultKey,
    validity: { lifetime, renewBefore: renewalWindow(lifetime) },
    ownLifetime: input.lifetime !== undefined,
    secret: input.secret ?? name,
    ingress: input.ingress && {
      className: input.ingress.className,
      annotations: sortedMap(input.ingress.annotations ?? {}),
    },
  };
}

function readPublicNames(
  input: ServiceInput,
  { dns }: PipelineTlsInput,
  path: Path,
  stackPath: Path,
  report: Report,
): readonly DnsName[] {
  const at = [...path, "names"];
  const names = readNames(input.names ?? [], at, report);
  if (dns === undefined && !report.refused([...stackPath, "dns"])) {
    for (const name of names) {
      report.problem(
        [...at, { member: name }],
        "is a public name, but the stack has no dns to point it anywhere; add dns or leave the name out",
      );
    }
  }
  const none = (input.names ?? []).length === 0 && !report.refused(at) && !hasProblem(report, at);
  if (input.ingress !== undefined && none) {
    report.problem([...path, "ingress"], "has no name to serve; write the service's public names in names");
  }
  return names;
}

function readAlias(
  { region, account, target, zones: given }: NonNullable<PipelineTlsInput["dns"]>,
  services: readonly PipelineServiceConfig[],
  path: Path,
  report: Report,
): AliasConfig {
  const zones = readZones(given, [...path, "dns"], report);
  const records = services.flatMap(({ name: service, publicNames }) =>
    publicNames.flatMap((name) => {
      const zone = zoneOf(name, zones, [...path, "services", service, "names", { member: name }], report);
      return zone === undefined ? [] : [{ name, zone }];
    }),
  );
  return {
    account,
    region,
    zones: zonesInUse(
      zones,
      records.map(({ zone }) => zone),
    ),
    records: records.sort((one, other) => (one.name < other.name ? -1 : 1)),
    target: "name" in target ? { name: target.name } : { dnsName: normal(target.dnsName) ?? "", zoneId: target.zoneId },
  };
}

function clusterDomainOf({ clusterDomain }: PipelineTlsInput): DnsName {
  return normal(clusterDomain ?? "cluster.local") ?? "cluster.local";
}

function normal(text: string): DnsName | undefined {
  const parsed = parseName(text);
  return "name" in parsed ? parsed.name : undefined;
}

/** How long before its end an apply replaces a certificate of the given lifetime, in the provider's whole hours. */
export function renewalWindow(lifetime: Seconds): Seconds {
  return Math.floor((lifetime * renewalShare) / hour) * hour;
}
