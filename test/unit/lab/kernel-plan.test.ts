/** The kernel lab's commands, without root. What they do to a kernel: test/lab/kernel-world.test.ts. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parseTopology } from '../../../src/core/topology.ts';
import { actionsOf } from '../../../src/lab/kernel/faults/index.ts';
import { managementInterface, namesOf, wireEnds } from '../../../src/lab/kernel/names.ts';
import { planOf } from '../../../src/lab/kernel/plan.ts';
import { wireChange } from '../../../src/lab/kernel/wires.ts';

const square = parseTopology(
  `name: square
topology:
  nodes: { A: {}, B: {}, C: {}, D: {} }
  links:
    - endpoints: ["A:mgmt0", "B:b-a"]
    - endpoints: ["A:a-c", "C:c-a"]
    - endpoints: ["B:b-d", "D:d-b"]
    - endpoints: ["C:c-d", "D:d-c"]
`,
  'square.yaml',
);

describe('the plan of a kernel lab', () => {
  const plan = planOf(square, namesOf(square, 'cfr-test'));

  test('a namespace for each node, the wires and the hub; in-band has no hub', () => {
    const all = ['cfr-test-.wires', 'cfr-test-.hub', 'cfr-test-A', 'cfr-test-B', 'cfr-test-C', 'cfr-test-D'];
    assert.deepEqual(
      plan.namespaces,
      all.map((name) => `netns add ${name}`),
    );
    const inBand = { ...square, management: 'in-band' as const };
    const names = namesOf(inBand, 'cfr-test');
    assert.equal(names.hub, undefined);
    assert.ok(!JSON.stringify(planOf(inBand, names)).includes('hub'));
  });

  test('equal-cost next hops become one multipath route from the loopback', () => {
    const router = plan.routers.find(({ namespace }) => namespace === 'cfr-test-A')?.text ?? '';
    assert.match(
      router,
      /^route add fc00:4::\/32 src fc00:1::1 nexthop via 2001:db8:1:2::2 dev mgmt0 nexthop via 2001:db8:1:3::3 dev a-c$/m,
    );
  });

  test('the management interface has a name of its own', () => {
    assert.equal(managementInterface(square, 'A'), 'mgmt1');
    assert.equal(managementInterface(square, 'B'), 'mgmt0');
  });
});

describe('faults of a kernel lab', () => {
  const base = { id: 'x', node: 'A', active: true } as const;
  const [wire] = wireEnds(square);

  test('losses of one wire multiply, to the thousandth of a percent', () => {
    assert.ok(wire !== undefined);
    assert.match(wireChange(wire, [50, 50]), /mod 100000 >= 75000 fwd to "wire0b"/);
    assert.match(wireChange(wire, [0.01, 3.2]), /mod 100000 >= 3210 /);
    assert.match(wireChange(wire, [0]), /wire0a fwd to "wire0b"/);
    assert.match(wireChange(wire, [1, 100]), /counter drop/);
  });

  test('a crash unplugs every link of the node, once', () => {
    assert.deepEqual(actionsOf({ ...base, kind: 'node-crash' }, square), [
      { kind: 'unplug', link: 0 },
      { kind: 'unplug', link: 1 },
      { kind: 'power-off', node: 'A' },
    ]);
  });

  test('an agent that dies leaves its router as it is', () => {
    assert.deepEqual(actionsOf({ ...base, kind: 'agent-only' }, square), [{ kind: 'kill-agent', node: 'A' }]);
  });

  test('an access list says its name, and drops its share', () => {
    const [action] = actionsOf(
      { ...base, kind: 'egress-acl', interface: 'a-c', object: '2001', lossPercent: 3.2 },
      square,
    );
    assert.ok(action?.kind === 'configure');
    assert.match(action.nft, /oifname "a-c" numgen random mod 100000 < 3200 counter drop comment "acl-2001"/);
  });

  test('healthy does nothing', () => {
    assert.deepEqual(actionsOf({ ...base, kind: 'healthy' }, square), []);
  });
});
