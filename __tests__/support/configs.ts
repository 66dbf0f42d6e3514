import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type Finding, showPath } from "../../lib/config/report";
import type { AcmCertificateConfig, AcmRoute53Config } from "../../stacks/acm-route53/config";
import { checkedConfig } from "../../stacks/check";
import type { Config, ConfigInput } from "../../stacks/config";
import { brokenProposals, isNews } from "./proposals";

/** Fields of a config. */
export type Fields = Readonly<Record<string, unknown>>;

const golden = join(__dirname, "..", "golden");

/** A config that has every optional field of a scenario: `__tests__/golden/<name>.json`. */
export function everything(name: string): object {
  return JSON.parse(readFileSync(join(golden, `${name}.json`), "utf8")) as object;
}

/** The names of these configs. What is asked of every scenario is asked of them. */
export const everythings: readonly string[] = readdirSync(golden)
  .filter((file) => file.endsWith("-everything.json"))
  .map((file) => file.replace(/\.json$/, ""))
  .toSorted();

/** A config with one stack, which may keep keys wherever it likes. */
export function configWith(name: string, stack: Fields, more: Fields = {}): object {
  const settings = { project: "ai-platform", environment: "test", backend: { type: "local" }, privateKeys: "allowed" };
  return { ...settings, ...more, stacks: { [name]: stack } };
}

/** An account, a listener and a topic that belong together. */
export const account = "111122223333";
export const albListener = `arn:aws:elasticloadbalancing:eu-west-1:${account}:listener/app/api/1a2b3c4d5e6f7a8b/9c0d1e2f3a4b5c6d`;
export const nlbListener = `arn:aws:elasticloadbalancing:eu-west-1:${account}:listener/net/tcp/1a2b3c4d5e6f7a8b/9c0d1e2f3a4b5c6d`;
export const topic = `arn:aws:sns:eu-west-1:${account}:certificates`;

/** A config without a mistake: one stack `web` with one certificate `api`. */
export function goodConfig(): ConfigInput {
  return {
    project: "ai-platform",
    environment: "test",
    backend: { type: "local" },
    stacks: {
      web: {
        scenario: "acm-route53",
        account,
        region: "eu-west-1",
        dns: { in: "route53", zones: { "example.com": "Z0123456789ABCDEFGHIJ" } },
        // Alarms are advised about until they have topics.
        certificates: { api: { names: ["api.example.com"], alarm: false } },
      },
    },
  };
}

/** A config without a mistake that says everything an acm-route53 stack can say. */
export function fullConfig(): ConfigInput {
  const edgeTopic = topic.replace("eu-west-1", "us-east-1");
  return {
    project: "ai-platform",
    environment: "test",
    labels: { team: "ml-platform", "cost-center": "4711" },
    backend: {
      type: "s3",
      bucket: "ai-platform-state",
      region: "eu-west-1",
      kmsKeyId: "alias/state",
      keyPrefix: "tls",
    },
    privateKeys: "never",
    applyEvery: "3d",
    horizon: "2027-03-15",
    providers: { aws: { version: "~> 6.25" } },
    stacks: {
      web: {
        scenario: "acm-route53",
        account,
        region: "eu-west-1",
        dns: { in: "route53", zones: { "example.com": "Z0123456789ABCDEFGHIJ", "example.org": "lookup" } },
        certificates: {
          api: {
            names: [...Array.from({ length: 11 }, (_, index) => `n${index}.example.com`), "*.example.org"],
            key: "ecdsa-p384",
            purpose: "server",
            attach: [
              { to: "alb-listener", arn: albListener },
              { to: "nlb-listener", arn: nlbListener },
              { to: "api-gateway" },
            ],
            validationTimeout: "1h",
            alarm: { before: "9d", topics: [topic] },
            records: "managed",
          },
          edge: {
            names: ["cdn.example.com"],
            key: "rsa-2048",
            attach: [{ to: "cloudfront" }],
            alarm: { topics: [edgeTopic] },
          },
          quiet: { names: ["quiet.example.com"], alarm: false },
        },
        quota: { namesPerCertificate: 50 },
      },
      second: {
        scenario: "acm-route53",
        account,
        region: "us-east-1",
        dns: { in: "route53", zones: {} },
        certificates: { api: { names: ["n1.example.com"], records: "existing" } },
      },
    },
  };
}

/** Values by place: keys with `/` between them, where `web` and `api` stand for the good config's stack and certificate. */
export type Changes = Readonly<Record<string, unknown>>;

/** The good config with some places changed; `undefined` takes a place out. */
export function changed(changes: Changes): Record<string, unknown> {
  const config = goodConfig() as unknown as Record<string, unknown>;
  for (const [place, value] of Object.entries(changes)) {
    const [last = "", ...above] = place
      .replace(/^api(?=\/|$)/, "web/certificates/api")
      .replace(/^web(?=\/|$)/, "stacks/web")
      .split("/")
      .reverse();
    const around = above.reverse().reduce((map, key) => {
      map[key] ??= {};
      return map[key] as Record<string, unknown>;
    }, config);
    if (value === undefined) delete around[last];
    else around[last] = value;
  }
  return config;
}

/** What is wrong with a config, as its owner reads it. */
export function problemsOf(config: unknown): readonly string[] {
  return linesOf(checkedConfig(config).report.problems, config);
}

/** What the owner of a config should know. */
export function warningsOf(config: unknown): readonly string[] {
  return linesOf(checkedConfig(config).report.warnings, config);
}

/** Everything that is said of a config. */
export function saidOf(config: unknown): readonly string[] {
  const { problems, warnings } = checkedConfig(config).report;
  return linesOf([...problems, ...warnings], config);
}

function linesOf(findings: readonly Finding[], config: unknown): readonly string[] {
  for (const finding of findings.filter(isNews)) expect(brokenProposals(finding, config)).toEqual([]);
  return [...new Set(findings.map(({ path, message }) => `${showPath(path, config)}: ${message}`))].sort();
}

/** What a config becomes, which has to be without a mistake. */
export function completed(given: unknown): Config {
  const { config, report } = checkedConfig(given);
  expect(report.problems).toEqual([]);
  return config;
}

/** What the stack `web` of a changed good config becomes. */
export function stackOf(changes: Changes): AcmRoute53Config {
  const stack = completed(changed(changes)).stacks.find(({ name }) => name === "web");
  if (stack?.kind !== "acm-route53") throw new Error("no such stack");
  return stack.config;
}

/** What its certificate `api` becomes. */
export function certificateOf(changes: Changes): AcmCertificateConfig {
  const certificate = stackOf(changes).certificates.find(({ name }) => name === "api");
  if (certificate === undefined) throw new Error("no such certificate");
  return certificate;
}
