import { type Arn, type ListenerArn, parseListenerArn, parseTopicArn } from "../../lib/config/aws";
import { readZones, type Zones, zoneOf, zonesInUse } from "../../lib/config/dns-hosts";
import {
  commonNameLimit,
  commonNameOf,
  type DnsName,
  publicNameProblem,
  withoutWildcard,
} from "../../lib/config/dns-names";
import { day, type Seconds } from "../../lib/config/duration";
import { keyProblem } from "../../lib/config/identifiers";
import type { KeyKind } from "../../lib/config/keys";
import { publicLifetime } from "../../lib/config/lifetimes";
import { readNames } from "../../lib/config/names";
import type { Place } from "../../lib/config/report";
import { sortedEntries } from "../../lib/config/sorted-map";
import type { Around } from "../scenario";
import { type AcmRoute53Input, mostNamesPerCertificate } from "./input";

type CertificateInput = AcmRoute53Input["certificates"][string];

/** ACM's names for keys. */
export const keyAlgorithms: Readonly<Partial<Record<KeyKind, string>>> = {
  "ecdsa-p256": "EC_prime256v1",
  "ecdsa-p384": "EC_secp384r1",
  "rsa-2048": "RSA_2048",
};

/** One validation record that a certificate needs. */
export interface ValidationConfig {
  /** The name that is proved: no wildcard, so a name and its wildcard share one. */
  readonly name: DnsName;
  /** The certificate's name that ACM lists the record under. */
  readonly domain: DnsName;
  /** The zone that the record belongs to. */
  readonly zone: DnsName;
}

/** What rings when a certificate was not renewed. */
export interface ExpiryAlarmConfig {
  /** Its name in CloudWatch, of which an account has one per region. */
  readonly name: string;
  readonly before: Seconds;
  /** SNS topics, sorted by ARN. */
  readonly topics: readonly Arn[];
}

/** One certificate, complete. */
export interface AcmCertificateConfig
  extends Pick<CertificateInput, "key" | "purpose" | "validationTimeout" | "records"> {
  readonly name: string;
  readonly commonName: DnsName;
  readonly names: readonly DnsName[];
  /** Where the certificate lives: the stack's region, or us-east-1 for CloudFront. */
  readonly region: string;
  /** Listeners the certificate is added to, sorted by ARN. */
  readonly listeners: readonly ListenerArn[];
  readonly consumers: readonly ("cloudfront" | "api-gateway")[];
  readonly alarm: ExpiryAlarmConfig | undefined;
  /** Records of this stack; empty when another stack owns them. */
  readonly validations: readonly ValidationConfig[];
}

/** A stack of public certificates from ACM, complete. */
export interface AcmRoute53Config {
  readonly account: string | undefined;
  readonly region: string;
  /** Zones that records are written to. */
  readonly zones: Zones;
  readonly certificates: readonly AcmCertificateConfig[];
  /** The longest lifetime of a public certificate at the horizon. */
  readonly lifetime: Seconds;
  readonly namesPerCertificate: number;
}

/**
 * Completes a stack: names normalised and sorted, each with its zone, defaults filled in. Reports what keeps a
 * certificate from having its parts; judging the parts is left to the checks.
 */
export function read(input: AcmRoute53Input, around: Around, place: Place): AcmRoute53Config {
  const { project, environment, stack, horizon } = around;
  const lifetime = publicLifetime(horizon);
  const alarmPrefix = `${project}-${environment}-${stack}`;
  const zones = readZones(input.dns.zones, place.in("dns"));
  const entries = sortedEntries(input.certificates);
  const certificatesPlace = place.in("certificates");
  if (entries.length === 0 && !certificatesPlace.wrong) {
    certificatesPlace.problem("is empty; write at least one certificate");
  }
  const certificates = entries.map(([name, certificate]) =>
    readCertificate(
      name,
      certificate,
      { region: input.region, zones, lifetime, alarmPrefix },
      certificatesPlace.in(name),
    ),
  );
  return {
    account: input.account || undefined,
    region: input.region,
    zones: zonesInUse(
      zones,
      certificates.flatMap(({ validations }) => validations),
    ),
    certificates,
    lifetime,
    namesPerCertificate: place.in("quota", "namesPerCertificate").refused
      ? mostNamesPerCertificate
      : input.quota.namesPerCertificate,
  };
}

function readCertificate(
  name: string,
  input: CertificateInput,
  stack: Pick<AcmRoute53Config, "region" | "lifetime"> & {
    readonly zones: Zones | undefined;
    readonly alarmPrefix: string;
  },
  place: Place,
): AcmCertificateConfig {
  place.problem(keyProblem(name));
  const { names: given, attach, alarm, ...rest } = input;
  const namesPlace = place.in("names");
  const names = readNames(given, namesPlace);
  if (given.length === 0) namesPlace.problem("is empty; write at least one DNS name");
  const commonName = commonNameOf(names);
  if (names.length > 0 && commonName === undefined && !namesPlace.wrong) {
    namesPlace.problem(
      `has no name of at most ${commonNameLimit} characters, which the common name needs (RFC 5280); add a shorter name`,
    );
  }
  const issuable = names.filter((member) => {
    const mistake = publicNameProblem(member, "ACM");
    namesPlace.in({ member }).problem(mistake);
    return mistake === undefined;
  });
  const consumers = (["cloudfront", "api-gateway"] as const).filter((to) => attach.some((one) => one.to === to));
  const records = place.in("records").refused ? "existing" : rest.records;
  // A consumer that could not be read may need another region.
  const attachPlace = place.in("attach");
  const unclear = attachPlace.refused || attach.some((_, index) => attachPlace.in(index).refused);
  return {
    ...rest,
    name,
    commonName: commonName ?? names[0] ?? "",
    names,
    region: consumers.includes("cloudfront") ? "us-east-1" : unclear ? "" : stack.region,
    listeners: sortedArns(attach.map((one) => ("arn" in one ? parseListenerArn(one.arn) : undefined))),
    consumers,
    alarm: readAlarm(`${stack.alarmPrefix}-${name}-expiry`, alarm, stack.lifetime),
    validations: records === "managed" ? readValidations(issuable, stack.zones, namesPlace) : [],
    records,
  };
}

/** The alarm rings by default at 15 % of the public lifetime, in whole days: well after ACM should have renewed. */
export function defaultAlarm(lifetime: Seconds): Seconds {
  return Math.floor((lifetime * 0.15) / day) * day;
}

function readAlarm(name: string, input: CertificateInput["alarm"], lifetime: Seconds): ExpiryAlarmConfig | undefined {
  if (input === false) return undefined;
  const { before = defaultAlarm(lifetime), topics } = input;
  return { name, before, topics: sortedArns(topics.map(parseTopicArn)) };
}

function sortedArns<Kind extends Arn>(arns: readonly (Kind | undefined)[]): readonly Kind[] {
  const known = new Map(arns.flatMap((one) => (one === undefined ? [] : [[one.arn, one] as const])));
  return [...known.values()].sort((one, other) => (one.arn < other.arn ? -1 : 1));
}

function readValidations(
  names: readonly DnsName[],
  zones: Zones | undefined,
  place: Place,
): readonly ValidationConfig[] {
  const proved = [...new Set(names.map(withoutWildcard))].sort();
  return proved.flatMap((name) => {
    // ACM lists the record under the certificate's own spelling of the name, wildcard included.
    const domain = names.includes(name) ? name : `*.${name}`;
    const zone = zoneOf(name, zones, place.in({ member: domain }));
    return zone === undefined ? [] : [{ name, domain, zone }];
  });
}
