import type { Construct } from "constructs";
import { goDuration, type Seconds } from "../config/duration";
import { Check } from "./check";

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
