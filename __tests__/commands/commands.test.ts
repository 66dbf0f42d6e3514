import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { Process } from "../../commands/output";
import { runCommand, type Said } from "../support/run-command";
import { expectGolden, stackTexts } from "../support/synthesis";

let home: string;
let outdir: string;

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "tls-stacks-commands-"));
  outdir = join(home, "cdktf.out");
});

afterEach(() => rmSync(home, { recursive: true, force: true }));

const root = join(__dirname, "../..");
const everything = "__tests__/golden/acm-everything.json";

const command = (args: readonly string[], around: Partial<Process> = {}): Said =>
  runCommand(args, { configFile: join(home, "config.json"), outdir, ...around });

/** A config with a stack and a certificate for each name. */
function configOf(stacks: readonly string[], more: object = {}): object {
  const stack = (name: string) => ({
    scenario: "acm-route53",
    account: "111122223333",
    region: "eu-west-1",
    dns: { in: "route53", zones: { "example.com": "Z0123456789ABCDEFGHIJ" } },
    certificates: { api: { names: [`${name}.example.com`, `*.${name}.example.com`], alarm: false } },
  });
  return {
    project: "ai-platform",
    environment: "test",
    backend: { type: "local" },
    stacks: Object.fromEntries(stacks.map((name) => [name, stack(name)])),
    ...more,
  };
}

/** Writes files below the test's folder; what is no text is written as JSON. */
function write(files: Readonly<Record<string, unknown>>): void {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(home, path)), { recursive: true });
    writeFileSync(join(home, path), typeof content === "string" ? content : JSON.stringify(content));
  }
}

/** Everything below the test's folder: files with their content, and folders. */
function contents(): Readonly<Record<string, string>> {
  const entries = readdirSync(home, { recursive: true, withFileTypes: true });
  const read = (path: string, isFile: boolean) => [
    path.slice(home.length + 1),
    isFile ? readFileSync(path, "utf8") : "/",
  ];
  return Object.fromEntries(entries.map((entry) => read(join(entry.parentPath, entry.name), entry.isFile())));
}

/** Synthesizes a config that is right. */
function synth(config: object): Said {
  write({ "config.json": config });
  const said = command(["synth"]);
  expect(said).toMatchObject({ code: 0, stderr: "" });
  return said;
}

const stackTrace = /^\s+at /m;

describe("many findings", () => {
  const wrong = (many: number) => {
    const certificates = Object.fromEntries(
      Array.from({ length: many }, (_, index) => [
        `c${index}`,
        { names: [`n${index}.example.com`], alarm: false, kye: "x" },
      ]),
    );
    const { stacks, ...rest } = configOf(["web"]) as { stacks: { web: object } };
    return { ...rest, stacks: { web: { ...stacks.web, certificates } } };
  };

  test.each([
    [100, 102, undefined],
    [101, 103, "  and 1 more problem; check --json lists all"],
    [150, 103, "  and 50 more problems; check --json lists all"],
  ])("of %s mistakes the first hundred are told", (many, lines, last) => {
    write({ "config.json": wrong(many) });
    for (const name of ["check", "synth"]) {
      const { code, stderr } = command([name]);
      const told = stderr.split("\n");
      expect([code, told.length, told[0]]).toEqual([
        1,
        lines,
        expect.stringMatching(new RegExp(`: ${many} problems$`)),
      ]);
      if (last !== undefined) expect(told.at(-2)).toBe(last);
    }
    const { problems } = JSON.parse(command(["check", "--json"]).stdout) as { problems: readonly string[] };
    expect(problems).toHaveLength(many);
  });
});

describe("synth", () => {
  test.each([
    ["example", "config/example.ts"],
    ["acm-everything", everything],
  ])("operations receive exactly the bytes in golden/%s", (name, configFile) => {
    expect(command(["synth"], { configFile }).code).toBe(0);
    expectGolden(name, stackTexts(outdir));
  });

  test("says first which config for which environment, then each stack in aligned columns", () => {
    const { stdout } = command(["synth"], { configFile: everything });
    const [first, ...table] = stdout.trimEnd().split("\n");
    expect(first).toBe(`${everything}, environment everything`);
    const cells = table.map((line) => line.split(/ {2,}/));
    const file = (stack: string) => join(outdir, "stacks", stack, "cdk.tf.json");
    expect(cells).toEqual([
      ["stack", "scenario", "certificates", "names", "authorities", "resources", "keys in state", "file"],
      ["cdn-only", "acm-route53", "2", "2", "0", "8", "0", file("cdn-only")],
      ["public", "acm-route53", "7", "21", "0", "39", "0", file("public")],
    ]);
    const starts = table.map((line) => [line.indexOf("acm-route53"), line.indexOf(home)]).slice(1);
    expect(starts[0]).toEqual(starts[1]);
    expect(table[0]?.indexOf("scenario")).toBe(starts[0]?.[0]);
    expect(table[0]?.indexOf("file")).toBe(starts[0]?.[1]);
  });

  test("counts the certificates that were written; authorities and keys in the state apart, and not what nodes get themselves", () => {
    const { stdout } = command(["synth"], { configFile: "config/example.ts" });
    const rows = stdout.split("\n").map((line) => line.split(/ {2,}/));
    const counted = (stack: string) =>
      rows
        .find(([name]) => name === stack)
        ?.toSpliced(5, 1)
        .slice(2, 6);
    expect(counted("cas-short-lived")).toEqual(["0", "0", "2", "0"]);
    expect(counted("pipeline-tls")).toEqual(["2", "8", "1", "3"]);
    expect(counted("vault-pki-k8s")).toEqual(["2", "3", "2", "2"]);
  });

  test("writes the JSON and the framework's list of stacks, and leaves no other file or folder", () => {
    synth(configOf(["one", "two"]));
    expect(Object.keys(contents()).sort()).toEqual([
      "cdktf.out",
      "cdktf.out/manifest.json",
      "cdktf.out/stacks",
      "cdktf.out/stacks/one",
      "cdktf.out/stacks/one/cdk.tf.json",
      "cdktf.out/stacks/two",
      "cdktf.out/stacks/two/cdk.tf.json",
      "config.json",
    ]);
    for (const text of Object.values(contents()).slice(1)) expect(text).not.toContain(home);
  });

  test("is the framework's app command too", () => {
    const read = (file: string) => JSON.parse(readFileSync(join(root, file), "utf8")) as Record<string, never>;
    const { synth } = read("package.json").scripts ?? ({} as Record<string, string>);
    expect(read("cdktf.json").app).toBe(synth);
  });

  test("keeps what Terraform and people put beside the JSON", () => {
    const kept = {
      "cdktf.out/stacks/one/.terraform/providers/here": "plugin",
      "cdktf.out/stacks/one/.terraform.lock.hcl": "lock",
      "cdktf.out/stacks/one/zz_override.tf.json": "{}",
      "cdktf.out/stacks/one/notes.txt": "mine",
      "cdktf.out/readme.txt": "mine",
    };
    synth(configOf(["one"]));
    write(kept);
    synth(configOf(["one"], { labels: { team: "ml" } }));
    expect(contents()).toMatchObject(kept);
    expect(contents()["cdktf.out/stacks/one/cdk.tf.json"]).toContain('"team": "ml"');
  });

  // Linux has a second file system for everybody.
  const elsewhere = existsSync("/dev/shm") ? test : test.skip;
  elsewhere("writes to an output folder that is a volume of its own", () => {
    const volume = mkdtempSync("/dev/shm/tls-stacks-commands-");
    try {
      symlinkSync(volume, outdir);
      synth(configOf(["one"]));
      expect(readdirSync(volume).sort()).toEqual(["manifest.json", "stacks"]);
    } finally {
      rmSync(volume, { recursive: true });
    }
  });

  test("puts a committed provider lock beside the JSON of its stack", () => {
    const before = process.cwd();
    write({
      "locks/one.terraform.lock.hcl": "provider versions",
      "locks/two.terraform.lock.hcl": "of all environments",
      "locks/test/two.terraform.lock.hcl": "of this environment",
      "locks/prod/one.terraform.lock.hcl": "of another environment",
    });
    try {
      process.chdir(home);
      synth(configOf(["one", "two", "three"]));
    } finally {
      process.chdir(before);
    }
    expect(contents()["cdktf.out/stacks/one/.terraform.lock.hcl"]).toBe("provider versions");
    expect(contents()["cdktf.out/stacks/two/.terraform.lock.hcl"]).toBe("of this environment");
    expect(contents()).not.toHaveProperty(["cdktf.out/stacks/three/.terraform.lock.hcl"]);
  });

  test("warns in CI when nobody named a config, and only then", () => {
    const warning = (around: Partial<Process>) => command(["synth"], { configFile: everything, ...around }).stderr;
    const unasked = /^warning: .*TLS_STACKS_CONFIG/m;
    expect(warning({ unattended: true, named: false })).toMatch(unasked);
    expect(warning({ unattended: true, named: true })).not.toMatch(unasked);
    expect(warning({ unattended: false, named: false })).not.toMatch(unasked);
  });
});

describe("a stack that left the config", () => {
  const path = "../../../state/test/two.tfstate";
  const local = { version: 3, terraform_version: "1.11.4", backend: { type: "local", config: { path }, hash: 1 } };

  /** What is in the folder of the stack that leaves. */
  const two = (all: object) => Object.entries(all).filter(([path]) => path.includes("stacks/two/"));

  test("takes its generated folder along, and leaves its state where local states are", () => {
    synth(configOf(["one", "two"]));
    write({
      "state/test/two.tfstate": "the state of two",
      "cdktf.out/stacks/two/.terraform/terraform.tfstate": local,
      "cdktf.out/stacks/two/.terraform.lock.hcl": "lock",
    });
    synth(configOf(["one"]));
    expect(existsSync(join(outdir, "stacks", "two"))).toBe(false);
    expect(contents()["state/test/two.tfstate"]).toBe("the state of two");
    expect(Object.keys(stackTexts(outdir))).toEqual(["one"]);
  });

  test.each([
    "terraform.tfstate",
    "terraform.tfstate.backup",
    "errored.tfstate",
    "terraform.tfstate.d/blue/terraform.tfstate",
  ])("keeps its folder whole if %s is in it, and synth says so each time", (state) => {
    synth(configOf(["one", "two"]));
    write({ [`cdktf.out/stacks/two/${state}`]: "state" });
    const before = contents();
    write({ "config.json": configOf(["one"]) });
    for (const _ of ["first", "second"]) {
      const { code, stderr } = command(["synth"]);
      expect(code).toBe(0);
      expect(stderr).toMatch(/^warning: .*stacks\/two is no longer in the config and holds state; /);
    }
    expect(two(contents())).toEqual(two(before));
  });

  test("is left to the framework's CLI if that runs us", () => {
    synth(configOf(["one", "two"]));
    write({ "config.json": configOf(["one"]) });
    const before = contents();
    expect(command(["synth"], { frameworkCli: true })).toMatchObject({ code: 0, stderr: "" });
    expect(two(contents())).toEqual(two(before));
  });

  test("is not one that another environment has in the same output folder", () => {
    synth(configOf(["one", "two"], { environment: "prod" }));
    const record = { ...local, backend: { ...local.backend, config: { path: "../../../state/prod/two.tfstate" } } };
    write({ "cdktf.out/stacks/two/.terraform/terraform.tfstate": record });
    const before = contents();
    synth(configOf(["one"]));
    expect(two(contents())).toEqual(two(before));
  });

  test("keeps files that are not ours, and a folder that never was", () => {
    synth(configOf(["one", "two"]));
    const others = {
      "cdktf.out/stacks/other/main.tf": "mine",
      "cdktf.out/stacks/other/.terraform.lock.hcl": "mine",
      "cdktf.out/stacks/other/.terraform/modules/modules.json": "mine",
    };
    write({ "cdktf.out/stacks/two/notes.txt": "mine", ...others });
    synth(configOf(["one"]));
    expect(two(contents())).toEqual([["cdktf.out/stacks/two/notes.txt", "mine"]]);
    expect(contents()).toMatchObject(others);
  });
});

describe("an output folder that was initialised for another environment", () => {
  const bucket = { bucket: "state", region: "eu-west-1" };
  const nothing = { access_key: null, endpoint: null, token: null, workspace_dir: null };
  // What `terraform init` (1.11) writes down of each backend: all its arguments, most of them null.
  const backends: readonly (readonly [Readonly<Record<string, string>>, (key: string) => object])[] = [
    [{ type: "local" }, (key) => ({ ...nothing, path: `../../../state/${key.split("/").slice(1).join("/")}.tfstate` })],
    [{ type: "s3", ...bucket }, (key) => ({ ...nothing, ...bucket, encrypt: true, key, use_lockfile: true })],
    [{ type: "s3", ...bucket, keyPrefix: "tls/all" }, (key) => ({ ...nothing, ...bucket, key: `tls/all/${key}` })],
    [{ type: "gcs", bucket: "state", prefix: "tls" }, (key) => ({ ...nothing, bucket: "state", prefix: `tls/${key}` })],
    [
      { type: "azurerm", resourceGroup: "group", storageAccount: "account", container: "tfstate" },
      (key) => ({ ...nothing, container_name: "tfstate", key, storage_account_name: "account" }),
    ],
    [
      { type: "http", address: "https://state.example.com/tls" },
      (key) => ({ ...nothing, address: `https://state.example.com/tls/${key}`, lock_address: null }),
    ],
    [
      { type: "kubernetes", namespace: "terraform" },
      (key) => ({ ...nothing, config_path: null, namespace: "terraform", secret_suffix: key.replaceAll("/", ".") }),
    ],
    [
      { type: "cloud", organization: "example" },
      (key) => ({
        ...nothing,
        hostname: null,
        organization: "example",
        workspaces: { name: key.replaceAll("/", "_"), project: null, tags: null },
      }),
    ],
  ];
  const record = (type: string, config: object) => ({
    version: 3,
    terraform_version: "1.11.4",
    backend: { type, config, hash: 3831923231 },
  });
  const place = "cdktf.out/stacks/one/.terraform/terraform.tfstate";

  test.each(backends)("is refused with both keys and the way out: %j", (backend, recorded) => {
    const config = configOf(["one"], { backend });
    write({ "config.json": config, [place]: record(backend.type ?? "", recorded("ai-platform/prod/one")) });
    const before = contents();
    const { code, stdout, stderr } = command(["synth"]);
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    const project = backend.type === "local" ? "" : "ai-platform/";
    expect(stderr).toContain(
      `stacks/one is initialised for the state ${project}prod/one, this config has ${project}test/one;`,
    );
    expect(stderr).toContain("CDKTF_OUTDIR");
    expect(contents()).toEqual(before);
    write({ [place]: record(backend.type ?? "", recorded("ai-platform/test/one")) });
    synth(config);
    write({ [place]: record(backend.type ?? "", recorded("other/test/one")) });
    // A local state's path has no project.
    expect(command(["synth"]).code).toBe(backend.type === "local" ? 0 : 1);
  });

  test("is refused if it is no folder at all", () => {
    write({ "config.json": configOf(["one"]), "cdktf.out": "a file" });
    const { code, stderr } = command(["synth"]);
    expect(code).toBe(1);
    expect(stderr).toContain(`CDKTF_OUTDIR: is ${JSON.stringify(outdir)}, which is no folder; name another\n`);
  });

  test("is told from one whose backend was changed, which Terraform migrates on request", () => {
    write({ [place]: record("local", { path: "../../../state/test/one.tfstate", workspace_dir: null }) });
    synth(configOf(["one"], { backend: { type: "s3", ...bucket } }));
    write({ [place]: record("local", { path: "../../../state/prod/one.tfstate", workspace_dir: null }) });
    expect(command(["synth"]).code).toBe(1);
  });

  test("is not guessed at: a backend that is none of ours is refused, a record without or beyond sense is not", () => {
    write({ "config.json": configOf(["one"]), [place]: record("consul", { path: "tls" }) });
    expect(command(["synth"])).toMatchObject({ code: 1, stderr: expect.stringContaining("(backend consul)") });
    for (const harmless of [{ version: 3 }, "null", '{"version":3,"ba', ""]) {
      write({ [place]: harmless });
      synth(configOf(["one"]));
    }
  });

  test("is refused as a hand-off as well", () => {
    const handedOff = "handoff/test/one/.terraform/terraform.tfstate";
    write({
      "config.json": configOf(["one"]),
      [handedOff]: record("local", { path: "../../../state/prod/one.tfstate" }),
    });
    const before = contents();
    expect(command(["handoff", "one", "--out", join(home, "handoff")])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("prod/one, this config has test/one"),
    });
    expect(contents()).toEqual(before);
  });
});

describe("a config with mistakes", () => {
  const wrong = {
    ...configOf(["one"]),
    environment: "Prod",
    labls: {},
    backend: { type: "s3", bucket: "state", region: "nowhere" },
  };

  test.each([["synth"], ["check"], ["handoff", "one", "--out", "elsewhere"]])(
    "ends %s with code 1, every mistake on a line of its own, no stack trace, and nothing written",
    (...args) => {
      synth(configOf(["one"]));
      write({ "config.json": wrong });
      const before = contents();
      const { code, stdout, stderr } = command(args.filter((arg) => arg !== undefined));
      expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
      const [first, ...lines] = stderr.trimEnd().split("\n");
      expect(first).toBe(`${join(home, "config.json")}: 3 problems`);
      expect(lines).toEqual([
        expect.stringMatching(/^ {2}backend\.region: is "nowhere"; write /),
        expect.stringMatching(/^ {2}environment: is "Prod"; write /),
        expect.stringMatching(/^ {2}labls: is an unknown field; did you mean "labels"\?$/),
      ]);
      expect(stderr).not.toMatch(stackTrace);
      expect(contents()).toEqual(before);
      expect(existsSync(join(root, "elsewhere"))).toBe(false);
    },
  );

  test.each([
    ["missing.json", undefined],
    ["config", undefined],
    ["broken.json", "{"],
    ["broken.ts", "export default {"],
    ["config.yaml", "project: x"],
  ])("or that cannot be read at all (%s) is the user's to mend as well", (name, content) => {
    write({ "config/x": "", ...(content === undefined ? {} : { [name]: content }) });
    const { code, stdout, stderr } = command(["synth"], { configFile: join(home, name) });
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toMatch(new RegExp(`${name}: 1 problem\\n {2}the config file .+\\n$`));
    expect(stderr).not.toMatch(stackTrace);
    expect(existsSync(outdir)).toBe(false);
  });

  test("is reported as JSON to other programs, with the same exit code", () => {
    write({ "config.json": wrong });
    const { code, stdout, stderr } = command(["check", "--json"]);
    expect({ code, stderr }).toEqual({ code: 1, stderr: "" });
    expect(JSON.parse(stdout)).toEqual({
      config: join(home, "config.json"),
      environment: null,
      problems: [/^backend\.region: /, /^environment: /, /^labls: /].map((start) => expect.stringMatching(start)),
      warnings: [],
      findings: [["backend", "region"], ["environment"], ["labls"]].map((path) => ({
        severity: "problem",
        place: path.join("."),
        path,
        message: expect.any(String) as string,
      })),
    });
    const unreadable = command(["check", "--json"], { configFile: join(home, "missing.json") });
    expect(unreadable.code).toBe(1);
    expect(JSON.parse(unreadable.stdout)).toMatchObject({ environment: null, problems: [expect.any(String)] });
  });
});

describe("check", () => {
  test("says that a config is right, and writes nothing", () => {
    write({ "config.json": configOf(["one", "two"]) });
    const before = contents();
    expect(command(["check"])).toEqual({
      code: 0,
      stdout: `${join(home, "config.json")}, environment test\n2 stacks, 2 certificates: no problem found\n`,
      stderr: "",
    });
    expect(contents()).toEqual(before);
  });

  test("gives warnings their own place in JSON, and they are no failure", () => {
    const { code, stdout, stderr } = command(["check", "--json"], { configFile: everything });
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const report = JSON.parse(stdout) as { environment: string; problems: string[]; warnings: string[] };
    expect(report).toMatchObject({ config: everything, environment: "everything", problems: [] });
    expect(report.warnings).toEqual([
      expect.stringMatching(/^stacks\.cdn-only\.certificates: have alarms that tell nobody/),
      expect.stringMatching(/^stacks\.public\.certificates\.cdn\.alarm\.before: /),
      expect.stringMatching(/^stacks\.public\.certificates: have alarms that tell nobody/),
    ]);
    const lines = report.warnings.map((warning) => `warning: ${warning}\n`).join("");
    expect(command(["check"], { configFile: everything }).stderr).toBe(lines);
  });
});

describe("the command line", () => {
  test.each([
    [["sinth"], /^error: unknown command 'sinth'/],
    [["synth", "--fast"], /^error: unknown option '--fast'/],
    [["check", "--jsn"], /^error: unknown option '--jsn'/],
    [[], /^Usage: ai-tls-stacks/],
  ])("refuses %j with code 1, on stderr", (args, message) => {
    const before = contents();
    const { code, stdout, stderr } = command(args);
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toMatch(message);
    expect(contents()).toEqual(before);
  });

  test("explains itself when asked, which is no failure", () => {
    const { code, stdout, stderr } = command(["--help"]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    for (const name of ["synth", "check", "handoff", "reference"])
      expect(stdout).toMatch(new RegExp(`^ {2}${name}\\b`, "m"));
  });
});

describe("handoff", () => {
  const out = () => join(home, "given");

  test("gives operations the JSON that synth makes, a page, and checksums that sha256sum accepts", () => {
    expect(command(["synth"], { configFile: everything }).code).toBe(0);
    const { code, stdout } = command(["handoff", "public", "--out", out()], { configFile: everything });
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: `${everything}, environment everything\n${join(out(), "everything", "public")}\n`,
    });
    const folder = join(out(), "everything", "public");
    expect(readdirSync(join(out(), "everything"))).toEqual(["public"]);
    expect(readdirSync(folder).sort()).toEqual(["README.md", "SHA256SUMS", "cdk.tf.json"]);
    expect(readFileSync(join(folder, "cdk.tf.json"), "utf8")).toBe(stackTexts(outdir).public);
    const sums = readFileSync(join(folder, "SHA256SUMS"), "utf8");
    const digest = (name: string) =>
      createHash("sha256")
        .update(readFileSync(join(folder, name)))
        .digest("hex");
    expect(sums).toBe(["README.md", "cdk.tf.json"].map((name) => `${digest(name)}  ${name}\n`).join(""));
    const [program = "", ...options] = "sha256sum --strict -c SHA256SUMS".split(" ");
    const tool = spawnSync(program, options, { cwd: folder, encoding: "utf8" });
    // macOS has no such program.
    if (tool.error === undefined) expect(tool).toMatchObject({ status: 0, stderr: "" });
  });

  test("has a page whose commands find what was changed, and what was put beside it for Terraform to read", () => {
    expect(command(["handoff", "public", "--out", out()], { configFile: everything }).code).toBe(0);
    const folder = join(out(), "everything", "public");
    const [, check = "", find = ""] =
      /```sh\n(sha256sum .*)\n(.*)\nterraform init/.exec(readFileSync(join(folder, "README.md"), "utf8")) ?? [];
    const says = (line: string) => {
      const { status, stdout } = spawnSync("sh", ["-c", line], { cwd: folder, encoding: "utf8" });
      return { status, stdout };
    };
    expect(says(find)).toEqual({ status: 0, stdout: "" });
    write({ "given/everything/public/.terraform/providers/x": "", "given/everything/public/evil.tf": "" });
    write({ "given/everything/public/kubernetes/more.yaml": "" });
    symlinkSync("/etc", join(folder, "more.auto.tfvars"));
    expect(says(find).stdout).toBe("evil.tf\nkubernetes/more.yaml\nmore.auto.tfvars\n");
    write({ "given/everything/public/cdk.tf.json": "{}" });
    // macOS has no sha256sum.
    if (says("command -v sha256sum").status === 0) expect(says(check).status).toBe(1);
  });

  test("gives operations the files for the cluster too, and takes those away that left the config", () => {
    const configFile = "__tests__/golden/vault-everything.json";
    const certificates = (names: readonly string[]) => {
      const config = JSON.parse(readFileSync(join(root, configFile), "utf8")) as {
        stacks: Record<string, { certificates: Record<string, unknown> }>;
      };
      const stack = config.stacks["vault-pki-k8s"];
      if (stack === undefined) throw new Error("no such stack");
      stack.certificates = Object.fromEntries(names.map((name) => [name, stack.certificates[name]]));
      writeFileSync(join(home, "config.json"), JSON.stringify(config));
    };
    const folder = join(out(), "everything", "vault-pki-k8s");
    const files = () =>
      readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((path) => /\.yaml$/.test(path));
    certificates(["embedder", "inference", "quiet"]);
    for (const args of [["synth"], ["handoff", "vault-pki-k8s", "--out", out()]]) {
      expect(command(args)).toMatchObject({ code: 0 });
    }
    const manifests = ["manifests", "patch-embedder", "patch-quiet"].map((name) => `kubernetes/${name}.yaml`);
    expect(files().sort()).toEqual(manifests);
    const sums = readFileSync(join(folder, "SHA256SUMS"), "utf8");
    for (const path of manifests) {
      const text = readFileSync(join(folder, path));
      expect(sums).toContain(`${createHash("sha256").update(text).digest("hex")}  ${path}\n`);
      expect(readFileSync(join(outdir, "stacks", "vault-pki-k8s", path))).toEqual(text);
    }
    const page = readFileSync(join(folder, "README.md"), "utf8");
    for (const line of [
      "A PKI in Vault (or OpenBao), and certificates in Kubernetes.",
      "`VAULT_ADDR`",
      "`auth/kubernetes-serving`",
      "kubectl --context kind-serving apply -f kubernetes/manifests.yaml",
      "patch deployment embedder --patch-file kubernetes/patch-embedder.yaml",
      "**2 private keys in the state",
      "`terraform destroy` is refused",
    ]) {
      expect(page).toContain(line);
    }
    certificates(["inference", "quiet"]);
    for (const args of [["synth"], ["handoff", "vault-pki-k8s", "--out", out()]]) {
      expect(command(args)).toMatchObject({ code: 0 });
    }
    expect(files()).toEqual(["kubernetes/patch-quiet.yaml"]);
    expect(readdirSync(join(outdir, "stacks", "vault-pki-k8s", "kubernetes"))).toEqual(["patch-quiet.yaml"]);
    expect(readFileSync(join(folder, "SHA256SUMS"), "utf8")).not.toContain("manifests.yaml");
  });

  test("tells an operator who knows nothing of this project what is needed, made, kept and to be expected", () => {
    const before = process.cwd();
    try {
      // Relative paths on the page must not depend on where it was made.
      process.chdir(home);
      expect(command(["handoff", "public"], { configFile: join(root, everything) }).code).toBe(0);
    } finally {
      process.chdir(before);
    }
    const page = readFileSync(join(home, "handoff", "everything", "public", "README.md"), "utf8");
    for (const line of [
      "# public: ai-platform, everything",
      "sha256sum -c SHA256SUMS",
      "terraform init",
      "- Terraform >= 1.10 (or OpenTofu with the same features).",
      "`hashicorp/aws` 5.100.0",
      "AWS credentials for account 111122223333",
      "`example.com`, `example.org`, `ml.example.com`, `xn--bcher-kva.example`",
      "39 resources:",
      "- 7 `aws_acm_certificate`",
      "- 17 `aws_route53_record`",
      '"key":"tls/ai-platform/everything/public"',
      "No private key is in the state",
      "2d at most",
      "certificate_inventory",
      "It is done when `terraform plan -detailed-exitcode` ends with 0",
      "After one that was killed: `terraform plan` first.",
      "`recover.tf.json` beside `cdk.tf.json`",
      "`terraform force-unlock <id>`",
    ]) {
      expect(page).toContain(line);
    }
    expect(page).not.toContain(home);
    expect(page).not.toContain("undefined");
  });

  test("takes the stacks that are named, in any order and once each, with their provider locks", () => {
    write({ "config.json": configOf(["one", "two", "three"]), "locks/two.terraform.lock.hcl": "versions" });
    const before = process.cwd();
    try {
      process.chdir(home);
      expect(command(["handoff", "two", "one", "two", "--out", out()]).code).toBe(0);
    } finally {
      process.chdir(before);
    }
    expect(readdirSync(join(out(), "test")).sort()).toEqual(["one", "two"]);
    expect(contents()["given/test/two/.terraform.lock.hcl"]).toBe("versions");
    expect(contents()["given/test/two/SHA256SUMS"]).toContain("  .terraform.lock.hcl\n");
  });

  test("of no stack is the user's mistake, and the stacks that there are are listed", () => {
    write({ "config.json": configOf(["one", "two"]) });
    const before = contents();
    const { code, stdout, stderr } = command(["handoff", "--out", out()]);
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toContain(
      'stacks: has "one", "two", and none is named; write which to hand off: npm run handoff -- one\n',
    );
    expect(contents()).toEqual(before);
  });

  test("of a stack that is not there is the user's mistake, and nothing is written", () => {
    write({ "config.json": configOf(["one", "two"]) });
    const before = contents();
    const { code, stderr } = command(["handoff", "one", "three", "--out", out()]);
    expect(code).toBe(1);
    expect(stderr).toContain('stacks: has no stack "three" to hand off; write "one" or "two"');
    expect(contents()).toEqual(before);
  });
});

describe("an operator of a private authority", () => {
  const pageOf = (example: string, changes: object = {}) => {
    const { default: given } = require(`../../config/examples/${example}`) as {
      default: { environment: string; stacks: Record<string, object> };
    };
    const [[name = "", scenario] = []] = Object.entries(given.stacks);
    write({ "config.json": { ...given, stacks: { [name]: { ...scenario, ...changes } } } });
    expect(command(["handoff", name, "--out", join(home, "out")]).code).toBe(0);
    const page = readFileSync(join(home, "out", given.environment, name, "README.md"), "utf8");
    // A line whose condition does not hold leaves nothing behind.
    expect(page).not.toMatch(/^- (false|undefined|)$/m);
    return page;
  };

  test("is told how the user data gets onto nodes, and what those need", () => {
    const page = pageOf("cas-two-groups");
    for (const line of [
      "- The API `privateca.googleapis.com`, enabled in the project.\n",
      "**After the apply, make the nodes with their group's user data**",
      "an image with cloud-init, systemd 244 or later, flock, OpenSSL 1.1.1 or later and gcloud",
      "a way to `privateca.googleapis.com` (Private Google Access or a NAT)",
      ...["trainers", "storage"].map(
        (group) =>
          `- Nodes of \`${group}\`: \`terraform output -json bootstrap | jq -r '.["${group}"]' > ${group}.yaml\`, then \`gcloud compute instances create <node> --project=ai-training --zone=<a zone of us-central1> --image-project=<project> --image-family=<family> --service-account=${group}@ai-training.iam.gserviceaccount.com --scopes=cloud-platform --metadata-from-file=user-data=${group}.yaml\`.\n`,
      ),
    ]) {
      expect(page).toContain(line);
    }
    expect(pageOf("cas-requests")).not.toContain("user data");
    const burst = pageOf("cas-devops");
    expect(burst).toContain("--service-account=<an account that is a member> ");
    expect(burst).toContain("Members: `principalSet://");
  });

  test("has no config to write in, so asks for another hand-off", () => {
    const ask = "ask for a hand-off with `protect: false`, apply that, then destroy.";
    for (const example of ["cas-two-groups", "vault-own-pki"]) {
      const page = pageOf(example);
      expect(page).toContain(ask);
      expect(page).not.toMatch(/`(protect|generation)[^`]*`[^.]* in the config/);
    }
    expect(pageOf("cas-requests")).toContain("a hand-off with a higher `generation` renews it");
    expect(pageOf("cas-two-groups", { protect: false })).toContain("**The authorities are not protected**");
  });
});

describe("reference", () => {
  test("writes what the schema says into docs/, and notices when that is not current", () => {
    const before = process.cwd();
    cpSync(join(root, "docs", "config.md"), join(home, "docs", "config.md"));
    write({ "docs/config.schema.json": "{}" });
    const page = readFileSync(join(home, "docs", "config.md"), "utf8");
    try {
      process.chdir(home);
      expect(command(["reference", "--check"])).toMatchObject({
        code: 1,
        stderr: expect.stringContaining("docs/config.schema.json is not what the schema says; run npm run reference"),
      });
      expect(command(["reference"])).toMatchObject({ code: 0, stderr: "" });
      expect(command(["reference", "--check"])).toMatchObject({ code: 0, stderr: "" });
      write({ "docs/config.md": page.replace(/\| `project` \|/, "| `projekt` |") });
      expect(command(["reference", "--check"])).toMatchObject({
        code: 1,
        stderr: expect.stringContaining("docs/config.md"),
      });
    } finally {
      process.chdir(before);
    }
  });
});

describe("the kubeconfig of every stack that has a cluster", () => {
  /** The example's stacks that have a cluster, reached in this way, in a config of their own. */
  const clustered = (kubernetes: object) => {
    const { stacks } = (require("../../config/example") as { default: { stacks: Record<string, object> } }).default;
    const changed = Object.entries(stacks).flatMap(([name, stack]) =>
      "kubernetes" in stack ? [[name, { ...stack, kubernetes }] as const] : [],
    );
    const backend = { type: "s3", bucket: "state", region: "eu-west-1" };
    const privateKeys = "encrypted-backend";
    const more = configOf(["web"]) as { stacks: object };
    write({
      "config.json": { ...more, backend, privateKeys, stacks: { ...more.stacks, ...Object.fromEntries(changed) } },
    });
    const names = changed.map(([name]) => name);
    expect(names.length).toBeGreaterThan(1);
    return names;
  };

  test("is warned of where it is not there", () => {
    const names = clustered({ context: "kind", kubeconfig: "/nowhere/kubeconfig" });
    const { stderr } = command(["check"]);
    for (const name of names) {
      expect(stderr).toContain(
        `warning: stacks.${name}.kubernetes.kubeconfig: /nowhere/kubeconfig does not exist on this machine; `,
      );
    }
  });

  test.each([
    ["is asked for where the config names none", { context: "kind" }, true],
    ["is not asked for where it does", { context: "kind", kubeconfig: "/nowhere/kubeconfig" }, false],
  ])("%s", (_, kubernetes, asked) => {
    const names = clustered(kubernetes);
    const told = command(["synth"]).stdout.split("\n");
    expect(told.filter((line) => line.includes("KUBE_CONFIG_PATH")).map((line) => line.replace(/:.*/, ""))).toEqual(
      asked ? names.toSorted() : [],
    );
  });
});

describe("a slip of the shell", () => {
  test("an empty TLS_STACKS_CONFIG is told from a folder", () => {
    const { code, stderr } = command(["check"], { configFile: "" });
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr:
        "TLS_STACKS_CONFIG: 1 problem\n  the config file has no name: TLS_STACKS_CONFIG is empty; name a config file, or unset it\n",
    });
  });

  test("the example does not pass for an environment under the framework's CLI, which deploys it", () => {
    const around = { configFile: everything, named: false };
    expect(command(["synth"], { ...around, frameworkCli: true }).stderr).toContain("is the example, since");
    expect(command(["synth"], around).stderr).not.toContain("is the example, since");
  });

  test("a hand-off into a file is refused", () => {
    write({ "config.json": configOf(["one"]), there: "a file" });
    const { code, stderr } = command(["handoff", "one", "--out", join(home, "there")]);
    expect(code).toBe(1);
    expect(stderr).toContain(`  out: is ${JSON.stringify(join(home, "there"))}, which is no folder; name another\n`);
  });

  test("an operator is told whether the account is guarded, and how to reach the state", () => {
    const backend = { type: "s3", bucket: "state-bucket", region: "eu-west-1" };
    const { stacks } = configOf(["one"]) as { stacks: Record<string, { account?: string }> };
    const { account, ...open } = stacks.one ?? {};
    const page = (stack: object) => {
      write({ "config.json": { ...configOf(["one"], { backend }), stacks: { one: stack } } });
      expect(command(["handoff", "one", "--out", join(home, "out")]).code).toBe(0);
      return readFileSync(join(home, "out/test/one/README.md"), "utf8");
    };
    expect(page({ ...open, account })).toContain("of another account stops at once");
    const unguarded = page(open);
    expect(unguarded).not.toContain("stops at once");
    expect(unguarded).toContain("The config names no account");
    expect(unguarded).toContain("the bucket `state-bucket`");
  });
});
