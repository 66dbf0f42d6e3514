"use strict";
const { createHash } = require("node:crypto");
const fs = require("node:fs");
const nodeModule = require("node:module");
const { dirname, join, resolve } = require("node:path");
const { compileFunction } = require("node:vm");

const checkout = dirname(__dirname);
const program = join(checkout, "main.ts");

/** What a config imports to have its type, wherever it is. */
const configTypes = join(checkout, "stacks", "define-config.ts");

/** Where the program's files are. An import of anything else keeps the program from being kept. */
const programParts = ["main.ts", "commands", "lib", "stacks", "package.json"];

/** What npm, pnpm and Yarn write into node_modules about what they installed: it stands for thousands of files. */
const installations = [".package-lock.json", ".modules.yaml", ".pnpm/lock.yaml", ".yarn-state.yml", ".yarn-integrity"];

/** @satisfies {import("esbuild").BuildOptions} */
const options = {
  absWorkingDir: checkout,
  bundle: true,
  external: ["esbuild"],
  // package.json says the same to the compiler and to tests; a config outside the checkout finds it only so.
  alias: { "#config": configTypes },
  platform: "node",
  target: "node20",
  format: "cjs",
  // Some packages have a main that no bundler can follow (UMD).
  mainFields: ["module", "main"],
  // JavaScript takes the last and says nothing. Configs are made of such maps; a package's code is not looked at.
  logOverride: { "duplicate-object-key": "error" },
  // A script for other machines is part of the program: imported as text.
  loader: { ".sh": "text" },
  logLevel: "silent",
};

/** @satisfies {import("esbuild").BuildOptions} */
const programOptions = {
  ...options,
  packages: "bundle",
  // The kept program lies elsewhere, and has this file in it.
  define: { __dirname: JSON.stringify(__dirname) },
  // Otherwise a tsconfig.json and those it extends would decide what is compiled.
  tsconfigRaw: { compilerOptions: { strict: true } },
};

const cache = join(checkout, "node_modules", ".cache", "ai-tls-stacks");
const v8Cache = join(cache, "v8");
const kept = join(cache, `${process.version}-${process.arch}.cjs`);

/** How long the cache keeps what is not written again, such as another Node's program, in milliseconds: 30 days. */
const retention = 30 * 86_400_000;

/** @param {string | Buffer} data */
function digest(data) {
  return createHash("sha256").update(data).digest("hex");
}

/** Every file at or below a path, as paths from the checkout. @param {string} path @returns {readonly string[]} */
function filesAt(path) {
  const found = fs.statSync(join(checkout, path), { throwIfNoEntry: false });
  if (!found?.isDirectory()) return found ? [path] : [];
  return fs.readdirSync(join(checkout, path)).flatMap((name) => filesAt(`${path}/${name}`));
}

/** The records that there are, in a workspace those above too. @param {string} folder @returns {readonly string[]} */
function recordsFrom(folder) {
  const here = installations.map((name) => join(folder, "node_modules", name)).filter((file) => fs.existsSync(file));
  return folder === dirname(folder) ? here : [...here, ...recordsFrom(dirname(folder))];
}

/** The program's files, and a digest of all that decides what is made of them, if it is known what is installed. */
function programState() {
  const files = programParts.flatMap(filesAt);
  const records = recordsFrom(checkout);
  const paths = [...files.map((file) => join(checkout, file)), ...records];
  const contents = paths.map((path) => [path, digest(fs.readFileSync(path))]);
  return { files, key: records.length > 0 ? digest(JSON.stringify([programOptions, contents])) : undefined };
}

/** Whether nobody else can have written here. Windows has no such modes. @param {string} path */
function isPrivate(path) {
  const { uid, mode } = fs.lstatSync(path);
  return process.getuid === undefined || (uid === process.getuid() && (mode & 0o77) === 0);
}

/** The first line of the kept program. @param {string} key @param {string | Buffer} code */
function seal(key, code) {
  return `// ${key} ${digest(code)}\n`;
}

/** Whether the kept program is this one, whole, and put there by this user. @param {string | undefined} key */
function isKept(key) {
  try {
    if (key === undefined || ![cache, v8Cache, kept].every(isPrivate)) return false;
    const file = fs.readFileSync(kept);
    const end = file.indexOf("\n") + 1;
    return file.toString("latin1", 0, end) === seal(key, file.subarray(end));
  } catch {
    return false;
  }
}

/** Puts the program in place whole: another run may be reading. @param {string} key @param {string} code */
function keep(key, code) {
  const draft = `${kept}.${process.pid}`;
  try {
    const open = [cache, v8Cache].some((folder) => fs.existsSync(folder) && !isPrivate(folder));
    if (open) fs.rmSync(cache, { recursive: true });
    fs.mkdirSync(v8Cache, { recursive: true, mode: 0o700 });
    for (const path of fs.readdirSync(cache).map((name) => join(cache, name))) {
      if (path !== v8Cache && Date.now() - fs.statSync(path).mtimeMs > retention) fs.rmSync(path);
    }
    try {
      fs.writeFileSync(draft, seal(key, code) + code, { mode: 0o600 });
      fs.renameSync(draft, kept);
    } finally {
      fs.rmSync(draft, { force: true });
    }
  } catch {
    // A checkout that cannot be written to is slower, not broken.
  }
}

/** @param {string} code @param {string} file that it was made from */
function run(code, file) {
  const module = { exports: {} };
  const parameters = ["exports", "require", "module", "__filename", "__dirname"];
  const call = compileFunction(code, parameters, { filename: file });
  call(module.exports, nodeModule.createRequire(file), module, file, dirname(file));
  return module.exports;
}

/** Refuses what esbuild would read with another character in place of every wrong byte. @param {string} input from the checkout */
function requireUtf8(input) {
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(fs.readFileSync(resolve(checkout, input)));
  } catch {
    throw new Error(`${JSON.stringify(input)} is not in UTF-8; save it so`);
  }
}

/** @param {string} file @param {import("esbuild").BuildOptions} how */
function compile(file, how) {
  const { buildSync } = /** @type {typeof import("esbuild")} */ (require("esbuild"));
  const { outputFiles, metafile } = buildSync({ ...how, entryPoints: [file], write: false, metafile: true });
  const inputs = Object.keys(metafile.inputs).filter((path) => !/(^|\/)node_modules\//.test(path));
  for (const input of inputs) requireUtf8(input);
  return { code: outputFiles[0]?.text ?? "", inputs };
}

/**
 * Compiles a TypeScript file with everything it imports but packages, and runs it. Nothing is kept, so what runs is
 * what the files say.
 *
 * @param {string} file absolute path
 * @returns {unknown} the file's exports
 * @throws what the file throws, or esbuild's failure with its `errors`
 */
function loadTypeScript(file) {
  return run(compile(file, { ...options, packages: "external" }).code, file);
}

/**
 * Runs `main.ts`. It is compiled, packages included, when anything that decides its JavaScript has changed.
 *
 * @returns {unknown} its exports
 * @throws what it throws, or esbuild's failure with its `errors`
 */
function loadProgram() {
  const { files, key } = programState();
  if (!isKept(key)) {
    const { code, inputs } = compile(program, programOptions);
    // A file saved meanwhile may have been compiled before or after; one that is not looked at may change later.
    const decided = programState().key === key && inputs.every((path) => files.includes(path));
    if (key !== undefined && decided) keep(key, code);
    if (!isKept(key)) return run(code, program);
  }
  // Node 22 has it.
  /** @type {{ enableCompileCache?: (folder: string) => void }} */ (nodeModule).enableCompileCache?.(v8Cache);
  return require(kept);
}

module.exports = { loadTypeScript, loadProgram };
