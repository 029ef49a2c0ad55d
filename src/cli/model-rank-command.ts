/**
 * `confer model rank`: the causes that a report allows, as the correlation and the on-box model rank them, and its sentence as the
 * rules and the model word it.
 */
import type { LanguageModel } from '../../models/language-model.ts';
import { createRules, rulesName, wordSummary } from '../../models/rules.ts';
import { kindOf } from '../collaboration/intents/index.ts';
import { measuredIn } from '../collaboration/measured.ts';
import { rankingOf } from '../collaboration/ranking/ranking.ts';
import { verifyReport } from '../collaboration/verify.ts';
import { wordingBy } from '../collaboration/wording/wording.ts';
import { ConferError, messageOf } from '../core/errors.ts';
import { mistakesOf } from '../core/expectation.ts';
import type { Report } from '../core/records.ts';
import { reportSchema } from '../core/report-schema.ts';
import { exitCodes } from './exit-codes.ts';
import { candidatesOf } from './model/candidates.ts';
import { type ModelOptions, openedRanker } from './model/open.ts';
import { rankingLines } from './ranking-text.ts';
import { readersGone } from './readers.ts';
import { printVerification, readInput, readTrustAnchor } from './report-files.ts';
import { visibleLine } from './visible-text.ts';

/** Returns the exit code. Throws ConferError `bad-input`. */
export async function rankCauses(
  file: string,
  options: ModelOptions & { trust?: string; json?: boolean },
): Promise<number> {
  const bytes = readInput(file);
  const report = readReport(bytes, file);
  const verification =
    options.trust === undefined ? undefined : verifyReport(bytes, readTrustAnchor(options.trust));
  if (verification?.ok === false) {
    printVerification(verification, console.error);
    return exitCodes.noReport;
  }
  const { prompt, candidates } = candidatesOf(report);
  const opened = openedRanker(options);
  try {
    const causes = candidates.flatMap(({ text }) => text ?? []);
    const opinion = await opened.rank({ prompt, causes }, { signal: readersGone });
    const ranking = rankingOf(candidates, opinion);
    const worded = await sentencesOf(report, opened.say);
    if (options.json) {
      const { uri, hypothesis, summary } = report;
      const { causes: ranked, ...others } = ranking;
      const shown = ranked.map((cause, index) => ({ words: candidates[index]?.words, ...cause }));
      const verified = verification !== undefined;
      console.log(
        JSON.stringify({
          verified,
          report: uri,
          hypothesis,
          summary,
          ...others,
          candidates: shown,
          ...worded,
        }),
      );
      return exitCodes.done;
    }
    console.log(
      verification === undefined
        ? `Not verified: what it says is the word of whoever wrote ${visibleLine(file)}; add --trust ca.pem.`
        : 'Verified: the report holds.',
    );
    console.log('');
    console.log(visibleLine(report.summary));
    console.log('');
    for (const line of rankingLines(ranking)) console.log(`  ${visibleLine(line)}`);
    console.log('');
    for (const { by, sentence, why } of worded.sentences)
      console.log(`  ${visibleLine(`${by}: ${sentence ?? `no sentence: ${why}`}`)}`);
    return exitCodes.done;
  } finally {
    await opened.close();
  }
}

interface Sentence {
  by: string;
  sentence?: string;
  /** Why there is none. */
  why?: string;
}

/** By the rules, and by a model where there is one that words conclusions. */
async function sentencesOf(
  report: Report,
  say: NonNullable<LanguageModel['say']>,
): Promise<{ sentences: Sentence[] }> {
  const measured = measuredIn(report);
  const facts = kindOf(report.intent).facts(report, measured);
  const byRules: Sentence = { by: rulesName, sentence: wordSummary(facts) };
  const asked: LanguageModel = { ...createRules(), say };
  const found = await wordingBy(asked, report, measured, facts, readersGone);
  if (found === undefined) return { sentences: [byRules] };
  const { wording, summary } = found;
  const byModel: Sentence = {
    by: wording.model,
    ...(summary !== undefined && { sentence: summary }),
    ...(wording.why !== undefined && { why: wording.why }),
  };
  return { sentences: [byRules, byModel] };
}

function readReport(bytes: Buffer, file: string): Report {
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString('utf8'));
  } catch (error) {
    throw new ConferError('bad-input', `${file} is no JSON: ${messageOf(error)}.`);
  }
  const parsed = reportSchema.safeParse(value);
  if (!parsed.success)
    throw new ConferError('bad-input', `${file} is no report: ${mistakesOf(parsed.error, value, 'report')}.`);
  return parsed.data as Report;
}
