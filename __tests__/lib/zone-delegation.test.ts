import { changed, warningsOf } from "../support/configs";

/** A stack of another wing, whose records lie in one zone. */
const serving = (zone: string, ...names: readonly string[]) => ({
  scenario: "gcp-managed-san",
  project: "ml-serving-prod",
  dns: { in: "cloud-dns", zones: { [zone]: zone.replaceAll(".", "-") } },
  hosts: Object.fromEntries(names.map((name) => [name, { backend: "a" }])),
  defaultBackend: "a",
  defaultCertificate: names[0],
  backends: { a: { cloudRun: { region: "europe-west4", service: "a" } } },
});
const pods = { port: 8443, selector: { app: "ingest" } };
const mesh = (zones: object, names: readonly string[]) => ({
  scenario: "pipeline-tls",
  kubernetes: { context: "kind-mesh" },
  namespace: { name: "mesh" },
  services: { ingest: { ...pods, names } },
  dns: { in: "route53", zones, region: "eu-west-1", target: { name: "lb" } },
});
const told = (place: string, zone: string, stack: string, child: string) =>
  `stacks.${place}: has its record in the zone "${zone}", and stack ${stack} has "${child}" as a zone of its own: where that is delegated, nobody sees the record; add it to dns.zones`;

test("a record in a zone of which another stack knows a part as a zone of its own", () => {
  const given = changed({
    privateKeys: "allowed",
    "api/names": ["api.example.com", "a.gpu.example.com", "*.gpu.example.com"],
    "stacks/lb": serving("gpu.example.com", "x.gpu.example.com", "y.api.gpu.example.com"),
    "stacks/mesh": mesh({ "api.gpu.example.com": "Z2", "gpu.example.com": "Z1" }, [
      "z.api.gpu.example.com",
      "z.gpu.example.com",
    ]),
  });
  expect(warningsOf(given)).toEqual([
    told('lb.hosts["y.api.gpu.example.com"]', "gpu.example.com", "mesh", "api.gpu.example.com"),
    told('web.certificates.api.names["*.gpu.example.com"]', "example.com", "mesh", "gpu.example.com"),
    told('web.certificates.api.names["a.gpu.example.com"]', "example.com", "mesh", "gpu.example.com"),
  ]);
});

test("no record below a zone that is another one, or that only looks like a part", () => {
  const given = changed({
    "stacks/lb": serving("notexample.com", "a.notexample.com"),
    "stacks/lb2": serving("gpu.example.com", "a.gpu.example.com"),
  });
  expect(warningsOf(given)).toEqual([]);
  expect(
    warningsOf(
      changed({ "api/names": ["gpu.example.com"], "stacks/lb2": serving("gpu.example.com", "a.gpu.example.com") }),
    ),
  ).toEqual([told('web.certificates.api.names["gpu.example.com"]', "example.com", "lb2", "gpu.example.com")]);
});
