import { defineConfig } from "#config";

/** A training cluster: certificates of a day, which nodes get and renew themselves. */
export default defineConfig({
  project: "ai-platform",
  environment: "example",
  labels: { team: "ml-platform" },
  backend: { type: "gcs", bucket: "ai-platform-state" },
  privateKeys: "never",
  stacks: {
    "cas-short-lived": {
      scenario: "cas-short-lived",
      project: "ai-training",
      location: "europe-west1",
      suffix: "2026a",
      backdate: "5m",
      root: { commonName: "Training root", organization: "Example Research" },
      issuers: { a: { commonName: "Training issuer A", permittedDomains: ["train.example.com"] } },
      maximumLifetime: "24h",
      nodeGroups: {
        trainers: {
          domains: ["gpu.train.example.com"],
          members: ["serviceAccount:trainers@ai-training.iam.gserviceaccount.com"],
          lifetime: "24h",
          bootstrap: { user: "trainer", reload: "systemctl try-reload-or-restart trainer" },
        },
      },
    },
  },
});
