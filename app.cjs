"use strict";
// Compiles and runs main.ts, and keeps what was compiled, so that nobody has a build step.
const { join } = require("node:path");
const { loadTypeScript } = require("./lib/load-typescript.cjs");

loadTypeScript(join(__dirname, "main.ts"), { whole: true });
