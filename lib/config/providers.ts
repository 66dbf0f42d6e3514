import type { z } from "zod";
import { fields, text } from "./fields";
import { show } from "./report";

/** Sources of the providers that stacks use, by local name: the namespace and name that registries know them under. */
export const providerSources = {
  aws: "hashicorp/aws",
  google: "hashicorp/google",
  kubernetes: "hashicorp/kubernetes",
  tls: "hashicorp/tls",
  vault: "hashicorp/vault",
} as const;

/** The local name of a provider. */
export type ProviderName = keyof typeof providerSources;

// Two runs of spaces side by side would be tried in every split.
const constraint = /^\s*((=|!=|>=?|<=?|~>)\s*)?\d+(\.\d+){0,2}(-[0-9A-Za-z.-]+)?\s*$/;

const override = fields(
  {
    version: text(
      {
        description: "A Terraform version constraint in place of the binding's own.",
        examples: ["~> 6.25", "5.100.0"],
      },
      (value) =>
        value.split(",").every((part) => constraint.test(part))
          ? undefined
          : `is ${show(value)}, which is no version constraint; write one such as "~> 6.25" or ">= 6.25, < 7"`,
    ),
  },
  { description: "What is asked of the provider.", examples: [{ version: "~> 6.25" }] },
);

/** Version constraints in place of the ones that the bindings were made for. */
export const providersInput = fields(
  Object.fromEntries(Object.keys(providerSources).map((name) => [name, override.optional()])) as Record<
    ProviderName,
    z.ZodOptional<typeof override>
  >,
  "Version constraints by provider, in place of `~> <major.minor>` of the pinned binding.",
);

/** Version constraints by provider: only those that the user set. */
export type ProviderVersions = Readonly<Partial<Record<ProviderName, string>>>;

/** The constraints that the user set. */
export function readProviders(input: z.output<typeof providersInput> = {}): ProviderVersions {
  const versions = Object.entries(input).flatMap(([name, given]) => (given ? [[name, given.version]] : []));
  return Object.fromEntries(versions);
}
