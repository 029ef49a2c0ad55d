/** What hurried fingers, other languages and telephones do to a sentence. Works on phrases before their slots are filled. */
import type { Random } from './random.ts';

const rows = ['qwertyuiop', 'asdfghjkl', 'zxcvbnm'];

/** One or two typing errors in longer words. */
export function mistype(text: string, random: Random): string {
  const pieces = text.split(/(\{[^}]*\}|@\w+|[^A-Za-z{}@]+)/);
  const long = pieces.flatMap((piece, index) => (/^[a-z]{4,}$/i.test(piece) ? [index] : []));
  if (long.length === 0) return text;
  for (let edits = random.chance(0.35) ? 2 : 1; edits > 0; edits--) {
    const index = random.pick(long);
    pieces[index] = oneEdit(pieces[index] ?? '', random);
  }
  return pieces.join('');
}

function oneEdit(word: string, random: Random): string {
  const at = 1 + random.below(word.length - 1);
  const before = word.slice(0, at);
  const letter = word[at] ?? '';
  const after = word.slice(at + 1);
  const row = rows.find((one) => one.includes(letter)) ?? '';
  const near = row[row.indexOf(letter) + (random.chance(0.5) ? 1 : -1)] ?? letter;
  switch (random.below(5)) {
    case 0:
      return before + after;
    case 1:
      return before + letter + letter + after;
    case 2:
      return before + near + after;
    case 3:
      return before + letter + near + after;
    default:
      return before.slice(0, -1) + letter + before.slice(-1) + after;
  }
}

/** Telegram style and speakers of languages without articles. */
export function dropSmallWords(text: string, random: Random): string {
  const share = random.pick([0.5, 1, 1]);
  return text
    .replace(/(?<![\w{}@-])(?:the|a|an|is|are|there|that|any|please|do|does|it)(?![\w}'-]) ?/g, (word) =>
      random.chance(share) ? '' : word,
    )
    .replace(/ {2,}/g, ' ');
}

/** Spoken and written down by a machine: signs as words or left out, and what people say while they think. */
export function dictate(text: string, hesitation: () => string, random: Random): string {
  const spoken: Record<string, string> = { ',': 'comma', '.': 'period', '?': 'question mark', ':': 'colon' };
  const isSaid = random.chance(0.25);
  const words = text
    .replace(/([,.;:?!]+)(?=\s|$)/g, (sign) =>
      isSaid && spoken[sign] !== undefined ? ` ${spoken[sign]}` : '',
    )
    .split(' ');
  for (let count = 1 + random.below(3); count > 0; count--)
    words.splice(random.below(words.length), 0, hesitation());
  return words.join(' ');
}

/** In capitals without small words, as radio operators type it; slots keep their braces. */
export function telegraph(text: string, random: Random): string {
  const stop = random.pick([' stop', '.', '']);
  return dropSmallWords(text, random)
    .replace(/[.;](?=\s|$)/g, stop)
    .replace(/[,!](?=\s|$)/g, '')
    .replace(/\{[^}]*\}|[a-z]+/g, (part) => (part.startsWith('{') ? part : part.toUpperCase()));
}

/** How the whole is typed: case, punctuation, spaces. Slots keep their braces. */
export function restyle(text: string, random: Random): string {
  let styled = text;
  if (random.chance(0.3)) styled = styled.replace(/[?.!]+$/, '');
  if (random.chance(0.12)) styled = styled.replace(/[,;?!](?=\s|$)/g, '');
  if (random.chance(0.05)) styled = styled.replace(/ /g, '  ');
  if (random.chance(0.03)) styled = styled.replace(/, /g, ',');
  if (random.chance(0.03)) styled = `"${styled}"`;
  if (random.chance(0.04)) styled = styled.replace(/\. /g, '.\n');
  if (random.chance(0.5)) styled = styled.replace(/^[a-z]/, (first) => first.toUpperCase());
  return styled;
}
