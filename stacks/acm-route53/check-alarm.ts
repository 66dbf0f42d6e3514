import { day, type Seconds, showDuration } from "../../lib/config/duration";
import { laterLifetimes } from "../../lib/config/lifetimes";
import { type Place, show } from "../../lib/config/report";
import { defaultAlarm, type ExpiryAlarmConfig } from "./config";

/**
 * ACM starts to renew about 45 days before the end of a certificate of 200 days; for shorter lifetimes the same share is
 * taken. An alarm at or above that point rings in every cycle.
 */
const acmRenewalShare = 45 / 200;

/** The time before expiry at which ACM renews a certificate of the given lifetime, in whole days. */
export function renewalPoint(lifetime: Seconds): Seconds {
  return Math.floor((lifetime * acmRenewalShare) / day) * day;
}

/**
 * An alarm must ring only when a renewal failed: below the renewal point, now and under shorter lifetimes to come.
 *
 * @param lifetime - of public certificates at the horizon
 */
export function checkAlarm(
  alarm: ExpiryAlarmConfig | undefined,
  lifetime: Seconds,
  horizon: string | undefined,
  place: Place,
): void {
  if (alarm === undefined) return;
  const renewed = renewalPoint(lifetime);
  const advised = defaultAlarm(lifetime);
  const got = show(showDuration(alarm.before));
  if (alarm.before >= renewed) {
    place.problem(
      `is ${got}, but ACM renews ${showDuration(renewed)} before the end, so it would ring each time; write less, such as ${show(showDuration(advised))}`,
    );
    return;
  }
  const broken = laterLifetimes(horizon).find((later) => alarm.before >= renewalPoint(later.lifetime));
  // The default follows the horizon by itself.
  if (broken === undefined || alarm.before === advised || place.elsewhere("horizon").refused) return;
  const point = showDuration(renewalPoint(broken.lifetime));
  place.warning(
    `is ${got}, but from ${broken.from} certificates live ${showDuration(broken.lifetime)} and ACM renews them ${point} before the end, so it would ring each time; write less than ${point}, or set horizon to ${show(broken.from)} and leave it out`,
  );
}
