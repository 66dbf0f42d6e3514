import { patterned } from "./fields";

/** Keys of stacks, certificates and services, project and environment: part of addresses, state keys and names. */
export const keyPattern = "^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$";

/**
 * Why the text cannot be the key of a stack, certificate or service, if it cannot.
 *
 * @param authorities - what the resources of the stack's own authorities are called
 */
export function keyProblem(key: string, authorities: readonly string[] = []): string | undefined {
  if (authorities.includes(key)) return "is what the authority's own resources are called; choose another name";
  if (new RegExp(keyPattern).test(key)) return undefined;
  return `is no valid key; write 1-63 of a-z, 0-9 and "-", starting with a letter and ending with a letter or digit`;
}

/** Project and environment stand together with stack and certificate in one name, so they are shorter. */
export const shortKeyInput = (description: string, example: string) =>
  patterned(
    { description, examples: [example], pattern: "^[a-z]([a-z0-9-]{0,30}[a-z0-9])?$" },
    '1-32 of a-z, 0-9 and "-", starting with a letter and ending with a letter or digit',
  );
