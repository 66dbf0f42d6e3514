import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import example from "../../config/example";
import { runCommand } from "../support/run-command";
import { offlineProviders } from "../support/terraform/offline";
import { evidence, proofsOf } from "../support/terraform/proofs";
import { type Json, needsOf, type Workspace, workspace } from "../support/terraform/terraform";

const out = mkdtempSync(join(tmpdir(), "tls-stacks-handoff-"));
afterAll(() => rmSync(out, { recursive: true }));
const stacks = Object.keys(example.stacks);
const { code, stderr } = runCommand(["handoff", "--out", out, ...stacks], {
  configFile: "config/example.ts",
  outdir: join(out, "unused"),
});
if (code !== 0) throw new Error(stderr);

for (const stack of stacks) {
  const folder = join(out, "example", stack);
  const files = Object.fromEntries(readdirSync(folder).map((name) => [name, readFileSync(join(folder, name), "utf8")]));
  const { "cdk.tf.json": json = "", ...beside } = files;
  const configuration = JSON.parse(json) as Json;
  proofsOf(stack, needsOf(configuration), (prove) => {
    let run: Workspace | undefined;
    afterAll(() => run?.remove());

    prove(
      "hand-off",
      "the folder alone initialises, validates and plans, with nothing but Terraform on the PATH",
      async () => {
        evidence(stack, json);
        const digest = createHash("sha256").update(json).digest("hex");
        expect(beside.SHA256SUMS).toContain(`${digest}  cdk.tf.json\n`);
        run = workspace(json, { beside, overrides: { provider: offlineProviders(configuration) } });
        await run.init();
        await run.validate();
        const { actions } = await run.plan({ refresh: false });
        expect(Object.keys(actions).length).toBeGreaterThan(5);
        expect(new Set(Object.values(actions).flat())).toEqual(new Set(["create"]));
      },
    );
  });
}
