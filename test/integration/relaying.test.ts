/**
 * Input: links that carry LLDP and lose every IS-IS frame, on a chain where the head hears only its neighbour.
 * Output: the head knows the tail by relayed advertisements, and the intent is diagnosed all the same. [T21]
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { parseTopology } from '../../src/core/topology.ts';
import { Domain } from '../support/domain.ts';

describe('neighbours relay what IS-IS cannot carry', () => {
  for (const name of ['pe1-p2-pe3', 'ring-6'])
    it(`${name}: an egress ACL is found through relayed advertisements`, async () => {
      const file = `topologies/${name}.yaml`;
      const topology = parseTopology(readFileSync(file, 'utf8'), file);
      await using domain = await Domain.start(topology, { seed: 7, isis: false });
      const [fault] = topology.faults.filter(({ active }) => active);
      assert.ok(fault);
      domain.inject(fault);
      const [head = ''] = topology.nodes.map((node) => node.name);
      const report = await domain.ask(head, topology.intent ?? '');
      assert.equal(report.verdict, 'CONFIRMED');
      assert.deepEqual(
        report.findings.map(({ kind, element }) => [kind, element.node, element.interface]),
        [[fault.kind, fault.node, fault.interface]],
      );
    });
});
