import { readdirSync, readFileSync } from "node:fs";
import { documents, withTable } from "../support/record/record.cjs";

const rowsOf = (file: string) =>
  [...readFileSync(file, "utf8").matchAll(/^\| `([^`]+)` .*(?:passed|stale)/gm)].map(([, row = ""]) => row);

test.each(documents)(
  "%s claims what the record says was proved of these very bytes; `npm run record` proves anew",
  (file) => {
    const text = readFileSync(file, "utf8");
    expect(text).toBe(withTable(file, text));
  },
);

test("the README has each stack of the example, docs/proof.md every row of the record", () => {
  expect(rowsOf("README.md")).toEqual(readdirSync("__tests__/golden/example").sort());
  const record: object = JSON.parse(readFileSync("docs/proof.json", "utf8"));
  expect(rowsOf("docs/proof.md")).toEqual(Object.keys(record).sort());
});
