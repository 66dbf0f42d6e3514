import { readFileSync, statSync } from "node:fs";
import { type Node, type ParseError, parseTree, printParseErrorCode } from "jsonc-parser";
import { loadTypeScript } from "../load-typescript.cjs";
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
  const kind = statSync(file, { throwIfNoEntry: false });
  if (kind === undefined) return { problem: "does not exist; write it, or name another in TLS_STACKS_CONFIG" };
  if (kind.isDirectory()) return { problem: "is a folder; name a file in it in TLS_STACKS_CONFIG" };
  if (/\.json$/i.test(file)) return readJson(readFileSync(file, "utf8"));
  if (!/\.[cm]?[jt]s$/i.test(file)) return { problem: "is neither TypeScript (.ts) nor JSON (.json); rename it" };
  let loaded: unknown;
  try {
    loaded = loadTypeScript(file);
  } catch (error) {
    return { problem: `cannot be run: ${withoutSecrets(firstLine(error))}` };
  }
  const value = (loaded as { default?: unknown }).default;
  if (value === undefined) return { problem: 'exports nothing; write "export default defineConfig({ ... })"' };
  if (typeof (value as { then?: unknown } | null)?.then === "function") {
    return { problem: "exports a promise; export the value itself, with nothing to wait for" };
  }
  return { value };
}

function readJson(text: string): ConfigFile {
  if (text.trim() === "") return { problem: "is empty; write a config" };
  if (text.startsWith("\uFEFF"))
    return { problem: "starts with a byte order mark, which JSON forbids; save it as plain UTF-8" };
  const errors: ParseError[] = [];
  const tree = parseTree(text, errors, { disallowComments: true });
  const [error] = errors;
  if (error !== undefined) {
    const what =
      printParseErrorCode(error.error) === "InvalidCommentToken"
        ? "a comment, which JSON has none of"
        : "no valid JSON";
    return { problem: `has ${what}, at ${position(text, error.offset)}` };
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

/** Only the first line: what follows in a compiler's message is the source, which may hold anything. */
function firstLine(error: unknown): string {
  const failures = (error as { errors?: { text: string; location: { line: number; column: number } | null }[] }).errors;
  const [failure] = Array.isArray(failures) ? failures : [];
  if (failure?.text !== undefined) {
    return failure.location
      ? `${failure.text} (line ${failure.location.line}, column ${failure.location.column + 1})`
      : failure.text;
  }
  const text = error instanceof Error || hasMessage(error) ? error.message : String(error);
  return text.split("\n")[0] ?? "";
}

function hasMessage(error: unknown): error is { message: string } {
  return typeof (error as { message?: unknown } | null)?.message === "string";
}
