import { anew, type Meaning, type Meanings, quiet, ruled, warned } from "../../lib/change/meaning";
import { certificateOf, issuerPrefix, nodesPrefix, rootKey } from "./addresses";
import { sameMember } from "./change-nodes";

const stack = () => [];
const ofAuthority = (name: string) =>
  name === rootKey ? ["root"] : ["issuers", name.startsWith(issuerPrefix) ? name.slice(issuerPrefix.length) : name];
/** What is made for a node group; a member's right to read the pool is made for all of its groups. */
const ofNodeGroup = (name: string) =>
  name.startsWith(nodesPrefix) ? ["nodeGroups", certificateOf(name).group] : stack();
const ofCertificate = (name: string) => {
  const { group, certificate } = certificateOf(name);
  return ["nodeGroups", group, "certificates", certificate];
};

const labels = { effective_labels: quiet("labels are for people and their bills") };

/** What names the whole stack's place: a rule refuses to move it. */
const elsewhere = anew(ruled("that the whole stack would be made anew elsewhere"));
const place = { project: elsewhere, location: elsewhere };

const authority = anew(ruled("which authority would be made anew, and who trusts it"));
const protection = ruled("that authorities are no longer protected");
const nodes = "which nodes could no longer renew";
const signing = anew(ruled("which certificate is signed anew, and which is revoked"));

/** What is published is named in what is signed from then on; that something more is published takes nothing. */
const published =
  (field: string, because: string) =>
  (_was: unknown, is: unknown): Meaning =>
    is === true
      ? quiet("what is published besides takes nothing from anybody", "publish", field)
      : warned(because, "publish", field);

/** A lower limit for those who ask by a right that this stack did not give: members are limited by their templates. */
const maximumLifetime = (was: unknown, is: unknown): Meaning =>
  Number.parseInt(String(is), 10) < Number.parseInt(String(was), 10)
    ? warned(
        "who asks the pool for longer by a right of another than this stack no longer gets it (members of node groups are limited by their group's lifetime); see that nobody does before you apply",
        "maximumLifetime",
      )
    : quiet("who asked for less gets what it asked for", "maximumLifetime");

/** Google writes addresses of accounts in lower case, and the provider takes both for the same. */
const member = (was: unknown, is: unknown): Meaning =>
  sameMember(String(was), String(is))
    ? quiet("it is the same member in other letters", "members")
    : anew(ruled(nodes, "members"));

/** What a change of anything that this scenario makes means to those who use it. */
export const meanings: Meanings = {
  "provider.google": {
    at: stack,
    changed: {
      project: ruled("that the whole stack would be made anew elsewhere", "project"),
      default_labels: quiet("labels are for people and their bills"),
    },
    gone: quiet("a stack always has it"),
  },
  google_privateca_ca_pool: {
    at: stack,
    changed: {
      ...place,
      ...labels,
      name: elsewhere,
      tier: anew(ruled("that the whole stack would be made anew in another tier", "tier")),
      "publishing_options.publish_ca_cert": published(
        "caCertificate",
        "what is signed from now on no longer says where its issuer's certificate is, and clients that fetch it there refuse a server that does not send its chain; see that every server sends it (what the bootstrap installs has it) before you apply",
      ),
      "publishing_options.publish_crl": published(
        "crl",
        "no list of revoked certificates is made any more, and the last one ends within 7 days: clients that insist on one then refuse what names it, and others accept what was revoked; see that no client asks for lists, and that what was revoked has ended, before you apply",
      ),
      "issuance_policy.maximum_lifetime": maximumLifetime,
      "issuance_policy.backdate_duration": ruled("which nodes are promised more, or are late", "backdate"),
      "issuance_policy.allowed_key_types": ruled(nodes, "keys"),
      "issuance_policy.identity_constraints": ruled(nodes, "nodeGroups"),
    },
    gone: quiet("a stack always has both"),
  },
  google_privateca_certificate_authority: {
    at: ofAuthority,
    changed: {
      ...place,
      ...labels,
      certificate_authority_id: authority,
      pool: elsewhere,
      config: authority,
      key_spec: authority,
      lifetime: authority,
      desired_state: ruled("whether an issuer signs at every moment", "phase"),
      deletion_protection: protection,
      ignore_active_certificates_on_deletion: protection,
      lifecycle: protection,
      skip_grace_period: quiet("it says what a destruction does, and `check` says that by itself"),
      subordinate_config: quiet("it names the root, whose change is told"),
    },
    gone: ruled("whether an issuer signs or is protected", "issuers"),
  },
  google_privateca_certificate_template: {
    at: ofNodeGroup,
    changed: {
      ...place,
      ...labels,
      name: elsewhere,
      maximum_lifetime: ruled(nodes, "lifetime"),
      "predefined_values.key_usage.extended_key_usage": ruled(nodes, "purpose"),
      "identity_constraints.cel_expression": ruled(nodes, "domains"),
    },
    gone: ruled(nodes),
  },
  google_privateca_certificate_template_iam_member: {
    at: ofNodeGroup,
    changed: { certificate_template: elsewhere, member },
    gone: ruled(nodes, "members"),
  },
  google_privateca_ca_pool_iam_member: {
    at: ofNodeGroup,
    changed: { ca_pool: elsewhere, condition: elsewhere, member },
    gone: ruled(nodes, "members"),
  },
  google_privateca_certificate: {
    at: ofCertificate,
    changed: {
      ...place,
      ...labels,
      name: signing,
      pem_csr: signing,
      lifetime: signing,
      pool: elsewhere,
      certificate_template: elsewhere,
    },
    gone: ruled("which certificate is revoked"),
  },
};
