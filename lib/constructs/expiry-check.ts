import { TerraformElement } from "cdktf";
import type { Construct } from "constructs";
import { goDuration, type Seconds } from "../config/duration";

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

/**
 * A `check` block: a plan warns when a certificate is about to end, and does nothing else. It needs no service and no
 * output, so a drift job that only plans sees an expiry that nobody renewed.
 */
export class ExpiryCheck extends TerraformElement {
  readonly #props: ExpiryCheckProps;

  constructor(scope: Construct, id: string, props: ExpiryCheckProps) {
    super(scope, id, "check");
    this.#props = props;
  }

  override toTerraform(): unknown {
    const { certificate, notAfter, before, advice } = this.#props;
    return {
      check: {
        [this.friendlyUniqueId]: {
          assert: {
            condition: `\${try(timecmp(${notAfter}, timeadd(plantimestamp(), "${goDuration(before)}")) > 0, true)}`,
            error_message: `Certificate ${certificate} ends on \${${notAfter}}. ${advice}.`,
          },
        },
      },
    };
  }
}
