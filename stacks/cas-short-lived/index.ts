import type { Scenario } from "../scenario";
import { rootKey } from "./addresses";
import { change } from "./change";
import { meanings } from "./change-meanings";
import { check } from "./check";
import { claims } from "./claims";
import { type CasShortLivedConfig, read } from "./config";
import { type CasShortLivedInput, input } from "./input";
import { operatorNotes } from "./operator";

/** A private authority on Google CAS for training clusters, whose certificates live as long as a job. */
export const casShortLived = {
  kind: "cas-short-lived",
  input,
  read,
  check,
  change,
  meanings,
  marker: "google_privateca_ca_pool",
  // Certificates that nodes get themselves are unknown to the stack.
  certificates: ({ nodeGroups }) => nodeGroups.flatMap(({ certificates }) => certificates),
  authorities: ({ issuers }) => [rootKey, ...issuers.map(({ name }) => `issuer ${name}`)],
  // Google keeps the authorities' keys. A certificate's key stays where its request was made.
  keysInState: () => [],
  clusters: () => [],
  claims,
  zonedNames: () => [],
  operatorNotes,
  stack: () => (require("./stack") as typeof import("./stack")).CasShortLivedStack,
} satisfies Scenario<CasShortLivedInput, CasShortLivedConfig>;
