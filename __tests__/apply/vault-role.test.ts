import { agreementWith } from "../support/vault-agreement";
import { type Pair, vaultPairs } from "../support/vault-pairs";
import { type Recorded, recordingLimits, recordVerdicts } from "../support/vault-recorder";
import { type RunningVault, startVault, vaultNeed } from "../support/vault-server";

const { name, missing } = vaultNeed();
const mustRun = (process.env.TLS_STACKS_REQUIRE ?? "").split(",").includes(name);
const title = `roles on a server${missing === undefined ? "" : ` [skipped: ${missing}]`}`;

(missing === undefined || mustRun ? describe : describe.skip)(title, () => {
  let server: RunningVault;

  beforeAll(async () => {
    server = await startVault();
  }, 60_000);
  afterAll(() => server?.stop());

  const mounts = async () => {
    const headers = { "X-Vault-Token": server.token };
    const answer = await fetch(`${server.address}/v1/sys/mounts`, { headers });
    return Object.keys(((await answer.json()) as { data: object }).data).sort();
  };

  test("answer as the simulator says, in the same words", async () => {
    const lines: Recorded[] = [];
    // Others every time; a difference names the seed that shows it again.
    const seed = Date.now() % 1_000_000;
    for await (const line of recordVerdicts(server, first(1_000, inOrder(vaultPairs(seed))))) lines.push(line);
    const { differences, ...counts } = agreementWith(lines, recordingLimits);
    expect({ seed, differences }).toEqual({ seed, differences: [] });
    expect(counts).toMatchObject({ verdicts: 1_000, names: counts.issued, words: counts.refused });
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
});

/** OpenBao keeps the order of alternative names and white space in front of them; Vault 1.14 sorts and trims them. */
function* inOrder(pairs: Iterable<Pair>): Generator<Pair> {
  for (const { role, request } of pairs) {
    const names = new Set((request.alt_names ?? []).map((text) => text.trim()));
    const sorted = [...names].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
    yield { role, request: { ...request, alt_names: sorted } };
  }
}

function* first<Value>(count: number, values: Iterable<Value>): Generator<Value> {
  let left = count;
  for (const value of values) {
    if (left-- === 0) return;
    yield value;
  }
}
