/**
 * Writes models/intent/known-words.ts: the words of the phrases that requests are made of. Words that only few refused
 * requests have stay unknown, so that the model learns to refuse what it does not know.
 *
 *     node models/training/collect-words.ts
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { compoundOf, plainWord } from '../intent/pieces.ts';
import { leftWords } from './left-words.ts';

const here = import.meta.dirname;
const read = (file: string) => readFileSync(join(here, file), 'utf8');

const refusals =
  /^\+?(?:otherTopic|otherThing|obj|doChange|change\w*|several|manipulation|takeOver|evil|who|done|toDo|victim|when|innocent\w+)$/;
const more = ['more', 'wider-loss', 'wider-paths', 'wider-kinds', 'wider-refused', 'far-paths'].flatMap(
  (file) => read(`phrases/${file}.ts`).split('\n'),
);
const isRefusal = (line: string) => refusals.test(/^\+?\w+(?=:)/.exec(line)?.[0] ?? '');
const served = [
  ...['phrases/common.ts', 'phrases/paths.ts', 'phrases/loss.ts', 'phrases/other-kinds.ts'].map(read),
  ...more.filter((line) => !isRefusal(line)),
].join('\n');
const keys = ['keys.ts', 'slots.ts', 'said-values.ts'].map((file) => quotedOf(read(file))).join(' ');
const refused = [
  ...['unsupported', 'innocent', 'far-topics', 'far-orders', 'far-tricks'].map((file) =>
    read(`phrases/${file}.ts`),
  ),
  ...more.filter(isRefusal),
].join('\n');
const refusedMin = 3;
/** Words with digits that are no names. */
const withDigits = new Set(['srv6', 'ipv6', 'ipv4', 'vpnv4', 'e2e', 'l3', 'l2', 'l2vpn']);

const counts = new Map<string, number>();
for (const word of wordsOf(refused)) counts.set(word, (counts.get(word) ?? 0) + 1);
const known = new Set([
  ...wordsOf(`${served}\n${keys}`),
  ...[...counts].filter(([, count]) => count >= refusedMin).map(([word]) => word),
  ...compoundsOf(`${served}\n${keys}\n${refused}`),
  ...'% ms seconds bytes units nth percent one times msec'.split(' '),
]);
const sorted = [...known].filter((word) => !leftWords.has(word)).sort();
writeFileSync(
  join(here, '../intent/known-words.ts'),
  `/** Made by models/training/collect-words.ts of the phrases there; not to be edited. */\n${chunks(sorted)}`,
);
console.log(`${sorted.length} known words`);

/** Words of phrases, without slots, rule names and comments. */
function wordsOf(text: string): string[] {
  const plain = text
    .replace(/\/\*[\s\S]*?\*\//g, ' ')
    .replace(/^\+?\w+:/gm, ' ')
    .replace(/\{[^}]*\}|@\w+|export const \w+/g, ' ')
    .replace(/_/g, ' ')
    .replace(/([a-z])([A-Z])/g, '$1 $2');
  return (plain.match(/[A-Za-z][A-Za-z0-9]*(?:['’][A-Za-z]+)*/g) ?? [])
    .map(plainWord)
    .filter((word) => /^(?:[ai]|[a-z]{2,19})$/.test(word) || withDigits.has(word));
}

/** "packet-loss", "max_loss": words that are typed as one. */
function compoundsOf(text: string): string[] {
  const plain = text.replace(/^\+?\w+:/gm, ' ').replace(/\{[^}]*\}|@\w+|[/]\*[\s\S]*?\*[/]/g, ' ');
  return [...new Set(plain.match(/(?<![\w./-])[a-z]+(?:[-_/][a-z]+)+(?![\w/-])/gi) ?? [])].map(compoundOf);
}

function quotedOf(text: string): string {
  return ` ${(text.match(/(['`])(?:(?!\1)[^\\\n])*\1/g) ?? []).join(' ').replace(/\$\{[^}]*\}/g, ' ')}`;
}

function chunks(words: readonly string[]): string {
  const lines = [''];
  for (const word of words) {
    const last = lines.at(-1) ?? '';
    if (last.length + word.length > 100) lines.push(word);
    else lines[lines.length - 1] = last === '' ? word : `${last} ${word}`;
  }
  return `export const knownWordList = \`\n${lines.join('\n')}\n\`;\n`;
}
