/** Which known word a mistyped or inflected one may have been. */

export interface Spelling {
  /** The nearest known word within one edit (two in long words, swapped neighbours count as one), or undefined. */
  correct: (word: string) => string | undefined;
  /** A known word of which this is another form: "complaining" of "complain". */
  stem: (word: string) => string | undefined;
}

const shortest = 4;
const long = 8;

/** Looks words up by what is left when letters are removed (the symmetric-delete method); built once per vocabulary. */
export function createSpelling(words: Iterable<string>): Spelling {
  const known = new Set(words);
  const byRemainder = new Map<string, string[]>();
  for (const word of known) {
    if (word.length < shortest) continue;
    for (const remainder of remainders(word, word.length >= long ? 2 : 1)) {
      const list = byRemainder.get(remainder);
      if (list === undefined) byRemainder.set(remainder, [word]);
      else list.push(word);
    }
  }
  return {
    correct(word) {
      if (word.length < shortest || word.length > 24 || !/^[a-z]+$/.test(word)) return undefined;
      const editsMax = word.length >= long ? 2 : 1;
      let best: string | undefined;
      let bestEdits = editsMax + 1;
      for (const remainder of remainders(word, editsMax))
        for (const candidate of byRemainder.get(remainder) ?? []) {
          const edits = distance(word, candidate);
          const isBetter =
            edits < bestEdits || (edits === bestEdits && best !== undefined && candidate < best);
          if (isBetter && edits <= editsMax) {
            best = candidate;
            bestEdits = edits;
          }
        }
      return best;
    },
    stem(word) {
      for (const [pattern, endings] of inflections) {
        if (!pattern.test(word)) continue;
        for (const ending of endings) {
          const stem = word.replace(pattern, ending);
          if (stem.length >= 3 && known.has(stem)) return stem;
        }
      }
      return undefined;
    },
  };
}

const inflections: readonly (readonly [RegExp, readonly string[]])[] = [
  [/ies$/, ['y']],
  [/ied$/, ['y']],
  [/(?<=([bdgmnprt]))\1ing$/, ['']],
  [/(?<=([bdgmnprt]))\1ed$/, ['']],
  [/ing$/, ['', 'e', 'ed', 's']],
  [/ed$/, ['', 'e', 'ing', 's']],
  [/es$/, ['', 'e']],
  [/s$/, ['']],
  [/ly$/, ['']],
  [/er$/, ['', 'e']],
  [/$/, ['s', 'ing', 'ed', 'd', 'es', 'ly']],
];

function remainders(word: string, deletes: number): Set<string> {
  const found = new Set([word]);
  let last = [word];
  for (let round = 0; round < deletes; round++) {
    const next: string[] = [];
    for (const one of last)
      for (let index = 0; index < one.length; index++) {
        const shorter = one.slice(0, index) + one.slice(index + 1);
        if (found.has(shorter)) continue;
        found.add(shorter);
        next.push(shorter);
      }
    last = next;
  }
  return found;
}

/** Damerau's distance in its restricted form: insertions, deletions, replacements and swapped neighbours. */
function distance(left: string, right: string): number {
  const width = right.length + 1;
  const rows = Array.from({ length: left.length + 1 }, (_, row) =>
    Array.from({ length: width }, (_, column) => (row === 0 ? column : column === 0 ? row : 0)),
  );
  const at = (row: number, column: number) => rows[row]?.[column] ?? 0;
  for (let row = 1; row <= left.length; row++)
    for (let column = 1; column < width; column++) {
      const same = left[row - 1] === right[column - 1] ? 0 : 1;
      let best = Math.min(at(row - 1, column) + 1, at(row, column - 1) + 1, at(row - 1, column - 1) + same);
      if (row > 1 && column > 1 && left[row - 1] === right[column - 2] && left[row - 2] === right[column - 1])
        best = Math.min(best, at(row - 2, column - 2) + 1);
      const current = rows[row];
      if (current !== undefined) current[column] = best;
    }
  return at(left.length, right.length);
}
