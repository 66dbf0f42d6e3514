import { readFileSync } from "node:fs";
import { join } from "node:path";
import { changeOf, fine, inOwnFolders } from "../support/check-command";
import { synthesizedTexts } from "../support/synthesis";
import { stateOf } from "./earlier-state";

inOwnFolders();

type Fields = Readonly<Record<string, unknown>>;

const address = "https://vault.example.com:8200";
const root = { commonName: "Root" };
const intermediate = { commonName: "Intermediate" };
const ownPki = { root, intermediate, urls: { address } };
const { stacks: proved } = JSON.parse(readFileSync(join(__dirname, "../golden/vault-everything.json"), "utf8")) as {
  stacks: Record<string, { pki: { caBundle: string } }>;
};
const caBundle = proved["vault-existing"]?.pki.caBundle ?? "";
const existing = { existing: "pki_int", caBundle, address };
const api = { names: ["api.example.com"] };
const chat = { names: ["chat.example.com"] };
const byController = { delivery: "cert-manager" };

function config(changes: Fields = {}): object {
  const pki = {
    scenario: "vault-pki-k8s",
    kubernetes: { context: "serving" },
    namespace: { name: "serving" },
    pki: ownPki,
    certificates: { api },
    ...changes,
  };
  const settings = { project: "ai-platform", environment: "test", backend: { type: "local" }, privateKeys: "allowed" };
  return { ...settings, stacks: { pki } };
}

const certificates = (changes: Fields, more: Fields = {}) => ({
  certificates: { api: { ...api, ...changes } },
  ...more,
});

/** What `check --against` reports for a config over an earlier one. */
const said = (after: Fields, before: string) => changeOf("cdk.tf.json", before, config(after));

const output = (before: Fields) => synthesizedTexts(config(before)).pki ?? "";
const at = "stacks.pki";

describe("nothing is interrupted by", () => {
  test.each<[what: string, before: Fields, after: Fields]>([
    ["no change", {}, {}],
    ["no change where cert-manager delivers", certificates(byController), certificates(byController)],
    [
      "a name added, and another key and lifetime",
      {},
      certificates({ names: [...api.names, ...chat.names], key: "ecdsa-p384", lifetime: "60d" }),
    ],
    ["a second certificate", {}, { certificates: { api, chat } }],
    [
      "a namespace that the stack makes and keeps",
      { namespace: { name: "serving", create: true } },
      { namespace: { name: "serving", create: true } },
    ],
    [
      "a longer life of the intermediate, which is signed again for the same key",
      {},
      { pki: { ...ownPki, intermediate: { ...intermediate, lifetime: "3000d" } } },
    ],
    ["no protection", {}, { pki: { ...ownPki, protect: false } }],
    ["an existing mount that stays", { pki: existing }, { pki: existing }],
  ])("%s", (_, before, after) => {
    const known = output(before);
    expect([said(after, known), said(after, stateOf(known, caBundle))]).toEqual([fine, fine]);
  });

  test("what was taken out of the state first", () => {
    const own = output({});
    expect(said({ pki: existing }, stateOf(own, caBundle, /^vault_.*\.(root|intermediate)$/))).toEqual(fine);
    expect(said(certificates(byController), stateOf(own, caBundle, /^kubernetes_secret_v1\.api$/))).toEqual(fine);
    const made = output({ namespace: { name: "serving", create: true } });
    expect(said({}, stateOf(made, caBundle, /^kubernetes_namespace_v1/))).toEqual(fine);
  });

  test("an apply that was cut off before the certificate was issued", () => {
    expect(said({}, stateOf(output({}), caBundle, /^(vault_pki_secret_backend_cert|kubernetes_secret_v1)\./))).toEqual(
      fine,
    );
  });
});

const second =
  "make a second stack with it, have its root trusted beside the old one, lead the consumers over, and take this one out last";
const rootLost =
  "the root would be deleted and another one made, and every client that trusts the old one refuse what is issued from then on";
const intermediateLost =
  "another intermediate, with another key, would take the place of this one, and clients that have this one pinned, or ask whether what it signed was revoked, refuse what they get";
const refused = "the plan refuses it, and so changes nothing at all: without protection ";
const otherMount = { ...existing, existing: "other" };
const roleAndSecret =
  'the Secret "api" and its role in Vault go, so what mounts the one cannot start again, and what requests with the other is refused';

describe("an interruption is refused:", () => {
  test.each<[what: string, before: Fields, after: Fields, ...problems: readonly string[]]>([
    ...(["root", "intermediate"] as const).flatMap((authority) => {
      const lost = authority === "root" ? rootLost : intermediateLost;
      return (
        [
          ["commonName", "Other", { root, intermediate }[authority].commonName],
          ["mount", "other", authority === "root" ? "pki_root" : "pki_int"],
          ["key", "rsa-4096", "ecdsa-p256"],
        ] as const
      ).flatMap(([field, is, was]) =>
        [true, false].map((protect): [string, Fields, Fields, string] => [
          `another ${field} of the ${authority}, ${protect ? "protected" : "not protected"}`,
          {},
          { pki: { ...ownPki, [authority]: { ...ownPki[authority], [field]: is }, protect } },
          `${at}.pki.${authority}.${field}: is "${is}", was "${was}": ${protect ? refused : ""}${lost}; write "${was}" again, or ${second}`,
        ]),
      );
    }),
    [
      "an existing mount in the place of authorities of its own",
      {},
      { pki: existing },
      `${at}.pki.existing: is "pki_int", and the stack made its authorities itself: the apply would destroy their mounts, with their keys, for ever, for protection does not hold for what the config no longer has; first \`terraform state rm\` each vault_* address that ends in .root or .intermediate, which leaves them in Vault`,
    ],
    [
      "authorities of its own in the place of an existing mount",
      { pki: existing },
      {},
      `${at}.pki.root: is the stack's own, was the existing mount "pki_int": every certificate would be issued anew under a root that no client trusts yet; ${second}`,
    ],
    [
      "another existing mount under a root that nobody names",
      { pki: existing },
      { pki: { ...otherMount, caBundle: `${caBundle}${caBundle}` } },
      `${at}.pki.existing: is "other", was "pki_int": every certificate would be issued anew from there, under a root that clients may not trust; ${second}`,
    ],
    [
      "a certificate that is renamed",
      {},
      { certificates: { gate: api } },
      `${at}.certificates.gate: takes the place of "api", as if that were renamed: ${roleAndSecret}; keep "api" beside it, with a Secret of its own, lead the consumers over, and take it out in a later apply`,
    ],
    [
      "a certificate that is renamed and keeps its Secret",
      {},
      { certificates: { gate: { ...api, secret: "api" } } },
      `${at}.certificates.gate: takes the place of "api", as if that were renamed: ${roleAndSecret}; first \`terraform state mv kubernetes_secret_v1.api kubernetes_secret_v1.gate\`, with which the Secret stays, and let who requests from Vault use the new role`,
    ],
    [
      "a certificate that is renamed and handed to cert-manager",
      {},
      { certificates: { gate: { ...api, ...byController, secret: "api" } } },
      `${at}.certificates.gate: takes the place of "api", as if that were renamed: ${roleAndSecret}; first \`terraform state rm kubernetes_secret_v1.api\`, with which the Secret stays for cert-manager to take over`,
    ],
    [
      "a Secret that is renamed",
      {},
      certificates({ secret: "tls" }),
      `${at}.certificates.api.secret: is "tls", was "api": the apply would delete the Secret "api", and what mounts it could not start again; write "api" again, make a second certificate with the new Secret, lead the consumers over, and take this one out in a later apply`,
    ],
    [
      "another namespace",
      {},
      { namespace: { name: "other" } },
      `${at}.namespace.name: is "other", was "serving": the Secrets that Terraform made would be deleted there, and what mounts them could not start again; make a second stack for the new namespace, lead the consumers over, and take this one out last`,
    ],
    [
      "another namespace, which moves every Secret, renamed or not",
      {},
      { namespace: { name: "other" }, ...certificates({ secret: "tls" }) },
      `${at}.namespace.name: is "other", was "serving": the Secrets that Terraform made would be deleted there, and what mounts them could not start again; make a second stack for the new namespace, lead the consumers over, and take this one out last`,
    ],
    [
      "another namespace than the one that the stack made",
      { namespace: { name: "serving", create: true } },
      { namespace: { name: "other", create: true } },
      `${at}.namespace.name: is "other", was "serving": the apply would destroy the namespace "serving" with everything in it, whoever made it; make a second stack for the new namespace, lead the consumers over, and take this one out last`,
    ],
    [
      "a namespace that is no longer the stack's",
      { namespace: { name: "serving", create: true } },
      {},
      `${at}.namespace.create: is false, was true: the apply would destroy the namespace "serving" with everything in it, whoever made it; first \`terraform state rm kubernetes_namespace_v1.namespace_serving\`, which leaves it there`,
    ],
    [
      "a certificate that is handed to cert-manager",
      {},
      certificates(byController),
      `${at}.certificates.api.delivery: is "cert-manager", was "terraform": the apply would delete the Secret "api", and cert-manager makes it anew only once its manifests are applied; first \`terraform state rm kubernetes_secret_v1.api\`, which leaves it there until cert-manager takes it over and renews it`,
    ],
    [
      "a certificate that Terraform takes from cert-manager",
      certificates(byController),
      {},
      `${at}.certificates.api.delivery: is "terraform", was "cert-manager": the apply would stop half-way if the Secret "api" is there already, and cert-manager could renew it no more; write a new name in secret and lead the consumers over, or first delete its Certificate with kubectl and import the Secret (docs/recovery.md)`,
    ],
  ])("%s", (_, before, after, ...problems) => {
    const known = output(before);
    const expected = { problems, warnings: [] };
    expect([said(after, known), said(after, stateOf(known, caBundle))]).toEqual([expected, expected]);
  });
});

describe("is warned of:", () => {
  const applied = { manifests: "apply", crdsInstalled: true };

  test.each<[what: string, before: Fields, after: Fields, ...warnings: readonly string[]]>([
    [
      "a certificate that goes",
      { certificates: { api, chat } },
      { certificates: { chat } },
      `${at}.certificates: no longer has "api": ${roleAndSecret}; see that nobody uses it`,
    ],
    [
      "a certificate of cert-manager that goes",
      { certificates: { api: { ...api, ...byController }, chat } },
      { certificates: { chat } },
      `${at}.certificates: no longer has "api": its role in Vault goes, so nothing renews it; see that nobody uses it, and delete what its manifests made with kubectl`,
    ],
    [
      "another mount under the same root",
      { pki: existing },
      { pki: otherMount },
      `${at}.pki.existing: is "other", was "pki_int": every certificate is issued anew from there, and what cert-manager requests is refused until its manifests are applied again`,
    ],
    [
      "another Secret of cert-manager's",
      certificates(byController, applied),
      certificates({ ...byController, secret: "tls" }, applied),
      `${at}.certificates.api.secret: is "tls", was "api": the old Secret stays and is no longer renewed; lead its consumers over, then delete it with kubectl`,
    ],
  ])("%s", (_, before, after, ...warnings) => {
    const known = output(before);
    const expected = { problems: [], warnings };
    expect([said(after, known), said(after, stateOf(known, caBundle))]).toEqual([expected, expected]);
  });
});

test("another context is refused, which a state does not tell", () => {
  const after = { kubernetes: { context: "other" } };
  expect(said(after, output({}))).toEqual({
    problems: [
      `${at}.kubernetes.context: is "other", was "serving": in another cluster everything is made anew, and what is in the old one stays and is no longer renewed, since Terraform forgets it; make a second stack for the other cluster, and take this one out once nobody uses it, or if both names lead to one cluster compare with the state (\`terraform state pull\`)`,
    ],
    warnings: [],
  });
  expect(said(after, stateOf(output({}), caBundle))).toEqual(fine);
});
