import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { userInfo } from "node:os";
import { join } from "node:path";
import {
  type Circumstances,
  cloudConfig,
  fullAfter,
  liveWhile,
  missingShells,
  newPool,
  type Ran,
  shells,
  TrainingNode,
  trainersData,
} from "../support/node/training-node";
import { findEngine, workspace } from "../support/terraform/terraform";

jest.setTimeout(120_000);

let pool: string;
beforeAll(() => {
  pool = newPool();
});
afterAll(() => rmSync(pool, { recursive: true, force: true }));

/** Seconds left of a certificate that is due: the renewal window is 29 376 seconds (34 % of a day). */
const due = 20_000;

/** A run on a node: what is installed before, how gcloud answers, the exit code, what is installed after. */
interface Case {
  before: number | "none";
  given?: Circumstances;
  settings?: Record<string, string>;
  code: number;
  after: "new" | "old" | "none";
  /** A part of the sentence an operator reads. */
  says: string;
}

const cases: Readonly<Record<string, Case>> = {
  "first certificate": { before: "none", code: 0, after: "new", says: "because there is none yet" },
  "not due": { before: 86_400, code: 0, after: "old", says: "nothing is due" },
  due: { before: due, code: 0, after: "new", says: "because the installed one ends on" },
  forced: { before: 86_400, given: { args: ["--force"] }, code: 0, after: "new", says: "because it was asked for" },
  "an option it does not know": { before: 86_400, given: { args: ["-f"] }, code: 10, after: "old", says: "no option" },
  "settings without a pool": { before: due, settings: { POOL: "" }, code: 10, after: "old", says: "not complete" },
  "a key of an unknown kind": { before: due, settings: { KEY: "dsa" }, code: 10, after: "old", says: "unknown kind" },
  "no such user": { before: due, settings: { KEY_USER: "nobody-here" }, code: 11, after: "old", says: "no user" },
  "a name that is none": {
    before: due,
    given: { env: { AI_TLS_STACKS_NAMES: "*.train.example.internal" } },
    code: 12,
    after: "old",
    says: "no DNS name",
  },
  "issuer down, nothing installed": { before: "none", given: { answer: "down" }, code: 21, after: "none", says: "Max" },
  "issuer down": { before: due, given: { answer: "down" }, code: 21, after: "old", says: "stays in use until" },
  "issuer refuses": { before: due, given: { answer: "refused" }, code: 21, after: "old", says: "PERMISSION_DENIED" },
  "no answer": { before: due, given: { answer: "silent" }, code: 30, after: "old", says: "there is none" },
  "empty answer": { before: due, given: { answer: "empty" }, code: 30, after: "old", says: "no certificate" },
  garbage: { before: due, given: { answer: "garbage" }, code: 30, after: "old", says: "no certificate" },
  "a captive portal's page": { before: due, given: { answer: "page" }, code: 30, after: "old", says: "no certificate" },
  "no certificate in PEM": { before: due, given: { answer: "broken" }, code: 30, after: "old", says: "part 1" },
  "half an answer": { before: due, given: { answer: "cut" }, code: 30, after: "old", says: "part 1" },
  "wrong chain, with its own root": {
    before: due,
    given: { answer: "stranger" },
    code: 31,
    after: "old",
    says: "its chain is refused",
  },
  "wrong chain, nothing installed": {
    before: "none",
    given: { answer: "stranger" },
    code: 31,
    after: "none",
    says: "no certificate is installed",
  },
  "chain without its issuer": { before: due, given: { answer: "alone" }, code: 31, after: "old", says: "local issuer" },
  "wrong purpose": { before: due, given: { answer: "usage" }, code: 31, after: "old", says: "purpose" },
  "wrong name": { before: due, given: { answer: "other-name" }, code: 32, after: "old", says: "names" },
  "one wrong name": { before: due, given: { answer: "swapped-name" }, code: 32, after: "old", says: "names" },
  "one name too many": { before: due, given: { answer: "more-names" }, code: 32, after: "old", says: "names" },
  "no name": { before: due, given: { answer: "no-name" }, code: 32, after: "old", says: "names" },
  "wrong key": { before: due, given: { answer: "other-key" }, code: 33, after: "old", says: "key beside it" },
  "expired answer": { before: due, given: { left: -10 }, code: 34, after: "old", says: "it ended on" },
  "answer of tomorrow": { before: due, given: { answer: "future" }, code: 34, after: "old", says: "not yet valid" },
  "shorter than promised, and than the old one": {
    before: due,
    given: { left: due - 3_600 },
    code: 34,
    after: "old",
    says: "sooner than promised",
  },
  "shorter than promised, longer than the old one": {
    before: due,
    given: { left: 80_000 },
    code: 51,
    after: "new",
    says: "sooner than promised",
  },
  "shorter than promised, nothing installed": {
    before: "none",
    given: { left: 80_000 },
    code: 51,
    after: "new",
    says: "sooner than promised",
  },
  "disk full before the key": {
    before: due,
    given: { through: fullAfter(0) },
    code: 20,
    after: "old",
    says: "is the disk full",
  },
  "disk full at the end": {
    before: due,
    given: { through: fullAfter(1) },
    code: 40,
    after: "old",
    says: "cannot be written",
  },
  "disk full, nothing installed": {
    before: "none",
    given: { through: fullAfter(1) },
    code: 40,
    after: "none",
    says: "cannot",
  },
  "reload fails": { before: due, settings: { RELOAD: "exit 9" }, code: 50, after: "new", says: "failed with 9" },
};

/** What the runs did, as a table for readers: `TLS_STACKS_CASES` names its file. */
const seen: string[] = [];
afterAll(() => {
  const file = process.env.TLS_STACKS_CASES;
  if (file) writeFileSync(file, `${seen.sort().join("\n")}\n`);
});

const expectTidy = (node: TrainingNode) => {
  if (existsSync(join(node.folder, "current"))) expect(node.leftovers()).toEqual([]);
  else expect(existsSync(node.folder) ? readdirSync(join(node.folder, "versions")) : []).toEqual([]);
  expect(readdirSync(join(node.home, "tmp"))).toEqual([]);
};

/** Expects no key in what other users can see: arguments, environment, journal. */
const expectNoKey = (node: TrainingNode, { log }: Ran) => {
  const calls = existsSync(node.calls) ? readFileSync(node.calls, "utf8") : "";
  const environment = existsSync(node.calls) ? readFileSync(`${node.calls}.environment`, "utf8") : "";
  expect(log + calls + environment).not.toMatch(/PRIVATE KEY|tls\.key/);
};

/** The usual /bin/sh of nodes, or with `TLS_STACKS_THOROUGH=1` every shell that this machine has. */
const tried = Object.keys(shells).slice(0, process.env.TLS_STACKS_THOROUGH === "1" ? undefined : 1);

describe.each(tried)("a node whose sh is %s", (shell) => {
  const nodes: TrainingNode[] = [];
  const newNode = (more = {}) => {
    const node = new TrainingNode(pool, shells[shell], more);
    nodes.push(node);
    return node;
  };
  afterAll(() => {
    for (const node of nodes) node.remove();
  });

  test.each(Object.entries(cases))("%s", async (name, { before, given, settings, code, after, says }) => {
    const node = newNode();
    const old = before === "none" ? "none" : await node.install(before);
    node.set(settings ?? {});
    const ran = await node.run(given);
    expect(ran).toEqual({ code, log: expect.stringContaining(says) });
    const pair = node.pair();
    const is = pair === "none" ? "none" : pair === old ? "old" : "new";
    seen.push(`| ${name} | ${shell} | ${ran.code} | ${is} |`);
    expect(is).toBe(after);
    expect(ran.log).not.toMatch(/^\S*node-bootstrap\.sh:|openssl:/m);
    expectTidy(node);
    expectNoKey(node, ran);
  });

  test("two at once: one waits for nobody, and the pool is asked once", async () => {
    const node = newNode();
    const gate = join(node.home, "gate");
    writeFileSync(gate, "");
    const first = node.run({ gate });
    while (node.asked() === 0) await new Promise((tick) => setTimeout(tick, 10));
    expect(await node.run()).toEqual({ code: 13, log: expect.stringContaining("another run is at work") });
    rmSync(gate);
    expect((await first).code).toBe(0);
    expect(node.asked()).toBe(1);
    expect(node.pair()).not.toBe("none");
    expectTidy(node);
    seen.push(`| two at once | ${shell} | 0 and 13 | new |`);
  });

  test("killed while the pool is asked: what is installed stays, and the next run neither waits nor takes its key", async () => {
    const node = newNode();
    const old = await node.install(due);
    const gate = join(node.home, "gate");
    writeFileSync(gate, "");
    const kill = new AbortController();
    const killed = node.run({ gate, signal: kill.signal });
    while (node.asked() === 0) await new Promise((tick) => setTimeout(tick, 10));
    kill.abort();
    expect((await killed).code).toBeNull();
    expect(node.pair()).toBe(old);
    const [half = ""] = node.leftovers().filter((name) => name.startsWith("2"));
    const made = join(node.folder, "versions", half);
    expect(statSync(made).mode & 0o077).toBe(0);
    const key = readFileSync(join(made, "tls.key"), "utf8");
    // The lock of the killed run is a file without a holder, though its gcloud still runs.
    expect((await node.run()).code).toBe(0);
    expect([old, "none"]).not.toContain(node.pair());
    expect(readFileSync(join(node.folder, "current", "tls.key"), "utf8")).not.toBe(key);
    rmSync(gate);
    expectTidy(node);
    seen.push(`| killed while gcloud runs | ${shell} | - | old |`, `| the run after it | ${shell} | 0 | new |`);
  });

  test("a reload that failed is tried again, without a new certificate", async () => {
    const node = newNode({ reload: 'test ! -e "$BLOCK" && echo told >>"$TOLD"' });
    const env = { BLOCK: join(node.home, "block"), TOLD: join(node.home, "told") };
    writeFileSync(env.BLOCK, "");
    expect((await node.run({ env })).code).toBe(50);
    const pair = node.pair();
    rmSync(env.BLOCK);
    expect((await node.run({ env })).code).toBe(0);
    expect((await node.run({ env })).code).toBe(0);
    expect({ pair: node.pair(), asked: node.asked(), told: readFileSync(env.TOLD, "utf8") }).toEqual({
      pair,
      asked: 1,
      told: "told\n",
    });
    seen.push(`| the run after a failed reload | ${shell} | 0 | old, told |`);
  });
});

for (const shell of missingShells)
  test.skip(`a node whose sh is ${shell} [skipped: no ${shell} here]`, () => undefined);

describe("a node", () => {
  let node: TrainingNode;
  beforeEach(() => {
    node = new TrainingNode(pool);
  });
  afterEach(() => node.remove());

  test("keeps its key to root, or to root and the group of the given user", async () => {
    await node.run();
    expect(node.modes()).toEqual({ folder: "755", "tls.key": "600", "tls.crt": "644", "ca.crt": "644" });
    node.set({ KEY_USER: userInfo().username });
    await node.run({ args: ["--force"] });
    expect(node.modes()).toEqual({ folder: "755", "tls.key": "640", "tls.crt": "644", "ca.crt": "644" });
  });

  test("keeps what is in use and what was before, and nothing older", async () => {
    const pairs = [];
    for (let run = 0; run < 3; run += 1) {
      await node.run({ args: ["--force"] });
      pairs.push(node.pair());
      // A version's name is the second in which it was made.
      await new Promise((tick) => setTimeout(tick, 1_000));
    }
    expect(new Set(pairs).size).toBe(3);
    expect(readdirSync(join(node.folder, "versions"))).toHaveLength(2);
  });

  test("renews early when its names, its trust anchor or the pair itself are no longer what they were", async () => {
    await node.run();
    writeFileSync(join(node.home, "trainers.names"), "node-7.train.example.internal\n");
    expect((await node.run()).log).toContain("its names are not those of this node");
    rmSync(join(node.home, "trainers.names"));
    expect((await node.run()).log).toContain("its names are not those of this node");
    writeFileSync(node.anchor, `${readFileSync(node.anchor, "utf8")}\n# and a remark\n`);
    expect((await node.run()).log).toContain("the trust anchor is another one");
    rmSync(join(node.folder, "current", "tls.key"));
    expect((await node.run()).log).toContain("it was not made for the key beside it");
    expect((await node.run()).log).toContain("nothing is due");
  });

  test("believes its own trust anchor and not what the system believes", async () => {
    // Its name differs from the trust anchor's: of certificates with one name OpenSSL tries only the first.
    const env = { SSL_CERT_FILE: join(pool, "foreign.pem"), SSL_CERT_DIR: pool };
    spawnSync("openssl", ["rehash", pool]);
    expect((await node.run({ answer: "foreign", env })).code).toBe(31);
    expect(node.pair()).toBe("none");
  });

  test("removes nothing while it cannot tell what is in use", async () => {
    const old = await node.install(due);
    writeFileSync(join(node.bin, "readlink"), "#!/bin/sh\nexit 1\n", { mode: 0o755 });
    expect((await node.run({ answer: "down" })).code).toBe(21);
    expect(node.pair()).toBe(old);
  });

  test.each(["ecdsa-p256", "ecdsa-p384", "rsa-2048", "rsa-3072"])("makes a key of kind %s", async (KEY) => {
    node.set({ KEY });
    expect((await node.run()).code).toBe(0);
    expect(node.pair()).not.toBe("none");
  });

  test("tells the journal how much a line matters", async () => {
    const env = { JOURNAL_STREAM: "8:1" };
    expect((await node.run({ answer: "down", env })).log).toMatch(
      /^<6>trainers: asks pool .*\n<3>trainers: error 21: /,
    );
  });

  test.each([
    ["a damaged settings file", "NODE_GROUP='trainers", 10],
    ["settings that are no assignments", "exit 0", 10],
  ])("says that it has %s", async (_, text, code) => {
    writeFileSync(node.conf, text);
    expect((await node.run()).code).toBe(code);
  });

  test.each(["", "text"])("says that its trust anchor is %j", async (text) => {
    writeFileSync(node.anchor, text);
    expect((await node.run()).code).toBe(10);
  });

  test("says that gcloud is missing", async () => {
    rmSync(join(node.bin, "gcloud"));
    const tools = "sh cat date tr id sort tail cut mkdir rm readlink openssl flock timeout".split(" ");
    for (const tool of tools)
      spawnSync("ln", ["-s", spawnSync("which", [tool], { encoding: "utf8" }).stdout.trim(), node.bin]);
    expect((await node.run({ env: { PATH: node.bin } })).code).toBe(11);
  });

  test("says that its folder cannot be made, or no longer be written", async () => {
    node.set({ FOLDER: join(node.anchor, "below-a-file") });
    expect((await node.run()).code).toBe(40);
    node.set({ FOLDER: node.folder });
    const old = await node.install(due);
    // Root may write everywhere, so another user runs this.
    const root = userInfo().uid === 0;
    if (root) spawnSync("chown", ["-R", "65534:65534", node.home]);
    spawnSync("chmod", ["555", join(node.folder, "versions")]);
    const ran = await node.run(root ? { uid: 65_534 } : {});
    spawnSync("chmod", ["755", join(node.folder, "versions")]);
    expect({ code: ran.code, pair: node.pair() }).toEqual({ code: 40, pair: old });
  });

  test("leaves a folder alone that lies where its link belongs", async () => {
    spawnSync("mkdir", ["-p", join(node.folder, "current", "mine")]);
    expect((await node.run()).code).toBe(40);
    expect(statSync(join(node.folder, "current", "mine")).isDirectory()).toBe(true);
    expect(readdirSync(join(node.folder, "versions"))).toEqual([]);
  });
});

/** Programs that a renewal runs. */
const tools =
  "cat chmod date env flock gcloud id ln mkdir mv openssl readlink rm sort stat sync timeout tr uname".split(" ");

/** Wraps a program: the call with this number fails, or the script is killed directly after it and the program lives on. */
function sabotage(node: TrainingNode, tool: string, fault: "fails" | "dies with the script", call: number) {
  const bin = join(node.home, "shims");
  mkdirSync(bin);
  const calls = join(node.home, "sabotaged");
  const alive = `${calls}.alive`;
  writeFileSync(alive, "");
  const own = join(node.bin, tool);
  const real = existsSync(own) ? own : `$(PATH=/usr/bin:/bin command -v ${tool})`;
  const act = fault === "fails" ? "exit 1" : `"${real}" "$@"; kill -9 "$SCRIPT_PID"; ${liveWhile(alive)}; exit 1`;
  // A pipeline may run one program twice, so counting needs a lock.
  const count = `PATH=/usr/bin:/bin flock ${calls}.lock sh -c 'printf x >>${calls}; wc -c <${calls}'`;
  const text = `#!/bin/sh\n[ "$(${count})" -ne ${call} ] || { ${act}; }\nexec "${real}" "$@"\n`;
  writeFileSync(join(bin, tool), text, { mode: 0o755 });
  return {
    through: ["sh", "-c", 'SCRIPT_PID=$$; export SCRIPT_PID; exec "$@"', "known"],
    env: { PATH: `${bin}:${node.bin}:/usr/bin:/bin` },
    reached: () => existsSync(calls) && statSync(calls).size >= call,
    release: () => rmSync(alive),
  };
}

describe.each(["fails", "dies with the script"] as const)("a renewal in which one program %s", (fault) => {
  test("leaves a pair that belongs together, whichever it is, and the next run is right again", async () => {
    const codes = new Map<number | null, number>();
    let stopped = false;
    /** Runs one renewal; returns whether it reached the fault. */
    const sweep = async (tool: string, call: number): Promise<boolean> => {
      const node = new TrainingNode(pool, ["sh"], { reload: "true" });
      const old = await node.install(due);
      const { reached, release, ...given } = sabotage(node, tool, fault, call);
      const { code, log } = await node.run(given);
      if (reached()) {
        codes.set(code, (codes.get(code) ?? 0) + 1);
        // Throws if key, certificate and chain do not belong together.
        const pair = node.pair();
        const where = { tool, call, log };
        expect({ ...where, pair }).not.toEqual({ ...where, pair: "none" });
        if (code !== null && ![0, 40, 50, 51].includes(code))
          expect({ ...where, pair }).toEqual({ ...where, pair: old });
        // The lock is not the program's, but for the one that takes it.
        if (tool === "flock") release();
        let next = await node.run();
        for (let left = 100; tool === "flock" && next.code === 13 && left > 0; left -= 1) next = await node.run();
        expect({ ...where, next }).toEqual({ ...where, next: { code: 0, log: next.log } });
        expect(node.pair()).not.toBe(old);
        expectTidy(node);
      }
      const more = reached();
      node.remove();
      return more;
    };
    const queue = [...tools];
    const worker = async () => {
      for (let tool = queue.shift(); tool !== undefined && !stopped; tool = queue.shift()) {
        for (let call = 1; !stopped && (await sweep(tool, call)); call += 1);
      }
    };
    const stop = (error: unknown) => {
      stopped = true;
      throw error;
    };
    await Promise.all([worker().catch(stop), worker().catch(stop)]);
    const documented = [null, 0, 10, 11, 12, 13, 20, 21, 30, 31, 32, 33, 34, 40, 50, 51];
    expect([...codes.keys()].filter((code) => !documented.includes(code))).toEqual([]);
    expect([...codes.values()].reduce((sum, times) => sum + times)).toBeGreaterThan(50);
    const shown = [...codes].map(([code, times]) => `${times} x ${code ?? "killed"}`).join(", ");
    seen.push(`| a program ${fault}, each in turn | sh | ${shown} | old or new |`);
  }, 900_000);
});

/** After a first certificate, fills a tiny file system to the last byte and renews. */
const fill = `
set -eu
folder=$1; shift
mkdir -p "$folder"
mount -t tmpfs -o size=128k,mode=755 none "$folder"
"$@" >&2
before=$(cat "$folder/current/tls.key" "$folder/current/tls.crt" | sha256sum)
cat /dev/zero >"$folder/filler" 2>/dev/null || true
# A page is left at a time, so that it is full at another moment each time.
for pages in 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15; do
  truncate -s "$(( $(stat -c %s "$folder/filler") - pages * 4096 ))" "$folder/filler"
  code=0
  "$@" --force >&2 || code=$?
  after=$(cat "$folder/current/tls.key" "$folder/current/tls.crt" | sha256sum)
  [ "$before" = "$after" ] && echo "$code old" || echo "$code new"
  cat /dev/zero >>"$folder/filler" 2>/dev/null || true
  [ "$before" = "$after" ] || break
done
`;
// In a name space of its own, what belongs to root seems to be another user's, unless root makes it.
const mounts = userInfo().uid === 0 && spawnSync("unshare", ["--mount", "--map-root-user", "true"]).status === 0;
(mounts ? test : test.skip)(
  "a file system that is really full keeps the old pair [needs unshare, and root]",
  async () => {
    const node = new TrainingNode(pool);
    const through = ["unshare", "--mount", "--map-root-user", "sh", "-c", fill, "fill", node.folder];
    const { code, log } = await node.run({ through });
    const results = log.split("\n").filter((line) => /^\d+ (old|new)$/.test(line));
    expect({ code, log }).toEqual({ code: 0, log });
    expect(results.length).toBeGreaterThan(3);
    expect(results.at(-1)).toBe("0 new");
    expect(results.slice(0, -1).filter((line) => !/^(20|21|40) old$/.test(line))).toEqual([]);
    seen.push(`| tmpfs full | sh | ${results.join(", ")} | old until there is room |`);
    node.remove();
  },
);

describe("Terraform", () => {
  const run = async () => {
    const pem = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";
    const reload = "echo $$ $${A} ${B:-x} %{if} %%{y} 'it''s' \"$HOME\"";
    const json = JSON.stringify({
      locals: { pem: `${pem}\n` },
      output: { user_data: { value: trainersData({ reload }, "local.pem") } },
    });
    const terraform = workspace(json);
    try {
      await terraform.init();
      await terraform.apply();
      const { user_data: text } = await terraform.output();
      const files = Object.fromEntries(
        cloudConfig(String(text)).write_files.map(({ path, content }) => [path, content]),
      );
      expect(files["/etc/ai-tls-stacks/trainers.root.pem"]).toBe(pem);
      expect(files["/usr/local/lib/ai-tls-stacks/node-bootstrap.sh"]).toBe(
        readFileSync("stacks/cas-short-lived/node-bootstrap.sh", "utf8"),
      );
      expect(files["/etc/ai-tls-stacks/trainers.conf"]).toContain(`RELOAD='${reload.replaceAll("'", "'\\''")}'\n`);
    } finally {
      terraform.remove();
    }
  };
  const name = "makes the intended bytes of the text, whatever a reload command has in it";
  if (findEngine()) test(name, run, 60_000);
  else test.skip(`${name} [skipped: neither terraform nor tofu is on the PATH]`, run);
});
