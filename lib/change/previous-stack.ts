/** A resource of an earlier release: its arguments from an output, or its attributes from a state. */
export type PreviousResource = Readonly<Record<string, unknown>>;

/** A stack of an earlier release. */
export interface PreviousStack {
  /** The source: an output, whose values may be references, or a state, which has the values themselves. */
  readonly from: "output" | "state";
  /** The scenario that it recorded; a release before 0.2 recorded none. */
  readonly scenario?: string;
  /** By address; an output has besides what it looks up (`data.<address>`) and its providers (`provider.google`, `provider.aws.us-east-1`). */
  readonly resources: Readonly<Record<string, PreviousResource>>;
  /** The values of its outputs, of a configuration with references in them. */
  readonly outputs?: Readonly<Record<string, unknown>>;
  /** Where its state is kept: the backend's type and arguments. A state does not say it. */
  readonly backend?: PreviousResource;
}

/** The resources of a type. */
export function ofType(previous: PreviousStack, type: string): readonly PreviousResource[] {
  return [...namedOfType(previous, type).values()];
}

/** The resources of a type, by the name in their address, or by what follows the prefix of those that have it. */
export function namedOfType(
  { resources }: PreviousStack,
  type: string,
  prefix = "",
): ReadonlyMap<string, PreviousResource> {
  const start = `${type}.${prefix}`;
  return new Map(
    Object.entries(resources).flatMap(([address, one]) =>
      address.startsWith(start) ? [[address.slice(start.length), one] as const] : [],
    ),
  );
}

/** A text that is not empty: a state has empty ones for arguments that were not given. */
export function textOf(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

/** The texts of a list. */
export function textsOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((member) => typeof member === "string") : [];
}

/** A block that stands once: an object in an output, a list of one in a state. */
export function blockOf(value: unknown): PreviousResource {
  const block = Array.isArray(value) ? value[0] : value;
  return typeof block === "object" && block !== null ? (block as PreviousResource) : {};
}

/** The name of what a text refers to: by address in a configuration, by its path in a state. */
export function nameOfReference({ resources }: PreviousStack, text: string): string {
  const [, address] = /^\$\{([a-z0-9_]+\.[A-Za-z0-9_-]+)\.[a-z_]+\}$/.exec(text) ?? [];
  const name = address === undefined ? undefined : resources[address]?.name;
  return typeof name === "string" ? name : (text.split("/").at(-1) ?? "");
}
