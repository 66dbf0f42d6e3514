import { namedOfType, type PreviousResource, type PreviousStack, textsOf } from "../../lib/change/previous-stack";
import { lookup, lookupId } from "../../lib/config/dns-hosts";
import { type DnsName, withoutWildcard } from "../../lib/config/dns-names";
import { type Place, show } from "../../lib/config/report";
import { addressRecordId, proofRecordId } from "./addresses";
import type { GcpManagedSanConfig } from "./config";

/**
 * Records that lead hosts here, or that let Google renew their certificates, must stay where they are. An apply that
 * deletes them cannot know whether they exist elsewhere.
 */
export function checkRecords(stack: GcpManagedSanConfig, previous: PreviousStack, place: Place): void {
  const here = place.in("dns");
  if (here.refused || checkAccount(stack, previous, here.in("account"))) return;
  const { dns, hosts, acceptOutage } = stack;
  const records = new Map([
    ...namedOfType(previous, "google_dns_record_set"),
    ...namedOfType(previous, "aws_route53_record"),
  ]);
  const goes = (id: string, target: PreviousResource) => {
    const record = records.get(inAddress(id));
    return (
      record !== undefined && !(placeOf(record, previous) === placeOf(target, previous) || lookedUp(record, target))
    );
  };
  const asked = hosts.filter(({ name }) => !acceptOutage.includes(name));
  const leads = dns.in !== "elsewhere" && dns.addressRecords;
  const led = asked.filter(({ name, zone }) =>
    (stack.ipv6 ? (["A", "AAAA"] as const) : (["A"] as const)).some((type) =>
      goes(addressRecordId(name, type), leads ? placed(stack, zone) : {}),
    ),
  );
  const proved = stack.authorizations.flatMap(({ domain, zone }) =>
    goes(proofRecordId(domain), placed(stack, zone))
      ? asked.filter(({ name }) => withoutWildcard(name) === domain)
      : [],
  );
  if (led.length > 0) {
    const field = dns.in === "elsewhere" || leads ? here : here.in("addressRecords");
    field.problem(
      `would delete the records that lead ${listed(namesOf(led))} here; make them elsewhere and lead resolvers there first, or keep them with \`terraform state rm\`, and name the hosts in acceptOutage`,
    );
  }
  if (proved.length > 0) {
    here.problem(
      `would delete the records with which Google renews the certificates of ${listed(namesOf(proved))}; make them elsewhere and lead resolvers there first, or keep them with \`terraform state rm\`, and name the hosts in acceptOutage`,
    );
  }
}

/**
 * In another account of AWS the records are not found that are there, so they are made a second time.
 *
 * @returns whether that was said
 */
function checkAccount(
  { dns, hosts, acceptOutage }: GcpManagedSanConfig,
  previous: PreviousStack,
  place: Place,
): boolean {
  const [was] = textsOf(previous.resources["provider.aws"]?.allowed_account_ids);
  const is = dns.in === "route53" ? dns.account : undefined;
  const moved = was !== undefined && is !== undefined && was !== is;
  if (!moved || place.refused || hosts.every(({ name }) => acceptOutage.includes(name))) return false;
  place.problem(
    `is ${show(is)}, was ${show(was)}: the records of ${listed(namesOf(hosts))} would be made in the zones of ${is}, and those in ${was}, which lead clients here and with which Google renews, stay with nothing that manages them; first write dns: { in: "elsewhere" }, keep them with \`terraform state rm\` and name the hosts in acceptOutage, and write the new account once resolvers are led to its zones`,
  );
  return true;
}

/** The place of a stack's record, as arguments of the provider that makes it. */
function placed({ dns, project }: GcpManagedSanConfig, zone = ""): PreviousResource {
  switch (dns.in) {
    case "elsewhere":
      return {};
    case "cloud-dns":
      return { project: dns.project ?? project, managed_zone: dns.zones[zone] };
    case "route53":
      return { zone_id: dns.zones[zone] === lookup ? lookedUpZone(zone) : dns.zones[zone] };
  }
}

const lookedUpZone = (zone: DnsName) => `\${data.aws_route53_zone.${inAddress(lookupId(zone))}.zone_id}`;

/** An id as part of an address: the base stack writes `_` for the dots of DNS names. */
const inAddress = (id: string) => id.replaceAll(".", "_");

/** Whether one zone is known by its id and the other by a look-up. Two such records in Route 53 count as in one zone. */
function lookedUp(one: PreviousResource, other: PreviousResource): boolean {
  const references = [one, other].map(({ zone_id }) => typeof zone_id === "string" && zone_id.startsWith("${"));
  return one.zone_id !== undefined && other.zone_id !== undefined && references[0] !== references[1];
}

/** The place of a record as a text. An output omits the project if it is the stack's. */
function placeOf({ project, managed_zone, zone_id }: PreviousResource, previous: PreviousStack): string {
  if (managed_zone === undefined) return `zone ${zone_id}`;
  return `zone ${managed_zone} of ${project ?? previous.resources["provider.google"]?.project}`;
}

const namesOf = (hosts: readonly { readonly name: DnsName }[]) => hosts.map(({ name }) => name);

/** Hosts in a sentence: the first two, and how many more there are. */
export function listed(hosts: readonly DnsName[]): string {
  const [first, second, ...more] = hosts.map(show);
  if (second === undefined) return first ?? "";
  return more.length === 0 ? `${first} and ${second}` : `${first}, ${second} and ${more.length} more`;
}
