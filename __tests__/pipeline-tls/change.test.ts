import { change, fine, inOwnFolders } from "../support/check-command";

inOwnFolders();

type Fields = Readonly<Record<string, unknown>>;

describe("a service of a pipeline", () => {
  const pods = (app: string, more: Fields = {}) => ({ port: 8443, selector: { app }, ...more });
  const mesh = (services: Fields, namespace: Fields = { name: "pipeline" }): Fields => ({
    scenario: "pipeline-tls",
    kubernetes: { context: "kind-pipeline" },
    namespace,
    services,
  });
  const one = { ingest: pods("ingest") };
  const made = { name: "pipeline", create: true };
  const deleted = ", and the old namespace be deleted with all that is in it";
  const moved = (also: string) =>
    `stacks.web.namespace.name: is "batch", was "pipeline": every Service and Secret would leave for where no client looks and no pod is${also}; make a second stack there, change clients and pods over, and then take this one out`;

  test.each<[what: string, before: Fields, after: Fields]>([
    ["nothing", mesh(one), mesh(one)],
    ["nothing, in a namespace of its own", mesh(one, made), mesh(one, made)],
    ["another", mesh(one), mesh({ ...one, trainer: pods("trainer") })],
    ["a new name beside the old one", mesh(one), mesh({ ...one, intake: pods("ingest") })],
  ])("is not interrupted by %s", (_, before, after) => {
    expect(change(before, after)).toEqual(fine);
  });

  test.each<[what: string, before: Fields, after: Fields, ...problems: readonly string[]]>([
    [
      "a new name",
      mesh(one),
      mesh({ intake: pods("ingest") }),
      'stacks.web.services: lacks "ingest", and "intake" selects its pods: clients under the old name, and pods that mount its Secret, would fail; put it back beside the new one, apply, change them over, then take it out and apply again',
    ],
    ["another namespace", mesh(one), mesh(one, { name: "batch" }), moved("")],
    ["another namespace of its own", mesh(one, made), mesh(one, { name: "batch", create: true }), moved(deleted)],
    [
      "a namespace that is no longer its own",
      mesh(one, made),
      mesh(one),
      "stacks.web.namespace.create: is false, was true: the namespace would be deleted with all that is in it; first let go of it with `terraform state rm kubernetes_namespace_v1.namespace_pipeline`",
    ],
    [
      "another Secret",
      mesh(one),
      mesh({ ingest: pods("ingest", { secret: "ingest-tls" }) }),
      'stacks.web.services.ingest.secret: is "ingest-tls", was "ingest": the old one would be deleted, and no pod that mounts it could start; put it back, or make a service with the new one beside it and change the pods over first',
    ],
  ])("is refused to be interrupted by %s", (_, before, after, ...problems) => {
    expect(change(before, after)).toEqual({ problems, warnings: [] });
  });

  test("is warned of where it is taken out", () => {
    expect(change(mesh({ ...one, trainer: pods("trainer") }), mesh(one))).toEqual({
      problems: [],
      warnings: [
        'stacks.web.services: lacks "trainer", which was there before: its Service and its Secret go; see that no client uses it and no pod mounts it',
      ],
    });
    // The second step of a new name.
    const both = { ...one, intake: pods("ingest") };
    expect(change(mesh(both), mesh({ intake: pods("ingest") }))).toMatchObject({
      problems: [],
      warnings: [expect.stringMatching(/^stacks\.web\.services: lacks "ingest", which was there before/)],
    });
  });
});

describe("what clients of a pipeline trust and ask for", () => {
  const service = (more: Fields = {}) => ({ port: 8443, selector: { app: "ingest" }, ...more });
  const mesh = (stack: Fields = {}, ingest: Fields = {}): Fields => ({
    scenario: "pipeline-tls",
    kubernetes: { context: "kind-pipeline" },
    namespace: { name: "pipeline" },
    services: { ingest: service(ingest) },
    ...stack,
  });
  const dns = {
    in: "route53",
    account: "111122223333",
    region: "eu-west-1",
    zones: { "example.com": "Z0123456789ABCDEFGHIJ" },
    target: { name: "edge" },
  };
  const edge = (names: readonly string[], ofDns: Fields = {}, ingress: Fields = {}) =>
    mesh({ dns: { ...dns, ...ofDns } }, { names, ingress: { className: "alb", ...ingress } });
  const authority =
    "changes: the authority and all that it signed would be made anew, and clients refuse every service until they have the new bundle; go back, make a second stack with the other authority, have clients trust both bundles, lead them over, and take this one out last";
  const own =
    "changes: its certificate is what clients trust, and would be made anew: they refuse the service until they have the new bundle; go back, make a second service with the other certificate beside it, lead clients over once they trust both, and take this one out then";
  const mode = (is: string, was: string) =>
    `is "${is}", was "${was}": every certificate would be made anew, and clients refuse all of them until they have the new bundle; go back, make a second stack in the other mode, have clients trust both bundles, lead them over, and take this one out last`;
  const selfSigned = { mode: "self-signed" };

  test.each<[what: string, before: Fields, after: Fields, ...problems: readonly string[]]>([
    ["the authority's key", mesh(), mesh({ key: "rsa-2048" }), `key: ${authority}`],
    ["its subject", mesh(), mesh({ ca: { subject: { commonName: "Other" } } }), `ca.subject: ${authority}`],
    ["mode self-signed", mesh(), mesh(selfSigned), `mode: ${mode("self-signed", "local-ca")}`],
    ["mode local-ca", mesh(selfSigned), mesh(), `mode: ${mode("local-ca", "self-signed")}`],
    ["a self-signed key", mesh(selfSigned), mesh(selfSigned, { key: "rsa-2048" }), `services.ingest.key: ${own}`],
    [
      "another domain of the cluster",
      mesh(),
      mesh({ clusterDomain: "k8s.internal" }),
      'clusterDomain: takes "ingest.pipeline.svc.cluster.local" from the certificates: clients that ask for them refuse the service; go back, and give services the names of the other domain in names as well, until no client asks for the old ones',
    ],
    [
      "another cluster",
      mesh(),
      mesh({ kubernetes: { context: "prod" } }),
      'kubernetes.context: is "prod", was "kind-pipeline": in another cluster everything is made anew, and what is in the old one stays and is no longer renewed, since Terraform forgets it; make a second stack for the other cluster, and take this one out once nobody uses it, or if both names lead to one cluster compare with the state (`terraform state pull`)',
    ],
    [
      "records in another account",
      edge(["a.example.com"]),
      edge(["a.example.com"], { account: "444455556666" }),
      "dns.account: is 444455556666, was 111122223333: records would be made in zones of 444455556666, and those in 111122223333 stay, with nothing that manages them; go back, or take dns out, apply, and add it again",
    ],
  ])("is not replaced in one apply: %s", (_, before, after, ...problems) => {
    const said = change(before, after);
    expect(said).toEqual({ problems: problems.map((line) => `stacks.web.${line}`), warnings: [] });
  });

  test.each<[what: string, before: Fields, after: Fields]>([
    ["the authority's lifetime, with its key and subject", mesh(), mesh({ ca: { lifetime: "1000d" } })],
    ["a service's own key, signed by the same authority", mesh(), mesh({}, { key: "rsa-2048" })],
    ["a lifetime", mesh(), mesh({ lifetime: "60d" })],
    ["a name more", edge(["a.example.com"]), edge(["a.example.com", "b.example.com"])],
    ["a kubeconfig elsewhere", mesh(), mesh({ kubernetes: { context: "kind-pipeline", kubeconfig: "~/.kube/other" } })],
    [
      "an annotation more",
      edge(["a.example.com"]),
      edge(["a.example.com"], {}, { annotations: { "alb.ingress.kubernetes.io/scheme": "internal" } }),
    ],
  ])("is not touched by %s", (_, before, after) => {
    expect(change(before, after)).toEqual(fine);
  });

  test.each<[what: string, before: Fields, after: Fields, warning: string]>([
    [
      "a name that goes",
      edge(["a.example.com", "b.example.com"]),
      edge(["a.example.com"]),
      'services.ingest.names: lacks "b.example.com", which the certificate has now; see that no client asks for it',
    ],
    [
      "a client's usage that goes",
      mesh({}, { client: true }),
      mesh(),
      "services.ingest.client: is false, was true: servers that ask for its certificate refuse it from then on; see that none does",
    ],
    [
      "other pods",
      mesh(),
      mesh({}, { selector: { app: "other" } }),
      "services.ingest.selector: changes: requests go to the pods that have the new labels, from the apply on; see that they serve, with the Secret mounted",
    ],
    [
      "another port",
      mesh(),
      mesh({}, { port: 9443 }),
      "services.ingest.port: changes: requests go to the new port from the apply on; see that every pod listens there",
    ],
    [
      "another load balancer",
      edge(["a.example.com"]),
      edge(["a.example.com"], { target: { name: "other" } }),
      "dns.target: changes: names lead to another load balancer as soon as resolvers forget the old one; see that it serves them before you apply",
    ],
    [
      "another controller of the Ingress",
      edge(["a.example.com"]),
      edge(["a.example.com"], {}, { className: "nginx" }),
      "services.ingest.ingress.className: changes: another controller serves the Ingress, at another address; see that names lead there before you apply",
    ],
  ])("is warned of where some lose it: %s", (_, before, after, warning) => {
    expect(change(before, after)).toEqual({ problems: [], warnings: [`stacks.web.${warning}`] });
  });
});
