import { checkGoogleCertificates } from "../../lib/checks/google-certificates";
import { checkGoogleInterruptions } from "../../lib/checks/google-interruptions";
import {
  type GcpManagedSanConfig,
  type GcpManagedSanInput,
  gcpManagedSanInput,
  readGcpManagedSan,
} from "../../lib/config/gcp-managed-san";
import { checkIssuer } from "../../lib/config/issuers";
import type { Scenario } from "../scenario";
import { operatorNotes } from "./operator";

/** Google-managed certificates for several names on one global load balancer. */
export const gcpManagedSan = {
  kind: "gcp-managed-san",
  input: gcpManagedSanInput,
  read: (input, around, { path, report }) => readGcpManagedSan(input, around, path, report),
  check(config, _settings, { path, report }) {
    checkIssuer("google", config, path, report);
    checkGoogleCertificates(config, path, report);
  },
  change(config, before, { path, report }) {
    if (before !== undefined) checkGoogleInterruptions(config, before, path, report);
  },
  marker: "google_compute_target_https_proxy",
  certificates: ({ certificates, computeCertificates }) =>
    [...certificates, ...computeCertificates].map(({ key, domains }) => ({ name: key, names: domains })),
  authorities: () => [],
  // Google makes and keeps the keys; nobody can read them.
  keysInState: () => [],
  clusters: () => [],
  operatorNotes,
  stack: () => (require("./stack") as typeof import("./stack")).GcpManagedSanStack,
} satisfies Scenario<GcpManagedSanInput, GcpManagedSanConfig>;
