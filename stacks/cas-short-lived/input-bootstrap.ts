import { fields, text } from "../../lib/config/fields";
import { show } from "../../lib/config/report";

/** The default folder of a node group's certificates on its nodes. No other program uses it. */
export function defaultBootstrapPath(nodeGroup: string): string {
  return `/var/lib/ai-tls-stacks/${nodeGroup}`;
}

/** Folders of a Linux node for local files. `/run` is in memory and empty after a restart. */
const roots = ["/etc/", "/opt/", "/run/", "/srv/", "/var/lib/"];

/** The form of a folder for certificates, for the JSON Schema. */
const bootstrapPathPattern = "^/(etc|opt|run|srv|var/lib)(/[A-Za-z0-9_-][A-Za-z0-9._-]*)+$";

/** Why the text cannot be the folder of a node's certificates; `undefined` if it can. */
export function bootstrapPathProblem(text: string): string | undefined {
  if (text.startsWith("/etc/ai-tls-stacks")) {
    return `is ${show(text)}, where the bootstrap keeps its own settings; write another folder`;
  }
  if (new RegExp(bootstrapPathPattern).test(text) && text.length <= 200) return undefined;
  return `is ${show(text)}; write a folder below ${roots.join(", ")} with letters, digits, ".", "_" and "-", no part starting with "."`;
}

/** The form of a user name, for the JSON Schema (the rule of `useradd`). */
const userPattern = "^[a-z_][a-z0-9_-]{0,30}$";

/** Why the text cannot be the name of a node's user; `undefined` if it can. */
export function userProblem(text: string): string | undefined {
  if (new RegExp(userPattern).test(text)) return undefined;
  return `is ${show(text)}; write the name of a user of the nodes: 1-31 of a-z, 0-9, "_" and "-", starting with a letter or "_"`;
}

/** Why the text cannot be the command that reloads a service; `undefined` if it can. */
export function reloadProblem(text: string): string | undefined {
  if (text.trim() === "") return "is empty; write a command or leave it out";
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are refused here
  if (/[\u0000-\u001f\u007f]/.test(text))
    return "has more than one line or a control character; write one command line";
  return undefined;
}

/** The schema of a node group's bootstrap. */
export const bootstrapInput = fields(
  {
    user: text(
      {
        description: "The node's user whose group may read the key.",
        examples: ["trainer"],
        default: "root alone",
        pattern: userPattern,
      },
      userProblem,
    ).optional(),
    reload: text(
      {
        description: "The command that makes a service read the new certificate.",
        examples: ["systemctl reload trainer"],
        default: "nothing is told",
      },
      reloadProblem,
    ).optional(),
    path: text(
      {
        description: "The folder on the node for key and certificates.",
        examples: ["/etc/trainer/tls"],
        default: "/var/lib/ai-tls-stacks/<the group>",
        pattern: bootstrapPathPattern,
      },
      bootstrapPathProblem,
    ).optional(),
  },
  "Makes the output `bootstrap`: cloud-init with which nodes get and renew their own certificates.",
);
