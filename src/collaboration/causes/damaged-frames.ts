/**
 * corruption and duplex-mismatch: what is lost on a link arrives there with a wrong checksum. Where the sending end runs
 * half-duplex and counts late collisions, it is the two ends that do not agree (IEEE 802.3 clause 4).
 */
import { linkElement, type Section } from '../sections.ts';
import { growthOf } from './counters.ts';
import { type Evidence, type Explanation, onlyLink, shownBy, uncertainProbabilityMax } from './evidence.ts';

/** Of the lost probes: others' frames are damaged too, so that more errors than these are no surprise. */
const errorsShareMin = 0.9;

export function damagedFrames(section: Section, { readings }: Evidence): Explanation | undefined {
  const hop = onlyLink(section);
  if (hop === undefined) return undefined;
  const arrival = growthOf(readings, hop.to, hop.ingress);
  const lost = section.entered - section.left;
  if (arrival === undefined || arrival.inErrors < errorsShareMin * lost) return undefined;
  const departure = growthOf(readings, hop.from, hop.egress);
  const endsDiffer =
    departure?.now['confer-device:duplex'] === 'half' && arrival.now['confer-device:duplex'] === 'full';
  const isMismatch = endsDiffer && departure.lateCollisions > 0;
  // Damage alone is either: who sends did not tell, or its collisions are yet to come.
  const isUnclear = departure === undefined || (endsDiffer && !isMismatch);
  return {
    kind: isMismatch ? 'duplex-mismatch' : 'corruption',
    element: linkElement(hop),
    direction: section.direction,
    supportedBy: [...shownBy(section), ...arrival.supportedBy, ...(isMismatch ? departure.supportedBy : [])],
    ...(isUnclear && { probabilityMax: uncertainProbabilityMax }),
  };
}
