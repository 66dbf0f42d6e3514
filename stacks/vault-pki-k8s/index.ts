import type { Scenario } from "../scenario";
import { change } from "./change";
import { meanings } from "./change-meanings";
import { check } from "./check";
import { claims } from "./claims";
import { authorityKeys, read, type VaultPkiK8sConfig } from "./config";
import { type VaultPkiK8sInput, vaultPkiK8sInput } from "./input";
import { operatorNotes } from "./operator";

/** A PKI in Vault or OpenBao, or roles on an existing one, and certificates delivered to Kubernetes. */
export const vaultPkiK8s = {
  kind: "vault-pki-k8s",
  input: vaultPkiK8sInput,
  read,
  check,
  change,
  meanings,
  marker: "vault_pki_secret_backend_role",
  certificates: ({ certificates }) => certificates,
  authorities: ({ pki }) => (pki.own ? authorityKeys : []),
  // An authority's key stays in Vault. A certificate's key is in the state only if Terraform requests the certificate.
  keysInState: ({ certificates }) =>
    certificates
      .filter(({ delivery }) => delivery === "terraform")
      .map(({ name }) => ({
        path: ["certificates", name, "delivery"],
        address: `vault_pki_secret_backend_cert.${name}`,
        way: 'write delivery: "cert-manager", where the key is made in the cluster',
      })),
  clusters: ({ kubernetes }) => [kubernetes],
  claims,
  zonedNames: () => [],
  operatorNotes,
  stack: () => (require("./stack") as typeof import("./stack")).VaultPkiK8sStack,
} satisfies Scenario<VaultPkiK8sInput, VaultPkiK8sConfig>;
