import { GoogleProvider } from "@cdktf/provider-google/lib/provider";
import type { Construct } from "constructs";

/** A label's longest value, which is that of its key as well. */
const labelLimit = 63;

/** Labels in the form that Google takes: lower case, with no dots. */
function googleLabels(labels: Readonly<Record<string, string>>): Record<string, string> {
  const value = (text: string) => text.toLowerCase().replaceAll(".", "-").slice(0, labelLimit);
  return Object.fromEntries(Object.entries(labels).map(([key, text]) => [key, value(text)]));
}

/** The Google provider: its project and region, and labels for everything that can have some. */
export function googleProvider(
  scope: Construct,
  project: string,
  region: string,
  labels: Readonly<Record<string, string>>,
): void {
  // The stack's own labels say where things come from.
  const provider = new GoogleProvider(scope, "provider_google", {
    project,
    region,
    addTerraformAttributionLabel: false,
  });
  // As an argument, the framework would write `_` for the hyphens of keys.
  provider.addOverride("default_labels", googleLabels(labels));
}
