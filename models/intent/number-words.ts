/** Numbers that are written out: "seven hundred and fifty" is 750, "one five zero" 150, "zero point five" a half. */
import { wordTable } from './word-table.ts';

type Words = readonly (string | undefined)[];
interface Written {
  value: number;
  /** How many words it takes. */
  length: number;
}

const digits = wordTable<number>({
  zero: 0,
  oh: 0,
  one: 1,
  two: 2,
  three: 3,
  four: 4,
  five: 5,
  six: 6,
  seven: 7,
  eight: 8,
  nine: 9,
});
const tens = wordTable<number>({
  twenty: 20,
  thirty: 30,
  forty: 40,
  fifty: 50,
  sixty: 60,
  seventy: 70,
  eighty: 80,
  ninety: 90,
});
/** "zero", "oh" and "one" are words of sentences as well. */
const small = wordTable<number>({
  two: 2,
  three: 3,
  four: 4,
  five: 5,
  six: 6,
  seven: 7,
  eight: 8,
  nine: 9,
  ten: 10,
  eleven: 11,
  twelve: 12,
  thirteen: 13,
  fourteen: 14,
  fifteen: 15,
  sixteen: 16,
  seventeen: 17,
  eighteen: 18,
  nineteen: 19,
  ...tens,
});
const large = wordTable<number>({ dozen: 12, hundred: 100, thousand: 1_000, million: 1_000_000 });
const parts = wordTable<number>({ half: 0.5, quarter: 0.25, tenth: 0.1, tenths: 0.1, hundredth: 0.01 });

/** How many of `words` from `at` are one number, and which; undefined where none begins there. "one" and "a" only begin. */
export function numberWords(words: Words, at: number): Written | undefined {
  const written = partOfPercent(words, at) ?? spelledDigits(words, at);
  if (written !== undefined) return written;
  const whole = cardinal(words, at);
  return decimal(words, at, whole) ?? whole;
}

/** Whether a word is part of a written number. */
export function isNumberWord(word: string): boolean {
  return word in small || word in large || word === 'half';
}

/** "One tenth of a percent" is 0.1, and "a percent" stays; of "a tenth of one percent" it is "percent". */
function partOfPercent(words: Words, at: number): Written | undefined {
  const first = words[at] ?? '';
  const times = first === 'a' ? 1 : digits[first];
  const from = times === undefined ? at : at + 1;
  const part = parts[words[from] ?? ''];
  const [of, one, percent] = words.slice(from + 1, from + 4);
  if (part === undefined || of !== 'of' || (percent !== 'percent' && percent !== 'pct')) return undefined;
  if (one !== 'a' && one !== 'one') return undefined;
  return { value: rounded((times ?? 1) * part), length: from - at + (one === 'one' ? 3 : 2) };
}

/** As it is said by radio: "one five zero". Two digits may be two numbers. */
function spelledDigits(words: Words, at: number): Written | undefined {
  const said = digitsFrom(words, at);
  return said.length < 3 || said.startsWith('0') ? undefined : { value: Number(said), length: said.length };
}

/** "Zero point five", "one point two five", and "point five percent". */
function decimal(words: Words, at: number, whole: Written | undefined): Written | undefined {
  const isBare = words[at] === 'point';
  const before = isBare ? 0 : (whole?.length ?? (digits[words[at] ?? ''] === undefined ? 0 : 1));
  if (words[at + before] !== 'point' || (!isBare && before === 0)) return undefined;
  const said = digitsFrom(words, at + before + 1);
  const length = before + 1 + said.length;
  if (said === '' || (isBare && words[at + length] !== 'percent')) return undefined;
  return { value: rounded((whole?.value ?? 0) + Number(`0.${said}`)), length };
}

function digitsFrom(words: Words, at: number): string {
  let said = '';
  for (
    let digit = digits[words[at] ?? ''];
    digit !== undefined;
    digit = digits[words[at + said.length] ?? '']
  )
    said += digit;
  return said;
}

function cardinal(words: Words, at: number): Written | undefined {
  const first = words[at] ?? '';
  let index = at;
  let thousands = 0;
  /** What will be multiplied by a thousand; undefined behind one. */
  let group: number | undefined;
  if (first === 'a' && large[words[at + 1] ?? ''] === undefined) return undefined;
  if (first === 'a' || first === 'one') group = 1;
  else if (first === 'half') group = 0.5;
  else if (/^\d+(?:\.\d+)?$/.test(first)) group = Number(first);
  if (group !== undefined) index++;
  for (; index < words.length; index++) {
    const [word = '', next = ''] = [words[index], words[index + 1]];
    const before = (words[index - 1] === 'and' ? words[index - 2] : words[index - 1]) ?? '';
    const factor = large[word];
    const one = index === at ? small[word] : addend(word, before);
    if (factor !== undefined && factor < 1_000) group = (group ?? 1) * factor;
    else if (factor !== undefined) {
      thousands += (group ?? 1) * factor;
      group = undefined;
    } else if (one !== undefined) group = (group ?? 0) + one;
    else if (word === 'and' && group !== undefined && next === 'a' && words[index + 2] === 'half') {
      group += 0.5;
      index += 2;
    } else if (word !== 'and' || small[next] === undefined || !isJoined(before, words[index + 2])) break;
  }
  const value = rounded(thousands + (group ?? 0));
  return index === at || !Number.isFinite(value) ? undefined : { value, length: index - at };
}

/** "Hundred and fifty" is one number; of "fifty and five" and "one hundred and five hundred" there are two. */
function isJoined(before: string, behind: string | undefined): boolean {
  return (before === 'hundred' || before === 'thousand') && !((behind ?? '') in large);
}

/** What `word` adds to a number that ends in `before`: "fifty one", "hundred twelve". */
function addend(word: string, before: string): number | undefined {
  if (before in tens) return digits[word] === 0 ? undefined : digits[word];
  return before === 'hundred' || before === 'thousand' ? small[word] : undefined;
}

const rounded = (value: number): number => Number(value.toPrecision(12));
