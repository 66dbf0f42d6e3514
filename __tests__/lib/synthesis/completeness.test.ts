import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { App, TerraformResource, Token } from "cdktf";
import type { Construct } from "constructs";
import example from "../../../config/example";
import { withoutTokenStackTraces } from "../../../lib/synthesis/token-stack-traces";
import { buildStack } from "../../../stacks";
import { checkedConfig } from "../../../stacks/check";
import { probeJson, synthesizedTexts, type TerraformJson, textsIn } from "../../support/synthesis";
import { removeFolder, temporaryFolder } from "../../support/temporary";

// The framework's own preparation, which the base stack leaves out for its cost, resolves every value: it finds
// references to other stacks, and constructs that only come to be then. Nothing else would miss them.

const golden = join(__dirname, "../../golden");
const folders = readdirSync(golden).filter((name) => !name.endsWith(".json"));
const goldenTexts = folders.flatMap((config) =>
  readdirSync(join(golden, config)).map((stack): [name: string, text: string] => [
    `${config}/${stack}`,
    readFileSync(join(golden, config, stack, "cdk.tf.json"), "utf8"),
  ]),
);

/** An estate that nobody wrote down: many certificates over several zones, some of them for CloudFront. */
const generated = {
  project: "ai-platform",
  environment: "generated",
  backend: { type: "local" },
  stacks: {
    many: {
      scenario: "acm-route53",
      region: "eu-west-1",
      dns: {
        in: "route53",
        zones: { "example.com": "lookup", "ml.example.com": "lookup", "example.org": "Z0123456789ABCDEFGHIJ" },
      },
      certificates: Object.fromEntries(
        Array.from({ length: 15 }, (_, at) => [
          `c${at}`,
          {
            names: [`a${at}.example.com`, `*.b${at}.ml.example.com`, `c${at}.example.org`].slice(at % 3),
            ...(at % 5 === 0 ? { attach: [{ to: "cloudfront" }] } : {}),
          },
        ]),
      ),
    },
  },
};

/** References to resources and data sources, with whether the same JSON makes what they refer to. */
function references(json: TerraformJson): ReadonlyMap<string, boolean> {
  const { "//": _, terraform, ...blocks } = json;
  const reference = /^(?:data\.)?\w+\.[\w-]+$/;
  const expressions = textsIn(blocks).filter((text) => /(?<!\$)\$\{/.test(text) || reference.test(text));
  // Every type has the name of its provider before an underscore.
  const found = expressions.flatMap((text) => [
    ...text.matchAll(/(?<![\w.-])(data\.)?([a-z]\w*_\w+)\.([A-Za-z_][\w-]*)/g),
  ]);
  return new Map(
    found.map(([whole, data, type = "", name = ""]) => [
      whole,
      (data === undefined ? json.resource : json.data)?.[type]?.[name] !== undefined,
    ]),
  );
}

/** The providers that resources and data sources name, as `type.alias`, that the same JSON does not configure. */
function missingProviders({ provider = {}, resource = {}, data = {} }: TerraformJson): readonly unknown[] {
  const made = Object.entries(provider).flatMap(([type, blocks]) =>
    blocks.map(({ alias }) => (alias === undefined ? type : `${type}.${alias}`)),
  );
  const named = [resource, data].flatMap((blocks) => Object.values(blocks).flatMap((byName) => Object.values(byName)));
  return named.flatMap(({ provider: name }) => (name === undefined || made.includes(String(name)) ? [] : [name]));
}

const isMissing = ([, made]: readonly [string, boolean]) => !made;

describe("whatever a stack's JSON refers to is made in that JSON", () => {
  const generatedTexts = Object.entries(synthesizedTexts(generated));
  test.each([...goldenTexts, ...generatedTexts])("%s", (_, text) => {
    const json = JSON.parse(text) as TerraformJson;
    const found = [...references(json)];
    expect(found.length).toBeGreaterThan(2);
    expect(found.filter(isMissing)).toEqual([]);
    expect(missingProviders(json)).toEqual([]);
    expect(text).not.toMatch(/TfToken|Token Value/);
  });

  test("and a reference to another stack is found", () => {
    const thing = (scope: Construct, more: object = {}) =>
      new TerraformResource(scope, "thing", { terraformResourceType: "x_thing", ...more });
    let elsewhere: TerraformResource | undefined;
    probeJson((stack) => {
      elsewhere = thing(stack);
    });
    const json = probeJson((stack) => {
      const { fqn = "" } = elsewhere ?? {};
      const other = new TerraformResource(stack, "other", { terraformResourceType: "x_other" });
      other.addOverride("text", `\${upper(${Token.asString(elsewhere?.getStringAttribute("id"))})}`);
      other.addOverride("depends_on", [fqn]);
    });
    expect([...references(json)].filter(isMissing).map(([name]) => name)).toEqual(["x_thing.thing"]);
  });
});

describe("synthesis makes no element of its own", () => {
  const read = (name: string) => JSON.parse(readFileSync(join(golden, name), "utf8")) as unknown;
  const files = readdirSync(golden).filter((name) => name.endsWith(".json"));
  const configs: readonly (readonly [string, unknown])[] = [
    ["the example", example],
    ["the generated config", generated],
    ...files.map((name) => [name, read(name)] as const),
  ];
  test.each(configs)("in %s", (_, given) => {
    const { config } = checkedConfig(given);
    const outdir = temporaryFolder("completeness");
    const app = new App({ outdir, stackTraces: false });
    const elements = () => app.node.findAll().length;
    const before = withoutTokenStackTraces(() => {
      for (const stack of config.stacks) buildStack(app, config.settings, stack);
      const before = elements();
      app.synth();
      return before;
    });
    removeFolder(outdir);
    expect(before).toBeGreaterThan(20);
    expect(elements()).toBe(before);
  });
});
