import { placeAt } from "../lib/config/place";
import { newReport, type Report } from "../lib/config/report";
import { checkStateKeys } from "../lib/config/state-key";
import { checkKeyCustody } from "../lib/key-custody";
import { checkOwnership } from "../lib/ownership";
import { ask, certificatesOf, keysInState } from ".";
import { type Config, readConfig } from "./config";

/** Above this many certificates one plan takes minutes, and one mistake touches them all. */
const manyCertificates = 500;

/** Reads whatever a config file gave and asks of every stack: would this issue? */
export function checkedConfig(given: unknown): { readonly config: Config; readonly report: Report } {
  const report = newReport();
  const config = readConfig(given, report);
  for (const stack of config.stacks) {
    const place = placeAt(["stacks", stack.name], report);
    checkKeyCustody(keysInState(stack), config.settings, stack.name, place);
    ask(stack, (scenario, own) => scenario.check(own, config.settings, place));
    const count = certificatesOf(stack).length;
    if (count > manyCertificates) {
      place.warning(`has ${count} certificates; split it into several stacks, which plan and fail apart`);
    }
  }
  checkOwnership(
    config.stacks.map((stack) => ({
      name: stack.name,
      claims: ask(stack, (scenario, own) => scenario.claims(own, placeAt(["stacks", stack.name], report))),
    })),
  );
  checkStateKeys(config.settings, config.stacks, report);
  return { config, report };
}
