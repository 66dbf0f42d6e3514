import { execFile } from "node:child_process";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { stackTexts } from "../support/synthesis";

// A busy machine may take longer than the default.
jest.setTimeout(60_000);

const root = join(__dirname, "../..");
const everything = "__tests__/golden/acm-everything.json";

/** Writes files below a folder. */
function write(folder: string, files: Readonly<Record<string, string>>): void {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content);
  }
}

/** Everything below a folder, as text. */
function contents(folder: string): Readonly<Record<string, string>> {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const paths = files.map((entry) => join(entry.parentPath, entry.name)).sort();
  return Object.fromEntries(paths.map((path) => [path.slice(folder.length + 1), readFileSync(path, "latin1")]));
}

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program of ours as a process of its own. */
function runs(program: string, args: readonly string[], cwd: string, env: NodeJS.ProcessEnv = {}): Promise<Ended> {
  return new Promise((resolve) => {
    execFile(process.execPath, [program, ...args], { cwd, env, encoding: "utf8" }, (error, stdout, stderr) =>
      resolve({ code: typeof error?.code === "number" ? error.code : error ? -1 : 0, stdout, stderr }),
    );
  });
}

describe("the app as a process", () => {
  // What a machine that deploys has in its environment. None of it is of the shape of a real secret, so only by not
  // being read can it stay out of everything.
  const canaries: Readonly<Record<string, string>> = {
    AWS_ACCESS_KEY_ID: "canary-aws-id",
    AWS_SECRET_ACCESS_KEY: "canary-aws-secret",
    AWS_SESSION_TOKEN: "canary-aws-session",
    GOOGLE_CREDENTIALS: '{"private_key":"canary-google"}',
    TF_TOKEN_app_terraform_io: "canary-cloud",
    TF_VAR_password: "canary-variable",
    VAULT_TOKEN: "canary-vault",
  };
  const { PATH } = process.env;
  const home = mkdtempSync(join(tmpdir(), "tls-stacks-process-"));
  const link = join(home, "a link to the project");
  const ended: Record<string, Ended> = {};

  beforeAll(async () => {
    symlinkSync(root, link);
    write(home, {
      "elsewhere/config.json": readFileSync(join(root, everything), "utf8"),
      "elsewhere/cdktf.out/kept.txt": "kept",
      "wrong/config.json": JSON.stringify({ project: "Wrong", password: "x" }),
      "blocked/cdktf.out/stacks": "a file where the folder of all stacks should be",
    });
    const example = join(root, "config", "example.ts");
    const wanted: readonly (readonly [string, string, string, NodeJS.ProcessEnv])[] = [
      // The app through a link, from another folder, in another place of the world: Turkish has two letters i.
      [
        "elsewhere",
        link,
        "synth",
        { TLS_STACKS_CONFIG: "config.json", TZ: "Pacific/Kiritimati", LC_ALL: "tr_TR.UTF-8", CDKTF_OUTDIR: "" },
      ],
      [
        "example",
        root,
        "synth",
        {
          TLS_STACKS_CONFIG: example,
          TZ: "America/St_Johns",
          LANG: "ar_EG.UTF-8",
          CDKTF_OUTDIR: join(home, "example"),
        },
      ],
      // In Estonian, z comes before t.
      [
        "estonian",
        root,
        "synth",
        { TLS_STACKS_CONFIG: join(root, everything), LC_ALL: "et_EE.UTF-8", CDKTF_OUTDIR: join(home, "estonian") },
      ],
      ["wrong", root, "synth", { TLS_STACKS_CONFIG: "config.json" }],
      ["blocked", root, "synth", { TLS_STACKS_CONFIG: example }],
      ["unnamed", root, "check", { CI: "true" }],
    ];
    const start = async ([name, app, verb, env]: (typeof wanted)[number]) => {
      const cwd = name === "unnamed" ? root : join(home, name);
      mkdirSync(cwd, { recursive: true });
      ended[name] = await runs(join(app, "app.cjs"), [verb], cwd, { PATH, ...canaries, ...env });
    };
    // The first has to compile if anything was changed; the others need not do it at the same time.
    const [slowest, ...others] = wanted;
    if (slowest !== undefined) await start(slowest);
    await Promise.all(others.map(start));
  });

  afterAll(() => rmSync(home, { recursive: true, force: true }));

  const golden = (name: string) => {
    const folder = join(root, "__tests__/golden", name);
    return Object.fromEntries(
      readdirSync(folder).map((stack) => [stack, readFileSync(join(folder, stack, "cdk.tf.json"), "utf8")]),
    );
  };

  test("writes the same bytes from another folder, through a link, in any time zone and language", () => {
    expect(ended.elsewhere).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^config\.json, environment everything\n/),
    });
    expect(stackTexts(join(home, "elsewhere", "cdktf.out"))).toEqual(golden("acm-everything"));
    expect(stackTexts(join(home, "estonian"))).toEqual(golden("acm-everything"));
    expect(ended.example).toMatchObject({ code: 0, stderr: "" });
    expect(stackTexts(join(home, "example"))).toEqual(golden("example"));
  });

  test("takes an output folder that is set but empty for the usual one, not for the folder it runs in", () => {
    expect(readdirSync(join(home, "elsewhere")).sort()).toEqual(["cdktf.out", "config.json"]);
    expect(readFileSync(join(home, "elsewhere/cdktf.out/kept.txt"), "utf8")).toBe("kept");
  });

  test("ends with 1 for the user's mistakes and 2 for its own, and writes nothing", () => {
    expect(ended.wrong).toMatchObject({ code: 1, stdout: "", stderr: expect.stringContaining("config.json: ") });
    expect(ended.wrong?.stderr).not.toMatch(/^\s+at /m);
    expect(readdirSync(join(home, "wrong"))).toEqual(["config.json"]);
    expect(ended.blocked).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/^internal failure, please report it: /),
    });
    expect(readdirSync(join(home, "blocked"), { recursive: true })).toEqual(["cdktf.out", "cdktf.out/stacks"]);
  });

  test("warns in CI that what nobody named is the example", () => {
    expect(ended.unnamed).toMatchObject({ code: 0, stderr: expect.stringContaining("TLS_STACKS_CONFIG") });
    expect(ended.example?.stderr).not.toContain("TLS_STACKS_CONFIG");
  });

  test("has nothing of the environment and no path of the machine in what it writes", () => {
    const cache = contents(join(root, "node_modules", ".cache", "ai-tls-stacks"));
    const output = { ...contents(join(home, "elsewhere/cdktf.out")), ...contents(join(home, "example")) };
    expect(Object.keys(output)).toContain("manifest.json");
    const said = Object.values(ended).flatMap(({ stdout, stderr }) => [stdout, stderr]);
    for (const text of [...Object.values(output), ...Object.values(cache), ...said])
      expect(text).not.toContain("canary-");
    // A short path, such as "/app", may well be part of a name.
    const places = [root, home, tmpdir(), process.execPath].map((place) =>
      place.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"),
    );
    for (const text of Object.values(output))
      expect(text).not.toMatch(new RegExp(`(?<!\\w)(${places.join("|")})(?!\\w)`));
  });
});

describe("the launcher", () => {
  type Load = (file: string, options?: { whole?: boolean }) => { default?: unknown };
  let home: string;
  let load: Load;

  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), "tls-stacks-launcher-"));
    mkdirSync(join(home, "node_modules"));
    symlinkSync(join(root, "node_modules", "esbuild"), join(home, "node_modules", "esbuild"));
    write(home, {
      "node_modules/.package-lock.json": '{"dep":"1.0.0"}',
      "node_modules/dep/package.json": '{"name":"dep","version":"1.0.0","main":"index.js"}',
      "node_modules/dep/index.js": 'module.exports = "dep 1";',
      "part.ts": 'export const part: string = "part 1";',
      "main.ts": 'import dep from "dep"; import { part } from "./part"; export default ["main 1", part, dep];',
    });
    mkdirSync(join(home, "lib"));
    copyFileSync(join(root, "lib", "load-typescript.cjs"), join(home, "lib", "load-typescript.cjs"));
    load = (jest.requireActual(join(home, "lib", "load-typescript.cjs")) as { loadTypeScript: Load }).loadTypeScript;
    settle();
  });

  afterEach(() => rmSync(home, { recursive: true, force: true }));

  /** Lets the clock of the file system pass what was just written: the launcher does not trust younger files. */
  const settle = () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 12);

  /** What the file exports, and how it came about, with the end of the process played. */
  function loaded(options: { whole?: boolean } = { whole: true }) {
    const once = jest.spyOn(process, "once");
    try {
      const value = load(join(home, "main.ts"), options).default;
      const atExit = once.mock.calls.filter(([event]) => (event as string) === "exit");
      for (const [, listener] of atExit) {
        process.removeListener("exit", listener);
        listener();
      }
      return { value, remembered: atExit.length === 0 };
    } finally {
      once.mockRestore();
    }
  }

  const cache = () => join(home, "node_modules", ".cache", "ai-tls-stacks");
  const cached = (end: string) => join(cache(), readdirSync(cache()).find((name) => name.endsWith(end)) ?? end);
  const first = ["main 1", "part 1", "dep 1"];
  const change = (files: Readonly<Record<string, string>>) => {
    write(home, files);
    settle();
  };

  test("takes a script as its text, and notices that it has changed", () => {
    change({ "tool.sh": "#!/bin/sh\necho 1\n", "main.ts": 'import text from "./tool.sh"; export default text;' });
    expect(loaded()).toEqual({ value: "#!/bin/sh\necho 1\n", remembered: false });
    expect(loaded()).toEqual({ value: "#!/bin/sh\necho 1\n", remembered: true });
    change({ "tool.sh": "#!/bin/sh\necho 2\n" });
    expect(loaded()).toEqual({ value: "#!/bin/sh\necho 2\n", remembered: false });
  });

  test("compiles once, and remembers three files", () => {
    expect(loaded()).toEqual({ value: first, remembered: false });
    const before = contents(cache());
    expect(Object.keys(before).map((name) => name.replace(/^[0-9a-f]{16}(-[0-9a-f]{16})?/, ""))).toEqual([
      ".cjs",
      ".cjs.v8",
      ".json",
    ]);
    expect(loaded()).toEqual({ value: first, remembered: true });
    expect(contents(cache())).toEqual(before);
  });

  test("notices a changed file, a changed import and another version of a library, and forgets what was before", () => {
    loaded();
    const names = () => readdirSync(cache());
    const before = names();
    change({ "part.ts": 'export const part: string = "part 2";' });
    expect(loaded()).toEqual({ value: ["main 1", "part 2", "dep 1"], remembered: false });
    change({ "main.ts": 'import dep from "dep"; export default ["main 2", dep];' });
    expect(loaded()).toEqual({ value: ["main 2", "dep 1"], remembered: false });
    change({
      "node_modules/dep/index.js": 'module.exports = "dep 2";',
      "node_modules/.package-lock.json": '{"dep":"2.0.0"}',
    });
    expect(loaded()).toEqual({ value: ["main 2", "dep 2"], remembered: false });
    expect(loaded().remembered).toBe(true);
    expect(names()).toHaveLength(before.length);
    expect(names().filter((name) => before.includes(name))).toEqual(before.filter((name) => name.endsWith(".json")));
  });

  test("leaves libraries outside when it is not asked to put them in", () => {
    loaded({ whole: false });
    expect(readFileSync(cached(".cjs"), "utf8")).not.toContain("dep 1");
  });

  test("does not remember what was saved while it compiled: it may be neither the old nor the new", () => {
    const now = jest.spyOn(Date, "now").mockReturnValue(0);
    try {
      expect(loaded().value).toEqual(first);
    } finally {
      now.mockRestore();
    }
    expect(loaded().remembered).toBe(false);
    expect(loaded().remembered).toBe(true);
  });

  const half = (file: string) => readFileSync(file).subarray(0, readFileSync(file).length / 2);
  const flipped = (file: string) =>
    readFileSync(file).map((byte, at) => (at > 100 && at % 50 === 0 ? byte ^ 0xff : byte));
  test.each<[string, string, (file: string) => string | Uint8Array]>([
    ["JavaScript cut short", ".cjs", half],
    [
      "JavaScript of the same length, but other",
      ".cjs",
      (file) => readFileSync(file, "utf8").replace("main 1", "main 9"),
    ],
    ["no JavaScript", ".cjs", () => ""],
    ["a record cut short", ".json", half],
    ["a record that is no record", ".json", () => "null"],
    ["a record with nothing in it", ".json", () => "{}"],
    ["a record of other types", ".json", (file) => readFileSync(file, "utf8").replace(/"code":"[^"]*"/, '"code":5')],
    [
      "a record without inputs",
      ".json",
      (file) => readFileSync(file, "utf8").replace(/"inputs":\{[^}]*\}/, '"inputs":null'),
    ],
    ["V8's data cut short", ".v8", half],
    ["V8's data with changed bytes, which V8 would run", ".v8", flipped],
    ["no data of V8", ".v8", () => ""],
  ])("survives a damaged cache, and mends it: %s", (_, end, damaged) => {
    loaded();
    writeFileSync(cached(end), damaged(cached(end)));
    expect(loaded()).toEqual({ value: first, remembered: false });
    expect(loaded()).toEqual({ value: first, remembered: true });
  });

  test("works where nothing can be kept, and where something is in the way", () => {
    write(home, { "node_modules/.cache": "a file where the folder should be" });
    for (const _ of ["first", "second"]) expect(loaded()).toEqual({ value: first, remembered: false });
    rmSync(join(home, "node_modules/.cache"));
    loaded();
    const code = cached(".cjs");
    rmSync(code);
    write(code, { "in/the": "way" });
    expect(loaded()).toEqual({ value: first, remembered: false });
    change({ "part.ts": 'export const part: string = "part 2";' });
    expect(loaded().value).toEqual(["main 1", "part 2", "dep 1"]);
  });

  test("forgets after a month what is not made again, and what a killed run left half written", () => {
    loaded();
    const [old, young] = [join(cache(), "0123456789abcdef.cjs.4711"), join(cache(), "fedcba9876543210.cjs.4712")];
    for (const file of [old, young]) writeFileSync(file, "half");
    const month = Date.now() / 1000 - 31 * 86_400;
    utimesSync(old, month, month);
    change({ "part.ts": 'export const part: string = "part 2";' });
    loaded();
    expect([existsSync(old), existsSync(young)]).toEqual([false, true]);
  });

  test("passes on what the file throws, and what the compiler says", () => {
    change({ "main.ts": 'throw new RangeError("from the file");' });
    expect(() => loaded()).toThrow("from the file");
    change({ "main.ts": "export default {" });
    expect(() => loaded()).toThrow(
      expect.objectContaining({ errors: [expect.objectContaining({ text: expect.any(String) })] }),
    );
  });

  test("can run several times at once: nobody reads what another has half written or taken away", async () => {
    write(home, {
      "run.cjs":
        'const { loadTypeScript } = require("./lib/load-typescript.cjs");\n' +
        'process.stdout.write(JSON.stringify(loadTypeScript(__dirname + "/main.ts", { whole: true }).default));',
    });
    const together = () => Promise.all(["a", "b", "c", "d"].map(() => runs(join(home, "run.cjs"), [], home)));
    const expected = (value: unknown) => ({ code: 0, stdout: JSON.stringify(value), stderr: "" });
    for (const ended of await together()) expect(ended).toEqual(expected(first));
    change({ "part.ts": 'export const part: string = "part 2";' });
    for (const ended of await together()) expect(ended).toEqual(expected(["main 1", "part 2", "dep 1"]));
    expect(readdirSync(cache()).filter((name) => /\.\d+$/.test(name))).toEqual([]);
  });
});
