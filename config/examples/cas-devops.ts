import { defineConfig } from "#config";

/** The tier for many certificates: 25 in a second from each issuer, none of them kept or revoked. */
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
      tier: "devops",
      root: { commonName: "Burst root" },
      issuers: { a: { commonName: "Burst issuer A" }, b: { commonName: "Burst issuer B" } },
      maximumLifetime: "6h",
      nodeGroups: {
        workers: {
          domains: ["burst.example.com"],
          members: [
            "principalSet://iam.googleapis.com/projects/123456789012/locations/global/workloadIdentityPools/workers/*",
          ],
          lifetime: "6h",
          bootstrap: {},
        },
      },
    },
  },
});
