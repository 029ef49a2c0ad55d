/** A report's ranking for people: both opinions side by side, and what becomes of the model's. */
import { wordsOfCause } from '../collaboration/fault-words.ts';
import type { Ranking } from '../core/records.ts';

/** A line each; the first is the heading of the columns, the last the conclusion. */
export function rankingLines({ model, causes, conclusion }: Ranking, linesMax = causes.length): string[] {
  const shown = [...causes]
    .sort((one, other) => weightOf(other) - weightOf(one))
    .slice(0, linesMax)
    .map((cause) => ({ ...cause, words: wordsOfCause(cause) }));
  const width = Math.max('candidate'.length, ...shown.map(({ words }) => words.length));
  return [
    `${'candidate'.padEnd(width)}  correlation  model`,
    ...shown.map(
      ({ words, correlator, model: share }) =>
        `${words.padEnd(width)}  ${correlator.toFixed(4).padStart(11)}  ${share === undefined ? '    -' : share.toFixed(3)}`,
    ),
    `${model}: ${conclusion}`,
  ];
}

/** What the correlation or the model holds likely; the others are in the report itself. */
export function isLikely({ correlator, model = 0 }: Ranking['causes'][number]): boolean {
  return Math.max(correlator, model) >= likelyFrom;
}

const likelyFrom = 0.01;

/** Whatever either holds likely comes first. */
function weightOf({ correlator, model = 0 }: Ranking['causes'][number]): number {
  return Math.max(correlator, model) + correlator / 10;
}
