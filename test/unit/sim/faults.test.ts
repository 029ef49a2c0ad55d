/**
 * Input: probes from PE-1 over P-2 to PE-3 (and back) with one fault of pe1-p2-pe3.yaml in force.
 * Output: the counting points and counters that tell this kind from all others, and no other counter.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { accessListsSchema, countingSchema, dataPaths, lookupSchema } from '../../../src/core/device-data.ts';
import { dataKinds, killsAgent } from '../../../src/core/fault-kinds.ts';
import type { Fault } from '../../../src/core/topology.ts';
import { counts, fault, label, network, never, readings, shipped, srv6Ping } from './world.ts';

const topology = shipped('pe1-p2-pe3');
const probeCount = 2_000;

/** Within four standard deviations. */
function assertRate(lost: number, total: number, percent: number): void {
  const expected = (total * percent) / 100;
  const deviation = Math.sqrt((total * percent * (100 - percent)) / 10_000);
  assert.ok(
    Math.abs(lost - expected) <= 4 * deviation + 1,
    `${lost} of ${total} lost, expected about ${expected}`,
  );
}

/** What the seven counting points of a direction saw, and every drop counter of the three routers. */
async function observe(faults: readonly Fault[], sizeBytes = 256) {
  const modelled = network(topology, faults);
  const nodes = ['PE-1', 'P-2', 'PE-3'].filter((node) => !modelled.isCrashed(node));
  for (const node of nodes) {
    await modelled.router(node).apply({
      kind: 'count',
      id: 'c',
      flowLabels: [label, label + 1],
      capturePacketsMax: 0,
    });
  }
  const forward = await modelled
    .router('PE-1')
    .run(srv6Ping(topology, ['PE-1', 'P-2', 'PE-3'], { count: probeCount, sizeBytes }), { signal: never });
  const reverse = await modelled
    .router('PE-3')
    .run(
      srv6Ping(topology, ['PE-3', 'P-2', 'PE-1'], { count: probeCount, sizeBytes, flowLabels: [label + 1] }),
      { signal: never },
    );
  const at = async (node: string, flowLabel: number) =>
    nodes.includes(node) ? counts(modelled, node, 'c', flowLabel) : undefined;
  const points = async (path: [string, string, string], flowLabel: number) => {
    const [head, middle, tail] = [
      await at(path[0], flowLabel),
      await at(path[1], flowLabel),
      await at(path[2], flowLabel),
    ];
    const forwards = path[0] === 'PE-1';
    return [
      head?.out[forwards ? 'pe1-p2' : 'pe3-p2'],
      middle?.in[forwards ? 'p2-pe1' : 'p2-pe3'],
      middle?.out[forwards ? 'p2-pe3' : 'p2-pe1'],
      tail?.in[forwards ? 'pe3-p2' : 'pe1-p2'],
      tail?.delivered,
    ].map((count) => count ?? 0);
  };
  const drops: Record<string, number> = {};
  const operational: Record<string, string> = {};
  const mtus: Record<string, number> = {};
  const queues: Record<string, Record<string, string | undefined>[]> = {};
  for (const node of nodes) {
    const reading = readings(modelled, node);
    for (const point of await reading.accessLists()) {
      for (const direction of ['ingress', 'egress'] as const) {
        for (const set of point[direction]?.['acl-sets']['acl-set'] ?? []) {
          drops[`${direction} ${point['interface-id']} ${set.name}`] = Number(
            set['ace-statistics'][0]?.['matched-packets'],
          );
        }
      }
    }
    for (const [name, count] of Object.entries((await reading.forwarding()).ipv6)) {
      if (count !== '0') drops[`${node} ${name}`] = Number(count);
    }
    for (const sid of (await reading.forwarding())['local-sid']) {
      if (sid.errors !== '0') drops[`${node} ${sid.sid} errors`] = Number(sid.errors);
    }
    for (const [name, one] of await reading.interfaces()) {
      operational[name] = `${one['admin-status']}/${one['oper-status']}`;
      mtus[name] = one['ietf-ip:ipv6'].mtu;
      queues[name] = one['openconfig-qos:output']?.queues.queue ?? [];
      for (const counter of ['in-discards', 'in-errors', 'out-discards', 'out-errors'] as const) {
        if (one.statistics[counter] !== '0') drops[`${name} ${counter}`] = Number(one.statistics[counter]);
      }
    }
  }
  return {
    modelled,
    forward,
    reverse,
    /** head out, middle in, middle out, tail in, delivered */
    forwardPoints: await points(['PE-1', 'P-2', 'PE-3'], label),
    reversePoints: await points(['PE-3', 'P-2', 'PE-1'], label + 1),
    drops,
    operational,
    mtus,
    queues,
  };
}

function addressOf(node: string): string {
  return topology.nodes.find(({ name }) => name === node)?.address ?? '';
}

function linkAddressOf(interfaceName: string): string {
  const ends = topology.links.flatMap(({ a, b }) => [a, b]);
  return ends.find((end) => end.interface === interfaceName)?.address ?? '';
}

const all = new Array<number>(5).fill(probeCount);
const none = new Array<number>(5).fill(0);
const up = { 'pe1-p2': 'up/up', 'p2-pe1': 'up/up', 'p2-pe3': 'up/up', 'pe3-p2': 'up/up' };

test('healthy: every point counts every probe and no drop counter rises', async () => {
  const seen = await observe([fault(topology, 'healthy')]);
  assert.deepEqual([seen.forwardPoints, seen.reversePoints], [all, all]);
  assert.deepEqual([seen.forward.received, seen.reverse.received], [probeCount, probeCount]);
  assert.deepEqual(seen.drops, {});
  assert.deepEqual(seen.operational, up);
  assert.ok((seen.forward.rttMs?.min ?? 0) > 0.5);
});

test('egress-acl: the upstream rule hits before the out-count, downstream is flat', async () => {
  const seen = await observe([fault(topology, 'egress-acl')]);
  const [out = 0, ...rest] = seen.forwardPoints;
  const hits = seen.drops['egress pe1-p2 2001'] ?? 0;
  assertRate(probeCount - out, probeCount, 3.2);
  assert.deepEqual(rest, [out, out, out, out]);
  assert.deepEqual(seen.reversePoints, all);
  // PE-1's echo replies to the reverse probes pass the same rule.
  assert.equal(hits, probeCount - out + (probeCount - seen.reverse.received));
  assert.deepEqual(Object.keys(seen.drops), ['egress pe1-p2 2001']);
  assert.equal(seen.forward.received, out);
});

test('ingress-acl: the out-count and the in-count rise, the downstream rule hits', async () => {
  const seen = await observe([fault(topology, 'ingress-acl')]);
  const [out, arrived, left = 0, ...rest] = seen.forwardPoints;
  assert.deepEqual([out, arrived], [probeCount, probeCount]);
  assertRate(probeCount - left, probeCount, 5);
  assert.deepEqual(rest, [left, left]);
  assert.deepEqual(seen.reversePoints, all);
  assert.deepEqual(Object.keys(seen.drops), ['ingress p2-pe1 2002']);
});

test('one-way-acl: bound in both directions, hit in one', async () => {
  const seen = await observe([fault(topology, 'one-way-acl')]);
  assert.equal(seen.drops['ingress p2-pe3 2003'], 0);
  const left = seen.forwardPoints[2] ?? 0;
  assertRate(probeCount - left, probeCount, 8);
  assert.ok((seen.drops['egress p2-pe3 2003'] ?? 0) >= probeCount - left);
  assert.deepEqual(seen.reversePoints, all);
  assert.equal(Object.keys(seen.drops).length, 2);
});

test('unidirectional-link: out rises, in is flat, the other direction is fine, both ends are up', async () => {
  const seen = await observe([fault(topology, 'unidirectional-link')]);
  assert.deepEqual(seen.forwardPoints, [probeCount, 0, 0, 0, 0]);
  assert.deepEqual(seen.reversePoints, all);
  assert.deepEqual(seen.drops, {});
  assert.deepEqual(seen.operational, up);
});

test('silent-loss: a gap between out and in, and no drop counter anywhere', async () => {
  const seen = await observe([fault(topology, 'silent-loss')]);
  const arrived = seen.forwardPoints[3] ?? 0;
  assert.deepEqual(seen.forwardPoints, [probeCount, probeCount, probeCount, arrived, arrived]);
  assertRate(probeCount - arrived, probeCount, 4);
  assert.deepEqual(seen.reversePoints, all);
  assert.deepEqual(seen.drops, {});
});

test('mtu-mismatch: the ends differ; small passes, large is lost on the wire or refused as too big', async () => {
  const small = await observe([fault(topology, 'mtu-mismatch')]);
  assert.deepEqual([small.forwardPoints, small.reversePoints, small.drops], [all, all, {}]);
  assert.deepEqual([small.mtus['p2-pe3'], small.mtus['pe3-p2']], [1_500, 1_400]);
  const large = await observe([fault(topology, 'mtu-mismatch')], 1_500);
  assert.deepEqual(large.forwardPoints, [probeCount, probeCount, probeCount, 0, 0]);
  assert.deepEqual(large.reversePoints, none);
  assert.equal(large.reverse.packetTooBigMtuBytes, 1_400);
  assert.equal(large.forward.packetTooBigMtuBytes, undefined);
  assert.deepEqual(large.drops, {});
});

test('packet too big is heard from a router further on', async () => {
  const narrow: Fault = {
    id: 'x',
    kind: 'mtu-mismatch',
    node: 'P-2',
    interface: 'p2-pe3',
    mtuBytes: 1_300,
    active: true,
  };
  const seen = await observe([narrow], 1_400);
  assert.equal(seen.forward.packetTooBigMtuBytes, 1_300);
  assert.deepEqual(seen.forwardPoints, [probeCount, probeCount, 0, 0, 0]);
  assert.deepEqual(seen.drops, { 'P-2 in-too-big-errors': probeCount });
});

test('srh-filtered: packets with the header die on the link, plain ones pass, and no counter tells', async () => {
  const seen = await observe([fault(topology, 'srh-filtered')]);
  assert.deepEqual(seen.forwardPoints, [probeCount, probeCount, probeCount, 0, 0]);
  assert.deepEqual(seen.reversePoints, all);
  assert.deepEqual(seen.drops, {});
  const destination = topology.nodes.find(({ name }) => name === 'PE-3')?.address ?? '';
  const plain = await seen.modelled
    .router('P-2')
    .run({ kind: 'ping', destination, count: 100, intervalMs: 1 }, { signal: never });
  assert.equal(plain.received, 100);
});

test('sid-missing: no-route drops rise, the SID is not installed, the locator stays routed', async () => {
  const seen = await observe([fault(topology, 'sid-missing')]);
  assert.deepEqual(seen.forwardPoints, [probeCount, probeCount, 0, 0, 0]);
  assert.deepEqual(seen.drops, { 'P-2 in-no-routes': 2 * probeCount });
  const sids = (await readings(seen.modelled, 'P-2').forwarding())['local-sid'];
  assert.deepEqual(
    sids.map((sid) => sid.behavior),
    ['End.DT6'],
  );
  const routes = await readings(seen.modelled, 'PE-1').routes();
  assert.ok(routes.some((route) => route['destination-prefix'] === 'fc00:2::/32'));
});

test('corruption: the receiving end counts an error for each packet that is missing', async () => {
  const seen = await observe([fault(topology, 'corruption')]);
  const [, , out = 0, arrived = 0] = seen.forwardPoints;
  assertRate(out - arrived, probeCount, 6);
  assert.deepEqual(seen.reversePoints, all);
  const interfaces = await readings(seen.modelled, 'PE-3').interfaces();
  // And one for each damaged echo reply of the other direction.
  assert.ok(Number(interfaces.get('pe3-p2')?.statistics['in-errors']) >= out - arrived);
});

test('duplex-mismatch: errors at the full-duplex end, late collisions at the other', async () => {
  const seen = await observe([fault(topology, 'duplex-mismatch')]);
  const [, , out = 0, arrived = 0] = seen.reversePoints;
  assertRate(out - arrived, probeCount, 7);
  const [half, full] = [
    (await readings(seen.modelled, 'P-2').interfaces()).get('p2-pe1'),
    (await readings(seen.modelled, 'PE-1').interfaces()).get('pe1-p2'),
  ];
  assert.deepEqual([half?.['confer-device:duplex'], full?.['confer-device:duplex']], ['half', 'full']);
  assert.ok(Number(half?.['confer-device:late-collisions']) >= out - arrived);
  assert.ok(Number(full?.statistics['in-errors']) >= out - arrived);
});

test('link-flap: both ends count the changes of their carrier, and packets die while it is away', async () => {
  const seen = await observe([fault(topology, 'link-flap')]);
  const changes = async (node: string, name: string) =>
    Number((await readings(seen.modelled, node).interfaces()).get(name)?.['confer-device:carrier-changes']);
  const counted = [await changes('P-2', 'p2-pe3'), await changes('PE-3', 'pe3-p2')];
  assert.ok((counted[0] ?? 0) >= 4 && counted[0] === counted[1], String(counted));
  const [, , out = 0, arrived] = seen.forwardPoints;
  assert.ok(out < probeCount && out > 0 && arrived === out, String(seen.forwardPoints));
});

test('pmtud-blackhole: an mtu-mismatch that the router counts and the sender never hears of', async () => {
  const seen = await observe([fault(topology, 'pmtud-blackhole')], 1_500);
  assert.deepEqual(seen.forwardPoints, [probeCount, probeCount, 0, 0, 0]);
  assert.deepEqual(seen.drops, { 'P-2 in-too-big-errors': probeCount });
  assert.equal(seen.forward.packetTooBigMtuBytes, undefined);
  const heard = await observe([{ ...fault(topology, 'pmtud-blackhole'), kind: 'mtu-mismatch' }], 1_500);
  assert.equal(heard.forward.packetTooBigMtuBytes, 1_400);
});

test('srv6-encap-mtu: both ends say the same, and what is larger dies in front of either', async () => {
  const one = fault(topology, 'srv6-encap-mtu');
  const fits = await observe([one], 1_300);
  assert.deepEqual([fits.forwardPoints, fits.reversePoints], [all, all]);
  const seen = await observe([one], 1_301);
  assert.deepEqual(seen.forwardPoints, [probeCount, probeCount, 0, 0, 0]);
  assert.deepEqual(seen.reversePoints, none);
  assert.deepEqual([seen.mtus['p2-pe3'], seen.mtus['pe3-p2']], [1_300, 1_300]);
  assert.deepEqual(seen.drops, { 'P-2 in-too-big-errors': probeCount });
});

test('gray-prefix: packets to one locator die on the wire, and no counter tells', async () => {
  const seen = await observe([fault(topology, 'gray-prefix')]);
  assert.deepEqual(seen.forwardPoints, [probeCount, probeCount, probeCount, 0, 0]);
  assert.deepEqual([seen.reversePoints, seen.drops], [all, {}]);
  const ping = (destination: string) =>
    seen.modelled
      .router('P-2')
      .run({ kind: 'ping', destination, count: 5, intervalMs: 1 }, { signal: never });
  assert.equal((await ping(addressOf('PE-3'))).received, 0);
  assert.equal((await ping(linkAddressOf('pe3-p2'))).received, 5);
});

test('urpf-drop: comes in, and the filter of that interface counts what is not sent back by it', async () => {
  const seen = await observe([fault(topology, 'urpf-drop')]);
  assert.deepEqual(seen.forwardPoints, [probeCount, probeCount, 0, 0, 0]);
  assert.deepEqual(seen.reversePoints, all);
  // Echo replies of PE-1 to the reverse probes are from the same address.
  const points = await readings(seen.modelled, 'P-2').accessLists();
  const filter = points.find((point) => point['interface-id'] === 'p2-pe1')?.[
    'confer-device:reverse-path-filter'
  ];
  assert.deepEqual(filter, { mode: 'strict', 'dropped-packets': String(2 * probeCount) });
  assert.deepEqual(seen.drops, { 'p2-pe1 in-discards': 2 * probeCount });
});

test('wrong-segment-order: what the head sends makes a detour, and its route tells the list', async () => {
  const seen = await observe([fault(topology, 'wrong-segment-order')]);
  assert.deepEqual([seen.forwardPoints, seen.reversePoints, seen.drops], [all, all, {}]);
  const before = (await readings(seen.modelled, 'P-2').interfaces()).get('p2-pe3')?.statistics['out-pkts'];
  const { received } = await seen.modelled
    .router('PE-1')
    .run({ kind: 'ping', destination: addressOf('PE-3'), count: 5, intervalMs: 1 }, { signal: never });
  const after = (await readings(seen.modelled, 'P-2').interfaces()).get('p2-pe3')?.statistics['out-pkts'];
  // There, back to P-2, and there again.
  assert.deepEqual([received, Number(after) - Number(before)], [5, 10]);
});

test('dscp-remark: what leaves has the mark, and the next router sees it come', async () => {
  const seen = await observe([fault(topology, 'dscp-remark')]);
  assert.deepEqual([seen.forwardPoints, seen.reversePoints, seen.drops], [all, all, {}]);
  const marked = async (node: string) => {
    const data = await seen.modelled.router(node).read(`${dataPaths.counting}=c`, never);
    const told = countingSchema.parse(data)['confer-device:counting'].marked ?? [];
    return told.filter((one) => one.in !== '0' || one.out !== '0');
  };
  assert.deepEqual(await marked('P-2'), [{ name: 'p2-pe3', in: '0', out: String(probeCount) }]);
  assert.deepEqual(await marked('PE-3'), [{ name: 'pe3-p2', in: String(probeCount), out: '0' }]);
  assert.deepEqual(await marked('PE-1'), []);
});

test('control-plane-overload: what passes gets through, what is for the router itself mostly not', async () => {
  const seen = await observe([fault(topology, 'control-plane-overload')]);
  assert.deepEqual([seen.forwardPoints, seen.reversePoints, seen.drops], [all, all, {}]);
  const { received } = await seen.modelled
    .router('PE-1')
    .run({ kind: 'ping', destination: addressOf('P-2'), count: 200, intervalMs: 10 }, { signal: never });
  assertRate(200 - received, 200, 95);
  const data = await seen.modelled.router('P-2').read(dataPaths.accessLists, never);
  const told = accessListsSchema.parse(data)['ietf-access-control-list:acls']['confer-device:control-plane'];
  assert.ok(Number(told?.['dropped-packets']) >= 200 - received);
});

test('lag-member: what hashes to it goes out and does not come in, as both ends count', async () => {
  const one = fault(topology, 'lag-member');
  const labels = Array.from({ length: 32 }, (_, index) => label + index);
  const seen = network(topology, [one]);
  const probe = srv6Ping(topology, ['PE-1', 'P-2', 'PE-3'], { count: 640, flowLabels: labels });
  await seen.router('PE-1').run(probe, { signal: never });
  const members = async (node: string, name: string) =>
    (await readings(seen, node).interfaces()).get(name)?.['confer-device:member'];
  const [dead, ...others] = (await members('P-2', 'p2-pe3')) ?? [];
  const [deaf, ...hearing] = (await members('PE-3', 'pe3-p2')) ?? [];
  assert.ok(Number(dead?.['out-pkts']) > 0);
  assert.equal(deaf?.['in-pkts'], '0');
  assert.deepEqual(
    others.map((member) => member['out-pkts']),
    hearing.map((member) => member['in-pkts']),
  );
});

test('nat-exhaustion: new flows die and are counted, old ones live', async () => {
  const seen = await observe([fault(topology, 'nat-exhaustion')]);
  assert.deepEqual(seen.forwardPoints, [probeCount, probeCount, 0, 0, 0]);
  assert.deepEqual(seen.drops, { 'p2-pe3 out-discards': probeCount });
  const pool = (await readings(seen.modelled, 'P-2').interfaces()).get('p2-pe3')?.[
    'confer-device:translation'
  ];
  assert.deepEqual([pool?.['ports-free'], pool?.['dropped-port-packets']], ['0', String(probeCount)]);
  const { received } = await seen.modelled
    .router('PE-1')
    .run({ kind: 'ping', destination: addressOf('PE-3'), count: 5, intervalMs: 1 }, { signal: never });
  assert.equal(received, 5);
});

test('rate-bottleneck: the queue drops what comes faster, and is long', async () => {
  const seen = await observe([fault(topology, 'rate-bottleneck')]);
  const [first, second, out = 0, ...rest] = seen.forwardPoints;
  assert.deepEqual([first, second], [probeCount, probeCount]);
  assert.ok(out > 0 && out < 0.6 * probeCount, String(out));
  assert.deepEqual(rest, [out, out]);
  const [queue] = seen.queues['p2-pe3'] ?? [];
  assert.equal(Number(queue?.['dropped-pkts']), seen.drops['p2-pe3 out-discards']);
  assert.ok(Number(queue?.['avg-queue-len']) > 0.5 * Number(queue?.['max-queue-len']));
});

test('rate-bottleneck: an octet that is half sent counts as one', async () => {
  const modelled = network(topology, [{ ...fault(topology, 'rate-bottleneck'), rateKbps: 33 } as Fault]);
  const probes = srv6Ping(topology, ['PE-1', 'P-2', 'PE-3'], { count: 3, sizeBytes: 200 });
  await modelled.router('PE-1').run(probes, { signal: never });
  const [, { 'openconfig-qos:output': output } = {}] =
    (await readings(modelled, 'P-2').interfaces()).entries().find(([name]) => name === 'p2-pe3') ?? [];
  assert.match(output?.queues.queue[0]?.['max-queue-len'] ?? '', /^[1-9]\d*$/);
});

test('microburst: the queue drops a share, and is empty mostly', async () => {
  const seen = await observe([fault(topology, 'microburst')]);
  assertRate(probeCount - (seen.forwardPoints[2] ?? 0), probeCount, 9);
  const [queue] = seen.queues['p2-pe3'] ?? [];
  assert.equal(Number(queue?.['dropped-pkts']), seen.drops['p2-pe3 out-discards']);
  assert.ok(Number(queue?.['avg-queue-len']) < 0.3 * Number(queue?.['max-queue-len']));
});

test('neighbour-discovery-failure: nothing goes out, and the interface says whom it looks for', async () => {
  const seen = await observe([fault(topology, 'neighbour-discovery-failure')]);
  assert.deepEqual(seen.forwardPoints, [probeCount, probeCount, 0, 0, 0]);
  assert.deepEqual(seen.reversePoints, all);
  const told = (await readings(seen.modelled, 'P-2').interfaces()).get('p2-pe3');
  assert.deepEqual(
    told?.['ietf-ip:ipv6'].neighbor?.map(({ state }) => state),
    ['incomplete'],
  );
});

test('seg6-disabled: the SID is hit and counts errors, from one side only', async () => {
  const seen = await observe([fault(topology, 'seg6-disabled')]);
  assert.deepEqual(seen.forwardPoints, [probeCount, probeCount, 0, 0, 0]);
  assert.deepEqual(seen.reversePoints, all);
  assert.deepEqual(seen.drops, { 'P-2 fc00:2::e errors': probeCount });
  const told = (await readings(seen.modelled, 'P-2').forwarding())['segment-routing'];
  assert.deepEqual(
    told?.map((one) => [one.interface, one.enabled, one['hmac-required']]),
    [
      ['p2-pe1', true, true],
      ['p2-pe3', true, false],
    ],
  );
});

test('admin-shutdown: one end admin-down, both oper-down, and no route over it', async () => {
  const seen = await observe([fault(topology, 'admin-shutdown')]);
  assert.deepEqual(seen.operational, { ...up, 'p2-pe1': 'down/down', 'pe1-p2': 'up/down' });
  assert.deepEqual(seen.forwardPoints, none);
  const routes = await readings(seen.modelled, 'P-2').routes();
  assert.ok(routes.every((route) => route['next-hop']['outgoing-interface'] !== 'p2-pe1'));
});

/** What forwarding says of an address, without the address. */
async function lookup(modelled: ReturnType<typeof network>, node: string, address: string) {
  const data = await modelled.router(node).read(`${dataPaths.lookup}=${address}`, never);
  const { address: _, ...told } = lookupSchema.parse(data)['confer-device:lookup'];
  return told;
}

async function routeTo(modelled: ReturnType<typeof network>, node: string, prefix: string) {
  const routes = await readings(modelled, node).routes();
  return routes.filter((route) => route['destination-prefix'] === prefix).map((route) => route['next-hop']);
}

const towardsTail = { 'outgoing-interface': 'p2-pe3', 'next-hop-address': '2001:db8:2:3::3' };
const towardsHead = { 'outgoing-interface': 'p2-pe1', 'next-hop-address': '2001:db8:1:2::1' };

test('locator-unreachable: the route is gone, nothing goes out, no-route drops rise, the SID is well', async () => {
  const seen = await observe([fault(topology, 'locator-unreachable')]);
  assert.deepEqual([seen.forwardPoints, seen.reversePoints], [none, all]);
  assert.equal(seen.drops['PE-1 out-no-routes'], probeCount);
  assert.deepEqual(await routeTo(seen.modelled, 'PE-1', 'fc00:2::/32'), []);
  assert.deepEqual(await lookup(seen.modelled, 'PE-1', 'fc00:2::e'), { 'next-hop': [] });
  assert.equal((await readings(seen.modelled, 'P-2').forwarding())['local-sid'].length, 2);
});

test('static-blackhole: discards without a count; a more specific one leaves the rest of the locator', async () => {
  const seen = await observe([fault(topology, 'static-blackhole')]);
  assert.deepEqual(seen.forwardPoints, [probeCount, probeCount, 0, 0, 0]);
  assert.deepEqual([seen.reversePoints, seen.drops], [all, {}]);
  const discards = [{ 'special-next-hop': 'blackhole' }];
  assert.deepEqual(await routeTo(seen.modelled, 'P-2', 'fc00:3::d/128'), discards);
  assert.deepEqual(await lookup(seen.modelled, 'P-2', 'fc00:3::d'), {
    'destination-prefix': 'fc00:3::d/128',
    'next-hop': discards,
  });
  assert.deepEqual(await routeTo(seen.modelled, 'P-2', 'fc00:3::/32'), [towardsTail]);
  const { sid: _, ...whole } = fault(topology, 'static-blackhole');
  const replaced = await observe([whole]);
  assert.deepEqual(replaced.forwardPoints, seen.forwardPoints);
  assert.deepEqual(await routeTo(replaced.modelled, 'P-2', 'fc00:3::/32'), discards);
});

test('rib-fib-mismatch: the route stays as it is, and forwarding does something else', async () => {
  const nowhere = fault(topology, 'rib-fib-mismatch');
  const seen = await observe([nowhere]);
  assert.deepEqual(seen.forwardPoints, [probeCount, probeCount, 0, 0, 0]);
  assert.deepEqual(await routeTo(seen.modelled, 'P-2', 'fc00:3::/32'), [towardsTail]);
  assert.deepEqual((await lookup(seen.modelled, 'P-2', 'fc00:3::d'))['next-hop'], [
    { 'special-next-hop': 'unreachable' },
  ]);
  const back = await observe([{ ...nowhere, interface: 'p2-pe1' }]);
  assert.deepEqual(back.forwardPoints.slice(2), [0, 0, 0]);
  assert.deepEqual(await routeTo(back.modelled, 'P-2', 'fc00:3::/32'), [towardsTail]);
  assert.deepEqual((await lookup(back.modelled, 'P-2', 'fc00:3::d'))['next-hop'], [towardsHead]);
});

test('forwarding-loop: counters multiply until the hop limit is spent, and somebody counts that', async () => {
  const seen = await observe([fault(topology, 'forwarding-loop')]);
  const [out = 0, arrived = 0, ...behind] = seen.forwardPoints;
  assert.ok(out > 20 * probeCount && arrived === out, `${out} out`);
  assert.deepEqual([behind, seen.reversePoints], [[0, 0, 0], all]);
  const expired = (seen.drops['PE-1 in-header-errors'] ?? 0) + (seen.drops['P-2 in-header-errors'] ?? 0);
  // Echo replies towards PE-3's loopback go round as well.
  assert.ok(expired >= probeCount, `${expired} expired`);
  assert.deepEqual(await routeTo(seen.modelled, 'P-2', 'fc00:3::/32'), [towardsHead]);
});

test('sid-wrong-behaviour: too early decapsulation and the wrong table let packets die', async () => {
  const table = await observe([fault(topology, 'sid-wrong-behaviour')]);
  assert.deepEqual(table.forwardPoints, [probeCount, probeCount, probeCount, probeCount, 0]);
  const [, wrong] = (await readings(table.modelled, 'PE-3').forwarding())['local-sid'];
  assert.deepEqual([wrong?.behavior, wrong?.['delivers-locally'], wrong?.errors], ['End.DT6', false, '0']);
  const early = { id: 'x', kind: 'sid-wrong-behaviour', node: 'P-2', sid: 'end', active: true } as const;
  const action = await observe([early]);
  assert.deepEqual(action.forwardPoints, [probeCount, probeCount, 0, 0, 0]);
  assert.equal(action.drops['P-2 fc00:2::e errors'], 2 * probeCount);
  // Out of one interface: that of the reverse direction is right for it, and a detour for the other.
  const detour = await observe([{ ...early, interface: 'p2-pe1' }]);
  assert.deepEqual(detour.forwardPoints, [
    2 * probeCount,
    2 * probeCount,
    probeCount,
    probeCount,
    probeCount,
  ]);
  assert.deepEqual([detour.reversePoints, detour.drops], [all, {}]);
});

test('link-down: both ends admin-up and oper-down', async () => {
  const seen = await observe([fault(topology, 'link-down')]);
  assert.deepEqual(seen.operational, { ...up, 'p2-pe3': 'up/down', 'pe3-p2': 'up/down' });
  assert.deepEqual(seen.forwardPoints, [probeCount, probeCount, 0, 0, 0]);
  assert.deepEqual(seen.drops, { 'p2-pe3 out-discards': probeCount, 'pe3-p2 out-discards': probeCount });
});

test('node-crash: the neighbours lose it, its driver is dead', async () => {
  const seen = await observe([fault(topology, 'node-crash')]);
  assert.deepEqual(seen.operational, { 'pe1-p2': 'up/down', 'pe3-p2': 'up/down' });
  assert.deepEqual([seen.forward.received, seen.reverse.received], [0, 0]);
  await assert.rejects(seen.modelled.router('P-2').facts(), { code: 'device-failure' });
});

test('a fault in a place that does not exist is refused', () => {
  const modelled = network(topology);
  const place = { id: 'x', kind: 'silent-loss', lossPercent: 5, active: true } as const;
  assert.throws(() => modelled.inject({ ...place, node: 'PE-9', interface: 'pe1-p2' }), {
    code: 'bad-input',
  });
  assert.throws(() => modelled.inject({ ...place, node: 'PE-1', interface: 'p2-pe1' }), {
    code: 'bad-input',
  });
  assert.throws(() => modelled.inject({ ...place, node: 'PE-1' }), { code: 'bad-input' });
});

test('what is repaired is whole again, for every kind that can be repaired', async () => {
  for (const kind of dataKinds.filter((one) => !killsAgent(one) && one !== 'healthy')) {
    const injected = fault(topology, kind);
    const modelled = network(topology, [injected]);
    modelled.repair(injected);
    const { received } = await modelled
      .router('PE-1')
      .run(srv6Ping(topology, ['PE-1', 'P-2', 'PE-3'], { count: 500, sizeBytes: 1500 }), { signal: never });
    assert.equal(received, 500, kind);
    const accessLists = await readings(modelled, 'P-2').accessLists();
    assert.ok(
      accessLists.every((point) => (point.ingress ?? point.egress) === undefined),
      kind,
    );
    for (const node of ['PE-1', 'P-2', 'PE-3']) {
      const whole = readings(network(topology), node);
      assert.deepEqual(await readings(modelled, node).routes(), await whole.routes(), kind);
      const sids = async (told: typeof whole) =>
        (await told.forwarding())['local-sid'].map(({ packets: _, ...sid }) => sid);
      assert.deepEqual(await sids(readings(modelled, node)), await sids(whole), kind);
    }
    for (const [name, one] of await readings(modelled, 'P-2').interfaces())
      assert.deepEqual([one['oper-status'], one['ietf-ip:ipv6'].mtu], ['up', 1500], `${kind} ${name}`);
  }
});

test('a repair leaves the other faults in force; the dead stay dead', async () => {
  const silent: Fault = { ...fault(topology, 'silent-loss'), lossPercent: 40 };
  const modelled = network(topology, [silent, { ...silent, lossPercent: 20 }]);
  modelled.repair(silent);
  assert.throws(() => modelled.repair(silent), { code: 'bad-input', message: /not in force/ });
  const [head, tail] =
    silent.node === 'PE-1' || silent.interface === 'p2-pe3' ? ['PE-1', 'PE-3'] : ['PE-3', 'PE-1'];
  const { received } = await modelled
    .router(head)
    .run(srv6Ping(topology, [head, 'P-2', tail], { count: probeCount }), { signal: never });
  assertRate(probeCount - received, probeCount, 20);
  for (const kind of ['agent-only', 'node-crash'] as const) {
    const dead = fault(topology, kind);
    modelled.inject(dead);
    assert.throws(() => modelled.repair(dead), { code: 'bad-input', message: /stays so/ });
  }
});

test('of two access lists of one name, the one that is repaired goes', async () => {
  const strict: Fault = { ...fault(topology, 'egress-acl'), lossPercent: 50 };
  const lax: Fault = { ...strict, lossPercent: 10 };
  const modelled = network(topology, [strict, lax]);
  modelled.repair(strict);
  const { received } = await modelled
    .router('PE-1')
    .run(srv6Ping(topology, ['PE-1', 'P-2', 'PE-3'], { count: probeCount }), { signal: never });
  assertRate(probeCount - received, probeCount, 10);
});
