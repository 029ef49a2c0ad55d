/** Where packets get lost, as the counters of neighbouring points tell, and what arrives from end to end. */
import type { ShownPath } from '../../../models/evidence/words.ts';
import type { Element } from '../../core/records.ts';
import { plainOver, plainTowards } from '../follow-ups.ts';
import { hostBytesMin } from '../plan.ts';
import type { Section } from '../sections.ts';
import { certaintyOf, shareLost } from './amounts.ts';
import type { Seen, Sign } from './signs.ts';

/** The most that a link loses by itself where nothing else tells. */
const shareUsual = 1e-4;
/** Fewer probes of a flow may all be lost by chance. */
const flowEnteredMin = 8;
const placesMax = 8;
const placesAtFaultMax = 3;

/** The surest first. */
export function lossSigns(seen: Seen): Sign[] {
  const { sections } = seen;
  const small = sections.filter(({ purpose, entered }) => purpose === 'loss' && entered > 0);
  const usual = shareUsualIn(small);
  const lossy = small.flatMap((section) => {
    const lost = section.entered - section.left;
    const certainty = certaintyOf(lost, section.entered, usual);
    return certainty === undefined ? [] : [{ section, certainty, lost }];
  });
  const places = lossy.sort((one, other) => other.lost - one.lost).slice(0, placesMax);
  const signs = places.flatMap(({ section, certainty }): Sign[] => {
    const place = placeOf(section);
    if (place === undefined) return [];
    return [
      { sign: 'loses', ...place, amount: shareLost(section.entered, section.left), certainty },
      ...(splitsFlows(section) ? [{ sign: 'splits-flows', ...place } as const] : []),
      ...plainSigns(section, seen),
    ];
  });
  return [...signs, ...sizeSigns(seen), ...contradictions(seen)];
}

/** Of each path, from what was sent to what was counted at its end; where the end does not count, replies prove that all is well. */
export function pathsShown({ paths, sections }: Seen): ShownPath[] {
  return paths.map(({ id, direction }): ShownPath => {
    const own = sections.filter((one) => one.path === id && one.purpose === 'loss');
    const [first, last] = [own[0], own.at(-1)];
    const isOneOfSeveral = paths.filter((one) => one.direction === direction).length > 1;
    const unknown = { way: direction, isOneOfSeveral };
    if (first === undefined || last === undefined || first.fromPoint.packets === 0) return unknown;
    const [sent, arrived] = [first.fromPoint.packets, last.toPoint.packets];
    const lost = shareLost(sent, Math.min(sent, arrived));
    const isKnown = last.toPoint.place === 'delivered' || lost === 'none' || lost === 'few';
    return { ...unknown, ...(isKnown && { lost }) };
  });
}

/** What small probes lose in most places: the worst few may be faults. */
function shareUsualIn(sections: readonly Section[]): number {
  const places = [...Map.groupBy(sections, ({ elements }) => JSON.stringify(elements)).values()]
    .map((same) => ({
      entered: same.reduce((sum, { entered }) => sum + entered, 0),
      lost: same.reduce((sum, { entered, left }) => sum + entered - left, 0),
    }))
    .sort((one, other) => other.lost / other.entered - one.lost / one.entered)
    .slice(placesAtFaultMax);
  const sum = (pick: 'entered' | 'lost') => places.reduce((all, one) => all + one[pick], 0);
  const [entered, lost] = [sum('entered'), sum('lost')];
  return Math.max(shareUsual, entered === 0 ? 0 : lost / entered);
}

function placeOf({ elements, direction }: Section): Pick<Sign, 'elements' | 'direction'> | undefined {
  const [first, ...others] = elements;
  return first === undefined ? undefined : { elements: [first, ...others], direction };
}

/** Some flow labels lose everything, and all others nothing worth mentioning. */
function splitsFlows({ strands }: Section): boolean {
  const flows = strands.filter(({ entered }) => entered >= flowEnteredMin);
  const dead = flows.filter(({ left }) => left === 0);
  const alive = flows.filter(({ entered, left }) => left >= 0.9 * entered);
  return dead.length > 0 && alive.length > 0 && dead.length + alive.length === flows.length;
}

/** What plain packets showed where all probes died. */
function plainSigns(section: Section, { readings, paths }: Seen): Sign[] {
  if (section.left > 0) return [];
  const { direction } = section;
  return section.hops.flatMap((hop): Sign[] => {
    const elements: [Element] = [{ node: hop.from, interface: hop.egress, peer: hop.to }];
    const over = plainOver(hop, 'small', readings);
    const towards = plainTowards(hop, section, { readings, paths });
    const passes = ({ sent, received }: { sent: number; received: number }) => received >= 0.9 * sent;
    return [
      ...(over === undefined || over.value.sent === 0
        ? []
        : [{ sign: passes(over.value) ? 'plain-passes' : 'plain-lost', elements, direction } as const]),
      ...(towards === undefined || towards.value.sent === 0
        ? []
        : [
            {
              sign: towards.value.received > 0 ? 'prefix-passes' : 'prefix-lost',
              elements: [{ ...elements[0], object: towards.prefix }],
              direction,
            } as const,
          ]),
    ];
  });
}

/** Large probes are lost where small ones are not. */
function sizeSigns({ sections, readings }: Seen): Sign[] {
  const isSmallLost = (section: Section) =>
    sections.some(
      ({ purpose, direction, from, to, entered, left }) =>
        purpose === 'loss' &&
        direction === section.direction &&
        from === section.from &&
        to === section.to &&
        left < 0.5 * entered,
    );
  const lossy = sections.filter(
    ({ purpose, entered, left }) => purpose === 'size' && entered > 0 && left < 0.5 * entered,
  );
  return lossy
    .filter((section) => !isSmallLost(section))
    .slice(0, placesMax)
    .flatMap((section): Sign[] => {
      const place = placeOf(section);
      if (place === undefined) return [];
      const plain = section.hops.flatMap((hop): Sign[] => {
        const over = plainOver(hop, hostBytesMin, readings);
        if (over === undefined || over.value.received < 0.9 * over.value.sent) return [];
        const elements: [Element] = [{ node: hop.from, interface: hop.egress, peer: hop.to }];
        return [{ sign: 'plain-large-passes', elements, direction: section.direction }];
      });
      return [{ sign: 'loses-large', ...place, amount: shareLost(section.entered, section.left) }, ...plain];
    });
}

/** Whoever counts fewer packets than come out behind it. */
function contradictions({ sections }: Seen): Sign[] {
  return sections.flatMap(({ purpose, fromPoint, toPoint }): Sign[] => {
    const isLess = purpose === 'loss' && toPoint.packets > fromPoint.packets;
    return isLess ? [{ sign: 'contradicted', elements: [{ node: fromPoint.node }] }] : [];
  });
}
