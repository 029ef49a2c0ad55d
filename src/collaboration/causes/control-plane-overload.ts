/**
 * control-plane-overload: a router's policer drops packets to the router itself, probes among them, while those that pass the
 * router get through (RFC 6192).
 */
import type { Path } from '../../core/records.ts';
import { controlOver } from '../follow-ups.ts';
import type { Section } from '../sections.ts';
import { policed } from './counters.ts';
import { type Evidence, type Explanation, shownBy } from './evidence.ts';

/** Of the lost probes: others' packets are dropped too, so that more than these are no surprise. */
const droppedShareMin = 0.9;
/** Of the probes to a router that lies on the way. */
const lostShareMin = 0.5;
/** From here on a place loses packets that pass. */
const lossyFrom = 0.5;

/** At the end of a path: what has arrived does not get to the router itself. */
export function overloadedEnd(section: Section, { readings }: Evidence): Explanation | undefined {
  const { fromPoint, toPoint } = section;
  const policer = policed(toPoint.node, readings);
  if (toPoint.place !== 'delivered' || fromPoint.node !== toPoint.node || policer === undefined)
    return undefined;
  if (policer.dropped < droppedShareMin * (section.entered - section.left)) return undefined;
  return {
    kind: 'control-plane-overload',
    element: { node: toPoint.node },
    direction: 'both',
    supportedBy: [...shownBy(section), ...policer.supportedBy],
  };
}

/** Anywhere on it: packets pass, and those to the router itself do not get there. */
export function overloadedNodes(path: Path, { readings, sections, paths }: Evidence): Explanation[] {
  return path.nodes.flatMap((node): Explanation[] => {
    const policer = policed(node, readings);
    const probes = controlOver(node, { readings, paths });
    if (policer === undefined || probes === undefined) return [];
    const { sent, received } = probes.value;
    if (sent === 0 || sent - received < lostShareMin * sent) return [];
    const isClean = sections.every(
      ({ elements, probability }) =>
        probability < lossyFrom || elements.every((one) => one.node !== node && one.peer !== node),
    );
    if (!isClean) return [];
    return [
      {
        kind: 'control-plane-overload',
        element: { node },
        direction: 'both',
        supportedBy: [...policer.supportedBy, probes.id],
      },
    ];
  });
}
