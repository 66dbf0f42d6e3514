import { createHash } from "node:crypto";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { terminal, textOf } from "../lib/config/quoting";
import { oneOf, show } from "../lib/config/report";
import { operatorPage } from "./operator-page";
import { exitCodes, headline, type Surroundings, tellFindings, tellProblem } from "./output";
import { refuseLinks, refuseNoFolder, refuseOtherEnvironments } from "./output-folder";
import { publish, writing } from "./publish";
import { readConfig } from "./read-config";
import { synthesizeInto, terraformJson } from "./synthesize";

/**
 * Writes a folder per stack that deploys with Terraform alone: the JSON, what an operator must know, and checksums.
 *
 * @param stacks - deploy names
 * @param out - the folder that gets `<environment>/<stack>`
 */
export function handoff(around: Surroundings, stacks: readonly string[], out: string): number {
  const { config, report, given } = readConfig(around);
  const chosen = config?.stacks.filter(({ name }) => stacks.includes(name)) ?? [];
  if (config !== undefined && report.problems.length === 0) {
    const known = config.stacks.map(({ name }) => name);
    if (stacks.length === 0) {
      report
        .in("stacks")
        .problem(
          `has ${known.map(show).join(", ")}, and none is named; write which to hand off: npm run handoff -- ${known[0]}`,
        );
    }
    for (const name of stacks.filter((name) => !known.includes(name))) {
      report.in("stacks").problem(`has no stack ${show(name)} to hand off; write ${oneOf(known)}`);
    }
  }
  const target = join(out, config?.settings.environment ?? "");
  if (config !== undefined && report.problems.length === 0) {
    refuseNoFolder("out", out, report);
    refuseLinks({ ...config, stacks: chosen }, target, report);
    refuseOtherEnvironments({ ...config, stacks: chosen }, (stack) => join(target, stack), report);
  }
  tellFindings(around, report, given);
  if (config === undefined || report.problems.length > 0) return exitCodes.config;
  const written = writing(target, (drafts) => {
    const made = join(drafts, "made");
    synthesizeInto({ ...config, stacks: chosen }, made);
    for (const stack of chosen) {
      const folder = join(made, "stacks", stack.name);
      writeFileSync(join(folder, "README.md"), textOf(operatorPage(config, stack, terraformJson(folder))));
      writeFileSync(join(folder, "SHA256SUMS"), checksums(folder));
    }
    publish(join(made, "stacks"), target);
  });
  if ("problem" in written) return tellProblem(around, "out", written.problem);
  around.stdout(headline(around, config.settings.environment));
  for (const { name } of chosen) around.stdout(terminal`${join(target, name)}\n`);
  return exitCodes.clean;
}

/** Digests of every file of a folder, as `sha256sum -c` reads them. */
function checksums(folder: string): string {
  const lines = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .sort()
    .map(
      (name) =>
        `${createHash("sha256")
          .update(readFileSync(join(folder, name)))
          .digest("hex")}  ${name}\n`,
    );
  return lines.join("");
}
