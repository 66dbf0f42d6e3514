import { fields, patterned, text } from "../../lib/config/fields";
import { show } from "../../lib/config/report";

/** The default folder of a node group's certificates on its nodes. No other program uses it. */
export function defaultBootstrapPath(nodeGroup: string): string {
  return `/var/lib/ai-tls-stacks/${nodeGroup}`;
}

/** Folders of a Linux node for local files. `/run` is in memory and empty after a restart. */
const roots = ["/etc/", "/opt/", "/run/", "/srv/", "/var/lib/"];

/** The form of a folder for certificates, for the JSON Schema. */
const pathPattern = "^/(etc|opt|run|srv|var/lib)(/[A-Za-z0-9_-][A-Za-z0-9._-]*)+$";

/** Why the text cannot be the folder of a node's certificates; `undefined` if it can. */
function pathProblem(text: string): string | undefined {
  if (text.startsWith("/etc/ai-tls-stacks")) {
    return `is ${show(text)}, where the bootstrap keeps its own settings; write another folder`;
  }
  if (new RegExp(pathPattern).test(text) && text.length <= 200) return undefined;
  return `is ${show(text)}; write a folder below ${roots.join(", ")} with letters, digits, ".", "_" and "-", no part starting with "."`;
}

/** The schema of a node group's bootstrap. */
export const bootstrapInput = fields(
  {
    user: patterned(
      {
        description: "The node's user whose group may read the key.",
        examples: ["trainer"],
        default: "root alone",
        // The rule of `useradd`.
        pattern: "^[a-z_][a-z0-9_-]{0,30}$",
      },
      'the name of a user of the nodes: 1-31 of a-z, 0-9, "_" and "-", starting with a letter or "_"',
    ).optional(),
    reload: text(
      {
        description: "The command that makes a service read the new certificate.",
        examples: ["systemctl reload trainer"],
        default: "nothing is told",
      },
      (value) => (value.trim() === "" ? "is empty; write a command or leave it out" : undefined),
    ).optional(),
    path: text(
      {
        description: "The folder on the node for key and certificates.",
        examples: ["/etc/trainer/tls"],
        default: "/var/lib/ai-tls-stacks/<the group>",
        pattern: pathPattern,
      },
      pathProblem,
    ).optional(),
  },
  "Makes the output `bootstrap`: cloud-init with which nodes get and renew their own certificates.",
);
