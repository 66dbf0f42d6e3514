import { defineConfig } from "#config";

/** Two model servers behind one address, told apart by host and by path. */
export default defineConfig({
  project: "ai-platform",
  environment: "example",
  backend: { type: "local" },
  stacks: {
    "gcp-paths": {
      scenario: "gcp-managed-san",
      project: "ml-serving-prod",
      dns: { in: "cloud-dns", zones: { "example.com": "example-com" } },
      hosts: {
        "api.example.com": {
          backend: "llama",
          paths: { "/v1/embeddings": "embeddings", "/v1/rerank/*": "embeddings" },
        },
        "embeddings.example.com": { backend: "embeddings" },
      },
      defaultBackend: "llama",
      backends: {
        llama: {
          instanceGroups: ["projects/ml-serving-prod/regions/europe-west4/instanceGroups/llama"],
          port: "grpc",
          protocol: "H2C",
          timeout: "30m",
          healthCheck: { path: "/health", port: 8001 },
          logging: true,
          affinity: "GENERATED_COOKIE",
        },
        embeddings: { cloudRun: { region: "europe-west4", service: "embeddings" } },
      },
      sslPolicy: { profile: "RESTRICTED" },
      quic: true,
      keepAlive: "620s",
    },
  },
});
