import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { scenarios } from "../../stacks";
import { everything, everythings } from "../support/configs";
import type { JsonSchema } from "../support/json-schema";
import { repositoryFiles } from "../support/repository-files";

const root = join(__dirname, "../..");
const files = repositoryFiles(root);
const golden = "__tests__/golden";

type Values = Readonly<Record<string, unknown>>;
const isMap = (value: unknown): value is Values => typeof value === "object" && value !== null && !Array.isArray(value);

/** Every stack of the configs that have every field, and the folder of what it becomes. */
const stacks = everythings.flatMap((name) => {
  const config = everything(name) as { readonly stacks: Readonly<Record<string, Values>> };
  return Object.entries(config.stacks).map(([stack, given]) => ({ given, folder: `${golden}/${name}/${stack}` }));
});

/** Fields, and kinds of things, that a schema has and none of the values at its place does. */
function unwritten(path: string, schema: JsonSchema, values: readonly unknown[]): readonly string[] {
  if (values.length === 0) return [path];
  const { properties = {}, additionalProperties: members, items, anyOf = [], oneOf = [] } = schema;
  const maps = values.filter(isMap);
  return [
    ...Object.entries(properties).flatMap(([name, field]) => {
      const given = maps.filter((map) => Object.hasOwn(map, name)).map((map) => map[name]);
      return unwritten(`${path}.${name}`, field, given);
    }),
    ...(typeof members === "object" ? unwritten(`${path}.<key>`, members, maps.flatMap(Object.values)) : []),
    ...(items === undefined ? [] : unwritten(`${path}[]`, items, values.filter(Array.isArray).flat())),
    ...[...anyOf, ...oneOf].flatMap((choice) => {
      const [tag, field] = Object.entries(choice.properties ?? {}).find(([, { const: word }]) => word) ?? [];
      if (tag === undefined) return unwritten(path, choice, values);
      return unwritten(
        `${path} (${field?.const})`,
        choice,
        maps.filter((map) => map[tag] === field?.const),
      );
    }),
  ];
}

/** Of two fields that exclude each other, the one that only another authority of the same schema has. */
const elsewhere = ["cas-short-lived.root.key"];

// What the compiler asks for is in new-scenario.test.ts; what stands in documents and examples, in readme.test.ts.
describe.each(Object.entries(scenarios))("the scenario %s has", (kind, { input }) => {
  test.each(["config", "stack", "change", "lifecycle"])("tests of its own: %s", (name) => {
    const own = new RegExp(`^__tests__/${kind}/${name}(-[^/]*)?\\.test\\.ts$`);
    expect(files.filter((path) => own.test(path))).not.toEqual([]);
  });

  test("a declared lifecycle, which is planned and applied", () => {
    expect(files).toContain(`__tests__/${kind}/lifecycle.ts`);
  });

  const own = stacks.filter(({ given }) => given.scenario === kind);

  test("a config with every field: secrets, proposals, growth and issuers are tested of it", () => {
    const schema = z.toJSONSchema(input, { io: "input" }) as JsonSchema;
    const given = own.map(({ given }) => given);
    expect(unwritten(kind, schema, given).filter((path) => !elsewhere.includes(path))).toEqual([]);
  });

  test("golden files of it, which only a test that compares them writes", () => {
    expect(own.filter(({ folder }) => !existsSync(join(root, folder, "cdk.tf.json")))).toEqual([]);
  });

  test("its page among those that the README ends with", () => {
    const [, pages = ""] = /^## More$(.*)/ms.exec(readFileSync(join(root, "README.md"), "utf8")) ?? [];
    expect(pages).toContain(`[${kind}](docs/${kind}.md)`);
  });
});
