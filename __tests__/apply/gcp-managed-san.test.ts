import perName from "../../config/examples/gcp-per-name";
import { startGoogleApi } from "../support/google-api";
import { synthesized } from "../support/proofs";
import { type Json, workspace } from "../support/terraform";

test("first", async () => {
  const api = await startGoogleApi();
  api.put("dns/projects/test-project/managedZones/example-com", { name: "example-com" });
  const text = synthesized(perName)["gcp-managed-san"] ?? "";
  const run = workspace(text, { overrides: api.override(JSON.parse(text) as Json) });
  try {
    await run.init();
    const said = await run.apply();
    console.log(
      said.seconds,
      said.warnings.map((w) => w.summary),
    );
    console.log(
      api
        .log()
        .map((c) => `${c.status} ${c.method} ${c.path}`)
        .join("\n"),
    );
    const again = await run.plan();
    console.log(
      JSON.stringify(
        (await again.json()).resource_changes?.filter((c) => c.change.actions[0] !== "no-op"),
        null,
        1,
      ),
    );
    console.log(again.actions, again.outputs);
    const gone = await run.destroy();
    console.log(gone.destroyed, Object.keys(api.objects()));
  } catch (e) {
    console.log(
      String(e),
      api
        .log()
        .map((c) => `${c.status} ${c.method} ${c.path} ${JSON.stringify(c.body)}`)
        .join("\n"),
    );
    throw e;
  } finally {
    run.remove();
    await api.stop();
  }
}, 300000);
