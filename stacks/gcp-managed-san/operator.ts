import { lookup, type Zones, zonesInUse } from "../../lib/config/dns-hosts";
import { joined, type Markdown, markdown } from "../../lib/config/quoting";
import { asCode, enumerated, nounFor } from "../../lib/config/wording";
import type { Line, OperatorNotes } from "../scenario";
import type { GcpManagedSanConfig } from "./config";
import type { GoogleBackendConfig } from "./config-backends";

/** What the page of a handed-off folder says of this scenario. */
export function operatorNotes(config: GcpManagedSanConfig): OperatorNotes {
  const { project, hosts } = config;
  const { managed, compute } = certificateKinds(config);
  const rights = enumerated([
    markdown`load balancers${compute ? " with their SSL certificates" : ""} (\`roles/compute.loadBalancerAdmin\`)`,
    managed && markdown`Certificate Manager (\`roles/certificatemanager.owner\`)`,
    recordsRight(config),
  ]);
  return {
    purpose: markdown`Google-managed certificates on a global load balancer, which serves ${joined(
      hosts.map(({ name }) => asCode(name)),
      ", ",
    )}.`,
    needs: [
      markdown`Google Cloud credentials for the project \`${project}\` from the usual chain (\`gcloud auth application-default login\`, a service account): ${rights}. Their APIs must be enabled; one enabled a moment ago answers 403 for some minutes.`,
      ...zoneNeeds(config),
      ...googleBackendNeeds(config),
      markdown`Where a domain has CAA records, one that allows \`pki.goog\`: without it nothing is issued.`,
    ],
    expect: [
      ...issueNotes(config),
      ...recordNotes(config),
      compute && markdown`Google renews Compute's certificates by itself while every name leads to this load balancer.`,
      managed && markdown`Google renews by itself while the records of the authorizations stand. Never delete them.`,
    ],
  };
}

/** Of which of Google's two services a stack has certificates; of both while its mode changes. */
const certificateKinds = ({ certificates, computeCertificates }: GcpManagedSanConfig) => ({
  managed: certificates.length > 0,
  compute: computeCertificates.length > 0,
});

/** The zones that get records of this stack. */
function zonesWithRecords({ dns, hosts, authorizations }: GcpManagedSanConfig): Zones {
  if (dns.in === "elsewhere") return {};
  const holders = [...authorizations, ...(dns.addressRecords ? hosts : [])];
  return zonesInUse(
    dns.zones,
    holders.flatMap(({ zone }) => (zone === undefined ? [] : [{ zone }])),
  );
}

/** The right to write records into Cloud DNS. */
function recordsRight(config: GcpManagedSanConfig): Markdown | false {
  const { dns } = config;
  if (dns.in !== "cloud-dns" || Object.keys(zonesWithRecords(config)).length === 0) return false;
  return markdown`and the zones' records${dns.project === undefined ? "" : markdown` in the project \`${dns.project}\``} (\`roles/dns.admin\`)`;
}

/** The zones that must be there, and who may write into those of another cloud. */
function zoneNeeds(config: GcpManagedSanConfig): readonly Line[] {
  const { dns } = config;
  if (dns.in === "elsewhere") return [];
  const zones = zonesWithRecords(config);
  const names = Object.keys(zones);
  const shown = Object.entries(zones).map(([name, zone]) =>
    dns.in === "cloud-dns" ? markdown`\`${zone}\` (${name})` : asCode(name),
  );
  const delegated =
    names.length > 0 &&
    markdown`The public ${nounFor(dns.in === "cloud-dns" ? "managed zone" : "zone", shown)}, delegated: Google looks the records up from outside.`;
  if (dns.in === "cloud-dns") return [delegated];
  const onlyLookedUp = Object.keys(dns.zones).filter((name) => dns.zones[name] === lookup && zones[name] === undefined);
  const uses = [
    names.length > 0 && markdown`for the zones' records`,
    onlyLookedUp.length > 0 && markdown`to look up the ${nounFor("zone", onlyLookedUp.map(asCode))}`,
  ].filter((use) => use !== false);
  return [
    uses.length > 0 &&
      markdown`AWS credentials of ${dns.account === undefined ? "the zones' account" : markdown`account ${dns.account}`} ${joined(uses, ", and ")}.`,
    delegated,
  ];
}

/** How an apply and a plan tell that Google has not issued yet. */
function issueNotes(config: GcpManagedSanConfig): readonly Line[] {
  const { project, gate } = config;
  const { managed, compute } = certificateKinds(config);
  const lists = [
    managed && markdown`\`gcloud certificate-manager certificates list --project ${project}\``,
    compute && markdown`\`gcloud compute ssl-certificates list --project ${project}\``,
  ].filter((list) => list !== false);
  return [
    gate
      ? markdown`**An apply that makes a certificate ends with an error that says so: it is a gate, nothing that serves was changed.** Google issues within minutes as a rule; apply again then.`
      : markdown`An apply does not wait for certificates. A plan warns as long as one is not issued; until then its host is not served.`,
    gate && compute && markdown`A plan warns as long as one of Compute's is not issued.`,
    markdown`${joined(lists, " and ")} ${lists.length === 1 ? "says" : "say"} how far Google is.`,
  ];
}

/** Records that others make, and what becomes of theirs. */
function recordNotes(config: GcpManagedSanConfig): readonly Line[] {
  const { dns, certificates } = config;
  const made = Object.keys(zonesWithRecords(config)).length > 0;
  const toMake = markdown`Make the records of \`terraform output dns_records\``;
  return [
    dns.in === "elsewhere"
      ? markdown`${toMake} with your DNS host: without them nothing is issued.`
      : !dns.addressRecords &&
        // Compute issues once every name leads to the load balancer.
        markdown`${toMake}: ${certificates.length === 0 ? "without them nothing is issued" : "they lead clients here"}.`,
    made &&
      (dns.in === "cloud-dns"
        ? markdown`Cloud DNS replaces without a question a record of the same name and type that somebody made by hand: look first.`
        : markdown`Route 53 refuses a record where somebody made one of the same name and type by hand: look first.`),
  ];
}

/** What must exist behind the load balancer, without repeats. */
function googleBackendNeeds({ backends }: GcpManagedSanConfig): readonly Line[] {
  const shown = (link: string) => asCode(link.replace(/^https:.*\/v1\//, ""));
  const needOf = ({ target }: GoogleBackendConfig): Markdown => {
    switch (target.kind) {
      case "service":
        return markdown`The backend service ${shown(target.link)}.`;
      case "instance-groups":
        return markdown`The ${nounFor("instance group", target.groups.map(shown))},${target.groups.length === 1 ? "" : " each"} with the named port \`${target.port}\` (\`gcloud compute instance-groups set-named-ports\`).`;
      case "zonal-neg":
        return markdown`The network \`${target.network}\`, the subnetwork \`${target.subnetwork}\`, and in ${target.zone} the ${nounFor(
          "virtual machine",
          target.endpoints.map(({ instance, address }) => markdown`\`${instance}\` (${address})`),
        )}.`;
      case "cloud-run":
        return markdown`The Cloud Run service \`${target.service}\` in ${target.region}, whose ingress lets load balancers in.`;
    }
  };
  const reached = backends.some(({ servers }) => servers !== undefined);
  return [
    ...new Set(backends.map(needOf)),
    reached &&
      markdown`Firewall rules that let \`130.211.0.0/22\` and \`35.191.0.0/16\` reach the servers: Google's health checks, and the load balancer, come from there.`,
  ];
}
