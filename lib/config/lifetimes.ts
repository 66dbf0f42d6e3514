import { day, type Seconds, showDuration } from "./duration";
import { type Place, show } from "./report";

/**
 * The longest lifetime of a public TLS certificate by date of issue (CA/Browser Forum ballot SC-081v3). Before the
 * first date given here: 200 days.
 */
const calendar: readonly { readonly from: string; readonly lifetime: Seconds }[] = [
  { from: "2026-03-15", lifetime: 200 * day },
  { from: "2027-03-15", lifetime: 100 * day },
  { from: "2029-03-15", lifetime: 47 * day },
];

/** A date as `horizon` takes it. */
export const datePattern = "^[0-9]{4}-[0-9]{2}-[0-9]{2}$";

/** Whether the text is a date of the calendar, such as `"2027-03-15"`. */
export function isDate(text: string): boolean {
  const time = Date.parse(`${text}T00:00:00Z`);
  return new RegExp(datePattern).test(text) && !Number.isNaN(time) && new Date(time).toISOString().startsWith(text);
}

/** The longest lifetime of a public certificate issued on the date; without one, the rule of 200 days. */
export function publicLifetime(horizon: string | undefined): Seconds {
  // Dates in this form sort as text.
  return calendar.findLast(({ from }) => horizon !== undefined && from <= horizon)?.lifetime ?? 200 * day;
}

/** Shorter lifetimes that come into force after the horizon. */
export function laterLifetimes(horizon: string | undefined): readonly { from: string; lifetime: Seconds }[] {
  return calendar.filter(({ lifetime }) => lifetime < publicLifetime(horizon));
}

/** The longest lifetime that Apple's systems take, of private authorities too (support.apple.com/103769). */
const longestForApple = 825 * day;

/** Advises against certificates of a private authority that outlive whatever they are for. */
export function warnOfLongLife(lifetime: Seconds, place: Place): void {
  if (lifetime <= longestForApple) return;
  place.warning(
    `is ${show(showDuration(lifetime))}: a key that leaks is good as long, and clients of Apple refuse more than ${showDuration(longestForApple)}; write less`,
  );
}

/** How long before its end a private certificate is replaced: in its last third, counted in whole steps. */
export function renewalWindow(lifetime: Seconds, step: Seconds = 1): Seconds {
  return Math.floor(lifetime / 3 / step) * step;
}

/** The least lifetime whose renewal window holds two applies, in whole units, a third of which is whole steps. */
export function leastLifetime(applyEvery: Seconds, unit: Seconds): Seconds {
  return Math.ceil((6 * applyEvery) / unit) * unit;
}
