/** Input: a value that does not fit. Output: what was expected and what was found, in plain words. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { z } from 'zod';
import { mistakeOf, mistakesOf, mistakesTold } from '../../../src/core/expectation.ts';

const schema = z.strictObject({
  text: z.string().min(1).max(3),
  count: z.int().min(5).max(9),
  list: z.array(z.string()).min(1),
  choice: z.enum(['x', 'y']),
  fixed: z.literal('q'),
  either: z.union([z.string(), z.number()]),
  above: z.number().positive(),
  flag: z.boolean(),
  address: z.ipv6(),
  ours: z.string({ error: 'expected the name of a router' }),
});

function each(value: unknown): string[] {
  const parsed = schema.safeParse(value);
  return parsed.error?.issues.map((issue) => mistakeOf(issue, value, 'the file')) ?? [];
}

const good = {
  text: 'abc',
  count: 7,
  list: ['a'],
  choice: 'x',
  fixed: 'q',
  either: 1,
  above: 1,
  flag: true,
  address: '::1',
  ours: 'P',
};

describe('what was expected', () => {
  const cases: [change: object, told: string][] = [
    [{ text: 7 }, 'text: expected text, found 7'],
    [{ text: undefined }, 'text: expected text, which is missing'],
    [{ text: '' }, 'text: expected at least 1 character, found ""'],
    [{ text: 'a'.repeat(99) }, `text: expected at most 3 characters, found "${'a'.repeat(59)}...`],
    [{ count: 1.5 }, 'count: expected a whole number, found 1.5'],
    [{ count: 4 }, 'count: expected at least 5, found 4'],
    [{ list: 'a' }, 'list: expected a list, found "a"'],
    [{ list: [1] }, 'list.0: expected text, found 1'],
    [{ list: [] }, 'list: expected at least 1 item, found []'],
    [{ choice: 'z' }, 'choice: expected one of x, y, found "z"'],
    [{ fixed: 'p' }, 'fixed: expected "q", found "p"'],
    [{ either: true }, 'either: expected text or a number, found true'],
    [{ above: 0 }, 'above: expected more than 0, found 0'],
    [{ flag: 'yes' }, 'flag: expected true or false, found "yes"'],
    [{ address: 'x' }, 'address: expected an IPv6 address, found "x"'],
    [{ ours: 1 }, 'ours: expected the name of a router'],
    [{ more: 1 }, 'the file: there is no field more'],
  ];
  for (const [change, told] of cases) it(told, () => assert.deepEqual(each({ ...good, ...change }), [told]));

  it('of a kind that is none of those there are', () => {
    const shape = z.discriminatedUnion('kind', [
      z.object({ kind: z.literal('path-loss') }),
      z.object({ kind: z.literal('path-mtu') }),
    ]);
    const value = { kind: 'reboot' };
    const { error } = shape.safeParse(value);
    assert.ok(error);
    assert.equal(
      mistakesOf(error, value, 'intent'),
      'kind: expected one of path-loss, path-mtu, found "reboot"',
    );
  });

  it('of a whole that is none', () => {
    assert.deepEqual(each(null), ['the file: expected fields and their values, found null']);
  });

  it('of several fields is one clause, and of very many says how many more there are', () => {
    const value = { ...good, count: 4, flag: 'yes' };
    const { error } = schema.safeParse(value);
    assert.ok(error);
    assert.equal(
      mistakesOf(error, value, 'the file'),
      'count: expected at least 5, found 4; flag: expected true or false, found "yes"',
    );
    const many = { ids: Array(mistakesTold + 3).fill(1) };
    const refused = z.object({ ids: z.array(z.string()) }).safeParse(many).error;
    assert.ok(refused);
    const told = mistakesOf(refused, many, 'arguments').split('; ');
    assert.equal(told.length, mistakesTold + 1);
    assert.equal(told.at(-1), 'and 3 more');
  });

  it('of a value that is cut in the middle of a character is still well formed', () => {
    for (const text of ['a'.repeat(57), 'a'.repeat(58), 'a'.repeat(59)])
      for (const told of each({ ...good, text: `${text}${'😀'.repeat(9)}` }))
        assert.ok(told.isWellFormed(), told);
  });

  it('of names that somebody made up is short, however many and long they are', () => {
    const long = `${'x'.repeat(1e6)}${'😀'.repeat(1e5)}`;
    const many = Object.fromEntries(Array.from({ length: 1e5 }, (_, index) => [`k${index}`, 1]));
    const nested = z.record(z.string(), z.record(z.string(), z.number()));
    const { error } = nested.safeParse({ [long]: { [long]: 'x' } });
    const inside =
      error?.issues.map((issue) => mistakeOf(issue, { [long]: { [long]: 'x' } }, 'the file')) ?? [];
    for (const [told] of [each({ ...good, [long]: 1 }), each({ ...good, ...many }), inside]) {
      assert.ok(told !== undefined && told.length < 500, `${told?.length}`);
      assert.ok(told.isWellFormed());
    }
  });
});
