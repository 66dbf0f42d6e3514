import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Difference } from "../../lib/change/difference";
import { type Counts, isAnew, judgedDifferences, type Meanings } from "../../lib/change/meaning";
import { synthesizedStack } from "../../lib/change/read-previous";
import { newReport } from "../../lib/config/report";
import { type Kind, scenarios } from "../../stacks";
import { checkAgainst } from "../../stacks/change";
import { checkedConfig } from "../../stacks/check";
import { everything } from "../support/configs";
import { type FieldChange, fieldChanges } from "../support/field-changes";
import { synthesizedTexts } from "../support/synthesis";
import { offlineProviders } from "../support/terraform/offline";
import { plannedOffline, settle } from "../support/terraform/planned-state";
import { proofsOf } from "../support/terraform/proofs";
import { type Json, needsOf, type Plan, type Workspace } from "../support/terraform/terraform";

type Texts = Readonly<Record<string, string>>;

/** A change of one field, with what the config becomes by it, by stack. */
interface Changed extends FieldChange {
  readonly texts: Texts;
}

/** A scenario's config that has everything a user can write of it, and one change of each of its fields. */
const kinds = (Object.keys(scenarios) as Kind[]).map((kind) => {
  const config = `${kind.split("-")[0]}-everything`;
  // A plan looks things up, refresh or not.
  let ids = 0;
  const id = () => `"Z0123456789ABCDEFGH${String(ids++).padStart(2, "0")}"`;
  const given = JSON.parse(JSON.stringify(everything(config)).replace(/"lookup"/g, id)) as Json;
  const changes = fieldChanges(given).changes.map((one): Changed => ({ ...one, texts: synthesizedTexts(one.after) }));
  return { kind, config, before: synthesizedTexts(given), changes };
});

/** The page that says of every field what a change of it does. */
const page = join(__dirname, "../../docs/changes.md");

/** A field of a scenario, one change of it, and what comes of that. */
interface Effect {
  readonly field: string;
  readonly what: string;
  readonly does: string;
  readonly said: "refused" | "warned" | "quiet";
}

const stacksOf = (texts: Texts) =>
  new Map(Object.entries(texts).map(([name, text]) => [name, synthesizedStack(JSON.parse(text))]));

function effects({ before, changes }: (typeof kinds)[number]): readonly Effect[] {
  const previous = stacksOf(before);
  return changes.map(({ field, what, after, texts }) => {
    const { config } = checkedConfig(after);
    const report = newReport();
    const counts = checkAgainst(config, previous, report, () => stacksOf(texts));
    if (counts === undefined) throw new Error(`${field}: ${what} could not be synthesized`);
    const unknown = [...report.problems, ...report.warnings].filter(({ message }) => /not known here/.test(message));
    if (unknown.length > 0) throw new Error(`${field}: ${what}: ${unknown.map(({ message }) => message).join("\n")}`);
    const said = report.problems.length > 0 ? "refused" : report.warnings.length > 0 ? "warned" : "quiet";
    return { field, what, does: doing(counts), said };
  });
}

function doing({ added, changed, anew, gone }: Counts): string {
  const parts = [
    added > 0 && `adds ${added}`,
    changed > 0 && `changes ${changed} in place`,
    anew > 0 && `makes ${anew} anew`,
    gone > 0 && `takes ${gone} away`,
  ].filter((part) => part !== false);
  return parts.length > 0 ? parts.join(", ") : "nothing";
}

/** Fields of every config, told once. */
const common = /^(project|environment|labels|backend|privateKeys|applyEvery|horizon|providers)\b/;

function table(all: readonly Effect[]): string {
  const rows = new Map<string, string[]>();
  for (const { field, what, does, said } of all) {
    const key = `\`${field}\` | ${does} | ${said}`;
    rows.set(key, [...(rows.get(key) ?? []), what]);
  }
  const lines = [...rows].map(([key, whats]) => {
    const [field = "", ...rest] = key.split(" | ");
    return `| ${field} | ${[...new Set(whats)].join(", ")} | ${rest.join(" | ")} |`;
  });
  return [
    "| field | change | what an apply does to resources | `check --against` |",
    "|---|---|---|---|",
    ...lines,
  ].join("\n");
}

test("docs/changes.md says of every field what a change of it does", () => {
  const all = kinds.map((one) => ({ kind: one.kind, of: effects(one) }));
  const [first] = all;
  const sections = [
    `## Every config\n\n${table((first?.of ?? []).filter(({ field }) => common.test(field)))}`,
    ...all.map(({ kind, of }) => `## ${kind}\n\n${table(of.filter(({ field }) => !common.test(field)))}`),
  ];
  const text = readFileSync(page, "utf8");
  const [head = ""] = text.split("\n## ");
  const made = `${head}\n${sections.join("\n\n")}\n`;
  if (process.env.UPDATE_GOLDEN === "1") writeFileSync(page, made);
  expect(readFileSync(page, "utf8")).toBe(made);
}, 240_000);

/** A change of one field, as the JSON of a stack shows it. */
interface Change {
  readonly title: string;
  readonly json: Json;
  readonly differences: readonly Difference[];
}

type Blocks = Record<string, Record<string, Json>>;

/** The earlier JSON with one change's resources in the place of what they were. */
function merged(before: Json, changes: readonly Change[]): Json {
  const resource = structuredClone(before.resource ?? {}) as Blocks;
  const data = structuredClone(before.data ?? {}) as Blocks;
  let provider = before.provider;
  for (const { json, differences } of changes) {
    for (const { address } of differences) {
      if (address.startsWith("provider.")) {
        provider = json.provider;
        continue;
      }
      const lookedUp = address.startsWith("data.");
      const [type = "", name = ""] = address.replace(/^data\./, "").split(".");
      const all = lookedUp ? data : resource;
      const block = ((lookedUp ? json.data : json.resource) as Blocks | undefined)?.[type]?.[name];
      const named = { ...all[type] };
      if (block === undefined) delete named[name];
      else named[name] = block;
      // Terraform takes no type without a resource.
      if (Object.keys(named).length > 0) all[type] = named;
      else delete all[type];
    }
  }
  const { check: _, output: __, ...rest } = before;
  const lookups = Object.keys(data).length > 0 ? { data } : {};
  return changes.length === 1 && changes[0] !== undefined
    ? changes[0].json
    : { ...rest, ...lookups, resource, provider };
}

/** Changes that touch nothing in common can be planned together: a plan takes seconds. */
function together(changes: readonly Change[]): readonly (readonly Change[])[] {
  const groups: { readonly changes: Change[]; readonly touched: Set<string> }[] = [];
  for (const change of changes) {
    const touches = change.differences.map(({ address }) => address);
    // Others may refer to what goes.
    const alone = change.differences.some(({ address, fate }) => fate === "gone" || address.startsWith("provider."));
    const fits = (touched: ReadonlySet<string>) =>
      !touched.has("alone") && touches.every((address) => !touched.has(address));
    const group = alone ? undefined : groups.find(({ touched }) => fits(touched));
    if (group === undefined)
      groups.push({ changes: [change], touched: new Set(alone ? ["alone", ...touches] : touches) });
    else {
      group.changes.push(change);
      for (const address of touches) group.touched.add(address);
    }
  }
  return groups.map(({ changes }) => changes);
}

const authorities = "google_privateca_certificate_authority";

/** A plan asks the cluster for the kinds of these objects. */
const ofController = "kubernetes_manifest";

/**
 * The JSON as far as it can be planned: protection would stop the plan, Google makes no authority that is disabled, and
 * there is no cluster.
 *
 * @param isNew - whether the plan would make an authority
 */
function plannable(json: Json, isNew: (address: string) => boolean): Json {
  const next = structuredClone(json);
  const resources = (next.resource ?? {}) as Blocks;
  delete resources[ofController];
  for (const { lifecycle } of Object.values(resources).flatMap((named) => Object.values(named))) {
    delete (lifecycle as Json | undefined)?.prevent_destroy;
  }
  for (const [name, authority] of Object.entries(resources[authorities] ?? {})) {
    delete authority.lifecycle;
    if (authority.desired_state === "DISABLED" && isNew(`${authorities}.${name}`)) authority.desired_state = "ENABLED";
  }
  return next;
}

/** Whether a plan refuses the change: no authority goes back to staged. */
const isRefused = ({ differences }: Change) =>
  differences.some(({ changed }) => changed.some(({ name, is }) => name === "desired_state" && is === "STAGED"));

/** What a plan does to a resource, in the words of a difference. */
function fateOf(actions: readonly string[]): string {
  if (actions.length > 1) return "anew";
  return { create: "added", delete: "gone", update: "changed" }[actions[0] ?? ""] ?? String(actions);
}

/** Whether something is made, or made anew. */
const isMade = ({ address, fate, changed }: Difference, meanings: Meanings) =>
  fate === "added" || changed.some((argument) => isAnew(meanings, address, argument));

/** What the plan does and nobody said, and what was said and the plan does not do. */
async function disagreements(plan: Plan, changes: readonly Change[], meanings: Meanings): Promise<readonly string[]> {
  const said = new Map(changes.flatMap((change) => change.differences.map((one) => [one.address, { ...one, change }])));
  const { resource_changes: all = [] } = plan.exitCode === 0 ? {} : await plan.json();
  const planned = new Map(all.map((one) => [one.address, one]));
  const found: string[] = [];
  for (const [address, actions] of Object.entries(plan.actions)) {
    const one = said.get(address);
    const fate = fateOf(actions);
    const expected =
      one === undefined
        ? undefined
        : one.fate === "changed" && one.changed.some((argument) => isAnew(meanings, address, argument))
          ? "anew"
          : one.fate;
    if (expected === fate) continue;
    const { before, after, after_unknown: unknown } = planned.get(address)?.change ?? {};
    const differs = (key: string) => JSON.stringify(before?.[key]) !== JSON.stringify(after?.[key]);
    const seen = [...new Set([...Object.keys(after ?? {}), ...Object.keys(unknown ?? {})])].filter(
      (key) => differs(key) || JSON.stringify(unknown?.[key])?.includes("true"),
    );
    // What the provider only computes again is seen by nobody who was not told of what it is computed from.
    if (fate === "changed" && expected === undefined && seen.every((key) => !differs(key))) continue;
    found.push(
      `${one?.change.title ?? changes.map(({ title }) => title).join(" | ")}: the plan has ${address} ${fate}, told was ${expected ?? "nothing"} (${seen.join(", ")})`,
    );
  }
  for (const [address, one] of said) {
    if (/^(provider|data)\./.test(address) || plan.actions[address] !== undefined) continue;
    const names = one.changed.map(({ name }) => name);
    const instructions = ["lifecycle", "depends_on", "provider", "timeouts"];
    if (one.fate === "changed" && names.every((name) => instructions.includes(name))) continue;
    found.push(`${one.change.title}: told was ${address} ${one.fate} (${names.join(", ")}), the plan has nothing`);
  }
  return found;
}

/** Whether a plan asks a server for something, refresh or not. */
const looksUp = ({ data = {} }: Json) => Object.keys(data as Json).some((type) => type !== "tls_certificate");

/** How many plans of a stack are made: each takes seconds. */
const MOST = process.env.TLS_STACKS_THOROUGH === "1" ? Number.POSITIVE_INFINITY : 8;

for (const { kind, config, before, changes: all } of kinds) {
  const { meanings } = scenarios[kind];
  const changes = all.flatMap(({ field, what, texts }) =>
    Object.entries(before).flatMap(([stack, text]) => {
      const now = texts[stack];
      if (now === undefined || now === text) return [];
      const json = JSON.parse(now) as Json;
      if (looksUp(json)) return [];
      const found = judgedDifferences(synthesizedStack(JSON.parse(text)), synthesizedStack(json), meanings);
      const differences = found.filter(({ address }) => !address.startsWith(`${ofController}.`));
      return differences.length === 0 ? [] : [{ stack, title: `${field}: ${what}`, json, differences }];
    }),
  );
  for (const [stack, text] of Object.entries(before)) {
    const json = JSON.parse(text) as Json;
    if (looksUp(json)) continue;
    proofsOf(`${stack} (${config})`, needsOf(json), (prove) => {
      let run: Workspace;
      afterAll(() => run?.remove());
      const groups = together(changes.filter((one) => one.stack === stack && !isRefused(one)));
      const few = groups.length > MOST ? `, in ${MOST} of ${groups.length} plans` : "";
      prove(
        "plan",
        `what is told of changed fields is what the provider plans${few}`,
        async () => {
          const enabled = JSON.stringify(plannable(json, () => true));
          run = await plannedOffline(enabled);
          const present = JSON.stringify(plannable(json, () => false));
          if (present !== enabled) {
            run.replace(present);
            await settle(run, present, await run.plan({ refresh: false }));
          }
          const found: string[] = [];
          for (const group of groups.slice(0, MOST)) {
            const made = new Set(
              group.flatMap(({ differences }) =>
                differences.filter((one) => isMade(one, meanings)).map(({ address }) => address),
              ),
            );
            const next = plannable(merged(json, group), (address) => made.has(address));
            run.replace(JSON.stringify(next));
            run.override({ provider: offlineProviders(next) });
            found.push(...(await disagreements(await run.plan({ refresh: false }), group, meanings)));
          }
          expect(found).toEqual([]);
        },
        900,
      );
    });
  }
}
