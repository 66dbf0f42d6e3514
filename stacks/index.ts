import type { Construct } from "constructs";
import type { z } from "zod";
import type { PreviousStack } from "../lib/change/previous-stack";
import type { KubernetesConfig } from "../lib/config/kubernetes";
import type { Place } from "../lib/config/place";
import type { Settings } from "../lib/config/settings";
import type { KeyInState } from "../lib/key-custody";
import type { Claim } from "../lib/ownership";
import type { BaseStack } from "../lib/synthesis/base-stack";
import { acmRoute53 } from "./acm-route53";
import { casShortLived } from "./cas-short-lived";
import { gcpManagedSan } from "./gcp-managed-san";
import { pipelineTls } from "./pipeline-tls";
import type { Around, NamedCertificate, OperatorNotes, Scenario } from "./scenario";
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

/** Would it be issued, and could it be used? Reports what would not. */
export function checkStack<K extends Kind>({ kind, config }: Stack<K>, settings: Settings, place: Place): void {
  table[kind].check(config, settings, place);
}

/** Reports what an apply over the stack as it was would interrupt or take away. */
export function checkStackChange<K extends Kind>(
  { kind, config }: Stack<K>,
  before: PreviousStack | undefined,
  place: Place,
): void {
  table[kind].change(config, before, place);
}

/** Every certificate that a stack issues to something with a name; its authorities' own are not among them. */
export function certificatesOf<K extends Kind>({ kind, config }: Stack<K>): readonly NamedCertificate[] {
  return table[kind].certificates(config);
}

/** The authorities that a stack makes; each has a certificate of its own. */
export function authoritiesOf<K extends Kind>({ kind, config }: Stack<K>): readonly string[] {
  return table[kind].authorities(config);
}

/** The private keys that a stack puts into its state. */
export function keysInState<K extends Kind>({ kind, config }: Stack<K>): readonly KeyInState[] {
  return table[kind].keysInState(config);
}

/** The clusters that a stack reaches through a kubeconfig. */
export function clustersOf<K extends Kind>({ kind, config }: Stack<K>): readonly KubernetesConfig[] {
  return table[kind].clusters(config);
}

/** What a stack owns and nothing else may. */
export function claimsOf<K extends Kind>({ kind, config }: Stack<K>, place: Place): readonly Claim[] {
  return table[kind].claims(config, place);
}

/** What an operator must know of a stack. */
export function operatorNotes<K extends Kind>({ kind, config }: Stack<K>, settings: Settings): OperatorNotes {
  return table[kind].operatorNotes(config, settings);
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
