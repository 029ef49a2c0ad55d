/** Every cause that a report's measurements allow, and how probable the correlation holds each: code enumerates, always. */
import type { CausesQuestion } from '../../../models/language-model.ts';
import { wordsOfCause } from '../../collaboration/fault-words.ts';
import { type ListedCause, listedCauses } from '../../collaboration/ranking/ranking.ts';
import { readingsOf } from '../../collaboration/readings.ts';
import { isAway } from '../../collaboration/session.ts';
import type { Report } from '../../core/records.ts';

export interface Candidate extends ListedCause {
  /** For people. */
  words: string;
}

export interface Candidates {
  /** What a model is shown of the report. */
  prompt: CausesQuestion['prompt'];
  /** The most probable first. */
  candidates: Candidate[];
}

export function candidatesOf(report: Report): Candidates {
  const { intent, paths, flows, envelopes } = report;
  const untrusted = report.untrusted.filter(isAway);
  const readings = readingsOf(envelopes);
  const { prompt, causes } = listedCauses(report, { intent, paths, flows, readings, untrusted });
  return { prompt, candidates: causes.map((cause) => ({ ...cause, words: wordsOfCause(cause) })) };
}
