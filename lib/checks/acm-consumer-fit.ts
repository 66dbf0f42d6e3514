import { type AcmCertificateConfig, type AcmRoute53Config, mostNamesPerCertificate } from "../config/acm-route53";
import { partitionOf } from "../config/aws";
import type { KeyKind } from "../config/keys";
import { oneOf, type Path, type Report, show } from "../config/report";
import { checkIssuer } from "./issuer-capabilities";

/** Keys of ACM certificates that CloudFront takes ("Requirements for using SSL/TLS certificates with CloudFront"). */
const cloudFrontKeys: readonly KeyKind[] = ["ecdsa-p256", "rsa-2048"];

/** A certificate must be one that ACM issues and that everything it is attached to can use. */
export function checkAcmConsumerFit(stack: AcmRoute53Config, path: Path, report: Report): void {
  for (const certificate of stack.certificates) {
    const at = [...path, "certificates", certificate.name];
    checkIssuer("acm", certificate, at, report);
    checkCloudFrontKey(certificate, at, report);
    checkRegion(certificate, stack.region, at, report);
    const count = certificate.names.length;
    if (count > stack.namesPerCertificate) {
      const way =
        count > mostNamesPerCertificate
          ? `split it: ACM never grants more than ${mostNamesPerCertificate}`
          : "split it, or have the quota raised by AWS and state it in quota.namesPerCertificate";
      report.problem(
        [...at, "names"],
        `has ${count} names, ACM grants ${stack.namesPerCertificate} per certificate; ${way}`,
      );
    }
  }
}

function checkCloudFrontKey({ key, consumers }: AcmCertificateConfig, path: Path, report: Report): void {
  if (!consumers.includes("cloudfront") || key !== "ecdsa-p384") return;
  report.problem([...path, "key"], `is ${show(key)}, which CloudFront does not take; write ${oneOf(cloudFrontKeys)}`);
}

function checkRegion(certificate: AcmCertificateConfig, region: string, path: Path, report: Report): void {
  if (!certificate.consumers.includes("cloudfront") || region === "" || region === certificate.region) return;
  const at = [...path, "attach", { member: "cloudfront" }];
  if (partitionOf(region) !== partitionOf(certificate.region)) {
    report.problem(at, `needs a certificate in us-east-1, which accounts of ${region} cannot reach; leave it out`);
  }
  const regional = [
    ...certificate.listeners.map(({ arn }) => arn),
    ...certificate.consumers.filter((consumer) => consumer === "api-gateway"),
  ];
  if (regional.length > 0) {
    const others = regional.map(show).join(", ");
    report.problem(
      at,
      `needs the certificate in us-east-1, but ${others} needs it in ${region}; make two certificates`,
    );
  }
}
