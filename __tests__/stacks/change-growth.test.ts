import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { synthesizeInto, terraformJson } from "../../commands/synthesize";
import { synthesizedStack } from "../../lib/change/read-previous";
import { ask } from "../../stacks";
import { counted, grown, type Sample, samples } from "../support/growth";

/** How often a stack with that many of everything is looked at, or what it was, to say that nothing changes. */
function looks(sample: Sample, times: number): number {
  const { config, report } = grown(sample, times);
  const folder = mkdtempSync(join(tmpdir(), "tls-stacks-growth-"));
  let sum = 0;
  try {
    synthesizeInto(config, folder);
    for (const own of config.stacks) {
      const before = synthesizedStack(terraformJson(join(folder, "stacks", own.name)));
      const [stack, was] = [{ ...own, config: own.config }, before].map((one) => counted(one, () => sum++)) as [
        typeof own,
        typeof before,
      ];
      ask(stack, (scenario, complete) => scenario.change(complete, was, report));
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
  return sum;
}

test.each(samples)("changes of $name are found by no more than comparing each with each", (sample) => {
  const few = looks(sample, 3);
  expect(few).toBeGreaterThan(50);
  // Thousands are compared with thousands in a second; one loop more would take 64 times as long for four times as much.
  expect(looks(sample, 12) / few).toBeLessThan(16);
});
