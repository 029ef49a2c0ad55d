/** The modelled network without faults: paths, timing, packets, statistics. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { dataPaths, deviceSchema } from '../../../src/core/device-data.ts';
import { limits } from '../../../src/core/limits.ts';
import type { Change } from '../../../src/core/ports.ts';
import { counts, label, network, never, readings, shipped, srv6Ping, virtualClock } from './world.ts';

const small = shipped('pe1-p2-pe3');
const count = (change: Partial<Change> = {}): Change => ({
  kind: 'count',
  id: 'c',
  flowLabels: [label],
  capturePacketsMax: 4,
  ...change,
});

test('a train takes its real time, reports progress and can be cancelled', async () => {
  const clock = virtualClock();
  const modelled = network(small, [], { clock });
  const fractions: number[] = [];
  const result = await modelled
    .router('PE-1')
    .run(srv6Ping(small, ['PE-1', 'P-2', 'PE-3'], { count: 100, intervalMs: 10 }), {
      signal: never,
      onProgress: ({ fraction }) => fractions.push(fraction),
    });
  assert.deepEqual([result.sent, result.received], [100, 100]);
  assert.ok(clock.elapsed() >= 990 && clock.elapsed() < 1_100, `${clock.elapsed()} ms`);
  assert.ok(fractions.length >= 15 && fractions.length <= 25, `${fractions.length} progress reports`);
  assert.deepEqual(
    fractions,
    fractions.toSorted((one, other) => one - other),
  );
  const cancelled = AbortSignal.abort(new Error('enough'));
  await assert.rejects(
    modelled.router('PE-1').run(srv6Ping(small, ['PE-1', 'PE-3']), { signal: cancelled }),
    /enough/,
  );
});

test('every flow label of a fabric takes one way, and all four ways are taken', async () => {
  const fabric = shipped('fabric-20');
  const modelled = network(fabric);
  const labels = Array.from({ length: 64 }, (_, index) => index + 1);
  const spines = ['spine-1', 'spine-2', 'spine-3', 'spine-4'];
  for (const spine of spines) await modelled.router(spine).apply(count({ flowLabels: labels }));
  for (const flowLabel of labels) {
    await modelled
      .router('leaf-11')
      .run(srv6Ping(fabric, ['leaf-11', 'leaf-31'], { count: 5, flowLabels: [flowLabel] }), {
        signal: never,
      });
  }
  const ways = new Map<string, number>();
  for (const flowLabel of labels) {
    const taken: string[] = [];
    for (const spine of spines) {
      const { in: entered } = await counts(modelled, spine, 'c', flowLabel);
      const packets = Object.values(entered).reduce((sum, one) => sum + one, 0);
      if (packets > 0) taken.push(spine);
      assert.ok(packets === 0 || packets === 5);
    }
    assert.equal(taken.length, 1);
    ways.set(taken[0] ?? '', (ways.get(taken[0] ?? '') ?? 0) + 1);
  }
  assert.deepEqual([...ways.keys()].toSorted(), spines);
});

test('End counts and goes on, End.DT6 delivers to the router itself', async () => {
  const modelled = network(small);
  await modelled
    .router('PE-1')
    .run(srv6Ping(small, ['PE-1', 'P-2', 'PE-3'], { count: 7 }), { signal: never });
  const sids = async (node: string) =>
    (await readings(modelled, node).forwarding())['local-sid'].map((sid) => [
      sid.behavior,
      sid.packets,
      sid.errors,
    ]);
  assert.deepEqual(await sids('P-2'), [
    ['End', '7', '0'],
    ['End.DT6', '0', '0'],
  ]);
  assert.deepEqual(await sids('PE-3'), [
    ['End', '0', '0'],
    ['End.DT6', '7', '0'],
  ]);
  // Requests with 14 octets of Ethernet, replies without the outer headers: 256 - 40 - 40.
  const port = (await readings(modelled, 'P-2').interfaces()).get('p2-pe1')?.statistics;
  assert.deepEqual([port?.['in-octets'], port?.['out-octets']], [String(7 * 270), String(7 * 190)]);
});

test('a plain ping and a traceroute', async () => {
  const line = shipped('line-12');
  const modelled = network(line);
  const ping = await modelled
    .router('PE-1')
    .run({ kind: 'ping', destination: 'fc00:13::1', count: 3, intervalMs: 1 }, { signal: never });
  assert.deepEqual([ping.sent, ping.received], [3, 3]);
  const { hops = [] } = await modelled
    .router('PE-1')
    .run({ kind: 'traceroute', destination: 'FC00:13:0::1', hopsMax: 30 }, { signal: never });
  assert.deepEqual(hops.slice(0, 2), ['2001:db8:1:2::2', '2001:db8:2:3::3']);
  assert.deepEqual([hops.length, hops.at(-1)], [12, 'fc00:13::1']);
  const lost = await modelled
    .router('PE-1')
    .run({ kind: 'traceroute', destination: '2001:db8:ffff::1', hopsMax: 3 }, { signal: never });
  assert.deepEqual(lost.hops, [null, null, null]);
});

test('what a router cannot do is refused with a reason', async () => {
  const modelled = network(small);
  const router = modelled.router('PE-1');
  const run = (probe: Parameters<typeof router.run>[0]) => router.run(probe, { signal: never });
  await assert.rejects(run(srv6Ping(small, ['PE-1', 'P-2', 'PE-3'], { sizeBytes: 120 })), {
    code: 'bad-input',
  });
  await assert.rejects(run(srv6Ping(small, ['PE-1', 'P-2'], { segments: [] })), { code: 'bad-input' });
  await assert.rejects(
    run({ kind: 'ping', destination: 'fc00:3::1', count: 1, intervalMs: 1, source: 'fc00:2::1' }),
    { code: 'bad-input' },
  );
  await assert.rejects(router.read('/ietf-system:system', never), { code: 'not-found' });
  await router.apply(count());
  await assert.rejects(router.apply(count()), { code: 'bad-input' });
  for (let index = 1; index < limits.countingSessionsMax; index++)
    await router.apply(count({ id: `c${index}` }));
  await assert.rejects(router.apply(count({ id: 'more' })), { code: 'overloaded' });
  const facts = deviceSchema.parse(await router.read(dataPaths.device, never))['confer-device:device'];
  assert.deepEqual(facts, await router.facts());
});

test('background loss is within its binomial bounds and touches every link', async () => {
  const modelled = network({ ...small, backgroundLossPercent: 1 });
  const probes = 20_000;
  const { received } = await modelled
    .router('PE-1')
    .run(srv6Ping(small, ['PE-1', 'P-2', 'PE-3'], { count: probes }), { signal: never });
  const expected = probes * 0.99 ** 4;
  const deviation = Math.sqrt(probes * 0.99 ** 4 * (1 - 0.99 ** 4));
  assert.ok(Math.abs(received - expected) < 4 * deviation, `${received}, expected ${expected}`);
});

test('frames cross healthy links as they are, and a dead direction not at all', async () => {
  const modelled = network(small);
  const heard: string[] = [];
  for (const node of ['PE-1', 'P-2', 'PE-3']) {
    modelled
      .framePort(node)
      .onFrame((name, frame) => heard.push(`${node} ${name} ${Buffer.from(frame).toString('hex')}`));
  }
  const settle = () => new Promise((resolve) => setImmediate(resolve));
  modelled.framePort('PE-1').send('pe1-p2', Uint8Array.of(0xaa));
  modelled.framePort('PE-1').send('nothing', Uint8Array.of(0xaa));
  modelled.framePort('PE-1').send('pe1-p2', new Uint8Array(2_000));
  await settle();
  assert.deepEqual(heard.splice(0), ['P-2 p2-pe1 aa']);
  modelled.inject({ id: 'x', kind: 'unidirectional-link', node: 'PE-1', interface: 'pe1-p2', active: true });
  modelled.framePort('PE-1').send('pe1-p2', Uint8Array.of(0xbb));
  modelled.framePort('P-2').send('p2-pe1', Uint8Array.of(0xcc));
  await settle();
  assert.deepEqual(heard, ['PE-1 pe1-p2 cc']);
});

const hasTshark = spawnSync('tshark', ['-v']).status === 0;

test('the packet file is what tshark calls SRv6, checksums included', {
  skip: hasTshark ? false : 'tshark is not installed',
}, async () => {
  const modelled = network(small);
  await modelled.router('P-2').apply(count());
  await modelled
    .router('PE-1')
    .run(srv6Ping(small, ['PE-1', 'P-2', 'PE-3'], { count: 3, dscp: 46 }), { signal: never });
  const { capture = '' } = await readings(modelled, 'P-2').counting('c');
  const directory = mkdtempSync(join(tmpdir(), 'confer-pcap-'));
  try {
    const file = join(directory, 'p2.pcap');
    writeFileSync(file, Buffer.from(capture, 'base64'));
    const fields = [
      'frame.protocols',
      'ipv6.src',
      'ipv6.dst',
      'ipv6.flow',
      'ipv6.tclass.dscp',
      'ipv6.routing.segleft',
      'ipv6.routing.srh.addr',
      'icmpv6.type',
      'icmpv6.checksum.status',
      'frame.len',
    ];
    const columns = fields.flatMap((field) => ['-e', field]);
    const output = spawnSync('tshark', ['-n', '-r', file, '-T', 'fields', '-E', 'separator=;', ...columns], {
      encoding: 'utf8',
    });
    assert.equal(output.status, 0, output.stderr);
    const rows = output.stdout
      .trim()
      .split('\n')
      .map((line) => line.split(';'));
    assert.equal(rows.length, 4);
    const [entering, leaving] = rows;
    assert.match(entering?.[0] ?? '', /^eth:ethertype:ipv6:ipv6\.routing:ipv6:icmpv6/);
    assert.equal(entering?.[1], 'fc00:1::1,fc00:1::1');
    assert.equal(entering?.[2], 'fc00:2::e,fc00:3::1');
    assert.equal(leaving?.[2], 'fc00:3::d,fc00:3::1');
    assert.match(entering?.[3] ?? '', /^0x0*abcde,0x0*abcde$/);
    assert.equal(entering?.[4], '46,46');
    assert.deepEqual([entering?.[5], leaving?.[5]], ['1', '0']);
    assert.equal(entering?.[6], 'fc00:3::d,fc00:2::e');
    assert.deepEqual([entering?.[7], entering?.[8], entering?.[9]], ['128', '1', '270']);
    const complaints = spawnSync(
      'tshark',
      ['-n', '-r', file, '-Y', '_ws.malformed || _ws.expert.severity >= 0x600000'],
      { encoding: 'utf8' },
    );
    assert.equal(complaints.stdout, '');
  } finally {
    rmSync(directory, { recursive: true });
  }
});
