"use strict";
const { join } = require("node:path");
const { loadTypeScript } = require("../../../lib/load-typescript.cjs");

loadTypeScript(join(__dirname, "record-vault-verdicts.ts"));
