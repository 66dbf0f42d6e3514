"use strict";
const { createHash } = require("node:crypto");
const { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } = require("node:fs");
const { createRequire } = require("node:module");
const { dirname, join, relative, resolve } = require("node:path");
const { Script } = require("node:vm");

/** The nearest folder above this file that has a node_modules: what is remembered is remembered there. */
const root = projectRoot(__dirname);
const cacheFolder = join(root, "node_modules", ".cache", "ai-tls-stacks");

/** @param {string} folder @returns {string} */
function projectRoot(folder) {
  return existsSync(join(folder, "node_modules")) || folder === dirname(folder) ? folder : projectRoot(dirname(folder));
}

/** @param {string | Buffer} data */
function digest(data) {
  return createHash("sha256").update(data).digest("hex");
}

/**
 * @typedef {object} Remembered What was made from a file the last time.
 * @property {string} versions what it was made with
 * @property {Record<string, string>} inputs digests of everything it was made from, by path from the project
 * @property {string} code name of the file with the JavaScript
 */

/** @returns {string} */
function versions() {
  // npm's own record of what is installed stands for the thousands of files below node_modules.
  const installed = join(root, "node_modules", ".package-lock.json");
  return digest([process.version, process.arch, existsSync(installed) ? readFileSync(installed) : ""].join("\n"));
}

/** @param {Record<string, string>} inputs */
function unchanged(inputs) {
  return Object.entries(inputs).every(([path, before]) => {
    const file = resolve(root, path);
    return existsSync(file) && digest(readFileSync(file)) === before;
  });
}

/** Puts a file in place whole: another run may be reading. @param {string} name @param {string | Buffer} data */
function remember(name, data) {
  try {
    mkdirSync(cacheFolder, { recursive: true });
    const draft = join(cacheFolder, `${name}.${process.pid}`);
    writeFileSync(draft, data);
    renameSync(draft, join(cacheFolder, name));
  } catch {
    // A checkout that cannot be written to is slower, not broken.
  }
}

/** @param {string} file @param {boolean} whole @returns {{ code: string, inputs: Record<string, string> }} */
function compile(file, whole) {
  const { buildSync } = /** @type {typeof import("esbuild")} */ (require("esbuild"));
  const result = buildSync({
    absWorkingDir: root,
    entryPoints: [file],
    bundle: true,
    packages: whole ? "bundle" : "external",
    external: ["esbuild"],
    platform: "node",
    target: "node20",
    format: "cjs",
    // Some packages have a main that no bundler can follow (UMD).
    mainFields: ["module", "main"],
    write: false,
    metafile: true,
    minify: false,
    logLevel: "silent",
  });
  const paths = Object.keys(result.metafile.inputs).filter(
    (path) => !path.includes("node_modules/") && existsSync(resolve(root, path)),
  );
  const inputs = Object.fromEntries(paths.map((path) => [path, digest(readFileSync(resolve(root, path)))]));
  return { code: result.outputFiles[0]?.text ?? "", inputs };
}

/**
 * Runs a TypeScript file and gives what it exports. The JavaScript made from it, with everything it imports, and V8's
 * compiled form of that are kept until one of the files, Node or an installed package changes.
 *
 * @param {string} file absolute path
 * @param {{ whole?: boolean }} [options] `whole`: put installed packages into the JavaScript too, which starts faster
 * @returns {unknown} the file's exports
 * @throws what the file throws, or esbuild's failure with its `errors`
 */
function loadTypeScript(file, { whole = false } = {}) {
  const id = digest(relative(root, file)).slice(0, 16);
  const recordFile = join(cacheFolder, `${id}.json`);
  const made = versions();
  /** @type {Remembered | undefined} */
  let record;
  try {
    record = JSON.parse(readFileSync(recordFile, "utf8"));
  } catch {
    record = undefined;
  }
  let code = "";
  let fresh = false;
  if (record?.versions === made && unchanged(record.inputs) && existsSync(join(cacheFolder, record.code))) {
    code = readFileSync(join(cacheFolder, record.code), "utf8");
  } else {
    const built = compile(file, whole);
    code = built.code;
    fresh = true;
    const name = `${id}-${digest(code).slice(0, 16)}.cjs`;
    if (record !== undefined && record.code !== name) {
      for (const old of [record.code, `${record.code}.v8`]) rmSync(join(cacheFolder, old), { force: true });
    }
    record = { versions: made, inputs: built.inputs, code: name };
    remember(name, code);
    remember(`${id}.json`, JSON.stringify(record));
  }
  const compiledFile = join(cacheFolder, `${record.code}.v8`);
  const compiled = !fresh && existsSync(compiledFile) ? readFileSync(compiledFile) : undefined;
  const script = new Script(`(function (exports, require, module, __filename, __dirname) {${code}\n})`, {
    filename: file,
    ...(compiled === undefined ? {} : { cachedData: compiled }),
  });
  const module = { exports: {} };
  script.runInThisContext()(module.exports, createRequire(file), module, file, dirname(file));
  if (compiled === undefined || script.cachedDataRejected === true) {
    // At the end, when V8 has compiled what a run really needs.
    const name = `${record.code}.v8`;
    process.once("exit", () => remember(name, script.createCachedData()));
  }
  return module.exports;
}

module.exports = { loadTypeScript };
