import { type AcmRoute53Config, defaultAlarm } from "../config/acm-route53";
import { day, type Seconds, showDuration } from "../config/duration";
import { laterLifetimes } from "../config/lifetimes";
import { type Path, type Report, show } from "../config/report";

/**
 * ACM starts to renew about 45 days before the end of a certificate of 200 days; for shorter lifetimes the same share is
 * taken. An alarm at or above that point rings in every cycle.
 */
const renewalShare = 45 / 200;

/** The time before expiry at which ACM renews a certificate of the given lifetime, in whole days. */
export function renewalPoint(lifetime: Seconds): Seconds {
  return Math.floor((lifetime * renewalShare) / day) * day;
}

/** An alarm must ring only when a renewal failed: below the renewal point, now and under shorter lifetimes to come. */
export function checkRenewalAlarms(
  stack: AcmRoute53Config,
  horizon: string | undefined,
  path: Path,
  report: Report,
): void {
  const renewed = renewalPoint(stack.lifetime);
  const advised = defaultAlarm(stack.lifetime);
  for (const { name, alarm } of stack.certificates) {
    if (alarm === undefined) continue;
    const at = [...path, "certificates", name, "alarm", "before"];
    const got = show(showDuration(alarm.before));
    if (alarm.before >= renewed) {
      report.problem(
        at,
        `is ${got}, but ACM renews ${showDuration(renewed)} before the end, so it would ring each time; write less, such as ${show(showDuration(advised))}`,
      );
      continue;
    }
    const broken = laterLifetimes(horizon).find(({ lifetime }) => alarm.before >= renewalPoint(lifetime));
    // The default follows the horizon by itself.
    if (broken === undefined || alarm.before === advised || report.refused(["horizon"])) continue;
    const point = showDuration(renewalPoint(broken.lifetime));
    report.warning(
      at,
      `is ${got}, but from ${broken.from} certificates live ${showDuration(broken.lifetime)} and ACM renews them ${point} before the end, so it would ring each time; write less than ${point}, or set horizon to ${show(broken.from)} and leave it out`,
    );
  }
}
