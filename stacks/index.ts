import type { Construct } from "constructs";
import type { Settings, StackConfig } from "../lib/config/config";

/**
 * Everything that can be deployed. A scenario's code, and the provider bindings it needs, are loaded only when a config
 * has it: they are most of what a synthesis would load.
 */
export function buildStack(scope: Construct, settings: Settings, { name, scenario }: StackConfig): void {
  switch (scenario.scenario) {
    case "acm-route53": {
      const { AcmRoute53Stack } = require("./acm-route53") as typeof import("./acm-route53");
      new AcmRoute53Stack(scope, name, settings, scenario);
      return;
    }
    case "cas-short-lived": {
      const { CasShortLivedStack } = require("./cas-short-lived") as typeof import("./cas-short-lived");
      new CasShortLivedStack(scope, name, settings, scenario);
      return;
    }
    case "gcp-managed-san": {
      const { GcpManagedSanStack } = require("./gcp-managed-san") as typeof import("./gcp-managed-san");
      new GcpManagedSanStack(scope, name, settings, scenario);
      return;
    }
    case "pipeline-tls": {
      const { PipelineTlsStack } = require("./pipeline-tls") as typeof import("./pipeline-tls");
      new PipelineTlsStack(scope, name, settings, scenario);
    }
  }
}
