import { defineConfig } from "#config";

/** Roles and certificates on a PKI that somebody else runs. */
export default defineConfig({
  project: "ai-platform",
  environment: "vault-existing-pki",
  backend: { type: "s3", bucket: "ai-platform-state", region: "eu-west-1" },
  applyEvery: "1d",
  stacks: {
    training: {
      scenario: "vault-pki-k8s",
      kubernetes: { context: "training" },
      namespace: { name: "training" },
      pki: {
        existing: "pki_int",
        // `vault read -field=certificate pki_root/cert/ca` prints it.
        caBundle: `-----BEGIN CERTIFICATE-----
MIIBmzCCAUGgAwIBAgIULVC8sVmiDsBXtgNY9YBp8c4fUwUwCgYIKoZIzj0EAwIw
GjEYMBYGA1UEAwwPRXhhbXBsZSBSb290IENBMCAXDTI2MTEyMjA5MjE0OVoYDzIx
MjYxMDI5MDkyMTQ5WjAaMRgwFgYDVQQDDA9FeGFtcGxlIFJvb3QgQ0EwWTATBgcq
hkjOPQIBBggqhkjOPQMBBwNCAARU1sL13AK3JkXuMRnKbrBaCl5qaozjLqP88yDx
iEo9cXD2kFHX3DthSnlLAG3y4qttsxPUnoE9dKlgFN2xp8kWo2MwYTAdBgNVHQ4E
FgQU8p4VEDKbdtmYb6w1tBk/ttyU6TswHwYDVR0jBBgwFoAU8p4VEDKbdtmYb6w1
tBk/ttyU6TswDwYDVR0TAQH/BAUwAwEB/zAOBgNVHQ8BAf8EBAMCAQYwCgYIKoZI
zj0EAwIDSAAwRQIgMyRL9Sx/bEuUwfvAceCLxanAHiXXZvixHOu6ueaIaWwCIQCI
2lDPsTRGXsCfhsvTJvPI6xcPMgU48eTot0x0GnEnEA==
-----END CERTIFICATE-----
`,
      },
      authPath: "kubernetes-training",
      audience: "vault",
      certificates: {
        trainer: {
          names: ["trainer.training.svc", "trainer.training.svc.cluster.local"],
          purpose: "mutual",
          lifetime: "7d",
          // May also request it themselves, with tokens that are meant for Vault.
          serviceAccounts: [{ name: "trainer" }],
        },
      },
    },
  },
});
