import { checkCasFit } from "../../lib/checks/cas-fit";
import { checkCasInterruptions, knownPhases, protectedIssuers } from "../../lib/checks/cas-interruptions";
import { checkCasLifetimes } from "../../lib/checks/cas-lifetimes";
import { checkCasPhaseChanges, checkCasPhases, checkCasRemovals } from "../../lib/checks/cas-phases";
import { checkCasRequests } from "../../lib/checks/cas-requests";
import {
  type CasShortLivedConfig,
  type CasShortLivedInput,
  casShortLivedInput,
  readCasShortLived,
  rootKey,
} from "../../lib/config/cas-short-lived";
import type { Scenario } from "../scenario";
import { operatorNotes } from "./operator";

/** A private authority on Google CAS for training clusters, whose certificates live as long as a job. */
export const casShortLived = {
  kind: "cas-short-lived",
  input: casShortLivedInput,
  read: (input, around, { path, report }) => readCasShortLived(input, around, path, report),
  check(config, { applyEvery }, { path, report }) {
    checkCasLifetimes(config, applyEvery, path, report);
    checkCasRequests(config, path, report);
    checkCasFit(config, path, report);
    checkCasPhases(config, path, report);
  },
  change(config, before, { path, report }) {
    // Of a new stack every issuer is new.
    checkCasPhaseChanges(config, knownPhases(before), path, report);
    checkCasRemovals(config, protectedIssuers(before), path, report);
    if (before !== undefined) checkCasInterruptions(config, before, path, report);
  },
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
