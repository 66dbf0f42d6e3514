import { printable } from "./report";

/** The text of a {@link Quoted}. Not exported: so only this file makes one or looks inside. */
const content = Symbol("content");

/** A text for one kind of reader, in which everything that was put into it is quoted for that reader. */
interface Quoted<Reader extends string> {
  readonly reader: Reader;
  readonly [content]: string;
  toString(): string;
}

/** A line for a shell of POSIX. */
export type Shell = Quoted<"shell">;

/** What a terminal is told. */
export type Terminal = Quoted<"terminal">;

/** A part of a page in Markdown. */
export type Markdown = Quoted<"Markdown">;

const quoted = <Reader extends string>(reader: Reader, text: string): Quoted<Reader> => ({
  reader,
  [content]: text,
  // In any other template it would lose what it is, and the compiler says nothing.
  toString: () => {
    throw new Error(`a text for ${reader} stands in a template of another kind: ${text}`);
  },
});

/**
 * A line for a shell: a template in which each value is one word, whatever characters it has. A value that is a line itself
 * stays as it is.
 *
 * @throws if a value stands between quotes, where its own would end them
 */
export function shell(template: TemplateStringsArray, ...values: readonly (string | number | Shell)[]): Shell {
  if (template.some((_, index) => index > 0 && /['"]/.test(withoutStrings(template.slice(0, index).join(""))))) {
    throw new Error(`a value stands between the quotes of a shell line: ${template.join("...")}`);
  }
  const words = values.map((value) => (typeof value === "object" ? value[content] : shellWord(value)));
  return quoted("shell", String.raw({ raw: template }, ...words));
}

const withoutStrings = (line: string) => line.replace(/'[^']*'|"[^"]*"/g, "");

/** A value as one word of a shell line, in quotes only where it needs them. */
function shellWord(value: string | number): string {
  const text = printable(String(value));
  return /^[A-Za-z0-9_@%+:,./-][A-Za-z0-9_@%+=:,./-]*$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

/** What a terminal is told: a template in which no value has a character that it would act on, line breaks among them. */
export function terminal(template: TemplateStringsArray, ...values: readonly (string | number | Terminal)[]): Terminal {
  const parts = values.map((value) => (typeof value === "object" ? value[content] : printable(String(value))));
  return quoted("terminal", String.raw({ raw: template }, ...parts));
}

/** Lines that may hold anything, as a terminal is told them: only their ends are acted on. */
export function terminalLines(text: string): Terminal {
  return quoted("terminal", text.split("\n").map(printable).join("\n"));
}

/** What a terminal is told, in a style. */
export function styled(style: (text: string) => string, text: Terminal): Terminal {
  return quoted("terminal", style(text[content]));
}

/**
 * A part of a page: a template in which a value is text, whatever Markdown would make of its characters. Where a value is
 * all there is between backticks it is shown as it is, and where other code stands beside it, it is a word of a shell line.
 *
 * @throws if Markdown stands between backticks, or a shell line does not
 */
export function markdown(
  template: TemplateStringsArray,
  ...values: readonly (string | number | Markdown | Shell)[]
): Markdown {
  let page = "";
  /** The code span that is not closed yet. */
  let code: string | undefined;
  const write = (text: string) => {
    for (const [index, part] of text.split("`").entries()) {
      if (index > 0) {
        if (code !== undefined) page += codeSpan(code);
        code = code === undefined ? "" : undefined;
      }
      if (code === undefined) page += part;
      else code += part;
    }
  };
  write(template[0] ?? "");
  values.forEach((value, index) => {
    const next = template[index + 1] ?? "";
    if (typeof value === "object" && (value.reader === "shell") !== (code !== undefined)) {
      throw new Error(`a value is ${value.reader}, which does not belong there: ${page}${code ?? ""}`);
    }
    if (typeof value === "object") {
      if (code === undefined) page += value[content];
      else code += value[content];
    } else if (code === undefined) page += plainMarkdown(value);
    else code += code === "" && next.startsWith("`") ? printable(String(value)) : shellWord(value);
    write(next);
  });
  if (code !== undefined) throw new Error(`a backtick is missing: ${page}\`${code}`);
  return quoted("Markdown", page);
}

/** A value as text of a page. */
const plainMarkdown = (value: string | number): string =>
  printable(String(value)).replace(/[\\`*_[\]<&]|~(?!>)/g, (character) => `\\${character}`);

/** Code between as many backticks as it needs (CommonMark, 6.1). */
function codeSpan(code: string): string {
  const runs = (code.match(/`+/g) ?? []).map(({ length }) => length);
  if (runs.length === 0) return `\`${code}\``;
  const fence = "`".repeat(Math.max(...runs) + 1);
  return `${fence} ${code} ${fence}`;
}

/** Parts of a page, one after the other. */
export function joined(parts: readonly Markdown[], separator: ", " | " and " | ", and " | "\n" | "\n\n"): Markdown {
  return quoted("Markdown", parts.map((part) => part[content]).join(separator));
}

/** Lines for a shell as a block of a page. */
export function shellBlock(lines: readonly Shell[]): Markdown {
  return quoted("Markdown", ["```sh", ...lines.map((line) => line[content]), "```"].join("\n"));
}

/** What is written or printed of a quoted text. */
export const textOf = (text: Markdown | Shell | Terminal): string => text[content];
