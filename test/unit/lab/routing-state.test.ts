/** Input: what FRR 8.4 printed on P-2 and PE-1 of routing-4. Output: whether the lab need not wait for it any longer. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { it } from 'node:test';
import { parseTopology } from '../../../src/core/topology.ts';
import { isAtRest } from '../../../src/lab/kernel/routing-state.ts';

const file = 'topologies/routing-4.yaml';
const topology = parseTopology(readFileSync(new URL(`../../../${file}`, import.meta.url), 'utf8'), file);

it('IS-IS is at rest once every neighbour is up at the level of its link', () => {
  const told = (circuits: object[]) => [JSON.stringify({ areas: [{ area: 'core', circuits }] })];
  const [left, right] = [
    { adj: 'PE-1', interface: 'p2-pe1', level: 1, state: 'Up' },
    { adj: 'PE-3', interface: 'p2-pe3', level: 1, state: 'Up' },
  ];
  const isAt = (...circuits: object[]) => isAtRest(topology, 'P-2', 'isis', told(circuits));
  assert.equal(isAt(left, right), true);
  assert.equal(isAt(left, { ...right, level: 2 }), false);
  assert.equal(isAt(left, { ...right, state: 'Initializing' }), false);
  assert.equal(isAt(left), false);
  assert.equal(isAtRest(topology, 'P-2', 'isis', ['isisd is not running\n']), false);
});

it('BGP is at rest once every session is up and the prefixes of both its ends are chosen', () => {
  const up = { 'fc00:3::1': { bgpState: 'Established' } };
  const prefixes = ['a1', 'a2', 'c1', 'c2'].map((name) => `2001:db8:${name}::/48`);
  const isAt = (neighbors: object, chosen: readonly string[], others: readonly string[] = []) => {
    const routes = Object.fromEntries([
      ...chosen.map((prefix) => [prefix, [{ valid: true, bestpath: true }]]),
      ...others.map((prefix) => [prefix, [{ valid: true }]]),
    ]);
    return isAtRest(topology, 'PE-1', 'bgp', [JSON.stringify(neighbors), JSON.stringify({ routes })]);
  };
  assert.equal(isAt(up, prefixes), true);
  assert.equal(isAt({ 'fc00:3::1': { bgpState: 'OpenConfirm' } }, prefixes), false);
  assert.equal(isAt({}, prefixes), false);
  for (const missing of prefixes) {
    const rest = prefixes.filter((prefix) => prefix !== missing);
    assert.equal(isAt(up, rest), false, missing);
    assert.equal(isAt(up, rest, [missing]), false, missing);
  }
});

it('BFD is at rest once every session is up', () => {
  const isAt = (...states: string[]) =>
    isAtRest(topology, 'PE-3', 'bfd', [JSON.stringify(states.map((status) => ({ status })))]);
  assert.deepEqual([isAt('up', 'up'), isAt('up', 'init'), isAt()], [true, false, false]);
});
