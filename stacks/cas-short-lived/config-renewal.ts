import { type Seconds, showDuration } from "../../lib/config/duration";
import { show } from "../../lib/config/report";

/** The times by which a node renews. */
export interface RenewalTimes {
  /** A certificate that ends within this time is due. */
  readonly window: Seconds;
  /** A new certificate must have at least this much time left. */
  readonly least: Seconds;
  /** How often a node checks. A random delay of up to the same time keeps nodes from asking together. */
  readonly interval: Seconds;
  /** How soon a node tries again after a temporary failure. */
  readonly retry: Seconds;
}

/** The renewal times for a lifetime, the share of it after which a certificate is due, and the pool's backdating. */
export function renewalTimes(lifetime: Seconds, renewAt: number, backdate: Seconds = 0): RenewalTimes {
  const window = Math.floor(lifetime * (1 - renewAt));
  const interval = Math.floor(window / 8);
  // The pool counts from signing, the node counts from the answer, and clocks differ.
  const least = lifetime - backdate - Math.min(300, Math.floor(lifetime / 10));
  return { window, least, interval, retry: Math.min(300, Math.max(10, Math.floor(interval / 4))) };
}

/** The shortest time from due to end: a node checks every eighth of it, and one try may take minutes. */
const shortestWindow: Seconds = 600;

/** The longest lifetime that a remedy proposes: a longer one has other mistakes. */
const longestRemedy: Seconds = 366 * 86_400;

/** Why nodes cannot renew with these times, if they cannot. The lifetime must be longer than the backdating. */
export function renewalProblem(lifetime: Seconds, renewAt: number, backdate: Seconds = 0): string | undefined {
  if (!(renewAt > 0 && renewAt < 1))
    return `is ${renewAt}; write a share of the lifetime between 0 and 1, such as 0.66`;
  if (renews(lifetime, renewAt, backdate)) return undefined;
  const { window, least, interval } = renewalTimes(lifetime, renewAt, backdate);
  const what =
    window < shortestWindow
      ? `leaves ${window} seconds of ${showDuration(lifetime)} to renew in, at least ${shortestWindow} are needed`
      : `makes a new certificate, which has ${least} seconds left when backdated by ${backdate}, due again at once or nearly`;
  const lifetimes = leastLifetime(renewAt, backdate);
  const share = nearestShare(lifetime, renewAt, backdate);
  // Whole minutes are how people write it.
  const most = Math.floor((backdate + least - window - 2 * interval) / 60) * 60;
  const remedies = [
    ...(lifetimes === undefined ? [] : [`a lifetime of at least ${showDuration(lifetimes)}`]),
    ...(share === undefined ? [] : [`renewAt: ${share}`]),
    ...(backdate > 0 && window >= shortestWindow && most > 0 ? [`backdate: ${show(showDuration(most))} or less`] : []),
  ];
  return `is ${renewAt}, which ${what}; write ${remedies.length > 0 ? remedies.join(", or ") : "a larger share and a longer lifetime, such as 0.66 of 24h"}`;
}

function renews(lifetime: Seconds, renewAt: number, backdate: Seconds): boolean {
  const { window, least, interval } = renewalTimes(lifetime, renewAt, backdate);
  return window >= shortestWindow && least >= window + 2 * interval;
}

/** The shortest lifetime, in whole minutes, with which nodes can renew at this share; `undefined` if there is none. */
function leastLifetime(renewAt: number, backdate: Seconds): Seconds | undefined {
  // Each second of lifetime adds a second, less the growth of the renewal window and of two checks (2/8 of the window).
  const gain = 1 - 1.25 * (1 - renewAt);
  if (gain <= 0) return undefined;
  // A lower bound, except for rounding: no shorter lifetime can work.
  const least = Math.max(shortestWindow, shortestWindow / (1 - renewAt) - 60, backdate / gain - 300);
  for (let lifetime = Math.ceil(least / 60) * 60; lifetime <= longestRemedy; lifetime += 60) {
    if (renews(lifetime, renewAt, backdate)) return lifetime;
  }
  return undefined;
}

/** The share nearest to the given one, in hundredths, with which nodes can renew; `undefined` if there is none. */
function nearestShare(lifetime: Seconds, renewAt: number, backdate: Seconds): number | undefined {
  const shares = Array.from({ length: 99 }, (_, index) => (index + 1) / 100);
  return shares
    .filter((share) => renews(lifetime, share, backdate))
    .sort((one, other) => Math.abs(one - renewAt) - Math.abs(other - renewAt))[0];
}
