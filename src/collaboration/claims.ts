/**
 * What the creator of a report writes by itself, held against what the peers signed: the intent, the paths, the flows,
 * the time and the marks. Each function returns the first thing that does not fit, or undefined.
 */
import type { UntrustedReason } from '../core/errors.ts';
import { limits } from '../core/limits.ts';
import type { Report } from '../core/records.ts';
import { intentFault } from './intent.ts';
import { kindOf } from './intents/index.ts';

type Judge = (report: Report) => string | undefined;

/** In the order in which they are easiest to understand. */
const judges: readonly Judge[] = [
  ({ intentText, intent, reasoner, creator }) => intentFault(intentText, intent, { reasoner, creator }),
  (report) => kindOf(report.intent).claimFault(report, report.intent),
  marksFault,
  relaysFault,
];

export function claimFault(report: Report): string | undefined {
  for (const judge of judges) {
    const fault = judge(report);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

/** `created` belongs to the session: every answer was signed within the time of one intent before it. */
export function createdFault({ created, creator, envelopes }: Report): string | undefined {
  const createdMs = Date.parse(created);
  const earliestMs = createdMs - limits.intentTimeoutMs - limits.clockSkewMs;
  const latestMs = createdMs + limits.clockSkewMs;
  for (const { id, node, signed } of envelopes) {
    const { signedAt } = signed.statement;
    const atMs = Date.parse(signedAt);
    if (atMs < earliestMs || atMs > latestMs)
      return `created is ${created} as ${creator} says, but ${node} signed answer ${id} at ${signedAt}`;
  }
  return undefined;
}

/** These say that one call was refused; only a node that is lost or broken may leave without closing the session. */
const closes: readonly UntrustedReason[] = ['refused', 'unauthorised'];

/** Why a node may be without a closing signature, by its mark; undefined when it must have one. */
export function excuseOf(node: string, { untrusted }: Report): UntrustedReason | undefined {
  const reason = untrusted.find((mark) => mark.node === node)?.reason;
  return reason === undefined || closes.includes(reason) ? undefined : reason;
}

/** A node of a path either answered or is marked: leaving one out altogether must be seen. */
function marksFault({ paths, envelopes, untrusted }: Report): string | undefined {
  const known = new Set([...envelopes, ...untrusted].map(({ node }) => node));
  const missing = paths.flatMap(({ nodes }) => nodes).find((node) => !known.has(node));
  return missing && `${missing} lies on a path, and neither answered nor is marked untrusted`;
}

/** Whoever answered through another node signed so, and was marked before. */
function relaysFault({ envelopes, untrusted }: Report): string | undefined {
  const carried = envelopes.filter(({ signed }) => signed.statement.relay !== undefined);
  const unmarked = carried.find(({ node }) => untrusted.every((mark) => mark.node !== node));
  if (unmarked) return `answer ${unmarked.id} was carried, and no mark says that ${unmarked.node} was lost`;
  const idle = untrusted.find(
    ({ node, reachedThrough: relay }) =>
      relay !== undefined &&
      !carried.some((one) => one.node === node && one.signed.statement.relay === relay),
  );
  return (
    idle && `${idle.node} is marked as reached through ${idle.reachedThrough}, which carried no answer of it`
  );
}
