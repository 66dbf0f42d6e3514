import type { Construct } from "constructs";
import type { z } from "zod";
import type { Place } from "../lib/config/report";
import type { Settings } from "../lib/config/settings";
import type { BaseStack } from "../lib/synthesis/base-stack";
import { acmRoute53 } from "./acm-route53";
import { casShortLived } from "./cas-short-lived";
import { gcpManagedSan } from "./gcp-managed-san";
import { pipelineTls } from "./pipeline-tls";
import type { Around, Scenario } from "./scenario";
import { vaultPkiK8s } from "./vault-pki-k8s";

/** Every scenario by its name, in the order of names. No other file names them all. */
export const scenarios = {
  "acm-route53": acmRoute53,
  "cas-short-lived": casShortLived,
  "gcp-managed-san": gcpManagedSan,
  "pipeline-tls": pipelineTls,
  "vault-pki-k8s": vaultPkiK8s,
};

type Scenarios = typeof scenarios;

/** The name of a scenario. */
export type Kind = keyof Scenarios;

type InputOf = { readonly [K in Kind]: z.output<Scenarios[K]["input"]> };
type ConfigOf = { readonly [K in Kind]: ReturnType<Scenarios[K]["read"]> };

/** The registry as a type that the compiler can follow from a stack's kind to its config. */
const table: { readonly [K in Kind]: Scenario<InputOf[K], ConfigOf[K]> } = scenarios;

/** One stack, complete. */
export type Stack<K extends Kind = Kind> = {
  readonly [P in K]: {
    /** Deploy name. */
    readonly name: string;
    readonly kind: P;
    readonly config: ConfigOf[P];
  };
}[K];

/** Completes a stack of a config. */
export function readStack<K extends Kind>(
  name: string,
  input: InputOf[K] & { readonly scenario: K },
  around: Around,
  place: Place,
): Stack<K> {
  return { name, kind: input.scenario, config: table[input.scenario].read(input, around, place) };
}

/** Asks a stack's scenario something: `ask(stack, (scenario, config) => scenario.authorities(config))`. */
export function ask<K extends Kind, Answer>(
  { kind, config }: Stack<K>,
  question: (scenario: Scenario<InputOf[K], ConfigOf[K]>, config: ConfigOf[K]) => Answer,
): Answer {
  return question(table[kind], config);
}

/** Builds the Terraform stack. Its code, and the provider bindings it needs, are loaded only now. */
export function buildStack<K extends Kind>(
  scope: Construct,
  settings: Settings,
  { name, kind, config }: Stack<K>,
): BaseStack {
  const StackOfKind = table[kind].stack();
  const stack = new StackOfKind(scope, name, settings, config);
  stack.recordScenario(kind);
  return stack;
}
