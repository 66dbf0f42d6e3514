import { type Seconds, showDuration } from "../../lib/config/duration";
import { show } from "../../lib/config/report";

/** When a node renews: seconds before the end, and the least that an answer must have left. */
export interface RenewalTimes {
  /** A certificate that ends sooner is due. */
  readonly window: Seconds;
  /** An answer that ends sooner is not what was asked for. */
  readonly least: Seconds;
  /** How often a node looks; each look is delayed by up to as much again, so that nodes do not ask together. */
  readonly interval: Seconds;
  /** How soon a node tries again after a failure that may pass. */
  readonly retry: Seconds;
}

/** The times that follow from a lifetime, a pool's backdating and the share of the lifetime after which it is due. */
export function renewalTimes(lifetime: Seconds, renewAt: number, backdate: Seconds = 0): RenewalTimes {
  const window = Math.floor(lifetime * (1 - renewAt));
  const interval = Math.floor(window / 8);
  // The pool counts from when it signs, the node looks when it has the answer, and clocks differ.
  const least = lifetime - backdate - Math.min(300, Math.floor(lifetime / 10));
  return { window, least, interval, retry: Math.min(300, Math.max(10, Math.floor(interval / 4))) };
}

/** The shortest time from due to end: a node looks in eighths of it, and one try may take minutes. */
const shortestWindow: Seconds = 600;

/** Lifetimes for which a remedy is looked for: longer ones have other mistakes. */
const longestRemedy: Seconds = 366 * 86_400;

/** Why nodes cannot renew with these times, if they cannot. The lifetime is longer than the backdating. */
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
  // To the minute, since that is how people write it.
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

/** The least lifetime, in whole minutes, with which nodes can renew at the share; `undefined` if there is none. */
function leastLifetime(renewAt: number, backdate: Seconds): Seconds | undefined {
  // What a longer lifetime gains for each second: it less the time to renew in and two of that time's eighths.
  const gain = 1 - 1.25 * (1 - renewAt);
  if (gain <= 0) return undefined;
  // No less can do, rounding aside.
  const least = Math.max(shortestWindow, shortestWindow / (1 - renewAt) - 60, backdate / gain - 300);
  for (let lifetime = Math.ceil(least / 60) * 60; lifetime <= longestRemedy; lifetime += 60) {
    if (renews(lifetime, renewAt, backdate)) return lifetime;
  }
  return undefined;
}

/** The share, in hundredths, next to the one given with which nodes can renew; `undefined` if there is none. */
function nearestShare(lifetime: Seconds, renewAt: number, backdate: Seconds): number | undefined {
  const shares = Array.from({ length: 99 }, (_, index) => (index + 1) / 100);
  return shares
    .filter((share) => renews(lifetime, share, backdate))
    .sort((one, other) => Math.abs(one - renewAt) - Math.abs(other - renewAt))[0];
}
