import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runInNewContext } from "node:vm";
import { run } from "../../commands/run";
import { scenarios } from "../../stacks";
import { checkedConfig } from "../../stacks/check";

const readme = readFileSync("README.md", "utf8");
/** Code blocks in a language; the fences are matched in pairs, since a closing one looks like one without language. */
const blocks = (language: string) =>
  [...readme.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)].flatMap(([, name, code = ""]) =>
    name === language ? [code] : [],
  );

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "tls-stacks-readme-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

test("the README's config synthesizes to the table that the README shows", () => {
  const [config = ""] = blocks("ts");
  const file = join(folder, "prod.ts");
  writeFileSync(file, config);
  let printed = "";
  const collect = (text: string) => {
    printed += text;
  };
  const code = run(["node", "app.cjs", "synth"], {
    configFile: file,
    named: true,
    unattended: false,
    outdir: join(folder, "cdktf.out"),
    stdout: collect,
    stderr: collect,
  });
  const shown = blocks("").find((block) => block.startsWith("config/prod.ts, environment prod"));
  // biome-ignore lint/suspicious/noControlCharactersInRegex: colours of the terminal
  const plain = printed.replace(/\x1b\[[0-9;]*m/g, "").replaceAll(`${folder}/`, "");
  expect({ code, printed: plain.replace("prod.ts,", "config/prod.ts,") }).toEqual({ code: 0, printed: shown });
});

test("the README names only commands and files that exist", () => {
  const { scripts } = JSON.parse(readFileSync("package.json", "utf8")) as { scripts: Record<string, string> };
  const named = [...readme.matchAll(/npm (?:run )?([a-z:]+)/g)].map(([, name = ""]) => name);
  const known = [...Object.keys(scripts), "ci", "install"];
  expect(named.filter((name) => !known.includes(name))).toEqual([]);
  const links = [...readme.matchAll(/\]\(([^)#]+)\)/g)].map(([, link = ""]) => link);
  expect(links.length).toBeGreaterThan(3);
  for (const link of links) expect(readFileSync(link, "utf8").length).toBeGreaterThan(0);
});

test("the README is short, and its first table links a page for each scenario", () => {
  expect(readme.split("\n").length).toBeLessThan(170);
  const rows = [...readme.matchAll(/^\| \[`([^`]+)`\]\(docs\/([^)]+)\.md\) \|/gm)].map(([, name, page]) => [
    name,
    page,
  ]);
  expect(rows.toSorted()).toEqual(Object.keys(scenarios).map((scenario) => [scenario, scenario]));
});

test("there is a whole config of every scenario to start from", () => {
  const examples = readdirSync("config/examples").map((file) => readFileSync(join("config/examples", file), "utf8"));
  const shown = examples.flatMap((text) => [...text.matchAll(/^ +scenario: "(.*)",$/gm)].map(([, kind]) => kind));
  expect([...new Set(shown)].sort()).toEqual(Object.keys(scenarios).sort());
});

/** Stacks that pages show, as `"<name>": { scenario: ... },`. */
const shown = readdirSync("docs")
  .filter((file) => file.endsWith(".md"))
  .flatMap((file) =>
    [...readFileSync(join("docs", file), "utf8").matchAll(/^```ts\n("[\w-]+": \{\n {2}scenario: [\s\S]*?)^```$/gm)].map(
      ([, stack = ""]) => [file, stack] as const,
    ),
  );

test("there are stacks on pages", () => expect(shown.length).toBeGreaterThan(2));

test.each(shown)("the stack that docs/%s shows is accepted", (_, stack) => {
  const settings = {
    project: "ai-platform",
    environment: "prod",
    backend: { type: "s3", bucket: "state", region: "eu-west-1" },
  };
  const { report } = checkedConfig({ ...settings, stacks: runInNewContext(`({${stack}})`) });
  expect(report.problems).toEqual([]);
});
