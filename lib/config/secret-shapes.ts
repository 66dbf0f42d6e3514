/** A kind of secret that can be told from other text by how it is written. */
export interface SecretShape {
  /** As a message names it, with its article. */
  readonly what: string;
  /** Texts of which every such secret has one: looked for first, since most texts have none. Without any, a long word. */
  readonly marks: readonly string[];
  /**
   * What such a secret looks like, from its first character on, as the source of a regular expression. No part of it may be
   * read again from each of many starts: a text may have a million characters.
   */
  readonly pattern: string;
  /** Whether only what has random characters is one: the marks alone are too common. */
  readonly random?: true;
}

const inPem =
  "-----BEGIN[A-Z0-9 +]{0,40}PRIVATE[ +]KEY(?:[ +]BLOCK)?-----[^-]*(?:-(?!----END)[^-]*)*(?:-----END[A-Z0-9 +]*-----)?";

/**
 * The shapes that their makers document, so that scanners find them. A token counts wherever it begins, also behind other
 * characters: `keyghp_...` is one. Where the mark is no more than a few letters, what follows must not be a name.
 */
export const secretShapes: readonly SecretShape[] = [
  // RFC 7468, RFC 4716 and what PuTTY and age write.
  { what: "a private key", marks: ["PRIVATE KEY", "PRIVATE+KEY"], pattern: inPem },
  {
    what: "a private key",
    marks: ["SSH2 ENCRYPTED PRIVATE"],
    pattern: "---- BEGIN SSH2 ENCRYPTED PRIVATE KEY[\\s\\S]*",
  },
  { what: "a private key", marks: ["PuTTY-User-Key-File-"], pattern: "PuTTY-User-Key-File-\\d[\\s\\S]*" },
  { what: "a private key", marks: ["AGE-SECRET-KEY-"], pattern: "AGE-SECRET-KEY-[A-Z0-9-]{40,}" },
  // The private members of a JSON Web Key (RFC 7518, 6.2.2, 6.3.2 and 6.4.1).
  {
    what: "a private key",
    marks: ["kty"],
    pattern: "(?<![A-Za-z])(?:d|k|p|q|dp|dq|qi)\\\\?[\"']?\\s{0,9}:\\s{0,9}\\\\?[\"'][\\w-]{20,}",
  },
  // OIDs of PKCS #5 (RFC 8018), in base64 from each of three bytes on: an encrypted key in PKCS #8 without its PEM lines.
  {
    what: "a private key",
    marks: ["BgkqhkiG9w0BBQ", "GCSqGSIb3DQEF", "YJKoZIhvcNAQU"],
    pattern: "(?:BgkqhkiG9w0BBQ|GCSqGSIb3DQEF[DAw]|YJKoZIhvcNAQU)[A-Za-z0-9+/=_-]*",
  },
  // https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids
  { what: "an AWS access key id", marks: ["AKIA", "ASIA"], pattern: "A[KS]IA[A-Z2-7]{16}" },
  // Base64 of what every token of AWS STS starts with: a few bytes, then "origin_ec" or "er/aws".
  {
    what: "an AWS session token",
    marks: ["IQoJb3JpZ2lu", "FwoGZXIvYXdz", "FQoGZXIvYXdz", "FwoDYXdz", "FQoDYXdz"],
    pattern: "(?:IQoJb3JpZ2lu|F[wQ]oGZXIvYXdz|F[wQ]oDYXdz)[A-Za-z0-9+/=_-]{40,}",
  },
  {
    what: "an AWS access token",
    marks: ["ABSKQmVkcm9ja0FQSUtleS", "bedrock-api-key-"],
    pattern: "(?:ABSKQmVkcm9ja0FQSUtleS|bedrock-api-key-)[A-Za-z0-9+/=_-]{20,}",
  },
  // https://developer.hashicorp.com/vault/docs/concepts/tokens#token-prefixes
  {
    what: "a Vault token",
    marks: ["hvs.", "hvb.", "hvr."],
    pattern: "(?:(?<![\\w.-])hv[sbr]\\.[\\w-]{20,}|hv[sbr]\\.(?=[\\w-]{0,40}[A-Z])[\\w-]{20,})",
  },
  {
    what: "a Vault token",
    marks: [],
    pattern: "(?<![\\w.-])[sbr]\\.(?=[a-z0-9]{0,60}[A-Z])(?=[A-Z0-9]{0,60}[a-z])[A-Za-z0-9]{24,}(?![\\w.-])",
  },
  { what: "a Vault token", marks: [], pattern: "[sbr]\\.[A-Za-z0-9]{24}(?![\\w.-])", random: true },
  // https://developer.hashicorp.com/terraform/cloud-docs/users-teams-organizations/api-tokens
  { what: "an HCP Terraform token", marks: [".atlasv1."], pattern: "[A-Za-z0-9]{14}\\.atlasv1\\.[\\w-]{20,}" },
  // https://github.blog/engineering/platform-security/behind-githubs-new-authentication-token-formats/
  {
    what: "a GitHub token",
    marks: ["ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_"],
    pattern: "(?:gh[pousr]_[A-Za-z0-9][\\w.-]{35,}|github_pat_\\w{40,})",
  },
  // https://docs.gitlab.com/security/tokens/#token-prefixes
  {
    what: "a GitLab token",
    marks: [
      ...["glpat-", "gloas-", "gldt-", "glrt-", "glrtr-", "glcbt-", "glptt-", "glft-", "glimt-", "glagent-", "glwt-"],
      ...["glsoat-", "glffct-", "GR1348941"],
    ],
    pattern:
      "(?:gl(?:pat|oas|dt|rtr?|cbt|ptt|ft|imt|agent|wt|soat|ffct)-|GR1348941)(?=[\\w.-]{0,40}[A-Z0-9_])[\\w.-]{20,}",
  },
  // https://docs.slack.dev/authentication/tokens, and addresses that need no token.
  {
    what: "a Slack token",
    marks: ["xoxa-", "xoxb-", "xoxc-", "xoxd-", "xoxe", "xoxo-", "xoxp-", "xoxr-", "xoxs-", "xapp-", "xwfp-"],
    pattern: "(?:xox[a-z](?:\\.xox[a-z])?|xapp|xwfp)-(?=[\\w%-]{0,60}[A-Z0-9])[\\w%-]{16,}",
  },
  {
    what: "a Slack webhook",
    marks: ["hooks.slack.com/"],
    pattern: "hooks\\.slack\\.com/(?:services|workflows|triggers)/[\\w/+-]{30,}",
  },
  // https://docs.cloud.google.com/docs/authentication/api-keys and .../token-types
  { what: "a Google API key", marks: ["AIza"], pattern: "AIza[\\w-]{35}" },
  { what: "a Google access token", marks: ["ya29."], pattern: "ya29\\.[\\w.-]{20,}" },
  { what: "a Google refresh token", marks: ["1//0"], pattern: "1//0[\\w-]{40,}" },
  { what: "a Google client secret", marks: ["GOCSPX-"], pattern: "GOCSPX-[\\w-]{20,}" },
  // 64 bytes of base64. https://learn.microsoft.com/azure/storage/common/storage-account-keys-manage
  {
    what: "the key of an Azure storage account",
    marks: ["=="],
    pattern: "(?<![\\w/+])(?<!sha512-)[A-Za-z0-9/+]{86}==(?!=)",
  },
  // https://learn.microsoft.com/purview/sit-defn-client-secret-api-key
  { what: "an Azure client secret", marks: ["Q~"], pattern: "[\\w~.-]{3}\\dQ~[\\w~.-]{31,34}" },
  { what: "an Azure key", marks: ["JQQJ9"], pattern: "[A-Za-z0-9+/]{52}JQQJ9[A-Za-z0-9+/=]{20,}" },
  { what: "an Azure shared access signature", marks: ["sig="], pattern: "(?<![a-z])sig=[A-Za-z0-9+/%_-]{40,}" },
  // https://huggingface.co/docs/hub/security-tokens
  {
    what: "a Hugging Face token",
    marks: ["hf_", "api_org_"],
    pattern: "(?:hf|api_org)_(?=[a-z0-9]{0,40}[A-Z])[A-Za-z0-9]{30,}",
  },
  // Base64 of how the macaroons of the Python Package Index and of its test instance start.
  { what: "a PyPI token", marks: ["pypi-AgE"], pattern: "pypi-AgE[\\w-]{40,}" },
  { what: "a Docker token", marks: ["dckr_pat_", "dckr_oat_"], pattern: "dckr_[op]at_[\\w-]{20,}" },
  // https://developers.cloudflare.com/fundamentals/api/get-started/token-formats/
  { what: "a Cloudflare key", marks: ["v1.0-"], pattern: "v1\\.0-[0-9a-f]{24}-[0-9a-f]{100,}" },
  { what: "a Cloudflare token", marks: ["cfk_", "cfut_", "cfat_"], pattern: "cf(?:k|ut|at)_[A-Za-z0-9]{40,}" },
  // RFC 7519 and RFC 7516: base64url parts of which the first is a JSON object, and of a signed one the second too.
  {
    what: "a signed token",
    marks: [".eyJ"],
    pattern: "(?<=eyJ[\\w-]{8,})\\.eyJ[\\w-]{8,}\\.[\\w-]{8,}",
  },
  {
    what: "an encrypted token",
    marks: ["eyJ"],
    pattern: "(?<![\\w-])eyJ[\\w-]{16,}\\.[\\w-]*\\.[\\w-]{8,}\\.[\\w-]{8,}\\.[\\w-]{8,}",
  },
  // https://docs.npmjs.com/about-access-tokens
  { what: "an npm token", marks: ["npm_"], pattern: "npm_(?=[a-z0-9]{0,40}[A-Z])[A-Za-z0-9]{30,}" },
  // https://docs.stripe.com/keys
  {
    what: "a Stripe key",
    marks: ["rk_live_", "sk_live_", "rk_test_", "sk_test_"],
    pattern: "[rs]k_(?:live|test)_(?=[a-z0-9]{0,40}[A-Z])[A-Za-z0-9]{16,}",
  },
  // What others of whom an AI platform has accounts put in front of their tokens.
  {
    what: "an access token",
    marks: ["npm_", "rk_live_", "sk_live_", "rk_test_", "sk_test_", "sk-"],
    pattern: "(?<![\\w-])(?:npm_|[rs]k_(?:live|test)_|sk-(?:proj-|ant-)?)[\\w-]{16,}",
  },
  {
    what: "an access token",
    marks: [
      ...[
        "npm_",
        "rk_live_",
        "sk_live_",
        "rk_test_",
        "sk_test_",
        "sk-",
        "whsec_",
        "gsk_",
        "xai-",
        "pplx-",
        "nvapi-",
        "r8_",
      ],
      ...[
        "glc_",
        "glsa_",
        "tskey-",
        "sbp_",
        "pul-",
        "dapi",
        "dop_v1_",
        "doo_v1_",
        "dor_v1_",
        "ops_",
        "ntn_",
        "lin_api_",
      ],
      ...["shpat_", "shpca_", "shppa_", "shpss_", "rubygems_", "NRAK-", "PMAK-", "sntrys_", "sntryu_", "dp.", "SG."],
      ...["pscale_", "dt0c01.", "dt0s01.", "sha256~", "figd_", "secret_"],
    ],
    pattern:
      "(?:npm_|[rs]k_(?:live|test)_|sk-(?:[a-z]+-)?|whsec_|gsk_|xai-|pplx-|nvapi-|r8_|glc_|glsa_|tskey-(?:[a-z]+-)?|sbp_|pul-|dapi|do[opr]_v1_|ops_|ntn_|lin_api_|shp(?:at|ca|pa|ss)_|rubygems_|NRAK-|PMAK-|sntry[su]_|dp\\.[a-z]{2,4}\\.|SG\\.|pscale_[a-z]+_|dt0[cs]01\\.|sha256~|figd_|secret_)(?=([A-Za-z0-9+/=_-]{20,100}))[\\w.+/=-]{20,}",
    random: true,
  },
];
