import { type BackendConfig, isEncrypted } from "../config/backend";
import type { Settings, StackConfig } from "../config/config";
import { authorityKey } from "../config/pipeline-tls";
import type { Path, Report } from "../config/report";

/** A private key that Terraform's state, saved plans and `show -json` contain in clear. */
export interface KeyInState {
  /** Where the config asks for it. */
  readonly path: Path;
  /** The resource that makes it. */
  readonly address: string;
  /** What to do where no key may be in the state. */
  readonly way: string;
}

/** The private keys that a stack puts into its state. */
export function keysInState(stack: StackConfig): readonly KeyInState[] {
  switch (stack.scenario.scenario) {
    // The issuer makes and keeps the key; nobody can read it.
    case "acm-route53":
    case "gcp-managed-san":
      return [];
    // Google keeps the authorities' keys, and a certificate's key stays where its request was made.
    case "cas-short-lived":
      return [];
    // The tls provider keeps every key it makes in the state.
    case "pipeline-tls": {
      const { authority, services } = stack.scenario;
      const path = ["stacks", stack.name];
      const way = 'use a vault-pki-k8s stack with delivery "cert-manager", where the key is made in the cluster';
      return [
        ...(authority ? [{ path, address: `tls_private_key.${authorityKey}`, way }] : []),
        ...services.map(({ name }) => ({ path: [...path, "services", name], address: `tls_private_key.${name}`, way })),
      ];
    }
    // Keys of authorities stay in Vault; of certificates, those are in the state that Terraform itself requests.
    case "vault-pki-k8s":
      return stack.scenario.certificates
        .filter(({ delivery }) => delivery === "terraform")
        .map(({ name }) => ({
          path: ["stacks", stack.name, "certificates", name, "delivery"],
          address: `vault_pki_secret_backend_cert.${name}`,
          way: 'write delivery: "cert-manager", where the key is made in the cluster',
        }));
  }
}

/** Private keys go only where the config's policy lets them. */
export function checkKeyCustody(keys: readonly KeyInState[], settings: Settings, stack: string, report: Report): void {
  if (keys.length === 0) return;
  if (settings.privateKeys === "never") {
    for (const { path, address, way } of keys) {
      report.problem(
        path,
        `would put a private key into Terraform's state (${address}), which privateKeys "never" forbids; ${way}`,
      );
    }
  } else if (settings.privateKeys === "encrypted-backend" && !isEncrypted(settings.backend)) {
    // Whether the state is encrypted is not known then.
    if (report.refused(["backend", "encryptedAtRest"])) return;
    const [what, way] = inClear(settings.backend);
    report.problem(
      ["backend"],
      `${what}, and stack ${stack} puts ${keys.length} private ${keys.length === 1 ? "key" : "keys"} into it (${keys[0]?.address}${keys.length > 1 ? " and others" : ""}); ${way}use s3, gcs, azurerm or cloud, or for a trial set privateKeys to "allowed"`,
    );
  }
}

/** What is wrong with a backend that does not encrypt, and how that is mended, if it can be. */
function inClear(backend: BackendConfig): readonly [what: string, way: string] {
  return backend.type === "kubernetes"
    ? [
        "is kubernetes without encryptedAtRest, so the state may lie in clear",
        "write encryptedAtRest: true if the cluster encrypts Secrets, ",
      ]
    : [`is ${backend.type}, which keeps the state in clear`, ""];
}
