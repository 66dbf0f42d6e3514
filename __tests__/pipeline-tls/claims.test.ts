import { problemsOf } from "../support/configs";

type Fields = Readonly<Record<string, unknown>>;

const service = { port: 8443, selector: { app: "api" } };

/** What is wrong with two stacks of one namespace. */
function problems(one: Fields, two: Fields): readonly string[] {
  const place = { kubernetes: { context: "kind-serving" }, namespace: { name: "serving" } };
  return problemsOf({
    project: "ai-platform",
    environment: "test",
    backend: { type: "local" },
    privateKeys: "allowed",
    stacks: { one: { ...place, ...one }, two: { ...place, ...two } },
  });
}

const services = (given: Fields): Fields => ({ scenario: "pipeline-tls", services: given });

test("public names without a zone for their records are told for that alone", () => {
  const names = { names: ["api.example.com"] };
  const told = problems(services({ api: { ...service, ...names } }), services({ other: { ...service, ...names } }));
  expect(told).toHaveLength(2);
  expect(told.filter((line) => /already/.test(line))).toEqual([]);
});

const dns = { in: "route53", zones: { "example.com": "lookup" }, region: "eu-west-1", target: { name: "pipeline" } };
const mesh = {
  ...services({ api: { ...service, secret: "mesh", names: ["api.example.com"], ingress: {} } }),
  dns,
};
const pki = {
  scenario: "vault-pki-k8s",
  pki: { existing: "pki_int" },
  certificates: { api: { names: ["api.example.com"], consumer: { ingress: { service: "api" } } } },
};

test("an Ingress that a certificate from Vault would have as well is told there", () => {
  expect(problems(mesh, pki)).toEqual([
    'stacks.two.certificates.api: would have the Ingress "api", which is that of service api of stack one in the same namespace; rename it',
  ]);
});

test("and at the service, where the certificate's stack has it; two services are told as Services alone", () => {
  const taken =
    'would have the Ingress "api", which is that of certificate api of stack one in the same namespace; rename it';
  expect(problems(pki, mesh)).toEqual([`stacks.two.services.api: ${taken}`]);
  const twins = problems(mesh, mesh);
  expect(twins.filter((line) => /Ingress/.test(line))).toEqual([]);
  expect(twins.filter((line) => /is a Service of stack one already/.test(line))).toHaveLength(1);
});

test("a Secret that is called like a taken Service is not told, since what settles the Service settles it", () => {
  const batch = services({ api: service });
  expect(problems(batch, services({ api: service }))).toEqual([
    "stacks.two.services.api: is a Service of stack one already, in the same namespace; rename it, or give one of the stacks another namespace",
  ]);
  expect(problems(batch, services({ other: service }))).toEqual([]);
  expect(problems(batch, { ...services({ api: service }), namespace: { name: "other" } })).toEqual([]);
});

test("one with a name of its own is told as well: the Service's new name would not settle it", () => {
  const named = services({ api: { ...service, secret: "tls" } });
  expect(problems(named, named).filter((line) => /\.secret: /.test(line))).toHaveLength(1);
  expect(problems(named, services({ other: { ...service, secret: "tls" } }))).toHaveLength(1);
});
