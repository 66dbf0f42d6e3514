import { type Report, show } from "./report";
import type { Settings } from "./settings";

/** The longest state key by backend, in characters, where it is shorter than what the parts can make. */
const limits: Readonly<Record<string, { readonly most: number; readonly what: string }>> = {
  // It becomes the value of a label.
  kubernetes: { most: 63, what: "the Secret's label" },
  cloud: { most: 90, what: "a workspace's name" },
};

/** Refuses state keys that the backend refuses: it would do so only at `terraform init`, or at the first apply. */
export function checkStateKeys(settings: Settings, stacks: readonly { readonly name: string }[], report: Report): void {
  const { type } = settings.backend;
  for (const { name } of stacks) {
    const place = report.in("stacks", name);
    const number = type === "kubernetes" ? /-[0-9]+$/.exec(name)?.[0] : undefined;
    if (number !== undefined) {
      place.problem(
        `ends in ${show(number)}, with which the kubernetes backend numbers its own Secrets; choose a name that does not`,
      );
    }
    const limit = limits[type];
    if (limit === undefined) continue;
    const length = [settings.project, settings.environment, name].join("/").length;
    if (length <= limit.most) continue;
    place.problem(
      `its state key, project, environment and stack together, has ${length} characters, ${limit.what} at most ${limit.most}; shorten one of them`,
    );
  }
}
