import { defineConfig } from "#config";

/** A certificate for each name, proved through Cloud DNS before anything uses it. */
export default defineConfig({
  project: "ai-platform",
  environment: "example",
  backend: { type: "local" },
  stacks: {
    "gcp-managed-san": {
      scenario: "gcp-managed-san",
      project: "ml-serving-prod",
      dns: { in: "cloud-dns", zones: { "example.com": "example-com" } },
      hosts: { "api.example.com": { backend: "llama" }, "chat.example.com": { backend: "llama" } },
      defaultBackend: "llama",
      backends: { llama: { cloudRun: { region: "europe-west4", service: "llama" } } },
    },
  },
});
