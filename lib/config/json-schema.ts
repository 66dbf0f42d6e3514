import { z } from "zod";

/** The JSON Schema of a config, for editors and for programs that write configs, from the schema that judges it. */
export function configJsonSchema(config: z.ZodType): Readonly<Record<string, unknown>> {
  return {
    title: "ai-tls-stacks config",
    ...z.toJSONSchema(config, {
      io: "input",
      override: ({ jsonSchema }) => {
        const { default: value } = jsonSchema;
        if (!isProse(value)) return;
        // An editor would fill it in.
        delete jsonSchema.default;
        jsonSchema.description += ` Default: ${value}.`;
      },
    }),
  };
}

/** Whether a default is no value, but says what follows from other fields. */
const isProse = (value: unknown) => typeof value === "string" && value.includes(" ");

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

/** The reference of a config, as Markdown: a section for the whole, then one for each kind of backend and of stack. */
export function configReference(config: z.ZodType): string {
  return sectionsOf("", z.toJSONSchema(config, { io: "input" }) as Schema).join("\n");
}

/** A section of a schema's fields, and those of the kinds that its unions choose from. */
function sectionsOf(title: string, schema: Schema): readonly string[] {
  const { rows, kinds } = fieldsOf("", schema);
  const heading = [`### ${title}\n`, ...(schema.description === undefined ? [] : [`${schema.description}\n`])];
  const table = ["| field | value | default | meaning |", "|---|---|---|---|", ...rows, ""];
  return [
    ...(rows.length > 0 ? [[...(title === "" ? [] : heading), ...table].join("\n")] : []),
    ...kinds.flatMap(({ path, schema }) => sectionsOf(`${path} of ${tagOf(schema)}`, schema)),
  ];
}

interface Fields {
  readonly rows: readonly string[];
  readonly kinds: readonly { readonly path: string; readonly schema: Schema }[];
}

function fieldsOf(path: string, schema: Schema): Fields {
  const required = schema.required ?? [];
  const parts = Object.entries(schema.properties ?? {}).map(([name, field]): Fields => {
    const at = path === "" ? name : `${path}.${name}`;
    const inner = fieldsOf(at, field);
    return { ...inner, rows: [row(at, field, required.includes(name)), ...inner.rows] };
  });
  const { additionalProperties: values, items } = schema;
  if (typeof values === "object") parts.push(fieldsOf(`${path}.<key>`, values));
  if (items !== undefined) parts.push(fieldsOf(`${path}[]`, items));
  for (const choice of [...(schema.oneOf ?? []), ...(schema.anyOf ?? [])]) {
    // Kinds that name themselves get a section; the rest are forms of one thing.
    parts.push(
      tagOf(choice) === undefined
        ? fieldsOf(path, choice)
        : { rows: [], kinds: [{ path: `\`${path}\``, schema: choice }] },
    );
  }
  return { rows: parts.flatMap(({ rows }) => rows), kinds: parts.flatMap(({ kinds }) => kinds) };
}

/** The field by which a kind names itself: `` `type: "s3"` ``. */
function tagOf(choice: Schema): string | undefined {
  const tag = Object.entries(choice.properties ?? {}).find(([, field]) => field.const !== undefined);
  return tag && `\`${tag[0]}: ${JSON.stringify(tag[1].const)}\``;
}

function row(path: string, field: Schema, required: boolean): string {
  const example = field.examples?.[0];
  const cells = [
    `\`${path}\``,
    kindOf(field) + (example === undefined ? "" : `, such as \`${JSON.stringify(example)}\``),
    required && field.const === undefined ? "required" : field.default === undefined ? "" : defaultOf(field),
    field.description ?? "",
  ];
  return `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
}

const defaultOf = ({ default: value }: Schema) => (isProse(value) ? String(value) : `\`${JSON.stringify(value)}\``);

function kindOf(field: Schema): string {
  if (field.const !== undefined) return `\`${JSON.stringify(field.const)}\``;
  if (field.enum !== undefined) return field.enum.map((value) => `\`${JSON.stringify(value)}\``).join(", ");
  const choices = [...(field.oneOf ?? []), ...(field.anyOf ?? [])];
  if (choices.length > 0) return [...new Set(choices.map(kindOf))].join(" or ");
  if (field.type === "object") return "map";
  if (field.type === "array") return `list of ${kindOf(field.items ?? {})}s`;
  return field.type ?? "";
}
