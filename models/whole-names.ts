/**
 * The patterns of the rules know names of ASCII letters; of "café-1" they would take "caf", whom nobody named. While they read,
 * a name of other letters stands behind one that they know.
 */

const run = /[\p{L}\p{N}](?:[\p{L}\p{N}\p{M}_.:/@+#-]*[\p{L}\p{N}\p{M}])?/gu;
const unknownLetter = /@|(?=\P{ASCII})[\p{L}\p{M}]/u;

/** What `read` makes of `text`, with the names as they are typed; hyphens that look alike are one. */
export function withWholeNames(
  text: string,
  read: (text: string) => Record<string, unknown>,
): Record<string, unknown> {
  const plain = text.replace(/[\u2010-\u2015\u2212]/g, '-').replace(/\p{Cf}/gu, '');
  const typed: string[] = [];
  // No stand-in may be a part of what is typed.
  let mark = 'n';
  while (plain.toLowerCase().includes(`${mark}0`)) mark += 'n';
  const known = plain.replace(run, (one) =>
    unknownLetter.test(one) ? `${mark}0${typed.push(one) - 1}x` : one,
  );
  if (typed.length === 0) return read(plain);
  const standIn = new RegExp(`${mark}0(\\d+)x`, 'gi');
  const asTyped = (value: unknown): unknown =>
    Array.isArray(value)
      ? value.map(asTyped)
      : typeof value === 'string'
        ? value.replace(standIn, (_, index) => typed[index] ?? '')
        : value;
  return Object.fromEntries(Object.entries(read(known)).map(([key, value]) => [key, asTyped(value)]));
}
