import { show } from "../config/report";

/** Whether Vault's verdict is the one without the field, when the field has this value. */
type Harmless = (value: unknown, all: Fields) => boolean;

/** A role or a request as it is written, with fields that the simulator does not know. */
type Fields = Readonly<Record<string, unknown>>;

const anything: Harmless = () => true;
const never: Harmless = () => false;
const flag: Harmless = (value) => typeof value === "boolean";
const oneOf =
  (...values: readonly unknown[]): Harmless =>
  (value) =>
    values.includes(value);
const texts: Harmless = (value) => typeof value === "string" || listOf(value, () => true);

const listOf = (value: unknown, fits: (text: string) => boolean) =>
  Array.isArray(value) && value.every((one) => typeof one === "string" && fits(one));

/**
 * Object identifiers that every version of Go writes, each once. A role with another is refused, or issues nothing, and so
 * does one with a policy twice.
 */
const objectIds: Harmless = (value) =>
  listOf(value, (text) => /^([01]\.[1-3]?\d|2\.\d{1,6})(\.(0|[1-9]\d{0,8}))*$/.test(text)) &&
  new Set(value as readonly string[]).size === (value as readonly string[]).length;

/** A template, `{{...}}`, is filled in with who asks: nothing of a role or a request says who that is. */
const withoutTemplateIn =
  (field: string): Harmless =>
  (value, all) =>
    value === false || (value === true && listOf(all[field] ?? [], (text) => !text.includes("{{")));

const tenYears = 315_360_000;
const unitSeconds: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600 };

/** By how long a certificate may begin earlier, in a form that every Vault reads. */
const backdating: Harmless = (value) => {
  const [, count = "", unit = "s"] = /^([0-9]{1,9})([smh])?$/.exec(String(value)) ?? [];
  return count !== "" && Number(count) * (unitSeconds[unit] ?? 0) <= tenYears;
};

/** What else a role of Vault or OpenBao has (`POST <mount>/roles/<name>`), and where the simulator need not know it. */
const ofRole: Readonly<Record<string, Harmless>> = {
  allowed_domains_template: withoutTemplateIn("allowed_domains"),
  allowed_uri_sans_template: withoutTemplateIn("allowed_uri_sans"),
  backend: anything,
  basic_constraints_valid_for_non_ca: flag,
  client_flag: flag,
  code_signing_flag: flag,
  country: texts,
  email_protection_flag: flag,
  ext_key_usage: texts,
  ext_key_usage_oids: objectIds,
  generate_lease: flag,
  // Any other may not be there, or end earlier.
  issuer_ref: oneOf("", "default"),
  key_usage: texts,
  locality: texts,
  name: anything,
  no_store: flag,
  no_store_metadata: flag,
  not_after: oneOf(""),
  not_after_bound: oneOf("permit", "forbid", "ttl-limited"),
  not_before: oneOf(""),
  not_before_bound: oneOf("permit", "forbid"),
  not_before_duration: backdating,
  organization: texts,
  ou: texts,
  policy_identifiers: objectIds,
  postal_code: texts,
  province: texts,
  serial_number_source: oneOf("", "json", "json-csr"),
  server_flag: flag,
  signature_bits: oneOf(0, 256, 384, 512),
  street_address: texts,
  use_csr_common_name: flag,
  use_csr_sans: flag,
  use_pss: flag,
};

/** The same of a request (`POST <mount>/issue/<name>`). */
const ofRequest: Readonly<Record<string, Harmless>> = {
  format: oneOf("pem", "der", "pem_bundle"),
  // The role's is taken.
  issuer_ref: anything,
  // It takes the place of a lifetime, and an empty one is refused.
  not_after: never,
  // An empty one is refused by a role that forbids any.
  not_before: never,
  private_key_format: anything,
  remove_roots_from_chain: flag,
};

/** Fields that Vault or OpenBao has besides those that the simulator knows. */
export const otherFields = { role: Object.keys(ofRole), request: Object.keys(ofRequest) } as const;

/**
 * Fields that are not simulated and could change the verdict, a sentence each. Where there is none, the verdict is Vault's.
 * Unknown fields are none of them: Vault ignores those.
 */
export function unjudgedFields(role: object, request: object): readonly string[] {
  return [...unjudged("role", role, ofRole), ...unjudged("request", request, ofRequest)];
}

function unjudged(part: string, given: object, harmless: Readonly<Record<string, Harmless>>): readonly string[] {
  return Object.entries(given)
    .filter(([field, value]) => {
      const fits = Object.hasOwn(harmless, field) ? harmless[field] : undefined;
      // As if it were absent; in a request Vault takes it for an empty text.
      const isAbsent = value === undefined || (value === null && part === "role");
      return fits !== undefined && !isAbsent && !fits(value, given as Fields);
    })
    .map(([field]) => field)
    .sort()
    .map(
      (field) =>
        `${part}.${field}: is ${show((given as Fields)[field])}, which is not simulated and could change the verdict; ask the server`,
    );
}
