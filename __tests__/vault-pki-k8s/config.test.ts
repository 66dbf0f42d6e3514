import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as fc from "fast-check";
import { day, parseDuration, showDuration } from "../../lib/config/duration";
import { simulateRole } from "../../lib/vault-role/simulate";
import { unintendedNames } from "../../lib/vault-role/widening";
import { checkedConfig } from "../../stacks/check";
import type { VaultPkiK8sConfig } from "../../stacks/vault-pki-k8s/config";
import { roleOf } from "../../stacks/vault-pki-k8s/role";
import { problemsOf, warningsOf } from "../support/configs";
import { runs } from "../support/runs";

type Fields = Readonly<Record<string, unknown>>;

const address = "https://vault.example.com:8200";
const ownPki = { root: { commonName: "Root" }, intermediate: { commonName: "Intermediate" }, urls: { address } };
const api = { names: ["api.example.com"] };

/** A root's certificate, from the config of the golden files. */
const { stacks: proved } = JSON.parse(readFileSync(join(__dirname, "../golden/vault-everything.json"), "utf8")) as {
  stacks: Record<string, { pki: { caBundle: string } }>;
};
const caBundle = proved["vault-existing"]?.pki.caBundle ?? "";

/** A stack without a mistake, with some fields changed; `undefined` removes a field. */
function stack(changes: Fields = {}): Fields {
  return {
    scenario: "vault-pki-k8s",
    kubernetes: { context: "kind-serving" },
    namespace: { name: "serving" },
    pki: ownPki,
    certificates: { api },
    ...changes,
  };
}

/** A config with the given stacks that allows keys in the state, with some fields changed. */
function config(stacks: Fields, changes: Fields = {}): Fields {
  const settings = { project: "ai-platform", environment: "test", backend: { type: "local" }, privateKeys: "allowed" };
  return { ...settings, stacks, ...changes };
}

/** A config with one stack, `pki`, with some of its fields and settings changed. */
const pki = (changes: Fields = {}, settings: Fields = {}) => config({ pki: stack(changes) }, settings);

/** A config with one certificate, `api`, with some of its fields and its stack's changed. */
const certificate = (changes: Fields, ofStack: Fields = {}, settings: Fields = {}) =>
  pki({ certificates: { api: { ...api, ...changes } }, ...ofStack }, settings);

const authority = (which: "root" | "intermediate", changes: Fields) => ({
  pki: { ...ownPki, [which]: { ...ownPki[which], ...changes } },
});

/** A path of Vault in each field that takes one, and what is said of it there. */
const pathFields = (path: string, sentence: string) =>
  (
    [
      ["pki.root.mount", authority("root", { mount: path })],
      ["pki.existing", { pki: { existing: path, caBundle } }],
      ["authPath", { authPath: path }],
    ] as const
  ).map(([field, changes]): [string, Fields, string[]] => [
    `the path ${path} in ${field}`,
    pki(changes),
    [`stacks.pki.${field}: ${sentence}`],
  ]);

const at = "stacks.pki.certificates.api";
const byController = { delivery: "cert-manager" };

/** The complete config of the stack `pki`. */
function completed(given: Fields): VaultPkiK8sConfig {
  const stack = checkedConfig(given).config.stacks.find(({ name }) => name === "pki");
  if (stack?.kind !== "vault-pki-k8s") throw new Error("no such stack");
  return stack.config;
}

test("a stack without a mistake is accepted without a word", () => {
  for (const given of [
    pki(),
    certificate(byController, {}, { privateKeys: "never" }),
    pki({ pki: { existing: "pki_int", caBundle } }),
    certificate(byController, { pki: { existing: "pki_int", caBundle, address } }),
    certificate({ names: ["*.example.com", "example.com"], purpose: "mutual", serviceAccounts: [] }),
    // Too short for an apply each week, but cert-manager renews it.
    certificate({ ...byController, lifetime: "1h" }),
    certificate(byController, { manifests: "apply", crdsInstalled: true }),
  ]) {
    expect([problemsOf(given), warningsOf(given)]).toEqual([[], []]);
  }
});

test("a path that Vault takes is accepted, whatever its dots: only a part of one or two leads elsewhere", () => {
  // OpenBao 2.4.4 mounts each of them, as a secrets engine and as an auth method, and writes a role there.
  for (const path of ["...", "a..b", "..a", ".a", "a.", "a/....", "team/..sys", "auditx", "team/sys", "-a", "PKI"]) {
    const pathed = [authority("root", { mount: path }), { pki: { existing: path, caBundle } }, { authPath: path }];
    expect([path, ...pathed.flatMap((changes) => problemsOf(pki(changes)))]).toEqual([path]);
  }
});

describe("refuses", () => {
  test.each<[what: string, given: Fields, lines: readonly string[]]>([
    [
      "an intermediate that outlives the root",
      pki(authority("intermediate", { lifetime: "4000d" })),
      [
        'stacks.pki.pki.intermediate.lifetime: is "4000d", longer than the root (4000d - 3650d = 350d too much); Vault would sign it without an error, and what it signs fails when the root ends; write at most "1825d" or give the root at least "8000d"',
      ],
    ],
    [
      "an intermediate that lives as long as the root",
      pki(authority("intermediate", { lifetime: "3650d" })),
      [
        'stacks.pki.pki.intermediate.lifetime: is "3650d", as long as the root, which begins earlier and so ends earlier; Vault would sign it without an error, and what it signs fails when the root ends; write at most "1825d" or give the root at least "7300d"',
      ],
    ],
    [
      "a certificate that lives as long as the intermediate",
      certificate({ lifetime: "365d" }, authority("intermediate", { lifetime: "365d" })),
      [
        `${at}.lifetime: is "365d", as long as the intermediate, which begins earlier and so ends earlier; Vault would refuse what outlives the authority; write at most "182d" or give the intermediate at least "730d"`,
      ],
    ],
    [
      "a certificate above an intermediate that the root leaves no room",
      certificate({ lifetime: "2000d" }),
      [
        `${at}.lifetime: is "2000d", longer than the intermediate (2000d - 1825d = 175d too much); Vault would refuse what outlives the authority; write at most "912d"`,
      ],
    ],
    [
      "a certificate that outlives the intermediate",
      certificate({ lifetime: "400d" }, authority("intermediate", { lifetime: "365d" })),
      [
        `${at}.lifetime: is "400d", longer than the intermediate (400d - 365d = 35d too much); Vault would refuse what outlives the authority; write at most "182d" or give the intermediate at least "800d"`,
      ],
    ],
    [
      "a certificate that no apply would renew in time",
      certificate({ lifetime: "30d" }),
      [
        `${at}.lifetime: is "30d": an apply renews in the last third, 10d, which must hold two applies (applyEvery 7d); write at least "42d", apply more often, or write a delivery that renews itself ("cert-manager")`,
      ],
    ],
    [
      "an annotation that an Ingress cannot have",
      certificate({ consumer: { ingress: { service: "api", annotations: { "a b": "c" } } } }),
      [
        `${at}.consumer.ingress.annotations["a b"]: is no annotation key; write one such as "nginx.ingress.kubernetes.io/backend-protocol"`,
      ],
    ],
    [
      "a lifetime that cert-manager does not take",
      certificate({ ...byController, lifetime: "59m" }),
      [`${at}.lifetime: is "59m", and cert-manager takes no less than an hour; write at least "1h"`],
    ],
    ...(["/pki", "pki/", "/pki/"] as const).map((mount): [string, Fields, string[]] => [
      `the mount path ${mount}`,
      pki({ pki: { existing: mount, caBundle } }),
      [`stacks.pki.pki.existing: is "${mount}"; write "pki", without "/" at its ends`],
    ]),
    ...(["sys", "auth", "auth/pki", "identity", "cubbyhole/x", "audit", "/sys/", "./sys/x"] as const).map(
      (mount): [string, Fields, string[]] => [
        `the mount path ${mount}`,
        pki(authority("root", { mount })),
        [
          `stacks.pki.pki.root.mount: is "${mount}"; below "${/[a-z]+/.exec(mount)?.[0]}" Vault keeps its own, write another path`,
        ],
      ],
    ),
    ...(["pki/../sys", "..", "pki/..", "../pki", "/pki/../"] as const).flatMap((path) =>
      pathFields(
        path,
        `is "${path}", and ".." leads out of a path in Vault; write the mount's own, as Vault lists it, without ".."`,
      ),
    ),
    ...(["pki//int", "./pki/int", "pki/./int", "/pki//int/."] as const).flatMap((path) =>
      pathFields(path, `is "${path}"; write "pki/int", without "." and empty parts`),
    ),
    ...(
      ["pki%2fint", "pki/%2e%2e/sys", "pki\\int", "pki?x", "pki#x", "pki int", "pki+", "pki/*", ".", "/"] as const
    ).flatMap((path) =>
      pathFields(path, `is ${JSON.stringify(path)}; write letters, digits, "_", "." and "-", with "/" between parts`),
    ),
    ...(
      [
        ["auth/kubernetes", "kubernetes"],
        ["/auth/kubernetes/", "kubernetes"],
        ["v1/auth/team/k8s", "team/k8s"],
        ["auth//auth/k8s", "k8s"],
        ["auth/../sys", "kubernetes"],
        ["auth/token", "kubernetes"],
      ] as const
    ).map(([authPath, wanted]): [string, Fields, string[]] => [
      `the auth path ${authPath}`,
      pki({ authPath }),
      [`stacks.pki.authPath: is "${authPath}"; write the path below "auth", such as "${wanted}"`],
    ]),
    [
      "an auth path of Vault's own",
      pki({ authPath: "token" }),
      [
        'stacks.pki.authPath: is "token"; below "token" Vault keeps its own tokens, write the path of a Kubernetes auth mount, such as "kubernetes"',
      ],
    ],
    [
      "one mount for both authorities",
      pki({
        pki: { ...ownPki, root: { commonName: "R", mount: "pki" }, intermediate: { commonName: "I", mount: "pki" } },
      }),
      [
        'stacks.pki.pki.intermediate.mount: is "pki", which is the mount of the root of stack pki already; write another path',
      ],
    ],
    [
      "a mount inside another",
      pki(authority("intermediate", { mount: "pki_root/int" })),
      [
        'stacks.pki.pki.intermediate.mount: is "pki_root/int", which lies inside or around "pki_root", the mount of the root of stack pki already; write another path',
      ],
    ],
    [
      "two stacks on one mount",
      config({ one: stack(), two: stack({ namespace: { name: "other" } }) }),
      ["intermediate", "root"].map(
        (which) =>
          `stacks.two.pki.${which}.mount: is "pki_${which === "root" ? "root" : "int"}", which is the mount of the ${which} of stack one already; write another path`,
      ),
    ],
    [
      "an existing mount with a root of its own",
      pki({ pki: { existing: "pki_int", root: { commonName: "Root" } } }),
      ["stacks.pki.pki.root: does not go with existing; write root and intermediate and urls, or existing"],
    ],
    [
      "a PKI of its own on an existing mount",
      pki({ pki: { ...ownPki, existing: "pki_int" } }),
      [
        "stacks.pki.pki.existing: does not go with root and intermediate and urls; write root and intermediate and urls, or existing",
      ],
    ],
    [
      "a name that the intermediate may not sign",
      certificate(
        { names: ["*.example.com", "api.example.org", "notexample.com"] },
        authority("intermediate", { permittedDomains: ["example.com", "SVC"] }),
      ),
      ["api.example.org", "notexample.com"].map(
        (name) =>
          `${at}.names["${name}"]: is under none of the intermediate's permittedDomains (example.com, svc), so clients would refuse it (RFC 5280, name constraints); rename it or add its domain there`,
      ),
    ],
    [
      "every service account",
      certificate({ serviceAccounts: [{ name: "*", namespace: "*" }] }),
      [
        `${at}.serviceAccounts["*"]: is every service account of every namespace, so every pod could request the certificate; write names`,
      ],
    ],
    [
      "service accounts that would let in another",
      certificate({ serviceAccounts: [{ name: "a" }, { name: "b", namespace: "other" }] }),
      [
        `${at}.serviceAccounts: would let other/a in as well, since Vault takes each name in each namespace; write that one too, or make a certificate for each namespace`,
      ],
    ],
    [
      "no service account for cert-manager",
      certificate({ ...byController, serviceAccounts: [] }),
      [
        `${at}.serviceAccounts: has 0 service accounts, and cert-manager requests with one; write one, or leave it out for "api"`,
      ],
    ],
    [
      "a service account where cert-manager cannot use it",
      certificate({ ...byController, serviceAccounts: [{ name: "a", namespace: "other" }] }),
      [
        `${at}.serviceAccounts: is other/a, and cert-manager requests with one of the certificate's own namespace, serving; write one from there`,
      ],
    ],
    [
      "two certificates on one Secret",
      pki({ certificates: { api, other: { names: ["other.example.com"], secret: "api" } } }),
      [
        'stacks.pki.certificates.other.secret: is "api", which is the Secret of certificate api of stack pki; write another name',
      ],
    ],
    [
      "one Secret in two stacks",
      config({ one: stack(), two: stack({ pki: { existing: "pki_int", caBundle } }) }),
      [
        'stacks.two.certificates.api.secret: would be "api", which is the Secret of certificate api of stack one; write another name',
      ],
    ],
    [
      "a Secret of a pipeline's service",
      config({
        mesh: {
          scenario: "pipeline-tls",
          kubernetes: { context: "kind-serving" },
          namespace: { name: "serving" },
          services: { api: { port: 8443, selector: { app: "api" } } },
        },
        pki: stack(),
      }),
      [
        'stacks.pki.certificates.api.secret: would be "api", which is the Secret of service api of stack mesh; write another name',
      ],
    ],
    [
      "an Issuer in two stacks",
      config({
        one: stack({ certificates: { api: { ...api, ...byController } } }),
        two: stack({
          pki: { existing: "pki_int", caBundle, address },
          certificates: { api: { ...api, ...byController, secret: "other" } },
        }),
      }),
      [
        'stacks.two.certificates.api: would have the Issuer "api", which is that of certificate api of stack one in the same namespace; rename it',
      ],
    ],
    [
      "a role of two certificates",
      config({
        a: stack({ certificates: { "b-c": api } }),
        "a-b": stack({ pki: { existing: "pki_int", caBundle }, certificates: { c: api } }),
      }),
      [
        'stacks.a-b.certificates.c: would have the role "ai-platform-test-a-b-c", which is that of certificate b-c of stack a; rename one of them',
      ],
    ],
    ...["a".repeat(254), "Kube_Name"].map((secret): [string, Fields, string[]] => [
      `the Secret ${secret.slice(0, 12)}`,
      certificate({ secret }),
      [
        `${at}.secret: is ${secret.length > 200 ? `"${"a".repeat(129)}... (256 characters)` : `"${secret}"`}; write 1-253 of a-z, 0-9, "-" and ".", starting and ending with a letter or digit (RFC 1123)`,
      ],
    ]),
    [
      "an address without a scheme",
      pki({ pki: { ...ownPki, urls: { address: "vault.example.com:8200" } } }),
      [
        'stacks.pki.pki.urls.address: is "vault.example.com:8200"; write scheme and host, such as "https://vault.example.com:8200"',
      ],
    ],
    [
      "an address with a password",
      pki({ pki: { ...ownPki, urls: { address: "https://me:secret@vault.example.com" } } }),
      [
        "stacks.pki.pki.urls.address: is no plain http(s) address; write scheme, host and port, with no credentials, query or fragment",
      ],
    ],
    ...(["/v1", "/v1/", "/v1/pki", "/ui", "/ui/vault/secrets", "//v1"] as const).map(
      (path): [string, Fields, string[]] => [
        `an address with ${path}`,
        pki({ pki: { ...ownPki, urls: { address: `https://vault:8200${path}` } } }),
        [
          `stacks.pki.pki.urls.address: is "https://vault:8200${path}", with a path that clients add themselves; write "https://vault:8200", and the mount in its own field`,
        ],
      ],
    ),
    ...(
      [
        ["/a/../b", "/b"],
        ["/a/%2e%2E/b", "/b"],
        ["/./b/", "/b"],
        ["/b//c", "/b/c"],
        ["\\b", "/b"],
        ["/..", ""],
        ["/tëam", "/t%C3%ABam"],
      ] as const
    ).map(([path, read]): [string, Fields, string[]] => [
      `an address with ${path}`,
      pki({ pki: { ...ownPki, urls: { address: `https://vault:8200${path}` } } }),
      [
        `stacks.pki.pki.urls.address: is ${JSON.stringify(`https://vault:8200${path}`)}, whose path clients read as another one; write "https://vault:8200${read}"`,
      ],
    ]),
    [
      "an address with half an escape",
      pki({ pki: { ...ownPki, urls: { address: "https://vault:8200/a%2" } } }),
      [
        "stacks.pki.pki.urls.address: is no plain http(s) address; write scheme, host and port, with no credentials, query or fragment",
      ],
    ],
    [
      "an existing PKI's address with a mount",
      pki({ pki: { existing: "pki_int", caBundle, address: "https://gate/vault/v1/pki_int/sign" } }),
      [
        'stacks.pki.pki.address: is "https://gate/vault/v1/pki_int/sign", with a path that clients add themselves; write "https://gate/vault", and the mount in its own field',
      ],
    ],
    [
      "two service accounts for cert-manager, in one sentence",
      certificate({ ...byController, serviceAccounts: [{ name: "a" }, { name: "b", namespace: "other" }] }),
      [
        `${at}.serviceAccounts: has 2 service accounts, and cert-manager requests with one; write one, or leave it out for "api"`,
      ],
    ],
    [
      "a name that stands under a domain with a star, which Vault takes for a letter",
      certificate({ names: ["asr.voice.svc"], role: { allowedDomains: ["*.voice.svc"] } }),
      [
        `${at}.names["asr.voice.svc"]: is refused by the role that is written for it (common name asr.voice.svc not allowed by this role); set allowGlobDomains to true, with which the "*" in "*.voice.svc" stands for anything, dots too, or add "asr.voice.svc" to allowedDomains in its role, or rename it`,
      ],
    ],
    [
      "two certificates on one path of a Deployment",
      pki({
        certificates: {
          api: { ...api, consumer: { deployment: { name: "asr" } } },
          chat: { names: ["chat.example.com"], consumer: { deployment: { name: "asr", container: "asr" } } },
        },
      }),
      [
        'stacks.pki.certificates.chat.consumer.deployment.mountPath: would be "/etc/tls", where the container "asr" of the Deployment "asr" has the Secret of certificate api of stack pki already; write another mountPath for one of them',
      ],
    ],
    [
      "one volume of a Deployment for two stacks",
      config({
        one: stack({ certificates: { api: { ...api, consumer: { deployment: { name: "asr" } } } } }),
        two: stack({
          pki: { existing: "pki_int", caBundle },
          certificates: {
            api: { ...api, secret: "tls", consumer: { deployment: { name: "asr", mountPath: "/tls" } } },
          },
        }),
      }),
      [
        'stacks.two.certificates.api: would have the volume "api" in the Deployment "asr", which is that of certificate api of stack one; rename it',
      ],
    ],
    [
      "a key of 1024 bits",
      certificate({ key: "rsa-1024" }),
      [`${at}.key: is "rsa-1024"; write "ecdsa-p256", "ecdsa-p384", "rsa-2048", "rsa-3072" or "rsa-4096"`],
    ],
    [
      "a token",
      pki({ audience: `hvs.${"a".repeat(24)}` }),
      [
        "stacks.pki.audience: looks like a Vault token; a config holds no secrets: revoke it, and give credentials to the provider through its own environment",
      ],
    ],
    [
      "manifests that a plan would have to look up",
      certificate(byController, { manifests: "apply" }),
      [
        'stacks.pki.manifests: is "apply", which plans only where the cluster knows the kinds of cert-manager already; install it first and write crdsInstalled: true, or write "files"',
      ],
    ],
    [
      "no address for what asks Vault by itself",
      certificate(byController, { pki: { existing: "pki_int", caBundle } }),
      [
        'stacks.pki.pki.address: is missing, and cert-manager must know where Vault is; write one such as "https://vault.example.com:8200"',
      ],
    ],
    [
      "a key in the state where none may be",
      pki({}, { privateKeys: "never" }),
      [
        `${at}.delivery: would put a private key into Terraform's state (vault_pki_secret_backend_cert.api), which privateKeys "never" forbids; write delivery: "cert-manager", where the key is made in the cluster`,
      ],
    ],
    [
      "a delivery that is not built",
      certificate({ delivery: "vault-secrets-operator" }),
      [`${at}.delivery: is "vault-secrets-operator"; write "terraform" or "cert-manager"`],
    ],
    [
      "a name that the given role does not allow",
      certificate({
        names: ["ai-api.example.org", "x.api.example.org"],
        role: { allowedDomains: ["api.example.org"], allowBareDomains: false, allowSubdomains: true },
      }),
      [
        `${at}.names["ai-api.example.org"]: is refused by the role that is written for it (common name ai-api.example.org not allowed by this role); add "example.org" to allowedDomains in its role, or rename it`,
      ],
    ],
    [
      "a certificate that is called like an authority",
      pki({ certificates: { root: api } }),
      ["stacks.pki.certificates.root: is what the authority's own resources are called; choose another name"],
    ],
    [
      "no certificate",
      pki({ certificates: {} }),
      ["stacks.pki.certificates: is empty; write at least one certificate"],
    ],
    ["no name", certificate({ names: [] }), [`${at}.names: is empty; write at least one name`]],
    [
      "a mistake in the only name, once",
      certificate({ names: ["api_"] }),
      [`${at}.names["api_"]: contains "_"; host names have letters, digits and hyphens only (RFC 1123)`],
    ],
    [
      "a mistake in the only certificate, once",
      pki({ certificates: { api: 5 } }),
      [`${at}: is 5; write a map, such as {"names":["api.example.com","*.api.example.com"]}`],
    ],
    [
      "a bundle that is no PEM",
      pki({ pki: { existing: "pki_int", caBundle: "root.pem" } }),
      ["stacks.pki.pki.caBundle: is no PEM; write the certificates of authorities in PEM, one after the other"],
    ],
    [
      "a damaged certificate",
      pki({ pki: { existing: "pki_int", caBundle: caBundle.replace(/MII/, "MIX") } }),
      [
        "stacks.pki.pki.caBundle: is damaged and cannot be read; write the certificates of authorities in PEM, one after the other",
      ],
    ],
  ])("%s", (_, given, lines) => expect(problemsOf(given)).toEqual(lines));
});

describe("the way out that a sentence names works", () => {
  test.each<[title: string, given: Fields]>([
    ["a longer lifetime", certificate({ lifetime: "42d" })],
    ["applies more often", certificate({ lifetime: "30d" }, {}, { applyEvery: "5d" })],
    ["another delivery", certificate({ lifetime: "30d", ...byController })],
    ["at most half of the root's", pki(authority("intermediate", { lifetime: "1825d" }))],
    ["at most half of the intermediate's", certificate({ lifetime: "912d" })],
    ["a longer intermediate", certificate({ lifetime: "400d" }, authority("intermediate", { lifetime: "800d" }))],
    ["the bare address", pki({ pki: { ...ownPki, urls: { address: "https://vault.example.com:8200" } } })],
    [
      "allowGlobDomains",
      certificate({ names: ["asr.voice.svc"], role: { allowedDomains: ["*.voice.svc"], allowGlobDomains: true } }),
    ],
    [
      "another mountPath",
      pki({
        certificates: {
          api: { ...api, consumer: { deployment: { name: "asr" } } },
          chat: { names: ["chat.example.com"], consumer: { deployment: { name: "asr", mountPath: "/etc/chat" } } },
        },
      }),
    ],
    [
      "one path in two containers",
      pki({
        certificates: {
          api: { ...api, consumer: { deployment: { name: "asr" } } },
          chat: { names: ["chat.example.com"], consumer: { deployment: { name: "asr", container: "proxy" } } },
        },
      }),
    ],
    [
      "another mount",
      config({ one: stack(), two: stack({ namespace: { name: "b" }, pki: { existing: "pki_int", caBundle } }) }),
    ],
    [
      "a wider role",
      certificate({
        names: ["ai-api.example.org"],
        role: {
          allowedDomains: ["api.example.org", "ai-api.example.org"],
          allowBareDomains: true,
          allowSubdomains: true,
        },
      }),
    ],
    ["the missing pair", certificate({ serviceAccounts: ["a", "b"].map((name) => ({ name, namespace: "other" })) })],
  ])("%s", (_, given) => expect(problemsOf(given)).toEqual([]));
});

describe("warns of", () => {
  test.each<[what: string, given: Fields, lines: readonly string[]]>([
    [
      "a role that allows more than is asked",
      certificate({ role: { allowedDomains: ["example.com"], allowSubdomains: true } }),
      [
        `${at}.role: also allows names that nobody asked for, such as "example.com" (allowBareDomains and "example.com"), "not-asked-for.example.com" (allowSubdomains and "example.com"); is that meant?`,
      ],
    ],
    [
      "every account of a namespace",
      certificate({ serviceAccounts: [{ name: "*" }] }),
      [`${at}.serviceAccounts["*"]: lets every service account of serving request the certificate; is that meant?`],
    ],
    [
      "an account of any namespace",
      certificate({ serviceAccounts: [{ name: "api", namespace: "*" }] }),
      [`${at}.serviceAccounts["api"]: lets api of every namespace request the certificate; is that meant?`],
    ],
    [
      "an existing PKI without its root",
      pki({ pki: { existing: "pki_int" } }),
      [
        "stacks.pki.pki.caBundle: is left out, so clients get the last certificate of the mount's chain, which strict ones refuse unless it is the root; write the root's PEM",
      ],
    ],
    [
      "clients that get nothing to trust",
      certificate(byController, { pki: { existing: "pki_int", address } }),
      ["stacks.pki.pki.caBundle: is left out, so the stack gives clients nothing to trust; write the root's PEM"],
    ],
    [
      "an intermediate that soon signs no more",
      certificate({ lifetime: "200d" }, authority("intermediate", { lifetime: "365d" })),
      [
        `${at}.lifetime: is "200d", more than half of the intermediate's "365d": 165d after the intermediate was made, Vault refuses to sign another; write a shorter one`,
      ],
    ],
    [
      "an address without TLS",
      pki({ pki: { ...ownPki, urls: { address: "http://vault.example.com:8200" } } }),
      [
        'stacks.pki.pki.urls.address: is http://, so whoever sees the traffic can change revocation lists on their way, and if VAULT_ADDR is such an address too, reads Terraform\'s token and the private keys that Vault makes; give Vault a TLS listener and write "https://..."',
      ],
    ],
    [
      "an address without TLS for cert-manager",
      certificate(byController, { pki: { existing: "pki_int", caBundle, address: "http://vault:8200" } }),
      [
        'stacks.pki.pki.address: is http://, so whoever sees the traffic reads the token with which cert-manager requests, and can change certificates and revocation lists on their way; give Vault a TLS listener and write "https://..."',
      ],
    ],
    ...(["http://127.0.0.1:8200", "http://localhost:8200/", "http://[::1]:8200", "http://127.1.2.3"] as const).map(
      (loopback): [string, Fields, string[]] => [
        `nothing at ${loopback}`,
        certificate(byController, { pki: { existing: "pki_int", caBundle, address: loopback } }),
        [],
      ],
    ),
    [
      "a certificate that lives for years",
      certificate({ lifetime: "850d" }, {}),
      [
        'stacks.pki.certificates.api.lifetime: is "850d": a key that leaks is good as long, and clients of Apple refuse more than 825d; write less',
      ],
    ],
    [
      "an address with a path of its own",
      pki({ pki: { ...ownPki, urls: { address: "https://gate.example.com/vault/" } } }),
      [
        'stacks.pki.pki.urls.address: has the path "/vault", which Vault itself does not know; unless a proxy in front of it takes that away, write "https://gate.example.com"',
      ],
    ],
    [
      "manifests of no delivery",
      pki({ manifests: "apply", crdsInstalled: true }),
      ['stacks.pki.manifests: is "apply", but no certificate has a delivery with manifests; leave it out'],
    ],
  ])("%s", (_, given, lines) => expect([problemsOf(given), warningsOf(given)]).toEqual([[], lines]));
});

test("what is left out has the default that the reference tells", () => {
  expect(completed(pki())).toEqual({
    kubernetes: { context: "kind-serving", kubeconfig: undefined },
    namespace: { name: "serving", create: false },
    pki: {
      own: true,
      root: { mount: "pki_root", commonName: "Root", key: "ecdsa-p256", lifetime: 3650 * day },
      intermediate: {
        mount: "pki_int",
        commonName: "Intermediate",
        key: "ecdsa-p256",
        lifetime: 1825 * day,
        permittedDomains: [],
      },
      address,
      serverCaBundle: undefined,
      protect: true,
    },
    authPath: "kubernetes",
    audience: undefined,
    certificates: [
      {
        name: "api",
        names: ["api.example.com"],
        commonName: "api.example.com",
        key: "ecdsa-p256",
        purpose: "server",
        lifetime: 90 * day,
        renewBefore: 30 * day,
        secret: "api",
        delivery: "terraform",
        serviceAccounts: [{ name: "api", namespace: "serving" }],
        ownServiceAccount: true,
        role: {
          name: "ai-platform-test-pki-api",
          allowedDomains: ["api.example.com"],
          allowBareDomains: true,
          allowSubdomains: false,
          allowGlobDomains: false,
          allowWildcardCertificates: false,
        },
        consumer: undefined,
      },
    ],
    applyManifests: false,
    crdsInstalled: false,
  });
});

test("where every name is too long for a common name, there is none, and the role asks for none", () => {
  const names = [`${"a".repeat(60)}.example.com`, `${"b".repeat(60)}.example.com`];
  const given = certificate({ names });
  expect([problemsOf(given), warningsOf(given)]).toEqual([[], []]);
  const [complete] = completed(given).certificates;
  if (complete === undefined) throw new Error("no certificate");
  expect(complete.commonName).toBe("");
  const request = { common_name: "", alt_names: names, exclude_cn_from_sans: true };
  const limits = { mountDefault: 32 * day, mountMax: 1825 * day, caLifetime: 1825 * day };
  expect(simulateRole(roleOf(complete), request, limits)).toMatchObject({ issued: true, dns: names });
  // A role that allows none of them is still refused, name by name.
  expect(problemsOf(certificate({ names, role: { allowedDomains: ["example.org"] } }))).toHaveLength(2);
});

test("a role that is derived issues all of its certificate's names, together, and nothing that nobody asked for", () => {
  const label = fc.stringMatching(/^[a-z]([a-z0-9]{0,5}[a-z0-9])?$/);
  const host = fc.array(label, { minLength: 1, maxLength: 3 }).map((labels) => labels.join("."));
  const name = fc.tuple(fc.boolean(), host).map(([wildcard, rest]) => (wildcard ? `*.${rest}.example.com` : rest));
  fc.assert(
    fc.property(fc.uniqueArray(name, { minLength: 1, maxLength: 5 }), (names) => {
      const given = certificate({ names });
      expect([problemsOf(given), warningsOf(given)]).toEqual([[], []]);
      const [complete] = completed(given).certificates;
      if (complete === undefined) throw new Error("no certificate");
      const role = roleOf(complete);
      const request = { common_name: complete.commonName, alt_names: complete.names, exclude_cn_from_sans: true };
      const limits = { mountDefault: 32 * day, mountMax: 1825 * day, caLifetime: 1825 * day };
      const verdict = simulateRole(role, { ...request, ttl: complete.lifetime }, limits);
      expect(verdict).toMatchObject({ issued: true, ttl: complete.lifetime });
      expect([...verdict.dns].sort()).toEqual(complete.names);
      expect(unintendedNames(role, complete.names)).toEqual([]);
    }),
    runs(12),
  );
});

test("an advised lifetime is accepted without a word, and Vault issues it, and again until the intermediate is half through", () => {
  const lifetimes = fc.oneof(
    fc.integer({ min: 2, max: 48 }).map((hours) => hours * 3_600),
    fc.integer({ min: 120, max: 4_000 }).map((minutes) => minutes * 60),
    fc.integer({ min: 1, max: 12_000 }).map((days) => days * day),
  );
  const advised = (sentence: string, words: string) =>
    new RegExp(`${words} "([0-9]+[smhd])"`).exec(sentence)?.[1] ?? "";
  fc.assert(
    fc.property(lifetimes, fc.integer({ min: 0, max: 400 }), (intermediate, more) => {
      const given = (leaf: string, above: string) =>
        certificate(
          { ...byController, lifetime: leaf },
          {
            pki: {
              ...ownPki,
              root: { ...ownPki.root, lifetime: "36500d" },
              intermediate: { ...ownPki.intermediate, lifetime: above },
            },
          },
        );
      const [above, leaf] = [showDuration(intermediate), showDuration(intermediate + more * 3_600)];
      const [sentence = "", ...others] = problemsOf(given(leaf, above));
      expect(others).toEqual([]);
      const shorter = advised(sentence, "write at most");
      const longer = advised(sentence, "give the intermediate at least");
      for (const [lifetime, authority] of [[shorter, above], ...(longer === "" ? [] : [[leaf, longer]])] as [
        string,
        string,
      ][]) {
        const way = given(lifetime, authority);
        // Of lifetimes that are too long for anything, that much is said all the same.
        const warnings = warningsOf(way).filter((line) => !line.includes("more than 825d"));
        expect([problemsOf(way), warnings]).toEqual([[], []]);
        const [complete] = completed(way).certificates;
        if (complete === undefined) throw new Error("no certificate");
        const request = { common_name: complete.commonName, ttl: complete.lifetime };
        const whole = parseDuration(authority) ?? 0;
        const after = (age: number) =>
          simulateRole(roleOf(complete), request, { mountDefault: whole, mountMax: whole, caLifetime: whole - age });
        expect([after(1).issued, after(Math.floor(whole / 2)).issued]).toEqual([true, true]);
        expect(after(whole - complete.lifetime + 1).issued).toBe(false);
      }
      // Vault refuses what the check refuses, even one second after the intermediate was made.
      const [refused] = completed(given(leaf, above)).certificates;
      if (refused === undefined) throw new Error("no certificate");
      const limits = { mountDefault: intermediate, mountMax: intermediate, caLifetime: intermediate - 1 };
      expect(simulateRole(roleOf(refused), { common_name: refused.commonName }, limits).issued).toBe(false);
    }),
    runs(10),
  );
});
