import { TerraformElement } from "cdktf";
import type { Construct } from "constructs";

/** What a check asserts, and what it says where that is not so. */
export interface CheckProps {
  /** A Terraform expression without braces; one that fails, as that of something that is not made yet, is not judged. */
  readonly condition: string;
  /** Sentences, in which Terraform expressions may stand. */
  readonly message: string;
}

/**
 * A `check` block: a plan or an apply warns, and does nothing else. It needs no service and no output, so a drift job that
 * only plans sees what was neglected.
 */
export class Check extends TerraformElement {
  readonly #props: CheckProps;

  constructor(scope: Construct, id: string, props: CheckProps) {
    super(scope, id, "check");
    this.#props = props;
  }

  override toTerraform(): unknown {
    const { condition, message } = this.#props;
    return {
      check: {
        [this.friendlyUniqueId]: {
          assert: { condition: `\${try(${condition}, true)}`, error_message: message },
        },
      },
    };
  }
}
