import type { Line, OperatorNotes } from "../scenario";
import type { GcpManagedSanConfig } from "./config";
import type { GoogleBackendConfig } from "./config-backends";

/** What the page of a handed-off folder says of this scenario. */
export function operatorNotes(config: GcpManagedSanConfig): OperatorNotes {
  const { project, dns, gate, computeCertificates, certificates, hosts } = config;
  const list = certificates.length > 0 ? "certificate-manager certificates list" : "compute ssl-certificates list";
  return {
    purpose: `Google-managed certificates on a global load balancer, which serves ${hosts.map(({ name }) => `\`${name}\``).join(", ")}.`,
    needs: [
      `Google Cloud credentials for the project \`${project}\` from the usual chain (\`gcloud auth application-default login\`, a service account): load balancers${certificates.length > 0 ? "" : " with their SSL certificates"} (\`roles/compute.loadBalancerAdmin\`)${certificates.length > 0 ? ", Certificate Manager (`roles/certificatemanager.owner`)" : ""}${dns.in === "cloud-dns" ? `, and the zones' records${dns.project === undefined ? "" : ` in the project \`${dns.project}\``} (\`roles/dns.admin\`)` : ""}. Their APIs must be enabled; one enabled a moment ago answers 403 for some minutes.`,
      dns.in === "route53" &&
        `AWS credentials for ${dns.account === undefined ? "the account" : `account ${dns.account}`} of the zones ${Object.keys(
          dns.zones,
        )
          .map((name) => `\`${name}\``)
          .join(", ")}.`,
      dns.in === "cloud-dns" &&
        `The public managed zones ${Object.entries(dns.zones)
          .map(([name, zone]) => `\`${zone}\` (${name})`)
          .join(", ")}, delegated: Google looks the records up from outside.`,
      ...googleBackendNeeds(config),
      "Where a domain has CAA records, one that allows `pki.goog`: without it nothing is issued.",
    ],
    expect: [
      gate
        ? "**An apply that makes a certificate ends with an error that says so: it is a gate, nothing that serves was changed.** Google issues within minutes as a rule; apply again then."
        : "An apply does not wait for certificates. A plan warns as long as one is not issued; until then its host is not served.",
      `\`gcloud ${list} --project ${project}\` says how far Google is.`,
      dns.in === "elsewhere"
        ? "Make the records of `terraform output dns_records` with your DNS host: without them nothing is issued."
        : "A record of the same name and type that somebody made by hand is replaced without a question by Cloud DNS, refused by Route 53: look first.",
      computeCertificates.length > 0
        ? "Google renews by itself while every name leads to this load balancer."
        : "Google renews by itself while the records of the authorizations stand. Never delete them.",
    ],
  };
}

/** What must exist behind the load balancer, without repeats. */
function googleBackendNeeds({ backends }: GcpManagedSanConfig): readonly Line[] {
  const links = (all: readonly string[]) => all.map((link) => `\`${link.replace(/^https:.*\/v1\//, "")}\``).join(", ");
  const needOf = ({ target }: GoogleBackendConfig): string => {
    switch (target.kind) {
      case "service":
        return `The backend service ${links([target.link])}.`;
      case "instance-groups":
        return `The instance groups ${links(target.groups)}, each with the named port \`${target.port}\` (\`gcloud compute instance-groups set-named-ports\`).`;
      case "zonal-neg":
        return `The network \`${target.network}\`, the subnetwork \`${target.subnetwork}\`, and in ${target.zone} the virtual machines ${target.endpoints.map(({ instance, address }) => `\`${instance}\` (${address})`).join(", ")}.`;
      case "cloud-run":
        return `The Cloud Run service \`${target.service}\` in ${target.region}, whose ingress lets load balancers in.`;
    }
  };
  const reached = backends.some(({ servers }) => servers !== undefined);
  return [
    ...new Set(backends.map(needOf)),
    reached &&
      "Firewall rules that let `130.211.0.0/22` and `35.191.0.0/16` reach the servers: Google's health checks, and the load balancer, come from there.",
  ];
}
