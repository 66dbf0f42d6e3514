import example from "../../config/example";
import { type AwsWorld, startAws } from "../support/servers/aws-world";
import { type Call, motoNeed } from "../support/servers/moto";
import {
  type Actions,
  addressesOf,
  type Change,
  type Drift,
  type Lifecycle,
  type Recovery,
} from "../support/terraform/lifecycle";
import { synthesized } from "../support/terraform/proofs";
import { type Json, needsOf } from "../support/terraform/terraform";

const STACK = "acm-route53";

/** The parts of the example that are changed here, or that servers are set up from. */
interface Scenario {
  account: string;
  region: string;
  dns: { zones: Record<string, string> };
  certificates: Record<string, { names: string[]; key?: string; attach: { arn: string }[] }>;
}
const scenario = (example.stacks as Record<string, Scenario>)[STACK] as Scenario;
const certificate = scenario.certificates["inference-api"] as Scenario["certificates"][string];
const { region } = scenario;

/** The listener that the example's certificate is put on. */
export const listener = certificate.attach[0]?.arn ?? "";

/** The example's stack. */
export const json = synthesized("config/example.ts")[STACK] as string;
const addresses = addressesOf(json);

/** The example with other certificates, as the product synthesizes it. */
function withCertificates(certificates: Record<string, Partial<Scenario["certificates"][string]>>): string {
  const { stacks, ...rest } = example;
  return synthesized({ ...rest, stacks: { [STACK]: { ...stacks[STACK], certificates } } })[STACK] as string;
}

/** The example with other names in its certificate. */
const withNames = (names: string[]) => withCertificates({ "inference-api": { ...certificate, names } });

/** Servers as the example says that they are. */
export const start = (options: Parameters<typeof startAws>[1] = {}) =>
  startAws({ account: scenario.account, zones: scenario.dns.zones, listeners: [listener] }, options);

const recordChanges = (calls: Call[]) =>
  calls.filter(({ action }) => action === "ChangeResourceRecordSets").flatMap(({ parameters }) => parameters.changes);

const certificateAddress = "aws_acm_certificate.inference-api";
const validationAddress = "aws_acm_certificate_validation.inference-api";
const attachmentAddress = addresses.find((address) => address.startsWith("aws_lb_listener_certificate.")) ?? "";
const alarmAddress = "aws_cloudwatch_metric_alarm.inference-api";
const records = addresses.filter((address) => address.startsWith("aws_route53_record."));

/** Another certificate in place of the old one, which goes last; the records are looked up anew, and are the same. */
const reissued: Actions = {
  ...Object.fromEntries(records.map((address) => [address, ["update"]])),
  ...Object.fromEntries(
    [certificateAddress, validationAddress, attachmentAddress].map((address) => [address, ["create", "delete"]]),
  ),
  [alarmAddress]: ["update"],
};

const changes: Change<AwsWorld>[] = [
  {
    sentence: "names in another order change nothing",
    json: withNames([...certificate.names].reverse()),
    actions: {},
  },
  {
    sentence: "a name added keeps every record, and the listener is never without a certificate",
    json: withNames([...certificate.names, "chat.example.com"]),
    actions: { ...reissued, "aws_route53_record.validation_chat_example_com": ["create"] },
    // A record is planned to change because its certificate's options are not known, and found to be the same.
    changed: 1,
    holds: async ({ world: { moto } }) => {
      const calls = await moto.log();
      expect(recordChanges(calls)).toEqual([expect.stringMatching(/^(CREATE|UPSERT) .*chat\.example\.com/)]);
      const order = calls.map(({ action }) => action).filter((action) => /Listener|DeleteCertificate/.test(action));
      const writes = order.filter((action) => !action.startsWith("Describe"));
      // A call that takes long is sent again.
      expect(writes.filter((action, place) => action !== writes[place - 1])).toEqual([
        "AddListenerCertificates",
        "RemoveListenerCertificates",
        "DeleteCertificate",
      ]);
    },
  },
  {
    sentence: "a name removed takes its record and nothing else",
    json,
    actions: { ...reissued, "aws_route53_record.validation_chat_example_com": ["delete"] },
    changed: 1,
    holds: async ({ world: { moto } }) =>
      expect(recordChanges(await moto.log())).toEqual([expect.stringMatching(/^DELETE .*chat\.example\.com/)]),
  },
  {
    sentence: "a second certificate for a name uses the first one's record",
    json: withCertificates({ "inference-api": certificate, "second-api": { names: ["api.example.com"] } }),
    actions: {
      "aws_acm_certificate.second-api": ["create"],
      "aws_acm_certificate_validation.second-api": ["create"],
      "aws_cloudwatch_metric_alarm.second-api": ["create"],
    },
  },
  {
    sentence: "another key makes another certificate before the old one goes, and touches no record",
    json: withCertificates({
      "inference-api": certificate,
      "second-api": { names: ["api.example.com"], key: "rsa-2048" },
    }),
    actions: {
      "aws_acm_certificate.second-api": ["create", "delete"],
      "aws_acm_certificate_validation.second-api": ["create", "delete"],
      "aws_cloudwatch_metric_alarm.second-api": ["update"],
    },
    holds: async ({ world: { moto } }) => expect(recordChanges(await moto.log())).toEqual([]),
  },
  {
    sentence: "a certificate removed takes its own alarm, attachment and nothing of the other one's",
    json,
    actions: {
      "aws_acm_certificate.second-api": ["delete"],
      "aws_acm_certificate_validation.second-api": ["delete"],
      "aws_cloudwatch_metric_alarm.second-api": ["delete"],
    },
    holds: async ({ world: { moto } }) => expect(recordChanges(await moto.log())).toEqual([]),
  },
];

/** A record of a zone of the example. */
async function recordIn({ moto }: AwsWorld, zone: string) {
  const found = (await moto.inventory()).zones.find(({ name }) => name === zone);
  const record = found?.records[0];
  if (found === undefined || record === undefined) throw new Error(`${zone} holds no record`);
  return { zone: found.id, record };
}

async function shownArn({ moto }: AwsWorld): Promise<string> {
  return (await moto.inventory()).listeners[0]?.certificates[0] ?? "";
}

async function detach(world: AwsWorld): Promise<void> {
  await world.moto.call("elasticloadbalancing", region, {
    Action: "RemoveListenerCertificates",
    Version: "2015-12-01",
    ListenerArn: listener,
    "Certificates.member.1.CertificateArn": await shownArn(world),
  });
}

const drifts: Drift<AwsWorld>[] = [
  {
    sentence: "a tag changed",
    happens: async (world) =>
      world.moto.callAcm(region, "AddTagsToCertificate", {
        CertificateArn: await shownArn(world),
        Tags: [{ Key: "team", Value: "elsewhere" }],
      }),
    actions: { [certificateAddress]: ["update"] },
  },
  {
    sentence: "a record's value changed",
    happens: async (world) => {
      const { zone, record } = await recordIn(world, "example.org");
      await world.moto.changeRecords(zone, [{ action: "UPSERT", ...record, values: ["elsewhere.example.net."] }]);
    },
    actions: { "aws_route53_record.validation_api_example_org": ["update"] },
  },
  {
    sentence: "a record deleted",
    happens: async (world) => {
      const { zone, record } = await recordIn(world, "example.com");
      await world.moto.changeRecords(zone, [{ action: "DELETE", ...record }]);
    },
    actions: {
      "aws_route53_record.validation_api_example_com": ["create"],
      // It waits for the record that comes back, and makes and deletes nothing at AWS.
      [validationAddress]: ["create", "delete"],
    },
  },
  {
    sentence: "the certificate taken off its listener",
    happens: detach,
    actions: { [attachmentAddress]: ["create"] },
  },
  {
    sentence: "the alarm deleted",
    happens: async ({ moto }) => {
      const [alarm] = (await moto.inventory()).alarms;
      const names = { "AlarmNames.member.1": alarm?.name ?? "" };
      await moto.call("monitoring", region, { Action: "DeleteAlarms", Version: "2010-08-01", ...names });
    },
    actions: { [alarmAddress]: ["create"] },
  },
  {
    sentence: "the certificate deleted",
    happens: async (world) => {
      const arn = await shownArn(world);
      await detach(world);
      await world.moto.callAcm(region, "DeleteCertificate", { CertificateArn: arn });
    },
    actions: {
      ...reissued,
      [certificateAddress]: ["create"],
      [validationAddress]: ["create"],
      [attachmentAddress]: ["create"],
    },
  },
];

/** What the stack says of itself. */
export const lifecycle: Lifecycle<AwsWorld> = {
  stack: STACK,
  json,
  needs: [...needsOf(JSON.parse(json) as Json), motoNeed()],
  start,
  outputs: [
    {
      sentence: "the certificate is issued, has its names and key, and is on the listener",
      holds: async ({ world: { moto } }) => {
        const { certificates, listeners } = await moto.inventory();
        expect(certificates).toEqual([expect.objectContaining({ Status: "ISSUED", KeyAlgorithm: "EC_prime256v1" })]);
        expect(certificates[0]?.SubjectAlternativeNames.toSorted()).toEqual(certificate.names.toSorted());
        expect(listeners).toEqual([{ arn: listener, certificates: [certificates[0]?.CertificateArn] }]);
      },
    },
    {
      sentence: "the issued certificate and the records in the zones are named",
      holds: async ({ world: { moto }, stack }) => {
        const { certificates, zones } = await moto.inventory();
        const output = await stack.output();
        expect(output.certificate_arns).toEqual({ "inference-api": certificates[0]?.CertificateArn });
        const names = zones.flatMap((zone) => zone.records.map((record) => record.name));
        expect(Object.values(output.validation_record_fqdns as Record<string, string>).sort()).toEqual(names.sort());
      },
    },
  ],
  served: async ({ moto }) => {
    const { certificates, listeners } = await moto.inventory();
    const shown = certificates.filter(({ CertificateArn: arn }) => listeners[0]?.certificates.includes(arn));
    const serves = shown.some(
      ({ Status, SubjectAlternativeNames: names }) =>
        Status === "ISSUED" && certificate.names.every((name) => names.includes(name)),
    );
    return serves ? undefined : "the listener shows no issued certificate with the names";
  },
  changes,
  drifts,
};

/** What an operator looks up and imports after an apply that was cut off: all else is found by Terraform itself. */
export const recovery: Recovery<AwsWorld> = {
  kept: /^aws_(?!acm_certificate_validation)/,
  importIds: async ({ moto }) =>
    Object.fromEntries(
      (await moto.inventory()).certificates.map(({ CertificateArn: arn }) => [certificateAddress, arn]),
    ),
};
