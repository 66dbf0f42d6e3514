import { join } from "node:path";
import { previousStacks } from "../../lib/change/read-previous";
import { checkAgainst } from "../../stacks/change";
import { checkedConfig } from "../../stacks/check";
import type { GoogleWorld } from "../support/servers/google-world";
import { alone, lifecycleOf, type Run } from "../support/terraform/lifecycle";
import { proofsOf } from "../support/terraform/proofs";
import type { Json } from "../support/terraform/terraform";
import {
  addMap,
  computeJson,
  computeWith,
  forEach,
  lifecycles,
  managed,
  computeHosts as names,
  perProxy,
} from "./lifecycle";

for (const lifecycle of lifecycles) lifecycleOf(lifecycle);

const { stack: MAIN, json, needs } = forEach;

/** Applies another release of the stack and returns the calls. */
async function applied({ world, stack }: Run<GoogleWorld>, text: string): Promise<readonly string[]> {
  stack.replace(text);
  await world.beginLog?.();
  await stack.apply();
  return world.calls();
}

/** Interruptions that `check --against` finds between the state and the stack of Compute's with some fields changed. */
function interrupted({ stack }: Run<GoogleWorld>, changes: Json): readonly string[] {
  const { config, report } = checkedConfig(computeWith(changes));
  // The override puts the test's project into every resource.
  const placed = config.stacks.map((stack) =>
    stack.kind === "gcp-managed-san" ? { ...stack, config: { ...stack.config, project: "test-project" } } : stack,
  );
  const here = { ...config, stacks: placed };
  checkAgainst(
    here,
    previousStacks(join(stack.folder, "terraform.tfstate"), here, report) ?? new Map(),
    report,
    () => new Map(),
  );
  return report.problems.map(({ message }) => message);
}

proofsOf(MAIN, [...needs], (prove) => {
  prove("faults", "when every call is refused once, it still applies, plans empty and goes", async () => {
    const world = await forEach.start();
    const before = await world.objects();
    await alone(world, json, async (run) => {
      const seen = new Set<string>();
      world.api.fail((method, path) => {
        const first = !seen.has(`${method} ${path}`);
        seen.add(`${method} ${path}`);
        return first;
      });
      const calls = await applied(run, json);
      expect(calls.filter((call) => call.endsWith(" 503")).length).toBeGreaterThan(10);
      world.api.fail(undefined);
      world.settle?.();
      expect(await run.stack.plan()).toMatchObject({ exitCode: 0, warnings: [] });
      await run.stack.destroy();
      expect(await world.objects()).toEqual(before);
    });
  });
});

proofsOf(perProxy.stack, [...needs], (prove) => {
  prove(
    "refusal",
    "in one step nobody would be served for a while, which is why check --against refuses it",
    async () => {
      const world = await perProxy.start();
      await alone(world, perProxy.json, async (run) => {
        await run.stack.apply();
        world.settle?.();
        await run.stack.apply();
        expect(interrupted(run, {})).toEqual([]);
        expect(interrupted(run, addMap)).toEqual([]);
        expect(interrupted(run, managed)).toEqual([
          expect.stringContaining("in one apply they would be off the proxy"),
        ]);
        await applied(run, computeJson(managed));
        expect(world.api.log().flatMap(({ serving }) => Object.values(serving))).toContain("nothing");
      });
    },
  );
});

proofsOf(`${MAIN} (one of Compute for all)`, [...needs], (prove) => {
  prove("change", "the retiring one serves until the new one is issued", async () => {
    const hosts = Object.fromEntries(names.map((name) => [name, { backend: "llama" }]));
    const all = { grouping: "all" };
    const more = { ...all, hosts: { ...hosts, "new.example.com": { backend: "llama" } } };
    const both = computeJson({ ...more, retiring: names });
    const world = await perProxy.start();
    await alone(world, computeJson(all), async (run) => {
      await run.stack.apply();
      world.settle?.();
      expect(await applied(run, both)).toEqual(["POST sslCertificates", "setSslCertificates targetHttpsProxies https"]);
      expect(world.gap()).toBeUndefined();
      expect(interrupted(run, more)).toEqual(names.map(() => expect.stringContaining("keep retiring until it has")));
      world.settle?.();
      await applied(run, both);
      expect(interrupted(run, more)).toEqual([]);
      expect(await applied(run, computeJson(more))).toEqual([
        "setSslCertificates targetHttpsProxies https",
        "DELETE sslCertificates all",
      ]);
      expect(world.gap()).toBeUndefined();
      expect(await run.stack.plan()).toMatchObject({ exitCode: 0, warnings: [] });
      // Without it the new certificate, which is not issued, takes its place.
      expect(interrupted(run, all)).toEqual([
        ...names.map(() => expect.stringContaining("would lose the certificate")),
        expect.stringContaining('lacks "new.example.com"'),
      ]);
      await applied(run, computeJson(all));
      expect(world.api.serving("chat.example.com")).toBe("PROVISIONING");
    });
  });
});
