/** What the measurements leave open, for whoever decides what to measure next. */
import type { SectionMeasurement } from '../core/records.ts';
import { clean, decided } from './belief.ts';
import { isAgentMissed } from './causes/agent-only.ts';
import { correlate } from './correlation.ts';
import type { Section } from './sections.ts';
import { unseenLinks } from './suspects.ts';
import {
  type CorrelationInput,
  evidenceOf,
  isBehindStop,
  isSure,
  losing,
  stateOf,
  weigh,
} from './weighing.ts';

/** Sections that lose packets for a reason that nothing shows: what to look at more closely. */
export function unexplainedSections(input: CorrelationInput): Section[] {
  // Too few probes are no loss.
  return weigh(input).unexplained.flatMap(({ section }) =>
    section === undefined || section.left >= section.entered ? [] : [section],
  );
}

/** Sections in which all small probes die, and no router's own state that has been read shows why. */
export function deadForNoState(input: CorrelationInput): Section[] {
  const state = stateOf(input);
  return sectionsIn(input).filter(
    (section) =>
      section.purpose === 'loss' &&
      section.entered > 0 &&
      section.left === 0 &&
      !isBehindStop(section, state),
  );
}

/** Places where more probes could change the verdict, the most suspicious first. */
export function openPlaces(input: CorrelationInput): OpenPlace[] {
  const sections = sectionsIn(input);
  const open = sections.filter(
    ({ purpose, probability }) => purpose === 'loss' && probability > clean && probability < decided,
  );
  // One large probe of a few may be lost to the background; a size that does not fit is lost always.
  const stray = losing(sections).filter((section) => section.purpose === 'size' && !isSure(section));
  return [...open, ...stray].sort((a, b) => b.probability - a.probability);
}

/** Where packets are lost most probably, decided or not. */
export function worstPlace(input: CorrelationInput): OpenPlace | undefined {
  const asked = sectionsIn(input).filter(({ purpose, entered }) => purpose === 'loss' && entered > 0);
  return asked.sort((a, b) => b.probability - a.probability)[0];
}

/** Where packets may be lost, and how probable that is. */
export type OpenPlace = Pick<
  Section,
  'path' | 'purpose' | 'from' | 'to' | 'entered' | 'left' | 'probability'
>;

/** Whether small probes are lost somewhere for sure. */
export function isFaultSure(input: CorrelationInput): boolean {
  return sectionsIn(input).some(({ purpose, probability }) => purpose === 'loss' && probability >= decided);
}

export function sectionsIn(input: CorrelationInput): Section[] {
  return evidenceOf(input).sections;
}

/** Whether one of parallel links is left that no small, or no large probe is known to have taken. */
export function isLinkUnseen(input: CorrelationInput): boolean {
  return unseenLinks(input.paths, sectionsIn(input)).length > 0;
}

/** What may tell more when it is read again later: whom discovery still hears, or how often links changed. */
export type Awaited = 'neighbours' | 'carriers';

/** What a link that comes and goes is taken for by who looks too shortly. */
const maybeFlapping: readonly string[] = ['silent-loss', 'unidirectional-link', 'link-down'];

/**
 * Packets die for a reason that nothing shows yet, or an agent fell silent whose router forwards: whoever died a moment ago
 * is remembered by discovery for some intervals more. Or a link loses packets, and whether it is up all the time is open.
 */
export function worthWaitingFor(input: CorrelationInput): Awaited | undefined {
  const { findings, measurements } = correlate(input);
  const isDead = ({ purpose, entered, left }: SectionMeasurement) =>
    purpose === 'loss' && entered > 0 && left === 0;
  const isOpen = unexplainedSections(input).some(isDead);
  if (isOpen || (measurements.some(isDead) && findings.length === 0) || isAgentMissed(evidenceOf(input)))
    return 'neighbours';
  return findings.some(({ kind }) => maybeFlapping.includes(kind)) ? 'carriers' : undefined;
}
