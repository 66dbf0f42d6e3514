import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { operatorPage } from "../../commands/operator-page";
import { textOf } from "../../lib/config/quoting";
import { checkedConfig } from "../../stacks/check";
import { everything, goodConfig } from "../support/configs";
import { runCommand } from "../support/run-command";

/** A text that would act in a shell, in Markdown and on a terminal, wherever it is not quoted. */
const planted = "PLANTED; touch x $(id) `id` | 'a' \"b\" [c](d) *e* <f> \u202eEND";
/** What is shown of it where it is quoted. */
const shown = planted.replace("\u202e", "\\u202e");

const names = readdirSync(join(__dirname, "../golden")).filter((name) => name.endsWith("-everything.json"));

/** What keys are called that are texts of a user's own: DNS names. */
const ownKey = "a key";

/** The fields of a value that hold texts. */
function fieldsOf(value: unknown, field = ""): readonly string[] {
  if (typeof value === "string") return [field];
  if (Array.isArray(value)) return value.flatMap((member) => fieldsOf(member, field));
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => [
    ...fieldsOf(inner, key),
    ...(key.includes(".") ? [ownKey] : []),
  ]);
}

/** A copy of a value with the planted text wherever a field has one. */
function plantedIn<Value>(value: Value, field: string, inside = ""): Value {
  if (typeof value === "string") return (inside === field ? planted : value) as Value;
  if (Array.isArray(value)) return value.map((member) => plantedIn(member, field, inside)) as Value;
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).map(([key, inner]) => [
    field === ownKey && key.includes(".") ? planted : key,
    plantedIn(inner, field, key),
  ]);
  return Object.fromEntries(entries) as Value;
}

/** A page as CommonMark takes it apart: text with its escapes, and code. */
function partsOf(page: string): readonly { readonly kind: "text" | "code"; readonly text: string }[] {
  const parts = page.matchAll(
    /```sh\n(?<block>.*?)\n```|(?<fence>`+)(?<code>.*?[^`])\k<fence>(?!`)|(?<text>(?:\\.|[^`\\])+)/gs,
  );
  return [...parts].map(({ groups: { block, fence = "", code, text = "" } = {} }) => {
    if (block !== undefined) return { kind: "code", text: block };
    if (code === undefined) return { kind: "text", text };
    return { kind: "code", text: fence.length > 1 ? code.replace(/^ (.*) $/s, "$1") : code };
  });
}

/** What of the planted text acts on a page, if anything does. */
function actingOn(page: string): string | undefined {
  if (page.includes("\u202e")) return page;
  const acts = ({ kind, text }: ReturnType<typeof partsOf>[number]): boolean => {
    const [before = "", rest] = text.split("PLANTED", 2);
    if (rest === undefined) return false;
    if (kind === "text") return !rest.includes("END") || /[`*[\]<]/.test(rest.replace(/\\[\\`*_[\]<&~]|END.*/gs, ""));
    // A name alone is no shell line. Of a shell's words, only those in single quotes hold what a shell acts on.
    const alone = /^[\w./-]*$/.test(before) && text === `${before}${shown}`;
    return !alone && /PLANTED|touch/.test(text.replace(/'[^']*'|\\'/g, ""));
  };
  return partsOf(page).find(acts)?.text;
}

test("the judge knows a page on which something acts", () => {
  for (const page of [planted, `\`x ${shown}\``, `Run \`x\` in ${shown}.`, `\`\`\`sh\nx ${shown}\n\`\`\``, "\u202e"]) {
    expect([page, actingOn(page)]).toEqual([page, expect.any(String)]);
  }
});

/** As much of Terraform's JSON as a page needs. */
const json = {
  terraform: { required_version: ">= 1.5", required_providers: {}, backend: { local: { path: planted } } },
};

/** Fields whose texts are kinds of a thing: for one that there is not, there is no page. */
const kinds: readonly unknown[] = ["kind", "in", "type", "phase"];

test.each(names)("a page quotes every text of %s, wherever it shows it", (name) => {
  const { config } = checkedConfig(everything(name.replace(".json", "")));
  const { settings } = config;
  const acting: unknown[] = [];
  const seen: string[] = [];
  for (const stack of config.stacks) {
    for (const field of new Set(fieldsOf({ settings, stack }))) {
      if (kinds.includes(field)) continue;
      const changed = plantedIn({ settings, stack }, field);
      const page = textOf(operatorPage({ ...config, settings: changed.settings }, changed.stack, json));
      // The path of the state is planted on every page.
      if (page.split("PLANTED").length > 2) seen.push(field);
      const text = actingOn(page);
      if (text !== undefined) acting.push([stack.name, field, text]);
    }
  }
  expect(acting).toEqual([]);
  expect(seen).toEqual(expect.arrayContaining(["project", "environment", "name"]));
});

describe("a terminal", () => {
  const acting = "\u001b]0;title\u0007\u009b31m\u202e\u2028\ufeffx";
  const escaped = "\\u001b]0;title\\u0007\\u009b31m\\u202e\\u2028\\ufeffx";
  const folder = mkdtempSync(join(tmpdir(), "tls-stacks-planted-"));
  const configFile = join(folder, `${acting}.json`);
  afterAll(() => rmSync(folder, { recursive: true }));

  test.each<[string, readonly string[], object?]>([
    ["the name of a config file", ["check"]],
    ["the name of a config file, in JSON", ["check", "--json"]],
    ["what a config says", ["check"], { environment: acting, [acting]: acting }],
    ["what a config says, in JSON", ["check", "--json"], { environment: acting, [acting]: acting }],
    ["what is compared with", ["check", "--against", acting]],
    ["a stack to hand off", ["handoff", acting]],
    ["a folder to hand off into", ["handoff", "web", "--out", join(folder, acting)]],
    ["an output folder", ["synth"]],
    ["an option", ["synth", `--${acting}`]],
    ["a limit of the simulator", ["simulate-vault-role", "--mount-max", acting]],
    ["a line for the simulator", ["simulate-vault-role"]],
  ])("is told %s with nothing that it would act on", (_, args, changes = {}) => {
    writeFileSync(configFile, JSON.stringify({ ...goodConfig(), ...changes }));
    const stdin = () => [Buffer.from(`{"role": {"${escaped}": 1}, "request": {"common_name": "${escaped}"}}\n`)];
    const { stdout, stderr } = runCommand(args, { configFile, outdir: join(folder, acting), stdin });
    const said = stdout + stderr;
    expect(said).not.toMatch(/[^\P{C}\n]|[\p{Zl}\p{Zp}]/u);
    expect(said).toContain("\\u001b]0;title\\u0007\\u009b31m\\u202e\\u2028");
  });
});
