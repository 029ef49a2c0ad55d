/** Every cause that a report's measurements allow, and how probable the correlation holds each: code enumerates, always. */
import type { CausesQuestion } from '../../../models/language-model.ts';
import { wordsOfCause } from '../../collaboration/fault-words.ts';
import type { Measured } from '../../collaboration/intents/kind.ts';
import { type ListedCause, listedCauses } from '../../collaboration/ranking/ranking.ts';
import { readingsOf } from '../../collaboration/readings.ts';
import { isAway } from '../../collaboration/session.ts';
import type { Report, ServedIntent } from '../../core/records.ts';

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

/** What the report's conclusion was drawn from. */
export function measuredIn({ intent, paths, flows, envelopes, untrusted }: Report): Measured<ServedIntent> {
  return { intent, paths, flows, readings: readingsOf(envelopes), untrusted: untrusted.filter(isAway) };
}

export function candidatesOf(report: Report): Candidates {
  const { prompt, causes } = listedCauses(report, measuredIn(report));
  return { prompt, candidates: causes.map((cause) => ({ ...cause, words: wordsOfCause(cause) })) };
}
