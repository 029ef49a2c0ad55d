/** What code refuses whoever read it, and what only looks like that. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { excludedIn, refusalOf } from '../../../models/refusals.ts';
import { parseIntent } from '../../../models/rules.ts';

const path = { kind: 'path-loss', head: 'PE-1', tail: 'PE-3', via: [] };

describe('a request not to measure', () => {
  for (const text of [
    "don't check packet loss from PE-1 to PE-3",
    'Do not measure the loss from PE-1 to PE-3',
    'please, never ping PE-3 from PE-1',
    'no need to verify PE-1 to PE-3',
  ])
    it(`is refused: ${text}`, () => {
      assert.match(refusalOf(text, path) ?? '', /asks not to measure/);
      assert.equal(parseIntent(text).kind, 'unsupported');
    });
  for (const text of [
    "why don't packets from PE-1 reach PE-3?",
    "i don't know why we lose packets from PE-1 to PE-3",
    "don't look at PE-2, check the loss from PE-1 to PE-3",
    'do not probe more than 100 packets a second, loss from PE-1 to PE-3',
    "don't forget to check the loss from PE-1 to PE-3",
    "loss from PE-1 to PE-3, don't reboot anything",
  ])
    it(`is not this: ${text}`, () => assert.equal(refusalOf(text, path), undefined));
});

describe('a path that leaves a router out', () => {
  for (const way of ['not via', 'but not through', 'avoiding', 'without', 'not over the router'])
    it(`is refused: ${way} P-2`, () => {
      const text = `packet loss from PE-1 to PE-3 ${way} P-2`;
      assert.match(refusalOf(text, path) ?? '', /leaves P-2 out of the path/);
      assert.match(refusalOf(text, { ...path, via: ['p-2'] }) ?? '', /leaves P-2 out of the path/);
      assert.match(String(parseIntent(text).reason), /leaves P-2 out of the path/);
    });

  it('is the path over the others, where those are said', () => {
    const text = 'packet loss from PE-1 to PE-3 via P-4, not via P-2';
    assert.equal(refusalOf(text, { ...path, via: ['P-4'] }), undefined);
    assert.deepEqual(parseIntent(text), { ...path, via: ['P-4'] });
    assert.deepEqual(excludedIn('not over P-2 or P-6/P-7 but over P-4'), ['P-2', 'P-6', 'P-7']);
  });

  for (const text of [
    'loss from PE-1 to PE-3 is not over 5 %',
    'packets from PE-1 do not get through to PE-3',
    'loss from PE-1 to PE-3, not through the night',
    'loss from PE-1 to PE-3 without fragmentation',
  ])
    it(`is not this: ${text}`, () => assert.deepEqual(excludedIn(text), []));
});

describe('a number that its field cannot have', () => {
  const cases: [text: string, field: string][] = [
    ['with dscp 99', 'dscp: expected 0 to 63, found 99'],
    ['dscp=64', 'dscp: expected 0 to 63, found 64'],
    ['with 0 probes', 'count: expected 1 to 1000000, found 0'],
    ['count 0', 'count: expected 1 to 1000000, found 0'],
    ['sending 9000000 packets', 'count: expected 1 to 1000000, found 9000000'],
    ['could you send 9000000 packets', 'count: expected 1 to 1000000, found 9000000'],
    ['please send 9000000 packets', 'count: expected 1 to 1000000, found 9000000'],
    ['max loss 150 %', 'lossMaxPercent: expected 0 to 100, found 150'],
    ['up to 150 % is acceptable', 'lossMaxPercent: expected 0 to 100, found 150'],
    ['loss-max=101', 'lossMaxPercent: expected 0 to 100, found 101'],
    ['size 70000', 'sizeBytes: expected 1 to 65535, found 70000'],
  ];
  for (const [wish, says] of cases)
    it(`is told with its range: ${wish}`, () => {
      const text = `packet loss from PE-1 to PE-3, ${wish}`;
      assert.equal(refusalOf(text, path), `${says}.`);
      assert.equal(parseIntent(text).reason, `${says}.`);
    });

  for (const text of [
    '0 packets from PE-1 arrive at PE-3',
    'we lost 9000000 packets from PE-1 to PE-3',
    'we send 9000000 packets from PE-1 to PE-3, some get lost',
    'loss from PE-1 to PE-3, customers are sending 9000000 packets a day',
    'loss from PE-1 to PE-3 of those who send 70000-byte packets',
    'traffic grew by 150 %, loss from PE-1 to PE-3?',
    'the drop count 0 looks wrong, loss from PE-1 to PE-3',
    'loss from PE-1 to PE-3 with 500 probes, dscp 46, size 1400, at most 1 % loss',
  ])
    it(`is not this: ${text}`, () => assert.equal(refusalOf(text, path), undefined));

  it('takes no longer for a long text', () => {
    for (const part of ['not via a/', 'dscp of ', 'loss up to 1', 'a.', "don't ", 'count '])
      assert.equal(typeof refusalOf(part.repeat(Math.floor(4_000 / part.length)), path), 'undefined', part);
  });
});
