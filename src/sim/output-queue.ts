/** The queue of an interface that can fill up. Others have none: they send as fast as packets come. */

export interface OutputQueue {
  /** Takes a packet or drops it. `fraction` is uniform in [0, 1). */
  admits(octets: number, nowMs: number, fraction: () => number): boolean;
  readonly limitOctets: number;
  readonly transmitted: number;
  readonly dropped: number;
  /** Of what packets found in it when they came. */
  readonly peakOctets: number;
  readonly averageOctets: number;
}

/** A link, or a shaper, of this rate: what comes faster waits, and what finds no room is dropped. */
export function rateLimitedQueue(rateKbps: number, limitOctets: number): OutputQueue {
  let backlogOctets = 0;
  let drainedAtMs: number | undefined;
  return queueOf(limitOctets, (octets, nowMs) => {
    const drained = ((nowMs - (drainedAtMs ?? nowMs)) * rateKbps) / 8;
    drainedAtMs = nowMs;
    backlogOctets = Math.max(0, backlogOctets - drained);
    const found = backlogOctets;
    if (found + octets <= limitOctets) backlogOctets += octets;
    return found;
  });
}

/** Others fill it for moments at a time: this share of the packets finds no room, all others find nobody. */
export function burstyQueue(percent: number, limitOctets: number): OutputQueue {
  return queueOf(limitOctets, (_octets, _nowMs, fraction) => (fraction() * 100 < percent ? limitOctets : 0));
}

/** `find` says how many octets are there already. */
function queueOf(
  limitOctets: number,
  find: (octets: number, nowMs: number, fraction: () => number) => number,
): OutputQueue {
  const queue = { limitOctets, transmitted: 0, dropped: 0, peakOctets: 0, averageOctets: 0 };
  return Object.assign(queue, {
    admits(octets: number, nowMs: number, fraction: () => number): boolean {
      const found = find(octets, nowMs, fraction);
      const fits = found + octets <= limitOctets;
      const seen = queue.transmitted + queue.dropped + 1;
      queue.averageOctets += (found - queue.averageOctets) / seen;
      queue.peakOctets = Math.max(queue.peakOctets, fits ? found + octets : limitOctets);
      if (fits) queue.transmitted++;
      else queue.dropped++;
      return fits;
    },
  });
}
