import { z } from "zod";
import { type AcmRoute53Config, acmRoute53Input, readAcmRoute53 } from "./acm-route53";
import { type BackendConfig, backendInput } from "./backend";
import { type CasShortLivedConfig, casShortLivedInput, readCasShortLived, rootKey } from "./cas-short-lived";
import { durationInput, parseDuration, type Seconds } from "./duration";
import { fields, mapOf, text, word } from "./fields";
import { type GcpManagedSanConfig, gcpManagedSanInput, readGcpManagedSan } from "./gcp-managed-san";
import { keyPattern, keyProblem, shortKeyPattern, shortKeyProblem } from "./identifiers";
import { type Labels, labelKeyPattern, labelKeyProblem, labelValuePattern, labelValueProblem } from "./labels";
import { datePattern, isDate, publicLifetime } from "./lifetimes";
import { authorityKey, type PipelineTlsConfig, pipelineTlsInput, readPipelineTls } from "./pipeline-tls";
import { plainData } from "./plain-data";
import { type ProviderVersions, providersInput, readProviders } from "./providers";
import { hasProblem, type Report, show } from "./report";
import { sortedMap } from "./sorted-map";
import { readStructure } from "./structure";
import { authorityKeys, readVaultPkiK8s, type VaultPkiK8sConfig, vaultPkiK8sInput } from "./vault-pki-k8s";

/** What may become of private keys, from strict to lax. */
const keyPolicies = ["never", "encrypted-backend", "allowed"] as const;

/** How often somebody applies, unless the config says otherwise. */
const defaultApplyEvery = "7d";

/** The whole config, as the user writes it. The reference and the JSON Schema are made from it. */
export const configInput = fields({
  project: text(
    {
      description: "Name of the project, part of every state key and label.",
      examples: ["ai-platform"],
      pattern: shortKeyPattern,
    },
    shortKeyProblem,
  ),
  environment: text(
    {
      description: "Name of the environment, part of every state key and label.",
      examples: ["prod"],
      pattern: shortKeyPattern,
    },
    shortKeyProblem,
  ),
  labels: mapOf(
    text({ description: "A label's value.", examples: ["ml-platform"], pattern: labelValuePattern }, labelValueProblem),
    { description: "Labels that everything made gets: AWS tags, Google labels, Kubernetes labels.", default: {} },
    labelKeyPattern,
  ).optional(),
  backend: backendInput,
  privateKeys: word(keyPolicies, {
    description:
      "Whether private keys may be in Terraform's state: never, only where the backend encrypts it, or anywhere (for trials).",
    default: "encrypted-backend",
  }).optional(),
  applyEvery: durationInput({
    description:
      "How often somebody applies. Terraform renews nothing by itself, so renewal windows are measured against it.",
    example: "7d",
    default: defaultApplyEvery,
  }).optional(),
  horizon: text(
    {
      description: "The date for which the lifetimes of public certificates are judged. The clock is never asked.",
      examples: ["2027-03-15"],
      default: "the rule of 200 days, in force until 2027-03-15",
      pattern: datePattern,
    },
    (value) => (isDate(value) ? undefined : `is ${show(value)}, which is no date; write one such as "2027-03-15"`),
  ).optional(),
  providers: providersInput.optional(),
  stacks: mapOf(
    z.discriminatedUnion("scenario", [
      acmRoute53Input,
      casShortLivedInput,
      gcpManagedSanInput,
      pipelineTlsInput,
      vaultPkiK8sInput,
    ]),
    { description: "Stacks by deploy name, which is part of the state key." },
    keyPattern,
  ),
});

/** The whole config, as the user writes it. */
export type ConfigInput = z.infer<typeof configInput>;

/** What every stack of a config shares. */
export interface Settings {
  readonly project: string;
  readonly environment: string;
  readonly labels: Labels;
  readonly backend: BackendConfig;
  readonly privateKeys: (typeof keyPolicies)[number];
  readonly applyEvery: Seconds;
  readonly horizon: string | undefined;
  readonly providers: ProviderVersions;
}

/** One stack, complete. */
export interface StackConfig {
  /** Deploy name. */
  readonly name: string;
  readonly scenario: ScenarioConfig;
}

/** What a stack does, complete. */
type ScenarioConfig =
  | AcmRoute53Config
  | CasShortLivedConfig
  | GcpManagedSanConfig
  | PipelineTlsConfig
  | VaultPkiK8sConfig;

/** The whole config, complete and sorted: what checks and stacks receive. */
export interface Config {
  readonly settings: Settings;
  readonly stacks: readonly StackConfig[];
}

/**
 * Reads whatever a config file gave. Every mistake goes to the report; the result is what could be made of the rest, to
 * be used for checks in any case and for synthesis only if the report has no problem.
 */
export function readConfig(given: unknown, report: Report): Config {
  const input = readStructure(configInput, plainData(given, report), report);
  for (const key of Object.keys(input.labels ?? {})) {
    const problem = labelKeyProblem(key);
    if (problem !== undefined) report.problem(["labels", key], problem);
  }
  const names = Object.keys(input.stacks).sort();
  if (names.length === 0 && !hasProblem(report, ["stacks"])) {
    report.problem(["stacks"], "is empty; write at least one stack");
  }
  return {
    settings: {
      project: input.project,
      environment: input.environment,
      labels: sortedMap(input.labels ?? {}),
      backend: input.backend,
      privateKeys: report.refused(["privateKeys"]) ? "allowed" : (input.privateKeys ?? "encrypted-backend"),
      applyEvery: parseDuration(input.applyEvery ?? defaultApplyEvery) ?? 0,
      horizon: input.horizon,
      providers: readProviders(input.providers),
    },
    stacks: names.flatMap((name) => {
      const problem = keyProblem(name);
      if (problem !== undefined) report.problem(["stacks", name], problem);
      const stack = input.stacks[name];
      return stack === undefined ? [] : [{ name, scenario: readScenario(name, stack, input, report) }];
    }),
  };
}

function readScenario(
  name: string,
  stack: ConfigInput["stacks"][string],
  config: ConfigInput,
  report: Report,
): ScenarioConfig {
  const path = ["stacks", name];
  const around = { project: config.project, environment: config.environment, stack: name };
  switch (stack.scenario) {
    case "acm-route53":
      return readAcmRoute53(stack, publicLifetime(config.horizon), path, report);
    case "cas-short-lived":
      return readCasShortLived(stack, around, path, report);
    case "gcp-managed-san":
      return readGcpManagedSan(stack, around, path, report);
    case "pipeline-tls":
      return readPipelineTls(stack, around, path, report);
    case "vault-pki-k8s":
      return readVaultPkiK8s(stack, around, path, report);
  }
}

/** A certificate of a stack, whatever its scenario. */
export interface NamedCertificate {
  readonly name: string;
  readonly names: readonly string[];
}

/** The authorities that a stack makes; each has a certificate of its own. */
export function authoritiesOf({ scenario }: StackConfig): readonly string[] {
  switch (scenario.scenario) {
    case "acm-route53":
    case "gcp-managed-san":
      return [];
    case "cas-short-lived":
      return [rootKey, ...scenario.issuers.map(({ name }) => `issuer ${name}`)];
    case "pipeline-tls":
      return scenario.authority ? [authorityKey] : [];
    case "vault-pki-k8s":
      return scenario.pki.own ? authorityKeys : [];
  }
}

/** Every certificate that a stack issues to something with a name; its authorities' own are not among them. */
export function certificatesOf({ scenario }: StackConfig): readonly NamedCertificate[] {
  switch (scenario.scenario) {
    case "acm-route53":
      return scenario.certificates;
    case "cas-short-lived":
      // Nodes make their own, which no stack knows of.
      return scenario.nodeGroups.flatMap(({ certificates }) => certificates);
    case "gcp-managed-san":
      return [...scenario.certificates, ...scenario.computeCertificates].map(({ key, domains }) => ({
        name: key,
        names: domains,
      }));
    case "pipeline-tls":
      return scenario.services;
    case "vault-pki-k8s":
      return scenario.certificates;
  }
}
