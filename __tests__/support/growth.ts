import { newReport, type Report } from "../../lib/config/report";
import { type Config, readConfig } from "../../stacks/config";
import { everything, everythings, type Fields } from "./configs";

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
            JSON.parse(
              JSON.stringify(value).replace(/"(\*\.)?(?=[a-z0-9-]+\.[a-z])/gi, (start) => start + prefix),
            ) as unknown,
          ]),
      ),
    );
  return Object.fromEntries(
    Object.entries(stack).map(([key, value]) => [key, many.includes(key) ? grown(value as object) : value]),
  );
}

/** The value, of which every look at a field is counted. */
export function counted<T>(value: T, count: () => void): T {
  if (typeof value !== "object" || value === null) return value;
  return new Proxy(value, {
    get(target, key) {
      count();
      return typeof key === "symbol" ? Reflect.get(target, key) : counted(Reflect.get(target, key), count);
    },
  });
}

/** A stack of a config that has every field. */
export interface Sample {
  readonly name: string;
  readonly config: object;
  readonly stack: Fields;
}

/** Every such stack. */
export const samples: readonly Sample[] = everythings.flatMap((file) => {
  const config = everything(file) as { readonly stacks: Readonly<Record<string, Fields>> };
  return Object.entries(config.stacks).map(([name, stack]) => ({ name, config, stack }));
});

/** The config with that stack alone, which has that many of everything. */
export function grown(
  { name, config, stack }: Sample,
  times: number,
): { readonly config: Config; readonly report: Report } {
  const report = newReport();
  return { config: readConfig({ ...config, stacks: { [name]: multiplied(stack, times) } }, report), report };
}
