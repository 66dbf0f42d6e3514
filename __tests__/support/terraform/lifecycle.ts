import { evidence, type Prove, proofsOf } from "./proofs";
import { type Applied, type Json, type Need, type Plan, TerraformError, type Workspace, workspace } from "./terraform";

/** The servers that a stack is applied to, and what a proof may know of them. */
export interface World {
  /** What answers, for the record of a run. */
  servers: readonly string[];
  /** What leads the stack's providers here, merged by Terraform over the configuration. */
  overrides(configuration: Json): Json;
  /** Everything there of the kinds that a stack makes, in words that are the same on every run, sorted. */
  objects(): Promise<readonly string[]>;
  /** Forgets the calls so far, where a server keeps a log of them: claims about a change are about its own. */
  beginLog?(): Promise<void>;
  /** Calls since the log began that changed something or tried to, in words that are the same on every run. */
  calls?(): readonly string[];
  /** What happens by itself between an apply and the next plan, such as that certificates are issued. */
  settle?(): void;
  /** Settles with a sentence if a server ends by itself. */
  died: Promise<string>;
  stop(): Promise<void>;
}

/** What a proof works with: the servers, and the folder in which Terraform runs. */
export interface Run<W extends World> {
  world: W;
  stack: Workspace;
}

/** A sentence, and the function that throws when it does not hold. */
export interface Claim<W extends World> {
  sentence: string;
  holds(run: Run<W>): Promise<void> | void;
}

/** Address to actions; replacement is two, in the order they happen. */
export type Actions = Readonly<Record<string, readonly string[]>>;

/** What the servers are asked for, where their world notes it. */
export interface Calls {
  /** Every call, in order; those of a list within in any order among themselves. */
  calls?: readonly (string | readonly string[])[];
  /** More of them, at any moment. */
  besides?: readonly string[];
}

/** An apply that ends with an error and goes on once the world has settled. */
export interface Wait extends Calls {
  error: RegExp;
}

/** A release of the stack that must not work: no object may have changed, and the release before it stays. */
export interface Refused extends Calls {
  sentence: string;
  json: string;
  /** Terraform's error: of the apply where `calls` says what it called, else of the plan. */
  error: RegExp;
}

/** Another release of the stack, planned and applied over the one before it. */
export interface Change<W extends World> extends Calls {
  sentence: string;
  json: string;
  /** Every change that the plan has. */
  actions: Actions;
  /** Resources changed in place, where fewer than planned turn out to need it. @default as planned */
  changed?: number;
  /** How its first apply ends, where it takes two. */
  waits?: Wait;
  /** What holds after the apply, besides an empty plan. */
  holds?(run: Run<W>, applied: Applied): Promise<void> | void;
}

/** Something that somebody does to the stack's objects past Terraform. */
export interface Drift<W extends World> {
  sentence: string;
  happens(world: W): Promise<void>;
  /** Every change that the next plan has: the damage, named, and nothing else. */
  actions: Actions;
  /** What the next plan warns of, where that alone tells. */
  warning?: RegExp;
  /** What somebody does about it, where an apply changes nothing. */
  remedy?(world: W): void;
  /** What holds after the repair, besides the same objects and an empty plan. */
  holds?(run: Run<W>, applied: Applied): Promise<void> | void;
}

/** How a stack goes. */
export interface Ending<W extends World> extends Calls {
  /** @default leaves what was there before */
  sentence?: string;
  /** The release that lets everything be destroyed, where the stack protects something; it calls nothing. */
  unprotected?: string;
  /** Terraform's error, where servers keep something for some time yet. */
  error?: RegExp;
  /** What holds after it. */
  holds?(run: Run<W>): Promise<void> | void;
}

/** What a stack declares of itself; the harness does the rest. The calls are those of the first apply. */
export interface Lifecycle<W extends World> extends Calls {
  /** The row of the table. */
  stack: string;
  /** The stack, as the product synthesizes it. */
  json: string;
  needs: readonly Need[];
  /** Servers that hold what the config says exists. */
  start(): Promise<W>;
  /** How the first apply ends, where it takes two. */
  waits?: Wait;
  /** What holds of the first apply, besides that it made everything once. */
  applied?(run: Run<W>, applied: Applied): Promise<void> | void;
  /** What the servers and outputs hold after the first apply. */
  outputs?: readonly Claim<W>[];
  /** What consumers see after it. */
  handshakes?: readonly Claim<W>[];
  /** What nobody can do to the stack, tried after it: no object may have changed. */
  refusals?: readonly Claim<W>[];
  /** What is wrong with what consumers are served at this moment; asked all the time that a change is applied. */
  served?(world: W): Promise<string | undefined>;
  /** In order, each over the one before it. */
  changes?: readonly (Change<W> | Refused)[];
  /** In order, each repaired before the next. */
  drifts?: readonly Drift<W>[];
  ending?: Ending<W>;
}

/** Every resource of a configuration. */
export function addressesOf(json: string): string[] {
  const { resource = {} } = JSON.parse(json) as { resource?: Record<string, Json> };
  return Object.entries(resource).flatMap(([type, named]) => Object.keys(named).map((name) => `${type}.${name}`));
}

/** A plan of nothing but these resources, made. */
export const created = (json: string): Actions =>
  Object.fromEntries(addressesOf(json).map((address) => [address, ["create"]]));

/** Actions as the counts that Terraform prints after an apply. */
export function countsOf(actions: Actions): { added: number; changed: number; destroyed: number } {
  const all = Object.values(actions).flat();
  const count = (action: string) => all.filter((each) => each === action).length;
  return { added: count("create"), changed: count("update"), destroyed: count("delete") };
}

/** A stack in a folder of its own, run against servers of its own; both are gone afterwards. */
export async function alone<W extends World>(
  world: W,
  json: string,
  use: (run: Run<W>) => Promise<void>,
  more: Json = {},
): Promise<void> {
  const overrides = { ...world.overrides(JSON.parse(json) as Json), ...more };
  const stack = workspace(json, { overrides, died: world.died });
  try {
    await stack.init();
    await use({ world, stack });
  } finally {
    stack.remove();
    await world.stop();
  }
}

/**
 * Proves a stack from its first plan to its end: validate, plan, apply, what it outputs and serves, an empty plan, each
 * change without a gap for consumers, each drift named and repaired, destroy.
 */
export function lifecycleOf<W extends World>(declared: Lifecycle<W>): void {
  const { stack: row, json, needs, outputs = [], handshakes = [], refusals = [], changes = [], drifts = [] } = declared;
  const { ending = {} } = declared;
  proofsOf(row, [...needs], (prove) => {
    let run: Run<W>;
    let empty: readonly string[];
    const world = () => run.world;

    afterAll(async () => {
      run?.stack.remove();
      await run?.world.stop();
    }, 60_000);

    prove("validate", "no diagnostic at all, not even a warning", async () => {
      const started = await declared.start();
      evidence(row, json, [...started.servers]);
      const overrides = started.overrides(JSON.parse(json) as Json);
      run = { world: started, stack: workspace(json, { overrides, died: started.died }) };
      empty = await started.objects();
      await run.stack.init();
      await run.stack.validate();
    });

    prove("plan", "the first plan only creates", async () => {
      expect((await run.stack.plan()).actions).toEqual(created(json));
    });

    prove("apply", "makes every resource, once", async () => {
      if (declared.waits !== undefined) await waited(declared.waits, run, () => run.stack.apply());
      await world().beginLog?.();
      const applied = await run.stack.apply();
      if (declared.waits === undefined) expect(applied).toMatchObject(countsOf(created(json)));
      expectCalls(world(), declared);
      world().settle?.();
      await declared.applied?.(run, applied);
    });

    for (const { sentence, holds } of outputs) prove("outputs", sentence, () => holds(run));
    for (const { sentence, holds } of handshakes) prove("handshake", sentence, () => holds(run));

    prove("empty plan", "right after the apply", () => expectNothingToDo(run.stack));

    for (const { sentence, holds } of refusals) {
      prove("refusal", sentence, async () => {
        const before = await world().objects();
        await holds(run);
        run.stack.replace(json);
        expect(await world().objects()).toEqual(before);
      });
    }

    let present = json;
    for (const change of changes) {
      if ("error" in change) {
        const before = present;
        prove("refusal", change.sentence, () => refused(change, run, before));
        continue;
      }
      const { sentence, json: next, actions, changed, waits, holds } = change;
      present = next;
      prove("change", sentence, async () => {
        run.stack.replace(next);
        let plan = await run.stack.plan();
        expect(plan.actions).toEqual(actions);
        // A plan without any action may still change outputs, and applies as well.
        const apply = () => watched(declared, world(), () => run.stack.apply(plan));
        if (waits !== undefined) {
          await waited(waits, run, apply);
          plan = await run.stack.plan();
        }
        await world().beginLog?.();
        const applied = await apply();
        const counts = countsOf(plan.actions);
        expect(applied).toMatchObject({ ...counts, changed: changed ?? counts.changed });
        expectCalls(world(), change);
        world().settle?.();
        await holds?.(run, applied);
        await expectNothingToDo(run.stack);
      });
    }

    for (const { sentence, happens, actions, warning, remedy, holds } of drifts) {
      prove("drift", `${sentence}: named, and repaired`, async () => {
        const before = await world().objects();
        await happens(world());
        const plan: Plan = await run.stack.plan();
        expect(plan.actions).toEqual(actions);
        if (warning) expect(plan.warnings.map(({ detail }) => detail)).toEqual([expect.stringMatching(warning)]);
        const applied = await run.stack.apply(plan);
        remedy?.(world());
        expect(await world().objects()).toEqual(before);
        await holds?.(run, applied);
        await expectNothingToDo(run.stack);
      });
    }

    prove("destroy", ending.sentence ?? "leaves what was there before", async () => {
      const { unprotected, error } = ending;
      if (unprotected !== undefined) {
        run.stack.replace(unprotected);
        await world().beginLog?.();
        await run.stack.apply();
        expect(world().calls?.() ?? []).toEqual([]);
      }
      await world().beginLog?.();
      if (error === undefined) {
        await run.stack.destroy();
        expect(run.stack.state()).toEqual({});
        expect(await world().objects()).toEqual(empty);
      } else {
        await expect(run.stack.destroy()).rejects.toThrow(error);
      }
      expectCalls(world(), ending);
      await ending.holds?.(run);
    });
  });
}

/** Applies what ends with an error, as the plan after it does, and lets the world settle. */
async function waited<W extends World>(wait: Wait, { world, stack }: Run<W>, apply: () => Promise<Applied>) {
  await world.beginLog?.();
  await expect(apply()).rejects.toThrow(wait.error);
  expectCalls(world, wait);
  await expect(stack.plan()).rejects.toThrow(wait.error);
  world.settle?.();
}

/** Tries a release that must not work, and puts the one before it back. */
async function refused<W extends World>(change: Refused, { world, stack }: Run<W>, before: string): Promise<void> {
  const there = await world.objects();
  stack.replace(change.json);
  await world.beginLog?.();
  await expect(change.calls === undefined ? stack.plan() : stack.apply()).rejects.toThrow(change.error);
  expectCalls(world, change);
  expect(await world.objects()).toEqual(there);
  stack.replace(before);
  // An apply that ends with an error may have written outputs.
  expect(await stack.plan()).toMatchObject({ actions: {}, warnings: [] });
}

/** Expects these calls since the log began, and no other. */
function expectCalls(world: World, { calls, besides = [] }: Calls): void {
  if (calls === undefined) return;
  const elsewhere = [...besides];
  const all = world.calls?.() ?? [];
  const ordered = all.filter((call) => {
    const place = elsewhere.indexOf(call);
    if (place >= 0) elsewhere.splice(place, 1);
    return place < 0;
  });
  const sorted = calls.flatMap((step) => (typeof step === "string" ? [step] : step.toSorted()));
  let from = 0;
  const happened = calls.flatMap((step) => {
    const start = from;
    from += typeof step === "string" ? 1 : step.length;
    return ordered.slice(start, from).sort();
  });
  expect({ calls: [...happened, ...ordered.slice(from)], missing: elsewhere }).toEqual({ calls: sorted, missing: [] });
}

async function expectNothingToDo(stack: Workspace): Promise<void> {
  expect(await stack.plan()).toMatchObject({ exitCode: 0, actions: {}, outputs: [], warnings: [] });
}

/** Applies while somebody asks all the time what consumers are served. */
async function watched<W extends World>(
  { served }: Lifecycle<W>,
  world: W,
  apply: () => Promise<Applied>,
): Promise<Applied> {
  if (served === undefined) return apply();
  const gaps = new Set<string>();
  let looks = 0;
  let done = false;
  const watching = (async () => {
    // The last look is after the last call.
    for (let last = false; !last; ) {
      last = done;
      const gap = await served(world);
      if (gap !== undefined) gaps.add(gap);
      looks += 1;
      await new Promise((next) => setTimeout(next, 50));
    }
  })();
  try {
    return await apply();
  } finally {
    done = true;
    await watching;
    expect([...gaps]).toEqual([]);
    expect(looks).toBeGreaterThan(3);
  }
}

/** How a stack comes back from an apply that was cut off. */
export interface Recovery<W extends World> {
  /** Resources that a server keeps, where an apply can be cut off between the server and the state. */
  kept: RegExp;
  /** Import ids of what is on the servers, by address: what an operator would look up. */
  importIds(world: W): Promise<Readonly<Record<string, string>>>;
}

/** The signals by which applies end early: Ctrl-C, a CI job that is cancelled, a machine that is out of memory. */
const SIGNALS = ["SIGINT", "SIGTERM", "SIGKILL"] as const;

/** Moments of each signal: one, or five where `TLS_STACKS_THOROUGH=1` asks for the long run. */
const MOMENTS = process.env.TLS_STACKS_THOROUGH === "1" ? 5 : 1;

/** Cuts applies off at moments that a seed chooses, and has an operator come back as the docs say. */
export function interruptionsOf<W extends World>(
  { stack: row, json, needs, start }: Pick<Lifecycle<W>, "stack" | "json" | "needs" | "start">,
  recovery: Recovery<W>,
  seed: number,
): void {
  const moments = addressesOf(json)
    .filter((address) => recovery.kept.test(address))
    .flatMap((address) => [`${address}: Creating...`, `${address}: Creation complete`]);
  let clean: Promise<readonly string[]> | undefined;
  /** What an apply that nothing cuts off makes. */
  const undisturbed = () => {
    clean ??= start().then(async (world) => {
      let made: readonly string[] = [];
      await alone(world, json, async ({ stack }) => {
        await stack.apply();
        made = await world.objects();
      });
      return made;
    });
    return clean;
  };
  const define = (prove: Prove) => {
    SIGNALS.forEach((signal, place) => {
      for (const moment of chosen(moments, MOMENTS, seed + place)) {
        const sentence = `${signal} at "${moment}": the next apply ends as if nothing had been`;
        prove("interrupt", sentence, () => interrupted(signal, moment), 400);
      }
    });
  };
  const interrupted = async (signal: (typeof SIGNALS)[number], moment: string) => {
    const world = await start();
    const before = await world.objects();
    await alone(world, json, async ({ stack }) => {
      const after = new RegExp(moment.replace(/[.[\]"]/g, "\\$&"));
      const cut = await stack.apply(undefined, { signal, after }).then(
        () => "too late",
        (error: unknown) => error,
      );
      if (cut !== "too late" && !(cut instanceof TerraformError)) throw cut;
      // Terraform writes a local state in place: what was cut off in the middle of that is no state.
      if (!stack.stateReadable()) stack.put("terraform.tfstate", undefined);
      const state = stack.state();
      const ids = await recovery.importIds(world);
      const lost = Object.entries(ids).filter(([address]) => state[address] === undefined);
      if (lost.length > 0) {
        stack.put("recover.tf.json", JSON.stringify({ import: lost.map(([to, id]) => ({ to, id })) }));
      }
      await stack.apply();
      stack.put("recover.tf.json", undefined);
      await expectNothingToDo(stack);
      expect(await world.objects()).toEqual(await undisturbed());
      await stack.destroy();
      expect(await world.objects()).toEqual(before);
    });
  };
  proofsOf(row, [...needs], define, { fromStart: true });
}

/** Some of the things, picked by a seed: the same on every run. */
export function chosen<Thing>(things: readonly Thing[], count: number, seed: number): Thing[] {
  const rest = [...things];
  let state = seed;
  const picked: Thing[] = [];
  while (picked.length < count && rest.length > 0) {
    // Park and Miller's generator.
    state = (state * 48_271) % 2_147_483_647;
    picked.push(...rest.splice(state % rest.length, 1));
  }
  return picked;
}
