import { change } from "../support/against";
import { goodConfig } from "../support/configs";

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
