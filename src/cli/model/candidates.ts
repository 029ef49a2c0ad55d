/** Every cause that a report's measurements allow, and how probable the correlation holds each: code enumerates, always. */
import { type MeasuredPlace, type RankedCause, rankingPrompt } from '../../../models/prompts/ranking.ts';
import { placeOf } from '../../collaboration/fault-words.ts';
import { nameOf } from '../../collaboration/hypothesis.ts';
import type { Element, Report, SectionMeasurement } from '../../core/records.ts';

export interface Candidate {
  /** For people. */
  words: string;
  /** For a model. */
  cause: RankedCause;
  /** Probability by the correlation, 0..1. */
  correlator: number;
}

/** The most probable first. */
export function candidatesOf(report: Report): Candidate[] {
  const placeholder = placeholdersOf(report);
  const nodesOf = ({ node, peer }: Element) =>
    (peer === undefined ? [node] : [node, peer]).map((name) => placeholder(name));
  const found = report.findings.map((finding): Candidate => {
    const { kind, element, direction, probability } = finding;
    return {
      words: `${placeOf(finding)}, ${direction}`,
      cause: { kind, nodes: nodesOf(element), direction },
      correlator: probability,
    };
  });
  const sections = report.measurements.filter(({ entered }) => entered > 0);
  const unexplained = distinctPlaces(sections).filter(
    ({ elements, direction }) =>
      !report.findings.some(
        (finding) =>
          (finding.direction === 'both' || finding.direction === direction) &&
          elements.some(({ node }) => node === finding.element.node),
      ),
  );
  const lossy = unexplained.flatMap(({ elements, direction, probability }) =>
    elements.map(
      (element): Candidate => ({
        words: `loss at ${nameOf(element)} that nothing explains, ${direction}`,
        cause: { kind: 'silent-loss', nodes: nodesOf(element), direction },
        correlator: probability / elements.length,
      }),
    ),
  );
  const clean = sections.reduce((product, { probability }) => product * (1 - probability), 1);
  const open =
    report.verdict === 'INCONCLUSIVE' ? 1 - Math.max(clean, ...found.map((one) => one.correlator)) : 0;
  const whole = { nodes: [], direction: '' };
  return [
    ...found,
    ...lossy,
    {
      words: 'healthy: nothing is lost',
      cause: { kind: 'healthy', ...whole },
      correlator: sections.length === 0 ? 0 : clean,
    },
    {
      words: 'undetermined: the measurements do not tell',
      cause: { kind: 'undetermined', ...whole },
      correlator: sections.length === 0 ? 1 : open,
    },
  ].sort((one, other) => other.correlator - one.correlator);
}

/** What a model is shown of a report. */
export function promptOf(report: Report): string[] {
  const placeholder = placeholdersOf(report);
  const places = report.measurements
    .filter(({ entered }) => entered > 0)
    .map(({ elements, direction, lossPercent }): MeasuredPlace => {
      const names = elements.flatMap(({ node, peer }) => (peer === undefined ? [node] : [node, peer]));
      return { nodes: [...new Set(names)].map((name) => placeholder(name)), direction, lossPercent };
    });
  return rankingPrompt(places);
}

/** "<|e0|>" for the first node of the paths, and so on; a node that is on none comes behind them. */
function placeholdersOf({ paths }: Report): (node: string) => string {
  const order = [...new Set(paths.flatMap(({ nodes }) => nodes))];
  return (node) => {
    if (!order.includes(node)) order.push(node);
    return `<|e${order.indexOf(node)}|>`;
  };
}

/** The worst of each place and direction, over all flows and paths. */
function distinctPlaces(sections: readonly SectionMeasurement[]): SectionMeasurement[] {
  const worst = new Map<string, SectionMeasurement>();
  for (const section of sections) {
    const key = JSON.stringify([section.direction, section.elements]);
    const before = worst.get(key);
    if (before === undefined || before.probability < section.probability) worst.set(key, section);
  }
  return [...worst.values()];
}
