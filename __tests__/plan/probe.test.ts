import { synthesizedStack } from "../../lib/change/read-previous";
import { newReport, showPath } from "../../lib/config/report";
import { checkAgainst } from "../../stacks/change";
import { checkedConfig } from "../../stacks/check";
import { everything } from "../support/configs";
import { fieldChanges } from "../support/field-changes";
import { synthesizedTexts } from "../support/synthesis";

const kinds = (process.env.KINDS ?? "acm").split(",");
test.each(kinds)(
  "%s",
  (kind) => {
    const t = performance.now();
    const given = everything(`${kind}-everything`);
    const stacksOf = (config: unknown) =>
      new Map(
        Object.entries(synthesizedTexts(config)).map(([name, text]) => [name, synthesizedStack(JSON.parse(text))]),
      );
    const before = stacksOf(given);
    const { changes, unchanged } = fieldChanges(given);
    for (const { field, what, after } of changes) {
      const { config } = checkedConfig(after);
      const report = newReport();
      let counts: unknown;
      let error = "";
      try {
        counts = checkAgainst(config, before, report, () => stacksOf(after));
      } catch (e) {
        error = String(e);
      }
      process.stdout.write(
        `${field}: ${what} ${JSON.stringify(counts)} ${error}\n${report.problems.map((f) => `   P ${showPath(f.path, after)}: ${f.message.slice(0, 150)}\n`).join("")}${report.warnings.map((f) => `   w ${showPath(f.path, after)}: ${f.message.slice(0, 150)}\n`).join("")}`,
      );
    }
    process.stdout.write(`UNCHANGED ${unchanged.join(" ")} ${performance.now() - t}\n`);
  },
  200000,
);
