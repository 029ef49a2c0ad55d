import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ReadIntent } from '../../../../models/intent/language.ts';
import { parseExamples } from '../../../../src/cli/model/evaluate.ts';
import { readIntentSchema, wordingOf } from '../../../../src/cli/model/read-intent.ts';
import {
  calibrationError,
  fittedTemperature,
  isExact,
  type Read,
  scoresOf,
} from '../../../../src/cli/model/scores.ts';

const loss: ReadIntent = { kind: 'path-loss', head: 'A', tail: 'B', via: ['C', 'D'] };
const refusal: ReadIntent = { kind: 'unsupported', reason: 'no' };
const read = (intent: ReadIntent | undefined, expected: ReadIntent, logProbability?: number): Read => ({
  example: { text: 'loss from a over c and d to b', intent: expected },
  intent,
  ...(logProbability !== undefined && { logProbability }),
});

describe('scores of readings', () => {
  it('take the whole intent, in which the order of hops counts', () => {
    assert.ok(isExact(read({ ...loss }, loss)));
    assert.ok(!isExact(read({ ...loss, via: ['D', 'C'] }, loss)));
    assert.ok(!isExact(read({ ...loss, count: 5 }, loss)));
    assert.ok(!isExact(read({ ...loss, head: 'B', tail: 'A' }, loss)));
    assert.ok(!isExact(read(undefined, loss)));
    const status: ReadIntent = { kind: 'device-status', head: 'A', metrics: ['cpu', 'memory'] };
    assert.ok(isExact(read({ ...status, metrics: ['memory', 'cpu'] }, status)));
  });

  it('compare the kind alone of what is to be refused', () => {
    assert.ok(isExact(read({ kind: 'unsupported', reason: 'another' }, refusal)));
    assert.ok(!isExact(read(loss, refusal)));
  });

  it('count refusals on both sides, and names that nobody said', () => {
    const reads = [
      read(loss, loss),
      read(refusal, loss),
      read(refusal, refusal),
      read({ ...loss, via: ['Nobody'] }, refusal),
    ];
    const { exact, refused, refusedWrongly, invented, calibrationError } = scoresOf(reads, 1);
    assert.deepEqual([exact, refused, refusedWrongly, invented], [0.5, 0.5, 0.5, 1]);
    assert.equal(calibrationError, undefined);
  });

  it('find a reader calibrated who is right as often as it says', () => {
    const half = Math.log(0.5);
    const reads = [read(loss, loss, half), read(refusal, loss, half)];
    assert.ok(calibrationError(reads, 1) < 1e-9);
    const vain = [read(loss, loss, -0.001), read(refusal, loss, -0.001)];
    assert.ok(Math.abs(calibrationError(vain, 1) - 0.499) < 0.01);
    assert.ok(fittedTemperature(vain) < 0.3);
    const modest = Array.from({ length: 20 }, () => read(loss, loss, half));
    assert.ok(fittedTemperature(modest) > 5);
  });

  it('read sets line by line, and name the line that is none', () => {
    const line = JSON.stringify({ text: 'x', intent: loss, names: ['A'] });
    assert.deepEqual(parseExamples(`${line}\n\n`).examples, [{ text: 'x', intent: loss, names: ['A'] }]);
    assert.equal(parseExamples(`${line}\n{"text":"x"}\n`).badLine, 2);
    assert.equal(parseExamples('{"text":"x","intent":{"kind":"unsupported"}}').examples.length, 1);
  });
});

describe('an intent in words', () => {
  it('names everything that it says', () => {
    const intents: [unknown, string][] = [
      [
        {
          kind: 'path-loss',
          head: 'A',
          tail: 'B',
          via: ['C'],
          count: 5,
          lossMaxPercent: 1,
          dscp: 46,
          sizeBytes: 90,
        },
        'packet loss from A to B via C, 5 probes, at most 1 % lost, DSCP 46, packets of 90 bytes',
      ],
      [{ kind: 'reachability', head: 'A', tail: 'B' }, 'reachability from A to B'],
      [{ kind: 'path-mtu', head: 'A', tail: 'B', sizeBytes: 9000 }, 'MTU from A to B, packets of 9000 bytes'],
      [{ kind: 'path-latency', head: 'A', tail: 'B', count: 9 }, 'latency from A to B, 9 probes'],
      [{ kind: 'bgp-session', neighbor: 'B' }, 'BGP session of this router with B'],
      [{ kind: 'device-status', head: 'A', metrics: ['cpu', 'memory'] }, 'status of A: cpu, memory'],
      [{ kind: 'unsupported', reason: 'why.' }, 'nothing that Confer does: why.'],
    ];
    for (const [intent, words] of intents) assert.equal(wordingOf(readIntentSchema.parse(intent)), words);
  });
});
