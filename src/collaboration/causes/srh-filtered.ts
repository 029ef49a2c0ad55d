/**
 * srh-filtered: a link carries plain IPv6 and nothing with a segment routing header (RFC 8754), as behind a filter that
 * drops extension headers (RFC 7872).
 */
import { mostPassed, plainOver, plainTowards } from '../follow-ups.ts';
import { linkElement, type Section } from '../sections.ts';
import { type Evidence, type Explanation, onlyLink, shownBy, uncertainProbabilityMax } from './evidence.ts';

export function srhFiltered(section: Section, { readings, paths }: Evidence): Explanation | undefined {
  const hop = onlyLink(section);
  if (hop === undefined || section.left > 0) return undefined;
  const plain = plainOver(hop, 'small', readings);
  if (plain === undefined || !mostPassed(plain)) return undefined;
  // Where not even plain packets to the same prefix pass, it is not the header.
  const towards = plainTowards(hop, section, { readings, paths });
  if (towards?.value.received === 0) return undefined;
  return {
    kind: 'srh-filtered',
    element: linkElement(hop),
    direction: section.direction,
    supportedBy: [...shownBy(section), plain.id, ...(towards === undefined ? [] : [towards.id])],
    // Nobody saw whether plain packets pass to where these are going: it may be a gray-prefix.
    ...(towards === undefined && { probabilityMax: uncertainProbabilityMax }),
  };
}
