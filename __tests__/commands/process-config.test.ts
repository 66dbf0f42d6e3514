import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { goodConfig } from "../support/configs";

const root = join(__dirname, "../..");
const home = mkdtempSync(join(tmpdir(), "tls-stacks-process-config-"));
afterAll(() => rmSync(home, { recursive: true }));

/** What the app as a process says of some code that exports a config, or of a good config after that code. */
function said(code: string, shell = 'node app.cjs check --json "$@"', ...args: readonly string[]) {
  const file = join(home, "prod.ts");
  const exported = code.includes("export default ") ? "" : `export default ${JSON.stringify(goodConfig())};`;
  writeFileSync(file, `${code}\n${exported}`);
  const env = { PATH: process.env.PATH, TLS_STACKS_CONFIG: file, CDKTF_OUTDIR: join(home, "out"), NO_COLOR: "1" };
  const options = { cwd: root, env, encoding: "utf8", timeout: 120_000 } as const;
  const { status, stdout, stderr } = spawnSync("bash", ["--norc", "-c", shell, "sh", ...args], options);
  return { status, stdout, stderr };
}

const secret = "not-to-be-told";

test("what a config leaves behind is neither waited for nor reached, and what it prints is no output", () => {
  const { status, stdout, stderr } = said(`
    setInterval(() => console.log("still there"), 1);
    setTimeout(() => { throw new Error("${secret}"); }, 0);
    Promise.reject(new Error("${secret}"));
    process.exitCode = 7;
    console.log("printed"); process.stdout.write("written\\n");
  `);
  expect({ status, stderr }).toEqual({ status: 0, stderr: "printed\nwritten\n" });
  expect(JSON.parse(stdout)).toMatchObject({ problems: [], warnings: [] });
});

test("a config cannot end the program: it is refused, and says why", () => {
  const { status, stdout, stderr } = said(`
    try { process.exit(0); } catch { console.log("still here"); }
    export default { get project() { return process.exit(0); } };
  `);
  expect({ status, stderr }).toEqual({ status: 1, stderr: "still here\n" });
  expect(JSON.parse(stdout)).toMatchObject({
    problems: [expect.stringMatching(/cannot be run: it calls process\.exit; throw an error, or export the config$/)],
  });
});

test("a reader that is slow gets everything all the same", () => {
  const names = Array.from({ length: 1_500 }, (_, index) => `n${index}.example.com`);
  const config = goodConfig() as unknown as { stacks: { web: { certificates: Record<string, object> } } };
  config.stacks.web.certificates = Object.fromEntries(
    names.map((name) => [name.replaceAll(".", "-"), { names: [`${name}.${"wrong".repeat(5)}.com`] }]),
  );
  writeFileSync(join(home, "many.json"), JSON.stringify(config));
  const late = `setTimeout(() => { throw new Error("${secret}"); }, 100); Promise.reject(new Error("${secret}"));`;
  writeFileSync(join(home, "many.ts"), `${late} import many from "./many.json"; export default many;`);
  const slow = 'TLS_STACKS_CONFIG="$1" node app.cjs check --json | (sleep 1; cat); exit "${PIPESTATUS[0]}"';
  const { status, stdout, stderr } = said("", slow, join(home, "many.ts"));
  expect({ status, stderr }).toEqual({ status: 1, stderr: "" });
  expect(stdout.length).toBeGreaterThan(200_000);
  expect((JSON.parse(stdout) as { problems: string[] }).problems.length).toBeGreaterThan(1_499);
});

test("a state can come through a pipe, as from `terraform state pull`", () => {
  const state = join(home, "web.tfstate");
  writeFileSync(state, JSON.stringify({ version: 4, resources: [] }));
  const { status, stdout } = said("", 'node app.cjs check --json --against <(cat "$1")', state);
  expect(status).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ problems: [], against: { compared: ["web"] } });
  expect(readFileSync(state, "utf8")).toContain("version");
});
