import { TerraformElement } from "cdktf";
import type { Construct } from "constructs";
import { goDuration, type Seconds } from "../config/duration";

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

/** What an expiry check looks at. */
export interface ExpiryCheckProps {
  /** The certificate, as its operators know it. */
  readonly certificate: string;
  /** Its end (RFC 3339), as a Terraform expression without braces; an empty one is not judged. */
  readonly notAfter: string;
  /** How long before the end every plan starts to warn. */
  readonly before: Seconds;
  /** What to do about it, as the end of a sentence. */
  readonly advice: string;
}

/** Makes every plan warn when a certificate is about to end. */
export class ExpiryCheck extends Check {
  constructor(scope: Construct, id: string, { certificate, notAfter, before, advice }: ExpiryCheckProps) {
    super(scope, id, {
      condition: `timecmp(${notAfter}, timeadd(plantimestamp(), "${goDuration(before)}")) > 0`,
      message: `Certificate ${certificate} expires on \${${notAfter}}. ${advice}.`,
    });
  }
}
