/** Text from the network for the eyes of a person: what would act instead of being read is written out. */

/** Control characters (terminals obey them), and those that reorder, join or hide what stands around them. */
const unseen =
  /[\p{Cc}\p{Zl}\p{Zp}\u{61C}\u{200B}-\u{200F}\u{202A}-\u{202E}\u{2060}-\u{206F}\u{FEFF}\u{FFF9}-\u{FFFB}]|\p{Cs}|[\u{E0000}-\u{E0FFF}]/gu;

/** "\u{1b}" for an escape, "\u{202e}" for a right-to-left override; tabs and line ends stay. */
export function visible(text: string): string {
  return text.replaceAll(unseen, (character) =>
    '\t\n'.includes(character) ? character : `\\u{${character.codePointAt(0)?.toString(16)}}`,
  );
}

/** The same in one line. */
export function visibleLine(text: string): string {
  return visible(text.replaceAll(/[\t\n\r]+/g, ' '));
}

/** Every text in a JSON value, names of members included, by `visibleLine`. */
export function withVisibleText<T>(value: T): T {
  return shown(value) as T;
}

function shown(value: unknown): unknown {
  if (typeof value === 'string') return visibleLine(value);
  if (Array.isArray(value)) return value.map(shown);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [visibleLine(name), shown(member)]),
  );
}
