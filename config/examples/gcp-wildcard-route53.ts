import { defineConfig } from "#config";

/** A domain and everything one level below it, proved once, with records in Route 53. */
export default defineConfig({
  project: "ai-platform",
  environment: "example",
  labels: { team: "ml-platform" },
  backend: { type: "local" },
  stacks: {
    "gcp-wildcard": {
      scenario: "gcp-managed-san",
      project: "ml-serving-prod",
      dns: {
        in: "route53",
        account: "111122223333",
        region: "eu-west-1",
        zones: { "example.com": "Z0123456789ABCDEFGHIJ" },
      },
      hosts: { "example.com": { backend: "site" }, "*.example.com": { backend: "models" } },
      defaultBackend: "site",
      defaultCertificate: "example.com",
      backends: {
        site: { cloudRun: { region: "europe-west4", service: "site" } },
        models: {
          instanceGroups: ["projects/ml-serving-prod/zones/europe-west4-a/instanceGroups/models"],
          port: "http",
          healthCheck: { path: "/health" },
          timeout: "10m",
        },
      },
      ipv6: true,
    },
  },
});
