/** silent-loss: a link loses some of what enters it, and no counter of either end shows a drop. */
import { linkElement, type Section } from '../sections.ts';
import { type Explanation, onlyLink, shownBy } from './evidence.ts';

export function silentLoss(section: Section): Explanation | undefined {
  const hop = onlyLink(section);
  // A link that carries nothing at all is dead, not lossy, and its state would have to say so.
  if (section.left === 0 || hop === undefined) return undefined;
  return {
    kind: 'silent-loss',
    element: linkElement(hop),
    direction: section.direction,
    supportedBy: shownBy(section),
  };
}
