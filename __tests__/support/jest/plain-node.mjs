// Lets Node load what the tests import: TypeScript, and a script as its text, as the program's own loader does.
import nodeModule from "node:module";
import { transformSync } from "@swc/core";
import { addHook } from "pirates";

process.setSourceMapsEnabled(true);

addHook(
  (source, filename) =>
    transformSync(source, {
      filename,
      swcrc: false,
      sourceMaps: "inline",
      module: { type: "commonjs" },
      jsc: { parser: { syntax: "typescript" }, target: "es2022" },
    }).code,
  { exts: [".ts"] },
);

addHook((text) => `exports.__esModule = true; exports.default = ${JSON.stringify(text)};`, { exts: [".sh"] });

// The runner imports test files; what is no ES module, and has no source here, goes the way of `require`.
const asRequired = `export const load = (url, context, next) =>
  new URL(url).pathname.endsWith(".ts") ? { format: "commonjs", source: null, shortCircuit: true } : next(url, context);`;
nodeModule.register(`data:text/javascript,${encodeURIComponent(asRequired)}`);
