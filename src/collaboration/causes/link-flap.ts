/** link-flap: both ends of a link counted the same changes of their carrier while packets got lost there. */
import { linkElement, type Section } from '../sections.ts';
import { changesMin, growthOf } from './counters.ts';
import { inForwardOrder } from './dead-link.ts';
import { type Evidence, type Explanation, shownBy, touchedHops } from './evidence.ts';

/** The ends are not read at the same moment. */
const changesApartMax = 2;

export function linkFlap(section: Section, { readings, paths }: Evidence): Explanation | undefined {
  for (const hop of touchedHops(section)) {
    const [here, there] = [growthOf(readings, hop.from, hop.egress), growthOf(readings, hop.to, hop.ingress)];
    if (here === undefined || there === undefined) continue;
    const changes = [here.carrierChanges, there.carrierChanges];
    if (Math.min(...changes) < changesMin || Math.max(...changes) - Math.min(...changes) > changesApartMax)
      continue;
    return {
      kind: 'link-flap',
      element: linkElement(inForwardOrder(hop, paths)),
      direction: 'both',
      supportedBy: [...shownBy(section), ...here.supportedBy, ...there.supportedBy],
    };
  }
  return undefined;
}
