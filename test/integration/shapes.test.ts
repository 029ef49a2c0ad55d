/**
 * Shapes that no shipped topology has. Input: links that run side by side, behind a node or behind equal-cost branches;
 * a way that leads back through a node. Output: NO_FAULT where nothing is wrong, however the hashes fall; what is wrong
 * on the very link.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Report } from '../../src/core/records.ts';
import { parseTopology } from '../../src/core/topology.ts';
import { Domain } from '../support/domain.ts';

const seeds = Number(process.env.CONFER_RUNS ?? 6);

const sideBySide = `
name: side-by-side
topology:
  defaults: { labels: { confer.intent: "Verify packet loss on the SRv6 path from a to c via b" } }
  nodes:
    a: {}
    b:
      labels:
        confer.fault.acl: kind=egress-acl interface=bc2 object=77 loss-percent=20
        confer.fault.mtu: kind=mtu-mismatch interface=bc2 mtu-bytes=1400
        confer.fault.down: kind=link-down interface=bc2
    c: {}
  links:
    - endpoints: ["a:ab", "b:ba"]
    - endpoints: ["b:bc1", "c:cb1"]
    - endpoints: ["b:bc2", "c:cb2"]
`;

const branches = `
name: branches
topology:
  defaults: { labels: { confer.intent: "Verify packet loss on the SRv6 path from a to e" } }
  nodes:
    a: {}
    b: {}
    c: {}
    d:
      labels: { confer.fault.acl: kind=one-way-acl interface=de1 object=both hits=ingress loss-percent=15 }
    e: {}
  links:
    - endpoints: ["a:ab", "b:ba"]
    - endpoints: ["a:ac", "c:ca"]
    - endpoints: ["b:bd", "d:db"]
    - endpoints: ["c:cd", "d:dc"]
    - endpoints: ["d:de1", "e:ed1"]
    - endpoints: ["d:de2", "e:ed2"]
`;

const branchOff = `
name: branch-off
topology:
  defaults: { labels: { confer.intent: "Verify packet loss on the SRv6 path from a to c via d" } }
  nodes:
    a: {}
    b:
      labels: { confer.fault.silent: kind=silent-loss interface=bd loss-percent=9 }
    c: {}
    d: {}
  links:
    - endpoints: ["a:ab", "b:ba"]
    - endpoints: ["b:bc", "c:cb"]
    - endpoints: ["b:bd", "d:db"]
`;

describe('parallel links', () => {
  for (const text of [sideBySide, branches])
    it(`carry nothing unseen when all is well: ${nameOf(text)}`, async () => {
      for (let seed = 1; seed <= seeds; seed++) {
        const report = await asked(text, seed);
        assert.equal(report.verdict, 'NO_FAULT', `seed ${seed}: ${report.summary}`);
      }
    });

  for (const [fault, kind, interfaceName] of [
    ['acl', 'egress-acl', 'bc2'],
    ['mtu', 'mtu-mismatch', 'bc2'],
    ['down', 'link-down', 'bc2'],
  ] as const)
    it(`${kind} is on the one that has it`, async () => {
      for (let seed = 1; seed <= seeds; seed++) {
        const { verdict, findings } = await asked(sideBySide, seed, fault);
        assert.equal(verdict, 'CONFIRMED', `seed ${seed}`);
        assert.deepEqual(
          findings.map((one) => [one.kind, one.element.node, one.element.interface]),
          [[kind, 'b', interfaceName]],
          `seed ${seed}`,
        );
      }
    });

  it('one-way-acl behind equal-cost branches, whose echo replies it hits too', async () => {
    for (let seed = 1; seed <= seeds; seed++) {
      const { verdict, findings } = await asked(branches, seed, 'acl');
      assert.equal(verdict, 'CONFIRMED', `seed ${seed} ${JSON.stringify(findings)}`);
      assert.deepEqual(
        findings.map((one) => [one.kind, one.element.interface, one.direction]),
        [['one-way-acl', 'de1', 'reverse']],
      );
    }
  });
});

describe('a way that leads back through a node', () => {
  it('is the way that packets take, and no loss', async () => {
    for (let seed = 1; seed <= seeds; seed++) {
      const report = await asked(branchOff, seed);
      assert.deepEqual(report.paths.find(({ id }) => id === 'f1')?.nodes, ['a', 'b', 'd', 'b', 'c']);
      assert.equal(report.verdict, 'NO_FAULT', `seed ${seed}: ${report.summary}`);
    }
  });

  it('loss on it is not found elsewhere', async () => {
    for (let seed = 1; seed <= seeds; seed++) {
      const { verdict, findings, suspects } = await asked(branchOff, seed, 'silent');
      assert.deepEqual(findings, [], 'the node in the middle cannot tell its two visits apart');
      assert.equal(verdict, 'INCONCLUSIVE');
      const named = suspects.map(({ node, peer }) => [node, peer].filter(Boolean).join(' - '));
      assert.ok(named.includes('b - d'), `seed ${seed}: ${named.join(', ')}`);
    }
  });
});

function nameOf(text: string): string {
  return /name: (.*)/.exec(text)?.[1] ?? '';
}

async function asked(text: string, seed: number, fault?: string): Promise<Report> {
  const topology = { ...parseTopology(text, `${nameOf(text)}.yaml`), backgroundLossPercent: 0.01 };
  await using domain = await Domain.start(topology, { seed });
  for (const one of topology.faults.filter(({ id }) => id === fault)) domain.inject(one);
  return await domain.ask('a', topology.intent ?? '');
}
