import type { Config } from "../config/config";
import type { Report } from "../config/report";

/** The longest state key by backend, in characters, where it is shorter than what the parts can make. */
const limits: Readonly<Record<string, { readonly most: number; readonly what: string }>> = {
  // It becomes the value of a label.
  kubernetes: { most: 63, what: "the Secret's label" },
  cloud: { most: 90, what: "a workspace's name" },
};

/** The state key must fit the backend, which would say so only at `terraform init`, or at the first apply. */
export function checkStateKeyLength({ settings, stacks }: Config, report: Report): void {
  const limit = limits[settings.backend.type];
  if (limit === undefined) return;
  for (const { name } of stacks) {
    const length = [settings.project, settings.environment, name].join("/").length;
    if (length <= limit.most) continue;
    report.problem(
      ["stacks", name],
      `its state key, project, environment and stack together, has ${length} characters, ${limit.what} at most ${limit.most}; shorten one of them`,
    );
  }
}
