import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import {
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
import nodeModule from "node:module";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
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
      // As a bug of ours would.
      "broken/bug.cjs": 'require("node:fs").mkdtempSync = () => { throw new TypeError("broken on purpose"); };',
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
      ["broken", root, "synth", { TLS_STACKS_CONFIG: example, NODE_OPTIONS: "--require ./bug.cjs" }],
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
    expect(ended.broken).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/^internal failure, please report it: /),
    });
    expect(readdirSync(join(home, "broken"))).toEqual(["bug.cjs"]);
  });

  test("loads the compiler for a config in TypeScript, and for none in JSON", async () => {
    write(home, {
      "compiler.cjs":
        'process.on("exit", () => process.stderr.write(String(Object.keys(require.cache).some((path) => /esbuild/.test(path)))));',
    });
    const loaded = async (config: string) => {
      const args = [join(home, "compiler.cjs"), join(root, "app.cjs"), "check"];
      return (await runs("--require", args, root, { PATH, TLS_STACKS_CONFIG: config })).stderr.slice(-5);
    };
    expect(await loaded(everything)).toMatch(/false$/);
    expect(await loaded("config/example.ts")).toMatch(/true$/);
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
  let home: string;
  const cache = () => join(home, "node_modules", ".cache", "ai-tls-stacks");
  const kept = () => join(cache(), `${process.version}-${process.arch}.cjs`);
  const first = ["main 1", "part 1", "dep 1"];

  /** A compiler that says when it is loaded, and changes `edit` once it has read everything. */
  const compiler = `const real = require(${JSON.stringify(join(root, "node_modules", "esbuild"))});
    process.stderr.write("compiles\\n");
    exports.buildSync = (options) => {
      const built = real.buildSync(options);
      if (process.env.EDIT) require("node:fs").appendFileSync(process.env.EDIT, "// saved meanwhile");
      return built;
    };`;

  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), "tls-stacks-launcher-"));
    write(home, {
      "app.cjs": readFileSync(join(root, "app.cjs"), "utf8"),
      "lib/load-typescript.cjs": readFileSync(join(root, "lib", "load-typescript.cjs"), "utf8"),
      "node_modules/esbuild/index.js": compiler,
      "node_modules/.package-lock.json": '{"dep":"1.0.0"}',
      "node_modules/dep/package.json": '{"name":"dep","version":"1.0.0","main":"index.js"}',
      "node_modules/dep/index.js": 'module.exports = "dep 1";',
      "lib/part/index.ts": 'export const part: string = "part 1";',
      "main.ts":
        'import dep from "dep"; import { part } from "./lib/part";\n' +
        'process.stdout.write(JSON.stringify(["main 1", part, dep]));',
    });
  });

  afterEach(() => rmSync(home, { recursive: true, force: true }));

  /** What the program says, and whether it was compiled for that. */
  async function started(env: NodeJS.ProcessEnv = {}) {
    const { code, stdout, stderr } = await runs(join(home, "app.cjs"), [], home, env);
    if (code !== 0 || !/^(compiles\n)?$/.test(stderr)) throw new Error(stderr);
    return { value: JSON.parse(stdout) as unknown, compiled: stderr !== "" };
  }

  const compiled = (value: unknown) => ({ value, compiled: true });
  const asKept = (value: unknown) => ({ value, compiled: false });
  const mode = (path: string) => (statSync(path).mode & 0o777).toString(8);

  test("compiles once and keeps the program for its owner only, with V8's cache where Node makes one", async () => {
    const umask = process.umask(0);
    try {
      expect(await started()).toEqual(compiled(first));
      const before = readFileSync(kept(), "utf8");
      expect(await started()).toEqual(asKept(first));
      expect(readFileSync(kept(), "utf8")).toBe(before);
    } finally {
      process.umask(umask);
    }
    expect(readdirSync(cache()).sort()).toEqual([basename(kept()), "v8"]);
    expect([cache(), join(cache(), "v8"), kept()].map(mode)).toEqual(["700", "700", "600"]);
    expect(readdirSync(join(cache(), "v8"))).toHaveLength("enableCompileCache" in nodeModule ? 1 : 0);
  });

  test("takes a script as its text, and notices that it has changed", async () => {
    const main = 'import text from "./lib/tool.sh"; process.stdout.write(JSON.stringify(text));';
    write(home, { "lib/tool.sh": "#!/bin/sh\necho 1\n", "main.ts": main });
    expect(await started()).toEqual(compiled("#!/bin/sh\necho 1\n"));
    expect(await started()).toEqual(asKept("#!/bin/sh\necho 1\n"));
    write(home, { "lib/tool.sh": "#!/bin/sh\necho 2\n" });
    expect(await started()).toEqual(compiled("#!/bin/sh\necho 2\n"));
  });

  test("notices what was changed, whatever the clock says, and what is found in another place now", async () => {
    await started();
    const part = join(home, "lib/part/index.ts");
    const { atime, mtime } = statSync(part);
    write(home, { "lib/part/index.ts": 'export const part: string = "part 2";' });
    utimesSync(part, atime, mtime);
    expect(await started()).toEqual(compiled(["main 1", "part 2", "dep 1"]));
    write(home, { "lib/part.ts": 'export const part = "nearer";' });
    expect(await started()).toEqual(compiled(["main 1", "nearer", "dep 1"]));
    const imports = { "#part": "./lib/part/index.ts" };
    write(home, {
      "package.json": JSON.stringify({ imports }),
      "main.ts": 'import { part } from "#part"; process.stdout.write(JSON.stringify(part));',
    });
    expect(await started()).toEqual(compiled("part 2"));
    write(home, { "package.json": JSON.stringify({ imports: { "#part": "./lib/part.ts" } }) });
    expect(await started()).toEqual(compiled("nearer"));
    expect(await started()).toEqual(asKept("nearer"));
    expect(readdirSync(cache()).sort()).toEqual([basename(kept()), "v8"]);
  });

  test.each([
    ["npm", "node_modules/.package-lock.json"],
    ["pnpm", "node_modules/.modules.yaml"],
    ["pnpm's own lock", "node_modules/.pnpm/lock.yaml"],
    ["Yarn", "node_modules/.yarn-state.yml"],
    ["Yarn 1", "node_modules/.yarn-integrity"],
  ])("notices another version of a package that %s installed, here or in the workspace above", async (_, record) => {
    const workspace = home;
    home = join(workspace, "packages/tls");
    mkdirSync(join(home, "node_modules"), { recursive: true });
    for (const part of ["app.cjs", "main.ts", "lib"]) renameSync(join(workspace, part), join(home, part));
    rmSync(join(workspace, "node_modules/.package-lock.json"));
    write(workspace, { [record]: "dep 1.0.0" });
    try {
      expect(await started()).toEqual(compiled(first));
      expect(await started()).toEqual(asKept(first));
      write(workspace, { "node_modules/dep/index.js": 'module.exports = "dep 2";', [record]: "dep 2.0.0" });
      expect(await started()).toEqual(compiled(["main 1", "part 1", "dep 2"]));
      write(home, { "node_modules/dep/index.js": 'module.exports = "own dep";', [record]: "own dep" });
      expect(await started()).toEqual(compiled(["main 1", "part 1", "own dep"]));
      expect(await started()).toEqual(asKept(["main 1", "part 1", "own dep"]));
    } finally {
      home = workspace;
    }
  });

  test("keeps nothing if nobody knows what is installed, or if something is imported that is not looked at", async () => {
    rmSync(join(home, "node_modules/.package-lock.json"));
    for (const _ of [1, 2]) expect(await started()).toEqual(compiled(first));
    write(home, {
      "node_modules/.package-lock.json": "{}",
      "elsewhere/part.ts": 'export const part = "elsewhere";',
      "lib/part/index.ts": 'export * from "../../elsewhere/part";',
    });
    for (const _ of [1, 2]) expect(await started()).toEqual(compiled(["main 1", "elsewhere", "dep 1"]));
    expect(existsSync(kept())).toBe(false);
  });

  test("does not keep what was saved while it compiled: it may be neither the old nor the new", async () => {
    for (const _ of [1, 2]) expect(await started({ EDIT: join(home, "lib/part/index.ts") })).toEqual(compiled(first));
    expect(existsSync(kept())).toBe(false);
    expect(await started()).toEqual(compiled(first));
    expect(await started()).toEqual(asKept(first));
  });

  test.each<[string, (file: string) => string]>([
    ["cut short", (text) => text.slice(0, text.length / 2)],
    ["of the same length, but other", (text) => text.replace("main 1", "main 9")],
    ["with nothing in it", () => ""],
    ["without its first line", (text) => text.slice(text.indexOf("\n") + 1)],
    ["with a first line that says nothing", (text) => text.replace(/^\/\/.*/, "//")],
  ])("does not run a kept program that is damaged, and mends it: %s", async (_, damaged) => {
    await started();
    writeFileSync(kept(), damaged(readFileSync(kept(), "utf8")));
    expect(await started()).toEqual(compiled(first));
    expect(await started()).toEqual(asKept(first));
  });

  describe("a program that somebody else may have put there", () => {
    const planted = ["planted", "part 1", "dep 1"];
    const v8 = () => join(cache(), "v8");
    const nobody = 65_534;

    beforeEach(async () => {
      await started();
      const [, key, code] = /^\/\/ (\w+) \w+\n(.*)$/s.exec(readFileSync(kept(), "utf8")) ?? [];
      const other = code?.replace("main 1", "planted") ?? "";
      writeFileSync(kept(), `// ${key} ${createHash("sha256").update(other).digest("hex")}\n${other}`);
    });

    test("would run if it were the owner's", async () => {
      expect(await started()).toEqual(asKept(planted));
    });

    const cases: readonly (readonly [string, () => void])[] = [
      ["the folder open to everybody", () => chmodSync(cache(), 0o777)],
      ["the folder open to the group", () => chmodSync(cache(), 0o770)],
      ["the program open to everybody", () => chmodSync(kept(), 0o666)],
      ["the folder of V8's cache open to everybody", () => chmodSync(v8(), 0o777)],
    ];
    // Only root can give a file away.
    const owners: typeof cases = [
      ["another's folder", () => chownSync(cache(), nobody, nobody)],
      ["another's program", () => chownSync(kept(), nobody, nobody)],
      ["another's folder of V8's cache", () => chownSync(v8(), nobody, nobody)],
    ];
    test.each([...cases, ...(process.getuid?.() === 0 ? owners : [])])("is not run: %s", async (_, open) => {
      open();
      expect(await started()).toEqual(compiled(first));
      expect(await started()).toEqual(asKept(first));
      expect([cache(), v8(), kept()].map(mode)).toEqual(["700", "700", "600"]);
    });

    test("is not run from a folder that the cache's name leads to", async () => {
      const elsewhere = join(home, "elsewhere");
      renameSync(cache(), elsewhere);
      symlinkSync(elsewhere, cache());
      expect(await started()).toEqual(compiled(first));
      expect(existsSync(join(elsewhere, basename(kept())))).toBe(true);
    });
  });

  test("works where nothing can be kept, and where something is in the way", async () => {
    write(home, { "node_modules/.cache": "a file where the folder should be" });
    for (const _ of [1, 2]) expect(await started()).toEqual(compiled(first));
    rmSync(join(home, "node_modules/.cache"));
    chmodSync(join(home, "node_modules"), 0o555);
    for (const _ of [1, 2]) expect((await started()).value).toEqual(first);
    chmodSync(join(home, "node_modules"), 0o755);
    await started();
    rmSync(kept());
    write(kept(), { "in/the": "way" });
    for (const _ of [1, 2]) expect(await started()).toEqual(compiled(first));
    expect(readdirSync(cache()).sort()).toEqual([basename(kept()), "v8"]);
  });

  test("forgets after a month what is not made again, and what a killed run left half written", async () => {
    await started();
    const [old, young] = [join(cache(), "v20.0.0-x64.cjs"), `${kept()}.4712`];
    for (const file of [old, young]) writeFileSync(file, "half");
    const month = Date.now() / 1000 - 31 * 86_400;
    utimesSync(old, month, month);
    write(home, { "lib/part/index.ts": 'export const part: string = "part 2";' });
    await started();
    expect([existsSync(old), existsSync(young)]).toEqual([false, true]);
  });

  test("passes on what the file throws, and what the compiler says", async () => {
    write(home, { "main.ts": 'throw new RangeError("from the file");' });
    await expect(started()).rejects.toThrow("RangeError: from the file");
    await expect(started()).rejects.toThrow("RangeError: from the file");
    write(home, { "main.ts": "export default {" });
    await expect(started()).rejects.toThrow("main.ts:1:16: ERROR: Expected identifier but found end of file");
  });

  test("can run several times at once: nobody reads what another has half written or taken away", async () => {
    const together = async () => {
      const values = await Promise.all(["a", "b", "c", "d"].map(() => started()));
      return values.map(({ value }) => value);
    };
    expect(await together()).toEqual(Array(4).fill(first));
    write(home, { "lib/part/index.ts": 'export const part: string = "part 2";' });
    expect(await together()).toEqual(Array(4).fill(["main 1", "part 2", "dep 1"]));
    expect(readdirSync(cache()).sort()).toEqual([basename(kept()), "v8"]);
  });
});
