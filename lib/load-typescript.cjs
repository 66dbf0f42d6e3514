"use strict";
const { createHash } = require("node:crypto");
const fs = require("node:fs");
const nodeModule = require("node:module");
const { dirname, join } = require("node:path");

const checkout = dirname(__dirname);
const program = join(checkout, "main.ts");

/** What a config imports to have its type, wherever it is. */
const configTypes = join(checkout, "stacks", "define-config.ts");

/** Where the program's files are. An import of anything else keeps the program from being kept. */
const programFolders = ["commands", "lib", "stacks"].map((name) => join(checkout, name));
const programFiles = [program, join(checkout, "package.json")];

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
const kept = join(cache, "program.cjs");

/** @param {string | Buffer} data */
function digest(data) {
  return createHash("sha256").update(data).digest("hex");
}

/** Where packages are found from a folder, nearest first. @param {string} folder */
function packageFolders(folder) {
  return nodeModule.createRequire(join(folder, "any.cjs")).resolve.paths("any") ?? [];
}

/** The program's files, and a digest of all that decides what is made of them, if it is known what is installed. */
function programState() {
  const inside = programFolders.flatMap((folder) =>
    fs.readdirSync(folder, { recursive: true, encoding: "utf8" }).map((name) => join(folder, name)),
  );
  // In a workspace those above count too.
  const records = packageFolders(checkout).flatMap((folder) => installations.map((name) => join(folder, name)));
  const files = [...programFiles, ...inside, ...records].filter((path) =>
    fs.statSync(path, { throwIfNoEntry: false })?.isFile(),
  );
  const contents = files.map((path) => [path, digest(fs.readFileSync(path))]);
  const known = records.some((record) => files.includes(record));
  return { files, key: known ? digest(JSON.stringify([programOptions, contents])) : undefined };
}

/** Whether nobody else can have written here. Windows has no such modes. @param {string} path */
function isPrivate(path) {
  const { uid, mode } = fs.lstatSync(path);
  return process.getuid === undefined || (uid === process.getuid() && (mode & 0o77) === 0);
}

/** What is kept of a program: its first line tells what it is made from. @param {string} key @param {string} code */
function sealed(key, code) {
  return `// ${key} ${digest(code)}\n${code}`;
}

/** The kept program, if it is this one, whole, and put there by this user. @param {string} key */
function keptProgram(key) {
  try {
    const file = [cache, kept].every(isPrivate) ? fs.readFileSync(kept, "utf8") : "";
    const code = file.slice(file.indexOf("\n") + 1);
    return file === sealed(key, code) ? code : undefined;
  } catch {
    return undefined;
  }
}

/** Puts the program in place of all that was kept. @param {string} key @param {string} code */
function keep(key, code) {
  try {
    fs.rmSync(cache, { recursive: true, force: true });
    fs.mkdirSync(cache, { recursive: true, mode: 0o700 });
    // Another run may be reading or writing this: it will see that it is not whole.
    fs.writeFileSync(kept, sealed(key, code), { mode: 0o600 });
  } catch {
    // A checkout that cannot be written to is slower, not broken.
  }
}

/** Runs what was made from a file as Node runs a file. @param {string} code @param {string} file */
function run(code, file) {
  const module = new nodeModule.Module(file);
  module.filename = file;
  module.paths = packageFolders(dirname(file));
  // Not in the types: it is what `require` calls with what it has read.
  /** @type {{ _compile?: (code: string, file: string) => void }} */ (module)._compile?.(code, file);
  return module.exports;
}

/** Refuses what esbuild would read with another character in place of every wrong byte. @param {string} input absolute path */
function requireUtf8(input) {
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(fs.readFileSync(input));
  } catch {
    throw new Error(`${JSON.stringify(input)} is not in UTF-8; save it so`);
  }
}

/** @param {string} file @param {import("esbuild").BuildOptions} how */
function compile(file, how) {
  const { buildSync } = /** @type {typeof import("esbuild")} */ (require("esbuild"));
  const { outputFiles, metafile } = buildSync({ ...how, entryPoints: [file], write: false, metafile: true });
  const inputs = Object.keys(metafile.inputs)
    .filter((path) => !/(^|\/)node_modules\//.test(path))
    .map((path) => join(checkout, path));
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
  const code = key && keptProgram(key);
  if (code === undefined) {
    const { code, inputs } = compile(program, programOptions);
    // A file saved meanwhile may have been compiled before or after; one that is not looked at may change later.
    const decided = programState().key === key && inputs.every((path) => files.includes(path));
    if (key !== undefined && decided) keep(key, code);
    return run(code, program);
  }
  // Node 22 has it.
  /** @type {{ enableCompileCache?: (folder: string) => void }} */ (nodeModule).enableCompileCache?.(cache);
  return run(code, kept);
}

module.exports = { loadTypeScript, loadProgram };
