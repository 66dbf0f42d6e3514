import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { scenarios } from "../../stacks";
import { documents, withTable } from "../support/record/record.cjs";

const goldens = readdirSync("__tests__/golden", { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .flatMap(({ name: config }) =>
    readdirSync(join("__tests__/golden", config)).map((stack) => ({
      row: config === "example" ? stack : `${stack} (${config})`,
      file: join("__tests__/golden", config, stack, "cdk.tf.json"),
    })),
  );

const record = JSON.parse(readFileSync("docs/proof.json", "utf8")) as Readonly<Record<string, object>>;

/** First cells of a document's table of proofs. */
const rowsOf = (file: string) => {
  const [, table = ""] = /<!-- proofs -->\n(.*)<!-- \/proofs -->/s.exec(readFileSync(file, "utf8")) ?? [];
  return [...table.matchAll(/^\| `([^`]+)` /gm)].map(([, row = ""]) => row);
};

test.each(documents)(
  "%s claims what the record says was proved of these very bytes; `npm run record` proves anew",
  (file) => {
    const text = readFileSync(file, "utf8");
    expect(text).toBe(withTable(file, text));
  },
);

test("the README has each stack of the example, docs/proof.md every row of the record and every stack that is committed", () => {
  expect(rowsOf("README.md")).toEqual(readdirSync("__tests__/golden/example").sort());
  const rows = [...Object.keys(record), ...goldens.map(({ row }) => row)];
  expect(rowsOf("docs/proof.md")).toEqual([...new Set(rows)].sort());
});

test.each(documents)("%s lists what was proved of no stack of a scenario", (file) => {
  const proofs = [...new Set(Object.values(record).flatMap(Object.keys))];
  const ofScenario = (scenario: string) =>
    Object.entries(record).flatMap(([row, proved]) => {
      // A variant that only a test makes is one of the example's stack.
      const { file: golden = "" } =
        [row, row.replace(/ .*/, "")].flatMap((name) => goldens.find((one) => one.row === name) ?? [])[0] ?? {};
      const { output } = JSON.parse(readFileSync(golden, "utf8")) as { output: { scenario: { value: string } } };
      return output.scenario.value === scenario ? Object.keys(proved) : [];
    });
  const nowhere = Object.keys(scenarios).map((scenario) => {
    const proved = ofScenario(scenario);
    return [`\`${scenario}\``, proofs.filter((proof) => !proved.includes(proof)).sort()] as const;
  });
  const [, said = ""] = /^- proved nowhere, of no variant either: (.*)$/m.exec(readFileSync(file, "utf8")) ?? [];
  const lines = said.split("; ").map((line) => {
    const [scenario, missing = ""] = line.split(": ");
    return [scenario, missing.split(", ").sort()];
  });
  expect(lines).toEqual(nowhere.filter(([, missing]) => missing.length > 0).sort());
});
