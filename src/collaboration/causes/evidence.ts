/**
 * What a cause is, and what it may look at. A cause names a finding only when the evidence shows what that kind alone
 * explains; index.ts lists them, the most specific first.
 */
import type { Direction, Element, FindingKind, Hop, Path, Untrusted } from '../../core/records.ts';
import type { Readings } from '../readings.ts';
import type { Section } from '../sections.ts';

export interface Evidence {
  paths: readonly Path[];
  sections: readonly Section[];
  readings: Readings;
  untrusted: readonly Untrusted[];
  /** The probes carry a DSCP from the beginning. */
  isMarked?: boolean;
}

export interface Explanation {
  kind: FindingKind;
  element: Element;
  direction: Direction | 'both';
  supportedBy: string[];
  /** Where it is not the loss of one section. */
  loss?: { percent: number; interval: [number, number] };
  /** Where the evidence fits other causes too, what the finding is worth at most. */
  probabilityMax?: number;
}

/** Why a section loses packets; undefined when this cause does not show. */
export type Cause = (section: Section, evidence: Evidence) => Explanation | undefined;

/** What a finding is worth whose evidence fits other causes too: LIKELY. */
export const uncertainProbabilityMax = 0.9;

/** The envelopes that show the section's loss. */
export function shownBy({ fromPoint, toPoint }: Section): string[] {
  return [...fromPoint.supportedBy, ...toPoint.supportedBy];
}

/** The links of a section, and the link behind a node at which it ends: a router may drop before it sends. */
export function touchedHops({ hops, toPoint, route }: Section): readonly Hop[] {
  if (hops.length > 0) return hops;
  return toPoint.place === 'out' ? (route[toPoint.index] ?? []) : [];
}

/**
 * The link that is all of a section; undefined where there is more, or where neither end names an interface: then nobody
 * said that the two are neighbours, as on a way that is too long to be followed.
 */
export function onlyLink({ elements, hops }: Section): Hop | undefined {
  const [hop, ...others] = hops;
  if (hop === undefined || others.length > 0 || elements.length !== 1) return undefined;
  return hop.egress === '' && hop.ingress === '' ? undefined : hop;
}
