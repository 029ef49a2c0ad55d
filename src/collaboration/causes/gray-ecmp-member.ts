/**
 * gray-ecmp-member: of what a hash of the flow chooses among, one is dead: some flows lose everything on the link, and the
 * others nothing (RFC 6438 for the hash).
 */
import { linkElement, type Section, type Strand } from '../sections.ts';
import { growthOf } from './counters.ts';
import { type Evidence, type Explanation, onlyLink, shownBy, uncertainProbabilityMax } from './evidence.ts';

/** Fewer probes of a flow may all be lost by chance. */
const enteredMin = 10;
/** Of a flow that is none of the dead one's. */
const passingShareMin = 0.9;

export function grayEcmpMember(section: Section, { readings }: Evidence): Explanation | undefined {
  const hop = onlyLink(section);
  if (hop === undefined) return undefined;
  const flows = section.strands.filter(({ entered }) => entered >= enteredMin);
  const dead = flows.filter(({ left }) => left === 0);
  const alive = flows.filter(isAlive);
  if (dead.length === 0 || alive.length === 0 || dead.length + alive.length < flows.length) return undefined;
  // Where both ends tell what their interfaces counted, the members of a bundle are among it.
  const ends = [growthOf(readings, hop.from, hop.egress), growthOf(readings, hop.to, hop.ingress)];
  return {
    kind: 'gray-ecmp-member',
    element: linkElement(hop),
    direction: section.direction,
    supportedBy: shownBy(section),
    ...(ends.includes(undefined) && { probabilityMax: uncertainProbabilityMax }),
  };
}

function isAlive({ entered, left }: Strand): boolean {
  return left >= passingShareMin * entered;
}
