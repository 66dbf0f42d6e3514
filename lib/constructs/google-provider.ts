import { GoogleProvider } from "@cdktf/provider-google/lib/provider";
import type { Construct } from "constructs";

/** The Google provider of a stack: one project, and the stack's labels on everything that can have some. */
export function googleProvider(scope: Construct, project: string, labels: Readonly<Record<string, string>>): void {
  const provider = new GoogleProvider(scope, "provider_google", { project });
  // As an argument of a provider the framework would write the keys with "_" for "-".
  provider.addOverride("default_labels", googleLabels(labels));
}

/** Labels in Google's alphabet: lower case, and "-" for what it does not have. */
function googleLabels(labels: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(labels).map(([key, value]) => [key, value.toLowerCase().replace(/[^a-z0-9_-]/g, "-")]),
  );
}
