import type { z } from "zod";
import { fields, flag, mapOf, patterned, text } from "./fields";
import { type Markdown, markdown } from "./quoting";
import { type Place, show } from "./report";
import { sortedMap } from "./sorted-map";

/** What a Kubernetes object that becomes part of a host name can be called (RFC 1123 label). */
export const labelNamePattern = "^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$";
/** What to write where such a name is wanted. */
export const labelNameRule = '1-63 of a-z, 0-9 and "-", starting and ending with a letter or digit (RFC 1123)';
/** What a Secret can be called (RFC 1123 subdomain). */
const subdomainNamePattern = "^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$";

/** Why the text cannot name a Secret, if it cannot. */
export function secretNameProblem(value: string): string | undefined {
  if (new RegExp(subdomainNamePattern).test(value) && !/\.\.|\.-|-\./.test(value)) return undefined;
  return `is ${show(value)}; write 1-253 of a-z, 0-9, "-" and ".", starting and ending with a letter or digit (RFC 1123)`;
}

/** The schema of the name of a Secret, a Service or the like. */
export const objectNameInput = (description: string, example: string, fallback?: string) =>
  text({ description, examples: [example], default: fallback, pattern: subdomainNamePattern }, secretNameProblem);

/**
 * Why the text cannot be the path of a kubeconfig, if it cannot. Given a list or a file that is not there, the provider
 * says nothing, plans, and an apply sends Secrets in clear to http://localhost (kubernetes 2.38.0). What a relative path
 * is meant from is not what Terraform takes it from: its own folder, deep in the output.
 */
function kubeconfigProblem(value: string): string | undefined {
  const shown = `is ${show(value)}`;
  if (value.trim() === "") return `${shown}; write the path of a kubeconfig file, or leave it out`;
  if (/[:;]/.test(value.replace(/^[A-Za-z]:(?=[\\/])/, ""))) {
    return `${shown}, and one field takes one file: the provider would find none and apply to http://localhost; write one path, such as "~/.kube/config"`;
  }
  if (/^(\/|~\/|[A-Za-z]:[\\/])/.test(value)) return undefined;
  return `${shown}, which the provider would look for below the output folder; write a path from "/" or "~/", such as "~/.kube/config"`;
}

/** How a stack reaches its cluster. */
export const kubernetesInput = fields(
  {
    context: text(
      {
        description: "The kubeconfig context: nobody deploys to whatever is current.",
        examples: ["kind-pipeline"],
      },
      (value) => (value.trim() === "" ? `is ${show(value)}; write the name of a kubeconfig context` : undefined),
    ),
    kubeconfig: text(
      {
        description: "The kubeconfig file, as seen by whoever applies; without it they set `KUBE_CONFIG_PATH`.",
        examples: ["~/.kube/config"],
      },
      kubeconfigProblem,
    ).optional(),
  },
  "How the stack reaches its cluster.",
);

/** How a stack reaches its cluster, complete. */
export type KubernetesConfig = Readonly<z.output<typeof kubernetesInput>>;

/** The namespace that a stack's objects live in. */
export const namespaceInput = fields(
  {
    name: patterned({ description: "Its name.", examples: ["pipeline"], pattern: labelNamePattern }, labelNameRule),
    create: flag("Whether the stack makes it, and destroys it with everything inside.").prefault(false),
  },
  "The namespace; it exists unless the stack is to create it.",
);

/** Namespaces that a cluster makes itself. */
const ownNamespaces: readonly string[] = ["default", "kube-node-lease", "kube-public", "kube-system"];

/** The namespace that a stack's objects live in, complete. */
export type NamespaceConfig = Readonly<z.output<typeof namespaceInput>>;

/** Namespaces that every cluster has cannot be made. */
export function judgeNamespace({ name, create }: NamespaceConfig, place: Place): void {
  if (!create || !ownNamespaces.includes(name)) return;
  place
    .in("create")
    .problem(`is true, but every cluster has the namespace ${show(name)}; write another name or leave create out`);
}

/** What every Ingress that a stack makes can be told. */
export const ingressFields = {
  className: objectNameInput("The ingress class.", "nginx").optional(),
  annotations: mapOf(text({ description: "An annotation's value.", examples: ["HTTPS"] }), {
    description: "Annotations, with which a controller is told to speak TLS to the service.",
    examples: [{ "nginx.ingress.kubernetes.io/backend-protocol": "HTTPS" }],
  }).prefault({}),
};

/** What every Ingress that a stack makes is told, complete. */
export type IngressConfig = Readonly<z.output<z.ZodObject<typeof ingressFields>>>;

/** Completes what an Ingress is told. Every key must be one that an annotation can have. */
export function readIngress({ className, annotations }: IngressConfig, place: Place): IngressConfig {
  for (const key of Object.keys(annotations)) {
    // Of annotations alone, Kubernetes takes the prefix in any case.
    if (isQualifiedName(key.toLowerCase())) continue;
    place
      .in("annotations", key)
      .problem('is no annotation key; write one such as "nginx.ingress.kubernetes.io/backend-protocol"');
  }
  return { className, annotations: sortedMap(annotations) };
}

/** Why the text cannot be the key of a label that pods are selected by, if it cannot. */
export function selectorKeyProblem(key: string): string | undefined {
  if (isQualifiedName(key)) return undefined;
  return `is no label key; write one such as "app" or "app.kubernetes.io/name"`;
}

/** What Kubernetes takes as the key of a label: a name of up to 63 characters, after a domain and "/" if it has one. */
function isQualifiedName(key: string): boolean {
  const [name, prefix, ...more] = key.split("/").reverse();
  const namedWell = /^[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/.test(name ?? "");
  return namedWell && (prefix === undefined || secretNameProblem(prefix) === undefined) && more.length === 0;
}

/** Why the text cannot be the value of a label that pods are selected by, if it cannot. */
export function selectorValueProblem(value: string): string | undefined {
  if (/^([A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?)?$/.test(value)) return undefined;
  return `is ${show(value)}; write at most 63 letters, digits, ".", "_" and "-", starting and ending with a letter or digit`;
}

/** What an operator page says of the kubeconfig that an apply needs. */
export function kubeconfigNeed({ kubeconfig, context }: KubernetesConfig): Markdown {
  return kubeconfig === undefined
    ? markdown`A kubeconfig with the context \`${context}\`, named in \`KUBE_CONFIG_PATH\`: the provider looks nowhere else by itself.`
    : markdown`The kubeconfig \`${kubeconfig}\` with the context \`${context}\`.`;
}
