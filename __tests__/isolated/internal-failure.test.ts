import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Construct } from "constructs";
import type { Settings } from "../../lib/config/settings";
import type { Kind, Stack } from "../../stacks";
import { runCommand } from "../support/run-command";

// A busy machine may take longer than the default.
jest.setTimeout(60_000);

/** The stack whose construction fails, as a bug of ours would make it, and with what message. */
let mockBroken: { readonly stack: string; readonly message: string } | undefined;

jest.mock("../../stacks", () => {
  const registry = jest.requireActual<typeof import("../../stacks")>("../../stacks");
  const breakable = <K extends Kind>(scope: Construct, settings: Settings, stack: Stack<K>) => {
    if (stack.name === mockBroken?.stack) throw new Error(mockBroken.message);
    return registry.buildStack(scope, settings, stack);
  };
  return { ...registry, buildStack: breakable };
});

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "tls-stacks-failure-"));
  mockBroken = undefined;
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

const command = (args: readonly string[], outdir = join(home, "cdktf.out")) =>
  runCommand(args, { configFile: join(home, "config.json"), outdir });

/** Writes a config with a stack for each name. */
function configure(names: readonly string[], labels?: object): void {
  const stackOf = (name: string) => ({
    scenario: "acm-route53",
    account: "111122223333",
    region: "eu-west-1",
    dns: { in: "route53", zones: { "example.com": "Z0123456789ABCDEFGHIJ" } },
    certificates: { api: { names: [`${name}.example.com`], alarm: false } },
  });
  const stacks = Object.fromEntries(names.map((name) => [name, stackOf(name)]));
  const config = { project: "ai-platform", environment: "test", backend: { type: "local" }, labels, stacks };
  writeFileSync(join(home, "config.json"), JSON.stringify(config));
}

/** Everything below the test's folder: files with their content, and folders. */
function contents(): Readonly<Record<string, string>> {
  const entries = readdirSync(home, { recursive: true, withFileTypes: true }).map((entry) => {
    const path = join(entry.parentPath, entry.name);
    return [path, entry.isFile() ? readFileSync(path, "utf8") : "/"] as const;
  });
  return Object.fromEntries(entries);
}

test.each([["synth"], ["handoff", "one", "two"]])(
  "an internal failure ends %s with code 2 and leaves everything as it was",
  (...given) => {
    const args = given.filter((arg) => arg !== undefined);
    const out = args[0] === "handoff" ? ["--out", join(home, "handoff")] : [];
    configure(["one", "two"]);
    expect(command([...args, ...out]).code).toBe(0);
    configure(["one", "two"], { team: "ml" });
    const before = contents();
    mockBroken = { stack: "two", message: "broken on purpose" };
    const { code, stderr } = command([...args, ...out]);
    expect(code).toBe(2);
    expect(stderr).toMatch(/^internal failure, please report it: Error: broken on purpose\n +at /);
    expect(contents()).toEqual(before);
  },
);

test("an internal failure makes no folder, however much of the way to the output is missing", () => {
  configure(["one"]);
  mockBroken = { stack: "one", message: "broken on purpose" };
  const before = contents();
  expect(command(["synth"], join(home, "build", "tls", "cdktf.out")).code).toBe(2);
  expect(contents()).toEqual(before);
});

test("an internal failure does not pass on a secret that stands in somebody else's message", () => {
  configure(["one"]);
  const secret = ["AKIA", "IOSFODNN7EXAMPLE"].join("");
  mockBroken = { stack: "one", message: `refused for ${secret}` };
  const { stderr } = command(["synth"]);
  expect(stderr).toContain("refused for (withheld)");
  expect(stderr).not.toContain(secret);
});
