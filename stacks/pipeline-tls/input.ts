import { z } from "zod";
import { accountInput, regionInput, zoneIdInput } from "../../lib/config/aws";
import { lookup, route53Input } from "../../lib/config/dns-hosts";
import { hostProblem } from "../../lib/config/dns-names";
import { hour, secondsInput } from "../../lib/config/duration";
import { fields, flag, formerly, mapOf, text, whole, word } from "../../lib/config/fields";
import { defaultKey, keyKinds } from "../../lib/config/keys";
import {
  ingressFields,
  kubernetesInput,
  namespaceInput,
  objectNameInput,
  selectorValueProblem,
} from "../../lib/config/kubernetes";
import { namesInput, subjectInput } from "../../lib/config/names";
import { show } from "../../lib/config/report";

const lifetimeInput = (description: string, fallback?: string) =>
  secondsInput({ description, example: "90d", default: fallback }, (seconds, value) =>
    seconds % hour === 0 ? undefined : `is ${show(value)}; write whole hours, which is how the tls provider counts`,
  );

const serviceInput = fields({
  port: whole(1, 65_535, { description: "The port that the pods listen on; clients use 443.", examples: [8443] }),
  selector: mapOf(text({ description: "A label's value.", examples: ["ingest"] }, selectorValueProblem), {
    description: "Labels of the pods.",
    examples: [{ app: "ingest" }],
  }),
  names: namesInput(
    "Names beyond the service's own: public ones, in the zones of `dns`, or others of the cluster's, such as its pods'.",
  ).optional(),
  client: flag("Whether the certificate also serves as a client's (mutual TLS).").prefault(false),
  key: word(keyKinds, {
    description: "The key's algorithm and size, in place of the stack's.",
    default: "the stack's",
  }).optional(),
  lifetime: lifetimeInput("How long the certificate lives, in place of the stack's.", "the stack's").optional(),
  secret: objectNameInput("Name of the Secret.", "ingest", "the service's key").optional(),
  ingress: fields(
    ingressFields,
    "An Ingress for the service's public names, with the service's certificate.",
  ).optional(),
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
      zoneId: zoneIdInput("Zone id of the target, which AWS tells of it.", "Z32O12XQLNTSW2"),
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

/** The stack's own authority. Left out, it is what `{}` says. */
export const caInput = fields(
  {
    lifetime: lifetimeInput("How long the authority lives: at least twice as long as any certificate.").prefault(
      // Long, since nothing replaces it by itself.
      "3650d",
    ),
    subject: fields(
      {
        commonName: subjectInput("Its common name.", "ai-platform pipeline CA").optional(),
        organization: subjectInput("Its organization.", "ai-platform").optional(),
      },
      "Whom it names; by default project, environment and stack.",
    ).optional(),
  },
  "The stack's certificate authority (mode local-ca).",
);

/** A stack of private TLS between services, as the user writes it. */
export const pipelineTlsInput = fields(
  {
    scenario: z.literal("pipeline-tls"),
    mode: word(
      ["local-ca", "self-signed"],
      "Whether one authority of the stack signs all certificates, or each signs itself.",
    ).prefault("local-ca"),
    kubernetes: kubernetesInput,
    namespace: namespaceInput,
    clusterDomain: text(
      { description: "The domain of the cluster's services.", examples: ["cluster.local"] },
      (value) => hostProblem(value, "the cluster's own domain"),
    ).prefault("cluster.local"),
    key: word(keyKinds, "The keys' algorithm and size.").prefault(defaultKey),
    lifetime: lifetimeInput("How long a certificate lives.").prefault("90d"),
    ca: caInput.optional(),
    services: mapOf(serviceInput, "Services by name, which is part of their host names and addresses."),
    dns: dnsInput.optional(),
  },
  "Private TLS between the services of a pipeline on Kubernetes.",
);

/** A stack of private TLS between services, as the user writes it. */
export type PipelineTlsInput = z.output<typeof pipelineTlsInput>;
