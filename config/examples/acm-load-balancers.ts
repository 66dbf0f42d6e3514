import { defineConfig } from "#config";

/** Public certificates on an Application and a Network Load Balancer and for CloudFront, with alarms that reach people. */
export default defineConfig({
  project: "ai-platform",
  environment: "acm-load-balancers",
  backend: { type: "s3", bucket: "ai-platform-state", region: "eu-west-1" },
  stacks: {
    public: {
      scenario: "acm-route53",
      account: "111122223333",
      region: "eu-west-1",
      dns: { in: "route53", zones: { "example.com": "Z0123456789ABCDEFGHIJ", "example.org": "Z0987654321ZYXWVUTSR" } },
      certificates: {
        "inference-api": {
          names: ["api.example.com", "*.api.example.com", "api.example.org"],
          attach: [
            {
              to: "alb-listener",
              arn: "arn:aws:elasticloadbalancing:eu-west-1:111122223333:listener/app/api/1a2b3c4d5e6f7a8b/9c0d1e2f3a4b5c6d",
            },
          ],
          alarm: { topics: ["arn:aws:sns:eu-west-1:111122223333:certificates"] },
        },
        // gRPC between regions: the Network Load Balancer ends TLS.
        "inference-grpc": {
          names: ["grpc.example.com"],
          key: "ecdsa-p384",
          attach: [
            {
              to: "nlb-listener",
              arn: "arn:aws:elasticloadbalancing:eu-west-1:111122223333:listener/net/grpc/1a2b3c4d5e6f7a8b/0a1b2c3d4e5f6a7b",
            },
          ],
          alarm: { topics: ["arn:aws:sns:eu-west-1:111122223333:certificates"] },
        },
        // Weights of models, downloaded through CloudFront: the certificate and its alarm are in us-east-1.
        "model-downloads": {
          names: ["models.example.com"],
          attach: [{ to: "cloudfront" }],
          alarm: { topics: ["arn:aws:sns:us-east-1:111122223333:certificates"] },
        },
      },
    },
  },
});
