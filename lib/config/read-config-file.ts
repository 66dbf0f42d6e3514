import { readFileSync, statSync } from "node:fs";
import type { BuildFailure, Location, Message } from "esbuild";
import { type Node, type ParseError, parseTree, printParseErrorCode } from "jsonc-parser";
import { loadTypeScript } from "../load-typescript.cjs";
import { withoutCode } from "./plain-data";
import { show } from "./report";
import { withoutSecrets } from "./secrets";

/** What a config file holds, or why it could not be read, in a sentence that follows the file's name. */
export type ConfigFile = { readonly value: unknown } | { readonly problem: string };

/**
 * Reads a config file: JSON (`.json`), which runs nothing, or TypeScript, whose default export is the config.
 *
 * @param file - the file's absolute path
 */
export function readConfigFile(file: string): ConfigFile {
  let text: string;
  try {
    const kind = statSync(file);
    if (kind.isDirectory()) return { problem: "is a folder; name a file in it in TLS_STACKS_CONFIG" };
    // A device such as /dev/zero may have no end.
    if (!kind.isFile() && !kind.isFIFO()) return { problem: "is no file; name one in TLS_STACKS_CONFIG" };
    if (!/\.([cm]?[jt]s|json)$/i.test(file)) {
      return { problem: "is neither TypeScript (.ts) nor JSON (.json); rename it" };
    }
    text = utf8.decode(readFileSync(file));
  } catch (error) {
    const code = (error as { code?: unknown }).code;
    if (code === "ENOENT") return { problem: "does not exist; write it, or name another in TLS_STACKS_CONFIG" };
    if (code === "ERR_ENCODING_INVALID_ENCODED_DATA") return { problem: "is not in UTF-8; save it so" };
    return { problem: `cannot be read (${code}); name a readable file in TLS_STACKS_CONFIG` };
  }
  if (/\.json$/i.test(file)) return readJson(text);
  return apart(() => readCode(file));
}

/** Runs a config that is code. Nothing of it runs after this: its fields are read, each once. */
function readCode(file: string): ConfigFile {
  try {
    const value = (loadTypeScript(file) as { default?: unknown } | null | undefined)?.default;
    if (value === undefined) return { problem: 'exports nothing; write "export default defineConfig({ ... })"' };
    if (typeof (value as { then?: unknown } | null)?.then === "function") {
      return { problem: "exports a promise; export the value itself, with nothing to wait for" };
    }
    return { value: withoutCode(value) };
  } catch (error) {
    return { problem: failureOf(error, file) };
  }
}

function failureOf(error: unknown, file: string): string {
  try {
    return keysTwice(error, file) ?? `cannot be run: ${withoutSecrets(firstLine(error, file))}`;
  } catch {
    // What a config throws can be code, too.
    return "cannot be run: it throws an error that cannot be read";
  }
}

/** Decodes strictly: every wrong byte of another encoding would become the same character, for good. */
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Runs a config apart from the program: it cannot end it, and what it prints is no part of the program's output. */
function apart<Value>(work: () => Value): Value {
  const { exit, stdout, stderr } = process;
  const { write } = stdout;
  process.exit = () => {
    throw new Error("it calls process.exit; throw an error, or export the config");
  };
  stdout.write = stderr.write.bind(stderr) as typeof write;
  try {
    return work();
  } finally {
    stdout.write = write;
    process.exit = exit;
  }
}

function readJson(text: string): ConfigFile {
  if (text.trim() === "") return { problem: "is empty; write a config" };
  if (text.startsWith("\uFEFF"))
    return { problem: "starts with a byte order mark, which JSON forbids; save it as plain UTF-8" };
  try {
    return judgedJson(text);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return { problem: "is nested too deep to be read; no config is" };
  }
}

function judgedJson(text: string): ConfigFile {
  const errors: ParseError[] = [];
  const tree = parseTree(text, errors, { disallowComments: true });
  const [error] = errors;
  if (error !== undefined) {
    const at = position(text, error.offset);
    const code = printParseErrorCode(error.error);
    if (code === "InvalidCommentToken") return { problem: `has a comment at ${at}; JSON has none, so take it out` };
    return { problem: `is no valid JSON: ${code.replace(/\B[A-Z]/g, " $&").toLowerCase()} at ${at}` };
  }
  const twice = tree && duplicateKey(tree);
  if (twice !== undefined) {
    return {
      problem: `has the key ${show(withoutSecrets(twice.key))} twice in one map, at ${position(text, twice.offset)}; keep one`,
    };
  }
  return { value: JSON.parse(text) as unknown };
}

function duplicateKey(node: Node): { key: string; offset: number } | undefined {
  if (node.type === "object") {
    const seen = new Set<string>();
    for (const { children: [key] = [] } of node.children ?? []) {
      if (key === undefined) continue;
      if (seen.has(String(key.value))) return { key: String(key.value), offset: key.offset };
      seen.add(String(key.value));
    }
  }
  for (const child of node.children ?? []) {
    const found = duplicateKey(child);
    if (found !== undefined) return found;
  }
  return undefined;
}

function position(text: string, offset: number): string {
  const lines = text.slice(0, offset).split("\n");
  return `line ${lines.length}, column ${(lines.at(-1) ?? "").length + 1}`;
}

/** The problem with a file whose only fault is a key written twice, of which JavaScript keeps the last silently. */
function keysTwice(error: unknown, config: string): string | undefined {
  const failures = compilerMessages(error);
  const found = failures.flatMap(({ id, text = "", location }) => {
    // The key as JavaScript has it, whichever way it was written.
    const [, key] = id === "duplicate-object-key" ? (/^Duplicate key (".*") in object literal$/s.exec(text) ?? []) : [];
    return key === undefined || !location
      ? []
      : [`the key ${withoutSecrets(key)} twice in one map, at ${place(location, config)}`];
  });
  if (found.length === 0 || found.length < failures.length) return undefined;
  return `has ${found.join(", and ")}; keep one${found.length > 1 ? " of each" : ""}`;
}

/** Only the first line: what follows in a compiler's message is the source, which may hold anything. */
function firstLine(error: unknown, config: string): string {
  // A key that stands twice is told once everything can be read.
  const failures = compilerMessages(error);
  const failure = failures.find(({ id }) => id !== "duplicate-object-key") ?? failures[0];
  if (failure?.text !== undefined) {
    return failure.location ? `${failure.text} (${place(failure.location, config)})` : failure.text;
  }
  const { message = error } = (error ?? {}) as { message?: unknown };
  return (typeof message === "string" ? message : "").split("\n")[0] || "it throws an error without a message";
}

/** What esbuild says of a file it cannot compile; another error may have a list of that name, too. */
function compilerMessages(error: unknown): readonly Partial<Message>[] {
  const failures = (error as Partial<BuildFailure> | null | undefined)?.errors;
  return Array.isArray(failures) ? failures : [];
}

/** A place in the config, or in what it imports, which esbuild names as seen from the project. */
function place({ file, line, column }: Location, config: string): string {
  const where = config.endsWith(file.replace(/^(\.\.\/)+/, "")) ? "" : `${file}, `;
  return `${where}line ${line}, column ${column + 1}`;
}
