import { spawn } from "node:child_process";
import { join } from "node:path";
import { type Recorded, recordingLimits, recordVerdicts } from "../support/record/vault-recorder";
import { type RunningVault, startVault, vaultNeed } from "../support/servers/vault-server";
import { agreementWith } from "../support/vault-role/vault-agreement";
import { inOrder, type Pair, vaultPairs } from "../support/vault-role/vault-pairs";

const { name, missing } = vaultNeed();
const mustRun = (process.env.TLS_STACKS_REQUIRE ?? "").split(",").includes(name);
const title = `roles on a server${missing === undefined ? "" : ` [skipped: ${missing}]`}`;

(missing === undefined || mustRun ? describe : describe.skip)(title, () => {
  let server: RunningVault;

  beforeAll(async () => {
    server = await startVault();
  }, 60_000);
  afterAll(() => server?.stop());

  const call = async (method: string, path: string, body?: object) => {
    const headers = { "X-Vault-Token": server.token };
    const answer = await fetch(`${server.address}/v1/${path}`, { method, headers, body: JSON.stringify(body) ?? null });
    return (await answer.json().catch(() => ({}))) as { readonly data?: object };
  };
  const mounts = async () => Object.keys((await call("GET", "sys/mounts")).data ?? {}).sort();

  /** Runs the recorder as its user does; `stop` is a signal for it once it has begun to answer. */
  function record(args: readonly string[], stop?: NodeJS.Signals, token = server.token) {
    const script = join(__dirname, "../support/record/record-vault-verdicts.cjs");
    const env = { PATH: process.env.PATH, VAULT_ADDR: server.address, VAULT_TOKEN: token };
    const child = spawn(process.execPath, [script, ...args], { env });
    const said = { stdout: "", stderr: "" };
    child.stderr.on("data", (text: Buffer) => {
      said.stderr += text;
    });
    child.stdout.on("data", (text: Buffer) => {
      if (said.stdout === "" && stop !== undefined) child.kill(stop);
      said.stdout += text;
    });
    return new Promise<{ code: number | null; stdout: string; stderr: string }>((resolve) =>
      child.once("close", (code) => resolve({ code, ...said })),
    );
  }

  test("answer as the simulator says, in the same words", async () => {
    const lines: Recorded[] = [];
    // Others every time; a difference names the seed that shows it again.
    const seed = Date.now() % 1_000_000;
    for await (const line of recordVerdicts(server, first(1_000, ordered(vaultPairs(seed))))) lines.push(line);
    const { differences, ...counts } = agreementWith(lines, recordingLimits);
    expect({ seed, differences }).toEqual({ seed, differences: [] });
    expect(counts).toMatchObject({ verdicts: 1_000 - counts.unjudged, names: counts.issued, words: counts.refused });
    expect(counts.issued).toBeGreaterThan(50);
  }, 120_000);

  test("are removed with their mount when a recording ends, is left or fails", async () => {
    const before = await mounts();
    for await (const _ of recordVerdicts(server, vaultPairs(1))) break;
    expect(await mounts()).toEqual(before);
    const broken = function* (): Generator<Pair> {
      yield* first(2, vaultPairs(1));
      throw new Error("out of pairs");
    };
    const all = async () => {
      for await (const _ of recordVerdicts(server, broken()));
    };
    await expect(all()).rejects.toThrow("out of pairs");
    expect(await mounts()).toEqual(before);
  });

  test("are recorded by a command, the same for the same seed, which tidies up when it is interrupted", async () => {
    const before = await mounts();
    const lines = (text: string) =>
      text
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line) as Recorded);
    const [one, two] = [await record(["--seed", "3", "--count", "20"]), await record(["--seed=3", "--count=20"])];
    expect([one.code, one.stderr, lines(one.stdout).length]).toEqual([0, "", 20]);
    const answers = ({ stdout }: typeof one) =>
      lines(stdout).map(({ role, request, issued }) => [role, request, issued]);
    expect(answers(two)).toEqual(answers(one));
    for (const signal of ["SIGINT", "SIGTERM"] as const) {
      const stopped = await record(["--count", "1000000"], signal);
      expect([stopped.code, stopped.stderr]).toEqual([130, ""]);
      expect(lines(stopped.stdout).length).toBeGreaterThan(0);
    }
    expect(await mounts()).toEqual(before);
  }, 60_000);

  test("are removed from a mount that was there, which stays", async () => {
    await call("POST", "sys/mounts/pki", { type: "pki" });
    await call("POST", "pki/root/generate/internal", { common_name: "root", key_type: "ec" });
    const { code, stdout } = await record(["--mount", "pki", "--count", "1000000"], "SIGINT");
    expect([code, stdout.split("\n").length > 1]).toEqual([130, true]);
    expect(await call("LIST", "pki/roles")).not.toHaveProperty("data");
    expect(await mounts()).toContain("pki/");
  }, 60_000);

  test("are not asked for where that is not allowed: one sentence", async () => {
    expect(await record([], undefined, "no token")).toEqual({
      code: 1,
      stdout: "",
      stderr: expect.stringMatching(/^POST sys\/mounts\/verdicts-\S+: 403 .*\n$/s),
    });
    expect(await record(["--count", "many"])).toMatchObject({ code: 1, stderr: expect.stringContaining("--count") });
    expect(await record([], undefined, "")).toMatchObject({ code: 1, stderr: expect.stringContaining("VAULT_TOKEN") });
  }, 60_000);
});

function* ordered(pairs: Iterable<Pair>): Generator<Pair> {
  for (const { role, request } of pairs) yield { role, request: { ...request, alt_names: inOrder(request.alt_names) } };
}

function* first<Value>(count: number, values: Iterable<Value>): Generator<Value> {
  let left = count;
  for (const value of values) {
    if (left-- === 0) return;
    yield value;
  }
}
