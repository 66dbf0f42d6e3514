import { defineConfig } from "#config";

/** Made where its key is: `openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -addext subjectAltName=...`. */
const gatewayRequest = `-----BEGIN CERTIFICATE REQUEST-----
MIIBFzCBvQIBADAkMSIwIAYDVQQDDBlnYXRld2F5LnRyYWluLmV4YW1wbGUuY29t
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEzJgA0cI5xVRmziBmRpeOlk1wM8dI
IdK2Mqa2n8lThnDu3vnvBoWYTZaJeOI9/tQbPnjfgB0u6D4qpW29JCq4/aA3MDUG
CSqGSIb3DQEJDjEoMCYwJAYDVR0RBB0wG4IZZ2F0ZXdheS50cmFpbi5leGFtcGxl
LmNvbTAKBggqhkjOPQQDAgNJADBGAiEAlhVqb7TWBJzYcBZhPiFuIpFAQAEVI+wF
P/96gfxj8gICIQDOCGuEFfKehgapWNr/4dgq1O8AKbARQfo1ym8UvTazyA==
-----END CERTIFICATE REQUEST-----
`;

/** Certificates from requests, for what is no node: Terraform has them signed and never sees a key. */
export default defineConfig({
  project: "ai-platform",
  environment: "example",
  backend: { type: "gcs", bucket: "ai-platform-state" },
  privateKeys: "never",
  stacks: {
    "cas-short-lived": {
      scenario: "cas-short-lived",
      project: "ai-training",
      location: "europe-west1",
      suffix: "2026a",
      root: { commonName: "Training root" },
      issuers: { a: { commonName: "Training issuer A" } },
      maximumLifetime: "90d",
      nodeGroups: {
        gateways: {
          domains: ["train.example.com"],
          members: ["group:platform@example.com"],
          lifetime: "90d",
          purpose: "server",
          certificates: { gateway: { csr: gatewayRequest, names: ["gateway.train.example.com"] } },
        },
      },
    },
  },
});
