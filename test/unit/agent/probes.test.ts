/** Input: tool arguments as peers send them. Output: the probe that the router runs, and the result in the draft's shape. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { JsonValue } from '../../../crypto/canonical.ts';
import type { Beacon, Heard } from '../../../discovery/beacon.ts';
import { ping, srv6Ping, traceroute } from '../../../src/agent/probes.ts';
import { ConferError } from '../../../src/core/errors.ts';
import { limits } from '../../../src/core/limits.ts';
import type { DeviceDriver, Probe, ProbeResult } from '../../../src/core/ports.ts';
import { createSeededRandom } from '../../../src/sim/seeded-random.ts';

const { signal } = new AbortController();

const heardNodes = [
  ['P-2', 'fc00:2::1', 'fc00:2::e', 'fc00:2::d'],
  ['PE-3', 'fc00:3::1', 'fc00:3::e', 'fc00:3::d'],
].map(([node, address, end, decapsulate]) => ({
  node,
  linkState: {
    addresses: [address],
    sids: [
      { sid: end, behavior: 'End' },
      { sid: decapsulate, behavior: 'End.DT6' },
    ],
  },
}));

/** PE-1, which hears P-2 and PE-3; what it runs is kept. */
function router(result: ProbeResult = { sent: 1_000, received: 968 }) {
  const probes: Probe[] = [];
  const device: DeviceDriver = {
    facts: () => assert.fail(),
    read: () => assert.fail(),
    apply: () => assert.fail(),
    run: async (probe) => {
      probes.push(probe);
      return result;
    },
  };
  const heard = () => ({ nodes: heardNodes, neighbours: [] }) as unknown as Heard;
  const beacon = { heard } as unknown as Beacon;
  return { probes, ports: { node: 'PE-1', device, beacon, random: createSeededRandom(1) } };
}

function refusedAs(code: string, pattern: RegExp) {
  return (error: unknown) =>
    error instanceof ConferError && error.code === code && pattern.test(error.message);
}

describe('ping [T9] [T40]', () => {
  it('needs a destination; the count is 5 unless told, the source is the router’s choice', async () => {
    const { probes, ports } = router();
    await ping({ destination: 'fc00:3::1' }, ports, { signal });
    await ping({ destination: 'fc00:3::1', count: 7, source: 'fc00:1::1' }, ports, { signal });
    assert.deepEqual(probes, [
      { kind: 'ping', destination: 'fc00:3::1', count: 5, intervalMs: 100 },
      { kind: 'ping', destination: 'fc00:3::1', count: 7, intervalMs: 100, source: 'fc00:1::1' },
    ]);
    await assert.rejects(
      ping({}, ports, { signal }),
      refusedAs('bad-input', /^ping: destination: expected text, which is missing\.$/),
    );
  });

  it('answers with loss in percent and the round trip as min, avg, max', async () => {
    const { ports } = router({
      sent: 1_000,
      received: 968,
      rttMs: { min: 1, average: 2, max: 3, median: 2, p99: 3 },
    });
    const { loss, rtt } = await ping({ destination: 'fc00:3::1' }, ports, { signal });
    assert.deepEqual({ loss, rtt }, { loss: 3.2, rtt: { min: 1, avg: 2, max: 3, median: 2, p99: 3 } });
  });

  it('has no round trip when nothing came back, and no negative loss when a reply came twice', async () => {
    const lost = await ping({ destination: 'fc00:3::1' }, router({ sent: 5, received: 0 }).ports, { signal });
    assert.deepEqual(lost, { loss: 100, sent: 5, received: 0 });
    const twice = await ping({ destination: 'fc00:3::1' }, router({ sent: 5, received: 6 }).ports, {
      signal,
    });
    assert.equal(twice.loss, 0);
    const none = await ping({ destination: 'fc00:3::1' }, router({ sent: 0, received: 0 }).ports, { signal });
    assert.equal(none.loss, 0);
  });
});

describe('ietf-srv6-ping', () => {
  it('takes the arguments of the draft, node names included', async () => {
    const { probes, ports } = router();
    const args = { Head: 'PE-1', Tail: 'PE-3', 'SID-List': ['P-2', 'PE-3'], Count: 1_000, 'Flow-Label': 77 };
    const result = await srv6Ping(args, ports, { signal });
    assert.deepEqual(probes, [
      {
        kind: 'srv6-ping',
        destination: 'fc00:3::1',
        segments: ['fc00:2::e', 'fc00:3::d'],
        count: 1_000,
        intervalMs: 10,
        sizeBytes: 144,
        flowLabels: [77],
        dscp: 0,
      },
    ]);
    assert.equal(result['loss-percent'], 3.2);
    assert.deepEqual(result['SID-List'], ['fc00:2::e', 'fc00:3::d']);
  });

  it('goes straight to the tail without a list, under a flow label of its own', async () => {
    const { probes, ports } = router();
    await srv6Ping({ Local: 'pe-1', Tail: 'PE-3' }, ports, { signal });
    const [probe] = probes;
    assert.ok(probe?.kind === 'srv6-ping');
    assert.deepEqual(probe.segments, ['fc00:3::d']);
    assert.equal(probe.count, 100);
    const [label = 0] = probe.flowLabels;
    assert.ok(label >= 1 && label <= 0xfffff);
  });

  it('is refused for another head and for nodes that nobody announced', async () => {
    const { probes, ports } = router();
    const call = (args: JsonValue) => srv6Ping(args, ports, { signal });
    await assert.rejects(call({ Head: 'P-2', Tail: 'PE-3' }), refusedAs('bad-input', /call the head itself/));
    await assert.rejects(call({ Tail: 'PE-9' }), refusedAs('unknown-node', /PE-9/));
    await assert.rejects(
      call({ Tail: 'PE-3', 'SID-List': ['P-8', 'PE-3'] }),
      refusedAs('unknown-node', /SID-List/),
    );
    assert.deepEqual(probes, []);
  });

  it('security 23: expensive or unknown arguments are refused before a packet is sent, all of them named', async () => {
    const { probes, ports } = router();
    const args = {
      Tail: 'PE-3',
      Count: 1e9,
      Interval: 0,
      Size: 1e6,
      DSCP: 64,
      'Flow-Label': 2 ** 20,
      Burst: true,
    };
    await assert.rejects(srv6Ping(args, ports, { signal }), (error: unknown) => {
      assert.ok(error instanceof ConferError && error.code === 'bad-input');
      assert.equal(
        error.message,
        'ietf-srv6-ping: Count: expected at most 100000, found 1000000000; Interval: expected at least 1, found 0; ' +
          'Size: expected at most 9216, found 1000000; Flow-Label: expected at most 1048575, found 1048576; ' +
          'DSCP: expected at most 63, found 64; arguments: there is no field Burst.',
      );
      return true;
    });
    const longList = { Tail: 'PE-3', 'SID-List': Array(limits.pathNodesMax + 1).fill('fc00:2::e') };
    await assert.rejects(srv6Ping(longList, ports, { signal }), refusedAs('bad-input', /SID-List/));
    assert.deepEqual(probes, []);
  });
});

describe('traceroute', () => {
  it('answers with who spoke at each hop, null for nobody', async () => {
    const { probes, ports } = router({ sent: 3, received: 2, hops: ['fc00:2::1', null, 'fc00:3::1'] });
    const result = await traceroute({ destination: 'fc00:3::1' }, ports, { signal });
    assert.deepEqual(result, { hops: ['fc00:2::1', null, 'fc00:3::1'] });
    assert.deepEqual(probes, [{ kind: 'traceroute', destination: 'fc00:3::1', hopsMax: 30 }]);
  });
});
