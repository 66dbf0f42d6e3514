import type { Scenario } from "../scenario";
import { change } from "./change";
import { meanings } from "./change-meanings";
import { check } from "./check";
import { claims } from "./claims";
import { type GcpManagedSanConfig, read } from "./config";
import { type GcpManagedSanInput, gcpManagedSanInput } from "./input";
import { operatorNotes } from "./operator";

/** Google-managed certificates for several names on one global load balancer. */
export const gcpManagedSan = {
  kind: "gcp-managed-san",
  input: gcpManagedSanInput,
  read,
  check,
  change,
  meanings,
  marker: "google_compute_target_https_proxy",
  certificates: ({ certificates, computeCertificates }) =>
    [...certificates, ...computeCertificates].map(({ key, domains }) => ({ name: key, names: domains })),
  authorities: () => [],
  // Google makes and keeps the keys. They cannot be read.
  keysInState: () => [],
  clusters: () => [],
  claims,
  zonedNames: ({ hosts }, place) =>
    hosts.flatMap(({ name, zone }) => (zone === undefined ? [] : [{ name, zone, place: place.in("hosts", name) }])),
  operatorNotes,
  stack: () => (require("./stack") as typeof import("./stack")).GcpManagedSanStack,
} satisfies Scenario<GcpManagedSanInput, GcpManagedSanConfig>;
