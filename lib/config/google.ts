import { createHash } from "node:crypto";
import { advised, type FieldNotes, patterned, text } from "./fields";
import { unknownRegion } from "./regions";
import { show } from "./report";

/** The id of a Google Cloud project; its number and its display name are something else. */
const projectIdPattern = "^[a-z][a-z0-9-]{4,28}[a-z0-9]$";
/** What Compute calls its resources, and Cloud DNS its zones (RFC 1035 label). */
export const computeNamePattern = "^[a-z]([-a-z0-9]{0,61}[a-z0-9])?$";
/** A region by shape, which one that is opened tomorrow has too. */
const googleRegion = "^[a-z]+-[a-z]+[0-9]{1,2}";
/** Known regions ("Regions and zones" of Compute, and us-central2 of Cloud TPU). */
const regions: readonly string[] = [
  ..."africa-south1 asia-east1 asia-east2 asia-northeast1 asia-northeast2 asia-northeast3 asia-south1".split(" "),
  ..."asia-south2 asia-southeast1 asia-southeast2 asia-southeast3 australia-southeast1 australia-southeast2".split(" "),
  ..."europe-central2 europe-north1 europe-north2 europe-southwest1 europe-west1 europe-west2 europe-west3".split(" "),
  ..."europe-west4 europe-west6 europe-west8 europe-west9 europe-west10 europe-west12 me-central1 me-central2".split(
    " ",
  ),
  ..."me-west1 northamerica-northeast1 northamerica-northeast2 northamerica-south1 southamerica-east1".split(" "),
  ..."southamerica-west1 us-central1 us-central2 us-east1 us-east4 us-east5 us-south1 us-west1 us-west2".split(" "),
  ..."us-west3 us-west4".split(" "),
];

/** Why the text is no project id, if it is none. */
function projectIdProblem(text: string): string | undefined {
  if (new RegExp(projectIdPattern).test(text)) return undefined;
  const what = /^[0-9]+$/.test(text) ? ", which is a project's number" : "";
  return `is ${show(text)}${what}; write the project's id, 6-30 of a-z, 0-9 and "-", such as "ml-serving-prod"`;
}

/** Why the text cannot be what Compute or Cloud DNS calls something, if it cannot. */
export function computeNameProblem(text: string, what: string): string | undefined {
  if (new RegExp(computeNamePattern).test(text)) return undefined;
  return `is ${show(text)}; write ${what}: 1-63 of a-z, 0-9 and "-", starting with a letter and ending with a letter or digit`;
}

/** The schema of a project's id. */
export const projectIdInput = (notes: Omit<FieldNotes, "pattern">) =>
  text({ ...notes, pattern: projectIdPattern }, projectIdProblem);

/** The schema of a region. */
export const googleRegionInput = (description: string, example: string) =>
  advised(
    patterned({ description, examples: [example], pattern: `${googleRegion}$` }, 'a region, such as "europe-west4"'),
    (value) => unknownRegion(value, regions, "Google Cloud"),
  );

/** The schema of a zone of a region. */
export const googleZoneInput = (description: string, example: string) =>
  advised(
    patterned(
      { description, examples: [example], pattern: `${googleRegion}-[a-z]$` },
      'a zone, such as "europe-west4-a"',
    ),
    (value) => {
      const [region = ""] = new RegExp(googleRegion).exec(value) ?? [];
      const problem = unknownRegion(region, regions, "Google Cloud", value.slice(region.length));
      return problem && `is ${show(value)}, whose region ${problem}`;
    },
  );

/** Whose names they are: stacks that share a Google project must not share names. */
export interface NameScope {
  readonly project: string;
  readonly environment: string;
  readonly stack: string;
}

/** Names of Compute and of Certificate Manager fit in this many characters (Certificate Manager takes one more). */
const nameLimit = 63;
const hashLength = 10;

/**
 * The name of a Google resource: environment, stack and what it is, cut where that is too long, and a hash. The hash is
 * of everything that the name is made from and of the values whose change replaces the resource, so that the new one
 * can stand beside the old one until nothing refers to that.
 *
 * @param what - tells the resource from others of its type; DNS names may stand in it
 * @param replacing - what the provider replaces the resource for, its name aside
 */
export function googleName(scope: NameScope, what: string, replacing: readonly unknown[] = []): string {
  const { project, environment, stack } = scope;
  const hash = createHash("sha256")
    .update(JSON.stringify([project, environment, stack, what, replacing]))
    .digest("hex")
    .slice(0, hashLength);
  const text = `${environment}-${stack}-${what}`.replaceAll("*", "wildcard").replace(/[^a-z0-9]+/g, "-");
  return `${text.slice(0, nameLimit - hashLength - 1).replace(/-+$/, "")}-${hash}`;
}

/** Kinds of IAM members whose name is an address, which Google keeps in lower case. */
const addressed = ["user", "serviceAccount", "group", "domain"];

/** Members that are everybody, in Google's two ways of writing them, and the domain of everybody's mail. */
const everybody: readonly { readonly members: RegExp; readonly who: string }[] = [
  { members: /^(allUsers|principalSet:\/\/goog\/public:all)$/, who: "everybody on the internet" },
  { members: /^allAuthenticatedUsers$/, who: "everybody with a Google account" },
  { members: /^domain:(gmail|googlemail)\.com$/i, who: "everybody with a mailbox at Google" },
];

/** An IAM member as Google keeps it, or why the text names none that may be given a role here. */
export function parseMember(text: string): { readonly member?: string; readonly mistake?: string } {
  const example = `such as "serviceAccount:trainers@ai-training.iam.gserviceaccount.com"`;
  const anybody = everybody.find(({ members }) => members.test(text));
  if (anybody !== undefined) {
    return { mistake: `gives ${anybody.who} the right to a certificate; name who gets one, ${example}` };
  }
  const [, kind, name] = /^([A-Za-z]+):(\S+)$/.exec(text) ?? [];
  if (kind !== undefined && name !== undefined) {
    if (addressed.includes(kind) && !name.startsWith("//")) return { member: `${kind}:${name.toLowerCase()}` };
    if ((kind === "principal" || kind === "principalSet") && /^\/\/[^/]+\/./.test(name)) return { member: text };
  }
  return {
    mistake: `is ${show(text)}, which is no IAM member; write "user:", "serviceAccount:", "group:", "domain:", "principal://" or "principalSet://" and a name, ${example}`,
  };
}

const kmsKey = "^projects/[^/\\s]+/locations/[^/\\s]+/keyRings/[^/\\s]+/cryptoKeys/[^/\\s]+";
const kmsKeyVersionPattern = `${kmsKey}/cryptoKeyVersions/[1-9][0-9]*$`;
const kmsKeyVersion = "projects/ai-training/locations/europe-west1/keyRings/pki/cryptoKeys/root/cryptoKeyVersions/1";

/** The schema of a version of a Cloud KMS key. */
export const kmsKeyVersionInput = (description: string) =>
  text({ description, examples: [kmsKeyVersion], pattern: kmsKeyVersionPattern }, (value) => {
    if (new RegExp(kmsKeyVersionPattern).test(value)) return undefined;
    return new RegExp(`${kmsKey}$`).test(value)
      ? `is ${show(value)}, a key without a version, and an authority signs with one version for life; add "/cryptoKeyVersions/" and its number`
      : `is ${show(value)}; write the version of a Cloud KMS key, such as ${show(kmsKeyVersion)}`;
  });
