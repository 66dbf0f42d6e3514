import { z } from "zod";
import { configInput } from "./config";

/** The JSON Schema of a config, for editors and for programs that write configs. */
export function configJsonSchema(): Readonly<Record<string, unknown>> {
  const schema = z.toJSONSchema(configInput, { io: "input", target: "draft-2020-12" });
  return { title: "ai-tls-stacks config", ...schema };
}

type Schema = {
  readonly type?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly description?: string;
  readonly default?: unknown;
  readonly examples?: readonly unknown[];
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema | boolean;
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
};

/** The reference of a config, as Markdown: a row per field, in the order of the schema. */
export function configReference(): string {
  const rows = rowsOf("", configJsonSchema() as Schema);
  return `${["| field | value | default | meaning |", "|---|---|---|---|", ...rows].join("\n")}\n`;
}

function rowsOf(path: string, schema: Schema): readonly string[] {
  const required = schema.required ?? [];
  const fields = Object.entries(schema.properties ?? {}).flatMap(([name, field]) => {
    const at = path === "" ? name : `${path}.${name}`;
    return [row(at, field, required.includes(name)), ...rowsOf(at, field)];
  });
  const inner = schema.additionalProperties;
  const members = typeof inner === "object" ? rowsOf(`${path}.<key>`, inner) : [];
  const items = schema.items === undefined ? [] : rowsOf(`${path}[]`, schema.items);
  const choices = [...(schema.oneOf ?? []), ...(schema.anyOf ?? [])].flatMap((choice) =>
    rowsOf(`${path}${tagOf(choice)}`, choice),
  );
  return [...fields, ...members, ...items, ...choices];
}

/** Which member of a union a row belongs to: ` (type "s3")`. */
function tagOf(choice: Schema): string {
  const [name, field] = Object.entries(choice.properties ?? {}).find(([, field]) => field.const !== undefined) ?? [];
  return name === undefined ? "" : ` (${name} ${JSON.stringify(field?.const)})`;
}

function row(path: string, field: Schema, required: boolean): string {
  const example = field.examples?.[0];
  const cells = [
    `\`${path}\``,
    kindOf(field) + (example === undefined ? "" : `, such as \`${JSON.stringify(example)}\``),
    required ? "required" : field.default === undefined ? "" : defaultOf(field),
    field.description ?? "",
  ];
  return `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
}

const defaultOf = ({ default: value }: Schema) =>
  typeof value === "string" && value.includes(" ") ? value : `\`${JSON.stringify(value)}\``;

function kindOf(field: Schema): string {
  if (field.const !== undefined) return `\`${JSON.stringify(field.const)}\``;
  if (field.enum !== undefined) return field.enum.map((value) => `\`${JSON.stringify(value)}\``).join(", ");
  const choices = [...(field.oneOf ?? []), ...(field.anyOf ?? [])];
  if (choices.length > 0) return [...new Set(choices.map(kindOf))].join(" or ");
  if (field.type === "object") return "map";
  if (field.type === "array") return `list of ${kindOf(field.items ?? {})}s`;
  return field.type ?? "";
}
