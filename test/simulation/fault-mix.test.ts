/** Faults as they are typed: names and probabilities; every mistake is told, and none means none by accident. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ConferError } from '../../src/core/errors.ts';
import { defaultMix, faultNames, noFaults, parseFaultMix, swarm } from '../../src/sim/fault-mix.ts';

describe('the faults of --faults', () => {
  it('are those that are named, and no others', () => {
    assert.deepEqual(parseFaultMix('drop=0.1, delay=.5'), { ...noFaults, drop: 0.1, delay: 0.5 });
    assert.deepEqual(parseFaultMix('liar=1'), { ...noFaults, liar: 1 });
    assert.deepEqual(parseFaultMix('drop=0'), noFaults);
  });

  for (const text of [
    '',
    'none',
    'drop',
    'drop=',
    'drop=2',
    'drop=-1',
    'drop=0.1,drop=0.2',
    'flood=0.1',
    'drop=1e-3',
  ])
    it(`refuses "${text}"`, () => {
      assert.throws(
        () => parseFaultMix(text),
        (error) => error instanceof ConferError && error.code === 'usage',
      );
    });

  it('are all checked before anything is said', () => {
    assert.throws(() => parseFaultMix('drop=7,flood=0.1'), /drop=7.*flood=0\.1/);
  });
});

describe('the default mix', () => {
  it('has every fault', () => {
    for (const name of faultNames) assert.ok(defaultMix[name] > 0, name);
  });

  it('leaves faults out of some runs, and never the delays', () => {
    const draws = Array.from({ length: 40 }, (_, index) => swarm(defaultMix, () => (index + 0.5) / 40));
    assert.ok(draws.some(({ drop }) => drop === 0) && draws.some(({ drop }) => drop === defaultMix.drop));
    assert.ok(draws.every(({ delay }) => delay === defaultMix.delay));
  });
});
