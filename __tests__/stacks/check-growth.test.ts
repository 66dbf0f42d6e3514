import { ask } from "../../stacks";
import { counted, grown, type Sample, samples } from "../support/growth";

/** How often checking a stack with that many of everything looks at a field of it. */
function looks(sample: Sample, times: number): number {
  const { config, report } = grown(sample, times);
  let sum = 0;
  for (const own of config.stacks) {
    const stack = { ...own, config: counted(own.config, () => sum++) } as typeof own;
    ask(stack, (scenario, complete) => {
      scenario.check(complete, config.settings, report);
      scenario.claims(complete, report);
      scenario.zonedNames(complete, report);
      scenario.keysInState(complete);
    });
  }
  return sum;
}

test.each(samples)("checks of $name take four times as long for four times as much", (sample) => {
  const few = looks(sample, 8);
  expect(few).toBeGreaterThan(100);
  // Looking at all certificates for each of them would take sixteen times as long.
  expect(looks(sample, 32) / few).toBeLessThan(5);
});
