/**
 * How often a property is tried with other values in a test run: often enough to find what many values show. What only few
 * values show is found over many test runs, or at once with `TLS_STACKS_THOROUGH=1`.
 */
export function runs(usual: number): { readonly numRuns: number } {
  return { numRuns: process.env.TLS_STACKS_THOROUGH === "1" ? usual * 20 : usual };
}
