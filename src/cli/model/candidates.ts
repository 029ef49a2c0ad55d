/** Every cause that a report's measurements allow, and how probable the correlation holds each: code enumerates, always. */
import type { CausesQuestion } from '../../../models/language-model.ts';
import { wordsOfCause } from '../../collaboration/fault-words.ts';
import { measuredIn } from '../../collaboration/measured.ts';
import { type ListedCause, listedCauses } from '../../collaboration/ranking/ranking.ts';
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
  const { prompt, causes } = listedCauses(report, measuredIn(report));
  return { prompt, candidates: causes.map((cause) => ({ ...cause, words: wordsOfCause(cause) })) };
}
