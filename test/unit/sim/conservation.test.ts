/**
 * Input: random faults of every kind on every shipped topology, and random probes.
 * Output: no packet appears or disappears without a counter or a wire that says so.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { dataKinds } from '../../../src/core/fault-kinds.ts';
import type { Fault, Topology } from '../../../src/core/topology.ts';
import { network, never, readings, shipped, srv6Ping } from './world.ts';

const topologies = ['pe1-p2-pe3', 'ring-6', 'line-12', 'fabric-20'].map(shipped);

function faultArbitrary(topology: Topology): fc.Arbitrary<Fault> {
  const ends = topology.links.flatMap((link) => [link.a, link.b]);
  return (
    fc
      .record({
        kind: fc.constantFrom(...dataKinds.filter((kind) => kind !== 'node-crash')),
        end: fc.constantFrom(...ends),
        lossPercent: fc.integer({ min: 1, max: 99 }),
        mtuBytes: fc.integer({ min: 1_280, max: 1_499 }),
        periodMs: fc.integer({ min: 2, max: 50 }),
        downMs: fc.constant(1),
        rateKbps: fc.integer({ min: 8, max: 2_000 }),
        dscp: fc.integer({ min: 1, max: 63 }),
        segments: fc.constant([]),
        members: fc.integer({ min: 2, max: 16 }),
        sid: fc.constantFrom('end' as const, 'decapsulate' as const),
        hits: fc.constantFrom('ingress' as const, 'egress' as const),
        destination: fc.constantFrom(...topology.nodes.map(({ name }) => name)),
      })
      .filter(({ end, destination }) => destination !== end.node)
      // Only the End SID can send out of an interface.
      .map(({ kind, sid, ...rest }) => ({ ...rest, kind, sid: kind === 'sid-wrong-behaviour' ? 'end' : sid }))
      // A blackhole counts nothing that it discards.
      .filter(({ kind }) => kind !== 'static-blackhole')
      .map(({ end, ...rest }) => ({
        id: 'f',
        node: end.node,
        interface: end.interface,
        object: 'A',
        active: true,
        ...rest,
      }))
  );
}

const scenario = fc.constantFrom(...topologies).chain((topology) =>
  fc.record({
    topology: fc.constant(topology),
    faults: fc.array(faultArbitrary(topology), { maxLength: 4 }),
    nodes: fc.shuffledSubarray(
      topology.nodes.map((node) => node.name),
      { minLength: 2, maxLength: Math.min(4, topology.nodes.length) },
    ),
    sizeBytes: fc.integer({ min: 200, max: 1_600 }),
    seed: fc.nat(),
  }),
);

test('in + originated = out + delivered + drops, on every router and link', async () => {
  await fc.assert(
    fc.asyncProperty(scenario, async ({ topology, faults, nodes, sizeBytes, seed }) => {
      const modelled = network(topology, faults, { seed });
      const count = 20;
      await modelled
        .router(nodes[0] ?? '')
        .run(srv6Ping(topology, nodes, { count, sizeBytes }), { signal: never });
      const statistics = new Map<string, { in: number; out: number }>();
      for (const node of topology.nodes) {
        const reading = readings(modelled, node.name);
        let [entered, left, dropped] = [0, 0, 0];
        for (const [name, { statistics: counters }] of await reading.interfaces()) {
          statistics.set(`${node.name} ${name}`, {
            in: Number(counters['in-pkts']),
            out: Number(counters['out-pkts']),
          });
          entered += Number(counters['in-pkts']);
          left += Number(counters['out-pkts']);
          dropped += Number(counters['out-discards']) + Number(counters['in-discards']);
        }
        const forwarding = await reading.forwarding();
        dropped += Object.values(forwarding.ipv6).reduce((sum, counter) => sum + Number(counter), 0);
        dropped += forwarding['local-sid'].reduce((sum, sid) => sum + Number(sid.errors), 0);
        for (const point of await reading.accessLists()) {
          for (const set of [point.ingress, point.egress].flatMap(
            (one) => one?.['acl-sets']['acl-set'] ?? [],
          )) {
            dropped += Number(set['ace-statistics'][0]?.['matched-packets']);
          }
        }
        // Only the head and the tail send of their own, and ICMP errors replace the requests that they are about.
        const isEnd = node.name === nodes[0] || node.name === nodes.at(-1);
        const balance = entered - left - dropped;
        const { 'in-too-big-errors': tooBig, 'in-header-errors': expired } = forwarding.ipv6;
        const errors = Number(tooBig) + Number(expired);
        assert.ok(
          isEnd ? Math.abs(balance) <= 2 * count : balance <= 0 && balance >= -errors,
          `${node.name}: ${entered} in, ${left} out, ${dropped} dropped`,
        );
      }
      for (const { a, b } of topology.links) {
        for (const [from, to] of [
          [a, b],
          [b, a],
        ] as const) {
          const sent = statistics.get(`${from.node} ${from.interface}`)?.out ?? 0;
          const received = statistics.get(`${to.node} ${to.interface}`)?.in ?? 0;
          assert.ok(received <= sent);
          const faulty = faults.some(
            (fault) =>
              [
                'unidirectional-link',
                'silent-loss',
                'srh-filtered',
                'gray-prefix',
                'corruption',
                'duplex-mismatch',
                'gray-ecmp-member',
                'lag-member',
                'mtu-mismatch',
                'pmtud-blackhole',
                'srv6-encap-mtu',
              ].includes(fault.kind) &&
              [a, b].some((end) => end.node === fault.node && end.interface === fault.interface),
          );
          if (!faulty) assert.equal(received, sent, `${from.node} to ${to.node}`);
        }
      }
    }),
    { numRuns: 150 },
  );
});
