import { defineConfig } from "#config";

/** Two groups of nodes that cannot take each other's names, and an issuer that follows the first one. */
export default defineConfig({
  project: "ai-platform",
  environment: "example",
  backend: { type: "gcs", bucket: "ai-platform-state" },
  stacks: {
    "cas-short-lived": {
      scenario: "cas-short-lived",
      project: "ai-training",
      location: "us-central1",
      suffix: "2026a",
      publish: { caCertificate: true, crl: true },
      root: { commonName: "Training root", key: "ecdsa-p384" },
      issuers: {
        a: { commonName: "Training issuer A" },
        b: { commonName: "Training issuer B", phase: "staged" },
      },
      maximumLifetime: "7d",
      nodeGroups: {
        trainers: {
          domains: ["gpu.train.example.com"],
          members: ["serviceAccount:trainers@ai-training.iam.gserviceaccount.com"],
          lifetime: "24h",
          bootstrap: { user: "trainer", reload: "systemctl try-reload-or-restart trainer" },
        },
        storage: {
          domains: ["storage.train.example.com"],
          members: ["serviceAccount:storage@ai-training.iam.gserviceaccount.com"],
          lifetime: "7d",
          purpose: "server",
          renewAt: 0.5,
          bootstrap: { path: "/etc/storage/tls" },
        },
      },
    },
  },
});
