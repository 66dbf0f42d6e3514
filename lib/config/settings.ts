import type { z } from "zod";
import { backendInput } from "./backend";
import { secondsInput } from "./duration";
import { mapOf, text, word } from "./fields";
import { shortKeyInput } from "./identifiers";
import { type Labels, labelKeyPattern, labelKeyProblem, labelValueInput } from "./labels";
import { datePattern, isDate } from "./lifetimes";
import { type ProviderVersions, providersInput, readProviders } from "./providers";
import { type Place, show } from "./report";
import { sortedMap } from "./sorted-map";

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
