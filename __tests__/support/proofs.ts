import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { findEngine, type Json, type Need, pinnedProviders, requiredProviders } from "./terraform";

/** What can be proved of a stack, in the order of the table's columns. */
export type Proof =
  | "validate"
  | "plan"
  | "hand-off"
  | "apply"
  | "outputs"
  | "handshake"
  | "empty plan"
  | "change"
  | "drift"
  | "refusal"
  | "faults"
  | "interrupt"
  | "destroy";

/** States a proof: the kind, a sentence, and the function that throws when it does not hold. */
export type Prove = (proof: Proof, sentence: string, prove: () => Promise<void> | void, seconds?: number) => void;

/**
 * The proofs of one stack. When something they need is not on this machine they are skipped, each by name and with the
 * reason, unless `TLS_STACKS_REQUIRE` asks for it: then they fail.
 *
 * In order, each proof starts from what the one before it left, so after a failure the rest fail too. Proofs that have
 * servers and folders of their own and mostly wait can start with the file instead, beside everything else in it.
 *
 * @param options.fromStart @default false
 */
export function proofsOf(
  stack: string,
  needs: Need[],
  define: (prove: Prove) => void,
  { fromStart = false }: { fromStart?: boolean } = {},
): void {
  const missing = needs.filter((need) => need.missing !== undefined);
  const required = (process.env.TLS_STACKS_REQUIRE ?? "").split(",").map((name) => name.trim());
  const why = missing.map((need) => need.missing).join("; ");
  const demanded = (need: Need) => required.includes(need.name);
  const mustRun = missing.some((need) => demanded(need) || (need.name === "terraform" && needs.some(demanded)));
  const started: (() => Promise<void>)[] = [];
  if (fromStart && !why) {
    // Outside the describe block, and so before the first test of the file.
    beforeAll(() => started.forEach((start) => void start().catch(() => undefined)));
    afterAll(() => Promise.allSettled(started.map((start) => start())), 600_000);
  }
  describe(`proofs of ${stack}${why && !mustRun ? ` [skipped: ${why}]` : ""}`, () => {
    let broken: string | undefined;
    define((proof, sentence, prove, seconds = 240) => {
      const title = `${proof}: ${sentence}`;
      if (why && !mustRun) {
        test.skip(title, async () => prove());
        return;
      }
      let running: Promise<void> | undefined;
      const once = () => {
        running ??= Promise.resolve().then(prove);
        return running;
      };
      started.push(once);
      const run = async () => {
        if (why) throw new Error(`required by TLS_STACKS_REQUIRE, but ${why}`);
        if (broken && !fromStart) throw new Error(`not tried, because "${broken}" failed`);
        broken = title;
        await once();
        broken = undefined;
      };
      test(title, run, seconds * 1000);
    });
  });
}

/**
 * Notes what a stack's proofs are about: which bytes, with which versions. The reporter prints it below the table, so
 * that "passed" can be read together with what it was passed by.
 */
export function evidence(stack: string, json: string, servers: string[] = []): void {
  const file = process.env.TLS_STACKS_EVIDENCE;
  const configuration = JSON.parse(json) as Json;
  const engine = findEngine();
  if (!file || !engine) return;
  const pins = pinnedProviders(configuration);
  const providers = Object.entries(requiredProviders(configuration)).map(([name, { version }]) => ({
    name,
    asked: version ?? "any",
    used: pins[name]?.version ?? "from the registry",
  }));
  const sha256 = createHash("sha256").update(json).digest("hex");
  const line = { stack, sha256, engine: `${engine.name} ${engine.version}`, providers, servers };
  appendFileSync(file, `${JSON.stringify(line)}\n`);
}

/**
 * What the product makes of a config, by stack: the bytes a user would deploy, made by the command a user would run.
 *
 * @param config a config file's path, or a config
 */
export function synthesized(config: string | object): Record<string, string> {
  return Object.fromEntries(
    Object.entries(synthesizedFiles(config)).map(([stack, files]) => [stack, files["cdk.tf.json"] ?? ""]),
  );
}

/** Every file that the product writes for a config, by stack and path. */
export function synthesizedFiles(config: string | object): Record<string, Readonly<Record<string, string>>> {
  const folder = mkdtempSync(join(tmpdir(), "tls-stacks-synth-"));
  try {
    const file = typeof config === "string" ? config : join(folder, "config.json");
    if (typeof config === "object") writeFileSync(file, JSON.stringify(config));
    const env = { ...process.env, TLS_STACKS_CONFIG: file, CDKTF_OUTDIR: join(folder, "out") };
    const said = spawnSync(process.execPath, ["app.cjs", "synth"], { env, encoding: "utf8", timeout: 120_000 });
    if (said.status !== 0) throw new Error(`synth of ${file}: exit code ${said.status}\n${said.stdout}${said.stderr}`);
    const stacks = join(folder, "out", "stacks");
    return Object.fromEntries(readdirSync(stacks).map((stack) => [stack, textsBelow(join(stacks, stack))]));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function textsBelow(folder: string): Readonly<Record<string, string>> {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
  return Object.fromEntries(files.map((file) => [relative(folder, file), readFileSync(file, "utf8")]));
}
