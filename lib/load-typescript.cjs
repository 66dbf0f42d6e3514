"use strict";
const { createHash } = require("node:crypto");
const {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} = require("node:fs");
const { createRequire } = require("node:module");
const { dirname, join, relative, resolve } = require("node:path");
const { Script } = require("node:vm");

/** The nearest folder above this file that has a node_modules: what is remembered is remembered there. */
const root = projectRoot(__dirname);
const cacheFolder = join(root, "node_modules", ".cache", "ai-tls-stacks");

/** What a config imports to have its type, wherever it is. */
const configTypes = join(root, "stacks", "define-config.ts");

/**
 * How every file is compiled.
 *
 * @type {import("esbuild").BuildOptions & { write: false, metafile: true }}
 */
const options = {
  absWorkingDir: root,
  bundle: true,
  external: ["esbuild"],
  // package.json says the same to the compiler and to tests; a config outside the checkout finds it only so.
  alias: existsSync(configTypes) ? { "#config": configTypes } : {},
  platform: "node",
  target: "node20",
  format: "cjs",
  // Some packages have a main that no bundler can follow (UMD).
  mainFields: ["module", "main"],
  // JavaScript takes the last and says nothing. Configs are made of such maps; a package's code is not looked at.
  logOverride: { "duplicate-object-key": "error" },
  // A script for other machines is part of the program: imported as text, and an input like any other.
  loader: { ".sh": "text" },
  write: false,
  metafile: true,
  minify: false,
  logLevel: "silent",
};

/** Length of a digest as text. */
const digestLength = 64;

/** How long something is remembered that is not made again, in milliseconds: 30 days. */
const memory = 30 * 86_400_000;

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
  return digest(
    [process.version, process.arch, JSON.stringify(options), existsSync(installed) ? readFileSync(installed) : ""].join(
      "\n",
    ),
  );
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
  const draft = join(cacheFolder, `${name}.${process.pid}`);
  try {
    mkdirSync(cacheFolder, { recursive: true });
    writeFileSync(draft, data);
    renameSync(draft, join(cacheFolder, name));
  } catch {
    // A checkout that cannot be written to is slower, not broken.
    forget(draft);
  }
}

/** @param {string} file */
function forget(file) {
  try {
    rmSync(file, { force: true });
  } catch {
    // It is not in anybody's way.
  }
}

/** Forgets what was made of files that are gone, and what a killed run left behind. */
function forgetOld() {
  try {
    for (const file of readdirSync(cacheFolder).map((name) => join(cacheFolder, name))) {
      if (Date.now() - statSync(file).mtimeMs > memory) forget(file);
    }
  } catch {
    // Another run is at it.
  }
}

/** The name of a file with JavaScript, which tells whether it is whole. @param {string} id @param {string | Buffer} code */
function nameOf(id, code) {
  return `${id}-${digest(code).slice(0, 16)}.cjs`;
}

/** The record, whatever has become of the rest. @param {string} id @returns {Remembered | undefined} */
function recordOf(id) {
  try {
    return JSON.parse(readFileSync(join(cacheFolder, `${id}.json`), "utf8")) ?? undefined;
  } catch {
    return undefined;
  }
}

/** The JavaScript, if it is whole and still true. @param {string} id @param {Remembered | undefined} record @returns {string | undefined} */
function recall(id, record) {
  try {
    if (record?.versions !== versions() || !unchanged(record.inputs)) return undefined;
    const code = readFileSync(join(cacheFolder, record.code));
    return record.code === nameOf(id, code) ? code.toString() : undefined;
  } catch {
    // Damaged, or removed by another run since the record was read.
    return undefined;
  }
}

/** V8's compiled form of the JavaScript, if it is whole. @param {string} name @returns {Buffer | undefined} */
function recallCompiled(name) {
  try {
    const data = readFileSync(join(cacheFolder, `${name}.v8`));
    const compiled = data.subarray(digestLength);
    // V8 does not look: it runs damaged data, and crashes.
    return digest(compiled) === data.toString("latin1", 0, digestLength) ? compiled : undefined;
  } catch {
    return undefined;
  }
}

/** @param {string} file @param {boolean} whole @returns {{ code: string, inputs: Record<string, string> }} */
function compile(file, whole) {
  const { buildSync } = /** @type {typeof import("esbuild")} */ (require("esbuild"));
  const result = buildSync({ ...options, entryPoints: [file], packages: whole ? "bundle" : "external" });
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
  const record = recordOf(id);
  const remembered = recall(id, record);
  let code = remembered ?? "";
  let name = String(record?.code);
  if (remembered === undefined) {
    const started = Date.now();
    const built = compile(file, whole);
    const old = name;
    code = built.code;
    name = nameOf(id, code);
    if (old.startsWith(id) && old !== name) for (const end of ["", ".v8"]) forget(join(cacheFolder, old + end));
    forgetOld();
    remember(name, code);
    // A file saved meanwhile may have been read before and digested after: the record would be wrong from then on.
    const settled = Object.keys(built.inputs).every((path) => statSync(resolve(root, path)).ctimeMs < started);
    if (settled) remember(`${id}.json`, JSON.stringify({ versions: versions(), inputs: built.inputs, code: name }));
  }
  const compiled = remembered === undefined ? undefined : recallCompiled(name);
  const script = new Script(`(function (exports, require, module, __filename, __dirname) {${code}\n})`, {
    filename: file,
    ...(compiled === undefined ? {} : { cachedData: compiled }),
  });
  const module = { exports: {} };
  script.runInThisContext()(module.exports, createRequire(file), module, file, dirname(file));
  if (compiled === undefined || script.cachedDataRejected === true) {
    // At the end, when V8 has compiled what a run really needs.
    process.once("exit", () => {
      const data = script.createCachedData();
      remember(`${name}.v8`, Buffer.concat([Buffer.from(digest(data), "latin1"), data]));
    });
  }
  return module.exports;
}

module.exports = { loadTypeScript };
