import { defineConfig } from "#config";

/** One certificate for all names: a changed one is used only once Google has issued it, at the second apply. */
export default defineConfig({
  project: "ai-platform",
  environment: "example",
  backend: { type: "local" },
  stacks: {
    "gcp-grouped": {
      scenario: "gcp-managed-san",
      project: "ml-serving-prod",
      grouping: "all",
      dns: { in: "cloud-dns", project: "shared-dns", zones: { "example.com": "example-com" } },
      hosts: { "api.example.com": { backend: "llama" }, "chat.example.com": { backend: "llama" } },
      defaultBackend: "llama",
      backends: { llama: { service: "projects/ml-serving-prod/global/backendServices/llama" } },
    },
  },
});
