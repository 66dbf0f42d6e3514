import { z } from "zod";
import { accountInput, regionInput } from "../../lib/config/aws";
import { cloudDnsInput, elsewhereInput, route53Input } from "../../lib/config/dns-hosts";
import { parseName } from "../../lib/config/dns-names";
import { fields, flag, mapOf, text, word } from "../../lib/config/fields";
import { projectIdInput } from "../../lib/config/google";
import { purposesOf } from "../../lib/config/issuers";
import { purposes } from "../../lib/config/keys";
import { namesInput } from "../../lib/config/names";
import { backendsInput, limitedInput } from "./input-backends";

const addressRecords = flag(
  "Whether hosts lead to the load balancer from the first apply on; false proves certificates before traffic moves.",
).prefault(true);

const dnsInput = z
  .discriminatedUnion("in", [
    cloudDnsInput({ addressRecords }),
    route53Input({
      account: accountInput("The AWS account; an apply with credentials of another one stops at once.").optional(),
      region: regionInput("The AWS region to call."),
      addressRecords,
    }),
    elsewhereInput,
  ])
  .meta({ description: "Where the hosts' records are.", examples: [{ in: "elsewhere" }] });

const hostInput = fields({
  backend: text({ description: "Name of the backend that serves it.", examples: ["llama"] }),
  paths: mapOf(text({ description: "Name of a backend.", examples: ["embeddings"] }), {
    description: 'Backends by path: exact, or ending in "/*" for all below it.',
    examples: [{ "/v1/embeddings/*": "embeddings" }],
  }).prefault({}),
});

/** A stack of Google-managed certificates on a load balancer, as the user writes it. */
export const gcpManagedSanInput = fields(
  {
    scenario: z.literal("gcp-managed-san"),
    project: projectIdInput({
      description: "Id of the Google Cloud project, which is not its number.",
      examples: ["ml-serving-prod"],
    }),
    scheme: word(["external"], "Who can reach the load balancer: everybody.", {
      internal: 'this stack makes global external load balancers; write "external" or leave it out',
    }).prefault("external"),
    mode: word(
      ["certificate-manager", "compute"],
      "Certificates of Certificate Manager, which are proved through DNS before anything uses them, or of Compute, which are proved by the load balancer they are on.",
    ).prefault("certificate-manager"),
    grouping: word(
      ["per-name", "all"],
      "One certificate for each name, or one for all, which is replaced whenever a name changes.",
    ).prefault("per-name"),
    gate: flag({
      description:
        "Whether an apply stops, with nothing changed that serves, until Google has issued new certificates; the next apply goes on.",
      default: "true with one certificate for all and while the mode changes",
    }).optional(),
    retiring: namesInput(
      "The names that one certificate of Compute was for, which stays on the proxy until what follows it is issued.",
    ).optional(),
    phase: word(
      ["add-map", "drop-certificates"],
      "Changes the mode from compute without an interruption: an apply with both kinds of certificates, then one without Compute's.",
    ).optional(),
    acceptOutage: namesInput(
      "Hosts for which an interruption is accepted, where `check --against` would refuse one; hosts that are taken out, too.",
    ).optional(),
    purpose: word(
      purposes,
      "What the certificates are shown for; a public authority signs for servers only.",
      {},
      purposesOf("google"),
    ).prefault("server"),
    dns: dnsInput,
    hosts: mapOf(hostInput, {
      description:
        "The DNS names that are served, each with a certificate: wildcards only as the whole leftmost label.",
      examples: [{ "api.example.com": { backend: "llama" } }],
    }),
    defaultBackend: text({
      description: "Name of the backend for every request that no host has.",
      examples: ["llama"],
    }),
    defaultCertificate: text(
      {
        description: "The host whose certificate clients get that name none (no SNI).",
        examples: ["api.example.com"],
        default: "none; with Compute's certificates the first",
      },
      (value) => parseName(value).mistake,
    ).optional(),
    backends: backendsInput,
    ipv6: flag("Whether there is an IPv6 address beside the IPv4 one.").prefault(false),
    redirectHttp: flag("Whether port 80 sends clients to HTTPS.").prefault(true),
    sslPolicy: fields(
      {
        profile: word(["COMPATIBLE", "MODERN", "RESTRICTED"], "The cipher suites that clients may use.", {
          FIPS_202205: 'the pinned provider does not take it; write "RESTRICTED"',
        }).prefault("MODERN"),
        minimum: word(["1.0", "1.1", "1.2"], "The oldest TLS that clients may use; RESTRICTED needs 1.2.", {
          "1.3": 'the pinned provider takes no more than 1.2; write "1.2", with which clients may use 1.3',
        }).prefault("1.2"),
      },
      "What clients may use.",
    ).prefault({}),
    quic: flag({ description: "Whether HTTP/3 is offered.", default: "Google decides" }).optional(),
    keepAlive: limitedInput(
      {
        description: "How long an idle connection of a client stays open; a change replaces the proxy.",
        example: "620s",
        default: "610s, Google's own",
      },
      5,
      1_200,
    ).optional(),
  },
  "Google-managed certificates for several names on a global load balancer.",
);

/** A stack of Google-managed certificates on a load balancer, as the user writes it. */
export type GcpManagedSanInput = z.output<typeof gcpManagedSanInput>;
