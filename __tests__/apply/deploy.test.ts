import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import example from "../../config/example";
import { json, lifecycle, start } from "../acm-route53/lifecycle";
import type { AwsWorld } from "../support/servers/aws-world";
import { removeFolder } from "../support/temporary";
import { addressesOf } from "../support/terraform/lifecycle";
import { proofsOf } from "../support/terraform/proofs";
import { cleanEnvironment, commandHome, mirroredVersions, run } from "../support/terraform/terraform";

const STACK = "acm-route53";
const { stacks, ...settings } = example;

/** The framework's own command line, as a user runs it: no override file, nothing but the environment leads it here. */
proofsOf(`${STACK} (npx cdktf)`, [...lifecycle.needs], (prove) => {
  let world: AwsWorld;
  let before: readonly string[];
  let home: string;

  const cdktf = async (...args: string[]) => {
    const environment = {
      ...cleanEnvironment(home),
      TF_DATA_DIR: undefined,
      CI: "1",
      TLS_STACKS_CONFIG: join(home, "config.json"),
      AWS_ENDPOINT_URL: world.moto.endpoint,
      AWS_ACCESS_KEY_ID: "test",
      AWS_SECRET_ACCESS_KEY: "test",
    };
    const output = ["--output", join(home, "project", "cdktf.out")];
    const { exitCode, log } = await run("npx", ["cdktf", ...args, ...output], process.cwd(), environment, 200);
    return { exitCode, log };
  };

  afterAll(async () => {
    await world?.stop();
    if (home !== undefined) removeFolder(home);
  });

  prove("apply", "deploy makes every resource", async () => {
    home = commandHome("cdktf");
    mkdirSync(join(home, "project"));
    const providers = { aws: { version: mirroredVersions("hashicorp/aws")[0]?.version } };
    const config = { ...settings, providers, stacks: { [STACK]: stacks[STACK] } };
    writeFileSync(join(home, "config.json"), JSON.stringify(config));
    world = await start();
    before = await world.objects();
    const { exitCode, log } = await cdktf("deploy", STACK, "--auto-approve", "--skip-provider-lock");
    expect({ exitCode, log }).toEqual({
      exitCode: 0,
      log: expect.stringContaining(`Resources: ${addressesOf(json).length} added, 0 changed, 0 destroyed`),
    });
    expect((await world.moto.inventory()).certificates).toEqual([expect.objectContaining({ Status: "ISSUED" })]);
  });

  prove("destroy", "destroy leaves what was there before", async () => {
    const { exitCode, log } = await cdktf("destroy", STACK, "--auto-approve", "--skip-provider-lock");
    expect({ exitCode, log }).toEqual({
      exitCode: 0,
      log: expect.stringContaining(`${addressesOf(json).length} destroyed`),
    });
    expect(await world.objects()).toEqual(before);
  });
});
