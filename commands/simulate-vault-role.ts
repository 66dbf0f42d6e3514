import { z } from "zod";
import { durationProblem, parseDuration } from "../lib/config/duration";
import { whole } from "../lib/config/fields";
import { terminal, terminalLines } from "../lib/config/quoting";
import { newReport, show } from "../lib/config/report";
import { nearest, readStructure } from "../lib/config/structure";
import { type IssueLimits, simulateRole } from "../lib/vault-role/simulate";
import { otherFields, unjudgedFields } from "../lib/vault-role/unjudged";
import { exitCodes, findingLines, type Surroundings } from "./output";

/** The options as the user writes them. */
export interface SimulateOptions {
  readonly mountMax: string;
  readonly mountDefault: string;
  readonly caLifetime: string;
  readonly leafNotAfterBehavior: NonNullable<IssueLimits["leafNotAfterBehavior"]>;
}

const yesOrNo = z.boolean().optional();
const optional = <Field extends z.ZodType>(field: Field, example: unknown) =>
  field.meta({ examples: [example] }).optional();
const list = (example: string) => optional(z.array(z.string()), [example]);
const word = (example: string) => optional(z.string(), example);
// What Vault keeps lengths of time in holds no more: nanoseconds in 63 bits.
const seconds = whole(0, 9_223_372_036, { description: "seconds", examples: [3_600] }).optional();

/** A line: what decides of a role and a request. Vault knows more fields of both, so others may stand beside these. */
const lineInput = z.looseObject({
  role: z
    .looseObject({
      allowed_domains: list("example.com"),
      allow_bare_domains: yesOrNo,
      allow_subdomains: yesOrNo,
      allow_glob_domains: yesOrNo,
      allow_wildcard_certificates: yesOrNo,
      allow_localhost: yesOrNo,
      allow_any_name: yesOrNo,
      enforce_hostnames: yesOrNo,
      allow_ip_sans: yesOrNo,
      allowed_uri_sans: list("spiffe://example.com/*"),
      allowed_other_sans: list("1.3.6.1.4.1.311.20.2.3;UTF8:*"),
      allowed_serial_numbers: list("ai-*"),
      allowed_user_ids: list("ai-*"),
      require_cn: yesOrNo,
      cn_validations: list("hostname"),
      key_type: word("ec"),
      key_bits: whole(0, 65_536, { description: "bits", examples: [256] }).optional(),
      ttl: seconds,
      max_ttl: seconds,
    })
    .meta({ examples: [{ allowed_domains: ["example.com"] }] }),
  request: z
    .looseObject({
      common_name: word("api.example.com"),
      alt_names: list("api.example.com"),
      ip_sans: list("192.0.2.7"),
      uri_sans: list("spiffe://example.com/x"),
      other_sans: list("1.3.6.1.4.1.311.20.2.3;UTF8:x"),
      serial_number: word("ai-1"),
      user_ids: list("ai-1"),
      key_type: word("ec"),
      key_bits: whole(0, 65_536, { description: "bits", examples: [256] }).optional(),
      exclude_cn_from_sans: yesOrNo,
      ttl: seconds,
    })
    .meta({ examples: [{ common_name: "example.com" }] }),
});

/** Reads a role and a request per line of the standard input, and writes what Vault would answer, a line each. */
export function simulateVaultRole(around: Surroundings, options: SimulateOptions): number {
  const limits = readLimits(options);
  if (typeof limits === "string") {
    around.stderr(terminal`${limits}\n`);
    return exitCodes.config;
  }
  let number = 0;
  for (const lines of linesOf(around.stdin?.() ?? [])) {
    const answers: string[] = [];
    for (const line of lines) {
      number++;
      const read = readLine(line);
      if (typeof read === "string") {
        around.stdout(terminalLines(answers.join("")));
        around.stderr(terminal`line ${number}: ${read}\n`);
        return exitCodes.config;
      }
      const { issued, errors, dns, ttl } = simulateRole(read.role, read.request, limits);
      const warnings = [
        ...misspeltFields("role", read.role),
        ...misspeltFields("request", read.request),
        ...unjudgedFields(read.role, read.request),
      ];
      answers.push(`${JSON.stringify({ issued, errors, dns, ttl, ...(warnings.length > 0 ? { warnings } : {}) })}\n`);
    }
    around.stdout(terminalLines(answers.join("")));
  }
  return exitCodes.clean;
}

function readLimits(options: SimulateOptions): IssueLimits | string {
  const given = {
    "mount-max": options.mountMax,
    "mount-default": options.mountDefault,
    "ca-lifetime": options.caLifetime,
  };
  for (const [name, value] of Object.entries(given)) {
    const problem = durationProblem(value, "90d");
    if (problem !== undefined) return `--${name}: ${problem}`;
  }
  const [mountMax = 0, mountDefault = 0, caLifetime = 0] = Object.values(given).map(parseDuration);
  return { mountMax, mountDefault, caLifetime, leafNotAfterBehavior: options.leafNotAfterBehavior };
}

/** Lines as far as they have arrived, without the end of each; the last need not have one. */
function* linesOf(chunks: Iterable<Uint8Array>): Generator<readonly Uint8Array[]> {
  let begun: Uint8Array[] = [];
  for (const chunk of chunks) {
    const lines: Uint8Array[] = [];
    let from = 0;
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, from)) {
      lines.push(Buffer.concat([...begun, chunk.subarray(from, end)]));
      begun = [];
      from = end + 1;
    }
    if (from < chunk.length) begun.push(chunk.subarray(from));
    yield lines;
  }
  if (begun.length > 0) yield [Buffer.concat(begun)];
}

/** Vault passes over a field that it does not know, and asks or stores another thing than was meant. */
function misspeltFields(part: "role" | "request", given: object): readonly string[] {
  const known = [...Object.keys(lineInput.shape[part].shape), ...otherFields[part]];
  return Object.keys(given)
    .filter((field) => !known.includes(field))
    .sort()
    .flatMap((field) => {
      const meant = nearest(field, known);
      return meant === undefined
        ? []
        : [`${part}.${field}: is an unknown field, which Vault ignores; did you mean ${show(meant)}?`];
    });
}

const wanted = 'write {"role": {...}, "request": {...}} on one line';
const utf8 = new TextDecoder("utf-8", { fatal: true });

/** The role and the request of a line, or why it has none. */
function readLine(line: Uint8Array): z.infer<typeof lineInput> | string {
  let data: unknown;
  try {
    data = JSON.parse(utf8.decode(line));
  } catch {
    const start = show(new TextDecoder().decode(line.subarray(0, 60)));
    return `is ${start}, which is no JSON in UTF-8; ${wanted}`;
  }
  if (typeof data !== "object" || data === null || Array.isArray(data)) {
    return `is ${show(data)}, which is no map; ${wanted}`;
  }
  const report = newReport();
  const read = readStructure(lineInput, data, report);
  const problems = findingLines(report.problems, data);
  return problems.length > 0 ? problems.join("; ") : read;
}
