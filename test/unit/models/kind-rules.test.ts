import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseIntent } from '../../../models/rules.ts';

const reachability: [text: string, path: string][] = [
  ['Is PE-3 reachable from PE-1 via P-2', 'PE-1 > P-2 > PE-3'],
  ['Is PE-3 reachable from PE-1 via P-2?', 'PE-1 > P-2 > PE-3'],
  ['Is PE-3 reachable from PE-1 via P-2, 3 pings', 'PE-1 > P-2 > PE-3'],
  ['Why is PE-3 not reachable from PE-1?', 'PE-1 > PE-3'],
  ['PE-3 unreachable from PE-1', 'PE-1 > PE-3'],
  ['Can PE-1 still reach PE-3 through P-2?', 'PE-1 > P-2 > PE-3'],
  ['Verify that PE-1 reaches PE-3', 'PE-1 > PE-3'],
  ['Check reachability from PE-1 to PE-3 via P-2, P-4', 'PE-1 > P-2 > P-4 > PE-3'],
  ['connectivity between lon and mil via fra', 'lon > fra > mil'],
  ['ping PE-3 from PE-1', 'PE-1 > PE-3'],
  ['ping PE-1 -> P-2 -> PE-3', 'PE-1 > P-2 > PE-3'],
  ['reachability head=PE-1 tail=PE-3 via=P-2', 'PE-1 > P-2 > PE-3'],
];

const sizes: [text: string, path: string, sizeBytes?: number][] = [
  ['path MTU from PE-1 to PE-3 via P-2', 'PE-1 > P-2 > PE-3'],
  ['What is the PMTU between PE-1 and PE-3?', 'PE-1 > PE-3'],
  ['How large may packets be from PE-1 to PE-3 via P-2?', 'PE-1 > P-2 > PE-3'],
  ['largest packet PE-1 -> P-2 -> PE-3', 'PE-1 > P-2 > PE-3'],
  ['Do packets of 1400 octets fit from PE-1 to PE-3 via P-2?', 'PE-1 > P-2 > PE-3', 1_400],
  ['Test the MTU from PE-1 to PE-3 via P-2 for 9000 byte packets', 'PE-1 > P-2 > PE-3', 9_000],
  ['mtu head=PE-1 tail=PE-3 via=P-2 size=1500', 'PE-1 > P-2 > PE-3', 1_500],
];

const latencies: [text: string, path: string, count?: number][] = [
  ['latency from PE-1 to PE-3 via P-2', 'PE-1 > P-2 > PE-3'],
  ['Check that the round-trip time from PE-1 to PE-3 is good', 'PE-1 > PE-3'],
  ['How long do packets take from PE-1 to PE-3 via P-2?', 'PE-1 > P-2 > PE-3'],
  ['rtt PE-1 -> P-2 -> PE-3 count 50', 'PE-1 > P-2 > PE-3', 50],
  ['latency from PE-1 to PE-3 via P-2, 3 probes', 'PE-1 > P-2 > PE-3', 3],
  ['Measure the delay between PE-1 and PE-3 with 100 probes', 'PE-1 > PE-3', 100],
  ['Verify the latency from drop-1 to loss.lab', 'drop-1 > loss.lab'],
];

function pathOf(path: string) {
  const nodes = path.split(' > ');
  return { head: nodes[0], tail: nodes.at(-1), via: nodes.slice(1, -1) };
}

describe('rules read what else can be asked of a path [T20]', () => {
  for (const [text, path] of reachability)
    it(text, () => assert.deepEqual(parseIntent(text), { kind: 'reachability', ...pathOf(path) }));

  for (const [text, path, sizeBytes] of sizes)
    it(text, () =>
      assert.deepEqual(parseIntent(text), {
        kind: 'path-mtu',
        ...pathOf(path),
        ...(sizeBytes !== undefined && { sizeBytes }),
      }),
    );

  for (const [text, path, count] of latencies)
    it(text, () =>
      assert.deepEqual(parseIntent(text), {
        kind: 'path-latency',
        ...pathOf(path),
        ...(count !== undefined && { count }),
      }),
    );

  it('losses come first where both are asked', () => {
    assert.equal(
      parseIntent('Is there packet loss, or is PE-3 not reachable, from PE-1 to PE-3?').kind,
      'path-loss',
    );
  });

  it('names that look like such words are names', () => {
    assert.deepEqual(parseIntent('Check the path from reach-1 to ping.lab'), {
      kind: 'path-loss',
      head: 'reach-1',
      tail: 'ping.lab',
      via: [],
    });
  });

  for (const text of [
    'Is PE-3 reachable?',
    'reachability',
    'path MTU of PE-1',
    'Set the MTU from PE-1 to PE-3 to 9000',
    'Reset PE-1 until PE-3 is reachable from it',
  ])
    it(`refuses: ${text}`, () => assert.equal(parseIntent(text).kind, 'unsupported'));
});
