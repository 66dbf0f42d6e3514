import { z } from "zod";
import { regionInput } from "./aws";
import { fields, flag, patterned, text } from "./fields";
import { show } from "./report";

const name = (what: string, pattern: string, rule: string, example: string) =>
  patterned(
    { description: `${what[0]?.toUpperCase()}${what.slice(1)}.`, pattern, examples: [example] },
    `${what}: ${rule}, such as ${show(example)}`,
  );
/** What no bucket may be called, as part of a rule. */
const ipAddress = "[0-9]+[.][0-9]+[.][0-9]+[.][0-9]+$";
const prefix = () =>
  text(
    { description: "Put in front of the state key, for a bucket that several projects share.", examples: ["tls"] },
    (value) =>
      /^[A-Za-z0-9][A-Za-z0-9._-]*(\/[A-Za-z0-9][A-Za-z0-9._-]*)*$/.test(value)
        ? undefined
        : `is ${show(value)}; write letters, digits, ".", "_" and "-", with "/" between parts and none at the ends`,
  );
const address = (description: string) =>
  text({ description, examples: ["https://state.example.com/tls"] }, (value) => {
    // A password in an address would be a secret in the config and in every plan's output.
    if (/^https?:\/\/[^/@\s?#]+(\/[^\s?#]*)?$/.test(value) && URL.canParse(value)) return undefined;
    return "is no plain http(s) address; write scheme, host and path, with no credentials, query or fragment";
  });

/** Where a stack's state is kept, as the user writes it. */
export const backendInput = z
  .discriminatedUnion("type", [
    fields({ type: z.literal("local") }, "A file on this machine, in `state/` beside the output folder. For trials."),
    fields(
      {
        type: z.literal("s3"),
        bucket: name(
          "the bucket's name",
          // "General purpose bucket naming rules" of S3.
          `^(?!.*[.][.]|${ipAddress}|xn--|sthree-|amzn-s3-demo-)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$`,
          '3-63 of a-z, 0-9, single "." and "-", and no IP address',
          "ai-platform-state",
        ),
        region: regionInput("The bucket's region."),
        kmsKeyId: name(
          "the id, alias or ARN of a KMS key",
          "^[A-Za-z0-9:/_-]{1,2048}$",
          'letters, digits, ":", "/", "_" and "-"',
          "alias/state",
        ).optional(),
        keyPrefix: prefix().optional(),
      },
      "An S3 bucket, encrypted, with S3's own locking (Terraform 1.10).",
    ),
    fields(
      {
        type: z.literal("gcs"),
        bucket: name(
          "the bucket's name",
          // "About Cloud Storage buckets", naming: what has dots is a domain name.
          `^(?!.*[.-][.]|.*[.]-|${ipAddress}|goog|.*[^.]{64})[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]$`,
          '3-222 of a-z, 0-9, "_", "-" and single "." between them, and no IP address',
          "ai-platform-state",
        ),
        prefix: prefix().optional(),
        kmsKey: name(
          "the full name of a Cloud KMS key",
          "^projects/[^/\\s]+/locations/[^/\\s]+/keyRings/[^/\\s]+/cryptoKeys/[^/\\s]+$",
          "project, location, key ring and key",
          "projects/p/locations/europe-west1/keyRings/state/cryptoKeys/terraform",
        ).optional(),
      },
      "A Google Cloud Storage bucket.",
    ),
    fields(
      {
        type: z.literal("azurerm"),
        resourceGroup: name(
          "the resource group",
          "^[\\w().-]{0,89}[\\w()-]$",
          'at most 90 letters, digits, "_", "-", "(", ")" and ".", not ending with "."',
          "state",
        ),
        storageAccount: name("the storage account", "^[a-z0-9]{3,24}$", "3-24 of a-z and 0-9", "aiplatformstate"),
        container: name(
          "the blob container",
          "^[a-z0-9](-?[a-z0-9]){2,62}$",
          '3-63 of a-z, 0-9 and single "-"',
          "tfstate",
        ),
      },
      "An Azure storage account.",
    ),
    fields(
      {
        type: z.literal("http"),
        address: address("Base address; the state key is added to its path."),
        lockAddress: address("Base address of the locks; the state key is added to its path.").optional(),
      },
      "A server that speaks Terraform's http protocol.",
    ),
    fields(
      {
        type: z.literal("kubernetes"),
        namespace: name(
          "the namespace",
          "^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$",
          '1-63 of a-z, 0-9 and "-"',
          "terraform",
        ),
        encryptedAtRest: flag({
          description:
            "States that the cluster encrypts Secrets at rest; without it no private key may be in the state.",
          default: false,
        }).optional(),
      },
      "Secrets of a Kubernetes cluster; `KUBE_CONFIG_PATH` says which.",
    ),
    fields(
      {
        type: z.literal("cloud"),
        organization: name("the organization", "^[A-Za-z0-9_-]{1,40}$", '1-40 letters, digits, "_" and "-"', "example"),
        project: name(
          "the project",
          "^[A-Za-z0-9 _-]{1,40}$",
          '1-40 letters, digits, spaces, "_" and "-"',
          "ai-platform",
        ).optional(),
      },
      "HCP Terraform or Terraform Enterprise.",
    ),
  ])
  .meta({
    description: "Where Terraform keeps the state of every stack; the key is `<project>/<environment>/<stack>`.",
    examples: [{ type: "s3", bucket: "ai-platform-state", region: "eu-west-1" }],
  });

/** Where a stack's state is kept; nothing of it is left to decide. */
export type BackendConfig = z.infer<typeof backendInput>;

/** Whether the state is encrypted at rest. */
export function isEncrypted(backend: BackendConfig): boolean {
  if (backend.type === "kubernetes") return backend.encryptedAtRest === true;
  return ["s3", "gcs", "azurerm", "cloud"].includes(backend.type);
}
