import { readFileSync } from "node:fs";
import { withTable } from "../support/record.cjs";

test("the README claims what the record says was proved of these very bytes; `npm run record` proves anew", () => {
  const readme = readFileSync("README.md", "utf8");
  expect(readme).toBe(withTable(readme));
});
