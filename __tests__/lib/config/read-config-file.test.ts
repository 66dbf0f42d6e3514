import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import fc from "fast-check";
import { plainData } from "../../../lib/config/plain-data";
import { type ConfigFile, readConfigFile } from "../../../lib/config/read-config-file";
import { newReport } from "../../../lib/config/report";
import { runs } from "../../support/runs";

const folder = mkdtempSync(join(tmpdir(), "config-files-"));
const root = resolve(__dirname, "../../..");

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Puts a file into the folder and gives its path. */
function written(name: string, text: string | Buffer): string {
  const file = join(folder, name);
  writeFileSync(file, text);
  return file;
}

/** What is wrong with a file of the given name and text. */
const problemOf = (name: string, text: string | Buffer) => readConfigFile(written(name, text));
const problem = (text: string): ConfigFile => ({ problem: text });

const vaultToken = `hvs.${"a1B2c3D4".repeat(4)}`;
const privateKey = "-----BEGIN RSA PRIVATE KEY-----\nMIIEowIBAAKCAQEA\n-----END RSA PRIVATE KEY-----";

describe("a file", () => {
  test("that does not exist", () => {
    const missing = problem("does not exist; write it, or name another in TLS_STACKS_CONFIG");
    expect(readConfigFile(join(folder, "missing.ts"))).toEqual(missing);
    expect(readConfigFile(join(folder, "missing", "prod.json"))).toEqual(missing);
  });

  test("that is a folder, whatever it is called", () => {
    mkdirSync(join(folder, "prod.json"));
    for (const name of [folder, join(folder, "prod.json")]) {
      expect(readConfigFile(name)).toEqual(problem("is a folder; name a file in it in TLS_STACKS_CONFIG"));
    }
  });

  test.each(["prod.yaml", "prod", "prod.tsx", "prod.ts.bak", ".ts/prod", "prod.jsonc"])("called %s", (name) => {
    if (name.includes("/")) mkdirSync(join(folder, ".ts"));
    expect(problemOf(name, "{}")).toEqual(problem("is neither TypeScript (.ts) nor JSON (.json); rename it"));
  });

  test("that the system does not open", () => {
    const cannot = (code: string) => problem(`cannot be read (${code}); name a readable file in TLS_STACKS_CONFIG`);
    expect(readConfigFile(join(folder, `${"x".repeat(300)}.ts`))).toEqual(cannot("ENAMETOOLONG"));
    expect(readConfigFile(join(folder, "a\0b.json"))).toEqual(cannot("ERR_INVALID_ARG_VALUE"));
    expect(readConfigFile(join(written("file.json", "{}"), "inside.json"))).toEqual(cannot("ENOTDIR"));
    const closed = written("closed.json", "{}");
    chmodSync(closed, 0);
    // Who may read everything may read this as well.
    expect(readConfigFile(closed)).toEqual(process.getuid?.() === 0 ? { value: {} } : cannot("EACCES"));
  });
});

describe("a file in another encoding", () => {
  const latin = (text: string) => Buffer.from(text, "latin1");
  const refused = problem("is not in UTF-8; save it so");

  test("is refused: every wrong byte would become the same character, for good", () => {
    expect(problemOf("latin.json", latin('{"team": "Müller"}'))).toEqual(refused);
    expect(problemOf("latin.ts", latin('export default { team: "Müller" };'))).toEqual(refused);
    expect(problemOf("wide.json", Buffer.from("\ufeff{}", "utf16le"))).toEqual(refused);
    written("part.ts", latin('export const team = "Müller";'));
    const whole = 'import { team } from "./part"; export default { team };';
    expect(problemOf("whole.ts", whole)).toEqual({
      problem: expect.stringMatching(/^cannot be run: "[^"]*part\.ts" is not in UTF-8; save it so$/),
    });
  });
});

test("a config is no device, which may have no end", () => {
  symlinkSync("/dev/zero", join(folder, "zero.json"));
  expect(readConfigFile(join(folder, "zero.json"))).toEqual(problem("is no file; name one in TLS_STACKS_CONFIG"));
});

describe("a JSON file", () => {
  test("is its value, and runs nothing", () => {
    const config = {
      project: "ai-platform",
      stacks: { web: { zones: { "example.com": "lookup" }, names: ["a", "b"] } },
    };
    expect(problemOf("good.json", JSON.stringify(config, null, 2))).toEqual({ value: config });
    expect(problemOf("GOOD.JSON", ' {"a": [1, "ü", null]}\r\n')).toEqual({ value: { a: [1, "ü", null] } });
    for (const text of ["null", "5", '"text"', "[]"])
      expect(problemOf("value.json", text)).toEqual({ value: JSON.parse(text) });
  });

  test.each([
    ["nothing", "", "is empty; write a config"],
    ["nothing but space", " \n\t", "is empty; write a config"],
    [
      "a byte order mark",
      '\ufeff{"a": 1}',
      "starts with a byte order mark, which JSON forbids; save it as plain UTF-8",
    ],
    [
      "a comment at the end of a line",
      '{\n  "a": 1 // why\n}',
      "has a comment at line 2, column 10; JSON has none, so take it out",
    ],
    ["a comment at the start", "/* why */ {}", "has a comment at line 1, column 1; JSON has none, so take it out"],
    ["a key twice", '{"a": 1,\n "b": 2,\n "a": 3}', 'has the key "a" twice in one map, at line 3, column 2; keep one'],
    [
      "a key twice further in",
      '{"a": [{"b": {"c": 1, "c": 1}}]}',
      'has the key "c" twice in one map, at line 1, column 23; keep one',
    ],
    [
      "a key twice in two spellings",
      '{"a": 1, "\\u0061": 2}',
      'has the key "a" twice in one map, at line 1, column 10; keep one',
    ],
    [
      "__proto__ twice",
      '{"__proto__": 1, "__proto__": 2}',
      'has the key "__proto__" twice in one map, at line 1, column 18; keep one',
    ],
    ["a comma too many", '{"a": [1,]}', "is no valid JSON: value expected at line 1, column 10"],
    ["a comma too few", '{"a": 1 "b": 2}', "is no valid JSON: comma expected at line 1, column 9"],
    ["an open end", '{\n  "a": {', "is no valid JSON: close brace expected at line 2, column 9"],
    ["something after the end", "{}\n{}", "is no valid JSON: end of file expected at line 2, column 1"],
    ["single quotes", "{'a': 1}", "is no valid JSON: invalid symbol at line 1, column 2"],
    ["a bare key", "{a: 1}", "is no valid JSON: invalid symbol at line 1, column 2"],
    ["a line break in a string", '{"a": "x\ny"}', "is no valid JSON: unexpected end of string at line 1, column 7"],
    ["not a number", "NaN", "is no valid JSON: invalid symbol at line 1, column 1"],
    ["TypeScript", "export default {}", "is no valid JSON: invalid symbol at line 1, column 1"],
    ["more levels than can be read", "[".repeat(100_000), "is nested too deep to be read; no config is"],
  ])("with %s", (_, text, expected) => expect(problemOf("bad.json", text)).toEqual(problem(expected)));

  test("with one key in two maps is right", () => {
    expect(problemOf("twice.json", '{"a": {"c": 1}, "b": {"c": 1}}')).toEqual({ value: { a: { c: 1 }, b: { c: 1 } } });
  });

  test("with a secret where the mistake is: it is not repeated", () => {
    for (const text of [`{"${vaultToken}": 1, "${vaultToken}": 2}`, `{"a": ${vaultToken}}`, `{"a": "${vaultToken}`]) {
      expect(JSON.stringify(problemOf("secret.json", text))).not.toContain(vaultToken.slice(4));
    }
  });

  test("is taken if and only if it is JSON, and as what it is", () => {
    const broken = fc
      .tuple(fc.json({ maxDepth: 3 }), fc.nat(), fc.constantFrom("", ",", "}", '"', "/", "0", " ", "\u0001", "\\"))
      .map(([text, at, letter]) => `${text.slice(0, at % text.length)}${letter}${text.slice((at % text.length) + 1)}`);
    const parsed = (text: string): ConfigFile | undefined => {
      try {
        return { value: JSON.parse(text) as unknown };
      } catch {
        return undefined;
      }
    };
    fc.assert(
      fc.property(fc.oneof(fc.json(), broken), (text) => {
        const file = problemOf("any.json", text);
        const twice = "problem" in file && file.problem.startsWith("has the key");
        expect(JSON.stringify("value" in file || twice ? parsed(text) : undefined)).toBe(JSON.stringify(parsed(text)));
        if ("value" in file) expect(JSON.stringify(file)).toBe(JSON.stringify(parsed(text)));
      }),
      runs(50),
    );
  });
});

describe("a TypeScript file", () => {
  test("is its default export, and what it imports is followed when it changes", () => {
    const helper = written("names.ts", 'export const names: readonly string[] = ["a.example.com"];');
    const file = written("imports.ts", 'import { names } from "./names";\nexport default { names } satisfies object;');
    expect(readConfigFile(file)).toEqual({ value: { names: ["a.example.com"] } });
    expect(readConfigFile(file)).toEqual({ value: { names: ["a.example.com"] } });
    writeFileSync(helper, 'export const names: readonly string[] = ["b.example.com"];');
    expect(readConfigFile(file)).toEqual({ value: { names: ["b.example.com"] } });
    writeFileSync(helper, "export const names: readonly string[] = [;");
    expect(readConfigFile(file)).toEqual(
      problem(
        expect.stringMatching(
          /^cannot be run: Unexpected ";" \(.*names\.ts, line 1, column 42\)$/,
        ) as unknown as string,
      ),
    );
    rmSync(helper);
    expect(readConfigFile(file)).toEqual(problem('cannot be run: Could not resolve "./names" (line 1, column 23)'));
  });

  test("is what it says now: nothing that was made of it before is kept", () => {
    const file = written("kept.ts", "export default 1;");
    expect(readConfigFile(file)).toEqual({ value: 1 });
    const { atime, mtime } = statSync(file);
    writeFileSync(file, "export default 2;");
    utimesSync(file, atime, mtime);
    expect(readConfigFile(file)).toEqual({ value: 2 });

    mkdirSync(join(folder, "zones"));
    written("zones/index.ts", 'export default "inside";');
    const importing = written("importing.ts", 'export { default } from "./zones";');
    expect(readConfigFile(importing)).toEqual({ value: "inside" });
    written("zones.ts", 'export default "beside";');
    expect(readConfigFile(importing)).toEqual({ value: "beside" });

    const link = join(folder, "link.ts");
    symlinkSync(file, link);
    expect(readConfigFile(link)).toEqual({ value: 2 });
    rmSync(link);
    symlinkSync(importing, link);
    expect(readConfigFile(link)).toEqual({ value: "beside" });

    mkdirSync(join(folder, "node_modules/estate"), { recursive: true });
    for (const value of [1, 2]) {
      const below = written("node_modules/estate/prod.ts", `export default ${value};`);
      expect(readConfigFile(below)).toEqual({ value });
    }
  });

  test("knows its own folder, wherever the program is", () => {
    expect(problemOf("here.ts", "export default [__dirname, __filename];")).toEqual({
      value: [folder, join(folder, "here.ts")],
    });
  });

  test("is read once: nothing of it runs later", () => {
    const file = problemOf(
      "once.ts",
      `let count = 0;
       const circle: any = { list: [1, , 3], none: undefined, ["__proto__"]: 1 };
       circle.circle = circle;
       class Thing {}
       const code = [new Thing(), new Proxy(new Thing(), {}), new Date(0), new Map()];
       export default { get a() { return ++count; }, circle, twice: circle, code, call: () => 1 };`,
    ) as { value: Record<string, unknown> };
    const { a, circle, twice, code, call } = file.value;
    expect([a, file.value.a, typeof call]).toEqual([1, 1, "function"]);
    expect(Object.entries(circle as object)).toEqual([
      ["list", [1, undefined, 3]],
      ["none", undefined],
      ["__proto__", 1],
      ["circle", circle],
    ]);
    expect(twice).toBe(circle);
    const report = newReport();
    plainData(code, report);
    expect(report.problems.map(({ message }) => message)).toEqual(
      Array(4).fill(expect.stringMatching(/^is no plain map, but an instance of a class/)),
    );
  });

  test.each([
    ["that throws", 'throw new Error("no environment\\nat all");', "cannot be run: no environment"],
    [
      "that throws an error without a message",
      "throw new Error();",
      "cannot be run: it throws an error without a message",
    ],
    ["that throws a text", 'throw "no environment";', "cannot be run: no environment"],
    ["that throws null", "throw null;", "cannot be run: it throws an error without a message"],
    [
      "that throws an error whose message throws",
      "throw { get message() { throw 1; } };",
      "cannot be run: it throws an error that cannot be read",
    ],
    [
      "that throws a list of nothing",
      "throw { errors: [null] };",
      "cannot be run: it throws an error that cannot be read",
    ],
    [
      "with a field that throws",
      'export default { stacks: [{ get a() { throw new Error("no a here"); } }] };',
      "cannot be run: no a here",
    ],
    [
      "with fields that throw when they are listed",
      'export default { a: new Proxy({}, { ownKeys: () => { throw new Error("no fields here"); } }) };',
      "cannot be run: no fields here",
    ],
    ["whose export throws", 'module.exports = { get default() { throw "no export"; } };', "cannot be run: no export"],
    [
      "that throws several errors",
      'throw new AggregateError([new Error("one")], "several");',
      "cannot be run: several",
    ],
    [
      "that throws what looks like a compiler's failure",
      'throw { errors: "x", message: "odd" };',
      "cannot be run: odd",
    ],
    [
      "that uses what is not there",
      "const x: any = {}; export default x.y.z;",
      "cannot be run: Cannot read properties of undefined (reading 'z')",
    ],
    ["that never ends", "function f(): void { f(); } f();", "cannot be run: Maximum call stack size exceeded"],
    [
      "with a mistake in its syntax",
      'export default {\n  password: "correct horse",\n  a: 1;\n};',
      'cannot be run: Expected "}" but found ";" (line 3, column 7)',
    ],
    [
      "that ends too early",
      'export default {\n  a: "x",\n',
      "cannot be run: Expected identifier but found end of file (line 3, column 1)",
    ],
    [
      "that imports what is not there",
      'import x from "./missing";\nexport default x;',
      'cannot be run: Could not resolve "./missing" (line 1, column 15)',
    ],
    [
      "that waits",
      "export default await 5;",
      'cannot be run: Top-level await is currently not supported with the "cjs" output format (line 1, column 16)',
    ],
    ["with nothing in it", "", 'exports nothing; write "export default defineConfig({ ... })"'],
    [
      "that exports something by name",
      "export const config = {};",
      'exports nothing; write "export default defineConfig({ ... })"',
    ],
    [
      "that exports undefined",
      "export default undefined;",
      'exports nothing; write "export default defineConfig({ ... })"',
    ],
    [
      "that exports a promise",
      "export default Promise.resolve({});",
      "exports a promise; export the value itself, with nothing to wait for",
    ],
  ])("%s", (_, text, expected) => expect(problemOf("bad.ts", text)).toEqual(problem(expected)));

  test("with a secret in what it throws or cannot compile: it is not repeated", () => {
    const texts: readonly (readonly [text: string, said: string])[] = [
      [`throw new Error("no " + ${JSON.stringify(vaultToken)} + " here");`, "no (withheld) here"],
      [`throw new Error(${JSON.stringify(privateKey)});`, "(withheld)"],
      [`throw ${JSON.stringify(`${vaultToken} ${vaultToken}`)};`, "(withheld) (withheld)"],
      [
        `export default ghp_${"a1B2".repeat(9)} ghp_${"a1B2".repeat(9)};`,
        'Expected ";" but found "(withheld)" (line 1, column 57)',
      ],
    ];
    for (const [text, said] of texts) expect(problemOf("secret.ts", text)).toEqual(problem(`cannot be run: ${said}`));
  });

  test("with a key that stands twice: refused as in JSON, each time, all of them at once", () => {
    const text =
      "const port = 1;\nexport default {\n  a: { \"tts.example.com\": 1, b: 2, 'tts.example.com': 3 },\n  port, port: 2 };";
    const said =
      'has the key "tts.example.com" twice in one map, at line 3, column 36, and the key "port" twice in one map, at line 4, column 9; keep one of each';
    const file = written("twice.ts", text);
    for (const _ of [1, 2]) expect(readConfigFile(file)).toEqual(problem(said));
    writeFileSync(file, "export default { a: { x: 1 }, b: { x: 1 }, ...{ a: 2 } };");
    expect(readConfigFile(file)).toEqual({ value: { a: 2, b: { x: 1 } } });
    written("part.json", '{"x": 1,\n "x": 2}');
    written("part.ts", 'import more from "./part.json";\nexport default { y: 1, y: more };');
    const whole = problemOf("whole.ts", 'import part from "./part";\nexport default { part };');
    expect(whole).toEqual(
      problem(
        expect.stringMatching(
          /^has the key "x" twice in one map, at \S*\/part\.json, line 2, column 2, and the key "y" twice in one map, at \S*\/part\.ts, line 2, column 24; keep one of each$/,
        ) as unknown as string,
      ),
    );
    expect(problemOf("secret.ts", `export default { "${vaultToken}": 1, "${vaultToken}": 2 };`)).toEqual(
      problem('has the key "(withheld)" twice in one map, at line 1, column 61; keep one'),
    );
    expect(problemOf("both.ts", "export default { a: 1, a: 2 };\nthen;;)")).toEqual(
      problem('cannot be run: Unexpected ")" (line 2, column 7)'),
    );
  });

  test.each(readdirSync(join(root, "config", "examples")))("works wherever it is copied: %s", (name) => {
    const example = readFileSync(join(root, "config", "examples", name), "utf8");
    expect(problemOf(name, example)).toEqual({ value: expect.objectContaining({ environment: expect.any(String) }) });
  });

  test("may be JavaScript", () => {
    expect(problemOf("config.mjs", "export default { a: 1 };")).toEqual({ value: { a: 1 } });
    expect(problemOf("null.cjs", "module.exports = null;")).toEqual(
      problem('exports nothing; write "export default defineConfig({ ... })"'),
    );
  });
});
