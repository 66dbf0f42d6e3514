import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run } from "../../commands/run";

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
