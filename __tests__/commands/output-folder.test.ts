import { spawn } from "node:child_process";
import fs, {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { hostname, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { publish, writing } from "../../commands/publish";
import { manifestsFolder } from "../../lib/synthesis/base-stack";
import { goodConfig } from "../support/configs";
import { runCommand } from "../support/run-command";

const root = join(__dirname, "../..");

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "tls-stacks-output-"));
  write({ "config.json": JSON.stringify(goodConfig()) });
});
afterEach(() => rmSync(home, { recursive: true }));

const inHome = (...parts: readonly string[]) => join(home, ...parts);

function write(files: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(inHome(path)), { recursive: true });
    writeFileSync(inHome(path), text);
  }
}

/** Everything below a folder: files with their text, links, and empty folders. */
function contents(folder: string): Readonly<Record<string, string>> {
  const below = (path: string): [string, string][] => {
    const kind = lstatSync(path);
    if (kind.isDirectory()) {
      const names = readdirSync(path);
      return names.length === 0 ? [[path, "/"]] : names.flatMap((name) => below(join(path, name)));
    }
    return [[path, kind.isFile() ? readFileSync(path, "utf8") : "link"]];
  };
  return Object.fromEntries(below(folder).map(([path, text]) => [path.slice(folder.length + 1), text]));
}

const command = (args: readonly string[], outdir = inHome("out")) =>
  runCommand(args, { configFile: inHome("config.json"), outdir });

describe("what is in the way", () => {
  const refused = (args: readonly string[], outdir?: string) => {
    const before = contents(home);
    const { code, stdout, stderr } = command(args, outdir);
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(contents(home)).toEqual(before);
    return stderr.split("\n").slice(1).join("\n");
  };

  test("links are refused: what is written and removed behind them is not the output's", () => {
    write({ "elsewhere/kubernetes/mine.yaml": "mine" });
    mkdirSync(inHome("out/stacks"), { recursive: true });
    symlinkSync(inHome("elsewhere"), inHome("out/stacks/web"));
    expect(refused(["synth"])).toBe(`  stacks.web: "${inHome("out/stacks/web")}" is a link, no folder; move it away\n`);
    mkdirSync(inHome("given/test"), { recursive: true });
    symlinkSync(inHome("elsewhere"), inHome("given/test/web"));
    expect(refused(["handoff", "web", "--out", inHome("given")])).toContain(`"${inHome("given/test/web")}" is a link`);
    rmSync(inHome("out/stacks"), { recursive: true });
    symlinkSync(inHome("elsewhere"), inHome("out/stacks"));
    expect(refused(["synth"])).toContain(`  stacks: "${inHome("out/stacks")}" is a link, no folder; move it away\n`);
  });

  test.each([
    ["out/stacks", "a file"],
    ["out/stacks/web", "a file"],
  ])("files are refused: %s", (path, what) => {
    write({ [path]: "mine" });
    expect(refused(["synth"])).toMatch(
      new RegExp(`^ {2}stacks.*: "${inHome(path)}" is ${what}, no folder; move it away\n`),
    );
  });

  test("an output below a file, and a folder with the name of a file, are the user's to clear away", () => {
    write({ file: "mine" });
    expect(refused(["synth"], inHome("file/below/out"))).toMatch(
      /^ {2}CDKTF_OUTDIR: is "[^"]*\/file\/below\/out", where "[^"]*" cannot be written \(E\w+\); name another folder, or make room for it\n$/,
    );
    expect(refused(["handoff", "web", "--out", inHome("file/out")])).toMatch(
      /^ {2}out: is .* cannot be written \(E\w+\)/,
    );
    write({ "out/stacks/web/cdk.tf.json/x": "mine" });
    expect(refused(["synth"])).toContain(`where "${inHome("out/stacks/web/cdk.tf.json")}" cannot be written (EISDIR)`);
  });
});

test("stacks of another CDKTF project in the same output folder are not ours to remove", () => {
  const foreign = {
    "out/stacks/theirs/cdk.tf.json": '{"//":{"metadata":{"stackName":"theirs"}},"output":{"url":{"value":1}}}',
    "out/stacks/theirs/.terraform/providers/x": "theirs",
    "out/stacks/odd/cdk.tf.json": "not JSON",
  };
  write(foreign);
  expect(command(["synth"])).toMatchObject({ code: 0, stderr: "" });
  expect(contents(home)).toMatchObject(foreign);
});

describe("one run at a time", () => {
  const lock = () => inHome("out/.synthesis.lock");
  const holds = (text: string) => write({ "out/.synthesis.lock": text });
  const done = { result: "done" };
  const work = () => "done";

  test("another run's lock is waited for, and then refused", () => {
    holds(`${hostname()} ${process.ppid}`);
    expect(writing(inHome("out"), work, 0)).toEqual({
      problem: `is "${inHome("out")}", into which another run writes; wait for its end, or remove "${lock()}"`,
    });
    expect(existsSync(lock())).toBe(true);
    holds(`another-machine ${process.pid}`);
    expect(writing(inHome("out"), work, 0)).toHaveProperty("problem");
  });

  test("a lock that a killed run has left is not: it is gone, or older than any run", () => {
    // Process ids end far below.
    for (const left of [`${hostname()} 99999999`, `${hostname()} ${process.pid}`]) {
      holds(left);
      expect(writing(inHome("out"), work, 1_000)).toEqual(done);
    }
    for (const text of ["another-machine 1", ""]) {
      holds(text);
      utimesSync(lock(), 0, 0);
      expect(writing(inHome("out"), work, 1_000)).toEqual(done);
    }
    expect(readdirSync(inHome("out"))).toEqual([]);
  });

  test("drafts of killed runs are swept, whatever they are", () => {
    write({ "out/.synthesis-Ab12/made/manifest.json": "{", "out/.synthesis-note": "", "elsewhere/kept": "kept" });
    symlinkSync(inHome("elsewhere"), inHome("out/.synthesis-link"));
    expect(command(["synth"]).code).toBe(0);
    expect(readdirSync(inHome("out")).sort()).toEqual(["manifest.json", "stacks"]);
    expect(contents(inHome("elsewhere"))).toEqual({ kept: "kept" });
  });

  test("is there when work fails, which leaves no lock, no draft and no new folder", () => {
    const fail = () => {
      throw new TypeError("broken on purpose");
    };
    expect(() => writing(inHome("some/new/out"), fail)).toThrow("broken on purpose");
    expect(readdirSync(home)).toEqual(["config.json"]);
  });
});

describe("putting drafts into place", () => {
  const inode = (path: string) => lstatSync(inHome(path)).ino;

  test("brings a new folder in one rename, and leaves what is the same untouched", () => {
    write({
      "made/stacks/new/cdk.tf.json": "1",
      "made/stacks/same/cdk.tf.json": "1",
      "made/stacks/same/kubernetes/a": "1",
    });
    const moved = inode("made/stacks/new");
    write({ "out/stacks/same/cdk.tf.json": "1", "out/stacks/same/kubernetes/a": "1", "out/stacks/same/notes": "mine" });
    const kept = ["out/stacks/same", "out/stacks/same/cdk.tf.json", "out/stacks/same/kubernetes"];
    const before = kept.map(inode);
    publish(inHome("made"), inHome("out"));
    expect(inode("out/stacks/new")).toBe(moved);
    expect(kept.map(inode)).toEqual(before);
    expect(contents(inHome("out/stacks"))).toEqual({
      "new/cdk.tf.json": "1",
      "same/cdk.tf.json": "1",
      "same/kubernetes/a": "1",
      "same/notes": "mine",
    });
  });

  test("replaces manifests as a whole, and takes them away with those of the config", () => {
    const manifests = (folder: string, files: Readonly<Record<string, string>>) =>
      write(Object.fromEntries(Object.entries(files).map(([path, text]) => [`${folder}/${path}`, text])));
    manifests("out/s", { "cdk.tf.json": "1", "kubernetes/a": "1", "kubernetes/b": "1" });
    manifests("made/s", { "cdk.tf.json": "1", "kubernetes/b": "2" });
    publish(inHome("made"), inHome("out"));
    expect(contents(inHome("out"))).toEqual({ "s/cdk.tf.json": "1", "s/kubernetes/b": "2" });
    manifests("next/s", { "cdk.tf.json": "2" });
    publish(inHome("next"), inHome("out"));
    expect(contents(inHome("out"))).toEqual({ "s/cdk.tf.json": "2" });
  });
});

/** What a stack has of one config: JSON, a page, and these manifests. */
const stackOf = (config: string, manifests: readonly string[]): Readonly<Record<string, string>> =>
  Object.fromEntries(["README.md", "cdk.tf.json", ...manifests].map((path) => [path, config]));

test.each([
  ["replaced", ["kubernetes/a", "kubernetes/b"], ["kubernetes/b", "kubernetes/c"]],
  ["new", [], ["kubernetes/a"]],
  ["gone", ["kubernetes/a"], []],
])("between no two renames is JSON beside manifests of another config: %s", (_, before, after) => {
  const [old, other] = [stackOf("old", before), stackOf("new", after)];
  const { renameSync } = fs;
  const killedAfter = (renames: number) => {
    rmSync(inHome("out"), { recursive: true, force: true });
    for (const [folder, files] of Object.entries({ "out/web": old, "drafts/made/web": other })) {
      write(Object.fromEntries(Object.entries(files).map(([path, text]) => [`${folder}/${path}`, text])));
    }
    let left = renames;
    jest.spyOn(fs, "renameSync").mockImplementation((from, to) => {
      if (left-- === 0) throw new Error("killed");
      renameSync(from, to);
    });
    try {
      publish(inHome("drafts/made"), inHome("out"));
    } catch (error) {
      expect(String(error)).toBe("Error: killed");
    } finally {
      jest.restoreAllMocks();
    }
    return contents(inHome("out/web"));
  };
  const states = [0, 1, 2, 3, 4].map(killedAfter);
  expect([states[0], states[4]]).toEqual([old, other]);
  for (const { "README.md": _, "cdk.tf.json": config = "", ...manifests } of states) {
    const whole = Object.fromEntries((config === "old" ? before : after).map((path) => [path, config]));
    expect([{}, whole]).toContainEqual(manifests);
  }
});

/** What the lock of the output says, if there is one. */
function lockHolder(): string | undefined {
  const lock = inHome("out/.synthesis.lock");
  return existsSync(lock) ? readFileSync(lock, "utf8") : undefined;
}

/** Runs `synth` as a process of its own and kills it a while after it took its lock, or lets it end. */
async function synthesis(config: string, killAfter?: number): Promise<number> {
  const env = { PATH: process.env.PATH, TLS_STACKS_CONFIG: config, CDKTF_OUTDIR: inHome("out") };
  const child = spawn(process.execPath, [join(root, "app.cjs"), "synth"], {
    cwd: root,
    env,
    stdio: "ignore",
    // The runner has no time limits.
    timeout: 60_000,
  });
  const ended = new Promise<number>((done) => child.once("exit", (code) => done(code ?? -1)));
  const start = Date.now();
  let locked: number | undefined;
  const watch = setInterval(() => {
    // A run that was killed before has left its lock.
    if (locked === undefined && lockHolder() === `${hostname()} ${child.pid}`) locked = Date.now();
    if (killAfter !== undefined && locked !== undefined && Date.now() - locked >= killAfter) child.kill("SIGKILL");
  }, 1);
  const code = await ended;
  clearInterval(watch);
  return code === 0 ? Date.now() - (locked ?? start) : -1;
}

test("a run that is killed leaves each stack old or new, but for the instant of its renames, and the next one sweeps up", async () => {
  const configs = JSON.parse(readFileSync(join(root, "__tests__/golden/vault-everything.json"), "utf8"));
  const { quiet: _, ...fewer } = configs.stacks["vault-pki-k8s"].certificates;
  const other = structuredClone(configs);
  other.labels = { team: "other" };
  other.stacks["vault-pki-k8s"].certificates = fewer;
  write({ "one.json": JSON.stringify(configs), "other.json": JSON.stringify(other) });
  const state = () => {
    const stacks = readdirSync(inHome("out/stacks")).sort();
    return Object.fromEntries(stacks.map((name) => [name, JSON.stringify(contents(inHome("out/stacks", name)))]));
  };
  let length = await synthesis(inHome("other.json"));
  const after = state();
  await synthesis(inHome("one.json"));
  const before = state();
  expect(Object.keys(before)).toEqual(Object.keys(after));
  const moments = process.env.TLS_STACKS_THOROUGH === "1" ? 200 : 5;
  const isOther = () => Object.entries(state()).every(([name, files]) => files === after[name]);
  let killed = 0;
  let mixed = 0;
  while (killed < moments) {
    const code = await synthesis(inHome(isOther() ? "one.json" : "other.json"), Math.random() * length);
    if (code < 0) killed++;
    // It came to its end before the moment: the machine is quicker by now.
    else length = code;
    const mix = Object.entries(state()).filter(([name, files]) => ![before[name], after[name]].includes(files));
    if (mix.length === 0) continue;
    mixed++;
    for (const [, files] of mix) expect(files).not.toContain(`"${manifestsFolder}/`);
    // It would stay so, and be counted again, until a run reaches its renames.
    await synthesis(inHome("one.json"));
  }
  // Manifests and JSON are three renames: the instant between them is hit now and then, and never what is longer.
  expect(mixed).toBeLessThanOrEqual(1 + moments / 50);
  expect(await synthesis(inHome("one.json"))).toBeGreaterThan(0);
  expect(state()).toEqual(before);
  expect(readdirSync(inHome("out")).sort()).toEqual(["manifest.json", "stacks"]);
});
