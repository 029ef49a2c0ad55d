/** Numbers that are written out: "five hundred" is 500. */

const small: Record<string, number> = {
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
  fifteen: 15,
  sixteen: 16,
  twenty: 20,
  thirty: 30,
  forty: 40,
  fifty: 50,
  sixty: 60,
  seventy: 70,
  eighty: 80,
  ninety: 90,
  dozen: 12,
  half: 0.5,
};
const large: Record<string, number> = { hundred: 100, thousand: 1_000, million: 1_000_000 };

/** How many of `words` from `at` are one number, and which; undefined where none begins there. "one" and "a" only begin. */
export function numberWords(
  words: readonly (string | undefined)[],
  at: number,
): { value: number; length: number } | undefined {
  let value: number | undefined;
  let index = at;
  const first = words[at];
  if (first === 'a' || first === 'one') {
    const next = words[at + 1];
    if (first === 'a' && (next === undefined || large[next] === undefined)) return undefined;
    value = 1;
    index++;
  }
  for (; index < words.length; index++) {
    const word = words[index] ?? '';
    const factor = large[word];
    const one = small[word] ?? (/^\d+(?:\.\d+)?$/.test(word) && index === at ? Number(word) : undefined);
    if (factor !== undefined) value = (value ?? 1) * factor;
    else if (one !== undefined && (value === undefined || value >= 20)) value = (value ?? 0) + one;
    else break;
  }
  return value === undefined ? undefined : { value, length: index - at };
}

/** Whether a word is part of a written number. */
export function isNumberWord(word: string): boolean {
  return word in small || word in large;
}
