/** What is wrong with a value that somebody wrote, in plain words: "expected a list, found "P-2"". */
import type { z } from 'zod';
import { shortened } from './shortened.ts';

/** Of what was found, and of one name on the way to it: whoever sent it may have made them as long as they like. */
const foundCharactersMax = 63;
/** Of all names of one mistake. */
const namesCharactersMax = 200;

/** Zod's own words; whatever else an issue says was worded by us. */
const worded = /^(?:Invalid|Too small|Too big|Unrecognized)/;

const nouns: Record<string, string> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  tuple: 'a list',
  object: 'fields and their values',
  record: 'fields and their values',
  null: 'nothing',
};

/** One issue of `value` as a clause without a full stop. */
export function expectationOf(issue: z.core.$ZodIssue, value: unknown): string {
  if (!worded.test(issue.message)) return issue.message;
  if (issue.code === 'unrecognized_keys') return `there is no field ${joined(issue.keys, ', ')}`;
  return `expected ${expected(issue)}, ${foundAt(issue.path, value)}`;
}

/** "via.0: expected text, found 3"; `whole` names what the path begins at. */
export function mistakeOf(issue: z.core.$ZodIssue, value: unknown, whole: string): string {
  return `${joined(issue.path.map(String), '.') || whole}: ${expectationOf(issue, value)}`;
}

/** Of one value that does not fit, so many mistakes are told; whoever sent it may have made thousands. */
export const mistakesTold = 8;

/** Everything that is wrong with `value`, in one clause without a full stop. */
export function mistakesOf({ issues }: z.core.$ZodError, value: unknown, whole: string): string {
  const told = issues.slice(0, mistakesTold).map((issue) => mistakeOf(issue, value, whole));
  if (issues.length > told.length) told.push(`and ${issues.length - told.length} more`);
  return told.join('; ');
}

function joined(names: readonly string[], separator: string): string {
  const short = names.map((name) => shortened(name, foundCharactersMax));
  return shortened(short.join(separator), namesCharactersMax);
}

function expected(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return nouns[issue.expected] ?? issue.expected;
    case 'invalid_value':
      return issue.values.length === 1
        ? JSON.stringify(issue.values[0])
        : `one of ${issue.values.map(String).join(', ')}`;
    case 'too_small':
      return `${issue.inclusive ? 'at least' : 'more than'} ${issue.minimum}${unitOf(issue.origin, issue.minimum)}`;
    case 'too_big':
      return `${issue.inclusive ? 'at most' : 'less than'} ${issue.maximum}${unitOf(issue.origin, issue.maximum)}`;
    case 'invalid_format':
      return (
        formats[issue.format] ?? `text of the form ${issue.format === 'regex' ? issue.pattern : issue.format}`
      );
    case 'invalid_union':
      // None of the kinds that there are: no shape was tried.
      if ('options' in issue && Array.isArray(issue.options))
        return `one of ${issue.options.map(String).join(', ')}`;
      return [
        ...new Set(issue.errors.flatMap(([first]) => (first === undefined ? [] : expected(first)))),
      ].join(' or ');
    default:
      return 'something else';
  }
}

const formats: Record<string, string> = {
  ipv6: 'an IPv6 address',
  cidrv6: 'an IPv6 prefix',
  base64: 'base64',
  datetime: 'a time such as 2026-05-04T12:00:00Z',
};

function unitOf(origin: string, count: number | bigint): string {
  const unit = { string: 'character', array: 'item', set: 'item' }[origin];
  return unit === undefined ? '' : ` ${unit}${Number(count) === 1 ? '' : 's'}`;
}

function foundAt(path: readonly PropertyKey[], value: unknown): string {
  let found = value;
  for (const part of path) {
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, part)) return 'which is missing';
    found = (found as Record<PropertyKey, unknown>)[part];
  }
  if (found === undefined) return 'which is missing';
  return `found ${shortened(JSON.stringify(found) ?? String(found), foundCharactersMax)}`;
}
