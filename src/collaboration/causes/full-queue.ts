/**
 * rate-bottleneck and microburst: what is lost behind an interface was dropped by its output queue. Where the queue tells
 * that what it took found it empty on average, and was full at times, bursts of others fill it; else more is sent than the
 * link takes.
 */
import { linkElement, type Section } from '../sections.ts';
import { type Growth, growthOf } from './counters.ts';
import { type Evidence, type Explanation, shownBy, touchedHops } from './evidence.ts';

/** Of the lost probes: others' packets are dropped too, so that more than these are no surprise. */
const droppedShareMin = 0.9;
/** Of the longest that the queue has been, what packets that it took found there. */
const burstyAverageShareMax = 0.3;

export function fullQueue(section: Section, { readings }: Evidence): Explanation | undefined {
  const lost = section.entered - section.left;
  for (const hop of touchedHops(section)) {
    const departure = growthOf(readings, hop.from, hop.egress);
    if (departure === undefined || departure.queueDrops < droppedShareMin * lost) continue;
    if (departure.queueDrops === 0) continue;
    return {
      kind: isBurstyEverywhere(departure.queues) ? 'microburst' : 'rate-bottleneck',
      element: linkElement(hop),
      direction: section.direction,
      supportedBy: [...shownBy(section), ...departure.supportedBy],
    };
  }
  return undefined;
}

/** Of the queues that dropped anything. */
function isBurstyEverywhere(queues: Growth['queues']): boolean {
  const dropping = queues.filter((queue) => Number(queue['dropped-pkts']) > 0);
  return dropping.length > 0 && dropping.every(isBursty);
}

function isBursty({
  'max-queue-len': peak,
  'avg-queue-len': average,
  'transmit-pkts': taken,
  'dropped-pkts': dropped,
}: {
  'max-queue-len'?: string | undefined;
  'avg-queue-len'?: string | undefined;
  'transmit-pkts': string;
  'dropped-pkts': string;
}): boolean {
  if (peak === undefined || average === undefined) return false;
  // Whatever was dropped found it full.
  const fullShare = Number(dropped) / (Number(taken) + Number(dropped));
  const foundShare = fullShare + (1 - fullShare) * burstyAverageShareMax;
  return Number(average) < foundShare * Number(peak);
}
