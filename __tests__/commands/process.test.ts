import { execFile } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import nodeModule from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stackTexts } from "../support/synthesis";
import { writeFiles } from "../support/temporary";

const root = join(__dirname, "../..");
const everything = "__tests__/golden/acm-everything.json";

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

/** Milliseconds after which a process is killed: the runner has no time limits. A busy machine takes a tenth. */
const LIMIT = 60_000;

/** Runs a program of ours as a process of its own. */
function runs(program: string, args: readonly string[], cwd: string, env: NodeJS.ProcessEnv = {}): Promise<Ended> {
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [program, ...args],
      { cwd, env, encoding: "utf8", timeout: LIMIT },
      (error, stdout, stderr) =>
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
    writeFiles(home, {
      "elsewhere/config.json": readFileSync(join(root, everything), "utf8"),
      "elsewhere/cdktf.out/kept.txt": "kept",
      "wrong/config.json": JSON.stringify({ project: "Wrong", password: "x" }),
      // As a bug of ours would.
      "broken/bug.cjs": 'require("node:fs").mkdtempSync = () => { throw new TypeError("broken on purpose"); };',
      "compiler.cjs": `process.on("exit", () => {
        const loaded = Object.keys(require.cache).some((path) => /esbuild/.test(path));
        require("node:fs").writeFileSync(__dirname + "/compiler-" + process.env.RUN, String(loaded));
      });`,
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
      ended[name] = await runs("--require", [join(home, "compiler.cjs"), join(app, "app.cjs"), verb], cwd, {
        PATH,
        RUN: name,
        ...canaries,
        ...env,
      });
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

  test("loads the compiler for a config in TypeScript, and for none in JSON", () => {
    const loaded = (name: string) => readFileSync(join(home, `compiler-${name}`), "utf8");
    expect({ json: loaded("estonian"), typescript: loaded("example") }).toEqual({ json: "false", typescript: "true" });
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
  const home = mkdtempSync(join(tmpdir(), "tls-stacks-launcher-"));
  afterAll(() => rmSync(home, { recursive: true, force: true }));

  test("can run several times at once, and has V8's cache where Node makes one", async () => {
    for (const folder of ["commands", "lib", "stacks"]) mkdirSync(join(home, folder));
    for (const path of ["app.cjs", "lib/load-typescript.cjs"]) copyFileSync(join(root, path), join(home, path));
    writeFiles(home, { "main.ts": 'process.stdout.write("1" as string);', "node_modules/.package-lock.json": "{}" });
    symlinkSync(join(root, "node_modules/esbuild"), join(home, "node_modules/esbuild"));
    const together = async () => {
      const all = await Promise.all([1, 2, 3].map(() => runs(join(home, "app.cjs"), [], home)));
      return all.map(({ stdout, stderr }) => stdout + stderr);
    };
    expect(await together()).toEqual(["1", "1", "1"]);
    writeFiles(home, { "main.ts": 'process.stdout.write("2" as string);' });
    expect(await together()).toEqual(["2", "2", "2"]);
    // The last to compile may have taken away what another kept.
    await runs(join(home, "app.cjs"), [], home);
    expect(await together()).toEqual(["2", "2", "2"]);
    const cached = readdirSync(join(home, "node_modules/.cache/ai-tls-stacks"));
    expect(cached).toHaveLength("enableCompileCache" in nodeModule ? 2 : 1);
  });
});
