/** unidirectional-link: one direction of a link carries nothing, and discovery is one-sided. */
import type { Hop } from '../../core/records.ts';
import type { Readings } from '../readings.ts';
import { linkElement, type Section, turned } from '../sections.ts';
import {
  type Evidence,
  type Explanation,
  shownBy,
  touchedHops,
  uncertainProbabilityMax,
} from './evidence.ts';
import { hears } from './hearing.ts';

export function unidirectionalLink(section: Section, { readings }: Evidence): Explanation | undefined {
  const found = touchedHops(section)
    .map((hop) => oneSided(hop, section, readings))
    .find((one) => one !== undefined);
  return found && { ...found, supportedBy: [...shownBy(section), ...found.supportedBy] };
}

/**
 * Nothing arrives, and discovery is one-sided. A dead direction also starves neighbour discovery for the other one, so
 * the direction comes from who still hears whom, not from which probes died.
 */
function oneSided(hop: Hop, section: Section, readings: Readings): Explanation | undefined {
  if (section.left > 0) return undefined;
  const back = turned(hop);
  for (const [dead, direction] of [
    [hop, section.direction],
    [back, section.direction === 'forward' ? 'reverse' : 'forward'],
  ] as const) {
    const heard = hears(readings, dead.to, dead.ingress, dead.from);
    const heardBack = hears(readings, dead.from, dead.egress, dead.to);
    if (heard?.fresh !== false || heardBack?.fresh !== true) continue;
    return {
      kind: 'unidirectional-link',
      element: linkElement(dead),
      direction,
      supportedBy: [heard.id, heardBack.id],
      // Only announcements say that the other direction is dead: they get lost by themselves, too.
      ...(dead === back && { probabilityMax: uncertainProbabilityMax }),
    };
  }
  return undefined;
}
