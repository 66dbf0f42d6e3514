import { spawn } from "node:child_process";
import { join } from "node:path";
import { runCommand } from "../support/run-command";

const root = join(__dirname, "../..");
const line = (role: object, request: object, more: object = {}) => `${JSON.stringify({ ...more, role, request })}\n`;
const open = { allow_any_name: true };
const asked = { common_name: "example.com" };

/** What the command says to an input that arrives in pieces. */
function simulate(input: string | readonly Uint8Array[], ...options: readonly string[]) {
  const pieces = typeof input === "string" ? [Buffer.from(input)] : input;
  return runCommand(["simulate-vault-role", ...options], {
    configFile: "unused",
    outdir: "unused",
    stdin: () => pieces,
  });
}

const answer = (more: object = {}) =>
  `${JSON.stringify({ issued: true, errors: [], dns: ["example.com"], ttl: 2_764_800, ...more })}\n`;
const refusal = '{"issued":false,"errors":["common name example.com not allowed by this role"],"dns":[],"ttl":0}\n';

describe("simulate-vault-role", () => {
  test("answers line by line, in order, and ignores what it does not know", () => {
    const input =
      line(open, asked, { issued: false, note: 1 }) + line({ client_flag: true }, asked) + line(open, asked);
    expect(simulate(input)).toEqual({ code: 0, stdout: answer() + refusal + answer(), stderr: "" });
  });

  test("names the field that a misspelt one of the role was meant for, and ignores it as Vault does", () => {
    const role = {
      alow_subdomains: true,
      key_usages: [],
      comment_of_ours: "x",
      allowed_user_ids: [],
      server_flag: true,
    };
    expect(simulate(line({ ...open, ...role }, asked)).stdout).toBe(
      answer({
        warnings: [
          'role.alow_subdomains: is an unknown field, which Vault ignores; did you mean "allow_subdomains"?',
          'role.key_usages: is an unknown field, which Vault ignores; did you mean "key_usage"?',
        ],
      }),
    );
  });

  test("names a misspelt field of the request, and what is not simulated and could change the verdict", () => {
    const role = { ...open, issuer_ref: "next", not_after: "", server_flag: true };
    const request = { ...asked, alt_name: "x", not_after: "2030-01-01T00:00:00Z", format: "pem" };
    expect(simulate(line(role, request)).stdout).toBe(
      answer({
        warnings: [
          'request.alt_name: is an unknown field, which Vault ignores; did you mean "alt_names"?',
          'role.issuer_ref: is "next", which is not simulated and could change the verdict; ask the server',
          'request.not_after: is "2030-01-01T00:00:00Z", which is not simulated and could change the verdict; ask the server',
        ],
      }),
    );
  });

  test("takes lines that arrive in any pieces, and a last one without an end", () => {
    const name = "bücher.example";
    const bytes = Buffer.from((line(open, { common_name: name }) + line({}, asked)).trimEnd());
    const whole = answer({ dns: ["xn--bcher-kva.example"] }) + refusal;
    const single = Array.from(bytes, (_, at) => bytes.subarray(at, at + 1));
    expect(simulate(single)).toEqual({ code: 0, stdout: whole, stderr: "" });
    expect(simulate([bytes.subarray(0, 30), Buffer.alloc(0), bytes.subarray(30)]).stdout).toBe(whole);
  });

  test("says nothing to nothing", () => {
    expect(simulate("")).toEqual({ code: 0, stdout: "", stderr: "" });
  });

  test("takes the mount's and the authority's lifetimes as options", () => {
    const year = line(open, { ...asked, ttl: 31_536_000 });
    expect(simulate(line(open, asked), "--mount-default", "2h").stdout).toBe(answer({ ttl: 7_200 }));
    expect(simulate(year, "--mount-max", "30d").stdout).toBe(answer({ ttl: 2_592_000 }));
    expect(simulate(year, "--ca-lifetime", "30d").stdout).toContain(
      "notAfter of now + 8760h0m0s that is beyond the expiration of the CA certificate at now + 720h0m0s",
    );
    const cut = simulate(year, "--ca-lifetime", "30d", "--leaf-not-after-behavior", "truncate");
    expect(cut.stdout).toBe(answer({ ttl: 2_592_000 }));
    expect(simulate(year, "--mount-max", "a year")).toEqual({
      code: 1,
      stdout: "",
      stderr:
        '--mount-max: is "a year", which is no duration; write a whole number above 0 and s, m, h or d, such as "90d"\n',
    });
    expect(simulate(year, "--leaf-not-after-behavior", "keep")).toMatchObject({ code: 1, stdout: "" });
  });

  const wanted = 'write {"role": {...}, "request": {...}} on one line';
  test.each<[string, string | Uint8Array, string]>([
    ["no JSON", "role", `is "role", which is no JSON in UTF-8; ${wanted}`],
    ["nothing", "", `is "", which is no JSON in UTF-8; ${wanted}`],
    ["no UTF-8", Buffer.from([0x22, 0xff, 0x22]), `is "\\"\ufffd\\"", which is no JSON in UTF-8; ${wanted}`],
    ["no map", "[]", `is [], which is no map; ${wanted}`],
    ["no request", '{"role":{}}', 'request: is missing; write a map, such as {"common_name":"example.com"}'],
    ["no role", '{"role":1,"request":{}}', 'role: is 1; write a map, such as {"allowed_domains":["example.com"]}'],
    [
      "a text for a list, and a word for a switch: both",
      line({ allowed_domains: "a,b", allow_any_name: "yes" }, asked).trimEnd(),
      'role.allow_any_name: is "yes"; write true or false; role.allowed_domains: is "a,b"; write a list, such as ["example.com"]',
    ],
    [
      "a lifetime below nothing",
      line({}, { ttl: -1 }).trimEnd(),
      "request.ttl: is -1; write a whole number from 0 to 9223372036",
    ],
  ])("stops at what it cannot read, %s, and says where", (_, bad, sentence) => {
    const input = [Buffer.from(line(open, asked)), Buffer.from(bad), Buffer.from(`\n${line(open, asked)}`)];
    expect(simulate(input)).toEqual({ code: 1, stdout: answer(), stderr: `line 2: ${sentence}\n` });
  });

  test("as a process, answers before the input has ended, and stops quietly when nobody listens", async () => {
    // The runner has no time limits.
    const child = spawn(process.execPath, ["app.cjs", "simulate-vault-role"], { cwd: root, timeout: 60_000 });
    let stderr = "";
    child.stderr.on("data", (text: Buffer) => {
      stderr += text;
    });
    const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
    const first = new Promise<string>((resolve) => child.stdout.once("data", (data: Buffer) => resolve(String(data))));
    child.stdin.on("error", () => undefined);
    child.stdin.write(line(open, asked));
    expect(await Promise.race([first, ended])).toBe(answer());
    child.stdout.destroy();
    child.stdin.end(line(open, asked).repeat(1_000));
    expect([await ended, stderr]).toEqual([0, ""]);
  });
});
