import { readFileSync } from "node:fs";
import { join } from "node:path";
import { previousStacks, synthesizedStack } from "../../lib/change/read-previous";
import { type Finding, showPath } from "../../lib/config/report";
import { checkAgainst } from "../../stacks/change";
import { checkedConfig } from "../../stacks/check";
import { inOwnFolders, written } from "../support/check-command";
import { synthesizedTexts } from "../support/synthesis";
import { stateOf } from "./earlier-state";

type Fields = Readonly<Record<string, unknown>>;

inOwnFolders();

const address = "https://vault.example.com:8200";
const { stacks: proved } = JSON.parse(readFileSync(join(__dirname, "../golden/vault-everything.json"), "utf8")) as {
  stacks: Record<string, { pki: { caBundle: string } }>;
};
const oneRoot = proved["vault-existing"]?.pki.caBundle ?? "";
const otherRoot = `-----BEGIN CERTIFICATE-----
MIIBmDCCAT2gAwIBAgIUTDng15D9v/EuRQtrzHR723n7hswwCgYIKoZIzj0EAwIw
GDEWMBQGA1UEAwwNT3RoZXIgUm9vdCBDQTAgFw0yNjExMjcwOTUyMzdaGA8yMTI2
MTEwMzA5NTIzN1owGDEWMBQGA1UEAwwNT3RoZXIgUm9vdCBDQTBZMBMGByqGSM49
AgEGCCqGSM49AwEHA0IABM4XALz9ERWIMBhx6jHEUsXBfy6LfKqDoy7uNnK4hD9P
TiH7bKVhq8+GJf1oHf4iOTV1R3r6YnZzJHsCfdIT9/yjYzBhMB0GA1UdDgQWBBSE
AKCEI85xFfXCWOcuyLECmkpa1TAfBgNVHSMEGDAWgBSEAKCEI85xFfXCWOcuyLEC
mkpa1TAPBgNVHRMBAf8EBTADAQH/MA4GA1UdDwEB/wQEAwIBBjAKBggqhkjOPQQD
AgNJADBGAiEA4hcQSLD1TblnMsPgOA8ECkK3Sm4kmYgyI75DwRo5UuECIQDKnNeD
dg4vZeu4evfmy5E6urFG48pE9eC7OpqTgSNFNA==
-----END CERTIFICATE-----
`;

const root = { commonName: "Root" };
const intermediate = { commonName: "Intermediate" };
const own = { root, intermediate, urls: { address } };
const existing = { existing: "pki_int", address, caBundle: oneRoot };
const api = { names: ["api.example.com"] };
const two = { names: ["api.example.com", "old.example.com"] };
const files = { delivery: "cert-manager" };
const applied = { manifests: "apply", crdsInstalled: true };

/** A stack of one certificate, with some fields changed. */
function config(certificate: Fields, changes: Fields = {}): object {
  const pki = {
    scenario: "vault-pki-k8s",
    kubernetes: { context: "serving" },
    namespace: { name: "serving" },
    pki: existing,
    certificates: { api: { ...api, ...certificate } },
    ...changes,
  };
  const settings = { project: "ai-platform", environment: "test", backend: { type: "local" }, privateKeys: "allowed" };
  return { ...settings, stacks: { pki } };
}

/** What a change says over the text of an output or a state, besides what is said of the config alone: problems with a `!`. */
function toldOver(name: string, text: string, after: object): readonly string[] {
  const { config: complete, report } = checkedConfig(after);
  const shown = (found: readonly Finding[], mark: string) =>
    found.map(({ path, message }) => `${mark}${showPath(path, after).replace("stacks.pki.", "")}: ${message}`);
  const all = () => [...shown(report.problems, "!"), ...shown(report.warnings, "")];
  const alone = all();
  const before = previousStacks(written(name, text), complete, report) ?? new Map();
  const now = () => new Map([["pki", synthesizedStack(JSON.parse(synthesizedTexts(after).pki ?? ""))]]);
  checkAgainst(complete, before, report, now);
  return all().filter((one) => !alone.includes(one));
}

/** The same over the output of the config before, and over the state that its apply leaves. */
function told(before: object, after: object, trust = oneRoot): readonly (readonly string[])[] {
  const output = synthesizedTexts(before).pki ?? "";
  return [toldOver("cdk.tf.json", output, after), toldOver("pki.tfstate", stateOf(output, trust), after)];
}

type Case = [what: string, before: object, after: object, ...told: readonly string[]];

const until = "until manifests.yaml is applied again";
const login = (...accounts: readonly string[]) => ({ serviceAccounts: accounts.map((name) => ({ name })) });

describe("who requests hears of", () => {
  const lost = 'certificates.api.names: lacks "old.example.com", which the certificate has now';
  const unasked = "see that no client asks for it";

  test.each<Case>([
    ["a name that its certificate loses", config(two), config({}), `${lost}; ${unasked}`],
    [
      "a name that its role loses before cert-manager's manifests are applied again",
      config({ ...two, ...files }),
      config(files),
      `${lost}: a request for it is refused from the apply on, as is cert-manager's next renewal of api ${until}; apply that right after Terraform, and ${unasked}`,
    ],
    [
      "a name that the role keeps, so that manifests may be applied later",
      config({ ...two, ...files }),
      config({ ...files, role: { allowedDomains: two.names } }),
      `${lost}; ${unasked}`,
    ],
    [
      "a name that leaves role and manifests in one apply",
      config({ ...two, ...files }, applied),
      config(files, applied),
      `${lost}; ${unasked}`,
    ],
    [
      "names that the role alone allowed",
      config({ role: { allowedDomains: ["api.example.com", "more.example.com"], allowSubdomains: true } }),
      config({}),
      'certificates.api.role.allowedDomains: lacks "more.example.com", which the role allows now: a request for such a name is refused from the apply on; see that nothing makes one',
      "certificates.api.role.allowSubdomains: is false, was true: a request for a name below its domains is refused from the apply on; see that nothing makes one",
    ],
    [
      "nothing where the role allows more",
      config({}),
      config({ role: { allowedDomains: ["example.com", "api.example.com"], allowSubdomains: true } }),
    ],
    [
      "client authentication that goes",
      config({ purpose: "mutual" }),
      config({ purpose: "server" }),
      'certificates.api.purpose: is "server", was "mutual": servers that ask for a certificate refuse a client that shows it, once it is issued anew; see that none does',
    ],
    [
      "another purpose in the place of the one that it has",
      config({ purpose: "server" }),
      config({ purpose: "client" }),
      '!certificates.api.purpose: is "client", was "server": clients refuse a server that shows it, once it is issued anew; write "mutual", or make a second certificate for the new purpose beside it',
    ],
    ["nothing where a purpose is added", config({ purpose: "client" }), config({ purpose: "mutual" })],
    [
      "nothing of another key and lifetime that an apply requests",
      config({}),
      config({ key: "rsa-3072", lifetime: "60d" }),
    ],
    [
      "another key, which the role refuses to manifests that were applied before",
      config(files),
      config({ ...files, key: "ecdsa-p384" }),
      `certificates.api.key: is "ecdsa-p384", was "ecdsa-p256": cert-manager's next renewal is refused ${until}; apply it right after Terraform`,
    ],
    ["nothing of a smaller key, since a role says the least", config({ ...files, key: "ecdsa-p384" }), config(files)],
    [
      "nothing of another key that is requested in the same apply",
      config(files, applied),
      config({ ...files, key: "rsa-2048" }, applied),
    ],
    [
      "service accounts that may log in no more",
      config(login("api", "canary")),
      config(login("api")),
      'certificates.api.serviceAccounts: lacks "serving/canary", which may log in now and is refused from the apply on; see that nothing requests as it',
    ],
    [
      "a login that goes",
      config({}),
      config(login()),
      'certificates.api.serviceAccounts: lacks "serving/api", which may log in now and is refused from the apply on; see that nothing requests as it',
    ],
    ["nothing where every account may log in", config({}), config(login("*"))],
    [
      "another account for cert-manager",
      config(files),
      config({ ...files, ...login("issuer") }),
      `certificates.api.serviceAccounts: lacks "serving/api", which may log in now and is refused from the apply on, as is cert-manager's next renewal of api ${until}; apply that right after Terraform, and see that nothing requests as it`,
    ],
    [
      "a service account that goes with the apply",
      config(files, applied),
      config({ ...files, ...login("issuer") }, applied),
      'certificates.api.serviceAccounts: says who requests, and the service account "api" goes with the apply; see that no pod runs as it',
    ],
    [
      "another place to log in",
      config({}),
      config({}, { authPath: "kubernetes-new" }),
      'authPath: is "kubernetes-new", was "kubernetes": what logs in there for api is refused from the apply on; see that the mount at "kubernetes-new" knows the cluster, and that what logs in does so there',
    ],
    [
      "another place to log in, for cert-manager as well",
      config(files),
      config(files, { authPath: "kubernetes-new" }),
      `authPath: is "kubernetes-new", was "kubernetes": what logs in there for api is refused from the apply on, as is cert-manager's next renewal of api ${until}; apply that right after Terraform, and see that the mount at "kubernetes-new" knows the cluster, and that what logs in does so there`,
    ],
    [
      "an audience where there was none",
      config({}),
      config({}, { audience: "vault" }),
      'audience: changes what tokens must be meant for: what logs in for api with one for anything else is refused from the apply on; see that what logs in has one for "vault"',
    ],
    [
      "another audience, for cert-manager",
      config(files),
      config(files, { audience: "vault" }),
      `audience: changes what tokens must be meant for: what logs in for api with one for anything else is refused from the apply on, as is cert-manager's next renewal of api ${until}; apply that right after Terraform`,
    ],
    ["nothing where an audience goes", config({}, { audience: "vault" }), config({})],
    [
      "nothing where cert-manager hears of the audience in the same apply",
      config(files, applied),
      config(files, { ...applied, audience: "vault" }),
    ],
    [
      "a Secret of cert-manager's, by the outputs",
      config(files),
      config({ ...files, secret: "tls" }),
      'certificates.api.secret: is "tls", was "api": the old Secret stays and is no longer renewed; lead its consumers over, then delete it with kubectl',
    ],
    [
      "manifests that an apply would delete",
      config(files, applied),
      config(files),
      '!manifests: is "files", was "apply": the apply would delete what cert-manager renews api by; first `terraform state rm` each kubernetes_manifest.api_*, which leaves them there',
    ],
    [
      "manifests that are there already",
      config(files),
      config(files, applied),
      '!manifests: is "apply", was "files": the apply stops at objects for api that kubectl has made from manifests.yaml; first `kubectl delete -f manifests.yaml`, which leaves the Secrets there, and apply right after it, or import them (docs/recovery.md)',
    ],
  ])("%s", (_, before, after, ...expected) => {
    expect(told(before, after)).toEqual([expected, expected]);
  });

  test("names by what the role had, where nothing says the certificate's", () => {
    const output = synthesizedTexts(config({ ...two, ...files })).pki ?? "";
    const state = JSON.stringify({ ...(JSON.parse(stateOf(output, oneRoot)) as object), outputs: {} });
    expect(toldOver("pki.tfstate", state, config(files))).toEqual([expect.stringContaining(lost)]);
  });
});

describe("who trusts hears of", () => {
  const trusting = (caBundle: string | undefined) => ({ pki: { ...existing, caBundle } });
  const [both, swapped] = [trusting(oneRoot + otherRoot), trusting(otherRoot)];

  test.each<Case>([
    [
      "a root that is swapped in one step",
      config({}),
      config({}, swapped),
      "!pki.caBundle: has nothing of what clients trust now, and they refuse what was issued before; write the old certificates and the new ones, apply, and take the old ones out once everything was issued under the new ones and loaded",
    ],
    ["nothing where a root comes beside the other", config({}), config({}, both)],
    ["nothing of other line ends", config({}), config({}, trusting(oneRoot.replaceAll("\n", "\r\n")))],
    [
      "a ConfigMap that goes",
      config(files),
      config(files, trusting(undefined)),
      '!pki.caBundle: is missing, and without a certificate that Terraform requests the ConfigMap "pki-trust" goes, so that what mounts it cannot start again; write the root of the mount (PEM)',
    ],
    ["nothing of a ConfigMap that comes", config(files, trusting(undefined)), config(files)],
  ])("%s", (_, before, after, ...expected) => {
    expect(told(before, after)).toEqual([expected, expected]);
  });

  test("a root that goes after the other has come", () => {
    const expected = [
      "pki.caBundle: lacks a certificate that clients trust now; see that nothing is served any more that was issued under it",
    ];
    expect(told(config({}, both), config({}, swapped), oneRoot + otherRoot)).toEqual([expected, expected]);
  });

  test("a root that nothing names any more, as far as an output tells", () => {
    expect(told(config({}), config({}, trusting(undefined)))).toEqual([
      [
        "pki.caBundle: is taken out, and clients get the last certificate of the mount's chain to trust, which need not be a root; see that it verifies what is served, or write the root's PEM again",
      ],
      [],
    ]);
  });

  test("a root that is named for the first time, unless a state tells that it is the one that they trust", () => {
    expect(told(config({}, trusting(undefined)), config({}))).toEqual([
      [
        "pki.caBundle: is what clients are to trust, and was the last certificate of the mount's chain, which is not known here; see that caBundle has that as well",
      ],
      [],
    ]);
  });

  const lifetimes = (rootLife: string, lifetime: string) => {
    const pki = { ...own, root: { ...root, lifetime: rootLife }, intermediate: { ...intermediate, lifetime } };
    return config({}, { pki });
  };
  const permitting = (permittedDomains: readonly string[] | undefined) =>
    config({}, { pki: { ...own, intermediate: { ...intermediate, permittedDomains } } });
  const noted = (is: string, was: string, past = ", past which an intermediate may then be signed") =>
    `pki.root.lifetime: is "${is}", was "${was}": the provider only writes it down, and the root's certificate keeps its end${past}; write "${was}" again, or make a second stack with another root, have it trusted beside this one, and lead the consumers over`;

  test.each<Case>([
    ["a longer life of the root", lifetimes("3650d", "1825d"), lifetimes("7300d", "1825d"), noted("7300d", "3650d")],
    [
      "a shorter life of the root",
      lifetimes("3650d", "1825d"),
      lifetimes("3000d", "1825d"),
      noted("3000d", "3650d", ""),
    ],
    [
      "an intermediate that would outlive the root",
      lifetimes("3650d", "1825d"),
      lifetimes("7300d", "4000d"),
      '!pki.intermediate.lifetime: is "4000d", and the root\'s certificate was made for "3650d" and keeps its end: the intermediate would be signed past it, and clients refuse all that it signs from that end on; write less',
      noted("7300d", "3650d"),
    ],
    [
      "fewer domains of the intermediate",
      permitting(["example.com", "svc"]),
      permitting(["example.com"]),
      "pki.intermediate.permittedDomains: changes: the intermediate is signed again with fewer domains, and clients refuse what it signs from then on of any other; see that no role of its mount is asked for one",
    ],
    ["nothing of more domains", permitting(["example.com"]), permitting(undefined)],
    [
      "another address of lists, which certificates carry",
      config({}, { pki: own }),
      config({}, { pki: { ...own, urls: { address: "https://pki.example.com" } } }),
      "pki.urls.address: changes: certificates that were issued before carry the old address; see that lists and OCSP answer there until the last of them has ended, the intermediate too",
    ],
    [
      "another Vault for cert-manager",
      config(files, applied),
      config(files, { ...applied, pki: { ...existing, address: "https://pki.example.com" } }),
      'pki.address: is "https://pki.example.com", was "https://vault.example.com:8200": cert-manager requests there from the apply on; see that the same Vault answers there before you apply',
    ],
    [
      "what cert-manager trusts Vault's listener by",
      config(files, applied),
      config(files, { ...applied, pki: { ...existing, serverCaBundle: otherRoot } }),
      "pki.serverCaBundle: is all that cert-manager trusts Vault's listener by from the apply on, and renews nothing where that does not verify it; see that it does before you apply",
    ],
    [
      "nothing of more that cert-manager trusts it by",
      config(files, { ...applied, pki: { ...existing, serverCaBundle: otherRoot } }),
      config(files, { ...applied, pki: { ...existing, serverCaBundle: oneRoot + otherRoot } }),
    ],
  ])("%s", (_, before, after, ...expected) => {
    expect(told(before, after)).toEqual([expected, expected]);
  });
});

describe("who calls hears of", () => {
  const ingress = { className: "nginx", service: "api", port: 8443, annotations: { "a.example.com/x": "1" } };
  const through = (changes: Fields) => config({ consumer: { ingress: { ...ingress, ...changes } } });

  test.each<Case>([
    [
      "another Service",
      through({}),
      through({ service: "new" }),
      "certificates.api.consumer.ingress.service: changes: requests go to the new Service from the apply on; see that it serves",
    ],
    [
      "another port",
      through({}),
      through({ port: 443 }),
      "certificates.api.consumer.ingress.port: changes: requests go to the new port from the apply on; see that the Service has it",
    ],
    [
      "another controller",
      through({}),
      through({ className: "traefik" }),
      "certificates.api.consumer.ingress.className: changes: another controller serves the Ingress, at another address; see that names lead there before you apply",
    ],
    ["nothing where the class is left to what it is", through({}), through({ className: undefined })],
    ["nothing of one more", through({}), through({ annotations: { ...ingress.annotations, "a.example.com/y": "1" } })],
    [
      "an Ingress that goes",
      through({}),
      config({}),
      "certificates.api.consumer: no longer has kubernetes_ingress_v1.api: nothing serves its names any more; see that nobody asks for them",
    ],
  ])("%s", (_, before, after, ...expected) => {
    expect(told(before, after)).toEqual([expected, expected]);
  });
});

test("an Ingress's controller hears of an annotation that goes, as far as an output tells", () => {
  const through = (annotations: Fields) => config({ consumer: { ingress: { service: "api", annotations } } });
  const [before, after] = [through({ "a.example.com/x": "1" }), through({})];
  expect(told(before, after)).toEqual([
    [
      "certificates.api.consumer.ingress.annotations: changes: the Ingress's controller no longer does what the old one said; see that nobody needs it",
    ],
    // A state has more of them than were given.
    [],
  ]);
});

describe("an order of steps that is advised meets no problem:", () => {
  const trusting = (caBundle: string) => config({}, { pki: { ...existing, caBundle } });

  test.each<[what: string, ...releases: readonly object[]]>([
    ["a root that takes the place of another", trusting(oneRoot), trusting(oneRoot + otherRoot), trusting(otherRoot)],
    ["another purpose", config({}), config({ purpose: "mutual" }), config({ purpose: "client" })],
    [
      "a name that goes, kept in the role until manifests are applied again",
      config({ ...two, ...files }),
      config({ ...files, role: { allowedDomains: two.names } }),
      config(files),
    ],
  ])("%s", (_, ...releases) => {
    releases.slice(1).forEach((after, index) => {
      const said = toldOver("cdk.tf.json", synthesizedTexts(releases[index]).pki ?? "", after);
      expect(said.filter((one) => one.startsWith("!") || one.includes("cert-manager's next renewal"))).toEqual([]);
    });
  });

  test("manifests that leave the state before Terraform stops applying them, or enter it before it starts", () => {
    const state = (of: object, without?: RegExp) => stateOf(synthesizedTexts(of).pki ?? "", oneRoot, without);
    expect(toldOver("pki.tfstate", state(config(files, applied), /^kubernetes_manifest\./), config(files))).toEqual([]);
    expect(toldOver("pki.tfstate", state(config(files, applied)), config(files, applied))).toEqual([]);
  });
});

test("nothing is told of fields that are wrong", () => {
  const wrong = config({ ...files, names: ["-"], key: "x", purpose: "x" }, { authPath: "auth/x", audience: " " });
  const said = toldOver("cdk.tf.json", synthesizedTexts(config({ ...two, ...files })).pki ?? "", wrong);
  expect(said).toEqual([]);
});

test("what nobody outside sees is not told", () => {
  const labelled = (labels: Fields) => ({ ...config(files, applied), labels });
  expect(told(labelled({ team: "a" }), labelled({ team: "b" }))).toEqual([[], []]);
  expect(told(config({}, { pki: own }), config({}, { pki: { ...own, protect: false } }))).toEqual([[], []]);
});
