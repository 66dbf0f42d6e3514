import { problemsOf } from "../support/configs";

type Fields = Readonly<Record<string, unknown>>;

const address = "https://vault.example.com:8200";
const names = ["api.example.com"];
const api = { names };
const byController = { names, delivery: "cert-manager" };
const patched = (deployment: Fields) => ({ consumer: { deployment: { name: "asr", ...deployment } } });
const ingress = { consumer: { ingress: { service: "api" } } };

/** A PKI that exists at an address. */
const existing = (address: string) => ({ existing: "pki_int", address });

/** A PKI of the stack's own at an address. */
const own = (address: string) => ({
  root: { commonName: "Root" },
  intermediate: { commonName: "Intermediate" },
  urls: { address },
});

function stack(certificates: Fields, pki: Fields = existing(address), more: Fields = {}): Fields {
  const kubernetes = { context: "kind-serving" };
  return { scenario: "vault-pki-k8s", kubernetes, namespace: { name: "serving" }, pki, certificates, ...more };
}

const problems = (one: Fields, two: Fields) =>
  problemsOf({
    project: "ai-platform",
    environment: "test",
    backend: { type: "local" },
    privateKeys: "allowed",
    stacks: { one, two },
  });

const secretOf = (owner: string) =>
  `stacks.two.certificates.api.secret: would be "api", which is the Secret of ${owner}; write another name`;

describe("a certificate that must have another name", () => {
  test("gives its other objects new ones as well, so nothing more is said of them", () => {
    const line = secretOf("certificate api of stack one");
    for (const more of [{}, ingress, patched({})]) {
      const certificates = { api: { ...byController, ...more } };
      expect(problems(stack(certificates), stack(certificates))).toEqual([line]);
    }
  });

  test("is told of each of them where its Secret has a name of its own", () => {
    const certificates = { api: { ...byController, ...ingress, secret: "tls" } };
    const taken = (kind: string) =>
      `stacks.two.certificates.api: would have the ${kind} "api", which is that of certificate api of stack one in the same namespace; rename it`;
    expect(problems(stack(certificates), stack(certificates))).toEqual([
      'stacks.two.certificates.api.secret: is "tls", which is the Secret of certificate api of stack one; write another name',
      taken("Ingress"),
      taken("Issuer"),
    ]);
  });
});

test("Vaults at two addresses have mounts and roles of their own, and one whose address is not stated may be either", () => {
  const elsewhere = { namespace: { name: "other" } };
  const other = "https://other.example.com";
  expect(problems(stack({ api }, own(address)), stack({ api }, own(other), elsewhere))).toEqual([]);
  // A role's name has the stack's in it: these are one.
  const roles = (address?: string) => ({
    a: stack({ "b-c": api }, existing("https://vault.example.com:8200")),
    "a-b": stack({ c: api }, { existing: "pki_int", address }, elsewhere),
  });
  const told = (stacks: Fields) =>
    problemsOf({ project: "p", environment: "e", backend: { type: "local" }, privateKeys: "allowed", stacks });
  expect(told(roles(other))).toEqual([]);
  const line =
    'stacks.a-b.certificates.c: would have the role "p-e-a-b-c", which is that of certificate b-c of stack a; rename one of them';
  expect(told(roles(address))).toEqual([line]);
  expect(told(roles())).toEqual([line]);
});

test("a path and a volume are those of one container and one Deployment", () => {
  const one = stack({ api: { ...api, ...patched({}) } });
  const two = (deployment: Fields, name = "api") =>
    stack({ [name]: { names, secret: "tls", ...patched({ container: "server", ...deployment }) } });
  expect(problems(one, two({ name: "tts", container: "asr" }))).toEqual([]);
  expect(problems(one, two({}, "chat"))).toEqual([]);
});
