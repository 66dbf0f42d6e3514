import type { Scenario } from "../scenario";
import { change } from "./change";
import { meanings } from "./change-meanings";
import { check } from "./check";
import { claims } from "./claims";
import { type AcmRoute53Config, read } from "./config";
import { type AcmRoute53Input, acmRoute53Input } from "./input";
import { operatorNotes } from "./operator";

/** Public certificates from AWS Certificate Manager, proved through Route 53. */
export const acmRoute53 = {
  kind: "acm-route53",
  input: acmRoute53Input,
  read,
  check,
  change,
  meanings,
  marker: "aws_acm_certificate",
  certificates: ({ certificates }) => certificates,
  authorities: () => [],
  // ACM makes and keeps the keys, and lets no one read them.
  keysInState: () => [],
  clusters: () => [],
  claims,
  zonedNames: ({ certificates }, place) =>
    certificates.flatMap((certificate) =>
      certificate.validations.map(({ name, domain, zone }) => {
        return { name, zone, place: place.in("certificates", certificate.name, "names", { member: domain }) };
      }),
    ),
  operatorNotes,
  stack: () => (require("./stack") as typeof import("./stack")).AcmRoute53Stack,
} satisfies Scenario<AcmRoute53Input, AcmRoute53Config>;
