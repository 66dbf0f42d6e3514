import { z } from "zod";
import { hostProblem } from "../../lib/config/dns-names";
import { secondsInput } from "../../lib/config/duration";
import { fields, flag, mapOf, setOf, text, whole, word } from "../../lib/config/fields";
import { defaultKey, keyKinds, purposes } from "../../lib/config/keys";
import {
  ingressFields,
  kubernetesInput,
  labelNamePattern,
  labelNameRule,
  namespaceInput,
  objectNameInput,
  secretNameProblem,
} from "../../lib/config/kubernetes";
import { namesInput, subjectInput } from "../../lib/config/names";
import { show } from "../../lib/config/report";
import { addressInput, authPathInput, mountInput, trustInput } from "./input-fields";

/** Ways of bringing a certificate into the cluster. */
const deliveries = ["terraform", "cert-manager"] as const;

/** A way of bringing a certificate into the cluster. */
export type Delivery = (typeof deliveries)[number];

const lifetimeInput = (description: string, fallback: string) =>
  secondsInput({ description, example: "90d" }).prefault(fallback);

const keyInput = (description: string) => word(keyKinds, description).prefault(defaultKey);

const commonNameInput = subjectInput("Its common name.", "AI Platform Root CA");

const serverTrustInput = trustInput(
  "What verifies Vault's own listener (PEM), for programs in the cluster; without it they trust what their image does.",
);

/** What is said of either authority; the mount's path is an example and the default. */
const authorityFields = (mount: string, life: string, lifetime: string) => ({
  commonName: commonNameInput,
  mount: mountInput("Path of its mount.", mount).prefault(mount),
  key: keyInput("Its key's algorithm and size."),
  lifetime: lifetimeInput(life, lifetime),
});

const ownPkiInput = fields(
  {
    root: fields(
      authorityFields("pki_root", "How long it lives.", "3650d"),
      "The root authority, whose key Vault makes and never shows.",
    ),
    intermediate: fields(
      {
        ...authorityFields("pki_int", "How long it lives: less than the root.", "1825d"),
        permittedDomains: setOf(
          text({ description: "A domain, with every name below it.", examples: ["example.com"] }, (value) =>
            hostProblem(value, "the domain, which covers the names below it"),
          ),
          {
            description: "The only domains it may sign names of (name constraints).",
            examples: [["example.com"]],
            default: "any domain",
          },
        ).optional(),
      },
      "The authority that signs certificates, on a mount of its own.",
    ),
    urls: fields(
      {
        address: addressInput("Where clients reach Vault: part of every certificate, for its issuer, CRL and OCSP."),
        serverCaBundle: serverTrustInput.optional(),
      },
      "Addresses that certificates carry.",
    ),
    protect: flag(
      "Whether Terraform refuses to destroy the mounts, with which their authorities are gone for ever.",
    ).prefault(true),
  },
  "Two authorities that the stack makes.",
);

const existingPkiInput = fields(
  {
    existing: mountInput("Path of the mount whose default issuer signs.", "pki_int"),
    address: addressInput("Where clients reach Vault; deliveries that renew themselves need it.").optional(),
    serverCaBundle: serverTrustInput.optional(),
    caBundle: trustInput(
      "The root of that PKI (PEM), which clients trust; without it they get the last certificate of the mount's chain.",
    ).optional(),
  },
  "A PKI that exists: only roles, policies and certificates are made.",
);

const serviceAccountInput = fields(
  {
    name: text({ description: "Its name, or `*` for all of the namespace.", examples: ["inference"] }, (value) =>
      value === "*" ? undefined : secretNameProblem(value),
    ),
    namespace: text(
      { description: "Its namespace, or `*` for all.", examples: ["serving"], default: "the stack's" },
      (value) =>
        value === "*" || new RegExp(labelNamePattern).test(value)
          ? undefined
          : `is ${show(value)}; write ${labelNameRule}`,
    ).optional(),
  },
  "A service account.",
);

const consumerInput = z
  .union([
    fields({
      ingress: fields(
        {
          service: objectNameInput("The Service that it leads to.", "inference"),
          port: whole(1, 65_535, { description: "The Service's port.", examples: [443] }).prefault(443),
          ...ingressFields,
        },
        "An Ingress for the certificate's names, with the certificate.",
      ),
    }),
    fields({
      deployment: fields(
        {
          name: objectNameInput("Its name.", "inference"),
          container: objectNameInput("The container that gets the files.", "server").optional(),
          mountPath: text({ description: "Where the container sees the files.", examples: ["/etc/tls"] }, (value) =>
            /^(\/[^/:]+)+$/.test(value) ? undefined : `is ${show(value)}; write a path from "/", such as "/etc/tls"`,
          ).prefault("/etc/tls"),
        },
        "A Deployment, for which a patch that mounts the Secret is written.",
      ),
    }),
  ])
  .meta({ description: "Who shows the certificate: an Ingress that is made, or a Deployment that is patched." });

const certificateInput = fields({
  names: namesInput("DNS names of the certificate."),
  key: keyInput("The key's algorithm and size."),
  purpose: word(purposes, "What it is shown for: by servers, by clients, or both.").prefault("server"),
  lifetime: lifetimeInput("How long it lives: less than the intermediate.", "90d"),
  secret: objectNameInput("Name of the Secret.", "inference-tls", "the certificate's key").optional(),
  delivery: word(
    deliveries,
    "How it comes into the cluster: by an apply, with its key in Terraform's state, or requested by cert-manager, with its key made in the cluster.",
  ).prefault("terraform"),
  serviceAccounts: setOf(serviceAccountInput, {
    description: "Who may request it with a token of the cluster.",
    examples: [[{ name: "inference" }]],
    default: "one called like the certificate, in the stack's namespace",
  }).optional(),
  role: fields(
    {
      allowedDomains: setOf(
        text({ description: "A domain.", examples: ["example.com"] }, (value) =>
          value.trim() === "" ? `is ${show(value)}; write a domain` : undefined,
        ),
        { description: "Vault's `allowed_domains`.", examples: [["example.com"]], default: "the certificate's names" },
      ).optional(),
      allowBareDomains: flag("Whether the domains themselves are allowed.").prefault(true),
      allowSubdomains: flag("Whether every name below them is.").prefault(false),
      allowGlobDomains: flag("Whether `*` in them stands for anything.").prefault(false),
    },
    "Names that the role allows, where they are to be more than the certificate's own.",
  ).optional(),
  consumer: consumerInput.optional(),
});

/** A stack of a PKI in Vault and certificates in Kubernetes, as the user writes it. */
export const vaultPkiK8sInput = fields(
  {
    scenario: z.literal("vault-pki-k8s"),
    kubernetes: kubernetesInput,
    namespace: namespaceInput,
    pki: z.union([ownPkiInput, existingPkiInput]).meta({
      description: "The PKI: one that the stack makes, or the mount of one that exists.",
    }),
    authPath: authPathInput(
      "Path of the Kubernetes auth mount, which exists and knows the cluster.",
      "kubernetes",
    ).prefault("kubernetes"),
    audience: text(
      {
        description: "What tokens of service accounts must be meant for.",
        examples: ["vault"],
        default: "for cert-manager its own (`vault://<namespace>/<issuer>`), else any",
      },
      (value) => (value.trim() === "" ? `is ${show(value)}; write an audience such as "vault"` : undefined),
    ).optional(),
    certificates: mapOf(
      certificateInput,
      "Certificates by name, which is part of addresses and of the names of roles and policies.",
    ),
    manifests: word(
      ["files", "apply"],
      "What becomes of objects that a controller of the cluster works on: files beside the JSON, or applied by Terraform.",
    ).prefault("files"),
    crdsInstalled: flag(
      'States that the cluster knows their kinds already, which `manifests: "apply"` needs at every plan.',
    ).prefault(false),
  },
  "A PKI in Vault or OpenBao, and certificates in Kubernetes.",
);

/** A stack of a PKI in Vault and certificates in Kubernetes, as the user writes it. */
export type VaultPkiK8sInput = z.output<typeof vaultPkiK8sInput>;
