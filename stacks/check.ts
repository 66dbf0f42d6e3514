import { newReport, type Report } from "../lib/config/report";
import { checkStateKeys } from "../lib/config/state-key";
import { checkKeyCustody } from "../lib/key-custody";
import { checkOwnership } from "../lib/ownership";
import { checkDelegation } from "../lib/zone-delegation";
import { ask } from ".";
import { type Config, readConfig } from "./config";

/** Above this many certificates one plan takes minutes, and one mistake touches them all. */
const manyCertificates = 500;

/** Reads whatever a config file gave and asks of every stack: would this issue? */
export function checkedConfig(given: unknown): { readonly config: Config; readonly report: Report } {
  const report = newReport();
  const config = readConfig(given, report);
  const claimants = config.stacks.map((stack) =>
    ask(stack, (scenario, own) => {
      const place = report.in("stacks", stack.name);
      checkKeyCustody(scenario.keysInState(own), config.settings, stack.name, place);
      scenario.check(own, config.settings, place);
      const count = scenario.certificates(own).length;
      if (count > manyCertificates) {
        place.warning(`has ${count} certificates; split it into several stacks, which plan and fail apart`);
      }
      const names = scenario.zonedNames(own, place);
      return { name: stack.name, claims: scenario.claims(own, place), names };
    }),
  );
  checkOwnership(claimants);
  checkDelegation(claimants);
  checkStateKeys(config.settings, config.stacks, report);
  return { config, report };
}
