import { checkPipelineInterruptions } from "../../lib/checks/pipeline-interruptions";
import { checkPrivateLifetimes } from "../../lib/checks/private-lifetimes";
import { checkIssuer } from "../../lib/config/issuers";
import {
  authorityKey,
  type PipelineTlsConfig,
  type PipelineTlsInput,
  pipelineTlsInput,
  readPipelineTls,
} from "../../lib/config/pipeline-tls";
import type { Scenario } from "../scenario";
import { operatorNotes } from "./operator";

/** Private TLS between the services of a pipeline on Kubernetes. */
export const pipelineTls = {
  kind: "pipeline-tls",
  input: pipelineTlsInput,
  read: (input, around, { path, report }) => readPipelineTls(input, around, path, report),
  check(config, { applyEvery }, { path, report }) {
    for (const { name, client, key } of config.services) {
      const intent = { purpose: client ? ("mutual" as const) : ("server" as const), key };
      checkIssuer("tls", intent, [...path, "services", name], report);
    }
    checkPrivateLifetimes(config, applyEvery, path, report);
  },
  change(config, before, { path, report }) {
    if (before !== undefined) checkPipelineInterruptions(config, before, path, report);
  },
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
  operatorNotes,
  stack: () => (require("./stack") as typeof import("./stack")).PipelineTlsStack,
} satisfies Scenario<PipelineTlsInput, PipelineTlsConfig>;
