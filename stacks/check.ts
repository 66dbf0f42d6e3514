import { placeAt } from "../lib/config/place";
import { newReport, type Report } from "../lib/config/report";
import { checkStateKeys } from "../lib/config/state-key";
import { checkKeyCustody } from "../lib/key-custody";
import { certificatesOf, checkStack, keysInState } from ".";
import { type Config, readConfig } from "./config";
import { checkCasOwnership } from "./ownership/cas-ownership";
import { checkHostOwnership } from "./ownership/host-ownership";
import { checkKubernetesOwnership } from "./ownership/kubernetes-ownership";
import { checkRecordOwnership } from "./ownership/record-ownership";
import { checkVaultOwnership } from "./ownership/vault-ownership";

/** Above this many certificates one plan takes minutes, and one mistake touches them all. */
const manyCertificates = 500;

/** Reads whatever a config file gave and asks of every stack: would this issue? */
export function checkedConfig(given: unknown): { readonly config: Config; readonly report: Report } {
  const report = newReport();
  const config = readConfig(given, report);
  for (const stack of config.stacks) {
    const place = placeAt(["stacks", stack.name], report);
    checkKeyCustody(keysInState(stack), config.settings, stack.name, place);
    checkStack(stack, config.settings, place);
    const count = certificatesOf(stack).length;
    if (count > manyCertificates) {
      place.warning(`has ${count} certificates; split it into several stacks, which plan and fail apart`);
    }
  }
  checkRecordOwnership(config.stacks, report);
  checkHostOwnership(config.stacks, report);
  checkKubernetesOwnership(config.stacks, report);
  checkVaultOwnership(config.stacks, report);
  checkCasOwnership(config.stacks, report);
  checkStateKeys(config.settings, config.stacks, report);
  return { config, report };
}
