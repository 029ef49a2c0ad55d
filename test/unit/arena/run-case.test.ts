/** One case with every method: repeatable, counted, and kept apart. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type CaseOptions, drawCase } from '../../../src/arena/cases.ts';
import { methodNames } from '../../../src/arena/opponents/index.ts';
import { type CaseOutcome, runCase } from '../../../src/arena/run-case.ts';
import { shapeNames } from '../../../src/arena/shapes.ts';

const options: CaseOptions = {
  world: 'modelled',
  kinds: ['silent-loss'],
  tiers: ['standard'],
  shapes: shapeNames,
};
const ports = { cpuMs: () => 0 };
const run = (index: number, methods: readonly string[]) => runCase(1, index, { ...options, methods }, ports);
/** The first with one fault on a short way, so that the agents are few. */
const small = Array.from({ length: 200 }, (_, index) => index).find((index) => {
  const { drawn, hops, ways, topology } = drawCase(1, index, options);
  const rate = drawn[0]?.fault.lossPercent ?? 0;
  return drawn.length === 1 && hops <= 3 && ways.length === 2 && topology.nodes.length <= 6 && rate > 1;
});

describe('a case', () => {
  it('comes out the same twice, and Confer finds the fault', async () => {
    assert.ok(small !== undefined);
    const first = await run(small, methodNames);
    const { confer } = first.methods;
    assert.deepEqual(Object.keys(first.methods), methodNames);
    assert.equal(confer?.claims[0]?.kind, 'silent-loss');
    assert.ok((confer?.probes.forward ?? 0) >= 1_000 && (confer?.probes.reverse ?? 0) >= 1_000);
    assert.ok((first.floors?.M2 ?? 0) > 0);
    assert.deepEqual(await run(small, methodNames), first);
  });

  it('means the same to a method whoever else takes part', async () => {
    assert.ok(small !== undefined);
    const alone = await run(small, ['netbouncer']);
    const together = await run(small, ['every-hop', '007', 'netbouncer']);
    const of = ({ methods }: CaseOutcome) => methods.netbouncer;
    assert.ok((of(alone)?.probes.forward ?? 0) > 0);
    assert.deepEqual(of(alone)?.claims, of(together)?.claims);
    assert.deepEqual(of(alone)?.probes, of(together)?.probes);
  });
});
