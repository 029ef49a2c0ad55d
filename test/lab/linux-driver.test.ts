/** The Linux driver in three real routers: PE-1 [pe1-p2]=[p2-pe1] P-2 [p2-pe3]=[pe3-p2] PE-3. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import {
  accessListsSchema,
  countingSchema,
  dataPaths,
  deviceSchema,
  forwardingSchema,
  interfacesSchema,
  routingSchema,
} from '../../src/core/device-data.ts';
import type { Srv6PingProbe } from '../../src/core/ports.ts';
import { threeRouters } from '../support/three-routers.ts';
import { type Lab, openLab, type Router, skipReason } from './lab.ts';

const forward: Srv6PingProbe = {
  kind: 'srv6-ping',
  destination: 'fc00:3::1',
  segments: ['fc00:2::e', 'fc00:3::d'],
  count: 500,
  intervalMs: 1,
  sizeBytes: 200,
  flowLabels: [0xabcde],
  dscp: 10,
};
const reverse: Srv6PingProbe = {
  ...forward,
  destination: 'fc00:1::1',
  segments: ['fc00:2::e', 'fc00:1::d'],
  flowLabels: [0x12345],
};

describe('linux driver', { skip: skipReason(), timeout: 200_000 }, () => {
  let lab: Lab;
  let head: Router;
  let transit: Router;
  let tail: Router;
  before(async () => {
    lab = await openLab(threeRouters());
    [head, transit, tail] = [lab.router('PE-1'), lab.router('P-2'), lab.router('PE-3')];
  });
  after(() => lab?.[Symbol.asyncDispose]());

  /** Input: 500 probes each way, 1 ms apart. Output: every hop counts all of them, in the direction they went. */
  test('counts every probe at every hop, both directions', async () => {
    const routers = [head, transit, tail];
    for (const router of routers) await startCounting(router, 'healthy', [0xabcde, 0x12345]);
    const [there, back] = await Promise.all([head.probe(forward), tail.probe(reverse)]);
    assert.deepEqual([there.sent, there.received], [500, 500]);
    assert.deepEqual([back.sent, back.received], [500, 500]);
    assert.ok(there.tookMs >= 499 && there.tookMs < 1_500, `500 probes at 1 ms took ${there.tookMs} ms`);
    assert.equal(there.fractions.at(-1), 1);
    assert.deepEqual(
      there.fractions,
      there.fractions.toSorted((a, b) => a - b),
    );
    assert.ok(there.rttMs !== undefined && there.rttMs.min <= there.rttMs.average);

    assert.deepEqual(await counts(head, 'healthy', 0xabcde), { 'pe1-p2': [0, 500], delivered: 0 });
    assert.deepEqual(await counts(transit, 'healthy', 0xabcde), {
      'p2-pe1': [500, 0],
      'p2-pe3': [0, 500],
      delivered: 0,
    });
    assert.deepEqual(await counts(tail, 'healthy', 0xabcde), { 'pe3-p2': [500, 0], delivered: 500 });
    assert.deepEqual(await counts(transit, 'healthy', 0x12345), {
      'p2-pe1': [0, 500],
      'p2-pe3': [500, 0],
      delivered: 0,
    });
    assert.deepEqual(await counts(head, 'healthy', 0x12345), { 'pe1-p2': [500, 0], delivered: 500 });
    for (const router of routers) await router.ask({ do: 'undo', id: 'healthy' });
  });

  test('captures what tshark reads as SRv6, both flows', async () => {
    await startCounting(transit, 'capture', [0xabcde, 0x12345], 8);
    await Promise.all([head.probe({ ...forward, count: 20 }), tail.probe({ ...reverse, count: 20 })]);
    const { capture } = countingSchema.parse(await read(transit, `${dataPaths.counting}=capture`))[
      'confer-device:counting'
    ];
    const directory = mkdtempSync(join(tmpdir(), 'confer-test-'));
    try {
      const file = join(directory, 'p-2.pcap');
      writeFileSync(file, Buffer.from(capture ?? '', 'base64'));
      const fields = [
        'ipv6.flow',
        'ipv6.dst',
        'ipv6.routing.segleft',
        'icmpv6.type',
        'ipv6.tclass.dscp',
        'frame.len',
      ];
      const lines = execFileSync(
        'tshark',
        ['-r', file, '-T', 'fields', ...fields.flatMap((f) => ['-e', f])],
        {
          encoding: 'utf8',
          stdio: ['ignore', 'pipe', 'ignore'],
        },
      );
      const packets = lines.trimEnd().split('\n');
      assert.equal(packets.length, 8);
      const flowLabels = packets.map((packet) => Number.parseInt(packet, 16));
      assert.deepEqual(
        [0xabcde, 0x12345].map((label) => flowLabels.filter((other) => other === label).length),
        [4, 4],
      );
      // In with one SID left, out with none; 20 octets of SLL2 header before a packet of 200.
      assert.ok(packets.includes('0x0abcde,0x0abcde\tfc00:2::e,fc00:3::1\t1\t128\t10,10\t220'), lines);
      assert.ok(packets.includes('0x0abcde,0x0abcde\tfc00:3::d,fc00:3::1\t0\t128\t10,10\t220'), lines);
    } finally {
      rmSync(directory, { recursive: true });
      await transit.ask({ do: 'undo', id: 'capture' });
    }
  });

  test('says of itself what the schemas want', async () => {
    const { interface: interfaces } = interfacesSchema.parse(await read(transit, dataPaths.interfaces))[
      'ietf-interfaces:interfaces'
    ];
    assert.deepEqual(
      interfaces.map(({ name }) => name),
      ['p2-pe1', 'p2-pe3'],
      'the management interface is not of the tested network',
    );
    for (const each of interfaces) {
      assert.equal(each['oper-status'], 'up');
      assert.equal(each['ietf-ip:ipv6'].mtu, 1500);
      assert.ok(each['ietf-ip:ipv6'].address.some(({ ip }) => ip.startsWith('2001:db8:')));
    }
    const forwarding = forwardingSchema.parse(await read(transit, dataPaths.forwarding));
    assert.deepEqual(
      forwarding['confer-device:forwarding']['local-sid'].map(({ sid, behavior }) => [sid, behavior]),
      [
        ['fc00:2::d', 'End.DT6'],
        ['fc00:2::e', 'End'],
      ],
    );
    const { rib } = routingSchema.parse(await read(head, dataPaths.routing))['ietf-routing:routing'].ribs;
    const toTail = rib[0]?.routes.route.filter((route) => route['destination-prefix'] === 'fc00:3::/32');
    assert.deepEqual(toTail, [
      {
        'destination-prefix': 'fc00:3::/32',
        'next-hop': { 'outgoing-interface': 'pe1-p2', 'next-hop-address': '2001:db8:1:2::2' },
      },
    ]);
    accessListsSchema.parse(await read(head, dataPaths.accessLists));
    assert.equal(deviceSchema.parse(await read(head, dataPaths.device))['confer-device:device'].node, 'PE-1');
    await assert.rejects(read(head, '/no:such'), { code: 'not-found' });
    await assert.rejects(read(head, `${dataPaths.counting}=none`), { code: 'not-found' });
  });

  test('pings and traces without SRv6', async () => {
    const ping = await head.probe({ kind: 'ping', destination: 'fc00:3::1', count: 10, intervalMs: 2 });
    assert.deepEqual([ping.sent, ping.received], [10, 10]);
    const trace = await head.probe({ kind: 'traceroute', destination: 'fc00:3::1', hopsMax: 8 });
    assert.deepEqual(trace.hops, ['fc00:2::1', 'fc00:3::1']);
  });

  test('reports a packet that is too big, whoever says so, and sends all of them', async () => {
    transit.shell('ip', 'link', 'set', 'dev', 'p2-pe3', 'mtu', '1400');
    try {
      await startCounting(head, 'big', [0xabcde]);
      const heard = await head.probe({ ...forward, count: 20, sizeBytes: 1500 });
      assert.deepEqual([heard.received, heard.packetTooBigMtuBytes], [0, 1400]);
      assert.deepEqual(await counts(head, 'big', 0xabcde), { 'pe1-p2': [0, 20], delivered: 0 });
      const own = await transit.probe({ ...forward, segments: ['fc00:3::d'], count: 5, sizeBytes: 1500 });
      assert.deepEqual([own.sent, own.received, own.packetTooBigMtuBytes], [5, 0, 1400]);
      assert.equal((await head.probe({ ...forward, count: 20, sizeBytes: 1400 })).received, 20);
    } finally {
      transit.shell('ip', 'link', 'set', 'dev', 'p2-pe3', 'mtu', '1500');
      await head.ask({ do: 'undo', id: 'big' });
    }
  });

  test('refuses what cannot be sent or counted, and says why', async () => {
    const cases: [Partial<Srv6PingProbe>, RegExp][] = [
      [{ sizeBytes: 100 }, /from 128 octets \(with 2 SIDs\)/],
      [{ segments: [] }, /at least one SID/],
      [{ destination: 'PE-3' }, /IPv6 address/],
      [{ destination: 'fe80::1' }, /IPv6 address that is routed/],
      [{ flowLabels: [0x100000] }, /20 bits/],
      [{ count: 0 }, /1 to 100000 probes/],
      [{ intervalMs: 0.1 }, /from 1 to 10000 ms/],
    ];
    for (const [change, message] of cases) {
      await assert.rejects(head.probe({ ...forward, ...change }), { code: 'bad-input', message });
    }
    await assert.rejects(startCounting(head, 'No!', [1]), { code: 'bad-input' });
    await assert.rejects(startCounting(head, 'x', [0]), { code: 'bad-input' });
    await startCounting(head, 'twice', [1]);
    await assert.rejects(startCounting(head, 'twice', [1]), { code: 'bad-input' });
    await head.ask({ do: 'undo', id: 'twice' });
    await head.ask({ do: 'undo', id: 'twice' });
  });

  test('stops on abort within a few milliseconds', async () => {
    const started = performance.now();
    const probe = { ...forward, count: 10_000, intervalMs: 10 };
    await assert.rejects(head.ask({ do: 'abort-run', probe, afterMs: 100 }), /aborted by the test/);
    assert.ok(performance.now() - started < 1_000);
    assert.equal(rawSockets(head), 0);
  });

  test('counts 128 flows on every interface, and leaves the ruleset as it was', async () => {
    const before = transit.shell('nft', 'list', 'ruleset');
    const labels = Array.from({ length: 128 }, (_, index) => index + 1);
    await startCounting(transit, 'many', labels);
    await head.probe({ ...forward, count: 10, flowLabels: [128] });
    assert.deepEqual(await counts(transit, 'many', 128), {
      'p2-pe1': [10, 0],
      'p2-pe3': [0, 10],
      delivered: 0,
    });
    assert.deepEqual(await counts(transit, 'many', 127), {
      'p2-pe1': [0, 0],
      'p2-pe3': [0, 0],
      delivered: 0,
    });
    await transit.ask({ do: 'undo', id: 'many' });
    assert.equal(transit.shell('nft', 'list', 'ruleset'), before);
  });
});

describe('linux driver that crashes', { skip: skipReason(), timeout: 200_000 }, () => {
  /** Input: kill -9 while counting and probing. Output: the next start removes the tables, and nothing else. */
  test('is cleaned up after by the next start', async () => {
    await using lab = await openLab(threeRouters());
    const router = lab.router('PE-1');
    router.shell('nft', 'add', 'table', 'inet', 'customer');
    await startCounting(router, 'crash', [0xabcde], 4);
    const probing = router.probe({ ...forward, count: 10_000 });
    setTimeout(() => router.kill(), 100);
    await assert.rejects(probing, /ended/);
    assert.match(router.shell('nft', 'list', 'tables'), /confer_crash/);
    assert.equal(rawSockets(router), 0, 'the kernel closes the sockets of the dead');

    const next = lab.restart('PE-1');
    assert.deepEqual(await next.ask({ do: 'remove-leftovers' }), [
      'netdev confer_crash',
      'inet confer_crash',
    ]);
    assert.equal(next.shell('nft', 'list', 'tables').trim(), 'table inet customer');
    assert.match(
      next.shell('ip', '-6', 'rule'),
      /^0:\s+from all lookup local\s+32766:\s+from all lookup main\s*$/,
    );
  });
});

describe('linux driver without root', { skip: skipReason(), timeout: 200_000 }, () => {
  test('needs CAP_NET_ADMIN and CAP_NET_RAW alone', async () => {
    await using lab = await openLab(threeRouters());
    const plain = lab.restart('PE-3', { capabilities: ['net_admin', 'net_raw'] });
    await startCounting(plain, 'plain', [0xabcde], 2);
    assert.equal((await lab.router('PE-1').probe({ ...forward, count: 20 })).received, 20);
    assert.deepEqual(await counts(plain, 'plain', 0xabcde), { 'pe3-p2': [20, 0], delivered: 20 });
    assert.equal((await plain.probe({ ...reverse, count: 20 })).received, 20);
    accessListsSchema.parse(await read(plain, dataPaths.accessLists));
    forwardingSchema.parse(await read(plain, dataPaths.forwarding));
    await plain.ask({ do: 'undo', id: 'plain' });
    assert.equal(plain.shell('nft', 'list', 'ruleset'), '');

    const bare = lab.restart('PE-3', { capabilities: [] });
    await assert.rejects(bare.probe(reverse), { code: 'device-failure', message: /CAP_NET_RAW/ });
    await assert.rejects(startCounting(bare, 'bare', [1], 0), {
      code: 'device-failure',
      message: /CAP_NET_ADMIN/,
    });
  });
});

function startCounting(
  router: Router,
  id: string,
  flowLabels: number[],
  capturePacketsMax = 0,
): Promise<unknown> {
  return router.ask({ do: 'apply', id, flowLabels, capturePacketsMax });
}

function read(router: Router, path: string): Promise<unknown> {
  return router.ask({ do: 'read', path });
}

/** [in, out] of each interface, and what was delivered. */
async function counts(router: Router, id: string, flowLabel: number): Promise<Record<string, unknown>> {
  const counting = countingSchema.parse(await read(router, `${dataPaths.counting}=${id}`))[
    'confer-device:counting'
  ];
  const flow = counting.flow.find((each) => each['flow-label'] === flowLabel);
  assert.ok(flow !== undefined);
  return {
    ...Object.fromEntries(flow.interface.map((each) => [each.name, [Number(each.in), Number(each.out)]])),
    delivered: Number(flow.delivered),
  };
}

/** Raw and packet sockets that are open in the router's namespace. */
function rawSockets(router: Router): number {
  const lines = router.shell('sh', '-c', 'tail -n +2 /proc/self/net/raw6; tail -n +2 /proc/self/net/packet');
  return lines.split('\n').filter((line) => line.trim() !== '').length;
}
