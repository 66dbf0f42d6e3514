import type { Construct } from "constructs";
import type { Settings, StackConfig } from "../lib/config/config";
import type { BaseStack } from "../lib/synthesis/base-stack";

/**
 * Everything that can be deployed. A scenario's code, and the provider bindings it needs, are loaded only when a config
 * has it: they are most of what a synthesis would load.
 */
export function buildStack(scope: Construct, settings: Settings, { name, scenario }: StackConfig): BaseStack {
  switch (scenario.scenario) {
    case "acm-route53": {
      const { AcmRoute53Stack } = require("./acm-route53") as typeof import("./acm-route53");
      return new AcmRoute53Stack(scope, name, settings, scenario);
    }
    case "cas-short-lived": {
      const { CasShortLivedStack } = require("./cas-short-lived") as typeof import("./cas-short-lived");
      return new CasShortLivedStack(scope, name, settings, scenario);
    }
    case "gcp-managed-san": {
      const { GcpManagedSanStack } = require("./gcp-managed-san") as typeof import("./gcp-managed-san");
      return new GcpManagedSanStack(scope, name, settings, scenario);
    }
    case "pipeline-tls": {
      const { PipelineTlsStack } = require("./pipeline-tls") as typeof import("./pipeline-tls");
      return new PipelineTlsStack(scope, name, settings, scenario);
    }
    case "vault-pki-k8s": {
      const { VaultPkiK8sStack } = require("./vault-pki-k8s") as typeof import("./vault-pki-k8s");
      return new VaultPkiK8sStack(scope, name, settings, scenario);
    }
  }
}
