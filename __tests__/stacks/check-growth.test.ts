import { newReport } from "../../lib/config/report";
import { ask } from "../../stacks";
import { readConfig } from "../../stacks/config";
import { everything, everythings, type Fields } from "../support/configs";

/** What a stack has many of. */
const many = ["certificates", "hosts", "services", "issuers", "nodeGroups"];

/** A stack with that many of everything, all with names of their own. */
function multiplied(stack: Fields, times: number): Fields {
  const grown = (map: object) =>
    Object.fromEntries(
      Array.from({ length: times }, (_, index) => `n${index}`).flatMap((prefix) =>
        Object.entries(map)
          .filter(([key]) => !key.startsWith("*"))
          .map(([key, value]) => [
            prefix + key,
            JSON.parse(JSON.stringify(value).replace(/"(?=[a-z0-9-]+\.[a-z])/g, `"${prefix}`)) as unknown,
          ]),
      ),
    );
  return Object.fromEntries(
    Object.entries(stack).map(([key, value]) => [key, many.includes(key) ? grown(value as object) : value]),
  );
}

/** The value, of which every look at a field is counted. */
function counted<T>(value: T, count: () => void): T {
  if (typeof value !== "object" || value === null) return value;
  return new Proxy(value, {
    get(target, key) {
      count();
      return typeof key === "symbol" ? Reflect.get(target, key) : counted(Reflect.get(target, key), count);
    },
  });
}

/** How often checking a stack with that many of everything looks at a field of it. */
function looks(config: object, name: string, stack: Fields, times: number): number {
  const report = newReport();
  const { stacks, settings } = readConfig({ ...config, stacks: { [name]: multiplied(stack, times) } }, report);
  let sum = 0;
  for (const own of stacks) {
    const stack = { ...own, config: counted(own.config, () => sum++) } as typeof own;
    ask(stack, (scenario, complete) => {
      scenario.check(complete, settings, report);
      scenario.claims(complete, report);
      scenario.zonedNames(complete, report);
      scenario.keysInState(complete);
    });
  }
  return sum;
}

const stacks = everythings.flatMap((file) => {
  const config = everything(file) as { readonly stacks: Readonly<Record<string, Fields>> };
  return Object.entries(config.stacks).map(([name, stack]) => ({ name, config, stack }));
});

test.each(stacks)("checks of $name take four times as long for four times as much", ({ name, config, stack }) => {
  const few = looks(config, name, stack, 8);
  expect(few).toBeGreaterThan(100);
  // Looking at all certificates for each of them would take sixteen times as long.
  expect(looks(config, name, stack, 32) / few).toBeLessThan(5);
});
