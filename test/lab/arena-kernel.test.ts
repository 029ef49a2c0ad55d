/**
 * Input: a drawn case with one lossy link, as a kernel lab. Output: Confer, asked as an operator asks, and a method that
 * probes from the routers' namespaces name the same link, and both were counted.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type CaseOptions, drawCase } from '../../src/arena/cases.ts';
import { runCase } from '../../src/arena/run-case.ts';
import { skipWithoutLab } from '../support/lab.ts';

const options: CaseOptions = {
  world: 'kernel',
  kinds: ['silent-loss'],
  tiers: ['standard'],
  shapes: ['chain'],
};
const seed = 1;
const methods = ['confer-first', 'every-hop'];

describe('the arena in the kernel world', {
  skip: skipWithoutLab({ tools: ['ip', 'nft', 'tc'] }),
  timeout: 120_000,
}, () => {
  it(`plays a case of seed ${seed}`, async () => {
    const index = Array.from({ length: 200 }, (_, at) => at).find((at) => {
      const { drawn, hops } = drawCase(seed, at, options);
      return drawn.length === 1 && hops === 2 && (drawn[0]?.fault.lossPercent ?? 0) > 10;
    });
    assert.ok(index !== undefined);
    const outcome = await runCase(seed, index, { ...options, methods }, { cpuMs: () => 0 });
    const [truth] = outcome.truths;
    const [lossy] = truth?.elements ?? [];
    for (const name of methods) {
      const method = outcome.methods[name];
      const [claim, ...others] = method?.claims ?? [];
      const said: string = `case ${index}, ${name}: ${JSON.stringify(method)}`;
      assert.deepEqual([claim?.element.node, claim?.element.peer], [lossy?.node, lossy?.peer], said);
      assert.equal(claim?.direction, truth?.direction, said);
      assert.deepEqual(others, [], said);
      assert.ok((method?.probes.forward ?? 0) > 0 && (method?.probes.reverse ?? 0) > 0, said);
    }
  });
});
