/** Input: a topology. Output: whether a lab can be one network. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { parseTopology } from '../../../src/core/topology.ts';
import { requireConnected } from '../../../src/lab/connected.ts';

const topology = (links: string) =>
  parseTopology(`name: x\ntopology:\n  nodes: {A: , B: , C: , D: }\n  links:\n${links}`, 'x.yaml');
const link = (one: string, other: string) =>
  `    - endpoints: ["${one}:${one}-${other}", "${other}:${other}-${one}"]\n`;

it('a node without any link, or in a network of its own, is told by its name', () => {
  const connected = link('C', 'D') + link('B', 'C') + link('A', 'B');
  requireConnected(topology(connected), 'x.yaml');
  assert.throws(() => requireConnected(topology(link('A', 'B') + link('B', 'C')), 'x.yaml'), {
    code: 'bad-input',
    message: /^x\.yaml: no links lead from A to D: /,
  });
  assert.throws(() => requireConnected(topology(link('A', 'B') + link('C', 'D')), 'x.yaml'), {
    message: /no links lead from A to C, D: /,
  });
});
