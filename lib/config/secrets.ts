/**
 * What a pasted secret looks like. A config is handed around, committed and printed, so a value of one of these shapes
 * is refused and never echoed.
 */
const secrets: readonly { readonly what: string; readonly pattern: RegExp }[] = [
  { what: "a private key", pattern: /-----BEGIN [A-Z0-9 ]*PRIVATE KEY( BLOCK)?-----/ },
  // https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids
  { what: "an AWS access key id", pattern: /(?<![A-Z0-9])(?:AKIA|ASIA)[A-Z2-7]{16}(?![A-Z0-9])/ },
  // https://developer.hashicorp.com/vault/docs/concepts/tokens#token-prefixes
  { what: "a Vault token", pattern: /(?<![\w.-])hv[sbr]\.[A-Za-z0-9_-]{20,}/ },
  {
    what: "a Vault token",
    pattern: /(?<![\w.-])[sbr]\.(?=[a-z0-9]*[A-Z])(?=[A-Z0-9]*[a-z])[A-Za-z0-9]{24,}(?![\w.-])/,
  },
  // https://github.blog/2021-04-05-behind-githubs-new-authentication-token-formats/
  { what: "a GitHub token", pattern: /(?<!\w)(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_\w{40,})/ },
  { what: "a Google API key", pattern: /(?<!\w)AIza[\w-]{35}(?!\w)/ },
  { what: "a Google access token", pattern: /(?<!\w)ya29\.[\w-]{20,}/ },
  { what: "an HCP Terraform token", pattern: /(?<!\w)[A-Za-z0-9]{14}\.atlasv1\.[\w-]{60,}/ },
  // 64 bytes of base64.
  { what: "the key of an Azure storage account", pattern: /(?<![\w/+])[A-Za-z0-9/+]{86}==(?!=)/ },
  // Prefixes that Slack, npm, GitLab, Stripe, OpenAI and Anthropic give their tokens, so that scanners find them.
  {
    what: "an access token",
    pattern: /(?<![\w-])(?:xox[abeoprs]-|npm_|glpat-|[rs]k_live_|sk-(?:proj-|ant-)?)[A-Za-z0-9_-]{16,}/,
  },
  // RFC 7519: three base64url parts, the first two JSON objects.
  { what: "a signed token", pattern: /(?<!\w)eyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]{8,}/ },
  // 40 characters of base64; resource names and digests do not mix both cases with digits. Behind what has a prefix: part of
  // such a token may look like it.
  {
    what: "an AWS secret access key",
    pattern: /(?<![\w/+:-])(?=[\w/+]*[a-z])(?=[\w/+]*[A-Z])(?=[\w/+]*[0-9])[A-Za-z0-9/+]{40}(?![\w/+=-])/,
  },
];

/** Names the kind of secret that stands in the text, if any does. */
export function secretIn(text: string): string | undefined {
  return secrets.find(({ pattern }) => pattern.test(text))?.what;
}

/** The text with every secret taken out, for messages that pass on the text of another program. */
export function withoutSecrets(text: string): string {
  const lines = text.replace(
    /-----BEGIN [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----[\s\S]*?(?:-----END [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----|$)/g,
    "(withheld)",
  );
  return secrets.reduce((rest, { pattern }) => rest.replace(new RegExp(pattern, "g"), "(withheld)"), lines);
}
