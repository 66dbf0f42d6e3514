import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { scenarios } from "../../stacks";

const root = join(__dirname, "../..");

/** Every member of a scenario, as the smallest one has it. */
const members = {
  kind: '"stub"',
  input: "input",
  read: '() => ({ greeting: "hello" })',
  check: "() => {}",
  change: "() => {}",
  meanings: "{}",
  marker: '"terraform_data"',
  certificates: '() => [{ name: "one", names: ["one.example.com"] }]',
  authorities: "() => []",
  keysInState: "() => []",
  clusters: "() => []",
  claims: "() => []",
  zonedNames: "() => []",
  operatorNotes: "() => ({ purpose: markdown`Nothing.`, needs: [], expect: [] })",
  stack: '() => (require("./stack") as typeof import("./stack")).StubStack',
};

const wing = (own: readonly (readonly [string, string])[]) => `import { z } from "zod";
import { fields } from "../../lib/config/fields";
import { markdown } from "../../lib/config/quoting";
import type { Scenario } from "../scenario";

const input = fields({ scenario: z.literal("stub") });

export const stub = {
${own.map(([name, text]) => `  ${name}: ${text},\n`).join("")}} satisfies Scenario<z.output<typeof input>, { readonly greeting: string }>;
`;

const stack = `import { TlsProvider } from "@cdktf/provider-tls/lib/provider";
import type { Construct } from "constructs";
import { BaseStack } from "../../lib/synthesis/base-stack";
import type { Settings } from "../../lib/config/settings";

export class StubStack extends BaseStack {
  constructor(scope: Construct, name: string, settings: Settings, { greeting }: { readonly greeting: string }) {
    super(scope, name, settings);
    new TlsProvider(this, "provider_tls");
    this.output("greeting", "What the stub says.", greeting);
  }
}
`;

let copy: string;

beforeAll(() => {
  copy = mkdtempSync(join(tmpdir(), "tls-stacks-new-scenario-"));
  for (const path of ["app.cjs", "commands", "lib", "main.ts", "package.json", "stacks", "tsconfig.json"]) {
    cpSync(join(root, path), join(copy, path), { recursive: true });
  }
  // One other is enough to be beside, and all of them take long to compile.
  const others = Object.keys(scenarios).filter((kind) => kind !== "acm-route53");
  for (const kind of others) rmSync(join(copy, "stacks", kind), { recursive: true });
  symlinkSync(join(root, "node_modules"), join(copy, "node_modules"));
  const folder = join(copy, "stacks", "stub");
  mkdirSync(folder);
  writeFileSync(join(folder, "stack.ts"), stack);
  writeFileSync(join(folder, "index.ts"), wing(Object.entries(members)));
  for (const left of Object.keys(members)) {
    const others = Object.entries(members).filter(([name]) => name !== left);
    writeFileSync(join(folder, `without-${left}.ts`), wing(others));
  }
  const registry = join(copy, "stacks", "index.ts");
  const entered = readFileSync(registry, "utf8")
    .split("\n")
    // A name without a hyphen needs no quotes.
    .filter((line) => !others.some((kind) => new RegExp(`"\\./${kind}"|^  (${kind}|"${kind}")[:,]`).test(line)))
    .join("\n")
    .replace("import { acmRoute53 }", 'import { stub } from "./stub";\nimport { acmRoute53 }')
    .replace("export const scenarios = {", "export const scenarios = {\n  stub,");
  writeFileSync(registry, entered);
});

afterAll(() => rmSync(copy, { recursive: true, force: true }));

test("a new scenario is a folder, an import and an entry: the compiler asks for every member, and for nothing else", () => {
  const compiler = join(root, "node_modules", "typescript", "bin", "tsc");
  const { stdout } = spawnSync(process.execPath, [compiler, "--noEmit", "--incremental", "false"], {
    cwd: copy,
    encoding: "utf8",
  });
  const errors = stdout.split("\n").filter((line) => /^\S.*: error /.test(line));
  const expected = Object.keys(members).map((left) => [
    `stacks/stub/without-${left}.ts`,
    expect.stringContaining(`Property '${left}' is missing`),
  ]);
  const found = errors.map((line) => [line.replace(/\(.*$/, ""), line]);
  expect(found.sort(([one = ""], [other = ""]) => (one < other ? -1 : 1))).toEqual(
    expected.sort(([one], [other]) => (String(one) < String(other) ? -1 : 1)),
  );
});

test("it is checked, synthesized and handed off by the commands as they are", () => {
  const config = {
    project: "ai-platform",
    environment: "test",
    backend: { type: "local" },
    stacks: { hello: { scenario: "stub" } },
  };
  writeFileSync(join(copy, "config.json"), JSON.stringify(config));
  const run = (...command: readonly string[]) => {
    // Whoever runs the tests may have set an output folder of their own.
    const env = { PATH: process.env.PATH, TLS_STACKS_CONFIG: "config.json", NO_COLOR: "1" };
    return spawnSync(process.execPath, ["app.cjs", ...command], { cwd: copy, encoding: "utf8", env });
  };
  expect(run("check")).toMatchObject({
    status: 0,
    stdout: expect.stringContaining("1 stack, 1 certificate: no problem"),
  });
  expect(run("synth")).toMatchObject({ status: 0, stdout: expect.stringMatching(/^hello +stub +1 +1 +0 +0 +0 /m) });
  const json = readFileSync(join(copy, "cdktf.out", "stacks", "hello", "cdk.tf.json"), "utf8");
  expect(JSON.parse(json)).toMatchObject({ output: { greeting: { value: "hello" } } });
  expect(run("handoff", "hello")).toMatchObject({ status: 0 });
  expect(readFileSync(join(copy, "handoff", "test", "hello", "README.md"), "utf8")).toContain("Nothing.");
});
