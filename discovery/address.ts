/** Management addresses between their text (RFC 5952 for IPv6) and their 4 or 16 bytes. */
import { isIPv4, isIPv6 } from 'node:net';

/** The bytes of an address literal; undefined where it is none (names and zones such as `fe80::1%eth0` are none). */
export function addressBytes(literal: string): Uint8Array | undefined {
  if (isIPv4(literal)) return Uint8Array.from(literal.split('.'), Number);
  if (!isIPv6(literal) || literal.includes('%')) return undefined;
  const [head = '', tail] = literal.split('::');
  const left = groups(head);
  const right = tail === undefined ? [] : groups(tail);
  const zeros = new Array<number>(8 - left.length - right.length).fill(0);
  return Uint8Array.from([...left, ...zeros, ...right].flatMap((group) => [group >>> 8, group & 0xff]));
}

/** The canonical literal of 4 or 16 bytes. */
export function addressText(bytes: Uint8Array): string {
  if (bytes.length === 4) return bytes.join('.');
  if (bytes.length !== 16) throw new RangeError(`an address has 4 or 16 bytes, not ${bytes.length}`);
  const words: number[] = [];
  for (let at = 0; at < 16; at += 2) words.push(((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0));
  const run = longestZeroRun(words);
  if (run.start === 0 && run.length === 5 && words[5] === 0xffff)
    return `::ffff:${bytes.subarray(12).join('.')}`;
  if (run.length < 2) return groupsText(words, 0, 8);
  return `${groupsText(words, 0, run.start)}::${groupsText(words, run.start + run.length, 8)}`;
}

function groupsText(words: readonly number[], from: number, to: number): string {
  let text = '';
  for (let at = from; at < to; at++) text += (at === from ? '' : ':') + (words[at] ?? 0).toString(16);
  return text;
}

function groups(part: string): number[] {
  if (part === '') return [];
  return part.split(':').flatMap((group) => {
    if (!group.includes('.')) return [Number.parseInt(group, 16)];
    const [a = 0, b = 0, c = 0, d = 0] = group.split('.').map(Number);
    return [(a << 8) | b, (c << 8) | d];
  });
}

function longestZeroRun(words: readonly number[]): { start: number; length: number } {
  let best = { start: 0, length: 0 };
  let start = 0;
  for (let at = 0; at <= words.length; at++) {
    if (words[at] === 0) continue;
    if (at - start > best.length) best = { start, length: at - start };
    start = at + 1;
  }
  return best;
}
