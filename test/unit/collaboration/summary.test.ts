/** Input: a fault in a whole domain. Output: what the summary says of where and which way packets are lost. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Fault } from '../../../src/core/topology.ts';
import { Domain } from '../../support/domain.ts';
import { shipped } from '../sim/world.ts';

async function summaryOf(fault: Omit<Fault, 'id' | 'active'>, intent = 'loss from PE-1 to PE-3 via P-2') {
  await using domain = await Domain.start(shipped('pe1-p2-pe3'), { seed: 1 });
  domain.inject({ id: 'x', active: true, ...fault });
  return (await domain.ask('PE-1', intent)).summary;
}

describe('the summary [T26]', () => {
  it('names the ends of a link as the lost packets meet them', async () => {
    const summary = await summaryOf({
      kind: 'ingress-acl',
      node: 'P-2',
      interface: 'p2-pe1',
      object: '2002',
      lossPercent: 20,
    });
    assert.match(summary, / forward between PE-1 and P-2: P-2 ingress ACL 2002/);
  });

  it('of a node names it once', async () => {
    assert.match(await summaryOf({ kind: 'sid-missing', node: 'P-2', sid: 'end' }), / at P-2: /);
  });

  for (const kind of ['mtu-mismatch', 'pmtud-blackhole', 'srv6-encap-mtu'] as const)
    it(`of ${kind} says which packets are lost`, async () => {
      const summary = await summaryOf({ kind, node: 'P-2', interface: 'p2-pe3', mtuBytes: 1_300 });
      assert.match(summary, /^100 % loss of packets of 1\d\d\d octets /);
    });

  it('says how much was lost where that does not decide', async () => {
    const fault = { kind: 'silent-loss', node: 'P-2', interface: 'p2-pe3', lossPercent: 0.1 } as const;
    const summary = await summaryOf(fault, 'loss from PE-1 to PE-3 via P-2 with at most 20 probes');
    assert.match(
      summary,
      /^The measurements from PE-1 to PE-3 do not decide: [01] of 20 probes forward and 0 of 20 probes in reverse were lost/,
    );
  });
});
