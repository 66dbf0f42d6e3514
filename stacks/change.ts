import { type Counts, countDifferences, judgedDifferences, tellDifferences } from "../lib/change/meaning";
import { ofType, type PreviousStack } from "../lib/change/previous-stack";
import { type Place, type Report, show } from "../lib/config/report";
import { ask, type Kind, scenarios } from ".";
import type { Config } from "./config";

/**
 * Says of every stack what an apply over its previous form would interrupt. Synthesis has no memory, so what was before
 * is given.
 *
 * @param previous - by stack; one that is not there is new, and nothing can be interrupted
 * @param synthesize - what the config becomes, by stack; asked only of a config that can be synthesized
 * @returns what an apply does to resources, if that is known
 */
export function checkAgainst(
  config: Config,
  previous: ReadonlyMap<string, PreviousStack>,
  report: Report,
  synthesize: () => ReadonlyMap<string, PreviousStack>,
): Counts | undefined {
  const sound = report.problems.length === 0;
  if (checkGoneStacks(config, [...previous.keys()], report)) return undefined;
  const made = sound ? synthesize() : undefined;
  const counts = { added: 0, changed: 0, anew: 0, gone: 0 };
  for (const stack of config.stacks) {
    const before = previous.get(stack.name);
    const place = report.in("stacks", stack.name);
    // A stack of another scenario has nothing that this one continues: it counts as new.
    const same = before === undefined || !scenarioChanged(stack.kind, before, place);
    ask(stack, (scenario, own) => {
      scenario.change(own, same ? before : undefined, place);
      const now = made?.get(stack.name);
      if (now === undefined || !same) return;
      const was = before ?? { from: "output", resources: {} };
      const all = judgedDifferences(was, now, scenario.meanings);
      const ofStack = countDifferences(all, scenario.meanings);
      // All of a new stack is added, and nobody used it.
      if (before !== undefined) tellDifferences(all, Object.keys(now.resources), scenario.meanings, place, report);
      for (const fate of ["added", "changed", "anew", "gone"] as const) counts[fate] += ofStack[fate];
    });
  }
  checkBackends(previous, made, report);
  return made === undefined ? undefined : counts;
}

/** Where a state is, by arguments of backends; what else they have says how it is reached and kept. */
const statePlace = [
  "type",
  "path",
  "bucket",
  "key",
  "prefix",
  "storage_account_name",
  "container_name",
  "organization",
  "workspaces",
  "address",
  "namespace",
  "secret_suffix",
];

/** Says whether states would be looked for where they are not: the apply would make everything a second time. */
function checkBackends(
  previous: ReadonlyMap<string, PreviousStack>,
  made: ReadonlyMap<string, PreviousStack> | undefined,
  report: Report,
): void {
  const moved = [...(made ?? [])].filter(([name, now]) => {
    const [was, is] = [previous.get(name)?.backend, now.backend];
    return was && is && statePlace.some((argument) => JSON.stringify(was[argument]) !== JSON.stringify(is[argument]));
  });
  const names = moved.map(([name]) => name);
  if (names.length === 0) return;
  report
    .in("backend")
    .problem(
      `keeps the state of ${names.join(", ")} in another place, and the apply would find none there and make everything a second time, beside what nothing manages any more; go back, or move each state first (\`terraform init -migrate-state\` in its new output folder) and then compare with it (\`terraform state pull\`)`,
    );
}

/**
 * Warns of stacks that left the config: nothing manages what they made.
 *
 * @param known - stacks that were there before
 * @returns whether all of them left, so that there is nothing to compare
 */
function checkGoneStacks({ stacks }: Config, known: readonly string[], report: Report): boolean {
  const names = stacks.map(({ name }) => name);
  const gone = known.filter((name) => !names.includes(name) && !report.in("stacks", name).refused).sort();
  if (names.length > 0 && gone.length > 0 && gone.length === known.length) {
    report
      .in("against")
      .problem(
        `has ${gone.join(", ")} and no stack of the config (${names.join(", ")}), so nothing was compared; name what was deployed of this config, and a state as <stack>.tfstate`,
      );
    return true;
  }
  for (const name of gone) {
    report
      .in("stacks")
      .warning(
        `lacks ${show(name)}, which was there before: its state stays, and nothing manages what it made; put it back, or destroy it from its earlier output (under a new name a stack has a new state and makes everything anew, and \`moved\` does not lead from one state to another)`,
      );
  }
  return false;
}

/** A stack that becomes another one destroys all that it made. */
function scenarioChanged(kind: Kind, before: PreviousStack, place: Place): boolean {
  const was = before.scenario ?? Object.values(scenarios).find(({ marker }) => ofType(before, marker).length > 0)?.kind;
  if (was === undefined || was === kind || place.in("scenario").refused) return false;
  place
    .in("scenario")
    .problem(
      `is ${show(kind)}, was ${show(was)}: everything that it made would be destroyed; make a second stack, lead clients there, and then take this one out`,
    );
  return true;
}
