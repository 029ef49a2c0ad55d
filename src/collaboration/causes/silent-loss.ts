/** silent-loss: a link loses some of what enters it, and no counter of either end shows a drop. */
import { linkElement, type Section } from '../sections.ts';
import { growthOf } from './counters.ts';
import { type Evidence, type Explanation, onlyLink, shownBy, uncertainProbabilityMax } from './evidence.ts';

export function silentLoss(section: Section, { readings }: Evidence): Explanation | undefined {
  const hop = onlyLink(section);
  // A link that carries nothing at all is dead, not lossy, and its state would have to say so.
  if (section.left === 0 || hop === undefined) return undefined;
  const ends = [growthOf(readings, hop.from, hop.egress), growthOf(readings, hop.to, hop.ingress)];
  return {
    kind: 'silent-loss',
    element: linkElement(hop),
    direction: section.direction,
    supportedBy: shownBy(section),
    // An end whose counters nobody read twice may have counted the drops.
    ...(ends.includes(undefined) && { probabilityMax: uncertainProbabilityMax }),
  };
}
