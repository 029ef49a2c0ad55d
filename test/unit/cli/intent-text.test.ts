/** Input: intents as files, with mistakes. Output: every mistake with file, line and field, before anybody is asked. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { placed } from '../../../src/cli/intent-text.ts';
import { ConferError } from '../../../src/core/errors.ts';
import { shipped } from '../sim/world.ts';

const topology = shipped('pe1-p2-pe3');

async function told(text: string, origin = 'intent.yaml'): Promise<string[]> {
  const error = await placed(text, origin, topology).then(
    () => assert.fail('it was understood'),
    (error) => error,
  );
  assert.ok(error instanceof ConferError);
  assert.equal(error.code, 'bad-input');
  return error.message.split('\n');
}

test('an unknown field of an intent is told with its line', async () => {
  assert.deepEqual(await told('kind: path-loss\nhead: PE-1\ntail: PE-3\ncolour: red\nvia: [P-2]\n'), [
    'intent.yaml:4: colour: There is no such field.',
  ]);
  assert.deepEqual(await told('{\n "head": "PE-1",\n "tail": "PE-3",\n "vai": ["P-2"]\n}', 'i.json'), [
    'i.json:4: vai: There is no such field.',
  ]);
});

test('everything that is wrong with an intent is told at once, and empty lines before it count', async () => {
  assert.deepEqual(await told('\n\n---\nkind: path-loss\nhead: 1\nvia:\n  - P-2\n  - 3\n'), [
    'intent.yaml:4: tail: expected text, which is missing',
    'intent.yaml:5: head: expected text, found 1',
    'intent.yaml:8: via item 2: expected text, found 3',
  ]);
  assert.deepEqual(await told('\n\nhead: PE-1\ntail: [\n'), [
    'intent.yaml:4: column 8: this is no YAML: expected a closing ].',
  ]);
});

test('of a node that is there twice no field is to blame', async () => {
  assert.deepEqual(await told('head: PE-1\ntail: PE-1\n'), [
    'intent.yaml: The path PE-1, PE-1 names a node twice.',
  ]);
});
