import { day, type Seconds, showDuration } from "../../lib/config/duration";
import { laterLifetimes, publicLifetime } from "../../lib/config/lifetimes";
import { type Place, show } from "../../lib/config/report";
import { type AcmRoute53Config, defaultAlarm, type ExpiryAlarmConfig } from "./config";

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
  // What follows the horizon by itself is told once for the stack.
  if (broken === undefined || alarm.before === advised || place.elsewhere("horizon").refused) return;
  const point = showDuration(renewalPoint(broken.lifetime));
  place.warning(
    `is ${got}, but from ${broken.from} certificates live ${showDuration(broken.lifetime)} and ACM renews them ${point} before the end, so it would ring each time; write less than ${point}, or set horizon to ${show(broken.from)} and leave it out`,
  );
}

/**
 * What is left out of alarms and is missed later, told once for a stack: somebody to tell, and a horizon. The default
 * follows the horizon, so one in front of the first shorter lifetime makes alarms that ring in every cycle from then on.
 */
export function warnOfDefaults(
  { certificates, lifetime }: AcmRoute53Config,
  horizon: string | undefined,
  place: Place,
): void {
  const alarmed = certificates.filter(({ name, alarm }) => alarm !== undefined && !place.in(name, "alarm").refused);
  const silent = alarmed.filter(({ name, alarm }) => alarm?.topics.length === 0 && !place.in(name, "alarm").wrong);
  if (silent.length > 0) {
    place.warning(
      `have alarms that tell nobody (${firstOf(silent)}): they ring in CloudWatch alone; write topics for them, or alarm: false`,
    );
  }
  const [next] = laterLifetimes(horizon);
  if (next === undefined || lifetime !== publicLifetime(undefined) || place.elsewhere("horizon").refused) return;
  const before = defaultAlarm(lifetime);
  const following = alarmed.filter(({ alarm }) => alarm?.before === before);
  if (following.length === 0) return;
  place.warning(
    `have alarms that ring ${showDuration(before)} before the end (${firstOf(following)}): from ${next.from} certificates live ${showDuration(next.lifetime)} and ACM renews them ${showDuration(renewalPoint(next.lifetime))} before the end, so they would ring each time; set horizon to ${show(next.from)}, with which the default is ${showDuration(defaultAlarm(next.lifetime))}`,
  );
}

/** Whose they are, without filling the screen. */
function firstOf(certificates: AcmRoute53Config["certificates"]): string {
  const [first, ...more] = certificates.map(({ name }) => name);
  return more.length === 0 ? `${first}` : `${first} and ${more.length} more`;
}
