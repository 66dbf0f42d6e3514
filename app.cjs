"use strict";
// Compiles and runs main.ts, and keeps what was compiled, so that nobody has a build step.
const { loadProgram } = require("./lib/load-typescript.cjs");

loadProgram();
