import { spawn, spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildSync } from "esbuild";
import { chosen } from "../support/terraform/lifecycle";
import type { needsOf } from "../support/terraform/terraform";

const home = mkdtempSync(join(tmpdir(), "tls-stacks-harness-"));
afterAll(() => rmSync(home, { recursive: true }));

/** The harness as it is on a machine with nothing on its PATH but what is given. */
function needsWith(programs: Readonly<Record<string, string>>, configuration: object): (string | undefined)[] {
  const bin = mkdtempSync(join(home, "bin-"));
  for (const [name, script] of Object.entries(programs)) {
    writeFileSync(join(bin, name), script);
    chmodSync(join(bin, name), 0o755);
  }
  const { PATH } = process.env;
  process.env.PATH = bin;
  try {
    let found: ReturnType<typeof needsOf> = [];
    jest.isolateModules(() => {
      const harness = require("../support/terraform/terraform") as typeof import("../support/terraform/terraform");
      found = harness.needsOf(configuration as Record<string, unknown>);
    });
    return found.map(({ missing }) => missing);
  } finally {
    process.env.PATH = PATH;
  }
}

const engine = (version: string) => `#!/bin/sh\necho '{"terraform_version":"${version}"}'\n`;
const asks = (required_version: string) => ({ terraform: { required_version } });

test("a machine without an engine, or with one that is too old, is told so in one sentence", () => {
  expect(needsWith({}, asks(">= 1.5"))).toEqual(["neither terraform nor tofu is on the PATH"]);
  expect(needsWith({ terraform: engine("1.4.7") }, asks(">= 1.5"))).toEqual([
    "terraform 1.4.7 is older than 1.5, which the stack asks for",
  ]);
  expect(needsWith({ tofu: engine("1.10.0") }, asks(">= 1.11"))).toEqual([
    "tofu 1.10.0 is older than 1.11, which the stack asks for",
  ]);
  expect(needsWith({ terraform: engine("1.11.4") }, asks(">= 1.11"))).toEqual([undefined]);
});

test("a provider that no mirror has is named", () => {
  const required_providers = { nothing: { source: "nobody/nothing" } };
  expect(needsWith({ tofu: engine("1.11.0") }, { terraform: { required_providers } })).toEqual([
    undefined,
    "no mirror here has nobody/nothing",
  ]);
});

test("TLS_STACKS_REQUIRE that names something unknown ends the run before anything starts", () => {
  const reporter = JSON.stringify(join(__dirname, "../support/record/summary-reporter.cjs"));
  const run = (required: string) =>
    spawnSync(process.execPath, ["-e", `new (require(${reporter}))(); console.log("went on")`], {
      encoding: "utf8",
      env: { ...process.env, TLS_STACKS_REQUIRE: required },
    });
  const { status, stdout, stderr } = run("aws,motto");
  expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
  expect(stderr).toMatch(/^TLS_STACKS_REQUIRE names motto; write some of terraform, aws, [^\n]*\n$/);
  expect(run("aws,moto").stdout).toBe("went on\n");
});

/** Starts something of the harness in a process of its own, kills that, and tells what is left of it. */
async function leftAfterKill(environment: NodeJS.ProcessEnv): Promise<{ folder: string; alive: boolean }> {
  const program = join(home, "killed.cjs");
  buildSync({
    stdin: {
      contents: `
        import { spawn } from "node:child_process";
        import { guardGroup, temporaryFolder } from "./temporary";
        const ended = spawn("true", { detached: true });
        const child = spawn("sleep", ["60"], { detached: true });
        const over = guardGroup(ended.pid!);
        guardGroup(child.pid!);
        over();
        console.log(JSON.stringify({ folder: temporaryFolder("killed"), pid: child.pid }));
        setInterval(() => undefined, 1000);
      `,
      resolveDir: join(__dirname, "../support"),
      loader: "ts",
    },
    bundle: true,
    platform: "node",
    outfile: program,
  });
  const child = spawn(process.execPath, [program], { env: { ...process.env, ...environment } });
  const said = await new Promise<string>((done) => child.stdout.once("data", (data: Buffer) => done(data.toString())));
  const { folder, pid } = JSON.parse(said) as { folder: string; pid: number };
  expect(existsSync(folder)).toBe(true);
  const gone = new Promise((done) => child.once("exit", done));
  child.kill("SIGKILL");
  await gone;
  const alive = () => /^[^Z]/.test(spawnSync("ps", ["-o", "stat=", "-p", String(pid)]).stdout.toString());
  for (const until = Date.now() + 5_000; Date.now() < until && alive(); )
    await new Promise((next) => setTimeout(next, 20));
  // The folder goes after the processes in it.
  for (const until = Date.now() + 2_000; !environment.KEEP && Date.now() < until && existsSync(folder); ) {
    await new Promise((next) => setTimeout(next, 20));
  }
  return { folder, alive: alive() };
}

test("a run that is killed leaves no process and no folder, but for KEEP=1", async () => {
  const { folder, alive } = await leftAfterKill({ KEEP: "" });
  expect({ alive, there: existsSync(folder) }).toEqual({ alive: false, there: false });
  const kept = await leftAfterKill({ KEEP: "1" });
  expect({ alive: kept.alive, there: existsSync(kept.folder) }).toEqual({ alive: false, there: true });
  rmSync(join(kept.folder, ".."), { recursive: true });
}, 30_000);

test("moments are chosen by the seed alone, each once", () => {
  const things = ["a", "b", "c", "d", "e", "f"];
  expect(chosen(things, 3, 7)).toEqual(chosen(things, 3, 7));
  expect(chosen(things, 3, 8)).not.toEqual(chosen(things, 3, 7));
  expect(chosen(things, 9, 7).toSorted()).toEqual(things);
});
