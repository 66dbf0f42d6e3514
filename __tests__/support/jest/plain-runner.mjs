// Runs test files in plain Node. Jest's own runner loads zod, the framework and the schema anew for each file, which takes
// longer than most files' tests, and its sandbox makes every test slower.
// @ts-expect-error The package has no types.
import { createRunner } from "jest-light-runner";

const ProcessRunner = createRunner({ runtime: "child_process" });

/**
 * Every project has processes of its own: with one worker (`-w 1`, `-i`) the package would run all projects in Jest's process,
 * where the framework that one of them loads would be there for the other.
 *
 * @param {{ readonly maxWorkers: number }} globalConfig
 * @param {unknown} context
 */
export default function PlainRunner(globalConfig, context) {
  return new ProcessRunner({ ...globalConfig, maxWorkers: Math.max(globalConfig.maxWorkers, 2) }, context);
}
