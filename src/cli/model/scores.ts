/** How well intents were read: figures of one reader over one set of texts. Pure. */
import { isDeepStrictEqual } from 'node:util';
import type { ReadIntent } from '../../../models/intent/language.ts';
import { namesIn } from './read-intent.ts';

export interface Example {
  text: string;
  intent: ReadIntent;
  /** Names of the domain; none where the set has none. */
  names?: string[];
}

export interface Read {
  example: Example;
  /** Undefined where the reader gave none. */
  intent: ReadIntent | undefined;
  /** Natural logarithm of what the reader thinks of it; undefined where it does not say. */
  logProbability?: number;
}

export interface Scores {
  texts: number;
  /** Share of texts of which the whole intent is right; of unsupported ones the kind alone is compared. */
  exact: number;
  kind: number;
  /** Names in intents that their text does not say. */
  invented: number;
  /** Share of texts that are to be refused, and were; absent where none is. */
  refused?: number;
  /** Share of texts that are to be served, and were refused; absent where none is. */
  refusedWrongly?: number;
  /** Expected calibration error in ten bins; absent where the reader does not say how sure it is. */
  calibrationError?: number;
}

const bins = 10;

/** `temperature` divides logarithms of probabilities: above 1 for a reader that is too sure of itself. */
export function scoresOf(reads: readonly Read[], temperature: number): Scores {
  const texts = reads.length;
  const share = (some: readonly Read[], of: readonly Read[]) => some.length / of.length;
  const hostile = reads.filter(({ example }) => example.intent.kind === 'unsupported');
  const served = reads.filter(({ example }) => example.intent.kind !== 'unsupported');
  const isRefused = ({ intent }: Read) => intent === undefined || intent.kind === 'unsupported';
  const sure = reads.filter(({ logProbability }) => logProbability !== undefined);
  return {
    texts,
    exact: share(reads.filter(isExact), reads),
    kind: share(
      reads.filter(({ intent, example }) => intent?.kind === example.intent.kind),
      reads,
    ),
    invented: reads.reduce((sum, read) => sum + inventedIn(read), 0),
    ...(hostile.length > 0 && { refused: share(hostile.filter(isRefused), hostile) }),
    ...(served.length > 0 && { refusedWrongly: share(served.filter(isRefused), served) }),
    ...(sure.length > 0 && { calibrationError: calibrationError(sure, temperature) }),
  };
}

export function isExact({ intent, example }: Read): boolean {
  if (intent === undefined || example.intent.kind === 'unsupported')
    return intent?.kind === example.intent.kind;
  return isDeepStrictEqual(inOneOrder(intent), inOneOrder(example.intent));
}

/** The order of metrics says nothing, that of hops does; `via` may be left out where there is none. */
function inOneOrder(intent: ReadIntent): ReadIntent {
  if (intent.kind === 'device-status') return { ...intent, metrics: [...intent.metrics].sort() };
  if ('head' in intent && 'tail' in intent) return { ...intent, via: intent.via ?? [] };
  return intent;
}

function inventedIn({ intent, example }: Read): number {
  if (intent === undefined) return 0;
  const said = example.text.toLowerCase();
  return namesIn(intent).filter((name) => !said.includes(name.toLowerCase())).length;
}

/** How far, on average, the share of right answers is from what the reader thought it would be. */
export function calibrationError(reads: readonly Read[], temperature: number): number {
  return calibrationErrorOf(
    reads.map((read) => ({
      sure: Math.exp((read.logProbability ?? 0) / temperature),
      isRight: isExact(read),
    })),
  );
}

/** `sure`: 0..1. */
export function calibrationErrorOf(answers: readonly { sure: number; isRight: boolean }[]): number {
  const sums = Array.from({ length: bins }, () => ({ sure: 0, right: 0 }));
  for (const { sure, isRight } of answers) {
    const bin = sums[Math.min(bins - 1, Math.floor(sure * bins))];
    if (bin === undefined) continue;
    bin.sure += sure;
    bin.right += isRight ? 1 : 0;
  }
  return sums.reduce((sum, { sure, right }) => sum + Math.abs(sure - right), 0) / answers.length;
}

/** The temperature at which a set's answers were likeliest; for sets that are neither trained on nor judged by. */
export function fittedTemperature(reads: readonly Read[]): number {
  const sure = reads.filter(({ logProbability }) => logProbability !== undefined);
  const cost = (temperature: number) =>
    sure.reduce((sum, read) => {
      const logSure = Math.min(-1e-6, (read.logProbability ?? 0) / temperature);
      return sum - (isExact(read) ? logSure : Math.log1p(-Math.exp(logSure)));
    }, 0);
  const candidates = Array.from({ length: 80 }, (_, index) => 0.25 * 1.06 ** index);
  return candidates.reduce((best, one) => (cost(one) < cost(best) ? one : best), 1);
}
