import { change, changeOfState, fine, inOwnFolders } from "../support/check-command";
import { goodConfig } from "../support/configs";

inOwnFolders();

test("a stack that becomes one of another scenario would lose everything that it made", () => {
  const mesh = {
    scenario: "pipeline-tls",
    kubernetes: { context: "kind-pipeline" },
    namespace: { name: "pipeline" },
    services: { ingest: { port: 8443, selector: { app: "ingest" } } },
  };
  expect(change(mesh, goodConfig().stacks.web ?? {})).toEqual({
    problems: [
      'stacks.web.scenario: is "acm-route53", was "pipeline-tls": everything that it made would be destroyed; make a second stack, lead clients there, and then take this one out',
    ],
    warnings: [],
  });
});

describe("the scenario that was there before", () => {
  const web = goodConfig().stacks.web ?? {};
  const state = (scenario: string) => ({ scenario: { value: scenario, type: "string" } });
  const pipeline = /^stacks\.web\.scenario: is "acm-route53", was "pipeline-tls": everything that it made would be/;

  test("is what a state recorded, whatever types of resources it has", () => {
    expect(changeOfState([], web, state("pipeline-tls")).problems).toEqual([expect.stringMatching(pipeline)]);
    expect(changeOfState([], web, state("acm-route53"))).toEqual(fine);
  });

  test("is known by a type of resource where none was recorded", () => {
    const key = { mode: "managed", type: "tls_private_key", name: "ca", instances: [{ attributes: {} }] };
    expect(changeOfState([key], web).problems).toEqual([expect.stringMatching(pipeline)]);
    // What a stack only looks up it did not make.
    expect(changeOfState([{ ...key, mode: "data" }], web)).toEqual(fine);
    // A scenario keeps no type of resource to itself: what was recorded counts.
    expect(changeOfState([key], web, state("acm-route53"))).toEqual({
      problems: [],
      warnings: [expect.stringMatching(/^stacks\.web: no longer has tls_private_key\.ca; /)],
    });
  });
});
