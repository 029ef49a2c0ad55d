/** `confer model rank`: the causes that a report allows, as the correlation and the on-box model rank them. */
import { causeText } from '../../models/prompts/ranking.ts';
import { ConferError, messageOf } from '../core/errors.ts';
import { mistakesOf } from '../core/expectation.ts';
import type { Report } from '../core/records.ts';
import { reportSchema } from '../core/report-schema.ts';
import type { ModelCell } from '../system/model-cell.ts';
import { exitCodes } from './exit-codes.ts';
import { type Candidate, candidatesOf, promptOf } from './model/candidates.ts';
import { type ModelOptions, openedModel } from './model/open.ts';
import { readersGone } from './readers.ts';
import { readInput } from './report-files.ts';
import { visibleLine } from './visible-text.ts';

interface Ranked extends Candidate {
  /** Share among the candidates by the model, 0..1; absent where it ranks nothing. */
  model?: number;
}

/** Logarithms of shares: below that the model does not decide between two. */
const marginMin = 0.5;

/** Returns the exit code. Throws ConferError `bad-input`. */
export async function rankCauses(file: string, options: ModelOptions & { json?: boolean }): Promise<number> {
  const report = readReport(file);
  const candidates = candidatesOf(report);
  const opened = openedModel(options);
  try {
    const { shares, why } = await sharesOf(report, candidates, opened.cell);
    const ranked = candidates.map((candidate, index): Ranked => {
      const model = shares?.[index];
      return { ...candidate, ...(model !== undefined && { model }) };
    });
    const best = [...ranked].sort((one, other) => (other.model ?? 0) - (one.model ?? 0));
    const agrees = shares === undefined ? undefined : best[0] === ranked[0];
    const conclusion = judged(agrees, marginOf(best), why);
    if (options.json) print(report, opened.model.name, ranked, { agrees, conclusion });
    else describe(report, opened.model.name, ranked, conclusion);
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

/** As long as they are, candidates compare by the mean of their tokens. */
async function sharesOf(
  report: Report,
  candidates: readonly Candidate[],
  cell: ModelCell | undefined,
): Promise<{ shares?: number[]; why?: string }> {
  if (cell === undefined) return { why: 'rules rank nothing' };
  try {
    const info = await cell.start();
    if (info.speaks === 'own') return { why: 'this model reads intents, and was not trained to rank causes' };
    const texts = candidates.map(({ cause }) => causeText(cause));
    const { answer } = await cell.ask(
      { task: 'score', prompt: promptOf(report), candidates: texts },
      { tokensMax: 1, signal: readersGone },
    );
    if (answer.task !== 'score' || answer.logLikelihoods.length !== candidates.length)
      return { why: 'it answered something else' };
    const means = answer.logLikelihoods.map((sum, index) => sum / Math.max(1, texts[index]?.length ?? 1));
    const highest = Math.max(...means);
    const weights = means.map((mean) => Math.exp(mean - highest));
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    return { shares: weights.map((weight) => weight / total) };
  } catch (error) {
    readersGone.throwIfAborted();
    return { why: messageOf(error) };
  }
}

function marginOf([first, second]: readonly Ranked[]): number {
  return Math.log((first?.model ?? 1) / (second?.model ?? 1));
}

/** The correlation's ranking always stands; this says what the model adds. */
function judged(agrees: boolean | undefined, margin: number, why: string | undefined): string {
  if (agrees === undefined)
    return `the correlation's ranking stands alone: ${why ?? 'the model ranks nothing'}`;
  if (margin < marginMin) return "the model is not sure; the correlation's ranking stands";
  return agrees ? 'both agree' : "they disagree; the correlation's ranking stands";
}

function print(
  { uri, hypothesis, summary }: Report,
  model: string,
  ranked: readonly Ranked[],
  { agrees, conclusion }: { agrees: boolean | undefined; conclusion: string },
): void {
  const candidates = ranked.map(({ words, cause, ...scores }) => ({ words, kind: cause.kind, ...scores }));
  console.log(JSON.stringify({ report: uri, model, hypothesis, summary, agrees, conclusion, candidates }));
}

function describe(report: Report, model: string, ranked: readonly Ranked[], conclusion: string): void {
  console.log(visibleLine(report.summary));
  console.log('');
  const width = Math.max(...ranked.map(({ words }) => visibleLine(words).length));
  console.log(`  ${'candidate'.padEnd(width)}  correlation  model`);
  for (const { words, correlator, model } of ranked)
    console.log(
      `  ${visibleLine(words).padEnd(width)}  ${correlator.toFixed(4).padStart(11)}  ${model === undefined ? '    -' : model.toFixed(3)}`,
    );
  console.log('');
  console.log(`  ${visibleLine(model)}: ${visibleLine(conclusion)}`);
}
