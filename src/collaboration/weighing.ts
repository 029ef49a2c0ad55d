/** What the measurements are worth: which sections lose packets, what of it is explained, and what is not. */
import type { Finding, Flow, Path, PathLossIntent, Untrusted } from '../core/records.ts';
import { isWhole } from './behind.ts';
import { clean, suspectFrom } from './belief.ts';
import { type Evidence, type Explanation, touchedHops, uncertainProbabilityMax } from './causes/evidence.ts';
import { withoutContest } from './causes/forwarding-loop.ts';
import { harmlessFaults, unknownLoss } from './causes/harmless.ts';
import { lossCauses, sizeCauses } from './causes/index.ts';
import { type Ambiguity, type Stop, stopsOf } from './causes/stops.ts';
import { type Contradiction, contradictions } from './corroboration.ts';
import { lossToldFrom } from './effort.ts';
import { inOrder } from './envelope-ids.ts';
import { hostBytesMin, interfaceOf } from './plan.ts';
import type { Readings } from './readings.ts';
import { isSameLink, type Section, sectionsOf } from './sections.ts';
import type { Unexplained, Weighed } from './suspects.ts';

export interface CorrelationInput {
  intent: PathLossIntent;
  paths: readonly Path[];
  flows: readonly Flow[];
  readings: Readings;
  untrusted: readonly Untrusted[];
}

/** A state that is read rather than counted, where nothing passes. */
const stateProbability = 0.99;
/** A size that does not fit is lost always. */
const sizeLossShareMin = 0.9;

/** Several questions are asked of the same measurements: what is made of these does not change in between. */
const weighedBefore = new WeakMap<CorrelationInput, Weighed>();
const evidenceBefore = new WeakMap<CorrelationInput, Evidence & { sections: Section[] }>();
const stateBefore = new WeakMap<CorrelationInput, ReturnType<typeof stopsOf>>();

export function weigh(input: CorrelationInput): Weighed {
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
  // What is lost beside them is the doing of what loses it.
  const harmless = harmlessFaults(evidence).map((why) =>
    findingOf(losses.length + unexplained.length > 0 ? { ...why, loss: unknownLoss } : why, undefined),
  );
  const findings = withoutContest(merge([...losses, ...harmless]));
  return {
    sections,
    findings: findings.sort((a, b) => b.probability - a.probability),
    unexplained,
    losses,
  };
}

export function evidenceOf(input: CorrelationInput): Evidence & { sections: Section[] } {
  const known = evidenceBefore.get(input);
  if (known !== undefined) return known;
  const { intent, paths, flows, readings, untrusted } = input;
  const isMarked = (intent.dscp ?? 0) > 0;
  const sections = sectionsOf(paths, flows, readings, lossToldFrom(intent));
  const evidence = { paths, sections, readings, untrusted, isMarked };
  evidenceBefore.set(input, evidence);
  return evidence;
}

/** Where packets stop for a reason that a router's own state shows. */
export function stateOf(input: CorrelationInput): ReturnType<typeof stopsOf> {
  const state = stateBefore.get(input) ?? stopsOf(evidenceOf(input));
  stateBefore.set(input, state);
  return state;
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
export function losing(sections: readonly Section[]): Section[] {
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
export function isSure(section: Section): boolean {
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

export function isBehindStop(
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
