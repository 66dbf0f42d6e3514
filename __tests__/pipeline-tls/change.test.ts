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
