/** The kernel world: what each fault does to real counters, and that nothing is left behind. */
import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { isDeepStrictEqual } from 'node:util';
import {
  accessListsSchema,
  countingSchema,
  dataPaths,
  forwardingSchema,
  interfacesSchema,
  lookupSchema,
  routingSchema,
} from '../../src/core/device-data.ts';
import type { Srv6PingProbe } from '../../src/core/ports.ts';
import { type Fault, parseTopology } from '../../src/core/topology.ts';
import { createKernelWorld } from '../../src/lab/kernel-world.ts';
import { threeRouters } from '../support/three-routers.ts';
import { type Lab, openLab, type ProbeAnswer, skipReason } from './lab.ts';

const count = 400;
const labels = { forward: 0xabcde, reverse: 0x12345 };

interface Observation {
  forward: ProbeAnswer;
  reverse: ProbeAnswer;
  /** Probes in and out, by "interface", in travel order; then delivered. */
  hops: { forward: number[]; reverse: number[] };
  node(name: string): Readings;
}

interface Readings {
  /** Differences. */
  discards: (name: string) => { in: number; out: number };
  status: (name: string) => string;
  carrierChanges: (name: string) => number;
  /** Neighbours that it looks for in vain. */
  unresolved: (name: string) => number;
  mtuBytes: (name: string) => number;
  queueDrops: (name: string) => number;
  /** Packets to the router itself that were too many. */
  policed: number;
  /** Probes with a DSCP. */
  marked: (name: string) => { in: number; out: number };
  reversePathDrops: (name: string) => number;
  hits: (name: string, direction: 'ingress' | 'egress') => Record<string, number> | undefined;
  noRoutes: number;
  tooBig: number;
  /** Hop limits that ran out. */
  headerErrors: number;
  sids: string[];
  behaviours: Record<string, { behavior: string; errors: number; delivers?: boolean }>;
}

describe('kernel world, faults', { skip: skipReason(), timeout: 900_000 }, () => {
  test('healthy: everything arrives', async () => {
    const seen = await observe(undefined);
    assert.deepEqual(seen.hops, {
      forward: [count, count, count, count, count],
      reverse: [count, count, count, count, count],
    });
    assert.deepEqual([seen.forward.received, seen.reverse.received], [count, count]);
  });

  test('background loss is in every wire, both directions', async () => {
    const seen = await observe(undefined, { backgroundLossPercent: 20 });
    for (const [out1, in1, out2, in2, delivered] of [seen.hops.forward, seen.hops.reverse] as number[][]) {
      assert.equal(out1, count);
      assert.equal(in1, out2);
      assert.equal(in2, delivered);
      assertShare(in1, out1, 20);
      assertShare(in2, out2, 20);
    }
  });

  test('egress-acl: rule hits, nothing more goes out', async () => {
    const seen = await observe({
      kind: 'egress-acl',
      node: 'P-2',
      interface: 'p2-pe3',
      object: '2001',
      lossPercent: 25,
    });
    const [out1, in1, out2, in2, delivered] = seen.hops.forward as [number, number, number, number, number];
    assert.deepEqual([out1, in1, in2, delivered], [count, count, out2, out2]);
    assertShare(out2, in1, 25);
    // Echo replies towards PE-3 meet the rule too, and so does the odd packet of the routers themselves.
    const hits = seen.node('P-2').hits('p2-pe3', 'egress')?.['2001'] ?? 0;
    const probes = count - out2 + (count - seen.reverse.received);
    assert.ok(hits >= probes && hits <= probes + 20, `${hits} hits for ${probes} probes`);
    assert.equal(seen.node('P-2').hits('p2-pe3', 'ingress'), undefined);
    assert.deepEqual(seen.hops.reverse, [count, count, count, count, count]);
  });

  test('egress-acl at the head counts what the head was asked to send', async () => {
    const seen = await observe({
      kind: 'egress-acl',
      node: 'PE-1',
      interface: 'pe1-p2',
      object: 'a_b',
      lossPercent: 50,
    });
    assert.equal(seen.forward.sent, count);
    assertShare(seen.hops.forward[0] ?? 0, count, 50);
    assert.ok((seen.node('PE-1').hits('pe1-p2', 'egress')?.a_b ?? 0) > 0);
  });

  test('ingress-acl: everything comes in, rule hits, less goes out', async () => {
    const seen = await observe({
      kind: 'ingress-acl',
      node: 'P-2',
      interface: 'p2-pe1',
      object: '2002',
      lossPercent: 25,
    });
    const [out1, in1, out2, in2] = seen.hops.forward as [number, number, number, number];
    assert.deepEqual([out1, in1, in2], [count, count, out2]);
    assertShare(out2, in1, 25);
    assert.ok((seen.node('P-2').hits('p2-pe1', 'ingress')?.['2002'] ?? 0) >= count - out2);
  });

  test('one-way-acl: bound in both directions, hits in one', async () => {
    for (const hits of ['ingress', 'egress'] as const) {
      const fault = {
        kind: 'one-way-acl',
        node: 'P-2',
        interface: 'p2-pe3',
        object: '2003',
        lossPercent: 25,
        hits,
      } as const;
      const seen = await observe(fault);
      const other = hits === 'ingress' ? 'egress' : 'ingress';
      assert.ok((seen.node('P-2').hits('p2-pe3', hits)?.['2003'] ?? 0) > count / 10);
      assert.deepEqual(seen.node('P-2').hits('p2-pe3', other), { '2003': 0 });
      const lossy = hits === 'ingress' ? seen.hops.reverse : seen.hops.forward;
      assertShare(lossy[2] ?? 0, lossy[1] ?? 0, 25);
      assert.equal((hits === 'ingress' ? seen.hops.forward : seen.hops.reverse)[4], count);
    }
  });

  test('unidirectional-link: all goes out, nothing comes in, both ends up, the other way is fine', async () => {
    const seen = await observe({ kind: 'unidirectional-link', node: 'PE-1', interface: 'pe1-p2' });
    assert.deepEqual(seen.hops, {
      forward: [count, 0, 0, 0, 0],
      reverse: [count, count, count, count, count],
    });
    assert.equal(seen.node('PE-1').status('pe1-p2'), 'up up');
    assert.equal(seen.node('P-2').status('p2-pe1'), 'up up');
    assert.deepEqual(seen.node('PE-1').discards('pe1-p2'), { in: 0, out: 0 });
  });

  test('silent-loss: out minus in, and no counter anywhere', async () => {
    const seen = await observe({ kind: 'silent-loss', node: 'P-2', interface: 'p2-pe3', lossPercent: 25 });
    const [out1, in1, out2, in2, delivered] = seen.hops.forward as [number, number, number, number, number];
    assert.deepEqual([out1, in1, out2, delivered], [count, count, count, in2]);
    assertShare(in2, out2, 25);
    assert.deepEqual(seen.hops.reverse, [count, count, count, count, count]);
    assert.deepEqual(seen.node('P-2').discards('p2-pe3'), { in: 0, out: 0 });
    assert.deepEqual(seen.node('PE-3').discards('pe3-p2'), { in: 0, out: 0 });
  });

  test('mtu-mismatch: the smaller end discards what comes in and refuses what goes out', async () => {
    const fault = { kind: 'mtu-mismatch', node: 'PE-3', interface: 'pe3-p2', mtuBytes: 1400 } as const;
    const small = await observe(fault, { sizeBytes: 1400 });
    assert.deepEqual(small.hops.forward, [count, count, count, count, count]);
    const large = await observe(fault, { sizeBytes: 1500 });
    assert.deepEqual(large.hops, { forward: [count, count, count, 0, 0], reverse: [0, 0, 0, 0, 0] });
    assert.deepEqual(large.node('PE-3').discards('pe3-p2'), { in: count, out: 0 });
    assert.equal(large.reverse.packetTooBigMtuBytes, 1400);
    assert.equal(large.forward.packetTooBigMtuBytes, undefined);
    assert.equal(large.node('PE-3').mtuBytes('pe3-p2'), 1400);
    assert.equal(large.node('P-2').mtuBytes('p2-pe3'), 1500);
  });

  test('mtu-mismatch on the way out of a transit router: it says so, and counts it', async () => {
    const fault = { kind: 'mtu-mismatch', node: 'P-2', interface: 'p2-pe3', mtuBytes: 1400 } as const;
    const seen = await observe(fault, { sizeBytes: 1500 });
    assert.deepEqual(seen.hops, { forward: [count, count, 0, 0, 0], reverse: [count, 0, 0, 0, 0] });
    assert.equal(seen.node('P-2').tooBig, count);
    assert.equal(seen.forward.packetTooBigMtuBytes, 1400);
  });

  test('pmtud-blackhole: the router counts what is too large, and the sender does not learn of it', async () => {
    const fault = { kind: 'pmtud-blackhole', node: 'P-2', interface: 'p2-pe3', mtuBytes: 1400 } as const;
    const seen = await observe(fault, { sizeBytes: 1500 });
    assert.deepEqual(seen.hops, { forward: [count, count, 0, 0, 0], reverse: [count, 0, 0, 0, 0] });
    assert.equal(seen.node('P-2').tooBig, count);
    assert.equal(seen.forward.packetTooBigMtuBytes, undefined);
  });

  test('srv6-encap-mtu: both ends have too little room for what is encapsulated', async () => {
    const fault = { kind: 'srv6-encap-mtu', node: 'PE-3', interface: 'pe3-p2', mtuBytes: 1300 } as const;
    const seen = await observe(fault, { sizeBytes: 1360 });
    assert.deepEqual(seen.hops, { forward: [count, count, 0, 0, 0], reverse: [0, 0, 0, 0, 0] });
    assert.deepEqual(
      [seen.node('PE-3').mtuBytes('pe3-p2'), seen.node('P-2').mtuBytes('p2-pe3')],
      [1300, 1300],
    );
  });

  test('sid-missing: comes in, has no route, the SID is not in the list', async () => {
    const end = await observe({ kind: 'sid-missing', node: 'P-2', sid: 'end' });
    assert.deepEqual(end.hops, { forward: [count, count, 0, 0, 0], reverse: [count, count, 0, 0, 0] });
    assert.deepEqual(end.node('P-2').sids, ['fc00:2::d']);
    assert.ok(end.node('P-2').noRoutes >= 2 * count && end.node('P-2').noRoutes < 2 * count + 40);
    const decapsulate = await observe({ kind: 'sid-missing', node: 'PE-3', sid: 'decapsulate' });
    assert.deepEqual(decapsulate.hops.forward, [count, count, count, count, 0]);
    assert.equal(decapsulate.hops.reverse[4], count);
    assert.deepEqual(decapsulate.node('PE-3').sids, ['fc00:3::e']);
  });

  test('srh-filtered: packets with the header die on the wire, and no counter tells', async () => {
    const seen = await observe({ kind: 'srh-filtered', node: 'P-2', interface: 'p2-pe3' });
    assert.deepEqual(seen.hops, {
      forward: [count, count, count, 0, 0],
      reverse: [count, count, count, count, count],
    });
    assert.equal(seen.node('P-2').noRoutes, 0);
  });

  test('seg6-disabled: the SID is hit and counts errors, from one side only', async () => {
    const seen = await observe({ kind: 'seg6-disabled', node: 'P-2', interface: 'p2-pe1' });
    assert.deepEqual(seen.hops.forward, [count, count, 0, 0, 0]);
    assert.deepEqual(seen.hops.reverse, [count, count, count, count, count]);
  });

  test('gray-ecmp-member: a flow passes or not, and no counter tells', async () => {
    const seen = await observe({ kind: 'gray-ecmp-member', node: 'P-2', interface: 'p2-pe3', members: 2 });
    const [, , out, arrived] = seen.hops.forward;
    assert.equal(out, count);
    assert.ok(arrived === 0 || arrived === count, `${arrived} of ${count} arrived`);
    assert.deepEqual(seen.hops.reverse, [count, count, count, count, count]);
  });

  test('link-flap: both ends count the same changes, and packets die while the carrier is away', async () => {
    const changed = await observe({
      kind: 'link-flap',
      node: 'P-2',
      interface: 'p2-pe3',
      periodMs: 200,
      downMs: 100,
    });
    const arrived = changed.hops.forward[4] ?? count;
    assert.ok(arrived < count, `${arrived} of ${count} arrived`);
    for (const [node, name] of [
      ['P-2', 'p2-pe3'],
      ['PE-3', 'pe3-p2'],
    ] as const)
      assert.ok(changed.node(node).carrierChanges(name) >= 2, `${node} ${name}`);
  });

  test('gray-prefix: packets to one locator die on the wire, others pass', async () => {
    const seen = await observe({
      kind: 'gray-prefix',
      node: 'P-2',
      interface: 'p2-pe3',
      destination: 'PE-3',
    });
    assert.deepEqual(seen.hops, {
      forward: [count, count, count, 0, 0],
      reverse: [count, count, count, count, count],
    });
  });

  test('urpf-drop: comes in, and the reverse-path filter counts it, which is no access list', async () => {
    const seen = await observe({ kind: 'urpf-drop', node: 'P-2', interface: 'p2-pe1', destination: 'PE-1' });
    assert.deepEqual(seen.hops, {
      forward: [count, count, 0, 0, 0],
      reverse: [count, count, count, count, count],
    });
    assert.ok(seen.node('P-2').reversePathDrops('p2-pe1') >= count);
    assert.equal(seen.node('P-2').hits('p2-pe1', 'ingress'), undefined);
  });

  test('wrong-segment-order: the route tells the segment list', async () => {
    await using lab = await openLab(threeRouters());
    const fault = {
      kind: 'wrong-segment-order',
      node: 'PE-1',
      destination: 'PE-3',
      segments: ['PE-3', 'P-2'],
    } as const;
    const seen = await observeIn(lab, fault);
    const whole = [count, count, count, count, count];
    assert.deepEqual(seen.hops, { forward: whole, reverse: whole });
    assert.deepEqual(
      (await routesAt(lab, 'PE-1', 'fc00:3::1/128')).map((one) => one['confer-device:segment-list']),
      [['fc00:3::e', 'fc00:2::e', 'fc00:3::d']],
    );
  });

  test('dscp-remark: what leaves has the mark, and the next router sees it come', async () => {
    const seen = await observe({ kind: 'dscp-remark', node: 'P-2', interface: 'p2-pe3', dscp: 8 });
    const whole = [count, count, count, count, count];
    assert.deepEqual(seen.hops, { forward: whole, reverse: whole });
    assert.deepEqual(seen.node('P-2').marked('p2-pe3'), { in: 0, out: count });
    assert.deepEqual(seen.node('P-2').marked('p2-pe1'), { in: 0, out: 0 });
    assert.deepEqual(seen.node('PE-3').marked('pe3-p2'), { in: count, out: 0 });
  });

  test('control-plane-overload: probes pass, and the policer counts what is for the router itself', async () => {
    const seen = await observe({ kind: 'control-plane-overload', node: 'P-2' });
    const whole = [count, count, count, count, count];
    assert.deepEqual(seen.hops, { forward: whole, reverse: whole });
    assert.ok(seen.node('P-2').policed > 0);
    assert.equal(seen.node('P-2').hits('p2-pe1', 'ingress'), undefined);
  });

  test('rate-bottleneck: the queue of the interface drops what the link then lacks', async () => {
    const fault = { kind: 'rate-bottleneck', node: 'P-2', interface: 'p2-pe3', rateKbps: 100 } as const;
    const seen = await observe(fault);
    const [out1, in1, out2, in2 = 0, delivered] = seen.hops.forward;
    assert.deepEqual([out1, in1, out2, delivered], [count, count, count, in2]);
    assert.ok(in2 < count, `${in2} of ${count}`);
    // Echo replies towards PE-3 wait in it too.
    assert.ok(seen.node('P-2').queueDrops('p2-pe3') >= count - in2);
    assert.equal(seen.node('P-2').queueDrops('p2-pe1'), 0);
  });

  test('neighbour-discovery-failure: nothing goes out, and the interface says whom it looks for', async () => {
    const seen = await observe({
      kind: 'neighbour-discovery-failure',
      node: 'P-2',
      interface: 'p2-pe3',
    });
    assert.deepEqual(seen.hops, {
      forward: [count, count, 0, 0, 0],
      reverse: [count, count, count, count, count],
    });
    assert.equal(seen.node('P-2').unresolved('p2-pe3'), 1);
    assert.equal(seen.node('P-2').unresolved('p2-pe1'), 0);
  });

  test('admin-shutdown: down by its administrator, the other end without carrier, and its routes gone', async () => {
    const seen = await observe({ kind: 'admin-shutdown', node: 'PE-3', interface: 'pe3-p2' });
    assert.deepEqual(seen.hops, { forward: [count, count, 0, 0, 0], reverse: [0, 0, 0, 0, 0] });
    assert.equal(seen.node('PE-3').status('pe3-p2'), 'down down');
    assert.equal(seen.node('P-2').status('p2-pe3'), 'up down');
  });

  test('locator-unreachable: the route is gone, forwarding has nothing, nothing goes out', async () => {
    await using lab = await openLab(threeRouters());
    const fault = { kind: 'locator-unreachable', node: 'P-2', destination: 'PE-3' } as const;
    const seen = await observeIn(lab, fault);
    assert.deepEqual(seen.hops.forward, [count, count, 0, 0, 0]);
    assert.equal(seen.hops.reverse[4], count);
    assert.ok(seen.node('P-2').noRoutes >= count);
    assert.deepEqual(await routesAt(lab, 'P-2', 'fc00:3::'), []);
    assert.deepEqual(await lookUpAt(lab, 'P-2', 'fc00:3::d'), []);
    assert.deepEqual(seen.node('PE-3').sids.length, 2);
  });

  test('locator-unreachable at the head: what it is asked to send gets no further', async () => {
    const seen = await observe({ kind: 'locator-unreachable', node: 'PE-1', destination: 'P-2' });
    assert.equal(seen.forward.sent, count);
    assert.deepEqual(seen.hops.forward, [0, 0, 0, 0, 0]);
  });

  test('static-blackhole: discards without a count, in the routes for all to see', async () => {
    for (const sid of ['decapsulate', undefined] as const) {
      await using lab = await openLab(threeRouters());
      const place = { kind: 'static-blackhole', node: 'P-2', destination: 'PE-3' } as const;
      const seen = await observeIn(lab, { ...place, ...(sid !== undefined && { sid }) });
      assert.deepEqual(seen.hops.forward, [count, count, 0, 0, 0]);
      assert.equal(seen.hops.reverse[4], count);
      assert.ok(seen.node('P-2').noRoutes < count / 10);
      const discards = { 'special-next-hop': 'blackhole' };
      const routes = await routesAt(lab, 'P-2', sid === undefined ? 'fc00:3::/32' : 'fc00:3::d/128');
      assert.deepEqual(routes, [discards]);
      assert.deepEqual(await lookUpAt(lab, 'P-2', 'fc00:3::d'), [discards]);
    }
  });

  test('rib-fib-mismatch: the route is right, forwarding discards or sends back', async () => {
    const right = { 'outgoing-interface': 'p2-pe3', 'next-hop-address': '2001:db8:2:3::3' };
    const back = { 'outgoing-interface': 'p2-pe1', 'next-hop-address': '2001:db8:1:2::1' };
    for (const out of [undefined, 'p2-pe1']) {
      await using lab = await openLab(threeRouters());
      const place = { kind: 'rib-fib-mismatch', node: 'P-2', destination: 'PE-3' } as const;
      const seen = await observeIn(lab, { ...place, ...(out !== undefined && { interface: out }) });
      assert.deepEqual(seen.hops.forward.slice(2), [0, 0, 0]);
      assert.equal(seen.hops.reverse[4], count);
      assert.deepEqual(await routesAt(lab, 'P-2', 'fc00:3::/32'), [right]);
      assert.deepEqual(
        await lookUpAt(lab, 'P-2', 'fc00:3::d'),
        out === undefined ? [{ 'special-next-hop': 'unreachable' }] : [back],
      );
    }
  });

  test('forwarding-loop: counters multiply until the hop limit is spent', async () => {
    await using lab = await openLab(threeRouters());
    const fault = { kind: 'forwarding-loop', node: 'P-2', destination: 'PE-3', interface: 'p2-pe1' } as const;
    const seen = await observeIn(lab, fault);
    const [out = 0, arrived = 0, ...behind] = seen.hops.forward;
    assert.ok(out >= 30 * count && arrived >= 30 * count, `${out} out, ${arrived} in`);
    assert.deepEqual(behind, [0, 0, 0]);
    assert.equal(seen.hops.reverse[4], count);
    assert.ok(seen.node('PE-1').headerErrors + seen.node('P-2').headerErrors >= count);
  });

  test('sid-wrong-behaviour: wrong action, wrong table, wrong interface', async () => {
    const end = { kind: 'sid-wrong-behaviour', node: 'P-2', sid: 'end' } as const;
    const action = await observe(end);
    assert.deepEqual(action.hops, { forward: [count, count, 0, 0, 0], reverse: [count, count, 0, 0, 0] });
    const { behavior, errors } = action.node('P-2').behaviours['fc00:2::e'] ?? {};
    assert.deepEqual([behavior, errors], ['End.DT6', 2 * count]);
    const table = await observe({ kind: 'sid-wrong-behaviour', node: 'PE-3', sid: 'decapsulate' });
    assert.deepEqual(table.hops.forward, [count, count, count, count, 0]);
    assert.equal(table.node('PE-3').behaviours['fc00:3::d']?.delivers, false);
    assert.equal(table.node('P-2').behaviours['fc00:2::d']?.delivers, true);
    const detour = await observe({ ...end, interface: 'p2-pe1' });
    assert.deepEqual(detour.hops.forward, [2 * count, 2 * count, count, count, count]);
    assert.deepEqual(detour.hops.reverse, [count, count, count, count, count]);
    assert.equal(detour.node('P-2').behaviours['fc00:2::e']?.behavior, 'End.X');
  });

  test('link-down: both ends up by their administrators and down in fact; nothing goes out', async () => {
    const seen = await observe({ kind: 'link-down', node: 'PE-3', interface: 'pe3-p2' });
    assert.deepEqual(seen.hops, { forward: [count, count, 0, 0, 0], reverse: [0, 0, 0, 0, 0] });
    assert.equal(seen.node('PE-3').status('pe3-p2'), 'up down');
    assert.equal(seen.node('P-2').status('p2-pe3'), 'up down');
    assert.equal(seen.node('P-2').status('p2-pe1'), 'up up');
  });

  test('node-crash: every neighbour loses its carrier, and the agent is dead', async () => {
    await using lab = await openLab(threeRouters(), { commandFile: sleeper });
    const { world } = lab;
    const agent = world.spawnAgent('P-2', ['--config', 'none']);
    const died = once(agent, 'exit');
    await world.inject({ id: 'x', kind: 'node-crash', node: 'P-2', active: true });
    assert.deepEqual((await died).slice(0, 2), [null, 'SIGKILL']);
    assert.throws(() => world.spawnAgent('P-2', []), { code: 'device-failure' });
    for (const [node, name] of [
      ['PE-1', 'pe1-p2'],
      ['PE-3', 'pe3-p2'],
    ] as const) {
      const data = interfacesSchema.parse(
        await lab.router(node).ask({ do: 'read', path: dataPaths.interfaces }),
      );
      const link = data['ietf-interfaces:interfaces'].interface.find((each) => each.name === name);
      assert.deepEqual([link?.['admin-status'], link?.['oper-status']], ['up', 'down']);
    }
    const { host } = world.endpoint('P-2');
    assert.throws(
      () => lab.router('PE-1').shell('ping', '-c1', '-W1', host),
      'its management port is dead too',
    );
  });

  test('two faults at once add up', async () => {
    await using lab = await openLab(threeRouters());
    await lab.world.inject({
      ...base,
      kind: 'silent-loss',
      node: 'PE-1',
      interface: 'pe1-p2',
      lossPercent: 50,
    });
    await lab.world.inject({
      ...base,
      kind: 'silent-loss',
      node: 'PE-1',
      interface: 'pe1-p2',
      lossPercent: 50,
    });
    const seen = await observeIn(lab, undefined);
    assertShare(seen.hops.forward[1] ?? 0, count, 75);
  });

  test('what is repaired is whole again, each kind in turn on the same routers', async () => {
    await using lab = await openLab(threeRouters());
    const whole = [count, count, count, count, count];
    for (const fault of repairable) {
      const injected = { ...base, ...fault };
      await lab.world.inject(injected);
      const broken = await observeIn(lab, undefined, 1500);
      const isWhole = isDeepStrictEqual(broken.hops, { forward: whole, reverse: whole });
      assert.equal(isWhole, harmless.has(fault.kind), `${fault.kind} in force`);
      await lab.world.repair(injected);
      const { hops } = await observeIn(lab, undefined, 1500);
      assert.deepEqual(hops, { forward: whole, reverse: whole }, `${fault.kind} repaired`);
    }
  });

  test('a repair leaves the other faults in force; the dead stay dead', async () => {
    await using lab = await openLab(threeRouters());
    const at = { ...base, node: 'P-2', interface: 'p2-pe3', lossPercent: 25 };
    const faults = [
      { ...at, kind: 'egress-acl', object: '1' },
      { ...at, kind: 'egress-acl', object: '2', lossPercent: 50 },
    ] as const;
    for (const fault of faults) await lab.world.inject(fault);
    await lab.world.repair(faults[0]);
    await assert.rejects(lab.world.repair(faults[0]), { code: 'bad-input', message: /not in force/ });
    const seen = await observeIn(lab, undefined);
    assertShare(seen.hops.forward[2] ?? 0, count, 50);
    assert.deepEqual(Object.keys(seen.node('P-2').hits('p2-pe3', 'egress') ?? {}), ['2']);
    const crash = { ...base, kind: 'node-crash', node: 'P-2' } as const;
    await lab.world.inject(crash);
    await assert.rejects(lab.world.repair(crash), { code: 'bad-input' });
  });

  test('refuses faults that have no place', async () => {
    await using world = await createKernelWorld(threeRouters());
    await assert.rejects(world.inject({ ...base, kind: 'node-crash', node: 'P-9' }), {
      code: 'unknown-node',
    });
    const nowhere = { ...base, kind: 'link-down', node: 'P-2', interface: 'p2-p9' } as const;
    await assert.rejects(world.inject(nowhere), { code: 'bad-input' });
  });
});

describe('kernel world, connections', { skip: skipReason(), timeout: 200_000 }, () => {
  test('out-of-band: agents reach each other whatever the links do; the tested network has no way there', async () => {
    await using lab = await openLab(threeRouters());
    await lab.world.inject({ ...base, kind: 'link-down', node: 'P-2', interface: 'p2-pe3' });
    const { host, port } = lab.world.endpoint('PE-3');
    assert.equal(port, 9514);
    lab.router('PE-1').shell('ping', '-c1', '-W2', host);
    assert.throws(() => lab.router('PE-1').shell('ping', '-c1', '-W1', 'fc00:3::1'));
    assert.throws(() => lab.router('P-2').shell('ip', '-6', 'route', 'get', 'fdcf::1'), 'no default route');
  });

  test('in-band: the endpoint is the loopback, and dies with the links', async () => {
    await using lab = await openLab(threeRouters({ management: 'in-band' }));
    const { host } = lab.world.endpoint('PE-3');
    assert.equal(host, 'fc00:3::1');
    lab.router('PE-1').shell('ping', '-c1', '-W2', host);
    await lab.world.inject({ ...base, kind: 'link-down', node: 'P-2', interface: 'p2-pe3' });
    assert.throws(() => lab.router('PE-1').shell('ping', '-c1', '-W1', host));
  });

  test('LLDP passes a wire as it is, and not one that carries nothing', async () => {
    await using lab = await openLab(threeRouters());
    assert.ok(await lldpArrives(lab));
    await lab.world.inject({ ...base, kind: 'unidirectional-link', node: 'PE-1', interface: 'pe1-p2' });
    assert.ok(!(await lldpArrives(lab)));
  });
});

describe('kernel world, nothing is left', { skip: skipReason(), timeout: 200_000 }, () => {
  test('after success', async () => {
    const world = await createKernelWorld(threeRouters(), { commandFile: sleeper });
    const prefix = prefixOf(world.namespaceOf('P-2'));
    assert.equal(namespaces(prefix).length, 5);
    const children = [world.spawnAgent('P-2', []), world.spawnOperator('P-2', ['ask'])];
    await world[Symbol.asyncDispose]();
    await world[Symbol.asyncDispose]();
    for (const child of children) assert.ok(child.exitCode !== null || child.signalCode !== null);
    assertGone(prefix);
  });

  test('after a world that could not be built', async () => {
    const before = namespaces('cfr-');
    const topology = threeRouters();
    const [first] = topology.links;
    assert.ok(first !== undefined);
    topology.links.push({ ...first }); // the interface exists already
    await assert.rejects(createKernelWorld(topology), {
      code: 'device-failure',
      message: /could not be built/,
    });
    assert.deepEqual(
      namespaces('cfr-').filter((name) => !before.includes(name)),
      [],
    );
  });

  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    test(`after ${signal}`, async () => {
      const { child, prefix, pid } = await startHolder();
      child.kill(signal);
      assert.deepEqual((await once(child, 'exit'))[1], signal);
      assertGone(prefix, pid);
    });
  }

  test('after an uncaught error', async () => {
    const { child, prefix, pid } = await startHolder('throw');
    await once(child, 'exit');
    assertGone(prefix, pid);
  });

  /** Input: kill -9 of a lab with a process in a router. Output: the next start removes it, and no living lab. */
  test('after kill -9, at the next start', async () => {
    const living = await startHolder();
    const killed = await startHolder();
    killed.child.kill('SIGKILL');
    await once(killed.child, 'exit');
    assert.equal(namespaces(killed.prefix).length, 5);
    const foreign = `x-${killed.prefix}`;
    execFileSync('ip', ['netns', 'add', foreign]);
    try {
      await using _next = await createKernelWorld(threeRouters());
      assertGone(killed.prefix, killed.pid);
      assert.equal(namespaces(living.prefix).length, 5);
      assert.equal(namespaces(foreign).length, 1);
    } finally {
      execFileSync('ip', ['netns', 'del', foreign]);
      living.child.kill('SIGTERM');
      await once(living.child, 'exit');
    }
    assertGone(living.prefix, living.pid);
  });
});

describe('kernel world, the shipped topologies', { skip: skipReason(), timeout: 200_000 }, () => {
  const directory = new URL('../../topologies/', import.meta.url);
  for (const file of readdirSync(directory).filter((name) => name.endsWith('.yaml'))) {
    test(`${file} comes up within 5 s, and everybody reaches everybody next to the ends`, async () => {
      const topology = parseTopology(readFileSync(new URL(file, directory), 'utf8'), file);
      const started = performance.now();
      await using lab = await openLab(topology);
      assert.ok(performance.now() - started < 5_000);
      const [first, last] = [topology.nodes[0], topology.nodes.at(-1)];
      assert.ok(first !== undefined && last !== undefined);
      const probe: Srv6PingProbe = {
        ...probeOf('forward', 200),
        destination: last.address,
        segments: [last.sids.decapsulate],
        count: 20,
      };
      assert.equal((await lab.router(first.name).probe(probe)).received, 20);
    });
  }
});

const base = { id: 'x', active: true } as const;
/** They lose no probe, and have tests of their own. */
const harmless: ReadonlySet<Fault['kind']> = new Set([
  'wrong-segment-order',
  'dscp-remark',
  'control-plane-overload',
]);

const repairable: readonly Omit<Fault, 'id' | 'active'>[] = [
  { kind: 'egress-acl', node: 'P-2', interface: 'p2-pe3', object: '1', lossPercent: 30 },
  { kind: 'ingress-acl', node: 'P-2', interface: 'p2-pe1', object: '2', lossPercent: 30 },
  { kind: 'one-way-acl', node: 'P-2', interface: 'p2-pe1', object: '3', lossPercent: 30, hits: 'egress' },
  { kind: 'unidirectional-link', node: 'PE-1', interface: 'pe1-p2' },
  { kind: 'silent-loss', node: 'PE-3', interface: 'pe3-p2', lossPercent: 30 },
  { kind: 'gray-prefix', node: 'P-2', interface: 'p2-pe3', destination: 'PE-3' },
  { kind: 'urpf-drop', node: 'P-2', interface: 'p2-pe1', destination: 'PE-1' },
  { kind: 'wrong-segment-order', node: 'PE-1', destination: 'PE-3', segments: ['PE-3', 'P-2'] },
  { kind: 'dscp-remark', node: 'P-2', interface: 'p2-pe3', dscp: 8 },
  { kind: 'control-plane-overload', node: 'P-2' },
  { kind: 'rate-bottleneck', node: 'P-2', interface: 'p2-pe3', rateKbps: 100 },
  { kind: 'mtu-mismatch', node: 'P-2', interface: 'p2-pe3', mtuBytes: 1400 },
  { kind: 'pmtud-blackhole', node: 'P-2', interface: 'p2-pe3', mtuBytes: 1400 },
  { kind: 'srv6-encap-mtu', node: 'P-2', interface: 'p2-pe3', mtuBytes: 1300 },
  { kind: 'sid-missing', node: 'P-2', sid: 'end' },
  { kind: 'sid-missing', node: 'PE-3', sid: 'decapsulate' },
  { kind: 'link-down', node: 'P-2', interface: 'p2-pe1' },
  { kind: 'admin-shutdown', node: 'P-2', interface: 'p2-pe1' },
  { kind: 'locator-unreachable', node: 'P-2', destination: 'PE-3' },
  { kind: 'static-blackhole', node: 'P-2', destination: 'PE-3' },
  { kind: 'static-blackhole', node: 'P-2', destination: 'PE-3', sid: 'decapsulate' },
  { kind: 'rib-fib-mismatch', node: 'P-2', destination: 'PE-3' },
  { kind: 'rib-fib-mismatch', node: 'P-2', destination: 'PE-3', interface: 'p2-pe1' },
  { kind: 'forwarding-loop', node: 'P-2', destination: 'PE-3', interface: 'p2-pe1' },
  { kind: 'sid-wrong-behaviour', node: 'P-2', sid: 'end' },
  { kind: 'sid-wrong-behaviour', node: 'P-2', sid: 'end', interface: 'p2-pe1' },
  { kind: 'sid-wrong-behaviour', node: 'PE-3', sid: 'decapsulate' },
];
const lldpSender = fileURLToPath(new URL('lldp-sender.ts', import.meta.url));
const sleeper = fileURLToPath(new URL('sleeper.ts', import.meta.url));
const holder = fileURLToPath(new URL('world-holder.ts', import.meta.url));

/** The next hops of a router's routes to prefixes that begin so. */
async function routesAt(lab: Lab, node: string, prefix: string) {
  const data = routingSchema.parse(await lab.router(node).ask({ do: 'read', path: dataPaths.routing }));
  return data['ietf-routing:routing'].ribs.rib
    .flatMap(({ routes }) => routes.route)
    .filter((route) => route['destination-prefix'].startsWith(prefix))
    .map((route) => route['next-hop']);
}

async function lookUpAt(lab: Lab, node: string, address: string) {
  const path = `${dataPaths.lookup}=${address}`;
  const data = lookupSchema.parse(await lab.router(node).ask({ do: 'read', path }));
  return data['confer-device:lookup']['next-hop'];
}

async function observe(
  fault: Omit<Fault, 'id' | 'active'> | undefined,
  { sizeBytes = 200, backgroundLossPercent = 0 } = {},
): Promise<Observation> {
  await using lab = await openLab(threeRouters({ backgroundLossPercent }));
  return await observeIn(lab, fault, sizeBytes);
}

async function observeIn(
  lab: Lab,
  fault: Omit<Fault, 'id' | 'active'> | undefined,
  sizeBytes = 200,
): Promise<Observation> {
  const names = ['PE-1', 'P-2', 'PE-3'];
  if (fault !== undefined) await lab.world.inject({ ...base, ...fault });
  for (const name of names) {
    const flowLabels = Object.values(labels);
    await lab.router(name).ask({ do: 'apply', id: 'observe', flowLabels, capturePacketsMax: 0 });
  }
  const first = new Map(
    await Promise.all(names.map(async (name) => [name, await readAll(lab, name)] as const)),
  );
  const [forward, reverse] = await Promise.all([
    lab.router('PE-1').probe(probeOf('forward', sizeBytes)),
    lab.router('PE-3').probe(probeOf('reverse', sizeBytes)),
  ]);
  const last = new Map(
    await Promise.all(names.map(async (name) => [name, await readAll(lab, name)] as const)),
  );
  for (const name of names) await lab.router(name).ask({ do: 'undo', id: 'observe' });
  const hop = (node: string, name: string, way: 'in' | 'out', label: number) => {
    const flow = last.get(node)?.flows.find((each) => each['flow-label'] === label);
    return Number(flow?.interface.find((each) => each.name === name)?.[way]);
  };
  const delivered = (node: string, label: number) =>
    Number(last.get(node)?.flows.find((each) => each['flow-label'] === label)?.delivered);
  return {
    forward,
    reverse,
    hops: {
      forward: [
        hop('PE-1', 'pe1-p2', 'out', labels.forward),
        hop('P-2', 'p2-pe1', 'in', labels.forward),
        hop('P-2', 'p2-pe3', 'out', labels.forward),
        hop('PE-3', 'pe3-p2', 'in', labels.forward),
        delivered('PE-3', labels.forward),
      ],
      reverse: [
        hop('PE-3', 'pe3-p2', 'out', labels.reverse),
        hop('P-2', 'p2-pe3', 'in', labels.reverse),
        hop('P-2', 'p2-pe1', 'out', labels.reverse),
        hop('PE-1', 'pe1-p2', 'in', labels.reverse),
        delivered('PE-1', labels.reverse),
      ],
    },
    node: (name) => readingsOf(first.get(name), last.get(name)),
  };
}

type All = Awaited<ReturnType<typeof readAll>>;

async function readAll(lab: Lab, node: string) {
  const read = (path: string) => lab.router(node).ask({ do: 'read', path });
  const counting = countingSchema.parse(await read(`${dataPaths.counting}=observe`));
  const lists = accessListsSchema.parse(await read(dataPaths.accessLists))['ietf-access-control-list:acls'];
  return {
    flows: counting['confer-device:counting'].flow,
    marked: counting['confer-device:counting'].marked ?? [],
    interfaces: interfacesSchema.parse(await read(dataPaths.interfaces))['ietf-interfaces:interfaces']
      .interface,
    points: lists['attachment-points'].interface,
    policed: Number(lists['confer-device:control-plane']?.['dropped-packets'] ?? 0),
    forwarding: forwardingSchema.parse(await read(dataPaths.forwarding))['confer-device:forwarding'],
  };
}

function readingsOf(first: All | undefined, last: All | undefined): Readings {
  assert.ok(first !== undefined && last !== undefined);
  const link = (all: All, name: string) => {
    const found = all.interfaces.find((each) => each.name === name);
    assert.ok(found !== undefined);
    return found;
  };
  const risen = (name: string, counter: 'in-discards' | 'out-discards') =>
    Number(link(last, name).statistics[counter]) - Number(link(first, name).statistics[counter]);
  const ipv6 = (name: 'in-no-routes' | 'in-too-big-errors' | 'in-header-errors') =>
    Number(last.forwarding.ipv6[name]) - Number(first.forwarding.ipv6[name]);
  return {
    discards: (name) => ({ in: risen(name, 'in-discards'), out: risen(name, 'out-discards') }),
    status: (name) => `${link(last, name)['admin-status']} ${link(last, name)['oper-status']}`,
    unresolved: (name) =>
      link(last, name)['ietf-ip:ipv6'].neighbor?.filter(({ state }) => state === 'incomplete').length ?? 0,
    carrierChanges: (name) =>
      Number(link(last, name)['confer-device:carrier-changes']) -
      Number(link(first, name)['confer-device:carrier-changes']),
    mtuBytes: (name) => link(last, name)['ietf-ip:ipv6'].mtu,
    queueDrops: (name) =>
      (link(last, name)['openconfig-qos:output']?.queues.queue ?? []).reduce(
        (sum, queue) => sum + Number(queue['dropped-pkts']),
        0,
      ),
    marked: (name) => {
      const told = last.marked.find((one) => one.name === name);
      return { in: Number(told?.in), out: Number(told?.out) };
    },
    reversePathDrops: (name) =>
      Number(
        last.points.find((point) => point['interface-id'] === name)?.['confer-device:reverse-path-filter']?.[
          'dropped-packets'
        ] ?? 0,
      ),
    hits: (name, direction) => {
      const sets = last.points.find((point) => point['interface-id'] === name)?.[direction]?.['acl-sets'][
        'acl-set'
      ];
      if (sets === undefined) return undefined;
      return Object.fromEntries(
        sets.map((set) => [
          set.name,
          set['ace-statistics'].reduce((sum, entry) => sum + Number(entry['matched-packets']), 0),
        ]),
      );
    },
    policed: last.policed - first.policed,
    noRoutes: ipv6('in-no-routes'),
    tooBig: ipv6('in-too-big-errors'),
    headerErrors: ipv6('in-header-errors'),
    behaviours: Object.fromEntries(
      last.forwarding['local-sid'].map(({ sid, behavior, errors, 'delivers-locally': delivers }) => [
        sid,
        { behavior, errors: Number(errors), ...(delivers !== undefined && { delivers }) },
      ]),
    ),
    sids: last.forwarding['local-sid'].map(({ sid }) => sid),
  };
}

function probeOf(direction: 'forward' | 'reverse', sizeBytes: number): Srv6PingProbe {
  const tail = direction === 'forward' ? 'fc00:3' : 'fc00:1';
  return {
    kind: 'srv6-ping',
    destination: `${tail}::1`,
    segments: ['fc00:2::e', `${tail}::d`],
    count,
    intervalMs: 1,
    sizeBytes,
    flowLabels: [labels[direction]],
    dscp: 0,
  };
}

/** Within five standard deviations of a binomial: a healthy random number generator fails once in two million runs. */
function assertShare(passed: number | undefined, of: number | undefined, lossPercent: number): void {
  assert.ok(passed !== undefined && of !== undefined);
  const loss = lossPercent / 100;
  const tolerance = 5 * Math.sqrt(of * loss * (1 - loss));
  const lost = of - passed;
  assert.ok(
    Math.abs(lost - of * loss) <= tolerance,
    `${lost} of ${of} lost, expected about ${lossPercent} %`,
  );
}

/** A lab in a process of its own, with a process in one of its routers. */
async function startHolder(how = 'hold'): Promise<{ child: ChildProcess; prefix: string; pid: number }> {
  const child = spawn(process.execPath, [holder, how], { stdio: ['ignore', 'pipe', 'ignore'] });
  const [line] = await once(createInterface({ input: child.stdout }), 'line');
  const { namespace, pid } = JSON.parse(String(line)) as { namespace: string; pid: number };
  return { child, prefix: prefixOf(namespace), pid };
}

/** Whether a frame that PE-1 sends comes in at P-2, some seconds after it was sent at most: its sender may start slowly. */
async function lldpArrives(lab: Lab): Promise<boolean> {
  const [head, transit] = [lab.router('PE-1'), lab.router('P-2')];
  const listen = ['tcpdump', '-i', 'p2-pe1', '-c', '1', '--immediate-mode', 'ether', 'proto', '0x88cc'];
  const listener = spawn('ip', ['netns', 'exec', transit.namespace, ...listen], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const ended = once(listener, 'exit');
  await once(listener.stderr, 'data');
  head.shell(process.execPath, '--disable-warning=ExperimentalWarning', lldpSender, 'pe1-p2');
  const late = setTimeout(() => listener.kill('SIGKILL'), 3_000);
  const [status] = await ended;
  clearTimeout(late);
  return status === 0;
}

function prefixOf(namespace: string): string {
  return namespace.split('-').slice(0, 2).join('-');
}

function namespaces(prefix: string): string[] {
  return execFileSync('ip', ['netns', 'list'], { encoding: 'utf8' })
    .split('\n')
    .map((line) => line.split(' ')[0] ?? '')
    .filter((name) => name.startsWith(prefix));
}

function assertGone(prefix: string, pid?: number): void {
  assert.deepEqual(namespaces(prefix), []);
  assert.equal(existsSync(`/run/confer-lab/${prefix}.json`), false);
  if (pid !== undefined) assert.ok(!isRunning(pid), `process ${pid} still runs`);
}

/** A dead process stays in /proc as a zombie (Z) until its new parent looks. */
function isRunning(pid: number): boolean {
  try {
    return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}
