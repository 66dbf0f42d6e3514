import { defineConfig } from "#config";

/** Certificates that cert-manager requests from Vault and renews: no key is ever in Terraform's state. */
export default defineConfig({
  project: "ai-platform",
  environment: "vault-cert-manager",
  backend: { type: "s3", bucket: "ai-platform-state", region: "eu-west-1" },
  privateKeys: "never",
  stacks: {
    serving: {
      scenario: "vault-pki-k8s",
      kubernetes: { context: "serving" },
      namespace: { name: "serving" },
      pki: {
        root: { commonName: "AI Platform Root CA" },
        intermediate: { commonName: "AI Platform Serving CA" },
        urls: { address: "https://vault.example.com:8200" },
      },
      certificates: {
        inference: {
          names: ["api.example.com"],
          lifetime: "1d",
          delivery: "cert-manager",
          secret: "inference-tls",
          consumer: { deployment: { name: "inference" } },
        },
      },
    },
  },
});
