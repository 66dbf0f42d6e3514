import { checkAcmConsumerFit } from "../../lib/checks/acm-consumer-fit";
import { checkAcmInterruptions } from "../../lib/checks/acm-interruptions";
import { checkAwsBelonging } from "../../lib/checks/aws-belonging";
import { checkRenewalAlarms } from "../../lib/checks/renewal-alarm";
import {
  type AcmRoute53Config,
  type AcmRoute53Input,
  acmRoute53Input,
  readAcmRoute53,
} from "../../lib/config/acm-route53";
import { publicLifetime } from "../../lib/config/lifetimes";
import type { Scenario } from "../scenario";
import { operatorNotes } from "./operator";

/** Public certificates from AWS Certificate Manager, proved through Route 53. */
export const acmRoute53 = {
  kind: "acm-route53",
  input: acmRoute53Input,
  read: (input, { horizon }, { path, report }) => readAcmRoute53(input, publicLifetime(horizon), path, report),
  check(config, { horizon }, { path, report }) {
    checkAwsBelonging(config, path, report);
    checkAcmConsumerFit(config, path, report);
    checkRenewalAlarms(config, horizon, path, report);
  },
  change(config, before, { path, report }) {
    if (before !== undefined) checkAcmInterruptions(config, before, path, report);
  },
  marker: "aws_acm_certificate",
  certificates: ({ certificates }) => certificates,
  authorities: () => [],
  // ACM makes and keeps the keys; nobody can read them.
  keysInState: () => [],
  clusters: () => [],
  operatorNotes,
  stack: () => (require("./stack") as typeof import("./stack")).AcmRoute53Stack,
} satisfies Scenario<AcmRoute53Input, AcmRoute53Config>;
