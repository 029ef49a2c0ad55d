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
  Untrusted,
  Verdict,
} from '../core/records.ts';
import { contradictions } from './corroboration.ts';
import { type Explanation, explainLoss, explainSize } from './explain.ts';
import { hypothesisOf, recommendationFor } from './hypothesis.ts';
import type { Readings } from './readings.ts';
import { linkElement, measurementOf, type Section, sectionsOf } from './sections.ts';
import { type Ambiguity, type StateFault, stateFaults } from './state-faults.ts';

export interface CorrelationInput {
  intent: PathLossIntent;
  paths: readonly Path[];
  flows: readonly Flow[];
  readings: Readings;
  untrusted: readonly Untrusted[];
}

/** Between these a section is undecided: more probes would tell. */
const clean = 0.01;
const decided = 0.99;
const confirmedFrom = 0.95;
/** A state that is read rather than counted, where nothing passes. */
const stateProbability = 0.99;
/** A size that does not fit is lost always; a lossy link also drops some large probes. */
const sizeLossShareMin = 0.9;
const smallLossShareMax = 0.5;

export function correlate(input: CorrelationInput): Conclusion {
  const sections = sectionsOf(input.paths, input.flows, input.readings);
  const state = stateFaults(input.paths, sections, input.readings, input.untrusted);
  const findings = state.faults.map((fault) => findingOf(fault, stoppedAt(fault, sections)));
  const contradicted = contradictions(input.paths, input.flows, input.readings);
  const unexplained: Element[][] = [...state.ambiguities, ...contradicted].map(({ elements }) => elements);
  for (const section of losing(sections)) {
    if (isBehindStateFault(section, state)) continue;
    if (contradicted.some(({ path }) => path === section.path)) continue;
    const path = input.paths.find(({ id }) => id === section.path);
    const why = path && explain(section, path, input.readings, sections);
    if (why === undefined) unexplained.push(section.elements);
    else findings.push(findingOf(why, section));
  }
  const merged = merge(findings);
  const unmeasured =
    unexplained.length > 0 ? [] : [elementsOf(input.paths.filter((one) => !isMeasured(one, sections)))];
  const suspects = merged.length > 0 ? [] : smallest([...unexplained, ...unmeasured]);
  const verdict = verdictOf(merged, suspects, input, sections);
  const conclusion = { verdict, findings: merged, suspects, measurements: sections.map(measurementOf) };
  return {
    ...conclusion,
    hypothesis: hypothesisOf(conclusion),
    recommendation: recommendationFor(conclusion, input.untrusted),
  };
}

/** Whether another round of probes could change the verdict. */
export function isDecided(input: CorrelationInput): boolean {
  return sectionsOf(input.paths, input.flows, input.readings)
    .filter(({ purpose }) => purpose === 'loss')
    .every(({ probability }) => probability <= clean || probability >= decided);
}

function explain(
  section: Section,
  path: Path,
  readings: Readings,
  sections: readonly Section[],
): Explanation | undefined {
  return section.purpose === 'size'
    ? explainSize(section, path, readings)
    : explainLoss(section, path, readings, sections);
}

/** Sections that lose more than the background explains; of the large probes only where the small ones pass. */
function losing(sections: readonly Section[]): Section[] {
  return sections.filter((section) => {
    if (section.entered === 0 || section.probability < 0.5) return false;
    if (section.purpose === 'loss') return true;
    const small = sections.find(
      (one) =>
        one.purpose === 'loss' &&
        one.path === section.path &&
        one.from === section.from &&
        one.to === section.to,
    );
    const lostShare = (one: Section) => (one.entered - one.left) / one.entered;
    return (
      small !== undefined &&
      small.entered > 0 &&
      lostShare(small) < smallLossShareMax &&
      lostShare(section) >= sizeLossShareMin
    );
  });
}

function isBehindStateFault(
  section: Section,
  { faults, ambiguities }: { faults: StateFault[]; ambiguities: Ambiguity[] },
): boolean {
  const touches = (path: Path, from: string, to: string) =>
    path.id === section.path &&
    section.elements.some(({ node, peer }) => node === from || node === to || peer === from || peer === to);
  return (
    faults.some(({ path, stopsAt }) =>
      'hop' in stopsAt
        ? touches(path, stopsAt.hop.from, stopsAt.hop.to)
        : touches(path, stopsAt.node, stopsAt.node),
    ) || ambiguities.some(({ path, hop }) => touches(path, hop.from, hop.to))
  );
}

/** The section that shows the stop, when any probe reached it. */
function stoppedAt(fault: StateFault, sections: readonly Section[]): Section | undefined {
  return sections.find(
    (section) =>
      section.path === fault.path.id &&
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
    lossPercent: section?.lossPercent ?? 100,
    lossPercentInterval: section?.lossPercentInterval ?? [0, 100],
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
  return [...merged.values()].sort((a, b) => b.probability - a.probability);
}

function inOrder(ids: readonly string[]): string[] {
  return [...new Set(ids)].sort((a, b) => Number(a.slice(1)) - Number(b.slice(1)));
}

/** The smallest set of elements that one fault could hide in. */
function smallest(sets: readonly Element[][]): Element[] {
  return sets.reduce<Element[]>(
    (best, set) => (best.length === 0 || set.length < best.length ? set : best),
    [],
  );
}

function isMeasured(path: Path, sections: readonly Section[]): boolean {
  return sections.some(
    (section) => section.path === path.id && section.purpose === 'loss' && section.entered > 0,
  );
}

/** Nodes and links of paths, each once: where nobody told of probes, a fault could hide in any of them. */
function elementsOf(paths: readonly Path[]): Element[] {
  const elements = paths.flatMap(({ nodes, hops }) => [
    ...nodes.map((node): Element => ({ node })),
    ...hops.map(linkElement),
  ]);
  return [...new Map(elements.map((element) => [JSON.stringify(element), element])).values()];
}

function verdictOf(
  findings: readonly Finding[],
  suspects: readonly Element[],
  input: CorrelationInput,
  sections: readonly Section[],
): Verdict {
  const [best] = findings;
  if (best !== undefined) return best.probability >= confirmedFrom ? 'CONFIRMED' : 'LIKELY';
  if (suspects.length > 0) return 'INCONCLUSIVE';
  const measured = input.paths.every((path) => isMeasured(path, sections));
  const quiet = sections.every(({ purpose, probability }) => purpose === 'size' || probability <= clean);
  const bothWays = (['forward', 'reverse'] as const).every((direction) =>
    input.paths.some((path) => path.direction === direction),
  );
  return bothWays && measured && quiet ? 'NO_FAULT' : 'INCONCLUSIVE';
}
