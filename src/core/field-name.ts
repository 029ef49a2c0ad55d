/** Where in a file that somebody wrote a field stands, for that somebody: people count from one, and know names. */
import { shortened } from './shortened.ts';

const nameCharactersMax = 64;

/**
 * "devices item 2 (PE-3), url"; empty for the whole. `value` is the document: where an item of a list has a `name`, that
 * is told as well.
 */
export function fieldNameOf(path: readonly PropertyKey[], value?: unknown): string {
  let told = '';
  let found = value;
  let isItem = false;
  for (const part of path) {
    found = memberOf(found, part);
    if (typeof part === 'number') {
      const name = memberOf(found, 'name');
      told += ` item ${part + 1}${typeof name === 'string' ? ` (${shortened(name, nameCharactersMax)})` : ''}`;
    } else {
      const text = String(part);
      const separator = told === '' ? '' : isItem ? ', ' : '.';
      told += `${separator}${/^[\w-]+$/.test(text) ? text : JSON.stringify(text)}`;
    }
    isItem = typeof part === 'number';
  }
  return told.trimStart();
}

function memberOf(value: unknown, part: PropertyKey): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, part)) return undefined;
  return (value as Record<PropertyKey, unknown>)[part];
}
