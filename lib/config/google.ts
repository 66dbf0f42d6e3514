import { show } from "./report";

/**
 * A Google Cloud project id (Resource Manager, "Creating and managing projects"). Ids with a domain in front, which old
 * organizations have, are left out: the provider cannot read the names of authorities in them.
 */
export const projectPattern = "^[a-z][a-z0-9-]{4,28}[a-z0-9]$";
/** A Google Cloud region by shape; there is no list to go stale. */
export const locationPattern = "^[a-z]+-[a-z]+[1-9][0-9]?$";

/** Why the text is no Google Cloud project id, if it is none. */
export function projectProblem(text: string): string | undefined {
  if (new RegExp(projectPattern).test(text)) return undefined;
  return `is ${show(text)}; write a Google Cloud project id: 6-30 of a-z, 0-9 and "-", starting with a letter and not ending with "-", such as "ai-training"`;
}

/** Why the text is no Google Cloud region, if it is none. */
export function locationProblem(text: string): string | undefined {
  return new RegExp(locationPattern).test(text)
    ? undefined
    : `is ${show(text)}; write a Google Cloud region, such as "europe-west1"`;
}

/** Kinds of IAM members whose name is an address, which Google keeps in lower case. */
const addressed = ["user", "serviceAccount", "group", "domain"];

/** An IAM member as Google keeps it, or why the text names none that may be given a role here. */
export function parseMember(text: string): { readonly member: string } | { readonly mistake: string } {
  const example = `such as "serviceAccount:trainers@ai-training.iam.gserviceaccount.com"`;
  if (text === "allUsers" || text === "allAuthenticatedUsers") {
    return {
      mistake: `gives ${text === "allUsers" ? "everybody on the internet" : "everybody with a Google account"} the right to a certificate; name who gets one, ${example}`,
    };
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

/** A version of a Cloud KMS key. */
export const kmsKeyVersionPattern =
  "^projects/[^/\\s]+/locations/[^/\\s]+/keyRings/[^/\\s]+/cryptoKeys/[^/\\s]+/cryptoKeyVersions/[1-9][0-9]*$";

/** Why the text is no version of a Cloud KMS key, if it is none. */
export function kmsKeyVersionProblem(text: string): string | undefined {
  if (new RegExp(kmsKeyVersionPattern).test(text)) return undefined;
  const key = /^projects\/[^/\s]+\/locations\/[^/\s]+\/keyRings\/[^/\s]+\/cryptoKeys\/[^/\s]+$/.test(text);
  return key
    ? `is ${show(text)}, a key without a version, and an authority signs with one version for life; add "/cryptoKeyVersions/" and its number`
    : `is ${show(text)}; write the version of a Cloud KMS key, such as "projects/ai-training/locations/europe-west1/keyRings/pki/cryptoKeys/root/cryptoKeyVersions/1"`;
}
