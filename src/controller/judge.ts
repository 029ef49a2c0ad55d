/** Whether a report that a device hands over may be held: it verifies offline, and it is that device's own. */
import { canonicalBytes, type JsonValue } from '../../crypto/canonical.ts';
import { CryptoError } from '../../crypto/errors.ts';
import { reportUriPrefix } from '../collaboration/report.ts';
import { verifyReport } from '../collaboration/verify.ts';
import type { Report } from '../core/records.ts';

export type Judgement = { ok: true; id: string; report: Report } | { ok: false; reason: string };

/** id: what it was fetched as; undefined when it was pushed. */
export function judge(
  body: JsonValue,
  expected: { device: string; id: string | undefined; trustAnchorPem: string },
): Judgement {
  const bytes = bytesOf(body);
  if (bytes === undefined) return refused('form: it is no plain JSON');
  const { ok, checks } = verifyReport(bytes, expected.trustAnchorPem);
  const broken = checks.find((check) => !check.ok);
  if (!ok || broken) return refused(`${broken?.name}: ${broken?.detail}`);
  const report = body as unknown as Report;
  const { device } = expected;
  // Others may hold copies, but only who made a report answers for it, and is told that it may drop it.
  if (report.creator !== device)
    return refused(`creator: ${report.creator} made it, and ${device} hands it over`);
  const id = report.uri.slice(reportUriPrefix.length);
  if (expected.id !== undefined && id !== expected.id)
    return refused(`identity: it is report ${id}, listed as ${expected.id}`);
  return { ok: true, id, report };
}

function bytesOf(body: JsonValue): Uint8Array | undefined {
  try {
    return canonicalBytes(body);
  } catch (error) {
    if (error instanceof CryptoError) return undefined;
    throw error;
  }
}

function refused(reason: string): Judgement {
  return { ok: false, reason };
}
