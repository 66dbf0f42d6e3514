"use strict";
const { readFileSync } = require("node:fs");

/** Imports a file as its text, as the program's own loader does. */
module.exports = {
  /** The text that Jest hands over has lost its first line if that was a `#!`. @param {string} _ @param {string} path */
  process: (_, path) => ({
    code: `exports.__esModule = true; exports.default = ${JSON.stringify(readFileSync(path, "utf8"))};`,
  }),
};
