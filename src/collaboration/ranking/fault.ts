/**
 * What of a report's ranking does not follow from its signed answers: which causes there are, how probable the correlation holds
 * them, and what becomes of the model's shares. The shares themselves are the creator's word: nobody else ran its model.
 */
import { digestOf, type JsonObject } from '../../../crypto/canonical.ts';
import type { Report, ServedIntent } from '../../core/records.ts';
import type { Measured } from '../intents/kind.ts';
import { judged, listedCauses, rankingOf } from './ranking.ts';

/** Shares are rounded. */
const sumTolerance = 0.01;

export function rankingFault(report: Report, measured: Measured<ServedIntent>): string | undefined {
  const { ranking } = report;
  if (ranking === undefined) return undefined;
  if (measured.intent.kind !== 'path-loss') return 'ranking is of path-loss intents alone';
  const { causes } = listedCauses(report, measured);
  const { model, why } = ranking;
  const alone = rankingOf(causes, { model, why: why ?? '' }).causes;
  const claimed = ranking.causes.map(({ model: _, ...cause }) => cause);
  if (digestOf(alone as unknown as JsonObject) !== digestOf(claimed as unknown as JsonObject))
    return 'the causes in ranking do not follow from the signed answers';
  const shares = ranking.causes.map((cause) => cause.model);
  const isAsked = causes.map(({ text }) => text !== undefined);
  const given = shares.flatMap((share) => share ?? []);
  const isWhole =
    given.length === 0 || shares.every((share, index) => (share !== undefined) === isAsked[index]);
  const sum = given.reduce((all, share) => all + share, 0);
  if (!isWhole || (given.length > 0 && (why !== undefined || Math.abs(sum - 1) > sumTolerance)))
    return 'the shares of the model in ranking are not those of a ranking';
  const { agrees, conclusion } = judged(ranking.causes, why);
  return agrees === ranking.agrees && conclusion === ranking.conclusion
    ? undefined
    : 'the conclusion in ranking does not follow from its shares';
}
