/**
 * nat-exhaustion: a router that translates addresses has no port left for new flows (RFC 8512), and counts as many packets as
 * are missing.
 */
import { linkElement, type Section } from '../sections.ts';
import { growthOf } from './counters.ts';
import { type Evidence, type Explanation, shownBy, touchedHops } from './evidence.ts';

/** Of the lost probes: others' new flows are dropped too. */
const droppedShareMin = 0.9;

export function natExhaustion(section: Section, { readings }: Evidence): Explanation | undefined {
  const lost = section.entered - section.left;
  for (const hop of touchedHops(section)) {
    const departure = growthOf(readings, hop.from, hop.egress);
    const pool = departure?.now['confer-device:translation'];
    if (departure === undefined || pool === undefined || Number(pool['ports-free']) > 0) continue;
    if (departure.portDrops <= 0 || departure.portDrops < droppedShareMin * lost) continue;
    return {
      kind: 'nat-exhaustion',
      element: linkElement(hop),
      direction: section.direction,
      supportedBy: [...shownBy(section), ...departure.supportedBy],
    };
  }
  return undefined;
}
