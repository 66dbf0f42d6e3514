import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { appendFileSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { removeFolder, temporaryFolder } from "../temporary";
import known from "./needs.json";
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
  if (!/^\S+( \(.+\))?$/.test(stack)) throw new Error(`${stack}: a row is a stack, or one with something in brackets`);
  const unlisted = needs.map(({ name }) => name).filter((name) => !known.includes(name));
  if (unlisted.length > 0) throw new Error(`needs.json does not list ${unlisted.join(", ")}`);
  const missing = needs.filter((need) => need.missing !== undefined);
  const required = (process.env.TLS_STACKS_REQUIRE ?? "").split(",").map((name) => name.trim());
  const why = missing.map((need) => need.missing).join("; ");
  const demanded = (need: Need) => required.includes(need.name);
  const mustRun = missing.some((need) => demanded(need) || (need.name === "terraform" && needs.some(demanded)));
  const started: (() => Promise<void>)[] = [];
  // Where somebody asked for some tests by name, the others must not run beside them.
  if (fromStart && !why && !process.env.TLS_STACKS_SELECTED) {
    // Outside the describe block, and so before the first test of the file.
    beforeAll(() => startInTurn(started));
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
        running ??= timed(stack, proof, prove);
        return running;
      };
      started.push(once);
      const run = async () => {
        if (why) throw new Error(`required by TLS_STACKS_REQUIRE, but ${why}`);
        if (broken && !fromStart) throw withoutStack(`not tried, because "${broken}" failed`);
        broken = title;
        await once();
        broken = undefined;
      };
      test(title, run, seconds * 1000);
    });
  });
}

/** Runs a proof and tells the reporter how long it took, wherever Jest's own clock for it started. */
async function timed(stack: string, proof: Proof, prove: () => Promise<void> | void): Promise<void> {
  const start = performance.now();
  try {
    await prove();
  } finally {
    tell({ stack, proof, seconds: (performance.now() - start) / 1000 });
  }
}

/** Writes a line for the reporter, which runs in another process. */
function tell(line: object): void {
  const file = process.env.TLS_STACKS_EVIDENCE;
  if (file) appendFileSync(file, `${JSON.stringify(line)}\n`);
}

/** An error that is no news: where it was thrown says nothing. */
function withoutStack(sentence: string): Error {
  const error = new Error(sentence);
  error.stack = sentence;
  return error;
}

/** Proofs that run beside each other: they mostly wait, but each has processes of its own. */
const AT_ONCE = 3;

/** Starts everything in order, a few at a time; who waits for one waits for nothing behind it. */
function startInTurn(all: readonly (() => Promise<void>)[]): void {
  const rest = [...all];
  const next = async (): Promise<void> => {
    const start = rest.shift();
    if (start === undefined) return;
    await start().catch(() => undefined);
    await next();
  };
  for (let running = 0; running < AT_ONCE; running += 1) void next();
}

/**
 * Notes what a stack's proofs are about: which bytes, with which versions. The reporter prints it below the table, so
 * that "passed" can be read together with what it was passed by.
 */
export function evidence(stack: string, json: string, servers: string[] = []): void {
  const configuration = JSON.parse(json) as Json;
  const engine = findEngine();
  if (!engine) return;
  const pins = pinnedProviders(configuration);
  const providers = Object.entries(requiredProviders(configuration)).map(([name, { version }]) => ({
    name,
    asked: version ?? "any",
    used: pins[name]?.version ?? "from the registry",
  }));
  const sha256 = createHash("sha256").update(json).digest("hex");
  tell({ stack, sha256, engine: `${engine.name} ${engine.version}`, providers, servers });
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
  const folder = temporaryFolder("synth");
  try {
    const file = typeof config === "string" ? config : join(folder, "config.json");
    if (typeof config === "object") writeFileSync(file, JSON.stringify(config));
    const env = { ...process.env, TLS_STACKS_CONFIG: file, CDKTF_OUTDIR: join(folder, "out") };
    const said = spawnSync(process.execPath, ["app.cjs", "synth"], { env, encoding: "utf8", timeout: 120_000 });
    if (said.status !== 0) throw new Error(`synth of ${file}: exit code ${said.status}\n${said.stdout}${said.stderr}`);
    const stacks = join(folder, "out", "stacks");
    return Object.fromEntries(readdirSync(stacks).map((stack) => [stack, textsBelow(join(stacks, stack))]));
  } finally {
    removeFolder(folder);
  }
}

function textsBelow(folder: string): Readonly<Record<string, string>> {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
  return Object.fromEntries(files.map((file) => [relative(folder, file), readFileSync(file, "utf8")]));
}
