/**
 * lag-member: of a bundle (IEEE 802.1AX) one member carries nothing, which its own counters at both ends show: some flows lose
 * everything on the link, the others nothing.
 */

import type { Section } from '../sections.ts';
import { type Growth, growthOf } from './counters.ts';
import { type Evidence, type Explanation, onlyLink } from './evidence.ts';
import { grayEcmpMember } from './gray-ecmp-member.ts';

export function lagMember(section: Section, evidence: Evidence): Explanation | undefined {
  const [found, hop] = [grayEcmpMember(section, evidence), onlyLink(section)];
  if (found === undefined || hop === undefined) return undefined;
  const { readings } = evidence;
  const [here, there] = [growthOf(readings, hop.from, hop.egress), growthOf(readings, hop.to, hop.ingress)];
  if (here === undefined || there === undefined) return undefined;
  const [dead, ...others] = here.members.filter((member) => isDead(member, there));
  if (dead === undefined || others.length > 0) return undefined;
  return {
    ...found,
    kind: 'lag-member',
    element: { ...found.element, object: dead.name },
    supportedBy: [...found.supportedBy, ...here.supportedBy, ...there.supportedBy],
  };
}

/** It sends, and its other end hears nothing. */
function isDead({ partner, out }: Growth['members'][number], there: Growth): boolean {
  return out > 0 && there.members.some((one) => one.name === partner && one.in === 0);
}
