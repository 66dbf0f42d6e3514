import type { Scenario } from "../scenario";
import { checkCasChange } from "./change";
import { checkCas } from "./check";
import { type CasShortLivedConfig, readCasShortLived, rootKey } from "./config";
import { type CasShortLivedInput, casShortLivedInput } from "./input";
import { operatorNotes } from "./operator";

/** A private authority on Google CAS for training clusters, whose certificates live as long as a job. */
export const casShortLived = {
  kind: "cas-short-lived",
  input: casShortLivedInput,
  read: (input, around, { path, report }) => readCasShortLived(input, around, path, report),
  check: (config, { applyEvery }, { path, report }) => checkCas(config, applyEvery, path, report),
  change: (config, before, { path, report }) => checkCasChange(config, before, path, report),
  marker: "google_privateca_ca_pool",
  // Nodes make their own, which no stack knows of.
  certificates: ({ nodeGroups }) => nodeGroups.flatMap(({ certificates }) => certificates),
  authorities: ({ issuers }) => [rootKey, ...issuers.map(({ name }) => `issuer ${name}`)],
  // Google keeps the authorities' keys, and a certificate's key stays where its request was made.
  keysInState: () => [],
  clusters: () => [],
  operatorNotes,
  stack: () => (require("./stack") as typeof import("./stack")).CasShortLivedStack,
} satisfies Scenario<CasShortLivedInput, CasShortLivedConfig>;
