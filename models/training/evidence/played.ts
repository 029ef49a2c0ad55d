/** What is kept of a case that was played. */
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { createGunzip } from 'node:zlib';
import type { Missing, Tier } from '../../../src/arena/cases.ts';
import type { ShapeName } from '../../../src/arena/shapes.ts';
import { measuredIn } from '../../../src/collaboration/measured.ts';
import type { CorrelationInput } from '../../../src/collaboration/weighing.ts';
import type { Report } from '../../../src/core/records.ts';
import type { Truth } from '../../../src/sim/drawn-faults.ts';

export interface PlayedReport {
  seed: number;
  index: number;
  shape: ShapeName;
  tier: Tier;
  hops: number;
  truths: readonly (Truth & { lossPercent?: number })[];
  missing: readonly Missing[];
  /** Without packet files, certificates and signatures. */
  report: Report;
}

export function slimmed(report: Report): Report {
  const envelopes = report.envelopes.map((envelope) => ({
    ...envelope,
    signed: { ...envelope.signed, signature: '', answer: { ...envelope.signed.answer, contentHash: '' } },
  }));
  for (const { signed } of envelopes) delete signed.batch;
  return { ...report, envelopes, evidence: [], certificates: {}, signatures: {} };
}

/** One after the other, for all of them are more than memory holds. Throws where the file is none of `play.ts`. */
export async function* readPlayed(file: string): AsyncGenerator<PlayedReport> {
  const lines = createInterface({ input: createReadStream(file).pipe(createGunzip()) });
  for await (const line of lines) yield JSON.parse(line) as PlayedReport;
}

/** What the signs of a report are read from. Throws where the report is of another kind of intent. */
export function inputOf(report: Report): CorrelationInput {
  const { intent, ...measured } = measuredIn(report);
  if (intent.kind !== 'path-loss') throw new Error(`a case is asked for loss, not ${intent.kind}`);
  return { intent, ...measured };
}
