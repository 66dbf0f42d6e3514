import * as fc from "fast-check";
import { problemsOf, warningsOf } from "../support/configs";
import { runs } from "../support/runs";

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

test("Vaults at two addresses have mounts of their own, however an address is written", () => {
  const elsewhere = { namespace: { name: "other" } };
  const other = "https://other.example.com";
  expect(problems(stack({ api }, own(address)), stack({ api }, own(other), elsewhere))).toEqual([]);
  expect(
    problems(stack({ api }, own(address)), stack({ api }, own("https://Vault.Example.com:8200/"), elsewhere)),
  ).toEqual(
    ["intermediate", "root"].map(
      (which) =>
        `stacks.two.pki.${which}.mount: is "pki_${which === "root" ? "root" : "int"}", which is the mount of the ${which} of stack one already; write another path`,
    ),
  );
});

describe("a role's name has those of stack and certificate in it, so that two may be one", () => {
  const settings = { project: "p", environment: "e", backend: { type: "local" }, privateKeys: "allowed" };
  const elsewhere = { namespace: { name: "other" } };
  const at = (address?: string) => ({ existing: "pki_int", ...(address === undefined ? {} : { address }) });
  const roles = (one: string | undefined, other: string | undefined, mount = "pki_int") => ({
    ...settings,
    stacks: {
      a: stack({ "b-c": api }, at(one)),
      "a-b": stack({ c: api }, { ...at(other), existing: mount }, elsewhere),
    },
  });
  const place = "stacks.a-b.certificates.c";
  const told = (given: Fields) => ({
    problems: problemsOf(given),
    warnings: warningsOf(given).filter((line) => line.startsWith(`${place}:`)),
  });

  test("at one address, or where one is not stated: a problem, on whatever mounts, since policies have no mount", () => {
    const problems = [
      `${place}: would have the role "p-e-a-b-c", which is that of certificate b-c of stack a; rename one of them`,
    ];
    for (const given of [
      roles(address, address),
      roles(address, address, "pki_other"),
      roles(address, undefined),
      roles(undefined, undefined),
      // One server for clients, whatever the address looks like.
      roles(address, "https://VAULT.example.com:8200/"),
      roles("https://vault.example.com", "https://vault.example.com:443"),
    ]) {
      expect(told(given)).toEqual({ problems, warnings: [] });
    }
  });

  test("at two addresses: a warning, since Terraform asks the one server that VAULT_ADDR says", () => {
    const warnings = [
      `${place}: would have the role "p-e-a-b-c", as certificate b-c of stack a has at another address; if one Vault is behind both, rename one of them`,
    ];
    expect(told(roles(address, "https://other.example.com"))).toEqual({ problems: [], warnings });
    // A proxy may lead to another Vault by the path.
    expect(told(roles("https://gate/one", "https://gate/two"))).toEqual({ problems: [], warnings });
  });

  test("exactly then", () => {
    const keys = fc.uniqueArray(fc.constantFrom("a", "b", "a-b", "b-a", "a-b-a"), { minLength: 1, maxLength: 3 });
    const stacks = fc.dictionary(fc.constantFrom("a", "b", "a-b", "b-a"), keys, {
      minKeys: 2,
      maxKeys: 3,
      noNullPrototype: true,
    });
    fc.assert(
      fc.property(stacks, (drawn) => {
        const names = Object.entries(drawn).flatMap(([of, certificates]) => certificates.map((key) => `${of}-${key}`));
        const given = Object.entries(drawn).map(([of, certificates], index) => [
          of,
          stack(Object.fromEntries(certificates.map((key) => [key, api])), at(address), {
            namespace: { name: `n${index}` },
          }),
        ]);
        expect(problemsOf({ ...settings, stacks: Object.fromEntries(given) })).toHaveLength(
          names.length - new Set(names).size,
        );
      }),
      runs(20),
    );
  });
});

test("a path and a volume are those of one container and one Deployment", () => {
  const one = stack({ api: { ...api, ...patched({}) } });
  const two = (deployment: Fields, name = "api") =>
    stack({ [name]: { names, secret: "tls", ...patched({ container: "server", ...deployment }) } });
  expect(problems(one, two({ name: "tts", container: "asr" }))).toEqual([]);
  expect(problems(one, two({}, "chat"))).toEqual([]);
});
