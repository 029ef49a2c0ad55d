/** Step 3: many questions in parallel, each with its own deadline, never failing for a peer. */
import pLimit from 'p-limit';
import { limits } from '../core/limits.ts';
import type { Outcome, Question, Session } from './session.ts';

/** Outcomes in the order of the questions. */
export function fanOut(session: Session, questions: readonly Question[]): Promise<Outcome[]> {
  const limit = pLimit(limits.parallelCallsMax);
  return Promise.all(questions.map((question) => limit(() => session.ask(question))));
}
