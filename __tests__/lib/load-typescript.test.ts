import { createHash } from "node:crypto";
import {
  appendFileSync,
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { compileFunction } from "node:vm";
import * as esbuild from "esbuild";
import type { loadProgram } from "../../lib/load-typescript.cjs";
import { writeFiles } from "../support/temporary";

// The loader as it is in a checkout of its own, with a program of a few lines. As processes: commands/process.test.ts.

const source = readFileSync(join(__dirname, "../../lib/load-typescript.cjs"), "utf8");
const loader = compileFunction(source, ["module", "require", "__dirname"]);

let home: string;
const cache = () => join(home, "node_modules/.cache/ai-tls-stacks");
const kept = () => join(cache(), "program.cjs");
const first = ["main 1", "part 1", "dep 1"];

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "tls-stacks-loader-"));
  writeFiles(home, {
    "node_modules/.package-lock.json": '{"dep":"1.0.0"}',
    "node_modules/dep/package.json": '{"name":"dep","version":"1.0.0","main":"index.js"}',
    "node_modules/dep/index.js": 'module.exports = "dep 1";',
    "lib/part/index.ts": 'export const part: string = "part 1";',
    "commands/none.ts": "",
    "stacks/none.ts": "",
    "main.ts": 'import dep from "dep"; import { part } from "./lib/part"; export const value = ["main 1", part, dep];',
  });
});

afterEach(() => rmSync(home, { recursive: true, force: true }));

/** What the program makes, and whether it was compiled for that. Once all is compiled, `meanwhile` happens. */
function started(meanwhile = () => {}) {
  let compiled = false;
  const buildSync = (options: esbuild.BuildOptions) => {
    compiled = true;
    const built = esbuild.buildSync(options);
    meanwhile();
    return built;
  };
  const module = { exports: {} as { loadProgram: typeof loadProgram } };
  loader(module, (name: string) => (name === "esbuild" ? { buildSync } : require(name)), join(home, "lib"));
  const { value } = module.exports.loadProgram() as { value: unknown };
  return { value, compiled };
}

const compiled = (value: unknown) => ({ value, compiled: true });
const asKept = (value: unknown) => ({ value, compiled: false });
const mode = (path: string) => (statSync(path).mode & 0o777).toString(8);

test("compiles once and keeps the program for its owner only", () => {
  const umask = process.umask(0);
  try {
    expect(started()).toEqual(compiled(first));
    const before = readFileSync(kept(), "utf8");
    expect(started()).toEqual(asKept(first));
    expect(readFileSync(kept(), "utf8")).toBe(before);
  } finally {
    process.umask(umask);
  }
  expect([cache(), kept()].map(mode)).toEqual(["700", "600"]);
});

test("takes a script as its text, and notices that it has changed", () => {
  writeFiles(home, {
    "lib/tool.sh": "echo 1\n",
    "main.ts": 'import text from "./lib/tool.sh"; export const value = text;',
  });
  expect(started()).toEqual(compiled("echo 1\n"));
  expect(started()).toEqual(asKept("echo 1\n"));
  writeFiles(home, { "lib/tool.sh": "echo 2\n" });
  expect(started()).toEqual(compiled("echo 2\n"));
});

test("notices what was changed, whatever the clock says, and what is found in another place now", () => {
  started();
  const part = join(home, "lib/part/index.ts");
  const { atime, mtime } = statSync(part);
  writeFiles(home, { "lib/part/index.ts": 'export const part: string = "part 2";' });
  utimesSync(part, atime, mtime);
  expect(started()).toEqual(compiled(["main 1", "part 2", "dep 1"]));
  writeFiles(home, { "lib/part.ts": 'export const part = "nearer";' });
  expect(started()).toEqual(compiled(["main 1", "nearer", "dep 1"]));
  const imports = { "#part": "./lib/part/index.ts" };
  writeFiles(home, {
    "package.json": JSON.stringify({ imports }),
    "main.ts": 'import { part } from "#part"; export const value = part;',
  });
  expect(started()).toEqual(compiled("part 2"));
  writeFiles(home, { "package.json": JSON.stringify({ imports: { "#part": "./lib/part.ts" } }) });
  expect(started()).toEqual(compiled("nearer"));
  expect(started()).toEqual(asKept("nearer"));
});

test.each([
  ["npm", "node_modules/.package-lock.json"],
  ["pnpm", "node_modules/.modules.yaml"],
  ["pnpm's own lock", "node_modules/.pnpm/lock.yaml"],
  ["Yarn", "node_modules/.yarn-state.yml"],
  ["Yarn 1", "node_modules/.yarn-integrity"],
])("notices another version of a package that %s installed, here or in the workspace above", (_, record) => {
  const workspace = home;
  home = join(workspace, "packages/tls");
  mkdirSync(join(home, "node_modules"), { recursive: true });
  for (const part of ["main.ts", "commands", "lib", "stacks"]) renameSync(join(workspace, part), join(home, part));
  rmSync(join(workspace, "node_modules/.package-lock.json"));
  writeFiles(workspace, { [record]: "dep 1.0.0" });
  try {
    expect(started()).toEqual(compiled(first));
    expect(started()).toEqual(asKept(first));
    writeFiles(workspace, { "node_modules/dep/index.js": 'module.exports = "dep 2";', [record]: "dep 2.0.0" });
    expect(started()).toEqual(compiled(["main 1", "part 1", "dep 2"]));
    writeFiles(home, { "node_modules/dep/index.js": 'module.exports = "own dep";', [record]: "own dep" });
    expect(started()).toEqual(compiled(["main 1", "part 1", "own dep"]));
    expect(started()).toEqual(asKept(["main 1", "part 1", "own dep"]));
  } finally {
    home = workspace;
  }
});

test("keeps nothing if it is unknown what is installed, or if something is imported that is not looked at", () => {
  rmSync(join(home, "node_modules/.package-lock.json"));
  for (const _ of [1, 2]) expect(started()).toEqual(compiled(first));
  writeFiles(home, {
    "node_modules/.package-lock.json": "{}",
    "elsewhere/part.ts": 'export const part = "elsewhere";',
    "lib/part/index.ts": 'export * from "../../elsewhere/part";',
  });
  for (const _ of [1, 2]) expect(started()).toEqual(compiled(["main 1", "elsewhere", "dep 1"]));
  expect(existsSync(cache())).toBe(false);
});

test("does not keep what was saved while it compiled: it may be neither the old nor the new", () => {
  const save = () => appendFileSync(join(home, "lib/part/index.ts"), "// saved meanwhile");
  for (const _ of [1, 2]) expect(started(save)).toEqual(compiled(first));
  expect(existsSync(cache())).toBe(false);
  expect(started()).toEqual(compiled(first));
  expect(started()).toEqual(asKept(first));
});

test("keeps nothing but the last program: no older one, nor what another version of this left", () => {
  started();
  writeFiles(cache(), { "v20.0.0-x64.cjs": "older", "v8/made/of": "an older program" });
  writeFiles(home, { "lib/part/index.ts": 'export const part: string = "part 2";' });
  started();
  expect(readdirSync(cache(), { recursive: true })).toEqual(["program.cjs"]);
});

test.each<[string, (file: string) => string]>([
  ["cut short", (text) => text.slice(0, text.length / 2)],
  ["of the same length, but other", (text) => text.replace("main 1", "main 9")],
  ["with nothing in it", () => ""],
  ["without its first line", (text) => text.slice(text.indexOf("\n") + 1)],
  ["with a first line that says nothing", (text) => text.replace(/^\/\/.*/, "//")],
])("does not run a kept program that is damaged, and mends it: %s", (_, damaged) => {
  started();
  writeFileSync(kept(), damaged(readFileSync(kept(), "utf8")));
  expect(started()).toEqual(compiled(first));
  expect(started()).toEqual(asKept(first));
});

describe("a program that somebody else may have put there", () => {
  const planted = ["planted", "part 1", "dep 1"];
  const nobody = 65_534;

  beforeEach(() => {
    started();
    const [, key, code] = /^\/\/ (\w+) \w+\n(.*)$/s.exec(readFileSync(kept(), "utf8")) ?? [];
    const other = code?.replace("main 1", "planted") ?? "";
    writeFileSync(kept(), `// ${key} ${createHash("sha256").update(other).digest("hex")}\n${other}`);
  });

  test("would run if it were the owner's", () => {
    expect(started()).toEqual(asKept(planted));
  });

  const cases: readonly (readonly [string, () => void])[] = [
    ["the folder open to everybody", () => chmodSync(cache(), 0o777)],
    ["the folder open to the group", () => chmodSync(cache(), 0o770)],
    ["the program open to everybody", () => chmodSync(kept(), 0o666)],
  ];
  // Only root can give a file away.
  const owners: typeof cases = [
    ["another's folder", () => chownSync(cache(), nobody, nobody)],
    ["another's program", () => chownSync(kept(), nobody, nobody)],
  ];
  test.each([...cases, ...(process.getuid?.() === 0 ? owners : [])])("is not run: %s", (_, open) => {
    open();
    expect(started()).toEqual(compiled(first));
    expect(started()).toEqual(asKept(first));
    expect([cache(), kept()].map(mode)).toEqual(["700", "600"]);
  });

  test("is not run from a folder that the cache's name leads to, and that is left as it is", () => {
    const elsewhere = join(home, "elsewhere");
    renameSync(cache(), elsewhere);
    symlinkSync(elsewhere, cache());
    expect(started()).toEqual(compiled(first));
    expect(readFileSync(join(elsewhere, "program.cjs"), "utf8")).toContain("planted");
  });
});

test("works where nothing can be kept, and where something is in the way", () => {
  writeFiles(home, { "node_modules/.cache": "a file where the folder should be" });
  for (const _ of [1, 2]) expect(started()).toEqual(compiled(first));
  rmSync(join(home, "node_modules/.cache"));
  chmodSync(join(home, "node_modules"), 0o555);
  for (const _ of [1, 2]) expect(started().value).toEqual(first);
  chmodSync(join(home, "node_modules"), 0o755);
  started();
  rmSync(kept());
  writeFiles(kept(), { "in/the": "way" });
  expect(started()).toEqual(compiled(first));
  expect(started()).toEqual(asKept(first));
});

test("passes on what the file throws, and what the compiler says", () => {
  writeFiles(home, { "main.ts": 'throw new RangeError("from the file");' });
  for (const _ of [1, 2]) expect(() => started()).toThrow("from the file");
  writeFiles(home, { "main.ts": "export default {" });
  expect(() => started()).toThrow("main.ts:1:16: ERROR: Expected identifier but found end of file");
});
