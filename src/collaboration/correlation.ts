/**
 * Step 4: from measurements to findings and a verdict. A pure function of what the report carries, so that whoever
 * verifies the report repeats it. The language model has no part in it.
 */
import type {
  Conclusion,
  Element,
  Finding,
  Flow,
  Path,
  PathLossIntent,
  SectionMeasurement,
  Untrusted,
  Verdict,
} from '../core/records.ts';
import { isWhole } from './behind.ts';
import { clean, decided, suspectFrom } from './belief.ts';
import { isAgentMissed } from './causes/agent-only.ts';
import { type Evidence, type Explanation, touchedHops, uncertainProbabilityMax } from './causes/evidence.ts';
import { withoutContest } from './causes/forwarding-loop.ts';
import { harmlessFaults } from './causes/harmless.ts';
import { lossCauses, sizeCauses } from './causes/index.ts';
import { type Ambiguity, type Stop, stopsOf } from './causes/stops.ts';
import { type Contradiction, contradictions } from './corroboration.ts';
import { lossToldFrom, probesToBeSure } from './effort.ts';
import { hypothesisOf, recommendationFor } from './hypothesis.ts';
import { hostBytesMin, interfaceOf } from './plan.ts';
import type { Readings } from './readings.ts';
import { isSameLink, measurementOf, type Section, sectionsOf } from './sections.ts';
import { suspectsOf, type Unexplained, unseenLinks, type Weighed } from './suspects.ts';

export interface CorrelationInput {
  intent: PathLossIntent;
  paths: readonly Path[];
  flows: readonly Flow[];
  readings: Readings;
  untrusted: readonly Untrusted[];
}

export const confirmedFrom = 0.95;
/** A state that is read rather than counted, where nothing passes. */
const stateProbability = 0.99;
/** A size that does not fit is lost always. */
const sizeLossShareMin = 0.9;

export function correlate(input: CorrelationInput): Conclusion {
  const weighed = weigh(input);
  const { sections, findings } = weighed;
  const suspects = suspectsOf(input.paths, weighed);
  const verdict = verdictOf(weighed, suspects, input);
  const conclusion = { verdict, findings, suspects, measurements: sections.map(measurementOf) };
  return {
    ...conclusion,
    hypothesis: hypothesisOf(conclusion),
    recommendation: recommendationFor(conclusion, input.untrusted),
  };
}

/** Sections that lose packets for a reason that nothing shows: what to look at more closely. */
export function unexplainedSections(input: CorrelationInput): Section[] {
  return weigh(input).unexplained.flatMap(({ section }) => section ?? []);
}

/** Several questions are asked of the same measurements: what is made of these does not change in between. */
const weighedBefore = new WeakMap<CorrelationInput, Weighed>();
const evidenceBefore = new WeakMap<CorrelationInput, Evidence & { sections: Section[] }>();
const stateBefore = new WeakMap<CorrelationInput, ReturnType<typeof stopsOf>>();

function weigh(input: CorrelationInput): Weighed {
  const weighed = weighedBefore.get(input) ?? weighAnew(input);
  weighedBefore.set(input, weighed);
  return weighed;
}

function weighAnew(input: CorrelationInput): Weighed {
  const { paths, flows, readings } = input;
  const evidence = evidenceOf(input);
  const { sections } = evidence;
  const state = stateOf(input);
  // Packets that come by twice are counted twice, and nobody lies.
  const astray = new Set(state.stops.filter(({ multiplies }) => multiplies).map(({ path }) => path.id));
  const contradicted = contradictions(paths, flows, readings).filter(({ path }) => !astray.has(path));
  const losses = state.stops.map((stop) => findingOf(stop, stoppedAt(stop, sections)));
  const unexplained: Unexplained[] = [...state.ambiguities, ...contradicted];
  for (const section of losing(sections)) {
    if (isBehindStop(section, state) || isContradicted(section, contradicted)) continue;
    const why = isSure(section) ? explain(section, evidence) : undefined;
    if (why === undefined) unexplained.push({ section, elements: section.elements });
    else
      losses.push(
        findingOf(isOnItsWord(section, input) ? { ...why, probabilityMax: onItsWord(why) } : why, section),
      );
  }
  const harmless = harmlessFaults(evidence).map((why) => findingOf(why, undefined));
  const findings = withoutContest(merge([...losses, ...harmless]));
  return {
    sections,
    findings: findings.sort((a, b) => b.probability - a.probability),
    unexplained,
    losses,
  };
}

function evidenceOf(input: CorrelationInput): Evidence & { sections: Section[] } {
  const known = evidenceBefore.get(input);
  if (known !== undefined) return known;
  const { intent, paths, flows, readings, untrusted } = input;
  const isMarked = (intent.dscp ?? 0) > 0;
  const sections = sectionsOf(paths, flows, readings, lossToldFrom(intent));
  const evidence = { paths, sections, readings, untrusted, isMarked };
  evidenceBefore.set(input, evidence);
  return evidence;
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

/** Where packets stop for a reason that a router's own state shows. */
export function stateOf(input: CorrelationInput): ReturnType<typeof stopsOf> {
  const state = stateBefore.get(input) ?? stopsOf(evidenceOf(input));
  stateBefore.set(input, state);
  return state;
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

function explain(section: Section, evidence: Evidence): Explanation | undefined {
  const isLarge = section.purpose === 'size' || isTooLarge(section, evidence.readings);
  for (const cause of isLarge ? sizeCauses : lossCauses) {
    const found = cause(section, evidence);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Probes that were asked to be so large that an end of the link says that it does not carry them. */
function isTooLarge(section: Section, readings: Readings): boolean {
  // Every link carries as much (RFC 8200 section 5), whatever is said of it.
  if (section.sizeBytes <= hostBytesMin) return false;
  return touchedHops(section).some(({ from, egress, to, ingress }) =>
    [interfaceOf(readings, from, egress), interfaceOf(readings, to, ingress)].some(
      (one) => one !== undefined && one['ietf-ip:ipv6'].mtu < section.sizeBytes,
    ),
  );
}

/** Sections that may lose more than the background explains; of the large probes only what the small ones do not lose. */
function losing(sections: readonly Section[]): Section[] {
  return sections.filter((section) => {
    if (section.entered === 0) return false;
    if (section.purpose === 'loss') return section.probability > clean;
    const isSmallLost = sections.some(
      ({ purpose, direction, from, to, probability }) =>
        purpose === 'loss' &&
        direction === section.direction &&
        from === section.from &&
        to === section.to &&
        probability >= suspectFrom,
    );
    return section.probability >= suspectFrom && !isSmallLost;
  });
}

/** Enough to name a cause; below that the place is suspect. */
function isSure(section: Section): boolean {
  if (section.purpose === 'loss') return section.probability >= suspectFrom;
  return (section.entered - section.left) / section.entered >= sizeLossShareMin;
}

/** Whoever is contradicted on one path carries no accusation on any. */
function isContradicted(section: Section, contradicted: readonly Contradiction[]): boolean {
  return contradicted.some(
    ({ path, elements }) =>
      path === section.path ||
      elements.some(({ node }) => node === section.fromPoint.node || node === section.toPoint.node),
  );
}

function isBehindStop(
  section: Section,
  { stops, ambiguities }: { stops: Stop[]; ambiguities: Ambiguity[] },
): boolean {
  const touches = (...names: string[]) =>
    section.elements.some(({ node, peer = node }) => names.includes(node) || names.includes(peer));
  const hops = [
    ...stops.flatMap(({ stopsAt }) => ('hop' in stopsAt ? [stopsAt.hop] : [])),
    ...ambiguities.map(({ hop }) => hop),
  ];
  return (
    hops.some(
      (hop) => section.route.flat().some((one) => isSameLink(one, hop)) && touches(hop.from, hop.to),
    ) ||
    stops.some(({ path, stopsAt }) => 'node' in stopsAt && path.id === section.path && touches(stopsAt.node))
  );
}

/**
 * That a router behind a fault sent packets, only it says. The two ends of the intent are asked in any case; a third must not
 * become the one witness against its neighbour.
 */
function isOnItsWord({ path: id, fromPoint }: Section, { paths, intent }: CorrelationInput): boolean {
  const path = paths.find((one) => one.id === id);
  return fromPoint.index === 0 && path !== undefined && !isWhole(path, [intent.head, intent.tail]);
}

function onItsWord({ probabilityMax = 1 }: Explanation): number {
  return Math.min(probabilityMax, uncertainProbabilityMax);
}

/** The section that shows the stop, when any probe reached it. */
function stoppedAt(stop: Stop, sections: readonly Section[]): Section | undefined {
  return sections.find(
    (section) =>
      section.path === stop.path.id &&
      section.purpose === 'loss' &&
      section.entered > 0 &&
      section.left === 0,
  );
}

function findingOf(why: Explanation, section: Section | undefined): Finding {
  return {
    kind: why.kind,
    element: why.element,
    direction: why.direction,
    probability: Math.min(section?.probability ?? stateProbability, why.probabilityMax ?? 1),
    lossPercent: why.loss?.percent ?? section?.lossPercent ?? 100,
    lossPercentInterval: why.loss?.interval ?? section?.lossPercentInterval ?? [0, 100],
    supportedBy: inOrder([...why.supportedBy, ...(section === undefined ? [] : section.toPoint.supportedBy)]),
  };
}

/** The same fault seen in both directions, or by several flows, is one finding. */
function merge(findings: readonly Finding[]): Finding[] {
  const merged = new Map<string, Finding>();
  for (const finding of findings) {
    const { node, interface: name, peer, object } = finding.element;
    const key = JSON.stringify([finding.kind, node, name, peer, object]);
    const earlier = merged.get(key);
    if (earlier === undefined) {
      merged.set(key, finding);
      continue;
    }
    const stronger = finding.probability > earlier.probability ? finding : earlier;
    merged.set(key, {
      ...stronger,
      direction: earlier.direction === finding.direction ? earlier.direction : 'both',
      supportedBy: inOrder([...earlier.supportedBy, ...finding.supportedBy]),
    });
  }
  return [...merged.values()];
}

function inOrder(ids: readonly string[]): string[] {
  return [...new Set(ids)].sort((a, b) => Number(a.slice(1)) - Number(b.slice(1)));
}

function sentOver(path: Path, sections: readonly Section[]): number {
  return sections
    .filter(
      ({ path: id, purpose, fromPoint }) =>
        id === path.id && purpose === 'loss' && fromPoint.place === 'sent',
    )
    .reduce((sum, { entered }) => sum + entered, 0);
}

/** Whether one of parallel links is left that no small, or no large probe is known to have taken. */
export function isLinkUnseen(input: CorrelationInput): boolean {
  return unseenLinks(input.paths, sectionsIn(input)).length > 0;
}

/** What loses nothing by itself is found beside packets that are lost elsewhere, and decides nothing about these. */
function verdictOf(
  { findings, losses, sections }: Weighed,
  suspects: readonly Element[],
  input: CorrelationInput,
): Verdict {
  const [best] = findings;
  if (best !== undefined && (losses.length > 0 || suspects.length === 0))
    return best.probability >= confirmedFrom ? 'CONFIRMED' : 'LIKELY';
  if (suspects.length > 0) return 'INCONCLUSIVE';
  const measured = input.paths.every((path) => sentOver(path, sections) >= probesToBeSure(input.intent));
  const quiet = sections.every(({ purpose, probability }) => purpose === 'size' || probability <= clean);
  const bothWays = (['forward', 'reverse'] as const).every((direction) =>
    input.paths.some((path) => path.direction === direction),
  );
  return bothWays && measured && quiet ? 'NO_FAULT' : 'INCONCLUSIVE';
}
