import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import fc from "fast-check";
import { keysOf } from "../../lib/config/issuers";
import { renewalProblem, renewalTimes } from "../../stacks/cas-short-lived/config-renewal";
import { cloudConfig, fileAt, trainersData, trustAnchor } from "../support/node/training-node";
import { runs } from "../support/runs";

const root = join(__dirname, "../..");
const scriptFile = join(root, "stacks/cas-short-lived/node-bootstrap.sh");
const confPath = "/etc/ai-tls-stacks/trainers.conf";
const here = (program: string) => spawnSync("sh", ["-c", `command -v ${program}`]).status === 0;
/** A test that needs a program; a skipped one names the missing program. */
const testWith = (program: string, name: string, run: () => void) =>
  here(program) ? test(name, run) : test.skip(`${name} [skipped: no ${program} here]`, run);

const said = (...command: string[]) => {
  const [program = "", ...args] = command;
  const { status, stdout, stderr } = spawnSync(program, args, { encoding: "utf8" });
  return { status, said: `${stdout}${stderr}` };
};

describe("the script", () => {
  testWith("shellcheck", "has nothing that shellcheck objects to", () => {
    expect(said("shellcheck", scriptFile, join(root, "__tests__/support/node/fake-gcloud.sh"))).toEqual({
      status: 0,
      said: "",
    });
  });

  test("names no pool, project or group of its own, and no exit code that the table in the docs has not", () => {
    const text = readFileSync(scriptFile, "utf8");
    const codes = [...text.matchAll(/(?:\bfail |code=)(\d+)/g)].map(([, code]) => code);
    const docs = readFileSync(join(root, "docs/node-bootstrap.md"), "utf8");
    const inHead = [...text.matchAll(/^# +(\d+) {2}/gm)].map(([, code]) => code);
    const inDocs = [...docs.matchAll(/^\| (\d+) \|/gm)].map(([, code]) => code);
    expect([...new Set(["0", ...codes])].sort()).toEqual([...inHead].sort());
    expect(inDocs.sort()).toEqual([...inHead].sort());
    expect(text).not.toMatch(/acme|trainers|us-central1/);
  });

  test("makes a key of every kind that a config can ask for: there no compiler names the one that is missing", () => {
    const [, choices = ""] = /^ *case \$KEY in\n(.*?)^ *\*\) fail /ms.exec(readFileSync(scriptFile, "utf8")) ?? [];
    const patterns = [...choices.matchAll(/^ *([a-z0-9*-]+)\) set -- /gm)].map(([, pattern = ""]) => pattern);
    const made = new RegExp(`^(${patterns.join("|").replaceAll("*", "\\d+")})$`);
    expect(keysOf("cas").filter((kind) => !made.test(kind))).toEqual([]);
  });

  test("has no copy of its shell wait for a program once it has the lock: a copy that is left behind would hold it", () => {
    const [, locked = ""] = readFileSync(scriptFile, "utf8").split("# --- What is installed");
    const starts = [...locked.matchAll(/\$\((?!\()\s*(\w+)/g)].map(([, program]) => program);
    expect(starts.length).toBeGreaterThan(15);
    expect(starts.filter((program) => program !== "exec")).toEqual([]);
    expect(locked.match(/^ *\(.*/gm)).toEqual(['    (cd / && exec timeout -k 5 60 sh -c "$RELOAD" </dev/null >&2) ||']);
  });
});

describe("user data", () => {
  const text = trainersData();
  const config = cloudConfig(text);

  test("has five files and three commands, and nothing that a newer cloud-init would have to know", () => {
    expect(Object.keys(config)).toEqual(["write_files", "runcmd"]);
    expect(config.write_files.map(({ path, permissions }) => `${permissions} ${path}`)).toEqual([
      `0644 ${confPath}`,
      "0644 /etc/ai-tls-stacks/trainers.root.pem",
      "0755 /usr/local/lib/ai-tls-stacks/node-bootstrap.sh",
      "0644 /etc/systemd/system/ai-tls-stacks-trainers.service",
      "0644 /etc/systemd/system/ai-tls-stacks-trainers.timer",
    ]);
    expect(config.runcmd).toEqual([
      ["systemctl", "daemon-reload"],
      ["systemctl", "enable", "--now", "ai-tls-stacks-trainers.timer"],
      ["systemctl", "enable", "--now", "ai-tls-stacks-trainers.service"],
    ]);
  });

  test("brings the script as it is, and settings in a fixed order", () => {
    expect(fileAt(config, "/usr/local/lib/ai-tls-stacks/node-bootstrap.sh")).toBe(readFileSync(scriptFile, "utf8"));
    expect(fileAt(config, confPath).split("\n").slice(1)).toEqual([
      "NODE_GROUP='trainers'",
      "DOMAINS='ring.example.internal train.example.internal'",
      "PROJECT='acme-training'",
      "LOCATION='us-central1'",
      "POOL='issuing'",
      "TEMPLATE='trainers'",
      "LIFETIME='86400'",
      "LEAST='86100'",
      "WINDOW='29375'",
      "KEY='ecdsa-p256'",
      "PURPOSES='sslserver sslclient'",
      "TRUST_ANCHOR='/etc/ai-tls-stacks/trainers.root.pem'",
      "FOLDER='/var/lib/ai-tls-stacks/trainers'",
      "KEY_USER=''",
      "RELOAD=''",
      "",
    ]);
  });

  test("takes its trust anchor from the expression, nowhere else, and has no other expression", () => {
    const expressions = text.replaceAll(/\$\$\{|%%\{/g, "").match(/[$%]\{[^\n]*/g);
    expect(expressions).toEqual([`\${indent(6, trimspace(${trustAnchor}))}`]);
    expect(text).not.toMatch(/PRIVATE KEY|BEGIN CERTIFICATE-----\n/);
  });

  test("hands any reload command to the shell as it was written", () => {
    const folder = mkdtempSync(join(tmpdir(), "tls-stacks-settings-"));
    const file = join(folder, "conf");
    const command = fc.string({ unit: fc.constantFrom(..."a '\"$`\\{}%#;&|:-".split("")), minLength: 1 });
    try {
      fc.assert(
        fc.property(command, (reload) => {
          fc.pre(reload.trim() !== "");
          writeFileSync(file, fileAt(cloudConfig(trainersData({ reload })), confPath));
          const read = said("sh", "-c", '. "$1" && printf "%s" "$RELOAD"', "sh", file);
          expect(read).toEqual({ status: 0, said: reload });
        }),
        runs(10),
      );
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  test("gives times in which a certificate is looked at several times before it ends, and not due when new", () => {
    const shares = fc.double({ min: 0.01, max: 0.99, noNaN: true });
    const times = fc.tuple(fc.integer({ min: 600, max: 40_000_000 }), shares, fc.integer({ min: 0, max: 172_800 }));
    fc.assert(
      fc.property(times, ([lifetime, renewAt, backdate]) => {
        fc.pre(renewalProblem(lifetime, renewAt, backdate) === undefined);
        const { window, least, interval, retry } = renewalTimes(lifetime, renewAt, backdate);
        // Even with the longest delays the timer checks four times before the certificate ends.
        expect(window).toBeGreaterThanOrEqual(4 * 2 * interval);
        expect(least).toBeGreaterThan(window);
        expect(retry).toBeLessThanOrEqual(interval);
        expect(retry).toBeGreaterThanOrEqual(10);
      }),
      runs(40),
    );
  });

  testWith("systemd-analyze", "has units that systemd takes", () => {
    const folder = mkdtempSync(join(tmpdir(), "tls-stacks-units-"));
    try {
      const units = config.write_files.filter(({ path }) => path.startsWith("/etc/systemd"));
      for (const { path } of units) writeFileSync(join(folder, basename(path)), fileAt(config, path));
      const files = units.map(({ path }) => join(folder, basename(path)));
      expect(said("systemd-analyze", "verify", "--recursive-errors=no", ...files)).toEqual({ status: 0, said: "" });
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
