import { defineConfig } from "#config";

/** A PKI of its own in Vault, and certificates that an apply requests and renews. */
export default defineConfig({
  project: "ai-platform",
  environment: "vault-own-pki",
  backend: { type: "s3", bucket: "ai-platform-state", region: "eu-west-1" },
  stacks: {
    serving: {
      scenario: "vault-pki-k8s",
      kubernetes: { context: "serving" },
      namespace: { name: "serving", create: true },
      pki: {
        root: { commonName: "AI Platform Root CA", key: "ecdsa-p384", lifetime: "7300d" },
        intermediate: {
          commonName: "AI Platform Serving CA",
          lifetime: "1825d",
          permittedDomains: ["example.com", "serving.svc"],
        },
        urls: { address: "https://vault.example.com:8200" },
      },
      certificates: {
        // Shown by an Ingress, which the stack makes in front of the Service "inference".
        inference: {
          names: ["api.example.com", "*.models.example.com"],
          consumer: { ingress: { service: "inference", className: "nginx" } },
        },
        // Mutual TLS inside the cluster; a patch mounts the files into the Deployment.
        embedder: {
          names: ["embedder.serving.svc"],
          purpose: "mutual",
          lifetime: "60d",
          consumer: { deployment: { name: "embedder", container: "server", mountPath: "/tls" } },
        },
      },
    },
  },
});
