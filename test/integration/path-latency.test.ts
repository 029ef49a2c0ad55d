/**
 * Input: "latency from PE-1 to PE-3 via P-2" in a modelled domain whose links take 0.15 ms: with one clock, with several, with
 * clocks and time stamps that lie. Output: delays one way where clocks allow it, else bounded; never an accusation.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { JsonObject } from '../../crypto/canonical.ts';
import { reportBytes } from '../../src/collaboration/report.ts';
import { verifyReport } from '../../src/collaboration/verify.ts';
import { dataPaths } from '../../src/core/device-data.ts';
import type { DeviceDriver } from '../../src/core/ports.ts';
import type { Delay, Report } from '../../src/core/records.ts';
import { trustAnchorPem } from '../../src/sim/identities.ts';
import { askedOf, said, shippedFault, shippedTopology } from '../support/asking.ts';

const question = 'latency from PE-1 to PE-3 via P-2';
const linkMs = 0.15;

interface Clock {
  id?: string;
  synchronised?: boolean;
  'maximum-error-us'?: number;
  /** What its time stamps are ahead by. */
  aheadMs?: number;
}

/** The nodes' own clocks, and what they say of them. */
function withClocks(clocks: Record<string, Clock>, change: (stamps: Stamp[]) => Stamp[] = (all) => all) {
  return (node: string, modelled: DeviceDriver): DeviceDriver => ({
    facts: () => modelled.facts(),
    apply: (wanted) => modelled.apply(wanted),
    run: (probe, options) => modelled.run(probe, options),
    read: async (path, signal) => {
      const data = structuredClone(await modelled.read(path, signal)) as Told;
      const clock = clocks[node];
      if (clock === undefined) return data as JsonObject;
      const { aheadMs = 0, ...says } = clock;
      if (path === dataPaths.system) Object.assign(data['confer-device:system']?.clock ?? {}, says);
      const counting = data['confer-device:counting'];
      if (counting?.stamp !== undefined)
        counting.stamp = change(
          counting.stamp.map((one) => ({
            ...one,
            time: String(BigInt(one.time) + BigInt(Math.round(aheadMs * 1e6))),
          })),
        );
      return data as JsonObject;
    },
  });
}

type Stamp = { time: string; sequence: number; interface: string };
type Told = {
  'confer-device:system'?: { clock?: Clock };
  'confer-device:counting'?: { stamp?: Stamp[] };
};

function of({ latency = [] }: Report, place: Delay['place'], direction = 'forward'): Delay[] {
  return latency.filter((one) => one.place === place && one.direction === direction);
}

const methods = (delays: readonly Delay[]) => delays.map(({ method, because }) => because ?? method);

describe('latency in a modelled domain', () => {
  it('is one way on every link where there is one clock', async () => {
    const report = await askedOf(question);
    assert.equal(report.verdict, 'NO_FAULT', said(report));
    for (const direction of ['forward', 'reverse']) {
      assert.deepEqual(
        of(report, 'link', direction).map(({ method, medianMs, errorMs }) => [method, medianMs, errorMs]),
        [
          ['one-way', linkMs, 0],
          ['one-way', linkMs, 0],
        ],
      );
      assert.deepEqual(
        of(report, 'path', direction).map(({ medianMs, probes }) => [medianMs, probes]),
        [[2 * linkMs, 20]],
      );
      assert.equal(of(report, 'router', direction)[0]?.medianMs, 0);
    }
    assert.match(report.summary, /^PE-1 to PE-3 takes 0\.3 ms one way, PE-3 to PE-1 takes 0\.3 ms one way/);
    assert.deepEqual(report.findings, []);
  });

  it('takes as many probes as were asked for', async () => {
    const report = await askedOf(`${question} count 40`);
    assert.deepEqual([...new Set(report.latency?.map(({ probes }) => probes))], [40]);
  });

  it('is bounded by the round trip where a clock is not set, and still exact inside each router', async () => {
    const report = await askedOf(question, {
      driver: withClocks({ 'P-2': { id: 'its own', synchronised: false, aheadMs: 3_000 } }),
    });
    assert.equal(report.verdict, 'NO_FAULT', said(report));
    assert.deepEqual(methods(of(report, 'link')), ['clocks', 'clocks']);
    for (const { minMs, p99Ms } of of(report, 'link')) assert.ok(minMs >= 2 * linkMs && p99Ms < 1);
    assert.deepEqual(methods([...of(report, 'path'), ...of(report, 'router')]), ['one-way', 'one-way']);
    assert.equal(of(report, 'router')[0]?.medianMs, 0);
  });

  it('is one way, with its error, where clocks of their own are set well enough, and bounded where they are not', async () => {
    for (const [errorUs, method] of [
      [20, 'one-way'],
      [5_000, 'clocks'],
    ] as const) {
      const clock = { id: 'its own', synchronised: true, 'maximum-error-us': errorUs, aheadMs: 0.01 };
      const report = await askedOf(question, { driver: withClocks({ 'P-2': clock }) });
      const [link] = of(report, 'link');
      assert.deepEqual(methods(of(report, 'link')), [method, method]);
      if (method === 'one-way') assert.deepEqual([link?.errorMs, link?.medianMs], [0.02, linkMs + 0.01]);
    }
  });

  for (const aheadMs of [-3_600_000, -50, -1, 1, 50, 3_600_000])
    it(`of a router whose time stamps lie by ${aheadMs} ms is bounded, and nobody is accused`, async () => {
      const report = await askedOf(question, { driver: withClocks({ 'P-2': { aheadMs } }) });
      assert.deepEqual([report.verdict, report.findings], ['NO_FAULT', []], said(report));
      for (const direction of ['forward', 'reverse'])
        assert.ok(
          of(report, 'link', direction).every(
            ({ method, medianMs }) => method === 'round-trip' && medianMs < 1,
          ),
          JSON.stringify(report.latency),
        );
      assert.equal(of(report, 'path')[0]?.medianMs, 2 * linkMs);
    });

  it('does without a router that tells of no time stamps, of strange ones, or of ones in disorder', async () => {
    const strange: ((stamps: Stamp[]) => Stamp[])[] = [
      () => [],
      (all) => all.map((one) => ({ ...one, time: '99999999999999999999' })),
      (all) =>
        all.map((one, index) => ({
          ...one,
          time: String(BigInt(one.time) + BigInt(index) * 1_000_000_000n),
        })),
      (all) => all.map((one) => ({ ...one, interface: 'lo' })),
    ];
    for (const change of strange) {
      const report = await askedOf(question, { driver: withClocks({ 'P-2': {} }, change) });
      assert.deepEqual([report.verdict, report.findings], ['NO_FAULT', []], said(report));
      assert.ok(
        of(report, 'link').every(({ medianMs }) => medianMs < 1),
        JSON.stringify(report.latency),
      );
    }
  });

  it('is not known of a path over which nothing comes; its links are bounded', async () => {
    const report = await askedOf(question, { faults: [shippedFault('sid-missing')] });
    assert.deepEqual([report.verdict, report.findings], ['INCONCLUSIVE', []], said(report));
    assert.deepEqual(of(report, 'path'), []);
    assert.equal(of(report, 'link').length, 2);
    assert.match(report.recommendation, /reachable/);
  });

  it('of a link that is down is not known, and that link is named', async () => {
    const report = await askedOf(question, { faults: [shippedFault('link-down')] });
    assert.deepEqual([report.verdict, report.findings], ['INCONCLUSIVE', []], said(report));
    assert.deepEqual(
      report.suspects.map(({ node, peer }) => `${node} ${peer}`),
      ['P-2 PE-3', 'PE-3 P-2'],
    );
  });

  it('of many paths has figures of each link', async () => {
    const ring = shippedTopology('ring-6');
    const text = (ring.intent ?? '').replace(/Verify packet loss on the SRv6 path/, 'Latency');
    const report = await askedOf(text, { topology: ring, at: /from (\S+)/.exec(text)?.[1] ?? '' });
    assert.equal(report.verdict, 'NO_FAULT', said(report));
    const links = report.paths.flatMap(({ hops }) => hops);
    assert.equal((report.latency ?? []).filter(({ place }) => place === 'link').length, links.length);
  });

  it('does not verify once a figure is changed', async () => {
    const report = await askedOf(question);
    const latency = report.latency?.map((one) => ({ ...one, medianMs: 0.1 }));
    const { checks } = verifyReport(reportBytes({ ...report, ...(latency && { latency }) }), trustAnchorPem);
    assert.match(checks.at(-1)?.detail ?? '', /latency does not follow/);
  });
});
