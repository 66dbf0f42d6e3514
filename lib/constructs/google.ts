import { GoogleProvider } from "@cdktf/provider-google/lib/provider";
import type { Construct } from "constructs";
import type { Labels } from "../config/settings";

/** The Google provider of a stack: one project, and the stack's labels on everything that can have some. */
export function googleProvider(scope: Construct, project: string, labels: Labels): void {
  const provider = new GoogleProvider(scope, "provider_google", { project });
  // Google's alphabet: lower case, and "-" for what it does not have.
  const inGoogle = ([key, value]: [string, string]) => [key, value.toLowerCase().replace(/[^a-z0-9_-]/g, "-")];
  // As an argument of a provider the framework would write the keys with "_" for "-".
  provider.addOverride("default_labels", Object.fromEntries(Object.entries(labels).map(inGoogle)));
}
