import { kept, type Meaning, quiet, ruled, type TypeMeaning, warned } from "./meaning";
import { blockOf } from "./previous-stack";

/** The provider of a stack's cluster: which cluster it is, `checkCluster` judges. */
export const kubernetesProvider: TypeMeaning = {
  at: () => [],
  changed: {
    config_context: ruled("which cluster it is", "kubernetes", "context"),
    config_path: quiet("where the machine that applies has the file", "kubernetes", "kubeconfig"),
    ignore_annotations: quiet("what others write is left alone"),
    ignore_labels: quiet("what others write is left alone"),
  },
  gone: quiet("a stack always has it"),
};

/** An object's labels. */
export const objectLabels = quiet("labels are for people", "labels");

/**
 * The class of an Ingress.
 *
 * @param ingress - where the config has it, from what the Ingress is made for
 */
export const ingressClass =
  (...ingress: readonly string[]) =>
  (_was: unknown, is: unknown): Meaning =>
    is === undefined
      ? kept("the provider leaves an Ingress in its class")
      : warned(
          "another controller serves the Ingress, at another address; see that names lead there before you apply",
          ...ingress,
          "className",
        );

/** The annotations of an Ingress: others read what one says; one more takes nothing from them. */
export const ingressAnnotations =
  (...ingress: readonly string[]) =>
  (was: unknown, is: unknown): Meaning =>
    Object.entries(blockOf(was)).every(([key, text]) => blockOf(is)[key] === text)
      ? quiet("one more annotation takes nothing from anybody", ...ingress, "annotations")
      : warned(
          "the Ingress's controller no longer does what the old one said; see that nobody needs it",
          ...ingress,
          "annotations",
        );
