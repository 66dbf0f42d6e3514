import type { z } from "zod";
import { backendInput } from "./backend";
import { secondsInput } from "./duration";
import { mapOf, patterned, text, word } from "./fields";
import { shortKeyInput } from "./identifiers";
import { datePattern, isDate } from "./lifetimes";
import { type ProviderVersions, providersInput, readProviders } from "./providers";
import { type Place, show } from "./report";
import { sortedMap } from "./sorted-map";

/**
 * Labels as every stack receives them. Each provider gets them in its own form: AWS tags and Kubernetes labels as they
 * are, Google labels in lower case.
 */
export type Labels = Readonly<Record<string, string>>;

/** What a label's key looks like (Google labels; Kubernetes and AWS take more). */
const labelKeyPattern = "^[a-z]([a-z0-9_-]{0,61}[a-z0-9])?$";

/** Labels that the stacks set themselves. */
const ownLabels: readonly string[] = ["project", "environment", "stack", "managed-by"];

/** Why the text is no label key, if it is none. */
function labelKeyProblem(key: string): string | undefined {
  if (ownLabels.includes(key)) return "is set by every stack itself; choose another key";
  if (new RegExp(labelKeyPattern).test(key)) return undefined;
  return `is no label key; write 1-63 of a-z, 0-9, "_" and "-", starting with a letter and ending with a letter or digit`;
}

/** The schema of a label's value (Kubernetes labels; AWS takes more). */
const labelValueInput = patterned(
  {
    description: "A label's value.",
    examples: ["ml-platform"],
    pattern: "^[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$",
  },
  '1-63 letters, digits, ".", "_" and "-", starting and ending with a letter or digit (Kubernetes takes no more)',
);

/** What a config says of all its stacks, as fields of the whole config. */
export const settingsFields = {
  project: shortKeyInput("Name of the project, part of every state key and label.", "ai-platform"),
  environment: shortKeyInput("Name of the environment, part of every state key and label.", "prod"),
  labels: mapOf(
    labelValueInput,
    "Labels that everything made gets: AWS tags, Google labels, Kubernetes labels.",
    labelKeyPattern,
  ).prefault({}),
  backend: backendInput,
  privateKeys: word(
    ["never", "encrypted-backend", "allowed"],
    "Whether private keys may be in Terraform's state: never, only where the backend encrypts it, or anywhere (for trials).",
  ).prefault("encrypted-backend"),
  applyEvery: secondsInput({
    description:
      "How often somebody applies. Terraform renews nothing by itself, so renewal windows are measured against it.",
    example: "7d",
  }).prefault("7d"),
  horizon: text(
    {
      description: "The date for which the lifetimes of public certificates are judged. The clock is never asked.",
      examples: ["2027-03-15"],
      default: "the rule of 200 days, in force until 2027-03-15",
      pattern: datePattern,
    },
    (value) => (isDate(value) ? undefined : `is ${show(value)}, which is no date; write one such as "2027-03-15"`),
  ).optional(),
  providers: providersInput.optional(),
};

type SettingsInput = z.output<z.ZodObject<typeof settingsFields>>;

/** What every stack of a config shares, complete. */
export interface Settings extends Readonly<Omit<SettingsInput, "horizon" | "labels" | "providers">> {
  readonly labels: Labels;
  readonly horizon: string | undefined;
  readonly providers: ProviderVersions;
}

/** Completes what every stack shares. */
export function readSettings(input: SettingsInput, place: Place): Settings {
  for (const key of Object.keys(input.labels)) {
    place.in("labels", key).problem(labelKeyProblem(key));
  }
  return {
    project: input.project,
    environment: input.environment,
    labels: sortedMap(input.labels),
    backend: input.backend,
    privateKeys: place.in("privateKeys").refused ? "allowed" : input.privateKeys,
    applyEvery: input.applyEvery,
    horizon: input.horizon,
    providers: readProviders(input.providers),
  };
}
