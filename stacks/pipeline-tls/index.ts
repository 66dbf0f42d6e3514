import type { Scenario } from "../scenario";
import { change } from "./change";
import { meanings } from "./change-meanings";
import { check } from "./check";
import { claims } from "./claims";
import { authorityKey, type PipelineTlsConfig, read } from "./config";
import { type PipelineTlsInput, pipelineTlsInput } from "./input";
import { operatorNotes } from "./operator";

/** Private TLS between the services of a pipeline on Kubernetes. */
export const pipelineTls = {
  kind: "pipeline-tls",
  input: pipelineTlsInput,
  read,
  check,
  change,
  meanings,
  marker: "tls_private_key",
  certificates: ({ services }) => services,
  authorities: ({ authority }) => (authority ? [authorityKey] : []),
  // The tls provider keeps every key it makes in the state.
  keysInState({ authority, services }) {
    const way = 'use a vault-pki-k8s stack with delivery "cert-manager", where the key is made in the cluster';
    return [
      ...(authority ? [{ path: [], address: `tls_private_key.${authorityKey}`, way }] : []),
      ...services.map(({ name }) => ({ path: ["services", name], address: `tls_private_key.${name}`, way })),
    ];
  },
  clusters: ({ kubernetes }) => [kubernetes],
  claims,
  zonedNames: ({ dns, services }, place) => {
    const zones = new Map(dns?.records.map(({ name, zone }) => [name, zone]));
    return services.flatMap((service) =>
      service.publicNames.flatMap((name) => {
        const zone = zones.get(name);
        const here = place.in("services", service.name, "names", { member: name });
        return zone === undefined ? [] : [{ name, zone, place: here }];
      }),
    );
  },
  operatorNotes,
  stack: () => (require("./stack") as typeof import("./stack")).PipelineTlsStack,
} satisfies Scenario<PipelineTlsInput, PipelineTlsConfig>;
