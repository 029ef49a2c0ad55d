/** Other people's words: known ones are forgotten, or replaced by words that nobody knows, where the meaning stays. */
import { ambiguousWords, knownWords, plainWords } from '../intent/vocabulary.ts';
import type { Random } from './random.ts';

/** Words without which a sentence would mean something else. */
const important = new Set(
  (
    'loss losses packet packets drop drops dropped dropping lost losing lose lossy mtu pmtu latency delay rtt jitter bgp peering neighbor neighbour ' +
    'peer session reachable reachability reach connectivity ping unreachable cpu memory ram mem interface interfaces ports from to via through over ' +
    'between and head tail src dst source destination on of not dscp count size probes bytes max at most below limit threshold % ms no than'
  ).split(' '),
);
const forgettable = [...knownWords].filter((word) => !important.has(word) && !ambiguousWords.has(word));

/** English words that are not known. */
export const plainUnknown = [...plainWords].filter(
  (word) => !knownWords.has(word) && /^[a-z]{4,9}$/.test(word),
);
const forgettableWords = new Set(forgettable);

/** Some words of the text by ones that are not known. */
export function strangeWords(text: string, names: readonly string[], random: Random): string {
  const parts = names.flatMap((name) => name.toLowerCase().split(/[^a-z]+/));
  const pieces = text.split(/(?<![\w.-])([a-z]{3,})(?![\w.=:-])/);
  const free = pieces.flatMap((piece, index) =>
    index % 2 === 1 && forgettableWords.has(piece) && !parts.includes(piece) ? [index] : [],
  );
  for (const index of random.shuffled(free).slice(0, random.pick([0, 1, 1, 2])))
    pieces[index] = random.pick(plainUnknown);
  return pieces.join('');
}

/** Words that the tagger shall take for unknown. */
export function drawForgotten(random: Random): Set<string> {
  const share = random.pick([0.04, 0.1, 0.2]);
  return new Set(forgettable.filter(() => random.chance(share)));
}
