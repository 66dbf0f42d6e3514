import { patterned } from "./fields";

/**
 * Labels as every stack receives them. Each provider gets them in its own form: AWS tags and Kubernetes labels as they
 * are, Google labels in lower case.
 */
export type Labels = Readonly<Record<string, string>>;

/** What a label's key looks like (Google labels; Kubernetes and AWS take more). */
export const labelKeyPattern = "^[a-z]([a-z0-9_-]{0,61}[a-z0-9])?$";

/** Labels that the stacks set themselves. */
const ownLabels: readonly string[] = ["project", "environment", "stack", "managed-by"];

/** Why the text is no label key, if it is none. */
export function labelKeyProblem(key: string): string | undefined {
  if (ownLabels.includes(key)) return "is set by every stack itself; choose another key";
  if (new RegExp(labelKeyPattern).test(key)) return undefined;
  return `is no label key; write 1-63 of a-z, 0-9, "_" and "-", starting with a letter and ending with a letter or digit`;
}

/** The schema of a label's value (Kubernetes labels; AWS takes more). */
export const labelValueInput = patterned(
  {
    description: "A label's value.",
    examples: ["ml-platform"],
    pattern: "^[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$",
  },
  '1-63 letters, digits, ".", "_" and "-", starting and ending with a letter or digit (Kubernetes takes no more)',
);
