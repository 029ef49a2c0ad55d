/** Numbers as they are typed, with what they count where a unit says it. */
import type { Piece, Unit } from './pieces.ts';
import { wordTable } from './word-table.ts';

const factors = wordTable<number>({ k: 1_000, m: 1_000_000, '‰': 0.1 });
const units = wordTable<Unit>({
  '%': '%',
  '‰': '%',
  ms: 'ms',
  msec: 'ms',
  s: 's',
  sec: 's',
  secs: 's',
  byte: 'bytes',
  bytes: 'bytes',
  octet: 'bytes',
  octets: 'bytes',
  b: 'bytes',
  x: 'count',
});

/** What a DSCP is called, in lower case: "af31" is 26. */
export function dscpOf(name: string): number {
  const [, kind, first, second] = /^(af|cs)(\d)(\d)?$/.exec(name) ?? [];
  if (kind === 'af') return Number(first) * 8 + Number(second) * 2;
  return kind === 'cs' ? Number(first) * 8 : 46;
}

/** "1,000" is a thousand and "0,5" a half, as they are typed by people of different countries. */
export function numberOf(text: string, digits: string, unit: string): Piece {
  if (/^(?:st|nd|rd|th)$/.test(unit)) return { kind: 'word', text: 'nth' };
  const thousands = /^\d{1,3}(?:[,'_ ]\d{3})+(?:\.\d+)?$/.test(digits);
  const plain = Number(thousands ? digits.replace(/[,'_ ]/g, '') : digits.replace(',', '.'));
  const factor = factors[unit] ?? 1;
  const said = unit === '' || factor > 1 ? undefined : (units[unit] ?? 'other');
  // Rounded, because 0.1 * 3 is more than 0.3.
  return numberPiece(text, Number((plain * factor).toPrecision(12)), said);
}

/** IEC 80000-13: a kibibyte has 1,024 bytes. "ko" are kilo-octets, in French. */
export function kilobytesOf(text: string, digits: string, unit: string): Piece {
  const value = Number(digits.replace(',', '.')) * (/i/.test(unit) ? 1_024 : 1_000);
  return numberPiece(text, Number(value.toPrecision(12)), 'bytes');
}

/** More digits than a number has are none. */
export function numberPiece(text: string, value: number, unit: Unit | undefined): Piece {
  if (!Number.isFinite(value)) return { kind: 'sign', text };
  return { kind: 'number', text, value, ...(unit !== undefined && { unit }) };
}
