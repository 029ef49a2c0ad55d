/**
 * Which of the possible causes are right for a case that was played, by what was done to the network, and by an honest rule
 * of what its evidence can tell:
 *
 *   a fault that shows at its place            is the answer
 *   packets are lost, and none of that shows   undetermined
 *   nothing was done, and nothing is lost      healthy
 *   a fault of which nothing shows at all      no answer is honest: left out of training, and told apart in evaluation
 */

import type { Missing } from '../../../src/arena/cases.ts';
import type { PossibleCause } from '../../../src/collaboration/ranking/causes.ts';
import type { Signs } from '../../../src/collaboration/ranking/signs.ts';
import type { Element } from '../../../src/core/records.ts';
import type { Truth } from '../../../src/sim/drawn-faults.ts';

export type Label =
  | { answer: 'causes'; right: readonly PossibleCause[] }
  | { answer: 'healthy' | 'undetermined' | 'nothing shows' };

export function labelOf(
  { truths, missing }: { truths: readonly Truth[]; missing: readonly Missing[] },
  { paths, signs }: Signs,
  causes: readonly PossibleCause[],
): Label {
  const shown = causes.filter(({ isShown }) => isShown);
  const right = shown.filter((cause) => truths.some((truth) => isTrue(cause, truth)));
  if (right.length > 0) return { answer: 'causes', right };
  if (truths.length > 0) return { answer: isTrace({ paths, signs }) ? 'undetermined' : 'nothing shows' };
  const gone = shown.filter(
    ({ kind, element }) =>
      kind === 'agent-only' && missing.some(({ node, how }) => how === 'silent' && node === element?.node),
  );
  if (gone.length > 0) return { answer: 'causes', right: gone };
  const isMeasured = paths.length > 0 && paths.every(({ lost }) => lost !== undefined);
  return { answer: isMeasured ? 'healthy' : 'undetermined' };
}

/** What the case itself took away is no answer to why packets are lost. */
export function isAnswer(
  { kind, element }: PossibleCause,
  { truths, missing }: { truths: readonly Truth[]; missing: readonly Missing[] },
): boolean {
  const isTaken = kind === 'agent-only' && missing.some(({ node }) => node === element?.node);
  return truths.length === 0 || !isTaken;
}

/** Packets go missing somewhere, or nobody can tell whether they do. */
function isTrace({ paths, signs }: Signs): boolean {
  return (
    paths.some(({ lost }) => lost !== 'none' && lost !== 'few') ||
    signs.some(({ sign, certainty }) => sign === 'loses-large' || (sign === 'loses' && certainty === 'sure'))
  );
}

export function isTrue({ kind, element, direction }: PossibleCause, truth: Truth): boolean {
  const fields = ['node', 'interface', 'peer', 'object'] as const;
  const isSame = (one: Element) => fields.every((field) => element?.[field] === one[field]);
  return kind === truth.kind && direction === truth.direction && truth.elements.some(isSame);
}
