/**
 * How much is measured, as the intent asks. Input: a shipped topology in virtual time and a fault, or none. Output: probes that
 * the head and the tail say they sent, and the verdict.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import type { Report } from '../../src/core/records.ts';
import { type Fault, parseTopology, type Topology } from '../../src/core/topology.ts';
import { Domain } from '../support/domain.ts';

const line = shipped('line-12');
const lossy: Fault = {
  id: 'lossy',
  kind: 'silent-loss',
  node: 'P-6',
  interface: line.links.flatMap(({ a, b }) => [a, b]).find(({ node }) => node === 'P-6')?.interface ?? '',
  lossPercent: 5,
  active: true,
};

function shipped(name: string): Topology {
  const file = `topologies/${name}.yaml`;
  return parseTopology(readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8'), file);
}

async function ask(wishes: string, fault?: Fault): Promise<Report> {
  const topology = { ...line, backgroundLossPercent: 0.005 };
  await using domain = await Domain.start(topology, { seed: 7 });
  if (fault !== undefined) domain.inject(fault);
  const text = topology.intent ?? '';
  const head = /from (\S+)/.exec(text)?.[1] ?? '';
  return await domain.ask(head, `${text}${wishes}`);
}

/** Small probes in both directions. */
function sent({ measurements }: Report): number[] {
  return measurements
    .filter(({ purpose, from }) => purpose === 'loss' && from.endsWith(' sent'))
    .map(({ entered }) => entered);
}

/** How often a node was asked what it counts. */
function countersRead({ envelopes }: Report, node: string): number {
  return envelopes.filter(({ node: signer, signed: { statement } }) => {
    const { operation } = statement;
    return signer === node && 'uri' in operation && operation.uri.includes('counting=');
  }).length;
}

describe('the effort that an intent asks for', () => {
  it('one fault takes a fraction of the probes that all of them take, and is the same', async () => {
    const [all, first] = [await ask('', lossy), await ask(', only the first fault', lossy)];
    assert.deepEqual([all.verdict, first.verdict], ['CONFIRMED', 'CONFIRMED']);
    const named = ({ findings }: Report) =>
      findings.map(({ kind, element, direction }) => [kind, element, direction]);
    assert.deepEqual(named(first), named(all));
    const total = (report: Report) => sent(report).reduce((sum, count) => sum + count, 0);
    assert.ok(total(first) < total(all) / 5, `${total(first)} of ${total(all)}`);
  });

  it('where there is no fault, the first one is looked for until every link is clear', async () => {
    const report = await ask(', only the first fault');
    assert.equal(report.verdict, 'NO_FAULT');
    for (const count of sent(report)) assert.ok(count >= 919, String(count));
    // Some twenty portions: only those of which something got lost are worth a question to everybody.
    const reads = countersRead(report, 'P-2');
    assert.ok(reads >= 1 && reads <= 8, `${reads} times`);
  });

  it('a smaller loss takes more probes', async () => {
    const report = await ask(', from 0.2 % on');
    assert.equal(report.verdict, 'NO_FAULT');
    for (const count of sent(report)) assert.ok(count >= 2_300, String(count));
  });

  it('few probes a second take longer, and tell the same', async () => {
    const report = await ask(', 100 probes a second');
    assert.equal(report.verdict, 'NO_FAULT');
    for (const count of sent(report)) assert.ok(count >= 919, String(count));
  });

  it('too few probes decide nothing, and are not exceeded', async () => {
    const report = await ask(', at most 40 probes');
    assert.equal(report.verdict, 'INCONCLUSIVE');
    assert.deepEqual(sent(report), [40, 40]);
  });
});
