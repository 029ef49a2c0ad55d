/**
 * gray-prefix: a link carries packets, and none to the prefix that the next SID is from: neither those with a segment routing
 * header nor plain ones to the SID's node.
 */
import { mostPassed, plainOver, plainTowards } from '../follow-ups.ts';
import { linkElement, type Section } from '../sections.ts';
import { type Evidence, type Explanation, onlyLink, shownBy } from './evidence.ts';

export function grayPrefix(section: Section, { readings, paths }: Evidence): Explanation | undefined {
  const hop = onlyLink(section);
  if (hop === undefined || section.left > 0) return undefined;
  const near = plainOver(hop, 'small', readings);
  const far = plainTowards(hop, section, { readings, paths });
  if (near === undefined || !mostPassed(near)) return undefined;
  if (far === undefined || far.value.sent === 0 || far.value.received > 0) return undefined;
  return {
    kind: 'gray-prefix',
    element: { ...linkElement(hop), object: far.prefix },
    direction: section.direction,
    supportedBy: [...shownBy(section), near.id, far.id],
  };
}
