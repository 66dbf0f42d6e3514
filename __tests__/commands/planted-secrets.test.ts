import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { plainData } from "../../lib/config/plain-data";
import { newReport, type Path } from "../../lib/config/report";
import { everything, everythings, saidOf } from "../support/configs";
import { runCommand } from "../support/run-command";
import { secretKinds } from "../support/secrets";

type Values = Record<string, unknown>;

const full = everythings.map((name) => everything(name) as Values);

/** Every place of a config that has a value, and whether it is a map or a list. */
function placesOf(value: unknown, path: readonly (string | number)[] = []): readonly (readonly (string | number)[])[] {
  if (typeof value !== "object" || value === null) return [path];
  const keys = Array.isArray(value) ? [...value.keys()] : Object.keys(value);
  return [
    ...(path.length > 0 ? [path] : []),
    ...keys.flatMap((key) => placesOf((value as Values)[key], [...path, key])),
  ];
}

/** Puts a secret where a value was, beside it under a name of its own, or into a list; returns where it then stands. */
function plant(
  config: Values,
  path: readonly (string | number)[],
  secret: string,
  as: "value" | "key" | "member",
): Path {
  const around = path.slice(0, -1).reduce<unknown>((inner, part) => (inner as Values)[part], config) as Values;
  const last = path.at(-1) as string | number;
  const there = around[last];
  if (as === "member" && Array.isArray(there)) return [...path, there.push(secret) - 1];
  if (as === "key" && typeof there === "object" && there !== null && !Array.isArray(there)) {
    (there as Values)[secret] = {};
    return [...path, "(withheld)"];
  }
  around[last] = typeof there === "string" && there.length < 40 ? `${there} ${secret}` : secret;
  return path;
}

/** What would betray a secret: a piece of its middle, since a message may cut it. */
const pieceOf = (secret: string) => secret.trimEnd().slice(-20, -6);

const planted = fc
  .constantFrom(...Object.values(secretKinds))
  .chain(({ secret }) =>
    fc.record({ secret, index: fc.nat(), as: fc.constantFrom("value" as const, "key" as const, "member" as const) }),
  );

const place = (config: Values, index: number) => {
  const places = placesOf(config);
  return places[index % places.length] as readonly (string | number)[];
};

/** How many secrets are planted into each config, 25 configs in all: many more where `TLS_STACKS_THOROUGH=1` asks for it. */
const each = process.env.TLS_STACKS_THOROUGH === "1" ? 400 : 20;

test("each of 500 secrets that are planted anywhere is refused where it stands", () => {
  const config = fc.constantFrom(...full);
  fc.assert(
    fc.property(config, fc.array(planted, { minLength: each, maxLength: each }), (unchanged, secrets) => {
      for (const { secret, index, as } of secrets) {
        const changed = structuredClone(unchanged);
        const path = plant(changed, place(changed, index), secret, as);
        const report = newReport();
        plainData(changed, report);
        expect(report.problems).toEqual([{ path, message: expect.stringMatching(/^looks like /) }]);
      }
    }),
    { numRuns: 25, seed: 1 },
  );
});

test("none of 20 secrets in one config is in any line", () => {
  fc.assert(
    fc.property(fc.constantFrom(...full), fc.array(planted, { minLength: 20, maxLength: 20 }), (config, secrets) => {
      const changed = structuredClone(config);
      for (const { secret, index, as } of secrets) plant(changed, place(changed, index), secret, as);
      const lines = saidOf(changed).join("\n");
      expect(lines).toContain("looks like ");
      for (const { secret } of secrets) expect(lines).not.toContain(pieceOf(secret));
    }),
    { numRuns: each / 4, seed: 1 },
  );
});

test("no command prints a planted secret, and nothing of the config stays on disk", () => {
  const folder = mkdtempSync(join(tmpdir(), "tls-stacks-planted-"));
  try {
    const config = full[0] as Values;
    const secrets = Object.values(secretKinds).flatMap(({ secret }) => fc.sample(secret, { numRuns: 1, seed: 2 }));
    const labels = Object.fromEntries(secrets.map((secret, index) => [`l${index}`, secret]));
    const keys = Object.fromEntries(secrets.map((secret) => [secret, "x"]));
    writeFileSync(join(folder, "config.json"), JSON.stringify({ ...config, labels, more: keys, list: secrets }));
    let printed = "";
    for (const args of [["check"], ["check", "--json"], ["synth"], ["handoff", "--out", join(folder, "handoff")]]) {
      const around = { configFile: join(folder, "config.json"), outdir: join(folder, "cdktf.out") };
      const { code, stdout, stderr } = runCommand(args, around);
      printed += stdout + stderr;
      expect(code).toBe(1);
    }
    for (const secret of secrets) expect(printed).not.toContain(pieceOf(secret));
    expect(printed).toContain(`labels.l${secrets.length - 1}: looks like `);
    expect(readdirSync(folder)).toEqual(["config.json"]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
