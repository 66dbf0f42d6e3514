import { readdirSync, readFileSync } from "node:fs";
import { join, sep } from "node:path";
import example from "../../config/example";
import { synthesizedTexts } from "../support/synthesis";

// The original framework has had its last release. Whoever moves on writes "cdktf": "npm:cdktn@0.24.0" into
// package.json, which is what this does for this file, the bindings included.
jest.mock("cdktf", () => jest.requireActual<typeof import("cdktn")>("cdktn"));

// A busy machine may take longer than the default.
jest.setTimeout(60_000);

const golden = join(__dirname, "../golden");
const everything = JSON.parse(readFileSync(join(golden, "acm-everything.json"), "utf8")) as unknown;

test.each([
  ["example", example],
  ["acm-everything", everything],
])(
  "the framework's continuation makes the same resources at the same addresses of %s, and says that it made them",
  (name, config) => {
    const texts = synthesizedTexts(config);
    expect(Object.keys(texts)).toEqual(readdirSync(join(golden, name)).sort());
    for (const [stack, text] of Object.entries(texts)) {
      const json = (text: string) => JSON.parse(text) as { "//": { metadata: { version: string } } };
      const original = json(readFileSync(join(golden, name, stack, "cdk.tf.json"), "utf8"));
      original["//"].metadata.version = "0.24.0";
      expect(json(text)).toEqual(original);
    }
  },
);

test("and nothing of the original framework is loaded for it", () => {
  const loaded = Object.keys(require.cache);
  expect(loaded.filter((path) => path.includes(join("node_modules", "cdktn", "lib"))).length).toBeGreaterThan(50);
  expect(loaded.filter((path) => path.includes(join("node_modules", "cdktf") + sep))).toEqual([]);
});
