import { defineConfig } from "#config";

export default defineConfig({
  project: "ai-platform",
  environment: "example",
  labels: { team: "ml-platform" },
  backend: { type: "local" },
  privateKeys: "allowed",
  horizon: "2027-03-15",
  stacks: {
    "acm-route53": {
      scenario: "acm-route53",
      account: "111122223333",
      region: "eu-west-1",
      dns: { in: "route53", zones: { "example.com": "Z0123456789ABCDEFGHIJ", "example.org": "Z0987654321ZYXWVUTSR" } },
      certificates: {
        "inference-api": {
          names: ["api.example.com", "*.api.example.com", "api.example.org"],
          key: "ecdsa-p256",
          attach: [
            {
              to: "alb-listener",
              arn: "arn:aws:elasticloadbalancing:eu-west-1:111122223333:listener/app/api/1a2b3c4d5e6f7a8b/9c0d1e2f3a4b5c6d",
            },
          ],
          alarm: { topics: ["arn:aws:sns:eu-west-1:111122223333:certificates"] },
        },
      },
    },
    "cas-short-lived": {
      scenario: "cas-short-lived",
      project: "ai-training",
      location: "europe-west1",
      suffix: "2026a",
      root: { commonName: "Training root" },
      issuers: { a: { commonName: "Training issuer A" } },
      maximumLifetime: "24h",
      nodeGroups: {
        trainers: {
          domains: ["train.example.com"],
          members: ["serviceAccount:trainers@ai-training.iam.gserviceaccount.com"],
          lifetime: "24h",
          bootstrap: { reload: "systemctl try-reload-or-restart trainer" },
        },
      },
    },
    "gcp-managed-san": {
      scenario: "gcp-managed-san",
      project: "ml-serving-prod",
      dns: { in: "cloud-dns", zones: { "example.com": "example-com" } },
      hosts: { "chat.example.com": { backend: "llama" }, "embeddings.example.com": { backend: "embeddings" } },
      defaultBackend: "llama",
      backends: {
        llama: { cloudRun: { region: "europe-west4", service: "llama" } },
        embeddings: { cloudRun: { region: "europe-west4", service: "embeddings" } },
      },
    },
    "pipeline-tls": {
      scenario: "pipeline-tls",
      kubernetes: { context: "kind-pipeline" },
      namespace: { name: "pipeline", create: true },
      services: {
        ingest: { port: 8443, selector: { app: "ingest" } },
        trainer: { port: 8443, selector: { app: "trainer" }, client: true },
      },
    },
    "vault-pki-k8s": {
      scenario: "vault-pki-k8s",
      kubernetes: { context: "kind-serving" },
      namespace: { name: "serving", create: true },
      pki: {
        root: { commonName: "AI Platform Root CA" },
        intermediate: { commonName: "AI Platform Serving CA", permittedDomains: ["example.com", "svc"] },
        urls: { address: "https://vault.example.com:8200" },
      },
      certificates: {
        inference: { names: ["inference.example.com", "inference.serving.svc"] },
        gateway: { names: ["*.models.example.com"], purpose: "mutual", lifetime: "60d" },
      },
    },
  },
});
