/**
 * Places where an innocent link or router is easily accused: parallel links, which SIDs cannot tell apart, and domains
 * that hear each other by LLDP alone while their management shares the tested links.
 *
 * Input: a drawn seed and a fault. Output: the fault or INCONCLUSIVE with suspects, never anybody else.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Finding } from '../../src/core/records.ts';
import { type Fault, parseTopology, type Topology } from '../../src/core/topology.ts';
import { Domain } from '../support/domain.ts';

const seeds = Array.from({ length: Number(process.env.CONFER_RUNS ?? 4) }, (_, index) => index + 1);

const twins = `
name: twins
topology:
  defaults:
    labels:
      confer.intent: Verify packet loss on the SRv6 path from A to C via B
  nodes:
    A: { kind: linux, image: "debian:12" }
    B: { kind: linux, image: "debian:12" }
    C: { kind: linux, image: "debian:12" }
  links:
    - endpoints: ["A:a-b1", "B:b-a1"]
    - endpoints: ["A:a-b2", "B:b-a2"]
    - endpoints: ["B:b-c", "C:c-b"]
`;

const line = `
name: line
topology:
  nodes:
    A: { kind: linux, image: "debian:12" }
    B: { kind: linux, image: "debian:12" }
    C: { kind: linux, image: "debian:12" }
    D: { kind: linux, image: "debian:12" }
  links:
    - endpoints: ["A:a-b", "B:b-a"]
    - endpoints: ["B:b-c", "C:c-b"]
    - endpoints: ["C:c-d", "D:d-c"]
`;

function topologyOf(text: string): Topology {
  return { ...parseTopology(text, 'inline.yaml'), backgroundLossPercent: 0.01 };
}

/** On a link, whose two ends are named like this. */
function isAt({ element }: Finding, ends: readonly [node: string, name: string][]): boolean {
  return ends.some(([node, name]) => element.node === node && element.interface === name);
}

describe('a fault on one of two parallel links', () => {
  const topology = topologyOf(twins);
  const ends = [
    ['A', 'a-b2'],
    ['B', 'b-a2'],
  ] as const;
  const at = { id: 'one', node: 'A', interface: 'a-b2', active: false };
  const faults: Fault[] = [
    { ...at, kind: 'silent-loss', lossPercent: 20 },
    { ...at, kind: 'link-down' },
    { ...at, kind: 'unidirectional-link' },
  ];
  for (const fault of faults)
    it(`${fault.kind}: is that link's, or nobody's`, async () => {
      let named = 0;
      for (const seed of seeds) {
        await using domain = await Domain.start(topology, { seed });
        domain.inject(fault);
        const report = await domain.ask('A', topology.intent ?? '');
        const said = `seed ${seed}: ${report.verdict} ${JSON.stringify(report.findings)}`;
        assert.ok(report.verdict !== 'NO_FAULT', said);
        assert.ok(
          report.findings.every(
            (finding) =>
              finding.kind === fault.kind &&
              isAt(finding, [...ends.map(([a, b]) => [a, b] as [string, string])]),
          ),
          said,
        );
        named += report.findings.length;
      }
      assert.ok(named >= seeds.length / 2, `named in ${named} of ${seeds.length} runs`);
    });

  it('none: NO_FAULT, or a link that no probe took is suspect', async () => {
    for (const seed of seeds) {
      await using domain = await Domain.start(topology, { seed });
      const report = await domain.ask('A', topology.intent ?? '');
      assert.deepEqual(report.findings, []);
      assert.ok(report.verdict === 'NO_FAULT' || report.suspects.length > 0);
    }
  });
});

describe('in-band, heard by LLDP and relaying neighbours alone', () => {
  const topology: Topology = { ...topologyOf(line), management: 'in-band' };
  const faults: Fault[] = [
    { id: 'one', kind: 'link-down', node: 'B', interface: 'b-c', active: false },
    { id: 'one', kind: 'unidirectional-link', node: 'B', interface: 'b-c', active: false },
    { id: 'one', kind: 'node-crash', node: 'C', active: false },
  ];
  for (const fault of faults)
    it(`${fault.kind}: accuses nobody else`, async () => {
      for (const seed of seeds) {
        await using domain = await Domain.start(topology, { seed, isis: false });
        domain.inject(fault);
        const report = await domain.ask('A', 'Verify packet loss on the SRv6 path from A to D via B and C');
        const said = `seed ${seed}: ${report.verdict} ${JSON.stringify([report.findings, report.suspects])}`;
        assert.notEqual(report.verdict, 'NO_FAULT', said);
        assert.ok(
          report.findings.every(({ kind }) => kind === fault.kind),
          said,
        );
        if (report.findings.length === 0) assert.ok(report.suspects.length > 0, said);
      }
    });
});

describe('a link that died in one direction a moment ago, while discovery still remembers it', () => {
  for (const intervalMs of [2_000, 4_000])
    it(`is waited for: announced every ${intervalMs} ms`, async () => {
      for (const seed of seeds) {
        await using domain = await Domain.start(topologyOf(line), { seed, announceIntervalMs: intervalMs });
        domain.inject({ id: 'one', kind: 'unidirectional-link', node: 'B', interface: 'b-c', active: false });
        const report = await domain.ask('A', 'Verify packet loss on the SRv6 path from A to D via B and C');
        assert.equal(report.verdict, 'CONFIRMED', `seed ${seed}: ${JSON.stringify(report.suspects)}`);
        assert.deepEqual(
          report.findings.map(({ kind, element, direction }) => [kind, element.node, direction]),
          [['unidirectional-link', 'B', 'forward']],
        );
      }
    });

  it('is not waited for without end: INCONCLUSIVE, and the link is suspect', async () => {
    await using domain = await Domain.start(topologyOf(line), { seed: 1, announceIntervalMs: 30_000 });
    domain.inject({ id: 'one', kind: 'unidirectional-link', node: 'B', interface: 'b-c', active: false });
    const report = await domain.ask('A', 'Verify packet loss on the SRv6 path from A to D via B and C');
    assert.deepEqual([report.verdict, report.findings], ['INCONCLUSIVE', []]);
    assert.deepEqual(report.suspects, [{ node: 'B', interface: 'b-c', peer: 'C' }]);
  });
});
