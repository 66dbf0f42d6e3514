import { type Config, readConfig } from "../config/config";
import { newReport, type Report } from "../config/report";
import { checkAcmConsumerFit } from "./acm-consumer-fit";
import { checkAwsBelonging } from "./aws-belonging";
import { checkKeyCustody, keysInState } from "./key-custody";
import { checkRecordOwnership } from "./record-ownership";
import { checkRenewalAlarms } from "./renewal-alarm";

/** Above this many certificates one plan takes minutes, and one mistake touches them all. */
const manyCertificates = 500;

/** Reads whatever a config file gave and asks of every stack: would this issue? */
export function checkedConfig(given: unknown): { readonly config: Config; readonly report: Report } {
  const report = newReport();
  const config = readConfig(given, report);
  for (const stack of config.stacks) {
    const path = ["stacks", stack.name];
    checkKeyCustody(keysInState(stack), config.settings, stack.name, report);
    checkAwsBelonging(stack.scenario, path, report);
    checkAcmConsumerFit(stack.scenario, path, report);
    checkRenewalAlarms(stack.scenario, config.settings.horizon, path, report);
    const count = stack.scenario.certificates.length;
    if (count > manyCertificates) {
      report.warning(path, `has ${count} certificates; split it into several stacks, which plan and fail apart`);
    }
  }
  checkRecordOwnership(config.stacks, report);
  return { config, report };
}
