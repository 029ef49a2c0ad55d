/** `confer model rank`: the causes that a report allows, as the correlation and the on-box model rank them. */
import { rankingOf } from '../collaboration/ranking/ranking.ts';
import { ConferError, messageOf } from '../core/errors.ts';
import { mistakesOf } from '../core/expectation.ts';
import type { Report } from '../core/records.ts';
import { reportSchema } from '../core/report-schema.ts';
import { exitCodes } from './exit-codes.ts';
import { candidatesOf } from './model/candidates.ts';
import { type ModelOptions, openedRanker } from './model/open.ts';
import { rankingLines } from './ranking-text.ts';
import { readersGone } from './readers.ts';
import { readInput } from './report-files.ts';
import { visibleLine } from './visible-text.ts';

/** Returns the exit code. Throws ConferError `bad-input`. */
export async function rankCauses(file: string, options: ModelOptions & { json?: boolean }): Promise<number> {
  const report = readReport(file);
  const { prompt, candidates } = candidatesOf(report);
  const opened = openedRanker(options);
  try {
    const causes = candidates.flatMap(({ text }) => text ?? []);
    const opinion = await opened.rank({ prompt, causes }, { signal: readersGone });
    const ranking = rankingOf(candidates, opinion);
    if (options.json) {
      const { uri, hypothesis, summary } = report;
      const { causes: ranked, ...others } = ranking;
      const shown = ranked.map((cause, index) => ({ words: candidates[index]?.words, ...cause }));
      console.log(JSON.stringify({ report: uri, hypothesis, summary, ...others, candidates: shown }));
      return exitCodes.done;
    }
    console.log(visibleLine(report.summary));
    console.log('');
    for (const line of rankingLines(ranking)) console.log(`  ${visibleLine(line)}`);
    return exitCodes.done;
  } finally {
    await opened.close();
  }
}

function readReport(file: string): Report {
  let value: unknown;
  try {
    value = JSON.parse(readInput(file).toString('utf8'));
  } catch (error) {
    if (error instanceof ConferError) throw error;
    throw new ConferError('bad-input', `${file} is no JSON: ${messageOf(error)}.`);
  }
  const parsed = reportSchema.safeParse(value);
  if (!parsed.success)
    throw new ConferError('bad-input', `${file} is no report: ${mistakesOf(parsed.error, value, 'report')}.`);
  return parsed.data as Report;
}
