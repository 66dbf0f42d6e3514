import { startAws } from "../support/servers/aws-world";
import { addressesOf, alone, interruptionsOf, lifecycleOf } from "../support/terraform/lifecycle";
import { proofsOf } from "../support/terraform/proofs";
import type { Json } from "../support/terraform/terraform";
import { json, lifecycle, recovery, start } from "./lifecycle";

const { stack: STACK, needs } = lifecycle;

lifecycleOf(lifecycle);
interruptionsOf(lifecycle, recovery, 53);

const faults = (sentence: string, share: number, kind: "throttle" | "unavailable") => ({ sentence, share, kind });
const everything = addressesOf(json).length;

proofsOf(
  STACK,
  [...needs],
  (prove) => {
    prove("refusal", "without one of its records the certificate is never issued", async () => {
      const world = await start();
      const before = await world.objects();
      const text = withoutRecord(json, "aws_route53_record.validation_api_example_org");
      const validation = { "inference-api": { timeouts: { create: "15s" } } };
      const more = { resource: { aws_acm_certificate_validation: validation } };
      const use = async ({ stack }: Parameters<Parameters<typeof alone>[2]>[0]) => {
        await expect(stack.apply()).rejects.toThrow(/timeout while waiting for state to become 'ISSUED'/);
        const { certificates } = await world.moto.inventory();
        expect(certificates).toEqual([expect.objectContaining({ Status: "PENDING_VALIDATION" })]);
        await stack.destroy();
        expect(await world.objects()).toEqual(before);
      };
      await alone(world, text, use, more);
    });

    prove("refusal", "an apply into another account stops before anything is made", async () => {
      const world = await startAws({ account: "999999999999", zones: {}, listeners: [] });
      await alone(world, json, async ({ stack }) => {
        await expect(stack.apply()).rejects.toThrow(/AWS account ID not allowed: 999999999999/);
        expect((await world.moto.log()).map(({ service, action }) => `${service} ${action}`)).toEqual([
          "sts GetCallerIdentity",
        ]);
      });
    });

    for (const { sentence, share, kind } of [
      faults("with a fifth of all calls throttled", 0.2, "throttle"),
      faults("with a fifth of all calls answered by 503", 0.2, "unavailable"),
    ]) {
      const survive = async () => {
        const world = await start({ waitForChanges: true, faults: { share, kind, seed: 7 } });
        const before = await world.objects();
        await alone(world, json, async ({ stack }) => {
          expect(await stack.apply()).toMatchObject({ added: everything });
          expect((await stack.plan()).exitCode).toBe(0);
          await stack.destroy();
          expect(await world.objects()).toEqual(before);
          const refused = (await world.moto.log()).filter(({ fault }) => fault !== undefined);
          expect(new Set(refused.map(({ service }) => service)).size).toBeGreaterThan(1);
        });
      };
      prove("faults", `${sentence} it still applies, plans empty and goes`, survive, 400);
    }

    const lasting = async () => {
      const world = await start();
      await alone(world, json, async ({ stack }) => {
        await world.moto.setFaults({ share: 1, kind: "unavailable", services: ["acm"] });
        await expect(stack.apply()).rejects.toThrow(/requesting ACM Certificate[\s\S]*(503|unavailable)/i);
        await world.moto.setFaults({ share: 0 });
        // What was not made is not in the state: the next apply is an ordinary one.
        await stack.apply();
        expect((await stack.plan()).exitCode).toBe(0);
      });
    };
    prove(
      "faults",
      "a service that is down for good is named in bounded time, and the next apply goes on",
      lasting,
      300,
    );

    const dead = async () => {
      const world = await start();
      const stopped = alone(world, json, async ({ stack }) => {
        const applying = stack.apply();
        await new Promise((next) => setTimeout(next, 3_000));
        world.moto.kill();
        await applying;
      });
      await expect(stopped).rejects.toThrow(/moto ended by itself[\s\S]*while terraform apply ran/);
    };
    prove("refusal", "a server that dies is named at once", dead);
  },
  { fromStart: true },
);

/** The stack as somebody would write it who forgot a name: the record and the mention of it are gone. */
function withoutRecord(text: string, address: string): string {
  const document = JSON.parse(text) as { resource: Record<string, Record<string, Json>>; output: Json };
  const name = address.split(".")[1] ?? "";
  delete document.resource.aws_route53_record?.[name];
  for (const validation of Object.values(document.resource.aws_acm_certificate_validation ?? {})) {
    delete validation.validation_record_fqdns;
  }
  const { output: _mentionsTheRecord, ...rest } = document;
  return JSON.stringify(rest);
}
