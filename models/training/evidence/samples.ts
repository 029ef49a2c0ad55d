/** Several samples of one case: as it was, seen from the other end, with agents that did not answer. */
import { correlate } from '../../../src/collaboration/correlation.ts';
import { type PossibleCause, possibleCauses } from '../../../src/collaboration/ranking/causes.ts';
import { type Signs, signsOf } from '../../../src/collaboration/ranking/signs.ts';
import type { Direction, Report } from '../../../src/core/records.ts';
import { inputOf, type PlayedReport } from './played.ts';

export type Case = Pick<PlayedReport, 'truths' | 'missing' | 'report'>;

export interface Seen {
  signs: Signs;
  causes: readonly PossibleCause[];
}

export function seenOf(report: Report): Seen {
  const signs = signsOf(inputOf(report));
  return { signs, causes: possibleCauses(signs) };
}

/** Forward and reverse are names: who asks from the tail sees the same the other way round. */
export function mirrored({ signs: { paths, signs }, causes }: Seen): Seen {
  return {
    signs: {
      paths: paths.map((path) => ({ ...path, way: turned(path.way) })),
      signs: signs.map(({ direction, ...sign }) => ({
        ...sign,
        ...(direction !== undefined && { direction: turned(direction) }),
      })),
    },
    causes: causes.map(({ direction, ...cause }) => ({
      ...cause,
      ...(direction !== undefined && { direction: direction === 'both' ? direction : turned(direction) }),
    })),
  };
}

function turned(direction: Direction): Direction {
  return direction === 'forward' ? 'reverse' : 'forward';
}

/** As if nobody had answered there: neither the head, which asks, nor a node that is silent already. */
export function silenced<C extends Case>(one: C, node: string): C {
  const { report } = one;
  const mark = {
    node,
    reason: 'timeout',
    detail: '',
    management: 'out-of-band',
    until: report.created,
  } as const;
  return {
    ...one,
    report: {
      ...report,
      envelopes: report.envelopes.filter((envelope) => envelope.node !== node),
      untrusted: [...report.untrusted, mark],
    },
  };
}

/** What the correlation makes of the answers that are left. */
export function concluded<C extends Case>(one: C): C {
  const { report } = one;
  return { ...one, report: { ...report, ...correlate(inputOf(report)) } };
}

/** Whom `silenced` may take. */
export function answering({ report }: Case): string[] {
  const answered = new Set(report.envelopes.map(({ node }) => node));
  const nodes = new Set(report.paths.flatMap((path) => path.nodes));
  const marked = new Set(report.untrusted.map(({ node }) => node));
  return [...nodes].filter((node) => node !== report.creator && answered.has(node) && !marked.has(node));
}
