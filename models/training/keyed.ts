/** Requests as key and value: YAML, JSON, assignments, flags, tables; complete or in part, with the keys of many tools. */
import { deviceKeys, keys, type Role } from './keys.ts';
import type { Random } from './random.ts';

export interface KeyedField {
  role: Role;
  /** With slots. */
  value: string;
}

interface Pair {
  key: string;
  value: string;
  isList: boolean;
}

/** `isDevice` says that there is only one router, which then may be called so. */
export function keyed(fields: readonly KeyedField[], isDevice: boolean, random: Random): string {
  const order = random.chance(0.7) ? fields : random.shuffled(fields);
  const nameKey = (field: KeyedField) =>
    field.role === 'head' && isDevice && random.chance(0.8)
      ? random.pick(deviceKeys)
      : random.pick(keys[field.role]);
  const pairs = order.map((field) => ({
    key: nameKey(field),
    value: field.value,
    isList: /^(via|metrics)$/.test(field.role),
  }));
  const isBracketed = random.chance(0.5);
  const plain = ({ value, isList }: Pair) => (isList && isBracketed ? `[${listed(value)}]` : value);
  return random.pick(layouts)(pairs, plain, random);
}

function listed(value: string, quote = ''): string {
  return partsOf(value)
    .map((one) => `${quote}${one}${quote}`)
    .join(', ');
}

function partsOf(value: string): string[] {
  return value.split(',').map((one) => one.trim());
}

/** How pairs are written; `plain` is a value in words or in brackets. */
type Layout = (pairs: readonly Pair[], plain: (pair: Pair) => string, random: Random) => string;

const json: Layout = (pairs) =>
  `{${pairs
    .map(({ key, value, isList }) => {
      const text = /^\{[CLDS]\}$/.test(value) ? value : `"${value}"`;
      return `"${key}": ${isList ? `[${listed(value, '"')}]` : text}`;
    })
    .join(', ')}}`;

const flow: Layout = (pairs, plain) => `{${pairs.map((pair) => `${pair.key}: ${plain(pair)}`).join(', ')}}`;

const lines: Layout = (pairs, plain) => pairs.map((pair) => `${pair.key}: ${plain(pair)}`).join('\n');

const items: Layout = (pairs, plain) => pairs.map((pair) => `- ${pair.key}: ${plain(pair)}`).join('\n');

const assignments: Layout = (pairs, plain, random) =>
  pairs.map((pair) => `${pair.key}=${plain(pair)}`).join(random.pick([' ', ', ', ',', ';', '; ', '&']));

const flags: Layout = (pairs) =>
  pairs.map(({ key, value }) => `--${key.replace(/ /g, '-')} ${value.replace(/, /g, ',')}`).join(' ');

const oneLine: Layout = (pairs, plain, random) =>
  pairs.map((pair) => `${pair.key}: ${plain(pair)}`).join(random.pick([', ', '; ', ' | ', ' / ', ' ']));

const words: Layout = (pairs, plain, random) =>
  pairs.map((pair) => `${pair.key} ${plain(pair)}`).join(random.pick([' ', ', ', '; ', '\n']));

const xml: Layout = (pairs, _, random) =>
  pairs
    .map(({ key, value }) => `<${key.replace(/ /g, '_')}>${value}</${key.replace(/ /g, '_')}>`)
    .join(random.pick(['', ' ', '\n']));

const spaced: Layout = (pairs, plain, random) =>
  pairs.map((pair) => `${pair.key} = ${plain(pair)}`).join(random.pick(['\n', ', ', '; ']));

const yaml: Layout = (pairs) =>
  pairs
    .map(({ key, value, isList }) => {
      const nested = partsOf(value).map((one) => `\n  - ${one}`);
      return `${key}:${isList ? nested.join('') : ` ${value}`}`;
    })
    .join('\n');

const layouts: readonly Layout[] = [
  ...[json, flow, lines, lines, items, assignments, assignments, flags],
  ...[oneLine, words, xml, spaced, yaml],
];
