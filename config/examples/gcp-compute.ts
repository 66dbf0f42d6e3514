import { defineConfig } from "#config";

/** Compute's own certificates, one for each name, which Google issues once the name leads to the load balancer. */
export default defineConfig({
  project: "ai-platform",
  environment: "example",
  backend: { type: "local" },
  stacks: {
    "gcp-compute": {
      scenario: "gcp-managed-san",
      project: "ml-serving-prod",
      mode: "compute",
      dns: { in: "elsewhere" },
      hosts: { "api.example.com": { backend: "llama" }, "chat.example.com": { backend: "llama" } },
      defaultBackend: "llama",
      defaultCertificate: "chat.example.com",
      backends: {
        llama: {
          zonalNeg: {
            zone: "europe-west4-a",
            network: "serving",
            subnetwork: "serving",
            endpoints: {
              "llama-0": { address: "10.0.0.5", port: 8000 },
              "llama-1": { address: "10.0.0.6", port: 8000 },
            },
            maxRatePerEndpoint: 20,
          },
          healthCheck: { path: "/health", port: 8001 },
        },
      },
    },
  },
});
