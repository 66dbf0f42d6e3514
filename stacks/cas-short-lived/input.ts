import { z } from "zod";
import { type Seconds, secondsInput } from "../../lib/config/duration";
import { fields, flag, mapOf, patterned, setOf, text, whole, word } from "../../lib/config/fields";
import { googleRegionInput, kmsKeyVersionInput, parseMember, projectIdInput } from "../../lib/config/google";
import { defaultKey, keyKinds, purposes } from "../../lib/config/keys";
import { namesInput, subjectInput } from "../../lib/config/names";
import { show } from "../../lib/config/report";

/** Default lifetimes of authorities: the root's is Google's own default, an issuer's is about a third of it. */
const defaultRootLifetime = "3650d";
const defaultIssuerLifetime = "1095d";
/** The share of its lifetime after which a node renews its certificate. */
export const defaultRenewAt = 0.66;
/** Google backdates by this much at most (CaPool.IssuancePolicy.backdate_duration). */
const mostBackdate: Seconds = 48 * 3_600;
/** The suffix is short, to leave room for the rest of each id. */
const suffixPattern = "^[a-zA-Z0-9-]{1,20}$";

/** States of an issuing authority, in the order of a rotation. */
export const phases = ["staged", "enabled", "disabled"] as const;
/** A state of an issuing authority: made and trusted, signing, or no longer signing. */
export type Phase = (typeof phases)[number];

const lifetimeInput = (description: string, example: string) => secondsInput({ description, example });

/** The fields that the root and issuers share. */
const authorityFields = (lifetime: string) => ({
  commonName: subjectInput("Its common name.", "Training root"),
  lifetime: lifetimeInput("How long it lives. It cannot be changed later.", lifetime).prefault(lifetime),
  key: word(keyKinds, {
    description: "The algorithm and size of its key, which Google makes and keeps.",
    default: defaultKey,
  }).optional(),
  kmsKeyVersion: kmsKeyVersionInput(
    "The version of a Cloud KMS key in the stack's region, in place of a key that Google makes.",
  ).optional(),
  permittedDomains: namesInput(
    "Domains that it and whatever it signs can have names in, itself included (name constraints). They cannot be changed later.",
  ).optional(),
});

const issuerInput = fields({
  ...authorityFields(defaultIssuerLifetime),
  phase: word(phases, "Where it stands in a rotation: made and trusted, signing, or no longer signing.").prefault(
    "enabled",
  ),
});

/** Folders of a Linux node for local files. `/run` is in memory and empty after a restart. */
const roots = ["/etc/", "/opt/", "/run/", "/srv/", "/var/lib/"];

/** The form of a folder for certificates, for the JSON Schema. */
const pathPattern = "^/(etc|opt|run|srv|var/lib)(/[A-Za-z0-9_-][A-Za-z0-9._-]*)+$";

/** Why the text cannot be the folder of a node's certificates; `undefined` if it can. */
function pathProblem(text: string): string | undefined {
  if (text.startsWith("/etc/ai-tls-stacks")) {
    return `is ${show(text)}, where the bootstrap keeps its own settings; write another folder`;
  }
  if (new RegExp(pathPattern).test(text) && text.length <= 200) return undefined;
  return `is ${show(text)}; write a folder below ${roots.join(", ")} with letters, digits, ".", "_" and "-", no part starting with "."`;
}

const bootstrapInput = fields(
  {
    user: patterned(
      {
        description: "The node's user whose group may read the key.",
        examples: ["trainer"],
        default: "root alone",
        // The rule of `useradd`.
        pattern: "^[a-z_][a-z0-9_-]{0,30}$",
      },
      'the name of a user of the nodes: 1-31 of a-z, 0-9, "_" and "-", starting with a letter or "_"',
    ).optional(),
    reload: text(
      {
        description: "The command that makes a service read the new certificate.",
        examples: ["systemctl reload trainer"],
        default: "nothing is told",
      },
      (value) => (value.trim() === "" ? "is empty; write a command or leave it out" : undefined),
    ).optional(),
    path: text(
      {
        description: "The folder on the node for key and certificates. Root alone may change it and what is above it.",
        examples: ["/etc/trainer/tls"],
        default: "/var/lib/ai-tls-stacks/<the group>",
        pattern: pathPattern,
      },
      pathProblem,
    ).optional(),
  },
  "Makes the output `bootstrap`: cloud-init with which nodes get and renew their own certificates.",
);

const certificateInput = fields({
  csr: text({
    description: "The certificate signing request (PEM), made where its key is.",
    examples: ["-----BEGIN CERTIFICATE REQUEST-----\n...\n-----END CERTIFICATE REQUEST-----\n"],
  }),
  names: namesInput("The DNS names that the request must ask for, neither more nor less."),
  lifetime: secondsInput({ description: "How long it lives.", example: "90d", default: "the node group's" }).optional(),
  generation: whole(
    1,
    1_000_000,
    "Raise it to have the same request signed again; the certificate before is revoked at once.",
  ).prefault(1),
});

const nodeGroupInput = fields({
  domains: namesInput("Domains that the nodes' names are in: each allows itself and every name below it."),
  members: setOf(
    text(
      { description: "An IAM member.", examples: ["serviceAccount:trainers@ai-training.iam.gserviceaccount.com"] },
      (value) => parseMember(value).mistake,
    ),
    {
      description:
        "Who may ask for certificates of this group: as a rule the service account of its nodes, and no other.",
      examples: [["serviceAccount:trainers@ai-training.iam.gserviceaccount.com"]],
    },
  ),
  lifetime: lifetimeInput("How long a certificate of the group lives at most.", "24h"),
  purpose: word(
    purposes,
    "What certificates are for: servers, clients, or both, as nodes that call each other need.",
  ).prefault("mutual"),
  renewAt: z
    .number()
    .meta({
      description: "The share of its lifetime after which a node renews its certificate.",
      default: defaultRenewAt,
      examples: [0.66],
    })
    .optional(),
  bootstrap: bootstrapInput.optional(),
  certificates: mapOf(
    certificateInput,
    "Certificates that Terraform has signed from requests, by key, for what is no node and lives longer.",
  ).prefault({}),
});

/** The schema of a stack of a private certificate authority for training clusters. */
export const input = fields(
  {
    scenario: z.literal("cas-short-lived"),
    project: projectIdInput({ description: "The Google Cloud project.", examples: ["ai-training"] }),
    location: googleRegionInput("The Google Cloud region.", "europe-west1"),
    suffix: patterned(
      {
        description:
          "The end of every id. Google never lets an id of an authority be used again, so a fresh start needs another.",
        examples: ["2026a"],
        pattern: suffixPattern,
      },
      '1-20 letters, digits and "-" (of an id with "_" the provider sends only a part)',
    ),
    tier: word(
      ["enterprise", "devops"],
      "Google's tier of both pools: devops keeps no certificates and no lists of revoked ones.",
    ).prefault("enterprise"),
    protect: flag("Whether plans and applies that would destroy an authority are refused.").prefault(true),
    skipGracePeriod: flag("Whether a destroyed authority is gone at once, in place of after 30 days.").prefault(false),
    backdate: secondsInput(
      {
        description: "How far before its issue a certificate begins, for nodes whose clocks are late; at most 48h.",
        example: "5m",
        default: "not at all",
      },
      (seconds, value) =>
        seconds <= mostBackdate
          ? undefined
          : `is ${show(value)}, and Google backdates by at most 48h; write less, such as "5m"`,
    ).optional(),
    publish: fields(
      {
        caCertificate: flag(
          "Whether authorities' certificates are published, at an address in what they sign.",
        ).prefault(false),
        crl: flag(
          "Whether lists of revoked certificates are published: daily, so of no use for certificates of a day.",
        ).prefault(false),
      },
      "What Google publishes in a bucket that it makes.",
    ).prefault({}),
    keys: setOf(word(keyKinds, { description: "A kind of key.", examples: ["ecdsa-p256"] }), {
      description: "Kinds of keys that certificates may be for; nodes make the first.",
      examples: [["ecdsa-p256"]],
    }).prefault([defaultKey]),
    root: fields(
      {
        ...authorityFields(defaultRootLifetime),
        organization: subjectInput("The organization that it and the issuers name.", "Example Research").optional(),
      },
      "The root, which signs the issuers and nothing else. It is what nodes trust.",
    ),
    issuers: mapOf(issuerInput, "Issuing authorities by key, which is the first part of their id."),
    maximumLifetime: lifetimeInput("How long any certificate lives at most, whoever asks for it.", "24h"),
    nodeGroups: mapOf(nodeGroupInput, "Groups of nodes by key: each has names, members and a lifetime of its own."),
  },
  "Certificates of a private authority (Google CAS) that live as long as a training job.",
);

/** A stack of a private certificate authority for training clusters, as the user writes it. */
export type CasShortLivedInput = z.output<typeof input>;
