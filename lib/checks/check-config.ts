import { type Config, certificatesOf, readConfig, type Settings, type StackConfig } from "../config/config";
import { newReport, type Report } from "../config/report";
import { checkAcmConsumerFit } from "./acm-consumer-fit";
import { checkAwsBelonging } from "./aws-belonging";
import { checkCasFit } from "./cas-fit";
import { checkCasLifetimes } from "./cas-lifetimes";
import { checkCasOwnership } from "./cas-ownership";
import { checkCasPhases } from "./cas-phases";
import { checkCasRequests } from "./cas-requests";
import { checkGoogleCertificates } from "./google-certificates";
import { checkHostOwnership } from "./host-ownership";
import { checkIssuer } from "./issuer-capabilities";
import { checkKeyCustody, keysInState } from "./key-custody";
import { checkKubernetesOwnership } from "./kubernetes-ownership";
import { checkPrivateLifetimes } from "./private-lifetimes";
import { checkRecordOwnership } from "./record-ownership";
import { checkRenewalAlarms } from "./renewal-alarm";
import { checkStateKeys } from "./state-key";
import { checkVaultDeliveries } from "./vault-deliveries";
import { checkVaultLifetimes } from "./vault-lifetimes";
import { checkVaultOwnership } from "./vault-ownership";
import { checkVaultRoles } from "./vault-roles";

/** Above this many certificates one plan takes minutes, and one mistake touches them all. */
const manyCertificates = 500;

/** Reads whatever a config file gave and asks of every stack: would this issue? */
export function checkedConfig(given: unknown): { readonly config: Config; readonly report: Report } {
  const report = newReport();
  const config = readConfig(given, report);
  for (const stack of config.stacks) {
    checkKeyCustody(keysInState(stack), config.settings, stack.name, report);
    checkScenario(stack, config.settings, report);
    const count = certificatesOf(stack).length;
    if (count > manyCertificates) {
      report.warning(
        ["stacks", stack.name],
        `has ${count} certificates; split it into several stacks, which plan and fail apart`,
      );
    }
  }
  checkRecordOwnership(config.stacks, report);
  checkHostOwnership(config.stacks, report);
  checkKubernetesOwnership(config.stacks, report);
  checkVaultOwnership(config.stacks, report);
  checkCasOwnership(config.stacks, report);
  checkStateKeys(config, report);
  return { config, report };
}

function checkScenario({ name, scenario }: StackConfig, settings: Settings, report: Report): void {
  const path = ["stacks", name];
  switch (scenario.scenario) {
    case "acm-route53":
      checkAwsBelonging(scenario, path, report);
      checkAcmConsumerFit(scenario, path, report);
      checkRenewalAlarms(scenario, settings.horizon, path, report);
      return;
    case "cas-short-lived":
      checkCasLifetimes(scenario, settings.applyEvery, path, report);
      checkCasRequests(scenario, path, report);
      checkCasFit(scenario, path, report);
      checkCasPhases(scenario, path, report);
      return;
    case "gcp-managed-san":
      checkIssuer("google", scenario, path, report);
      checkGoogleCertificates(scenario, path, report);
      return;
    case "pipeline-tls":
      for (const { name: service, client, key } of scenario.services) {
        const intent = { purpose: client ? ("mutual" as const) : ("server" as const), key };
        checkIssuer("tls", intent, [...path, "services", service], report);
      }
      checkPrivateLifetimes(scenario, settings.applyEvery, path, report);
      return;
    case "vault-pki-k8s":
      checkVaultDeliveries(scenario, path, report);
      checkVaultRoles(scenario, path, report);
      checkVaultLifetimes(scenario, settings.applyEvery, path, report);
  }
}
