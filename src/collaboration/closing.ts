/**
 * The end of a session: each node signs the list of everything that it answered in it (troubleshooting draft step 5,
 * `signatures`). The creator checks the list before it writes the report, and whoever verifies the report checks again.
 */
import { canonicalBytes, digestOf, type JsonObject } from '../../crypto/canonical.ts';
import { verifyBytes } from '../../crypto/envelope.ts';
import { publicKeyOf } from '../../crypto/keys.ts';
import type { Envelope } from '../core/records.ts';
import { sessionConcludeResult, toolNames } from '../core/tools.ts';
import { sessionType } from './report.ts';

export interface ClosedSession {
  session: string;
  envelopes: readonly Envelope[];
  /** PEM of the node that closes. */
  certificate: string;
}

export function isClosing({ signed }: Envelope): boolean {
  const { operation } = signed.statement;
  return (
    'tool' in operation && operation.tool === toolNames.sessionConclude && signed.answer.isError === false
  );
}

/**
 * The first thing that does not hold; undefined when the list covers the node's answers, no more and no less, whatever
 * else the node is marked for. A node that answered what nobody waited for any more cannot close: without those answers
 * nobody could tell its list from one that somebody cut.
 */
export function closingFault(closing: Envelope, about: ClosedSession): string | undefined {
  const { node } = closing;
  const parsed = sessionConcludeResult.safeParse(closing.signed.answer.data);
  if (!parsed.success) return `the closing answer ${closing.id} of ${node} is malformed`;
  const { session, statements, signature } = parsed.data;
  if (session !== about.session || parsed.data.node !== node)
    return `the closing signature of ${node} is of another session`;
  const covered = canonicalBytes({ session, node, statements });
  if (!verifyBytes(sessionType, covered, signature, publicKeyOf(about.certificate)))
    return `signature of ${node} over its answers does not verify`;
  const mine = about.envelopes.filter((one) => one.node === node && !isClosing(one));
  const digests = new Map(
    mine.map((one) => [digestOf(one.signed.statement as unknown as JsonObject), one.id]),
  );
  const listed = new Set(statements);
  for (const [digest, id] of digests)
    if (!listed.has(digest)) return `answer ${id} is not among those that ${node} closed the session with`;
  return statements.length === digests.size
    ? undefined
    : `${node} gave ${statements.length} answers, the report carries ${digests.size}: one was removed`;
}
