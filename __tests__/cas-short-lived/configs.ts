import type { CasShortLivedConfig } from "../../stacks/cas-short-lived/config";
import { checkedConfig } from "../../stacks/check";
import { request } from "../support/requests";

export type Fields = Readonly<Record<string, unknown>>;

export const member = "serviceAccount:trainers@ai-training.iam.gserviceaccount.com";
export const group = { domains: ["train.example.com"], members: [member], lifetime: "24h" };
export const gateway = { csr: request, names: ["gateway.train.example.com"] };

/** A stack without a mistake, with some fields changed; `undefined` removes a field. */
export function stack(changes: Fields = {}): Fields {
  return {
    scenario: "cas-short-lived",
    project: "ai-training",
    location: "europe-west1",
    suffix: "2026a",
    root: { commonName: "Root" },
    issuers: { a: { commonName: "A" } },
    maximumLifetime: "90d",
    nodeGroups: { trainers: group },
    ...changes,
  };
}

/** A config with the given stacks, and with some fields changed. */
export function config(stacks: Fields, changes: Fields = {}): Fields {
  return { project: "ai-platform", environment: "test", backend: { type: "local" }, stacks, ...changes };
}

/** A config with one stack, `cas`, with some fields of the stack changed. */
export const cas = (changes: Fields = {}, ofConfig: Fields = {}) => config({ cas: stack(changes) }, ofConfig);

/** A config with one node group, `trainers`, with some fields of the group and of the stack changed. */
export const trainers = (changes: Fields, ofStack: Fields = {}) =>
  cas({ nodeGroups: { trainers: { ...group, ...changes } }, ...ofStack });

/** A config with one certificate, `gateway`, with some fields of it, of the stack and of the config changed. */
export const certificate = (changes: Fields, ofStack: Fields = {}, ofConfig: Fields = {}) => {
  const certificates = { gateway: { ...gateway, ...changes } };
  const nodeGroups = { gateways: { ...group, lifetime: "90d", certificates } };
  return cas({ nodeGroups, ...ofStack }, ofConfig);
};

/** The complete config of the stack `cas`. */
export function completed(given: Fields): CasShortLivedConfig {
  const stack = checkedConfig(given).config.stacks.find(({ name }) => name === "cas");
  if (stack?.kind !== "cas-short-lived") throw new Error("no such stack");
  return stack.config;
}

/** A key of Cloud KMS, without a version. */
export const kmsKey = "projects/ai-keys/locations/europe-west1/keyRings/pki/cryptoKeys/root";

export const trainersPath = "stacks.cas.nodeGroups.trainers";
export const gatewayPath = "stacks.cas.nodeGroups.gateways.certificates.gateway";

/** A mistake, and every line that the user reads. */
export type Row = readonly [what: string, given: Fields, lines: readonly string[]];
