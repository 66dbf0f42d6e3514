import { readFileSync, writeFileSync } from "node:fs";
import { configJsonSchema, configReference } from "../lib/config/json-schema";
import { terminal } from "../lib/config/quoting";
import { configInput } from "../stacks/config";
import { exitCodes, type Surroundings } from "./output";

const marks = { start: "<!-- fields -->\n", end: "<!-- /fields -->" };

/** Writes what is generated from the config's schema into `docs/`, or says that it is not current. */
export function reference(around: Surroundings, { check }: { readonly check: boolean }): number {
  const page = readFileSync("docs/config.md", "utf8");
  const start = page.indexOf(marks.start) + marks.start.length;
  const files = {
    "docs/config.schema.json": `${JSON.stringify(configJsonSchema(configInput), null, 2)}\n`,
    "docs/config.md": page.slice(0, start) + configReference(configInput) + page.slice(page.indexOf(marks.end)),
  };
  let code: number = exitCodes.clean;
  for (const [file, text] of Object.entries(files)) {
    if (!check) {
      writeFileSync(file, text);
    } else if (readFileSync(file, "utf8") !== text) {
      around.stderr(terminal`${file} is not what the schema says; run npm run reference\n`);
      code = exitCodes.config;
    }
  }
  return code;
}
