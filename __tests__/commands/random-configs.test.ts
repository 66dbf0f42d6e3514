import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { findingLines } from "../../commands/output";
import { withoutCode } from "../../lib/config/plain-data";
import { checkedConfig } from "../../stacks/check";
import { randomConfig, randomJson } from "../support/random-configs";
import { runCommand } from "../support/run-command";

/** The usual run tries few configs, always the same; `TLS_STACKS_THOROUGH=1` asks for the long one. */
const thorough = process.env.TLS_STACKS_THOROUGH === "1";
const seed = 1;

const root = join(__dirname, "../..");
const home = mkdtempSync(join(tmpdir(), "tls-stacks-random-"));
afterAll(() => rmSync(home, { recursive: true }));

/** Says everything that is wrong with a config, as `check` does, and tells the processor time that this took. */
function timed(given: unknown): number {
  const before = process.cpuUsage();
  const value = withoutCode(given);
  const { problems, warnings } = checkedConfig(value).report;
  findingLines(problems, value);
  findingLines(warnings, value);
  return process.cpuUsage(before).user;
}

const median = (times: readonly number[]) => [...times].sort((one, other) => one - other)[times.length >> 1] ?? 0;

test("a random config never fails the check, and takes no longer than others", () => {
  const times: number[] = [];
  const slow: { readonly config: unknown; readonly time: number }[] = [];
  fc.assert(
    fc.property(randomConfig, (config) => {
      const first = timed(config);
      const most = 10 * median(times.slice(0, 100));
      // What a garbage collection has made slow is quick the next time.
      const time = first > most ? Math.min(first, timed(config), timed(config)) : first;
      times.push(time);
      if (time > most) slow.push({ config, time });
    }),
    { numRuns: thorough ? 20_000 : 30, seed, endOnFailure: true },
  );
  // The first times are those of a cold program.
  const most = 20 * median(times);
  const slowest = slow.filter(({ config, time }) => time > most && timed(config) > most);
  expect(slowest).toEqual([]);
});

test("one without problems can be handed off", () => {
  const clean = fc
    .sample(randomJson, { numRuns: thorough ? 2_000 : 30, seed })
    .filter((config) => checkedConfig(config).report.problems.length === 0);
  expect(clean.length).toBeGreaterThan(0);
  for (const config of clean.slice(0, thorough ? undefined : 1)) {
    const configFile = join(home, "config.json");
    writeFileSync(configFile, JSON.stringify(config));
    const stacks = Object.keys((config as { stacks: object }).stacks);
    const out = join(home, "handoff");
    const said = runCommand(["handoff", ...stacks, "--out", out], { configFile, outdir: join(home, "out") });
    expect({ config, ...said }).toMatchObject({ config, code: 0 });
    rmSync(out, { recursive: true });
  }
});

/** Runs a command on a config file, as a process of its own. */
function run(command: string, configFile: string, outdir: string): Promise<{ readonly code: unknown; said: string }> {
  const env = { PATH: process.env.PATH, TLS_STACKS_CONFIG: configFile, CDKTF_OUTDIR: outdir };
  return new Promise((done) => {
    execFile(process.execPath, [join(root, "app.cjs"), command], { cwd: root, env }, (error, stdout, stderr) =>
      done({ code: error === null ? 0 : error.code, said: stdout + stderr }),
    );
  });
}

test("none ends a command with another code than 0 and 1, or with a stack trace", async () => {
  const configs = fc.sample(randomJson, { numRuns: thorough ? 400 : 1, seed: seed + 1 }).entries();
  const runNext = async () => {
    for (const [index, config] of configs) {
      const file = join(home, `${index}.json`);
      writeFileSync(file, JSON.stringify(config));
      const { code, said } = await run(index % 2 === 0 ? "check" : "synth", file, join(home, `out-${index}`));
      expect({ config, said, known: code === 0 || code === 1 }).toEqual({ config, said, known: true });
      expect(said).not.toMatch(/^\s+at /m);
    }
  };
  await Promise.all([runNext(), runNext()]);
});
