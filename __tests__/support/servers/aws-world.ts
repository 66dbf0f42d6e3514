import type { World } from "../terraform/lifecycle";
import { type Inventory, type Moto, startMoto } from "./moto";

/** AWS as a stack of certificates meets it. */
export interface AwsWorld extends World {
  moto: Moto;
}

/** What stands before a stack is applied: zones by name, and listeners. */
export interface Surroundings {
  account: string;
  zones: Readonly<Record<string, string>>;
  listeners: readonly string[];
}

/** Strict moto with the surroundings that a config says exist. */
export async function startAws(
  { account, zones, listeners }: Surroundings,
  options: Parameters<typeof startMoto>[0] = {},
): Promise<AwsWorld> {
  const moto = await startMoto({ account, ...options });
  for (const [name, id] of Object.entries(zones)) await moto.addZone({ id, name });
  for (const arn of listeners) await moto.addListener(arn);
  return {
    moto,
    servers: ["moto 5.2.1 made strict: our reading of AWS, not AWS"],
    overrides: (configuration) => moto.override(configuration),
    objects: async () => objectsIn(await moto.inventory()),
    beginLog: () => moto.clearLog(),
    died: moto.died,
    stop: () => moto.stop(),
  };
}

/** Certificates have another ARN each time that they are made: they are told by their names. */
function objectsIn({ zones, certificates, listeners, alarms }: Inventory): readonly string[] {
  const names = (arn: string) =>
    certificates
      .find(({ CertificateArn }) => CertificateArn === arn)
      ?.SubjectAlternativeNames.toSorted()
      .join(" ");
  return [
    ...certificates.map(({ CertificateArn: arn, Status, KeyAlgorithm, tags }) => {
      const labels = Object.entries(tags).map(([key, value]) => `${key}=${value}`);
      return ["certificate", names(arn), Status, KeyAlgorithm, ...labels.sort()].join(" ");
    }),
    ...zones.flatMap(({ id, records }) =>
      records.map(({ name, type, ttl, values }) => `record ${id} ${name} ${type} ${ttl} ${values.join(" ")}`),
    ),
    ...listeners.map(({ arn, certificates: shown }) => `listener ${arn} shows ${shown.map(names).sort().join(", ")}`),
    ...alarms.map(({ region, name }) => `alarm ${region} ${name}`),
  ].sort();
}
