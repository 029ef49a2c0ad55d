/**
 * Step 4: from measurements to findings and a verdict. A pure function of what the report carries, so that whoever
 * verifies the report repeats it. The language model has no part in it.
 */
import type { Conclusion, Element, Path, Verdict } from '../core/records.ts';
import { clean } from './belief.ts';
import { lossMinPercentOf, probesToBeSure } from './effort.ts';
import { hypothesisOf, recommendationFor } from './hypothesis.ts';
import { measurementOf, type Section } from './sections.ts';
import { suspectsOf, type Weighed } from './suspects.ts';
import { type CorrelationInput, weigh } from './weighing.ts';

/** The least probability of the best finding that makes the verdict CONFIRMED; below, it is LIKELY. */
export const confirmedFrom = 0.95;

export function correlate(input: CorrelationInput): Conclusion {
  const weighed = weigh(input);
  const { sections, findings } = weighed;
  const suspects = suspectsOf(input.paths, weighed);
  const verdict = verdictOf(weighed, suspects, input);
  const conclusion = { verdict, findings, suspects, measurements: sections.map(measurementOf) };
  return {
    ...conclusion,
    hypothesis: hypothesisOf(conclusion),
    recommendation: tooFew(weighed, verdict, input) ?? recommendationFor(conclusion, input.untrusted),
  };
}

/** Where nothing was lost and nobody is missing, only more probes decide. */
function tooFew(
  { sections, findings }: Weighed,
  verdict: Verdict,
  { paths, untrusted, intent }: CorrelationInput,
): string | undefined {
  const needed = probesToBeSure(intent);
  const isLossless = sections.every(({ entered, left }) => left >= entered);
  const isShort = paths.some((path) => sentOver(path, sections) < needed);
  if (verdict !== 'INCONCLUSIVE' || findings.length > 0 || untrusted.length > 0 || !isLossless || !isShort)
    return undefined;
  return `Measure again with ${needed} probes over each path: fewer do not show whether ${lossMinPercentOf(intent)} % are lost.`;
}

function sentOver(path: Path, sections: readonly Section[]): number {
  return sections
    .filter(
      ({ path: id, purpose, fromPoint }) =>
        id === path.id && purpose === 'loss' && fromPoint.place === 'sent',
    )
    .reduce((sum, { entered }) => sum + entered, 0);
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
