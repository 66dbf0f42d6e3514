import * as fc from "fast-check";
import { operatorPage } from "../../commands/operator-page";
import { textOf } from "../../lib/config/quoting";
import { ask } from "../../stacks";
import { checkedConfig } from "../../stacks/check";
import { runs } from "./runs";
import {
  addresses,
  type Block,
  expectGolden,
  expectGoldenManifests,
  synthesizedJson,
  synthesizedManifests,
  synthesizedTexts,
  type TerraformJson,
} from "./synthesis";

/** What the product makes of a config without mistakes: bytes and JSON, by stack. */
export function synthesizedStacks(config: object) {
  const texts = synthesizedTexts(config);
  const stacks = Object.fromEntries(
    Object.entries(texts).map(([name, text]) => [name, JSON.parse(text) as TerraformJson]),
  );
  /** The JSON of a stack. @throws if there is none of that name */
  const stack = (name: string): TerraformJson => {
    const json = stacks[name];
    if (json === undefined) throw new Error(`no stack ${name}`);
    return json;
  };
  return { texts, stacks, stack };
}

/** Compares everything that is made of a config, manifests included, with what stands in `__tests__/golden/<name>/`. */
export function expectGoldenOf(name: string, config: object): void {
  expectGolden(name, synthesizedTexts(config));
  expectGoldenManifests(name, synthesizedManifests(config));
}

/** Everything with an address in these stacks, stack by stack: `<stack>: <address>`. */
export function allAddresses(stacks: Readonly<Record<string, TerraformJson>>): readonly string[] {
  return Object.entries(stacks).flatMap(([name, json]) => addresses(json).map((address) => `${name}: ${address}`));
}

/** Resources of a type by name, without the framework's note of where they come from. */
export function resources({ resource }: TerraformJson, type: string): Readonly<Record<string, Block>> {
  return Object.fromEntries(
    Object.entries(resource?.[type] ?? {}).map(([name, { "//": _, ...block }]) => [name, block]),
  );
}

/** All resources by address, without the framework's note of where they come from. */
export function allResources(json: TerraformJson): Readonly<Record<string, Block>> {
  const types = Object.keys(json.resource ?? {});
  return Object.fromEntries(
    types.flatMap((type) => Object.entries(resources(json, type)).map(([name, block]) => [`${type}.${name}`, block])),
  );
}

/** How many resources a stack has, by type. */
export function resourceCounts({ resource = {} }: TerraformJson): Readonly<Record<string, number>> {
  return Object.fromEntries(Object.entries(resource).map(([type, named]) => [type, Object.keys(named).length]));
}

/** The value of an output that is a map. */
export const output = ({ output }: TerraformJson, name: string) => output?.[name]?.value as Block;

/**
 * Addresses of what a later form of a stack makes or looks up and an earlier one does not, and of what is not the same to
 * the byte in both, or gone.
 *
 * @param apart - an argument that may differ
 */
export function changesBetween(before: TerraformJson, after: TerraformJson, apart?: string) {
  const [earlier, later] = [before, after].map((json) => bytesByAddress(json, apart)) as [Bytes, Bytes];
  return {
    added: [...later.keys()].filter((address) => !earlier.has(address)).sort(),
    touched: [...earlier.keys()].filter((address) => later.get(address) !== earlier.get(address)).sort(),
  };
}

type Bytes = ReadonlyMap<string, string>;

function bytesByAddress({ resource = {}, data = {} }: TerraformJson, apart: string | undefined): Bytes {
  const kinds = [["", resource] as const, ["data.", data] as const];
  const written = (block: Block) => JSON.stringify(apart === undefined ? block : { ...block, [apart]: undefined });
  return new Map(
    kinds.flatMap(([prefix, types]) =>
      Object.entries(types).flatMap(([type, named]) =>
        Object.entries(named).map(([name, block]) => [`${prefix}${type}.${name}`, written(block)] as const),
      ),
    ),
  );
}

/** The addresses of the keys that the product says are in the state, by stack. */
export function keysInState(config: object): readonly (readonly [stack: string, addresses: readonly string[]])[] {
  return checkedConfig(config).config.stacks.map((stack) => {
    const keys = ask(stack, (scenario, own) => scenario.keysInState(own));
    return [stack.name, keys.map(({ address }) => address)];
  });
}

/** The page for operators on a stack. @throws if there is none of that name */
export function pageOf(config: object, name: string): string {
  const { config: complete } = checkedConfig(config);
  const stack = complete.stacks.find((one) => one.name === name);
  if (stack === undefined) throw new Error(`no stack ${name}`);
  return textOf(operatorPage(complete, stack, synthesizedJson(config, name)));
}

/** The same members in an order of its own. */
type Order = <Member>(list: readonly Member[]) => readonly Member[];

const backwards: Order = (list) => [...list].reverse();

const anyOrder: fc.Arbitrary<Order> = fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true })).map(
  (randoms): Order =>
    (list) => {
      const ranked = list.map((member) => ({ member, rank: randoms.next().value as number }));
      return ranked.sort((one, other) => one.rank - other.rank).map(({ member }) => member);
    },
);

/** The same config, with every map and every list of it in another order. */
function reordered(value: unknown, order: Order): unknown {
  if (Array.isArray(value)) return order(value).map((member) => reordered(member, order));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(order(Object.entries(value)).map(([key, inner]) => [key, reordered(inner, order)]));
}

/**
 * Expects the same bytes of a config, manifests included, in whatever order its maps and lists are written.
 *
 * @param usual - how many orders are tried in a test run, of which the first is the opposite one
 */
export function expectSameInAnyOrder(config: object, usual: number): void {
  const made = (config: unknown) => [synthesizedTexts(config), synthesizedManifests(config)];
  const same = fc.property(anyOrder, (order) => expect(made(reordered(config, order))).toEqual(made(config)));
  fc.assert(same, { ...runs(usual), examples: [[backwards]] });
}
