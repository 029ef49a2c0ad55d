/** Input: texts that are no YAML. Output: one clause in plain words, and where; never the parser's. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { LineCounter, parseDocument } from 'yaml';
import { syntaxMistakes } from '../../../src/core/yaml-syntax.ts';

function told(text: string): string[] {
  const lineCounter = new LineCounter();
  const document = parseDocument(text, { lineCounter, prettyErrors: false, logLevel: 'error' });
  return syntaxMistakes(document, text).map(
    ({ offset, expectation }) => `${lineCounter.linePos(offset).line}: ${expectation}`,
  );
}

const no = 'this is no YAML: expected';

for (const [text, ...expected] of [
  ['a: 1\nb: 2\n'],
  ['a: [1\n', `2: ${no} a closing ]`],
  ['a: {b: 1\n', `2: ${no} a closing }`],
  ['a: "b\n', `2: ${no} a closing quotation mark`],
  ["a: 'b\n", `2: ${no} a closing quotation mark`],
  ['{"a" 1}', `1: ${no} a comma or a colon`],
  ['["a" "b"]', `1: ${no} a comma or a colon`],
  ['a:\n\tb: 1\n', `2: ${no} spaces at the beginning of the line, found a tab`],
  ['a:\n    b: 1\n  c: 2\n', `3: ${no} the same indentation for all that belongs together`],
  ['a: `b`\n', `1: ${no} quotes around a value that begins with a sign`],
  ['a: "\\q"\n', `1: ${no} single quotes around a value with backslashes`],
  ['a: b: c\n', `1: ${no} "name: value" or "- item"`],
  ['a: 1\nb\nc: 2\n', `2: ${no} "name: value" or "- item"`],
  ['a: 1\n---\nb: 2\n', `2: ${no} one document, found another`],
  [
    'a: 1\na: 2\nb:\nb:\n',
    '2: expected each name once, found "a" again',
    '4: expected each name once, found "b" again',
  ],
] as const)
  test(`what is wrong with ${JSON.stringify(text)}`, () => assert.deepEqual(told(text), expected));

test('of whatever is no YAML one clause is told, in words of ours', () => {
  const pieces = fc.constantFrom(
    ...'a: - [ ] { } , " \' # & * ! | > % @ ` ? --- \t \n \n\n \n  '.split(' '),
    ' ',
  );
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 30 }), (parts) => {
      const found = told(parts.join(''));
      const isSyntax = found.some((one) => one.includes('no YAML'));
      assert.ok(!isSyntax || found.length === 1);
      for (const one of found) assert.match(one, /^\d+: (?:this is no YAML: )?expected [^\n]{3,80}$/);
    }),
    { numRuns: 300 },
  );
});
