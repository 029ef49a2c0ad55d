/**
 * Step 5: the report (troubleshooting draft section 5.3.1). It carries every signed answer that its conclusion rests
 * on, so that anyone can verify it offline.
 */
import type { KeyObject } from 'node:crypto';
import { canonicalBytes, type JsonObject } from '../../crypto/canonical.ts';
import { notAfterOf } from '../../crypto/certificate.ts';
import { signBytes } from '../../crypto/envelope.ts';
import { ConferError } from '../core/errors.ts';
import type {
  Conclusion,
  Envelope,
  Flow,
  Path,
  Ranking,
  Report,
  ServedIntent,
  Wording,
} from '../core/records.ts';
import { sessionConcludeResult, toolNames } from '../core/tools.ts';
import type { Session } from './session.ts';

export const reportUriPrefix = 'urn:ietf:params:xml:ns:yang:ietf-mcp/report/';
/** Types that are signed, so that no signature passes for another record. */
export const reportType = 'application/vnd.confer.report.v1+json';
export const sessionType = 'application/vnd.confer.session.v1+json';

export interface Draft {
  intent: ServedIntent;
  intentText: string;
  session: Session;
  paths: readonly Path[];
  flows: readonly Flow[];
  conclusion: Conclusion;
  summary: string;
  reasoner: string;
  wording?: Wording | undefined;
  ranking?: Ranking | undefined;
}

/** Throws ConferError `device-failure` when the creator's certificate has ended: nobody could verify its report. */
export function assembleReport(
  draft: Draft,
  creator: { node: string; privateKey: KeyObject; nowMs: number },
): Report {
  const { session, conclusion } = draft;
  requireCertificate(creator.node, session.certificates.get(creator.node), creator.nowMs);
  const envelopes = session.envelopes();
  const answered = new Set([creator.node, ...envelopes.map(({ node }) => node)]);
  const certificates = [...session.certificates].filter(([node]) => answered.has(node));
  const unsigned: Report = {
    ...conclusion,
    uri: `${reportUriPrefix}${session.id}`,
    creator: creator.node,
    created: new Date(creator.nowMs).toISOString(),
    intent: draft.intent,
    intentText: draft.intentText,
    'session-id': session.id,
    summary: draft.summary,
    reasoner: draft.reasoner,
    ...(draft.wording !== undefined && { wording: draft.wording }),
    ...(draft.ranking !== undefined && { ranking: draft.ranking }),
    paths: [...draft.paths],
    flows: [...draft.flows],
    untrusted: session.marks(),
    envelopes: [...envelopes],
    evidence: session.captures(),
    certificates: Object.fromEntries(certificates),
    signatures: peerSignatures(envelopes, creator.node),
  };
  const signature = signBytes(
    reportType,
    canonicalBytes(unsigned as unknown as JsonObject),
    creator.privateKey,
  );
  return { ...unsigned, signatures: { ...unsigned.signatures, [creator.node]: signature } };
}

function requireCertificate(node: string, certificatePem: string | undefined, nowMs: number): void {
  if (certificatePem === undefined) throw new Error(`the session of ${node} does not know its certificate`);
  const endsAtMs = notAfterOf(certificatePem);
  if (nowMs < endsAtMs) return;
  const ended = new Date(endsAtMs).toISOString();
  throw new ConferError(
    'device-failure',
    `The certificate of ${node} ended at ${ended}, so nobody could verify its report; renew it with confer pki issue.`,
  );
}

/** What each peer signed when the session closed. */
function peerSignatures(envelopes: readonly Envelope[], creator: string): Record<string, string> {
  const signatures: Record<string, string> = {};
  for (const { node, signed } of envelopes) {
    const { operation } = signed.statement;
    if (node === creator || !('tool' in operation) || operation.tool !== toolNames.sessionConclude) continue;
    const conclusion = sessionConcludeResult.safeParse(signed.answer.data);
    if (conclusion.success) signatures[node] = conclusion.data.signature;
  }
  return signatures;
}

/** The one form of a report file: its own RFC 8785 bytes. */
export function reportBytes(report: Report): Uint8Array {
  return canonicalBytes(report as unknown as JsonObject);
}
