import { defineConfig } from "#config";

/** Private TLS between the services of a pipeline, one of which also has a public name through an Ingress. */
export default defineConfig({
  project: "ai-platform",
  environment: "pipeline-public-name",
  // Private keys are in the state: this bucket is encrypted.
  backend: { type: "s3", bucket: "ai-platform-state", region: "eu-west-1", kmsKeyId: "alias/state" },
  privateKeys: "encrypted-backend",
  stacks: {
    pipeline: {
      scenario: "pipeline-tls",
      kubernetes: { context: "pipeline" },
      namespace: { name: "pipeline", create: true },
      lifetime: "60d",
      services: {
        // Called from outside: the Ingress shows the service's own certificate.
        ingest: {
          port: 8443,
          selector: { app: "ingest" },
          names: ["ingest.example.com"],
          ingress: { className: "nginx" },
        },
        // Called by ingest, and calls the store with a certificate of its own.
        embedder: { port: 8443, selector: { app: "embedder" }, client: true },
        // A database that takes RSA only.
        store: { port: 5432, selector: { app: "store" }, key: "rsa-3072" },
      },
      dns: {
        in: "route53",
        zones: { "example.com": "Z0123456789ABCDEFGHIJ" },
        account: "111122223333",
        region: "eu-west-1",
        target: { dnsName: "pipeline-1234567890.eu-west-1.elb.amazonaws.com", zoneId: "Z32O12XQLNTSW2" },
      },
    },
  },
});
