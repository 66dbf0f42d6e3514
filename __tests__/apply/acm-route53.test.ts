import example from "../../config/example";
import { type Call, type Moto, motoNeed, startMoto } from "../support/moto";
import { evidence, proofsOf, synthesized } from "../support/proofs";
import { type Json, needsOf, TerraformError, type Workspace, workspace } from "../support/terraform";

const STACK = "acm-route53";
const scenario = (example.stacks as Record<string, Scenario>)[STACK] as Scenario;
const certificate = scenario.certificates["inference-api"] as Scenario["certificates"][string];
const listener = certificate.attach[0]?.arn ?? "";
const json = synthesized("config/example.ts")[STACK] as string;
const addresses = addressesOf(json);
const records = addresses.filter((address) => address.startsWith("aws_route53_record."));

/** The parts of the example that this file changes or sets up servers from. */
interface Scenario {
  account: string;
  region: string;
  zones: Record<string, string>;
  certificates: Record<string, { names: string[]; attach: { arn: string }[] }>;
}

/** The example with other certificates, as the product synthesizes it. */
function withCertificates(certificates: Record<string, Partial<Scenario["certificates"][string]>>): string {
  const { stacks, ...rest } = example;
  return synthesized({ ...rest, stacks: { [STACK]: { ...stacks[STACK], certificates } } })[STACK] as string;
}

/** The example with other names in its certificate. */
const withNames = (names: string[]) => withCertificates({ "inference-api": { ...certificate, names } });

function addressesOf(text: string): string[] {
  const { resource } = JSON.parse(text) as { resource: Record<string, Record<string, Json>> };
  return Object.entries(resource).flatMap(([type, named]) => Object.keys(named).map((name) => `${type}.${name}`));
}

/** A server with the zones and listener that the example says exist, in the example's account. */
async function prepared(options: Parameters<typeof startMoto>[0] = {}): Promise<Moto> {
  const moto = await startMoto({ account: scenario.account, ...options });
  for (const [name, id] of Object.entries(scenario.zones)) await moto.addZone({ id, name });
  await moto.addListener(listener);
  return moto;
}

function onServer(moto: Moto, text: string, more: Json = {}): Workspace {
  return workspace(text, { overrides: { ...moto.override(JSON.parse(text) as Json), ...more } });
}

async function expectOnlyWhatTheTestMade(moto: Moto): Promise<void> {
  const { zones, certificates, listeners, alarms } = await moto.inventory();
  expect({ certificates, alarms }).toEqual({ certificates: [], alarms: [] });
  expect(zones.map((zone) => zone.records)).toEqual(zones.map(() => []));
  expect(listeners).toEqual([{ arn: listener, certificates: [] }]);
}

const changes = (calls: Call[]) =>
  calls.filter(({ action }) => action === "ChangeResourceRecordSets").flatMap(({ parameters }) => parameters.changes);

const needs = [...needsOf(JSON.parse(json) as Json), motoNeed()];

proofsOf(STACK, needs, (prove) => {
  let moto: Moto;
  let stack: Workspace;
  const stop: (() => Promise<void> | void)[] = [];

  afterAll(async () => {
    for (const end of stop.reverse()) await end();
  }, 60_000);

  prove("validate", "no diagnostic at all, not even a warning", async () => {
    evidence(STACK, json, ["moto 5.2.1 made strict: our reading of AWS, not AWS"]);
    moto = await prepared();
    stop.push(() => moto.stop());
    stack = onServer(moto, json);
    stop.push(() => stack.remove());
    await stack.init();
    await stack.validate();
  });

  prove("plan", "the first plan only creates", async () => {
    const plan = await stack.plan();
    expect(plan.actions).toEqual(Object.fromEntries(addresses.map((address) => [address, ["create"]])));
  });

  prove("apply", "adds every resource, and the certificate is issued and attached", async () => {
    expect(await stack.apply()).toMatchObject({ added: addresses.length, changed: 0, destroyed: 0 });
    const { certificates, listeners } = await moto.inventory();
    expect(certificates).toEqual([expect.objectContaining({ Status: "ISSUED", KeyAlgorithm: "EC_prime256v1" })]);
    expect(certificates[0]?.SubjectAlternativeNames.toSorted()).toEqual(certificate.names.toSorted());
    expect(listeners).toEqual([{ arn: listener, certificates: [certificates[0]?.CertificateArn] }]);
  });

  prove("outputs", "name the issued certificate and the records in the zones", async () => {
    const { certificates, zones } = await moto.inventory();
    const output = await stack.output();
    expect(output.certificate_arns).toEqual({ "inference-api": certificates[0]?.CertificateArn });
    const names = zones.flatMap((zone) => zone.records.map((record) => record.name));
    expect(Object.values(output.validation_record_fqdns as Record<string, string>).sort()).toEqual(names.sort());
  });

  prove("empty plan", "right after the apply", async () => {
    expect(await stack.plan()).toMatchObject({ exitCode: 0, warnings: [] });
  });

  prove("change", "names in another order change nothing", async () => {
    stack.replace(withNames([...certificate.names].reverse()));
    expect((await stack.plan()).exitCode).toBe(0);
  });

  prove("change", "a name added keeps every record, and the listener is never without a certificate", async () => {
    const [old] = (await moto.inventory()).certificates;
    const larger = withNames([...certificate.names, "chat.example.com"]);
    const added = addressesOf(larger).filter((address) => !addresses.includes(address));
    expect(added).toEqual(["aws_route53_record.validation_chat_example_com"]);
    stack.replace(larger);
    const plan = await stack.plan();
    expect(plan.actions).toEqual({
      ...Object.fromEntries(records.map((address) => [address, ["update"]])),
      ...Object.fromEntries(addresses.filter(replaced).map((address) => [address, ["create", "delete"]])),
      ...Object.fromEntries(addresses.filter(updated).map((address) => [address, ["update"]])),
      "aws_route53_record.validation_chat_example_com": ["create"],
    });
    await moto.clearLog();
    expect(await stack.apply(plan)).toMatchObject({ added: 4, changed: 1, destroyed: 3 });
    const calls = await moto.log();
    expect(changes(calls)).toEqual([expect.stringMatching(/^(CREATE|UPSERT) _.*\.chat\.example\.com\.? CNAME$/)]);
    const [present] = (await moto.inventory()).certificates;
    const order = calls.filter(({ action }) => /ListenerCertificates|DeleteCertificate/.test(action));
    expect(order.filter(({ action }) => !action.startsWith("Describe")).map(({ action }) => action)).toEqual([
      "AddListenerCertificates",
      "RemoveListenerCertificates",
      "DeleteCertificate",
    ]);
    expect((await moto.inventory()).certificates).toHaveLength(1);
    expect(present?.CertificateArn).not.toBe(old?.CertificateArn);
    expect((await stack.plan()).exitCode).toBe(0);
  });

  prove("change", "a name removed takes its record and nothing else", async () => {
    stack.replace(json);
    const plan = await stack.plan();
    const { "aws_route53_record.validation_chat_example_com": gone, ...rest } = plan.actions;
    expect(gone).toEqual(["delete"]);
    for (const record of records) expect(rest[record] ?? ["update"]).toEqual(["update"]);
    await moto.clearLog();
    await stack.apply(plan);
    expect(changes(await moto.log())).toEqual([expect.stringMatching(/^DELETE .*chat\.example\.com/)]);
    expect((await stack.plan()).exitCode).toBe(0);
  });

  prove("drift", "a changed record, a detached certificate and a deleted record are named and repaired", async () => {
    const before = await moto.inventory();
    const [com, org] = ["example.com", "example.org"].map((name) => before.zones.find((zone) => zone.name === name));
    const [deleted, changed] = [com?.records[0], org?.records[0]];
    if (!com || !org || !deleted || !changed) throw new Error("the zones hold no records");
    await moto.changeRecords(org.id, [{ action: "UPSERT", ...changed, values: ["elsewhere.example.net."] }]);
    await moto.call("elasticloadbalancing", scenario.region, {
      Action: "RemoveListenerCertificates",
      Version: "2015-12-01",
      ListenerArn: listener,
      "Certificates.member.1.CertificateArn": before.listeners[0]?.certificates[0] ?? "",
    });
    const first = {
      "aws_route53_record.validation_api_example_org": ["update"],
      [addresses.find((address) => address.startsWith("aws_lb_listener_certificate.")) ?? ""]: ["create"],
    };
    expect((await stack.plan()).actions).toEqual(first);
    await moto.changeRecords(com.id, [{ action: "DELETE", ...deleted }]);
    const plan = await stack.plan();
    expect(plan.actions).toEqual({
      ...first,
      "aws_route53_record.validation_api_example_com": ["create"],
      // It waits for the record that comes back, and makes and deletes nothing at AWS.
      "aws_acm_certificate_validation.inference-api": ["create", "delete"],
    });
    expect(await stack.apply(plan)).toMatchObject({ added: 3, changed: 1, destroyed: 1 });
    expect(await moto.inventory()).toEqual(before);
    expect((await stack.plan()).exitCode).toBe(0);
  });

  prove("change", "a record outlives the certificate it was first made for, while another one uses it", async () => {
    const second = { names: ["api.example.com"] };
    stack.replace(withCertificates({ "inference-api": certificate, "second-api": second }));
    const plan = await stack.plan();
    expect(Object.keys(plan.actions).filter((address) => address.startsWith("aws_route53_record."))).toEqual([]);
    expect(Object.values(plan.actions).every((actions) => actions.join() === "create")).toBe(true);
    await stack.apply(plan);
    stack.replace(withCertificates({ "second-api": second }));
    await moto.clearLog();
    await stack.apply();
    expect(changes(await moto.log())).toEqual([expect.stringMatching(/^DELETE .*api\.example\.org/)]);
    expect((await moto.inventory()).certificates).toEqual([expect.objectContaining({ Status: "ISSUED" })]);
    expect((await stack.plan()).exitCode).toBe(0);
  });

  prove("destroy", "leaves what was there before", async () => {
    await stack.destroy();
    expect(stack.state()).toEqual({});
    await expectOnlyWhatTheTestMade(moto);
  });
});

/** Runs with a server and a folder of its own, which are gone afterwards. */
async function alone(moto: Moto, text: string, more: Json, use: (stack: Workspace) => Promise<void>): Promise<void> {
  const stack = workspace(text, { overrides: { ...moto.override(JSON.parse(text) as Json), ...more } });
  try {
    await stack.init();
    await use(stack);
  } finally {
    stack.remove();
    await moto.stop();
  }
}

proofsOf(
  STACK,
  needs,
  (prove) => {
    prove("refusal", "without one of its records the certificate is never issued", async () => {
      const moto = await prepared();
      const text = withoutRecord(json, "aws_route53_record.validation_api_example_org");
      const validation = { "inference-api": { timeouts: { create: "15s" } } };
      await alone(moto, text, { resource: { aws_acm_certificate_validation: validation } }, async (stack) => {
        await expect(stack.apply()).rejects.toThrow(/timeout while waiting for state to become 'ISSUED'/);
        const { certificates } = await moto.inventory();
        expect(certificates).toEqual([expect.objectContaining({ Status: "PENDING_VALIDATION" })]);
        await stack.destroy();
        await expectOnlyWhatTheTestMade(moto);
      });
    });

    prove("refusal", "an apply into another account stops before anything is made", async () => {
      const moto = await startMoto({ account: "999999999999" });
      await alone(moto, json, {}, async (stack) => {
        await expect(stack.apply()).rejects.toThrow(/AWS account ID not allowed: 999999999999/);
        expect((await moto.log()).map(({ service, action }) => `${service} ${action}`)).toEqual([
          "sts GetCallerIdentity",
        ]);
      });
    });

    prove(
      "interrupt",
      "an apply stopped while it waits for ACM goes on at the next apply",
      async () => {
        const moto = await prepared({ waitForChanges: true });
        await alone(moto, json, {}, async (stack) => {
          const stop = { signal: "SIGINT", after: /aws_route53_record\.\S+: Creating/ } as const;
          await expect(stack.apply(undefined, stop)).rejects.toThrow(TerraformError);
          expect((await moto.inventory()).certificates).toHaveLength(1);
          await stack.apply();
          expect((await moto.inventory()).certificates).toEqual([expect.objectContaining({ Status: "ISSUED" })]);
          expect((await stack.plan()).exitCode).toBe(0);
          await stack.destroy();
          await expectOnlyWhatTheTestMade(moto);
        });
      },
      300,
    );

    const sentence = "with a fifth of all calls throttled it still applies, plans empty and goes";
    const faults = async () => {
      const moto = await prepared({ waitForChanges: true, faults: { share: 0.2, seed: 7 } });
      await alone(moto, json, {}, async (stack) => {
        expect(await stack.apply()).toMatchObject({ added: addresses.length });
        expect((await stack.plan()).exitCode).toBe(0);
        await stack.destroy();
        await expectOnlyWhatTheTestMade(moto);
        const refused = (await moto.log()).filter(({ fault }) => fault !== undefined);
        expect(new Set(refused.map(({ service }) => service)).size).toBeGreaterThan(1);
      });
    };
    prove("faults", sentence, faults, 400);
  },
  { fromStart: true },
);

const replaced = (address: string) =>
  /^aws_(acm_certificate|acm_certificate_validation|lb_listener_certificate)\./.test(address);
const updated = (address: string) => address.startsWith("aws_cloudwatch_metric_alarm.");

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
