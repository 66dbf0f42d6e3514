import type { z } from "zod";
import type { PreviousStack } from "../lib/change/previous-stack";
import type { KubernetesConfig } from "../lib/config/kubernetes";
import type { Markdown } from "../lib/config/quoting";
import type { Place } from "../lib/config/report";
import type { Settings } from "../lib/config/settings";
import type { KeyInState } from "../lib/key-custody";
import type { Claim } from "../lib/ownership";
import type { StackClass } from "../lib/synthesis/base-stack";
import type { ZonedName } from "../lib/zone-delegation";

/**
 * What a scenario is: everything that the rest of the program asks of it. `Input` is what a user writes, read; `Config`
 * is complete, with nothing optional left to decide, and plain data.
 */
export interface Scenario<Input extends { readonly scenario: string }, Config> {
  /** Its name, which a config gives in `scenario`. */
  readonly kind: Input["scenario"];
  /** The schema of what a user writes. */
  readonly input: z.ZodType<Input>;
  /** Completes what a user wrote, and reports what keeps a part from being completed. */
  read(input: Input, around: Around, place: Place): Config;
  /** Would this be issued, and could it be used? Reports what would not. */
  check(config: Config, settings: Settings, place: Place): void;
  /**
   * Reports what an apply over an earlier release would interrupt or take away.
   *
   * @param before - the stack as it was; `undefined` if there was none
   */
  change(config: Config, before: PreviousStack | undefined, place: Place): void;
  /** A resource type that tells this scenario from others in what release 0.1 made, which did not record it. */
  readonly marker: string;
  /** Every certificate that it issues to something with a name; its authorities' own are not among them. */
  certificates(config: Config): readonly NamedCertificate[];
  /** The authorities that it makes, by key; each has a certificate of its own. */
  authorities(config: Config): readonly string[];
  /** The private keys that it puts into Terraform's state; their paths start at the stack. */
  keysInState(config: Config): readonly KeyInState[];
  /** The clusters that it reaches through a kubeconfig. */
  clusters(config: Config): readonly KubernetesConfig[];
  /** What it owns and nothing else may: records, objects of a cluster, mounts, pools. None whose place was refused. */
  claims(config: Config, place: Place): readonly Claim[];
  /** Every name for which it writes records, with the zone that they go to. */
  zonedNames(config: Config, place: Place): readonly ZonedName[];
  /** What the page of a handed-off folder says of it. */
  operatorNotes(config: Config, settings: Settings): OperatorNotes;
  /**
   * The Terraform stack. A literal `require` in the wing: the bundler keeps only that lazy, and provider bindings are
   * most of what a synthesis loads.
   */
  stack(): StackClass<Config>;
}

/** What a stack takes from around it. */
export interface Around {
  readonly project: string;
  readonly environment: string;
  /** Deploy name. */
  readonly stack: string;
  /** The date for which public lifetimes are judged. */
  readonly horizon: string | undefined;
}

/** A certificate of a stack, whatever its scenario. */
interface NamedCertificate {
  readonly name: string;
  readonly names: readonly string[];
}

/** A line of an operator page; none where its condition does not hold. */
export type Line = Markdown | false | undefined;

/** What an operator must know of a stack. */
export interface OperatorNotes {
  /** What the stack is for: one sentence. */
  readonly purpose: Markdown;
  /** What must be there before an apply: credentials, rights, objects. */
  readonly needs: readonly Line[];
  /** What an apply does, waits for and warns of. */
  readonly expect: readonly Line[];
}
