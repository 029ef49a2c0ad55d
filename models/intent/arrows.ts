/**
 * Arrows to the left, turned round: "PE-3 <- P-2 <- PE-1" says "PE-1 -> P-2 -> PE-3", which is how every reader of paths knows it.
 */

const name = String.raw`[\p{L}\p{N}](?:[\p{L}\p{N}_.:/-]*[\p{L}\p{N}_])?`;
/** Neither "<->" nor "<=": that is a comparison. */
const arrow = String.raw`\s*(?:<-{1,3}(?![->])|<={2,3}(?![=>])|[←⟵⇐])\s*`;
/**
 * Whole words alone: of "from <- A#0" a part would be turned round. From every character of a long word, it would be looked through
 * anew.
 */
const chain = new RegExp(
  String.raw`(?<=^|[\s(\[{,;=])${name}(?:${arrow}${name})+(?=[,;:.!?)\]}]*(?:\s|$))`,
  'gu',
);
const arrows = new RegExp(arrow, 'u');

export function withArrowsForward(text: string): string {
  if (!arrows.test(text)) return text;
  return text.replace(chain, (whole) => {
    const names = whole.split(arrows);
    // "x <-1" is no way to anywhere.
    return names.every((one) => /\p{L}/u.test(one)) ? names.reverse().join(' -> ') : whole;
  });
}
